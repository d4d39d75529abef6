//! Conversations through an OpenAI-compatible provider: while it works, and when it doesn't.

#[path = "../agents/tests/providers/server.rs"]
#[allow(dead_code, reason = "the tests of the engines themselves use more of it")]
pub mod server;

#[path = "../agents/tests/providers/listener.rs"]
#[allow(dead_code, reason = "the tests of the engines themselves use more of it")]
mod listener;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use colloquy_loadtest::call::Call;
use colloquy_loadtest::clip::{Clip, Voice};
use serde_json::json;

use self::server::{Answer, Request, Server};
use crate::caller::{history, listening, message, say, speech};
use crate::program::{Program, command};

const KEY: &str = "sk-tell-nobody-0123456789";
/// What the caller says, as the scenario expects it.
const SAID: &str = "A table for two, please";
/// What the provider's model says.
pub const REPLY: &str = "Certainly. Would you like to sit by the window or in the garden?";
/// The fallback speaks 2 s after the end of the turn; several such tests share a busy machine.
const FALLBACK: Duration = Duration::from_secs(6);

/// What is wrong with the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// It takes requests and says nothing.
    Hangs,
    /// It doesn't know the key, and says so with the key.
    Refuses,
    /// It is broken.
    Breaks,
    /// It begins to answer, and the connection breaks.
    Stops,
}

/// A provider whose state can be changed while it runs.
pub async fn provider(fault: Arc<Mutex<Fault>>) -> Server {
    Server::answering(move |request| Some(answer(request, *fault.lock().unwrap()))).await
}

fn answer(request: &Request, fault: Fault) -> Answer {
    let (content_type, body) = if request.head.contains("/audio/transcriptions") {
        (
            "application/json",
            json!({"text": format!("{SAID}.")}).to_string().into_bytes(),
        )
    } else if request.head.contains("/chat/completions") {
        let words = REPLY.split_inclusive(' ').map(|word| {
            let chunk = json!({"choices": [{"delta": {"content": word}, "finish_reason": null}]});
            format!("data: {chunk}\n\n")
        });
        let events: String = words.chain(["data: [DONE]\n\n".to_owned()]).collect();
        ("text/event-stream", events.into_bytes())
    } else {
        // Two seconds of a buzz at 24 kHz.
        let buzz = (0..48_000i32).map(|at| ((at * 120 % 24_000) - 12_000) as i16 / 3);
        ("audio/pcm", buzz.flat_map(i16::to_le_bytes).collect())
    };
    match fault {
        Fault::None => Answer::chunked(content_type, &body, 1_000),
        Fault::Hangs => Answer::silence(),
        Fault::Refuses => {
            let complaint = json!({"error": {"message": format!("Incorrect API key provided: {KEY}")}});
            Answer::whole(401, "application/json", complaint.to_string())
        }
        Fault::Breaks => Answer::whole(500, "text/plain", "oops"),
        Fault::Stops => Answer::cut(content_type, &body[..body.len() / 2], 1_000),
    }
}

pub fn start(dir: &tempfile::TempDir, provider: &Server, log_level: &str) -> Program {
    Program::start(
        command(dir)
            .env("STT", "openai")
            .env("LLM", "openai")
            .env("TTS", "openai")
            .env("OPENAI_BASE_URL", provider.base_url())
            .env("OPENAI_API_KEY", KEY)
            .env("LOG_LEVEL", log_level),
    )
}

fn clip() -> Clip {
    // Without a comma: the provider would know the whole answer at the pause there, and the reply would talk over its rest.
    let said = SAID.replace(',', "");
    Clip::spoken(&said, Voice::of("english").expect("there is one")).expect("espeak-ng is installed")
}

