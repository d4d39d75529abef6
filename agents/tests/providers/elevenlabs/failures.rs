//! What becomes of a provider that refuses, breaks, lies or hangs.

use std::time::Duration;

use colloquy_agents::engine::{EngineError, Listen};
use colloquy_agents::wav;
use serde_json::json;

use super::{hear, line, provider, sound, speak};
use crate::server::{Answer, Server};
use crate::{KEY, speech};

/// Long enough for anything that does come over loopback.
const PATIENCE: Duration = Duration::from_secs(1);

fn failed(reason: &str) -> EngineError {
    EngineError::Failed {
        engine: "elevenlabs",
        reason: reason.to_owned(),
    }
}

fn unavailable(reason: &str) -> EngineError {
    EngineError::Unavailable {
        engine: "elevenlabs",
        reason: reason.to_owned(),
    }
}

/// The error of each engine when it gets this answer.
async fn errors(answer_of: impl Fn() -> Answer) -> [EngineError; 2] {
    let server = Server::with([answer_of(), answer_of()]).await.waited_for(PATIENCE);
    let (heard, first) = hear(&server, &[], vec![speech(), Listen::End]).await;
    let (pcm, _, second) = speak(&server, "Bonsoir").await;
    assert_eq!((heard.len(), pcm.len()), (0, 0));
    [first, second].map(|error| error.expect("it failed"))
}

#[tokio::test]
async fn refusals_fail_and_overload_is_unavailable() {
    let detail = |status: &str, message: &str| json!({"detail": {"status": status, "message": message}});
    let resting = EngineError::Resting {
        engine: "elevenlabs",
        reason: "HTTP 429: Too many at once".to_owned(),
        rest: Duration::from_secs(3),
    };
    for (status, retry_after, body, expected) in [
        (
            401,
            None,
            detail("invalid_api_key", "Invalid API key"),
            failed("HTTP 401: Invalid API key"),
        ),
        (
            401,
            None,
            detail("quota_exceeded", "No credits left"),
            failed("HTTP 401: No credits left"),
        ),
        (
            422,
            None,
            json!({"detail": [{"loc": ["body", "model_id"], "msg": "Field required", "type": "missing"}]}),
            failed("HTTP 422: Field required"),
        ),
        (
            429,
            Some("3"),
            detail("too_many_concurrent_requests", "Too many at once"),
            resting,
        ),
        (429, None, detail("system_busy", "Busy"), unavailable("HTTP 429: Busy")),
        (500, None, json!(null), unavailable("HTTP 500")),
        (503, None, detail("x", "Away"), unavailable("HTTP 503: Away")),
    ] {
        let found = errors(|| {
            let answer = Answer::whole(status, "application/json", body.to_string());
            match retry_after {
                Some(seconds) => answer.with_header("retry-after", seconds),
                None => answer,
            }
        });
        assert_eq!(found.await, [expected.clone(), expected], "{status}");
    }
}

#[tokio::test]
async fn the_key_is_in_no_error_and_no_debug_output() {
    let body = json!({"detail": {"message": format!("{KEY} is wrong")}});
    for error in errors(|| Answer::whole(401, "application/json", body.to_string())).await {
        assert_eq!(error, failed("HTTP 401: *** is wrong"));
    }
    assert!(!format!("{:?}", provider("http://127.0.0.1:9", PATIENCE)).contains(KEY));
}

#[tokio::test]
async fn a_provider_that_hangs_is_unavailable() {
    let late = unavailable("it didn't answer in time");
    assert_eq!(errors(Answer::silence).await, [late.clone(), late]);
}

#[tokio::test]
async fn a_transcription_that_is_none_fails() {
    for body in [
        "",
        "{",
        "[]",
        "{\"txt\":\"a\"}",
        "{\"text\":3}",
        "{\"text\":\"a\",\"words\":7}",
    ] {
        let server = Server::with([Answer::whole(200, "application/json", body)]).await;
        let (heard, error) = hear(&server, &[], vec![speech(), Listen::End]).await;
        assert_eq!(heard, []);
        let error = error.expect("it can't be read");
        assert!(!error.is_retryable(), "{error}");
        assert!(error.to_string().contains("its transcription can't be read"), "{error}");
    }
}

