//! Gemini: what it is asked, what is made of its answers, and what becomes of one that refuses, breaks, lies or hangs.

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::engine::{EngineError, Occasion, ReplyPiece, Speaker, Transcript, Utterance};
use colloquy_agents::llm::gemini::GeminiLlm;
use colloquy_agents::usage::Unit;
use serde_json::{Value, json};

use crate::server::{Answer, Server};
use crate::{Bill, KEY, gemini, reply, request, text};

/// Long enough for anything that does come over loopback.
const PATIENCE: Duration = Duration::from_secs(1);

fn chunk(text: &str, reason: Option<&str>) -> Value {
    let mut candidate = json!({"content": {"role": "model", "parts": [{"text": text}]}, "index": 0});
    if let Some(reason) = reason {
        candidate["finishReason"] = reason.into();
    }
    let usage = json!({"promptTokenCount": 90, "candidatesTokenCount": text.len(), "totalTokenCount": 90 + text.len()});
    json!({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini", "responseId": "r"})
}

/// As the provider writes events.
pub fn events(chunks: &[Value]) -> String {
    chunks.iter().map(|chunk| format!("data: {chunk}\r\n\r\n")).collect()
}

fn model(server: &Server) -> GeminiLlm {
    GeminiLlm::new(Arc::new(gemini(&server.origin(), server.patience())))
}

fn failed(reason: &str) -> EngineError {
    EngineError::Failed {
        engine: "gemini",
        reason: reason.to_owned(),
    }
}

async fn error(answer: Answer) -> EngineError {
    let server = Server::with([answer]).await.waited_for(PATIENCE);
    let (pieces, error) = reply(&model(&server), request(Occasion::Opener)).await;
    assert_eq!(pieces, []);
    error.expect("it is no reply")
}

#[tokio::test]
async fn a_reply_streams_in_pieces_of_any_size_and_its_translation_follows() {
    let chunks = [
        chunk("Bonsoir à", None),
        chunk(" vous !\n##", None),
        chunk("#\nGood evening!", Some("STOP")),
    ];
    for size in [1, 64, 10_000] {
        let server = Server::with([Answer::chunked("text/event-stream", events(&chunks), size)]).await;
        let bill = Arc::new(Bill::default());
        let provider = gemini(&server.origin(), PATIENCE).metered(bill.clone());
        let (pieces, error) = reply(&GeminiLlm::new(Arc::new(provider)), request(Occasion::Opener)).await;
        assert_eq!((text(&pieces).as_str(), error), ("Bonsoir à vous !", None));
        assert!(pieces.contains(&ReplyPiece::Translation("Good evening!".to_owned())));
        assert!(matches!(pieces.last(), Some(ReplyPiece::Done { .. })));
        // What the last chunk says counts, not the sum.
        let written = chunks[2]["usageMetadata"]["candidatesTokenCount"]
            .as_f64()
            .expect("a number");
        assert_eq!(
            (bill.total(Unit::InputTokens), bill.total(Unit::OutputTokens)),
            (90.0, written)
        );
    }
}

#[tokio::test]
async fn the_chat_holds_what_was_heard_and_the_key_is_in_a_header() {
    let server = Server::with([Answer::chunked(
        "text/event-stream",
        events(&[chunk("Bien.", Some("STOP"))]),
        50,
    )])
    .await;
    let mut asked = request(Occasion::Answer(Transcript {
        text: "deux".to_owned(),
        ..Transcript::default()
    }));
    asked.history = vec![Utterance {
        speaker: Speaker::Agent,
        text: "Vous êtes".to_owned(),
    }];
    reply(&model(&server), asked).await;
    let request = &server.requests()[0];
    let path = "POST /v1beta/models/gemini-flash-lite-latest:streamGenerateContent?alt=sse HTTP/1.1\r\n";
    assert!(request.head.starts_with(path), "{}", request.head);
    assert_eq!(request.header("x-goog-api-key"), Some(KEY));
    let body = request.json();
    let instruction = body["systemInstruction"]["parts"][0]["text"]
        .as_str()
        .expect("there is one");
    assert!(instruction.contains("conversation in French"), "{instruction}");
    let contents = body["contents"].as_array().expect("a list");
    assert_eq!(
        contents[..2],
        [
            json!({"role": "user", "parts": [{"text": "[comes in]"}]}),
            json!({"role": "model", "parts": [{"text": "Vous êtes"}]}),
        ]
    );
    assert_eq!((contents.len(), &contents[2]["role"]), (3, &json!("user")));
    let said = contents[2]["parts"][0]["text"].as_str().expect("words");
    assert!(said.starts_with("deux\n[plan: "), "{said}");
}

#[tokio::test]
async fn refusals_fail_and_overload_is_unavailable() {
    let complaint = |code: u16, status: &str, message: &str, details: Value| {
        let error = json!({"code": code, "message": message, "status": status, "details": details});
        Answer::whole(code, "application/json", json!({ "error": error }).to_string())
    };
    let retry = json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}]);
    assert_eq!(
        error(complaint(400, "INVALID_ARGUMENT", "API key not valid.", json!([]))).await,
        failed("HTTP 400: API key not valid.")
    );
    assert_eq!(
        error(complaint(403, "PERMISSION_DENIED", &format!("{KEY}: no"), json!([]))).await,
        failed("HTTP 403: ***: no")
    );
    assert_eq!(
        error(complaint(429, "RESOURCE_EXHAUSTED", "Quota", retry)).await,
        EngineError::Resting {
            engine: "gemini",
            reason: "HTTP 429: Quota".to_owned(),
            rest: Duration::from_millis(34_500),
        }
    );
    for (code, status) in [(429, "RESOURCE_EXHAUSTED"), (500, "INTERNAL"), (503, "UNAVAILABLE")] {
        let error = error(complaint(code, status, "Busy", json!([]))).await;
        assert!(matches!(error, EngineError::Unavailable { .. }), "{error}");
    }
}

