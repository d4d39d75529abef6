//! Conversations with more than one person in them.

use super::*;

async fn two_in_a_room(server: &TestServer) -> (Call, Call) {
    let Joined {
        api,
        conversation,
        call: first,
        ..
    } = joined(server).await;
    let second = Call::join(&api, &conversation).await.expect("a call");
    (first, second)
}

async fn is_listening(call: &mut Call) {
    message_that(call, "state", |state| state["state"] == "listening").await;
}

#[actix_rt::test]
async fn whoever_joined_first_is_still_heard_after_another_has_spoken() {
    let server = TestServer::scripted().start().await;
    let (mut first, mut second) = two_in_a_room(&server).await;
    let clip = clip();
    for call in [&mut second, &mut first] {
        is_listening(call).await;
        say(call, &clip).await;
        let transcript = message_that(call, "transcript", |transcript| transcript["is_final"] == true).await;
        assert_eq!(transcript["text"], HEARD);
        message_that(call, "state", |state| state["state"] == "speaking").await;
    }
    server.stop().await;
}

#[actix_rt::test]
async fn whoever_joins_while_the_agent_speaks_can_break_in() {
    let server = TestServer::scripted().start().await;
    let (mut first, mut second) = two_in_a_room(&server).await;
    say(&mut second, &clip()).await;
    let cut = message_that(&mut first, "ai_response", |reply| reply["interrupted"] == true).await;
    assert_eq!(cut["interrupted"], true);
    server.stop().await;
}

#[actix_rt::test]
async fn the_lesson_goes_on_when_one_of_two_leaves_in_the_middle_of_a_word() {
    let server = TestServer::scripted().start().await;
    let (mut first, mut second) = two_in_a_room(&server).await;
    is_listening(&mut first).await;
    let clip = clip();
    for index in 0..clip.voiced_frames() {
        second.send(clip.frame(index)).await.expect("sent");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    second.leave().await.expect("left");
    // Who is still there is neither deaf nor dumb: what they type is answered.
    first
        .send_message(&json!({"type": "text", "content": "A table for two"}))
        .await
        .expect("sent");
    message_that(&mut first, "transcript", |transcript| {
        transcript["text"] == "A table for two"
    })
    .await;
    message_that(&mut first, "state", |state| state["state"] == "speaking").await;
    server.stop().await;
}
