//! Cerebras: OpenAI's wire with limits and complaints of its own.

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::engine::{EngineError, Llm, Occasion};
use colloquy_agents::llm::openai::OpenAiLlm;
use colloquy_agents::usage::Unit;
use serde_json::json;

use crate::server::{Answer, Server};
use crate::{Bill, KEY, cerebras, reply, request, text};

const PATIENCE: Duration = Duration::from_secs(1);

/// A reply as it streams, what it used in the event after its last one.
fn events() -> String {
    let delta = |delta, reason: Option<&str>| {
        json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "gpt-oss-120b", "system_fingerprint": "fp_1",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        })
    };
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 210, "completion_tokens": 12, "total_tokens": 222},
        "time_info": {"queue_time": 0.0001, "total_time": 0.02}});
    let chunks = [
        delta(json!({"role": "assistant"}), None),
        delta(json!({"reasoning": "They came in."}), None),
        delta(json!({"content": "Bonsoir "}), None),
        delta(json!({"content": "!"}), None),
        delta(json!({}), Some("stop")),
        usage,
    ];
    let events: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    format!("{events}data: [DONE]\n\n")
}

#[tokio::test]
async fn it_replies_under_its_own_name_and_its_tokens_are_counted() {
    for size in [7, 10_000] {
        let server = Server::with([Answer::chunked("text/event-stream", events(), size)]).await;
        let bill = Arc::new(Bill::default());
        let provider = cerebras(&server.base_url(), PATIENCE).metered(bill.clone());
        let llm = OpenAiLlm::new(Arc::new(provider));
        assert_eq!(llm.name(), "cerebras");
        let (pieces, error) = reply(&llm, request(Occasion::Opener)).await;
        assert_eq!((text(&pieces).as_str(), error), ("Bonsoir !", None));
        assert_eq!(
            (bill.total(Unit::InputTokens), bill.total(Unit::OutputTokens)),
            (210.0, 12.0)
        );
        let asked = &server.requests()[0];
        assert_eq!(asked.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
        let body = asked.json();
        assert_eq!(body["model"], "gpt-oss-120b");
        assert_eq!(body["stream_options"], json!({"include_usage": true}));
        // Nobody has said anything: there is nothing to act on.
        assert_eq!(body["tools"], json!(null));
    }
}

#[tokio::test]
async fn its_limits_say_how_long_it_wants_to_rest() {
    let complaint = json!({
        "message": "Tokens per minute limit exceeded", "type": "too_many_tokens_error", "param": "quota",
        "code": "token_quota_exceeded",
    });
    let answer = Answer::whole(429, "application/json", complaint.to_string())
        .with_header("x-ratelimit-remaining-requests-day", "14000")
        .with_header("x-ratelimit-reset-requests-day", "33011.382867097855")
        .with_header("x-ratelimit-remaining-tokens-minute", "0")
        .with_header("x-ratelimit-reset-tokens-minute", "11.25");
    let server = Server::with([answer]).await;
    let llm = OpenAiLlm::new(Arc::new(cerebras(&server.base_url(), PATIENCE)));
    let (pieces, error) = reply(&llm, request(Occasion::Opener)).await;
    assert_eq!(pieces, []);
    assert_eq!(
        error,
        Some(EngineError::Resting {
            engine: "cerebras",
            reason: "HTTP 429: Tokens per minute limit exceeded".to_owned(),
            rest: Duration::from_millis(11_250),
        })
    );
}

#[tokio::test]
async fn a_server_that_never_tells_what_it_used_is_not_waited_for() {
    let events = events();
    let reply_only = events
        .split("data: {\"choices\":[],")
        .next()
        .expect("there is a first part");
    let answer = Answer::cut("text/event-stream", reply_only, 10_000).then_hang();
    let server = Server::with([answer]).await;
    let bill = Arc::new(Bill::default());
    let provider = cerebras(&server.base_url(), Duration::from_secs(60)).metered(bill.clone());
    let (pieces, error) = reply(&OpenAiLlm::new(Arc::new(provider)), request(Occasion::Opener)).await;
    assert_eq!((text(&pieces).as_str(), error), ("Bonsoir !", None));
    assert_eq!(bill.total(Unit::InputTokens), 0.0);
}
