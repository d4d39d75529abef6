//! Slips of grammar that are said in a call, with the embedded recogniser.

use super::*;
use crate::caller::{history, listening};
use crate::websocket::recording;

/// Says an answer to the waiter's first question: the reply to it, what is told of it, and the same as it is kept. Beginners are
/// told of their mistakes after the conversation unless they want it otherwise.
async fn answer(server: &TestServer, correction: &str, text: &str) -> (Value, Value, Value) {
    let conversation = json!({"topic": "restaurant", "language": "french", "correction": correction});
    let Joined {
        api,
        conversation,
        mut call,
        ..
    } = joined_to(server, &conversation).await;
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
    let (reply, analysis, kept) = answer(&server, "inline", "Un table pour deux, s'il vous plaît").await;
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
    let mut shown = kept["analysis"]["errors"][0].clone();
    let heard = shown["audio_example"].take();
    let mut told = error.clone();
    // Told in the call, it is a path, since nobody has asked by which name the server goes; and nothing until the sound was assessed.
    let path = told["audio_example"].take();
    assert_eq!(shown, told);
    let is_heard_there = |heard: &str| path.is_null() || path.as_str().is_some_and(|path| heard.ends_with(path));
    assert!(heard.as_str().is_some_and(is_heard_there), "{heard} {path}");
    // The waiter says it right in passing, and goes on to the next question.
    let correction = &reply["correction"];
    assert_eq!(
        (&correction["wrong"], &correction["right"]),
        (&json!("Un"), &json!("Une")),
        "{reply}"
    );
    let text = reply["text"].as_str().unwrap_or_default();
    let recast = text.find("« Une table pour deux »");
    assert!(recast.is_some() && recast < text.find("la fenêtre"), "{reply}");
    server.stop().await;
}

#[actix_rt::test]
async fn whoever_wants_no_corrections_hears_none_and_finds_them_in_the_analysis() {
    let server = TestServer::start().await;
    let (reply, analysis, _) = answer(&server, "after", "Un table pour deux, s'il vous plaît").await;
    assert!(reply["correction"].is_null(), "{reply}");
    assert_eq!(analysis["errors"][0]["suggestion"], "Une", "{analysis}");
    server.stop().await;
}

#[actix_rt::test]
async fn the_same_said_right_has_no_remark() {
    let server = TestServer::start().await;
    let (reply, analysis, kept) = answer(&server, "inline", "Une table pour deux, s'il vous plaît").await;
    let errors = analysis["errors"].as_array().expect("a list");
    assert!(
        errors.iter().all(|error| error["type"] == "pronunciation"),
        "{analysis}"
    );
    assert_eq!(kept["content"], "Une table pour deux, s'il vous plaît");
    assert!(reply["correction"].is_null(), "{reply}");
    server.stop().await;
}
