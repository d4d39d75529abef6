//! The engines of an OpenAI-compatible server, against a local server that speaks its wire.

mod failures;
mod server;
mod success;

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::correction::Guidance;
use colloquy_agents::engine::{
    EngineError, Expected, ExpectedPhrase, Heard, Listen, ListenRequest, Llm, Occasion, Pace, ReplyPiece, ReplyRequest,
    SpeakRequest, Stt, Transcript, Tts, Utterance, WordTiming,
};
use colloquy_agents::http::Timeouts;
use colloquy_agents::language::Language;
use colloquy_agents::llm::openai::OpenAiLlm;
use colloquy_agents::openai::{OpenAiConfig, OpenAiServer};
use colloquy_agents::scenario::{Catalogue, Level, Progress, Script};
use colloquy_agents::secret::Secret;
use colloquy_agents::stt::openai::OpenAiStt;
use colloquy_agents::tts::openai::OpenAiTts;
use futures::StreamExt;
use tokio::sync::mpsc;

use server::Server;

const KEY: &str = "sk-very-secret-0123456789";

/// Any script in French.
fn script() -> Arc<Script> {
    let script = Catalogue::built_in().script("restaurant", Language::French, Level::default());
    Arc::new(script.expect("the restaurant is built in"))
}

/// The provider at this address, each piece of whose answers is waited for this long.
fn provider(base_url: &str, idle: Duration) -> Arc<OpenAiServer> {
    let mut config = OpenAiConfig::new(base_url, Some(Secret::new(KEY))).expect("the address is a URL");
    config.timeouts = Timeouts {
        connect: Duration::from_secs(60),
        idle,
        whole: Duration::from_secs(600),
    };
    Arc::new(OpenAiServer::new(config).expect("it speaks plain HTTP"))
}

/// What was heard of these messages, and the error at the end if there is one.
async fn hear(server: &Server, phrases: &[&str], messages: Vec<Listen>) -> (Vec<Heard>, Option<EngineError>) {
    let (sender, input) = mpsc::channel(16);
    let phrases = phrases.iter().map(|text| ExpectedPhrase {
        text: (*text).to_owned(),
        spoken: None,
    });
    let request = ListenRequest {
        language: Language::French,
        expected: Arc::new(Expected {
            phrases: phrases.collect(),
            vocabulary: Vec::new(),
        }),
    };
    let mut stream = OpenAiStt::new(provider(&server.base_url(), server.patience())).listen(request, input);
    let (mut heard, mut error) = (Vec::new(), None);
    for message in messages {
        let is_pause = matches!(message, Listen::Pause { .. });
        if sender.send(message).await.is_err() {
            break;
        }
        // A view is awaited as the conversation would.
        if is_pause {
            match stream.next().await {
                Some(Ok(view)) => heard.push(view),
                Some(Err(failure)) => error = Some(failure),
                None => break,
            }
        }
    }
    while let Some(result) = stream.next().await {
        match result {
            Ok(result) => heard.push(result),
            Err(failure) => error = Some(failure),
        }
    }
    (heard, error)
}

/// The pieces of a reply, and the error at the end if there is one.
async fn reply(server: &Server, history: Vec<Utterance>, occasion: Occasion) -> (Vec<ReplyPiece>, Option<EngineError>) {
    let request = ReplyRequest {
        script: script(),
        progress: Progress::default(),
        native_language: Language::English,
        history,
        occasion,
        guidance: Guidance::default(),
    };
    let mut stream = OpenAiLlm::new(provider(&server.base_url(), server.patience())).reply(request);
    let mut pieces = Vec::new();
    while let Some(piece) = stream.next().await {
        match piece {
            Ok(piece) => pieces.push(piece),
            Err(error) => return (pieces, Some(error)),
        }
    }
    (pieces, None)
}

/// The text of the pieces, joined.
fn text(pieces: &[ReplyPiece]) -> String {
    let text = pieces.iter().filter_map(|piece| match piece {
        ReplyPiece::Text(text) => Some(text.as_str()),
        _ => None,
    });
    text.collect()
}

/// What was said before the end or the error.
async fn speak(server: &Server, words: &str) -> (Vec<i16>, Vec<WordTiming>, Option<EngineError>) {
    speak_with(provider(&server.base_url(), server.patience()), words).await
}

async fn speak_with(provider: Arc<OpenAiServer>, words: &str) -> (Vec<i16>, Vec<WordTiming>, Option<EngineError>) {
    let request = SpeakRequest {
        language: Language::French,
        text: words.to_owned(),
        pace: Pace::Slow,
    };
    let mut stream = OpenAiTts::new(provider).speak(request);
    let (mut pcm, mut timings) = (Vec::new(), Vec::new());
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => {
                assert_eq!(chunk.rate, 24_000);
                pcm.extend_from_slice(&chunk.pcm);
                timings.extend(chunk.words);
            }
            Err(error) => return (pcm, timings, Some(error)),
        }
    }
    (pcm, timings, None)
}

/// A tenth of a second of something loud.
fn speech() -> Listen {
    Listen::Audio((0..1600).map(|sample: i16| (sample % 100) * 100 - 5000).collect())
}

/// A tenth of a second of a quiet room.
fn room() -> Listen {
    Listen::Audio((0..1600).map(|sample: i16| sample % 3).collect())
}

fn answer(text: &str) -> Occasion {
    Occasion::Answer(Transcript {
        text: text.to_owned(),
        ..Transcript::default()
    })
}
