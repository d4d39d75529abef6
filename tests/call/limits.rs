//! What a call may not do, and what it gets when something else can't be done.

use colloquy_loadtest::api::ApiError;
use colloquy_loadtest::call::CallError;

use super::*;

#[actix_rt::test]
async fn a_flood_of_messages_is_told_to_slow_down_and_the_call_goes_on() {
    let server = TestServer::scripted().start().await;
    let Joined { mut call, .. } = joined(&server).await;
    for _ in 0..60 {
        call.send_message(&json!({"type": "dance"})).await.expect("sent");
    }
    let error = message_that(&mut call, "error", |error| error["code"] != "UNKNOWN_TYPE").await;
    assert_eq!(error["code"], "RATE_LIMITED");
    tokio::time::sleep(Duration::from_secs(1)).await;
    call.send_message(&json!({"type": "text", "content": "A table for two"}))
        .await
        .expect("sent");
    message(&mut call, "transcript").await;
    server.stop().await;
}

#[actix_rt::test]
async fn a_full_server_says_so_and_has_room_again_later() {
    let server = TestServer::scripted().set("MAX_CALLS", "1").start().await;
    let Joined {
        api,
        conversation,
        call,
        ..
    } = joined(&server).await;
    let another = api
        .create_conversation("restaurant", "english")
        .await
        .expect("a conversation");
    let refusal = Call::join(&api, &another).await.err();
    let Some(CallError::Api(ApiError::Status { status, body, .. })) = refusal else {
        panic!("{refusal:?}");
    };
    assert_eq!(status, 503);
    assert!(body.contains("SERVICE_UNAVAILABLE"), "{body}");
    // People read it.
    assert!(body.contains("\"This server holds as many calls as it can\""), "{body}");
    // Whoever is in a call may come back to it.
    let again = Call::join(&api, &conversation).await.expect("the same call again");
    again.leave().await.expect("left");
    call.leave().await.expect("left");
    api.end(&conversation).await.expect("ended");
    no_calls(&server).await;
    Call::join(&api, &another).await.expect("a call");
    server.stop().await;
}

#[actix_rt::test]
async fn a_call_that_cant_be_summed_up_is_closed_all_the_same() {
    let server = TestServer::scripted().start().await;
    let Joined { mut call, .. } = joined(&server).await;
    server.running.database.close().await;
    for _ in 0..5 {
        call.send_message(&json!({"type": "end"})).await.expect("sent");
    }
    let error = message(&mut call, "error").await;
    assert_eq!(error["code"], "SUMMARY_FAILED");
    no_calls(&server).await;
    server.stop().await;
}

#[actix_rt::test]
async fn an_opener_that_was_cut_loses_the_translation_of_the_whole() {
    let server = TestServer::scripted().start().await;
    let Joined {
        api,
        conversation,
        mut call,
        ..
    } = joined(&server).await;
    let before = api.messages(&conversation).await.expect("a history");
    assert!(before["messages"][0]["translation"].is_string(), "{before}");
    tokio::time::sleep(Duration::from_millis(700)).await;
    call.send_message(&json!({"type": "interrupt"})).await.expect("sent");
    message_that(&mut call, "ai_response", |reply| reply["interrupted"] == true).await;
    let after = api.messages(&conversation).await.expect("a history");
    assert_eq!(after["messages"][0]["interrupted"], true, "{after}");
    assert!(after["messages"][0]["translation"].is_null(), "{after}");
    server.stop().await;
}

#[actix_rt::test]
async fn a_server_that_shuts_down_says_come_back_and_not_that_the_conversation_is_over() {
    let server = TestServer::scripted().start().await;
    let Joined {
        api,
        conversation,
        mut call,
        ..
    } = joined(&server).await;
    server.running.calls.close().await;
    let error = message(&mut call, "error").await;
    assert_eq!(error["code"], "SHUTTING_DOWN");
    let refusal = Call::join(&api, &conversation).await.err();
    let Some(CallError::Api(ApiError::Status { status, .. })) = refusal else {
        panic!("{refusal:?}");
    };
    assert_eq!(status, 503);
    server.stop().await;
}
