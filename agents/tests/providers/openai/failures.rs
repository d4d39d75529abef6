//! What becomes of a server that refuses, breaks, lies or hangs.

use std::time::Duration;

use colloquy_agents::engine::{EngineError, Heard, Listen, Occasion, Pace};
use colloquy_agents::tts::openai::OpenAiTts;
use colloquy_agents::wav;
use serde_json::json;

use super::{answer, hear, provider, reply, speak};
use crate::server::{Answer, Server};
use crate::{KEY, speech, text};

/// Long enough for anything that does come over loopback.
const PATIENCE: Duration = Duration::from_secs(1);

fn failed(reason: &str) -> Option<EngineError> {
    let reason = reason.to_owned();
    Some(EngineError::Failed {
        engine: "openai",
        reason,
    })
}

fn unavailable(reason: &str) -> Option<EngineError> {
    let reason = reason.to_owned();
    Some(EngineError::Unavailable {
        engine: "openai",
        reason,
    })
}

/// The error of each engine when it gets this answer.
async fn errors(answer_of: impl Fn() -> Answer) -> [Option<EngineError>; 3] {
    let server = Server::with([answer_of(), answer_of(), answer_of()])
        .await
        .waited_for(PATIENCE);
    let (heard, first) = hear(&server, &[], vec![speech(), Listen::End]).await;
    let (pieces, second) = reply(&server, Vec::new(), Occasion::Opener).await;
    let (pcm, _, third) = speak(&server, "Bonsoir").await;
    assert_eq!((heard.len(), pieces.len(), pcm.len()), (0, 0, 0));
    [first, second, third]
}

#[tokio::test]
async fn refusals_fail_and_overload_is_unavailable() {
    for (status, body, expected) in [
        (
            401,
            json!({ "error": { "message": "No such key" } }),
            failed("HTTP 401: No such key"),
        ),
        (403, json!({ "detail": "Not for you" }), failed("HTTP 403: Not for you")),
        (400, json!({ "error": "What?" }), failed("HTTP 400: What?")),
        (404, json!([]), failed("HTTP 404")),
        (302, json!({}), failed("HTTP 302")),
        (408, json!({}), unavailable("HTTP 408")),
        (
            429,
            json!({ "message": "Slow\ndown" }),
            unavailable("HTTP 429: Slow down"),
        ),
        (500, json!(null), unavailable("HTTP 500")),
        (503, json!({}), unavailable("HTTP 503")),
    ] {
        let found = errors(|| Answer::whole(status, "application/json", body.to_string())).await;
        assert_eq!(found, [expected.clone(), expected.clone(), expected], "{status}");
    }
}

#[tokio::test]
async fn overload_that_says_how_long_it_lasts_is_told_so() {
    let answer = || Answer::whole(429, "application/json", "{}").with_header("Retry-After", "20");
    let resting = EngineError::Resting {
        engine: "openai",
        reason: "HTTP 429".to_owned(),
        rest: Duration::from_secs(20),
    };
    assert!(resting.is_retryable());
    for error in errors(answer).await {
        assert_eq!(error.as_ref(), Some(&resting));
    }
    // Who refuses for good says nothing of later.
    let answer = || Answer::whole(401, "application/json", "{}").with_header("Retry-After", "20");
    for error in errors(answer).await {
        assert_eq!(error, failed("HTTP 401"));
    }
}

#[tokio::test]
async fn the_key_is_in_no_error_and_no_debug_output() {
    let body = json!({ "error": { "message": format!("Bearer {KEY} is wrong, {KEY}!") } });
    for error in errors(|| Answer::whole(401, "application/json", body.to_string())).await {
        assert_eq!(error, failed("HTTP 401: Bearer *** is wrong, ***!"));
    }
    let provider = provider("http://127.0.0.1:9/v1", PATIENCE);
    assert!(!format!("{provider:?}").contains(KEY));
}

#[tokio::test]
async fn a_server_that_hangs_is_unavailable() {
    let late = unavailable("it didn't answer in time");
    assert_eq!(errors(Answer::silence).await, [late.clone(), late.clone(), late]);
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    let voice = OpenAiTts::new(provider(&format!("http://{address}/v1"), PATIENCE));
    let (_, _, error) = crate::speak(&voice, "Bonsoir", Pace::Natural).await;
    let error = error.expect("nobody is there");
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("it can't be reached"), "{error}");
}

#[tokio::test]
async fn a_failed_view_ends_the_turn_with_its_error() {
    let server = Server::with([Answer::whole(500, "text/plain", "no")]).await;
    let (heard, error) = hear(&server, &[], vec![speech(), Listen::Pause { pause: 1 }, Listen::End]).await;
    assert_eq!((heard, error), (Vec::<Heard>::new(), unavailable("HTTP 500")));
}