#[tokio::test]
async fn what_is_blocked_is_refused() {
    for body in [
        json!({"promptFeedback": {"blockReason": "SAFETY", "safetyRatings": []}}),
        json!({"candidates": [{"finishReason": "SAFETY", "index": 0}]}),
    ] {
        let error = error(Answer::chunked("text/event-stream", events(&[body]), 20)).await;
        assert!(matches!(error, EngineError::Refused { .. }), "{error}");
        assert!(!error.is_retryable() && error.to_string().contains("SAFETY"), "{error}");
    }
}

#[tokio::test]
async fn a_reply_that_is_cut_or_hangs_is_unavailable_after_what_came() {
    let begun = events(&[chunk("Bonsoir à", None)]) + "data: {\"cand";
    let kind = "text/event-stream";
    for (cut, reason) in [
        (Answer::cut(kind, &begun, 30), "the connection broke"),
        (Answer::cut(kind, &begun, 30).then_reset(), "the connection broke"),
        (Answer::cut(kind, &begun, 30).then_garbage(), "the connection broke"),
        (Answer::chunked(kind, &begun, 30), "its reply was cut"),
        (Answer::cut(kind, &begun, 30).then_hang(), "it didn't answer in time"),
    ] {
        let server = Server::with([cut]).await.waited_for(PATIENCE);
        let (pieces, error) = reply(&model(&server), request(Occasion::Opener)).await;
        assert_eq!(text(&pieces), "Bonsoir à", "{reason}");
        let error = error.expect("it was cut");
        assert!(error.is_retryable() && error.to_string().contains(reason), "{error}");
    }
    assert!(error(Answer::silence()).await.is_retryable());
}

#[tokio::test]
async fn a_reply_that_is_none_fails() {
    for (body, reason) in [
        (events(&[chunk("", Some("STOP"))]), "its reply is empty"),
        ("data: {\"candidates\": oops}\n\n".to_owned(), "its reply can't be read"),
        (
            events(&[json!({"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL"}]})]),
            "MALFORMED_FUNCTION_CALL",
        ),
    ] {
        let error = error(Answer::chunked("text/event-stream", body, 20)).await;
        assert!(!error.is_retryable() && error.to_string().contains(reason), "{error}");
    }
}
