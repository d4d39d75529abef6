//! Slips of grammar that are said in a call, with the embedded recogniser.

use super::*;
use crate::caller::{history, listening};
use crate::websocket::recording;

/// Says an answer to the waiter's first question: the reply to it, what is told of it, and the same as it is kept.
async fn answer(server: &TestServer, text: &str) -> (Value, Value, Value) {
    let Joined {
        api,
        conversation,
        mut call,
        ..
    } = joined(server).await;
    listening(&mut call).await;
    let clip = Clip::of_pcm(text, &recording(text, "french").samples, 16_000).expect("a clip");
    say(&mut call, &clip).await;
    let said = message_that(&mut call, "transcript", |transcript| transcript["is_final"] == true).await;
    let reply = message(&mut call, "ai_response").await;
    let analysis = message_that(&mut call, "analysis", |analysis| analysis["id"] == said["id"]).await;
    api.end(&conversation).await.expect("ended");
    let messages = history(&api, &conversation, 2).await;
    let kept = messages.iter().find(|message| message["id"] == said["id"]);
    (reply, analysis, kept.expect("it is kept").clone())
}

#[actix_rt::test]
async fn a_slip_that_is_said_is_told_and_the_lesson_goes_on() {
    let server = TestServer::start().await;
    let (reply, analysis, kept) = answer(&server, "Un table pour deux, s'il vous plaît").await;
    let error = &analysis["errors"][0];
    assert_eq!(
        (&error["type"], &error["word"], &error["suggestion"]),
        (&json!("grammar"), &json!("Un"), &json!("Une")),
        "{analysis}"
    );
    assert!(
        analysis["grammar_score"].as_u64().is_some_and(|score| score < 80),
        "{analysis}"
    );
    assert_eq!(kept["content"], "Un table pour deux, s'il vous plaît");
    assert_eq!(kept["analysis"]["errors"][0], *error);
    // The waiter understands, and goes on to the next question.
    let text = reply["text"].as_str().unwrap_or_default();
    assert!(text.contains("la fenêtre"), "{reply}");
    server.stop().await;
}

#[actix_rt::test]
async fn the_same_said_right_has_no_remark() {
    let server = TestServer::start().await;
    let (reply, analysis, kept) = answer(&server, "Une table pour deux, s'il vous plaît").await;
    let errors = analysis["errors"].as_array().expect("a list");
    assert!(
        errors.iter().all(|error| error["type"] == "pronunciation"),
        "{analysis}"
    );
    assert_eq!(kept["content"], "Une table pour deux, s'il vous plaît");
    assert!(reply["correction"].is_null(), "{reply}");
    server.stop().await;
}