fn bare(text: &str) -> String {
    text.chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn assert_no_key(program: &Program) {
    let log = program.log();
    let told: Vec<&String> = log.iter().filter(|line| line.contains(KEY)).collect();
    assert!(told.is_empty(), "{told:?}");
}

#[actix_rt::test]
async fn a_conversation_is_heard_thought_and_spoken_by_the_provider() {
    let provider = provider(Arc::new(Mutex::new(Fault::None))).await;
    let dir = tempfile::tempdir().unwrap();
    let program = start(&dir, &provider, "trace");
    let api = program.guest().await;
    let conversation = api.create_conversation("restaurant", "english").await.unwrap();
    let mut call = Call::join(&api, &conversation).await.unwrap();
    assert_eq!(message(&mut call, "ai_response").await["text"], REPLY);
    listening(&mut call).await;

    let (heard, _) = say(&mut call, &clip()).await;
    assert_eq!(heard, format!("{SAID}."));
    assert_eq!(message(&mut call, "ai_response").await["text"], REPLY);
    speech(&mut call).await;
    listening(&mut call).await;
    call.leave().await.unwrap();

    let requests = provider.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.header("authorization") == Some(&format!("Bearer {KEY}")))
    );
    for path in ["/v1/audio/transcriptions", "/v1/chat/completions", "/v1/audio/speech"] {
        assert!(requests.iter().any(|request| request.head.contains(path)), "{path}");
    }
    let chat = requests
        .iter()
        .rev()
        .find(|request| request.head.contains("/chat/"))
        .unwrap();
    assert!(chat.json()["messages"].to_string().contains(SAID));
    let history = history(&api, &conversation, 3).await;
    let said: Vec<&str> = history
        .iter()
        .filter_map(|message| message["content"].as_str())
        .collect();
    assert_eq!(said, [REPLY, &format!("{SAID}."), REPLY]);
    assert!(!program.metrics().await.contains("colloquy_engine_fallbacks_total{"));
    assert_no_key(&program);
}

#[actix_rt::test]
async fn a_provider_that_hangs_is_stood_in_for() {
    goes_on_despite(Fault::Hangs).await;
}

#[actix_rt::test]
async fn a_provider_that_refuses_is_stood_in_for() {
    goes_on_despite(Fault::Refuses).await;
}

#[actix_rt::test]
async fn a_provider_that_is_broken_is_stood_in_for() {
    goes_on_despite(Fault::Breaks).await;
}

#[actix_rt::test]
async fn a_provider_that_stops_in_the_middle_is_stood_in_for() {
    goes_on_despite(Fault::Stops).await;
}

/// The provider greets, and then fails at everything.
async fn goes_on_despite(fault: Fault) {
    let state = Arc::new(Mutex::new(Fault::None));
    let provider = provider(Arc::clone(&state)).await;
    let dir = tempfile::tempdir().unwrap();
    let program = start(&dir, &provider, "debug");
    let api = program.guest().await;
    let conversation = api.create_conversation("restaurant", "english").await.unwrap();
    let mut call = Call::join(&api, &conversation).await.unwrap();
    assert_eq!(message(&mut call, "ai_response").await["text"], REPLY);
    listening(&mut call).await;

    *state.lock().unwrap() = fault;
    let (heard, end) = say(&mut call, &clip()).await;
    assert_eq!(bare(&heard), bare(SAID), "{fault:?}");
    let spoken = speech(&mut call).await;
    println!("{fault:?}: speech {:?} after the last voiced frame", spoken - end);
    assert!(spoken - end < FALLBACK, "{fault:?}: {:?}", spoken - end);
    listening(&mut call).await;
    let metrics = program.metrics().await;
    for service in ["stt", "llm", "tts"] {
        let fallback = format!("colloquy_engine_fallbacks_total{{service=\"{service}\",from=\"openai\"");
        assert!(metrics.contains(&fallback), "{fault:?}: no {fallback} in {metrics}");
    }

    // The conversation goes on: what comes next is answered, too.
    let typed = Instant::now();
    call.send_message(&json!({"type": "text", "content": "By the window, please"}))
        .await
        .unwrap();
    message(&mut call, "ai_response").await;
    speech(&mut call).await;
    println!("{fault:?}: speech {:?} after what was typed next", typed.elapsed());
    listening(&mut call).await;

    // And when the provider is well again, it is asked again.
    *state.lock().unwrap() = Fault::None;
    let asked = provider.requests().len();
    let deadline = Instant::now() + Duration::from_secs(60);
    while provider.requests().len() == asked {
        assert!(
            Instant::now() < deadline,
            "{fault:?}: the provider is never asked again"
        );
        call.send_message(&json!({"type": "text", "content": "Water, please"}))
            .await
            .unwrap();
        message(&mut call, "ai_response").await;
        listening(&mut call).await;
    }
    call.leave().await.unwrap();
    assert_no_key(&program);
}

