//! The providers, each over its real wire to a local server from which it can be unplugged.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use colloquy_agents::chain::Service;
use colloquy_agents::elevenlabs::{ElevenLabsConfig, ElevenLabsServer};
use colloquy_agents::engine::{Llm, Stt, Tts};
use colloquy_agents::llm::gemini::GeminiLlm;
use colloquy_agents::llm::openai::OpenAiLlm;
use colloquy_agents::openai::{OpenAiConfig, OpenAiServer};
use colloquy_agents::stt::deepgram::DeepgramStt;
use colloquy_agents::stt::elevenlabs::ElevenLabsStt;
use colloquy_agents::stt::openai::OpenAiStt;
use colloquy_agents::tts::elevenlabs::ElevenLabsTts;
use colloquy_agents::tts::openai::OpenAiTts;
use serde_json::{Value, json};

use super::call::SAID;
use crate::listener::{Deepgram, Fault as Listener};
use crate::server::{Answer, Request, Server};

/// What every model of a provider says.
pub const REPLY: &str = "Certainly. Would you like to sit by the window or in the garden?";
/// How far it comes when it is broken off: into the second phrase.
const BEGUN: &str = "Certainly. Would you like";
/// How long a voice takes for a letter, in samples at 24 kHz: 30 ms, so that little is left to be heard when it breaks off.
const LETTER: usize = 720;

/// How a provider fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// In the middle of an answer the connection is reset.
    Reset,
    /// It has had enough requests: 429.
    Busy,
    /// It is broken: 500.
    Broken,
    /// In the middle of an answer nothing more comes.
    Stall,
    /// After the first syllable of an answer nothing more comes.
    StallAtOnce,
    /// It never answers.
    Silence,
    /// In the middle of an answer comes what can't be read.
    Malformed,
}

impl Fault {
    pub const ALL: [Self; 7] = [
        Self::Reset,
        Self::Busy,
        Self::Broken,
        Self::Stall,
        Self::StallAtOnce,
        Self::Silence,
        Self::Malformed,
    ];

    /// Whether some words are given before it fails.
    pub fn begins(self) -> bool {
        matches!(self, Self::Reset | Self::Stall | Self::Malformed)
    }
}

/// A provider that can be unplugged.
pub struct Plug {
    pub name: &'static str,
    pub stt: Option<Arc<dyn Stt>>,
    pub llm: Option<Arc<dyn Llm>>,
    pub tts: Option<Arc<dyn Tts>>,
    faults: Faults,
    listener: Option<Deepgram>,
}

type Faults = Arc<Mutex<HashMap<Service, Fault>>>;

impl Plug {
    /// A provider that only thinks; whoever makes it unplugs it.
    pub fn of_model(name: &'static str, llm: Arc<dyn Llm>) -> Self {
        Self {
            name,
            stt: None,
            llm: Some(llm),
            tts: None,
            faults: Faults::default(),
            listener: None,
        }
    }
}

impl Plug {
    /// What it does.
    pub fn services(&self) -> Vec<Service> {
        let all = [
            (Service::Stt, self.stt.is_some()),
            (Service::Llm, self.llm.is_some()),
            (Service::Tts, self.tts.is_some()),
        ];
        all.iter()
            .filter(|(_, does)| *does)
            .map(|(service, _)| *service)
            .collect()
    }

    /// Breaks these services from now on.
    pub fn pull(&self, services: &[Service], fault: Fault) {
        let mut faults = self.faults.lock().expect("no test panics with it");
        faults.extend(services.iter().map(|service| (*service, fault)));
        if let Some(listener) = &self.listener {
            listener.set(match fault {
                // While the learner is speaking.
                Fault::Reset => Listener::Resets(5),
                Fault::Busy => Listener::Refuses(429, "retry-after: 7\r\n", "{}"),
                Fault::Broken => Listener::Refuses(500, "", "{}"),
                Fault::Stall | Fault::StallAtOnce => Listener::Stalls,
                Fault::Silence => Listener::Hangs,
                Fault::Malformed => Listener::Malformed,
            });
        }
    }
}

