//! Small runs against a server that does as it is told.

use super::*;
use crate::api::http_client;
use crate::clip::tests::tone;
use crate::fake;
use crate::network::Conditions;
use crate::plan::Behaviour;
use crate::repair::Repair;
use crate::surface::Mix;
use crate::transport::Credential;

fn run(base: String, mix: &str) -> Run {
    Run {
        plan: Plan {
            callers: 3,
            ramp: 1_000.0,
            length: None,
            answers: vec![tone("one"), tone("two")],
            behaviour: Behaviour::steady(Duration::ZERO),
            mix: mix.parse::<Mix>().expect("a mix"),
            conditions: Conditions::default(),
            repair: Repair::default(),
            seed: 1,
        },
        access: Access {
            http: http_client().expect("a client"),
            base,
            topic: "restaurant".to_owned(),
            language: "french".to_owned(),
            credential: Credential::Guests,
        },
        threads: 1,
        instruments: Instruments::default(),
        is_scripted: false,
        until_refused: false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_server_that_is_full_refuses_and_that_is_no_failure() {
    let base = fake::server(|request| match request.starts_with("POST /v1/guests") {
        true => fake::answer("201 Created", r#"{"access_token":"t"}"#),
        false => fake::answer("503 Service Unavailable", "{}"),
    });
    let report = run(base.await, "whip").run().await.expect("a run").report;
    assert_eq!(
        (report.refused, report.failed, report.joined),
        (3, 0, 0),
        "{:?}",
        report.errors
    );
    assert_eq!(report.refusal_ms.map(|refusal| refusal.count), Some(3));
    assert!(report.passes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_server_that_fails_is_told_about_word_for_word() {
    let base = fake::server(|_| fake::answer("500 Internal Server Error", "it is broken"));
    let report = run(base.await, "whip=2,chat=1").run().await.expect("a run").report;
    assert_eq!((report.failed, report.joined), (3, 0));
    assert_eq!(report.errors.len(), 1, "all failed alike: {:?}", report.errors);
    assert!(report.errors[0].0.contains("it is broken"), "{:?}", report.errors);
    assert!(!report.passes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn callers_over_document_001_hand_in_recordings_and_listen_to_replies() {
    let requests = |request: &str| match request.starts_with("POST /livekit/end-conversation") {
        true => fake::answer("200 OK", "{}"),
        false => fake::answer("200 OK", r#"{"access_token":"t","conversation_id":"c"}"#),
    };
    let replies: &[&str] = &[
        r#"{"conversation_id":"c","content":"Bien","type":"text"}"#,
        r#"{"conversation_id":"c","content":"","type":"audio"}"#,
    ];
    let base = fake::server_with_socket(requests, replies).await;
    let done = run(base, "chat").run().await.expect("a run");
    let report = &done.report;
    assert_eq!(
        (report.joined, report.conversations, report.failed),
        (3, 3, 0),
        "{:?}",
        report.errors
    );
    assert_eq!((report.turns.utterances, report.turns.answered), (6, 6));
    assert_eq!(report.chat_reply_ms.map(|reply| reply.count), Some(6));
    assert_eq!((report.voice_to_voice_ms, report.transcribed_percent), (None, None));
    assert!(report.passes());
    assert!(done.page().contains("Voice to voice"));
}

#[tokio::test]
async fn a_server_on_this_machine_is_called_from_it() {
    let loopback: IpAddr = [127, 0, 0, 1].into();
    for base in ["http://127.0.0.1:8000", "http://localhost:8000/"] {
        assert_eq!(
            addresses(base).await.expect("addresses"),
            (loopback, loopback),
            "{base}"
        );
    }
    for base in ["", "localhost", "http://"] {
        assert!(addresses(base).await.is_err(), "{base}");
    }
}