#[actix_rt::test]
async fn deepgram_listens_and_gemini_thinks_with_a_service_of_the_operator() {
    let said = format!("{SAID}.");
    let ear = listener::Deepgram::hearing(&[&said], listener::Fault::None).await;
    let service = Server::answering(|_| Some(Answer::whole(200, "text/plain", "two tables are free"))).await;
    // What was said is looked up first.
    let model = Server::answering(|request| {
        let contents = request.json()["contents"].to_string();
        let is_answer = contents.contains(SAID) && !contents.contains("functionResponse");
        let part = match is_answer {
            true => json!({"functionCall": {"name": "tables", "args": {"people": 2}}}),
            false => json!({"text": REPLY}),
        };
        let chunk = json!({
            "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 10},
        });
        Some(Answer::chunked(
            "text/event-stream",
            format!("data: {chunk}\r\n\r\n"),
            1_000,
        ))
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let tools = dir.path().join("tools.json");
    let tool = json!([{
        "name": "tables", "description": "Tells which tables are free.", "url": format!("{}/tables", service.origin()),
        "parameters": {"type": "object", "properties": {"people": {"type": "integer"}}},
    }]);
    std::fs::write(&tools, tool.to_string()).unwrap();
    let program = Program::start(
        command(&dir)
            .env("STT", "deepgram")
            .env("LLM", "gemini")
            .env("TTS", "scripted")
            .env("DEEPGRAM_URL", ear.url())
            .env("DEEPGRAM_API_KEY", KEY)
            .env("GEMINI_URL", model.origin())
            .env("GEMINI_API_KEY", KEY)
            .env("TOOLS_FILE", &tools)
            .env("LOG_LEVEL", "debug"),
    );
    let api = program.guest().await;
    let conversation = api.create_conversation("restaurant", "english").await.unwrap();
    let mut call = Call::join(&api, &conversation).await.unwrap();
    assert_eq!(message(&mut call, "ai_response").await["text"], REPLY);
    listening(&mut call).await;

    let (heard, _) = say(&mut call, &clip()).await;
    assert_eq!(heard, said);
    let reply = message(&mut call, "ai_response").await["text"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(reply.starts_with("One moment, let me check."), "{reply}");
    speech(&mut call).await;
    listening(&mut call).await;
    call.leave().await.unwrap();

    assert_eq!(service.requests()[0].json(), json!({"people": 2}));
    // The same model reviews what was said, too.
    let asked: Vec<String> = model
        .requests()
        .iter()
        .map(|request| request.json()["contents"].to_string())
        .collect();
    assert!(
        asked.iter().any(|contents| contents.contains("two tables are free")),
        "{asked:?}"
    );
    let seen = ear.seen();
    assert_eq!(seen.authorization, format!("Token {KEY}"));
    assert!(seen.sound.len() > 16_000, "{} bytes", seen.sound.len());
    let metrics = program.metrics().await;
    for counted in [
        "service=\"stt\",engine=\"deepgram\",unit=\"audio_seconds\"",
        "service=\"llm\",engine=\"gemini\",unit=\"input_tokens\"",
    ] {
        assert!(
            metrics.contains(&format!("colloquy_engine_usage_total{{{counted}}}")),
            "{counted}: {metrics}"
        );
    }
    assert!(!metrics.contains("colloquy_engine_fallbacks_total{"), "{metrics}");
    assert_no_key(&program);
}