#[tokio::test]
async fn a_transcription_that_breaks_off_is_unavailable() {
    let server = Server::with([Answer::promising(200, "application/json", b"{\"text\":\"On", 100)]).await;
    let (heard, error) = hear(&server, &[], vec![speech(), Listen::End]).await;
    assert_eq!(heard, []);
    assert!(error.is_some_and(|error| error.is_retryable()));
}

#[tokio::test]
async fn speech_that_stalls_or_is_cut_is_unavailable_after_what_came() {
    let begun = line(&[1, 0, 2, 0], "Bon", 0);
    let half = format!("{begun}{{\"audio_base64\":\"AQAC");
    for (answer, reason) in [
        (
            Answer::cut("application/json", &half, 16).then_hang(),
            "it didn't answer in time",
        ),
        (Answer::cut("application/json", &half, 16), "the connection broke"),
        // A clean end, but in the middle of a line.
        (Answer::chunked("application/json", &half, 16), "its speech was cut"),
        (
            Answer::chunked("application/json", format!("{half}\n"), 16),
            "its speech was cut",
        ),
        (
            Answer::chunked("application/json", format!("{begun}{}", sound(&[7])), 16),
            "its speech ended inside a sample",
        ),
    ] {
        let server = Server::with([answer]).await.waited_for(PATIENCE);
        let (pcm, words, error) = speak(&server, "Bonsoir").await;
        assert_eq!((pcm, words), (vec![1, 2], Vec::new()), "{reason}");
        let error = error.expect("it was cut");
        assert!(error.is_retryable() && error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn speech_that_cant_be_read_fails_after_what_came() {
    let begun = line(&[1, 0, 2, 0], "Bon", 0);
    for (next, reason) in [
        ("{\"audio_base64\":\"AQ*\"}", "its sound can't be read"),
        // A sign short.
        ("{\"audio_base64\":\"AQACA\"}", "its sound can't be read"),
        ("{\"audio_base64\":7}", "its speech can't be read"),
        (
            "{\"audio_base64\":\"\",\"alignment\":{\"characters\":3}}",
            "its speech can't be read",
        ),
        ("<html>", "its speech can't be read"),
        (
            "{\"detail\":{\"message\":\"out of voice\"}}",
            "it reported: out of voice",
        ),
        ("{}", "it reported: an error"),
    ] {
        let server = Server::with([Answer::chunked("application/json", format!("{begun}{next}\n"), 16)]).await;
        let (pcm, _, error) = speak(&server, "Bonsoir").await;
        assert_eq!(pcm, [1, 2], "{next}");
        let error = error.expect("it can't be read");
        assert!(
            !error.is_retryable() && error.to_string().contains(reason),
            "{next}: {error}"
        );
    }
}

#[tokio::test]
async fn speech_that_is_none_fails() {
    let file = wav::encode(&[1, 2, 3], 24_000);
    for (body, reason) in [
        (sound(&file), "it answered WAV instead of PCM"),
        (sound(b"ID3\x04\0\0"), "it answered MP3 instead of PCM"),
        (String::new(), "it answered no sound"),
        (sound(&[]), "it answered no sound"),
    ] {
        let server = Server::with([Answer::whole(200, "application/json", body)]).await;
        let (pcm, _, error) = speak(&server, "Bonsoir").await;
        assert_eq!((pcm, error), (Vec::new(), Some(failed(reason))));
    }
}

#[tokio::test]
async fn timings_that_make_no_sense_cost_the_timings_and_not_the_speech() {
    let lines = [
        json!({"audio_base64": "AQACAA==", "alignment": {
            "characters": ["O", "u", "i"], "character_start_times_seconds": [0.0], "character_end_times_seconds": [-1.0],
        }})
        .to_string(),
        "\n".to_owned(),
        line(&[3, 0], " non", 3),
    ];
    let server = Server::with([Answer::chunked("application/json", lines.concat(), 50)]).await;
    let (pcm, words, error) = speak(&server, "Oui non").await;
    assert_eq!((pcm, error), (vec![1, 2, 3], None));
    // Estimated, as without any.
    let words: Vec<&str> = words.iter().map(|word| word.word.as_str()).collect();
    assert_eq!(words, ["Oui", "non"]);
}
