//! Leaving and coming back: after everybody was away for long, while the server closes, and out of a tunnel.

use std::sync::Arc;

use colloquy_loadtest::api::ApiError;
use colloquy_loadtest::call::{CallError, Network};
use futures::future::join_all;
use tokio::time::timeout;

use super::*;
use crate::caller::{PATIENCE, be_quiet, hear, history, listening, speech};
use crate::relay::Relay;

#[actix_rt::test]
async fn a_call_that_was_given_up_is_held_again_from_where_it_was_left() {
    let server = TestServer::scripted().rejoin(Duration::from_millis(50)).start().await;
    let Joined {
        api,
        conversation,
        mut call,
        ..
    } = joined(&server).await;
    listening(&mut call).await;
    call.leave().await.expect("left");
    no_calls(&server).await;
    let mut call = Call::join(&api, &conversation).await.expect("a call");
    // The first thing that is told, once that can be.
    message(&mut call, "state").await;
    call.send_message(&json!({"type": "text", "content": "Une table pour deux"}))
        .await
        .expect("sent");
    reply(&mut call).await;
    let history = history(&api, &conversation, 2).await;
    let senders: Vec<&str> = history.iter().filter_map(|said| said["sender"].as_str()).collect();
    assert!(senders.starts_with(&["ai", "user"]), "{senders:?}");
    call.leave().await.expect("left");
    // Once more, while it is just being given up.
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let again = Call::join(&api, &conversation).await.expect("a call");
        again.leave().await.expect("left");
    }
    server.stop().await;
}

#[actix_rt::test]
async fn whoever_joins_while_the_server_closes_is_let_in_or_told_to_come_back() {
    let server = TestServer::scripted().start().await;
    let api = Arc::new(server.caller().await);
    let mut conversations = Vec::new();
    for _ in 0..12 {
        conversations.push(api.create_conversation("restaurant", "french").await.expect("made"));
    }
    let joins = conversations.iter().enumerate().map(|(number, conversation)| {
        let api = Arc::clone(&api);
        async move {
            tokio::time::sleep(Duration::from_millis(number as u64 * 5)).await;
            Call::join(&api, conversation).await
        }
    });
    let close = async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        server.running.calls.close().await;
    };
    let (joined, ()) = futures::future::join(join_all(joins), close).await;
    for refusal in joined.iter().filter_map(|joined| joined.as_ref().err()) {
        match refusal {
            CallError::Api(ApiError::Status { status, .. }) => assert_eq!(*status, 503),
            // It was let in, and its peer was closed before it was connected.
            CallError::Timeout => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(joined.last().is_some_and(Result::is_err), "it came after the end");
    no_calls(&server).await;
    server.stop().await;
}

#[actix_rt::test]
async fn what_was_said_to_somebody_in_a_tunnel_was_not_heard_and_they_come_back_without_a_word() {
    let port = Relay::free_port().await;
    let server = TestServer::scripted()
        .set("RTC_ADDRESSES", "127.0.0.1")
        .set("RTC_UDP_PORT", &port.to_string())
        .start()
        .await;
    let relay = Relay::to(port).await;
    let api = server.caller().await;
    let conversation = api.create_conversation("restaurant", "french").await.expect("made");
    let mut call = Call::join_over(Network::Relay(relay.address()), &api, &conversation)
        .await
        .expect("a call");
    let told = message(&mut call, "ai_response").await;
    speech(&mut call).await;
    be_quiet(&mut call, Duration::from_millis(600)).await;
    relay.block(true);
    // Until ICE says that nobody is there.
    let opener = timeout(PATIENCE, async {
        loop {
            let opener = history(&api, &conversation, 1).await.remove(0);
            if opener["interrupted"] == true {
                return opener;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    let opener = opener.await.expect("the opener was cut to what was heard");
    relay.block(false);
    call.send_message(&json!({"type": "text", "content": "Une table pour deux"}))
        .await
        .expect("sent");
    let transcript = message(&mut call, "transcript").await;
    assert_eq!(transcript["text"], "Une table pour deux");
    let whole = reply(&mut call).await;
    hear(&mut call, 10).await;
    // Hardly more than half a second of it was heard, a word or two of eight.
    let heard = opener["content"].as_str().unwrap_or_default();
    assert!(heard.split(' ').count() <= 3, "{heard:?} of {told}");
    assert_ne!(whole["id"], told["id"]);
    call.leave().await.expect("left");
    server.stop().await;
}