/// An answer, and how far it comes when it is broken off.
pub struct Body {
    pub content_type: &'static str,
    pub whole: Vec<u8>,
    pub begun: Vec<u8>,
    pub at_once: Vec<u8>,
    /// What can't be read in the place of the rest; where any bytes can be, it is no part of HTTP.
    pub garbage: Option<&'static [u8]>,
}

impl Body {
    pub fn answer(self, fault: Option<Fault>) -> Answer {
        let kind = self.content_type;
        match (fault, self.garbage) {
            (None, _) => Answer::chunked(kind, self.whole, PIECE),
            (Some(Fault::Reset), _) => Answer::cut(kind, self.begun, PIECE).then_reset(),
            (Some(Fault::Busy), _) => Answer::whole(429, kind, "{}").with_header("retry-after", "7"),
            (Some(Fault::Broken), _) => Answer::whole(500, kind, "{}"),
            (Some(Fault::Stall), _) => Answer::cut(kind, self.begun, PIECE).then_hang(),
            (Some(Fault::StallAtOnce), _) => Answer::cut(kind, self.at_once, PIECE).then_hang(),
            (Some(Fault::Silence), _) => Answer::silence(),
            (Some(Fault::Malformed), Some(garbage)) => Answer::chunked(kind, [&self.begun, garbage].concat(), PIECE),
            (Some(Fault::Malformed), None) => Answer::cut(kind, self.begun, PIECE).then_garbage(),
        }
    }
}

const PIECE: usize = 8_000;

/// A server that answers for each service what `body` makes of a request.
async fn serve(body: impl Fn(&Request) -> (Service, Body) + Send + 'static) -> (Server, Faults) {
    let faults = Faults::default();
    let pulled = Arc::clone(&faults);
    let server = Server::answering(move |request| {
        let (service, body) = body(request);
        let fault = pulled.lock().expect("no test panics with it").get(&service).copied();
        Some(body.answer(fault))
    });
    (server.await, faults)
}

fn transcription() -> Body {
    let whole = json!({"text": SAID, "words": []}).to_string().into_bytes();
    let half = whole[..whole.len() / 2].to_vec();
    Body {
        content_type: "application/json",
        begun: half.clone(),
        at_once: half,
        whole,
        garbage: Some(b"oops"),
    }
}

/// The events of this reply, which may break off there: made of each word by `event`, and what ends them.
fn chat((reply, begun): (&str, &str), event: impl Fn(&str) -> Value, end: &str) -> Body {
    let events = |text: &str| {
        let events = text
            .split_inclusive(' ')
            .map(|word| format!("data: {}\n\n", event(word)));
        events.collect::<String>()
    };
    Body {
        content_type: "text/event-stream",
        whole: (events(reply) + end).into_bytes(),
        begun: events(begun).into_bytes(),
        at_once: events("Cert").into_bytes(),
        garbage: Some(b"data: {oops\n\n"),
    }
}

pub fn openai_chat(reply: (&str, &str)) -> Body {
    chat(
        reply,
        |word| json!({"choices": [{"delta": {"content": word}, "finish_reason": null}]}),
        "data: [DONE]\n\n",
    )
}

/// A buzz, as long as it takes to say so many letters.
fn buzz(letters: usize) -> Vec<u8> {
    let samples = (0..letters * LETTER).map(|at| ((at * 120 % 24_000) as i32 - 12_000) as i16 / 3);
    samples.flat_map(i16::to_le_bytes).collect()
}

/// About a third of the letters.
fn begun(letters: usize) -> usize {
    letters * 2 / 5
}

fn spoken(request: &Request, field: &str) -> String {
    request.json()[field].as_str().expect("there is a text").to_owned()
}

pub async fn openai() -> Plug {
    let (server, faults) = serve(|request| {
        if request.head.contains("/audio/transcriptions") {
            (Service::Stt, transcription())
        } else if request.head.contains("/chat/completions") {
            (Service::Llm, openai_chat((REPLY, BEGUN)))
        } else {
            let letters = spoken(request, "input").chars().count();
            let body = Body {
                content_type: "audio/pcm",
                whole: buzz(letters),
                begun: buzz(begun(letters)),
                at_once: buzz(1),
                garbage: None,
            };
            (Service::Tts, body)
        }
    })
    .await;
    let config = OpenAiConfig::new(&server.base_url(), None).expect("the address is a URL");
    let server = Arc::new(OpenAiServer::new(config).expect("it speaks plain HTTP"));
    Plug {
        name: "openai",
        stt: Some(Arc::new(OpenAiStt::new(Arc::clone(&server)))),
        llm: Some(Arc::new(OpenAiLlm::new(Arc::clone(&server)))),
        tts: Some(Arc::new(OpenAiTts::new(server))),
        faults,
        listener: None,
    }
}

