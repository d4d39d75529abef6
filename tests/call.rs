//! Calls over the wire with the scripted engines: joining, being answered, leaving, and what bad input gets.

mod assessed;
mod coalesced;
mod limits;
mod pronounced;
mod returning;
mod rooms;
mod slips;
mod turns;
mod unheard;

use std::sync::Arc;
use std::time::Duration;

use colloquy_loadtest::api::Api;
use colloquy_loadtest::call::Call;
use colloquy_loadtest::clip::Clip;
use colloquy_loadtest::conversation::{self, Plan};
use reqwest::Method;
use serde_json::{Value, json};

use crate::caller::{message, message_that, reply, voiced_clip};
use crate::test_server::{Answer, TestServer};

/// What scripted recognition hears, whatever is said.
pub const HEARD: &str = "I would like a table for two, please.";

fn clip() -> Arc<Clip> {
    voiced_clip(HEARD)
}

/// Somebody in a conversation of their own.
struct Joined {
    api: Api,
    conversation: String,
    call: Call,
    /// What the agent began with.
    opener: Value,
}

/// Joins a new conversation, up to the agent's first words.
async fn joined(server: &TestServer) -> Joined {
    joined_to(server, &json!({"topic": "restaurant", "language": "french"})).await
}

async fn joined_to(server: &TestServer, conversation: &Value) -> Joined {
    let api = server.caller().await;
    let conversation = api.create(conversation).await.expect("a conversation");
    let mut call = Call::join(&api, &conversation).await.expect("a call");
    let opener = message(&mut call, "ai_response").await;
    Joined {
        api,
        conversation,
        call,
        opener,
    }
}

