//! Providers against local servers that speak their wires: any OpenAI-compatible server, Cerebras, Gemini, ElevenLabs, Deepgram,
//! tools, and a conversation from which any of them is unplugged.

mod cancellation;
mod cerebras;
mod clock;
mod deepgram;
mod elevenlabs;
mod gemini;
mod listener;
mod openai;
mod review;
mod server;
mod tools;
mod unplugged;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use colloquy_agents::chain::Service;
use colloquy_agents::correction::Guidance;
use colloquy_agents::deepgram::{DeepgramConfig, DeepgramServer};
use colloquy_agents::engine::{
    EngineError, Expected, ExpectedPhrase, Heard, Listen, ListenRequest, Llm, Occasion, Pace, ReplyPiece, ReplyRequest,
    SpeakRequest, Stt, Transcript, Tts, WordTiming,
};
use colloquy_agents::gemini::{GeminiConfig, GeminiServer};
use colloquy_agents::http::Timeouts;
use colloquy_agents::language::Language;
use colloquy_agents::openai::{OpenAiConfig, OpenAiServer};
use colloquy_agents::scenario::{Catalogue, Level, Progress, Script};
use colloquy_agents::secret::Secret;
use colloquy_agents::usage::{Meter, Unit};
use futures::StreamExt;
use tokio::sync::mpsc;

const KEY: &str = "very-secret-0123456789";

fn timeouts(idle: Duration) -> Timeouts {
    Timeouts {
        connect: Duration::from_secs(60),
        idle,
        whole: Duration::from_secs(600),
    }
}

fn deepgram(url: &str, idle: Duration) -> DeepgramServer {
    let mut config = DeepgramConfig::new(url, Some(Secret::new(KEY))).expect("the address is a URL");
    config.timeouts = timeouts(idle);
    DeepgramServer::new(config).expect("it speaks plain HTTP")
}

fn gemini(url: &str, idle: Duration) -> GeminiServer {
    let mut config = GeminiConfig::new(url, Some(Secret::new(KEY))).expect("the address is a URL");
    config.timeouts = timeouts(idle);
    GeminiServer::new(config).expect("it speaks plain HTTP")
}

fn cerebras(url: &str, idle: Duration) -> OpenAiServer {
    let mut config = OpenAiConfig::cerebras(url, Some(Secret::new(KEY))).expect("the address is a URL");
    config.timeouts = timeouts(idle);
    OpenAiServer::new(config).expect("it speaks plain HTTP")
}

/// The restaurant in this language.
fn script(language: Language) -> Arc<Script> {
    let script = Catalogue::built_in().script("restaurant", language, Level::default());
    Arc::new(script.expect("the restaurant is built in"))
}

fn request(occasion: Occasion) -> ReplyRequest {
    ReplyRequest {
        script: script(Language::French),
        progress: Progress::default(),
        native_language: Language::English,
        history: Vec::new(),
        occasion,
        guidance: Guidance::default(),
    }
}

/// Something that the restaurant doesn't expect.
fn unforeseen() -> Occasion {
    Occasion::Answer(Transcript {
        text: "Ma grand-mère adore les trains".to_owned(),
        ..Transcript::default()
    })
}

/// The pieces of a reply, and the error at the end if there is one.
async fn reply(llm: &dyn Llm, request: ReplyRequest) -> (Vec<ReplyPiece>, Option<EngineError>) {
    let mut stream = llm.reply(request);
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

fn phrase(text: &str, pace: Pace) -> SpeakRequest {
    SpeakRequest {
        language: Language::French,
        text: text.to_owned(),
        pace,
        melody: None,
    }
}

/// What was said before the end or the error, at 24 kHz.
async fn speak(tts: &dyn Tts, text: &str, pace: Pace) -> (Vec<i16>, Vec<WordTiming>, Option<EngineError>) {
    let mut stream = tts.speak(phrase(text, pace));
    let (mut pcm, mut words) = (Vec::new(), Vec::new());
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => {
                assert_eq!(chunk.rate, 24_000);
                pcm.extend_from_slice(&chunk.pcm);
                words.extend(chunk.words);
            }
            Err(error) => return (pcm, words, Some(error)),
        }
    }
    (pcm, words, None)
}

/// A turn to recognise, with these answers expected.
fn turn(phrases: &[&str]) -> ListenRequest {
    let phrases = phrases.iter().map(|text| ExpectedPhrase {
        text: (*text).to_owned(),
        spoken: None,
        leaves: false,
        instead_of: None,
    });
    ListenRequest {
        language: Language::French,
        expected: Arc::new(Expected {
            phrases: phrases.collect(),
            vocabulary: Vec::new(),
        }),
    }
}

/// What is heard of these messages, each pause of which is waited for, and the error at the end if there is one.
async fn hear(stt: &dyn Stt, request: ListenRequest, messages: Vec<Listen>) -> (Vec<Heard>, Option<EngineError>) {
    let (sender, input) = mpsc::channel(256);
    let mut stream = stt.listen(request, input);
    let mut heard = Vec::new();
    for message in messages {
        let is_pause = matches!(message, Listen::Pause { .. });
        sender.send(message).await.expect("it is read");
        if !is_pause {
            continue;
        }
        // A view is awaited as the conversation would.
        loop {
            match stream.next().await {
                Some(Ok(view @ Heard::View { .. })) => {
                    heard.push(view);
                    break;
                }
                Some(Ok(guess)) => heard.push(guess),
                Some(Err(error)) => return (heard, Some(error)),
                None => return (heard, None),
            }
        }
    }
    drop(sender);
    while let Some(result) = stream.next().await {
        match result {
            Ok(result) => heard.push(result),
            Err(error) => return (heard, Some(error)),
        }
    }
    (heard, None)
}

/// A tenth of a second of something loud.
fn speech() -> Listen {
    Listen::Audio((0..1600).map(|sample: i16| (sample % 100) * 100 - 5000).collect())
}

/// A tenth of a second of a quiet room.
fn room() -> Listen {
    Listen::Audio((0..1600).map(|sample: i16| sample % 3).collect())
}

/// Adds up what is used.
#[derive(Default)]
struct Bill(Mutex<Vec<(Service, &'static str, Unit, f64)>>);

impl Bill {
    fn total(&self, unit: Unit) -> f64 {
        let used = self.0.lock().expect("no test panics with it");
        used.iter().filter(|(_, _, of, _)| *of == unit).map(|used| used.3).sum()
    }

    /// Whether everything was used for this.
    fn is_all_of(&self, service: Service) -> bool {
        let used = self.0.lock().expect("no test panics with it");
        used.iter().all(|(of, ..)| *of == service)
    }
}

impl Meter for Bill {
    fn used(&self, service: Service, engine: &'static str, unit: Unit, amount: f64) {
        let mut used = self.0.lock().expect("no test panics with it");
        used.push((service, engine, unit, amount));
    }
}
