//! A turn in which the model asks a service before it replies, unplugged anywhere on the way.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use colloquy_agents::engine::Llm;
use colloquy_agents::llm::gemini::GeminiLlm;
use colloquy_agents::llm::openai::OpenAiLlm;
use colloquy_agents::openai::{OpenAiConfig, OpenAiServer};
use serde_json::json;

use super::call::SAID;
use super::plugs::{Body, Fault, Plug, gemini_chat, openai_chat};
use crate::server::{Request, Server};
use crate::tools::{Wire, trains};

/// What the model says when it knows.
pub const ANSWER: &str = "It leaves at four minutes past noon. Would you like to sit by the window or in the garden?";
/// How far it comes when it is broken off: into the second phrase.
pub const BEGUN: &str = "It leaves at four minutes past noon. Would you like";

/// Where it is unplugged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The model, while it calls.
    Call,
    /// The service that it calls.
    Service,
    /// The model, while it replies with what the service gave.
    Reply,
}

impl Place {
    pub const ALL: [Self; 3] = [Self::Call, Self::Service, Self::Reply];
}

/// A provider whose model asks a service of the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    OpenAi,
    Cerebras,
    Gemini,
}

/// What goes wrong, or how long each answer takes.
#[derive(Clone, Copy, Debug, Default)]
struct Trouble {
    fault: Option<(Place, Fault)>,
    service: Duration,
    reply: Duration,
}

/// The provider and the service.
pub struct Lookup {
    pub plug: Plug,
    trouble: Arc<Mutex<Trouble>>,
}

impl Lookup {
    /// A model that says these words with its call.
    pub async fn with(provider: Provider, words: &'static str) -> Self {
        let trouble = Arc::new(Mutex::new(Trouble::default()));
        let read = |trouble: &Arc<Mutex<Trouble>>| *trouble.lock().expect("no test panics with it");
        let at_service = Arc::clone(&trouble);
        let service = Server::answering(move |_| {
            let trouble = read(&at_service);
            let fault = trouble.fault.filter(|(place, _)| *place == Place::Service);
            let answer = timetable().answer(fault.map(|(_, fault)| fault));
            Some(answer.after(trouble.service))
        });
        let tools = trains(&service.await.origin(), 700);
        let wire = match provider {
            Provider::OpenAi | Provider::Cerebras => Wire::OpenAi,
            Provider::Gemini => Wire::Gemini,
        };
        let at_model = Arc::clone(&trouble);
        let server = Server::answering(move |request| {
            let trouble = read(&at_model);
            let (place, body) = match place(wire, request) {
                Some(Place::Call) => (Place::Call, call(wire, words)),
                _ => (Place::Reply, chat(wire)),
            };
            let fault = trouble.fault.filter(|(at, _)| *at == place);
            let delay = if place == Place::Reply {
                trouble.reply
            } else {
                Duration::ZERO
            };
            Some(body.answer(fault.map(|(_, fault)| fault)).after(delay))
        })
        .await;
        let openai = |config: OpenAiConfig| {
            let server = OpenAiServer::new(config).expect("it speaks plain HTTP");
            Arc::new(OpenAiLlm::new(Arc::new(server)).with_tools(tools.clone())) as Arc<dyn Llm>
        };
        let base_url = server.base_url();
        let (name, llm) = match provider {
            Provider::OpenAi => (
                "openai",
                openai(OpenAiConfig::new(&base_url, None).expect("the address is a URL")),
            ),
            Provider::Cerebras => (
                "cerebras",
                openai(OpenAiConfig::cerebras(&base_url, None).expect("the address is a URL")),
            ),
            Provider::Gemini => {
                let server = crate::gemini(&server.origin(), Duration::from_secs(8));
                let llm = GeminiLlm::new(Arc::new(server)).with_tools(tools);
                ("gemini", Arc::new(llm) as Arc<dyn Llm>)
            }
        };
        Self {
            plug: Plug::of_model(name, llm),
            trouble,
        }
    }

    /// Breaks it there from now on.
    pub fn pull(&self, place: Place, fault: Fault) {
        self.trouble.lock().expect("no test panics with it").fault = Some((place, fault));
    }

    /// Lets the service, and the model after it, take so long from now on.
    pub fn slow_down(&self, service: Duration, reply: Duration) {
        let mut trouble = self.trouble.lock().expect("no test panics with it");
        (trouble.service, trouble.reply) = (service, reply);
    }
}

/// Where a request stands in a turn; none in the opener.
fn place(wire: Wire, request: &Request) -> Option<Place> {
    let is_asked = request.json().to_string().contains(SAID);
    match wire.results(request).is_empty() {
        true => is_asked.then_some(Place::Call),
        false => Some(Place::Reply),
    }
}

fn timetable() -> Body {
    let whole = json!({"at": "12:04"}).to_string().into_bytes();
    Body {
        content_type: "application/json",
        begun: whole[..5].to_vec(),
        at_once: whole[..1].to_vec(),
        whole,
        garbage: Some(b"oops"),
    }
}

fn call(wire: Wire, words: &str) -> Body {
    let whole = wire.events(words, &[("trains", json!({"to": "Lyon"}))]);
    // To the end of the event in its middle, if there is one.
    let half = whole[..whole.len() / 2].rfind("data: ").unwrap_or_default();
    Body {
        content_type: "text/event-stream",
        begun: whole.as_bytes()[..half].to_vec(),
        at_once: whole.as_bytes()[..8].to_vec(),
        whole: whole.into_bytes(),
        garbage: Some(b"data: {oops\n\n"),
    }
}

fn chat(wire: Wire) -> Body {
    match wire {
        Wire::OpenAi => openai_chat((ANSWER, BEGUN)),
        Wire::Gemini => gemini_chat((ANSWER, BEGUN)),
    }
}