/// Waits until nothing is left of any call.
async fn no_calls(server: &TestServer) {
    let is_empty = || server.running.calls.active() == 0 && server.running.live.registered_ufrags() == 0;
    for _ in 0..100 {
        if is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(server.running.calls.active(), 0);
    assert_eq!(server.running.live.registered_ufrags(), 0);
}

/// Says a clip at its pace, and falls silent.
async fn say(call: &mut Call, clip: &Clip) {
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for index in 0..clip.voiced_frames() {
        ticks.tick().await;
        call.send(clip.frame(index)).await.expect("sent");
    }
    call.skip();
}

#[actix_rt::test]
async fn each_utterance_is_answered_and_the_history_is_what_was_heard() {
    let server = TestServer::scripted().start().await;
    let api = server.caller().await;
    let plan = Plan {
        topic: "restaurant".to_owned(),
        language: "english".to_owned(),
        answers: vec![clip(), clip()],
        thinking: Duration::from_millis(300),
    };
    let outcome = conversation::hold(&api, &plan).await.expect("a conversation");
    assert_eq!(outcome.turns.len(), 2);
    for turn in &outcome.turns {
        assert_eq!(turn.heard.as_deref(), Some(HEARD), "{turn:?}");
        assert!(turn.reply_ms.is_some(), "{turn:?}");
        assert!(turn.server.is_some(), "{turn:?}");
    }
    assert_eq!(outcome.lost, 0);

    let history = api.messages(&outcome.conversation).await.expect("a history");
    let said: Vec<(&str, &str)> = history["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|message| {
            (
                message["sender"].as_str().unwrap_or_default(),
                message["content"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    let senders: Vec<&str> = said.iter().map(|(sender, _)| *sender).collect();
    assert_eq!(senders, ["ai", "user", "ai", "user", "ai"], "{said:?}");
    let replies: Vec<&str> = said
        .iter()
        .filter(|(sender, _)| *sender == "ai")
        .map(|(_, text)| *text)
        .collect();
    assert_eq!(replies, outcome.replies.iter().map(String::as_str).collect::<Vec<_>>());
    server.stop().await;
}

#[actix_rt::test]
async fn typing_is_a_turn_and_bad_messages_are_answered_with_errors() {
    let server = TestServer::scripted().start().await;
    let Joined {
        conversation,
        mut call,
        opener,
        ..
    } = joined(&server).await;
    for (sent, code) in [
        (json!({"type": "dance"}), "UNKNOWN_TYPE"),
        (json!(["text"]), "INVALID_JSON"),
        (json!({"type": "hold"}), "INVALID_MESSAGE"),
    ] {
        call.send_message(&sent).await.expect("sent");
        assert_eq!(message(&mut call, "error").await["code"], code);
    }

    call.send_message(&json!({"type": "text", "content": "A table for two", "extra": 1}))
        .await
        .expect("sent");
    let transcript = message(&mut call, "transcript").await;
    assert_eq!(transcript["text"], "A table for two");
    assert_eq!(transcript["is_final"], true);
    let reply = reply(&mut call).await;
    assert_ne!(reply["id"], opener["id"]);

    call.send_message(&json!({"type": "end"})).await.expect("sent");
    let summary = message(&mut call, "summary").await;
    assert_eq!(summary["status"], "completed");
    assert_eq!(summary["id"], conversation.as_str());
    server.stop().await;
}

#[actix_rt::test]
async fn hanging_up_frees_everything() {
    let server = TestServer::scripted().start().await;
    let Joined {
        api,
        conversation,
        call,
        ..
    } = joined(&server).await;
    call.leave().await.expect("left");
    // The call is kept for whoever comes back, without its peer.
    let again = Call::join(&api, &conversation).await.expect("the same call again");
    again.leave().await.expect("left");
    api.end(&conversation).await.expect("ended");
    no_calls(&server).await;
    let metrics = Answer::to(server.request(Method::GET, "/metrics")).await.text;
    for gauge in ["colloquy_live_conversations 0", "colloquy_live_agents 0"] {
        assert!(metrics.contains(gauge), "{gauge} is missing from\n{metrics}");
    }
    server.stop().await;
}

#[actix_rt::test]
async fn options_tell_what_may_be_sent_without_asking_who_asks() {
    let server = TestServer::scripted().start().await;
    let whip = "/v1/conversations/conv_any/whip";
    let answer = Answer::to(server.request(Method::OPTIONS, whip)).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(answer.header("accept-post"), "application/sdp");
    assert_eq!(answer.header("allow"), "POST, OPTIONS");
    let answer = Answer::to(server.request(Method::OPTIONS, &format!("{whip}/1"))).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("accept-patch"), "application/trickle-ice-sdpfrag");
    assert_eq!(answer.header("allow"), "PATCH, DELETE, OPTIONS");
    server.stop().await;
}

#[actix_rt::test]
async fn bad_offers_get_the_error_that_fits() {
    let server = TestServer::scripted().start().await;
    let token = server.guest().await;
    let stranger = server.guest().await;
    let conversation = server.conversation(&token).await;
    let whip = format!("/v1/conversations/{conversation}/whip");
    let post = |token: &str, content_type: &str, body: &str| {
        server
            .request(Method::POST, &whip)
            .bearer_auth(token)
            .header("content-type", content_type)
            .body(body.to_owned())
    };
    let video_only = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\na=setup:actpass\r\na=sctp-port:5000\r\n";
    let cases = [
        (post(&token, "application/sdp", "hello"), 400, "INVALID_REQUEST"),
        (post(&token, "application/sdp", ""), 400, "INVALID_REQUEST"),
        (post(&token, "application/json", "{}"), 400, "INVALID_REQUEST"),
        (post(&token, "text/plain", "v=0"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (post(&token, "application/sdp", video_only), 422, "UNPROCESSABLE_OFFER"),
        (post(&stranger, "application/sdp", "v=0"), 404, "NOT_FOUND"),
        // What is no offer is refused before anything is looked up.
        (post(&stranger, "application/json", "{"), 400, "INVALID_REQUEST"),
        (post("nonsense", "application/sdp", "v=0"), 401, "UNAUTHORIZED"),
        (
            server
                .request(Method::POST, "/v1/conversations/conv_none/whip")
                .bearer_auth(&token)
                .header("content-type", "application/sdp")
                .body("v=0"),
            404,
            "NOT_FOUND",
        ),
        (
            server.request(Method::GET, &whip).bearer_auth(&token),
            405,
            "METHOD_NOT_ALLOWED",
        ),
        (
            server
                .request(Method::POST, "/v1/conversations/conv_%0Aforged%00/whip")
                .bearer_auth(&token)
                .header("content-type", "application/sdp")
                .body("v=0"),
            404,
            "NOT_FOUND",
        ),
        (
            post(&token, "application/sdp", &"a".repeat(64 * 1024 + 1)),
            413,
            "PAYLOAD_TOO_LARGE",
        ),
    ];
    for (request, status, code) in cases {
        Answer::to(request).await.error(status, code);
    }
    for peer in ["7", "peer_x", "-1"] {
        for method in [Method::PATCH, Method::DELETE] {
            let request = server
                .request(method, &format!("{whip}/{peer}"))
                .bearer_auth(&token)
                .header("content-type", "application/trickle-ice-sdpfrag")
                .header("if-match", "*")
                .body("a=ice-ufrag:fresh\r\na=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa\r\n");
            let error = Answer::to(request).await.error(404, "NOT_FOUND");
            assert_eq!(
                error["message"],
                "Not found: there is no such peer in this conversation"
            );
        }
    }
    // Nothing was set up for any of them.
    assert_eq!(server.running.calls.active(), 0);
    server
        .post(&token, &format!("/v1/conversations/{conversation}/end"), &json!({}))
        .await;
    Answer::to(post(&token, "application/sdp", "v=0"))
        .await
        .error(410, "CONVERSATION_EXPIRED");
    server.stop().await;
}