#[tokio::test]
async fn a_transcription_that_is_none_fails() {
    for body in ["", "{", "[]", "{\"txt\":\"a\"}", "{\"text\":3}"] {
        let server = Server::with([Answer::whole(200, "application/json", body)]).await;
        let (heard, error) = hear(&server, &[], vec![speech(), Listen::End]).await;
        assert_eq!(heard, []);
        let error = error.expect("there is no text in it");
        assert!(!error.is_retryable(), "{error}");
        assert!(error.to_string().contains("its transcription can't be read"), "{error}");
    }
}

#[tokio::test]
async fn a_reply_that_is_cut_is_unavailable_after_what_came() {
    let begun = "data: {\"choices\":[{\"delta\":{\"content\":\"Bonsoir à\"}}]}\n\ndata: {\"choi";
    for (cut, reason) in [
        (Answer::cut("text/event-stream", begun, 10), "the connection broke"),
        (
            Answer::cut("text/event-stream", begun, 10).then_reset(),
            "the connection broke",
        ),
        (
            Answer::cut("text/event-stream", begun, 10).then_garbage(),
            "the connection broke",
        ),
        (Answer::chunked("text/event-stream", begun, 10), "its reply was cut"),
        (
            Answer::cut("text/event-stream", begun, 10).then_hang(),
            "it didn't answer in time",
        ),
    ] {
        let server = Server::with([cut]).await.waited_for(PATIENCE);
        let (pieces, error) = reply(&server, Vec::new(), answer("Bonsoir")).await;
        assert_eq!(text(&pieces), "Bonsoir à");
        let error = error.expect("it was cut");
        assert!(error.is_retryable() && error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn a_reply_that_is_none_fails() {
    let empty = "data: {\"choices\":[]}\n\ndata: [DONE]\n\n";
    let error = "data: {\"error\":{\"message\":\"out of memory\"}}\n\n";
    for (events, reason) in [
        (empty, "its reply is empty"),
        (error, "it reported: out of memory"),
        ("data: {\"choices\": oops}\n\n", "its reply can't be read"),
    ] {
        let server = Server::with([Answer::chunked("text/event-stream", events, 20)]).await;
        let (pieces, error) = reply(&server, Vec::new(), Occasion::Idle).await;
        assert_eq!(pieces, []);
        let error = error.expect("it is no reply");
        assert!(!error.is_retryable() && error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn a_reply_without_end_is_ended() {
    let piece = "data: {\"choices\":[{\"delta\":{\"content\":\"encore et encore \"}}]}\n\n";
    let server = Server::with([Answer::cut("text/event-stream", piece.repeat(2000), 5000).then_hang()]).await;
    let (pieces, error) = reply(&server, Vec::new(), Occasion::Idle).await;
    assert_eq!(error, None);
    let length = text(&pieces).len();
    assert!((8 << 10..16 << 10).contains(&length), "{length}");
}

#[tokio::test]
async fn speech_that_is_cut_is_unavailable_after_what_came() {
    let server = Server::with([Answer::promising(200, "audio/pcm", &[1, 0, 2, 0, 3], 100)]).await;
    let (pcm, words, error) = speak(&server, "Bonsoir").await;
    assert_eq!((pcm, words), (vec![1, 2], Vec::new()));
    assert!(error.is_some_and(|error| error.is_retryable()));

    let server = Server::with([Answer::chunked("audio/pcm", [1, 0, 2, 0, 3], 2)]).await;
    let (pcm, _, error) = speak(&server, "Bonsoir").await;
    assert_eq!(
        (pcm, error),
        (vec![1, 2], unavailable("its speech ended inside a sample"))
    );
}

#[tokio::test]
async fn speech_that_is_none_fails() {
    let file = wav::encode(&[1, 2, 3], 24_000);
    for (kind, body, reason) in [
        (
            "application/json",
            b"{}".as_slice(),
            "it answered application/json instead of sound",
        ),
        ("text/html", b"<html>", "it answered text/html instead of sound"),
        ("audio/pcm", &file, "it answered WAV instead of PCM"),
        ("audio/mpeg", b"ID3\x04\0\0", "it answered MP3 instead of PCM"),
        ("audio/pcm", b"", "it answered no sound"),
    ] {
        let server = Server::with([Answer::whole(200, kind, body)]).await;
        let (pcm, _, error) = speak(&server, "Bonsoir").await;
        assert_eq!((pcm, error), (Vec::new(), failed(reason)), "{kind}");
    }
}