pub async fn cerebras() -> Plug {
    let (server, faults) = serve(|_| (Service::Llm, openai_chat((REPLY, BEGUN)))).await;
    let config = OpenAiConfig::cerebras(&server.base_url(), None).expect("the address is a URL");
    let server = Arc::new(OpenAiServer::new(config).expect("it speaks plain HTTP"));
    Plug {
        name: "cerebras",
        stt: None,
        llm: Some(Arc::new(OpenAiLlm::new(server))),
        tts: None,
        faults,
        listener: None,
    }
}

pub fn gemini_chat(reply: (&str, &str)) -> Body {
    let end = json!({"candidates": [{"content": {"parts": [{"text": ""}]}, "finishReason": "STOP"}]});
    let event = |word: &str| json!({"candidates": [{"content": {"role": "model", "parts": [{"text": word}]}}]});
    chat(reply, event, &format!("data: {end}\n\n"))
}

pub async fn gemini() -> Plug {
    let (server, faults) = serve(|_| (Service::Llm, gemini_chat((REPLY, BEGUN)))).await;
    let server = crate::gemini(&server.origin(), Duration::from_secs(8));
    Plug {
        name: "gemini",
        stt: None,
        llm: Some(Arc::new(GeminiLlm::new(Arc::new(server)))),
        tts: None,
        faults,
        listener: None,
    }
}

/// Lines of speech, each of five letters and their times.
fn lines(text: &str, letters: usize) -> Vec<u8> {
    let all: Vec<char> = text.chars().take(letters).collect();
    let lines = all.chunks(5).zip((0..).step_by(5)).map(|(chunk, from)| {
        let seconds = |at: usize| (at * LETTER) as f64 / 24_000.0;
        let alignment = json!({
            "characters": chunk.iter().map(char::to_string).collect::<Vec<_>>(),
            "character_start_times_seconds": (from..from + chunk.len()).map(seconds).collect::<Vec<_>>(),
            "character_end_times_seconds": (from + 1..=from + chunk.len()).map(seconds).collect::<Vec<_>>(),
        });
        let audio = BASE64_STANDARD.encode(buzz(chunk.len()));
        format!("{}\n", json!({"audio_base64": audio, "alignment": alignment}))
    });
    lines.collect::<String>().into_bytes()
}

pub async fn elevenlabs() -> Plug {
    let (server, faults) = serve(|request| {
        if request.head.contains("/speech-to-text") {
            return (Service::Stt, transcription());
        }
        let text = spoken(request, "text");
        let letters = text.chars().count();
        let body = Body {
            content_type: "application/json",
            whole: lines(&text, letters),
            begun: lines(&text, begun(letters)),
            at_once: lines(&text, 1),
            garbage: Some(b"{\"audio_base64\":7}\n"),
        };
        (Service::Tts, body)
    })
    .await;
    let config = ElevenLabsConfig::new(&server.origin(), None).expect("the address is a URL");
    let server = Arc::new(ElevenLabsServer::new(config).expect("it speaks plain HTTP"));
    Plug {
        name: "elevenlabs",
        stt: Some(Arc::new(ElevenLabsStt::new(Arc::clone(&server)))),
        llm: None,
        tts: Some(Arc::new(ElevenLabsTts::new(server))),
        faults,
        listener: None,
    }
}

pub async fn deepgram() -> Plug {
    let listener = Deepgram::hearing(&[SAID], Listener::None).await;
    let server = crate::deepgram(&listener.url(), Duration::from_secs(8));
    Plug {
        name: "deepgram",
        stt: Some(Arc::new(DeepgramStt::new(Arc::new(server)))),
        llm: None,
        tts: None,
        faults: Faults::default(),
        listener: Some(listener),
    }
}
