//! Calls on a thread that handles packets two at a time, as one that is busy does.

use super::*;

async fn started() -> TestServer {
    TestServer::scripted().set("COALESCING", "on").start().await
}

#[actix_rt::test]
async fn utterances_are_answered_whole_and_in_order() {
    let server = started().await;
    let mut joined = joined(&server).await;
    let clip = clip();
    for _ in 0..2 {
        message_that(&mut joined.call, "state", |state| state["state"] == "listening").await;
        say(&mut joined.call, &clip).await;
        let transcript = message_that(&mut joined.call, "transcript", |transcript| {
            transcript["is_final"] == true
        })
        .await;
        assert_eq!(transcript["text"], HEARD);
        reply(&mut joined.call).await;
    }
    server.stop().await;
}

#[actix_rt::test]
async fn the_agent_can_be_interrupted_by_voice_and_by_message() {
    let server = started().await;
    let mut joined = joined(&server).await;
    let mut second = Call::join(&joined.api, &joined.conversation).await.expect("a call");
    say(&mut second, &clip()).await;
    let cut = message_that(&mut joined.call, "ai_response", |reply| reply["interrupted"] == true).await;
    assert_eq!(cut["interrupted"], true);
    message_that(&mut joined.call, "state", |state| state["state"] == "speaking").await;
    let interrupt = json!({"type": "interrupt"});
    joined.call.send_message(&interrupt).await.expect("sent");
    message_that(&mut joined.call, "state", |state| state["state"] == "listening").await;
    server.stop().await;
}
