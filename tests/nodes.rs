//! Two programs that share a database and a Redis.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use colloquy::audio::encode;
use colloquy::ids::ConversationId;
use colloquy::presence::nodes::Node;
use colloquy::presence::redis::tickets::Sender;
use colloquy_loadtest::api::{self, Api};
use colloquy_loadtest::call::{Call, CallEvent};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::caller::{listening, message, reply, speech, until};
use crate::fresh_database;
use crate::redis_server::{RedisServer, free_port};
use crate::test_server::{Answer, TestServer};
use crate::websocket::{Socket, recording};

/// Two programs, and what they share.
struct Pair {
    one: TestServer,
    other: TestServer,
    _redis: RedisServer,
    _dir: TempDir,
}

/// `None` where there is no Redis. Nodes have a URL each, or none.
async fn pair(limits: &str, have_urls: bool) -> Option<Pair> {
    let redis = RedisServer::start()?;
    let dir = tempfile::tempdir().unwrap();
    let database = match fresh_database::url().await {
        Some(url) => url,
        None => format!("sqlite://{}/shared.db?mode=rwc", dir.path().display()),
    };
    let start = async || {
        let port = free_port().to_string();
        let url = if have_urls {
            format!("http://127.0.0.1:{port}")
        } else {
            String::new()
        };
        TestServer::scripted()
            .set("PORT", &port)
            .set("NODE_URL", &url)
            .set("DATABASE_URL", &database)
            .set("REDIS_URL", &redis.url)
            .set("REDIS_PREFIX", &redis.prefix)
            .set("API_KEYS", "ann-key:ann@example.com")
            .set("RATE_LIMITS", limits)
            .set("RATE_LIMIT_CONVERSATIONS", "3/hour")
            .start()
            .await
    };
    Some(Pair {
        one: start().await,
        other: start().await,
        _redis: redis,
        _dir: dir,
    })
}

/// A call of Ann's at the first node, of which the other one knows.
async fn call(pair: &Pair) -> (String, Call) {
    let conversation = pair.one.conversation("ann-key").await;
    let call = joined(pair, &conversation).await;
    (conversation, call)
}

/// Ann's call of a conversation at the first node, of which the other one knows.
async fn joined(pair: &Pair, conversation: &str) -> Call {
    let base = format!("http://{}", pair.one.running.http_addr);
    let api = Api::with_token(api::http_client().unwrap(), &base, "ann-key");
    let mut call = Call::join(&api, conversation).await.expect("a call");
    message(&mut call, "ai_response").await;
    let id = ConversationId::parse(conversation).unwrap();
    let holder = pair.one.running.presence.nodes.here().clone();
    for _ in 0..200 {
        let told = pair.other.running.presence.nodes.holder(&id).await;
        if told.ok().flatten().as_ref() == Some(&holder) {
            return call;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the other node does not learn of the call");
}

#[actix_web::test]
async fn a_call_is_ended_through_a_node_that_does_not_hold_it() {
    let Some(pair) = pair("off", true).await else { return };
    let (conversation, mut call) = call(&pair).await;
    assert_eq!(pair.other.running.calls.active(), 0);
    let path = format!("/v1/conversations/{conversation}/end");
    let ended = pair.other.post("ann-key", &path, &json!({})).await;
    assert_eq!(ended.status, 200, "{}", ended.text);
    assert_eq!(ended.json()["status"], "completed");
    assert_eq!(ended.header("content-type"), "application/json");
    // Whoever is in the call is told.
    let summary = message(&mut call, "summary").await;
    assert_eq!(summary["summary"], ended.json()["summary"]);
    nobody_holds(&pair, &conversation).await;
}

async fn nobody_holds(pair: &Pair, conversation: &str) {
    let id = ConversationId::parse(conversation).unwrap();
    for _ in 0..200 {
        if pair.other.running.presence.nodes.holder(&id).await.unwrap().is_none() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the call is over, and still held");
}

/// What makes a conversation of Ann's, and what ends it.
struct Surface {
    begin: (&'static str, Value),
    /// Where its id stands in the answer.
    id: &'static str,
    end: (Method, &'static str),
}

#[actix_web::test]
async fn through_any_document_a_call_is_ended_from_a_node_that_does_not_hold_it() {
    let Some(pair) = pair("off", true).await else { return };
    let flat = || ("/api/conversations", json!({"targetLanguageId": "fr"}));
    for surface in [
        Surface {
            begin: ("/livekit/start-conversation", json!({})),
            id: "/conversation_id",
            end: (Method::POST, "/livekit/end-conversation/{id}"),
        },
        Surface {
            begin: (
                "/api/session/start",
                json!({"scenario": "restaurant", "language": "french"}),
            ),
            id: "/sessionId",
            end: (Method::DELETE, "/api/session/{id}"),
        },
        Surface {
            begin: flat(),
            id: "/data/conversation/id",
            end: (Method::POST, "/api/conversation-end"),
        },
        Surface {
            begin: flat(),
            id: "/data/conversation/id",
            end: (Method::DELETE, "/api/conversations?id={id}"),
        },
    ] {
        let Surface { begin, id, end } = surface;
        let begun = pair.one.post("ann-key", begin.0, &begin.1).await.json();
        let id = begun.pointer(id).unwrap().as_str().unwrap().to_owned();
        let mut call = joined(&pair, &id).await;
        let path = end.1.replace("{id}", &id);
        let body = json!({"conversationId": id, "durationSeconds": 1});
        let ended = pair.other.send("ann-key", end.0, &path, &body).await;
        assert_eq!(ended.status, 200, "{path}: {}", ended.text);
        // Whoever is in it is told, or at least let go.
        let is_told = |event: &CallEvent| match event {
            CallEvent::Message { json, .. } => json["type"] == "summary" || json["code"] == "SUMMARY_FAILED",
            _ => false,
        };
        until(&mut call, "the end", is_told).await;
        nobody_holds(&pair, &id).await;
        assert_eq!(pair.one.running.calls.active(), 0, "{path}");
    }
}

#[actix_web::test]
async fn a_turn_from_a_node_that_does_not_hold_the_call_is_answered_in_it() {
    let Some(pair) = pair("off", true).await else { return };
    let (conversation, mut call) = call(&pair).await;
    listening(&mut call).await;
    let path = format!("/v1/conversations/{conversation}/messages");
    let said = json!({"type": "text", "content": "A table for two"});
    let request = pair.other.post("ann-key", &path, &said);
    let watching = async {
        let transcript = message(&mut call, "transcript").await;
        assert_eq!(transcript["text"], "A table for two");
        let reply = reply(&mut call).await;
        speech(&mut call).await;
        reply
    };
    let (answer, spoken) = futures::join!(request, watching);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["id"], spoken["id"]);
    assert_eq!(answer.json()["ai_response"]["text"], spoken["text"]);
    for server in [&pair.one, &pair.other] {
        let history = server.get("ann-key", &path).await.json();
        let senders: Vec<&Value> = history["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| &message["sender"])
            .collect();
        assert_eq!(senders, ["ai", "user", "ai"]);
    }
    listening(&mut call).await;

    // The same over document 001's WebSocket, and with a recording.
    let chat = format!("/livekit/ws/chat/{conversation}");
    let mut socket = Socket::connect(pair.other.running.http_addr, &chat, Some("ann-key"))
        .await
        .unwrap();
    socket.say(&json!({"type": "text", "content": "By the window"})).await;
    assert_eq!(message(&mut call, "transcript").await["text"], "By the window");
    let spoken = reply(&mut call).await;
    assert_eq!(socket.try_next().await.unwrap()["content"], spoken["text"]);
    listening(&mut call).await;
    let file = BASE64_STANDARD.encode(include_bytes!("data/sound/answer.webm"));
    let recorded = json!({"type": "audio", "audio_data": file});
    let (answer, heard) = futures::join!(
        pair.other.post("ann-key", &path, &recorded),
        message(&mut call, "transcript")
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["user_message"]["text"], heard["text"]);
}

#[actix_web::test]
async fn words_with_their_sound_are_judged_by_it_where_everybody_has_left_a_call_of_another_node() {
    let Some(pair) = pair("off", true).await else { return };
    let practice = json!({"topic": "restaurant", "language": "english"});
    let made = pair.one.post("ann-key", "/v1/conversations", &practice).await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    joined(&pair, &id).await.leave().await.unwrap();
    let path = format!("/v1/conversations/{id}/messages");
    let file = encode::wav(&recording("A table for two, please", "english"));
    let read = json!({"content": "A table for two, please.", "audio_data": BASE64_STANDARD.encode(file)});
    let answer = pair.other.post("ann-key", &path, &read).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["user_message"]["text"], "A table for two, please.");
    // Usually it is in the answer; on a busy machine it follows.
    for _ in 0..200 {
        let history = pair.other.get("ann-key", &path).await.json();
        let said = history["messages"].as_array().unwrap().iter();
        let mut said = said.filter(|message| message["sender"] == "user");
        if said.any(|message| message["analysis"]["pronunciation_score"].is_u64()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("its sound is lost");
}

#[actix_web::test]
async fn the_right_form_of_what_was_written_wrong_is_heard_at_any_node_once_it_is_told() {
    let Some(pair) = pair("off", true).await else { return };
    let conversation = pair.one.conversation("ann-key").await;
    let path = format!("/v1/conversations/{conversation}/messages");
    let body = json!({"type": "text", "content": "Je voudrais un table pour deux, s'il vous plaît."});
    let answer = pair.one.post("ann-key", &path, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    let mut url = answer["user_message"]["analysis"]["errors"][0]["audio_example"].clone();
    // What isn't judged or stored at once is in the history afterwards.
    for _ in 0..100 {
        if url.is_string() {
            break;
        }
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
        let history = pair.one.get("ann-key", &path).await.json();
        let messages = history["messages"].as_array().expect("the history").iter();
        let analyses = messages.map(|message| &message["analysis"]["errors"][0]["audio_example"]);
        url = analyses
            .into_iter()
            .find(|url| url.is_string())
            .cloned()
            .unwrap_or_default();
    }
    let url = url.as_str().unwrap_or_else(|| panic!("no right form: {answer}"));
    let path = &url[url.find("/audio/").unwrap()..];
    // The one that doesn't hold the lesson is asked first.
    for server in [&pair.other, &pair.one] {
        let heard = server.request(Method::GET, path).send().await.unwrap();
        assert_eq!(heard.status().as_u16(), 200, "{path}");
    }
}

#[actix_web::test]
async fn nobody_but_a_node_runs_errands() {
    let Some(pair) = pair("off", true).await else { return };
    let (conversation, _call) = call(&pair).await;
    let path = format!("/node/calls/{conversation}");
    let errand = json!({"errand": "conclude"});
    let refused = pair.one.post("ann-key", &path, &errand).await;
    refused.error(404, "NOT_FOUND");
    let request = pair.one.request(Method::POST, &path).json(&errand);
    let request = request.header("x-colloquy-handed-over", "0".repeat(64));
    Answer::to(request).await.error(404, "NOT_FOUND");
    assert_eq!(pair.one.running.calls.active(), 1);
}

#[actix_web::test]
async fn a_peer_leaves_through_a_node_that_does_not_hold_the_call() {
    let Some(pair) = pair("off", true).await else { return };
    let (_, call) = call(&pair).await;
    let path = reqwest::Url::parse(call.location()).unwrap().path().to_owned();
    // Not one's own: nobody is told of it, whichever node is asked.
    let guest = pair.other.guest().await;
    pair.other
        .send(&guest, Method::DELETE, &path, &json!({}))
        .await
        .error(404, "NOT_FOUND");
    let left = pair.other.send("ann-key", Method::DELETE, &path, &json!({})).await;
    assert_eq!(left.status, 200, "{}", left.text);
}

#[actix_web::test]
async fn a_node_that_cant_be_reached_by_others_keeps_its_calls_to_itself() {
    let Some(pair) = pair("off", false).await else { return };
    let (conversation, _call) = call(&pair).await;
    let path = format!("/v1/conversations/{conversation}/end");
    pair.other
        .post("ann-key", &path, &json!({}))
        .await
        .error(421, "HELD_ELSEWHERE");
    assert_eq!(pair.one.post("ann-key", &path, &json!({})).await.status, 200);
}

#[actix_web::test]
async fn nobody_but_a_node_is_believed_to_be_one() {
    let Some(pair) = pair("off", true).await else { return };
    let (conversation, _call) = call(&pair).await;
    let path = format!("/v1/conversations/{conversation}/whip/1");
    // A node that took these for another node's would look for the peer itself, and find none.
    for shown in ["1", "", &"0".repeat(64)] {
        let request = pair.other.request(Method::PATCH, &path).bearer_auth("ann-key");
        let request = request
            .header("x-colloquy-handed-over", shown)
            .header("content-type", "application/trickle-ice-sdpfrag")
            .header("if-match", "\"another\"")
            .body("a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n");
        Answer::to(request).await.error(412, "PRECONDITION_FAILED");
    }
}

#[actix_web::test]
async fn a_ticket_is_good_once_for_one_request_to_one_node() {
    let Some(pair) = pair("off", true).await else { return };
    let (one, other) = (&pair.one.running.presence, &pair.other.running.presence);
    let (from, to) = (one.fleet.clone().unwrap(), other.fleet.clone().unwrap());
    let sender = Sender {
        address: "203.0.113.7".parse().unwrap(),
        is_https: true,
        host: Some("talk.example".to_owned()),
    };
    let ticket = async |node: &Node| {
        let request = from
            .request(node, Method::POST, "/v1/x?y=1", Some(sender.clone()))
            .await;
        let request = request.unwrap().build().unwrap();
        request.headers()["x-colloquy-handed-over"].to_str().unwrap().to_owned()
    };
    let there = other.nodes.here();
    let good = ticket(there).await;
    let redeemed = to.redeem(&good, "POST", "/v1/x?y=1").await.expect("it is good");
    assert_eq!(redeemed.sender, Some(sender.clone()));
    assert_eq!(to.redeem(&good, "POST", "/v1/x?y=1").await, None);
    assert_eq!(to.redeem(&ticket(there).await, "POST", "/v1/x?y=2").await, None);
    assert_eq!(to.redeem(&ticket(there).await, "DELETE", "/v1/x?y=1").await, None);
    assert_eq!(from.redeem(&ticket(there).await, "POST", "/v1/x?y=1").await, None);
    for none in ["", "1", &"g".repeat(64), &"0".repeat(64)] {
        assert_eq!(to.redeem(none, "POST", "/v1/x?y=1").await, None, "{none}");
    }
}

#[actix_web::test]
async fn two_nodes_count_together() {
    let Some(pair) = pair("on", true).await else { return };
    let ask = async |server: &TestServer| {
        let body = json!({"topic": "restaurant"});
        Answer::to(
            server
                .request(Method::POST, "/v1/conversations")
                .bearer_auth("ann-key")
                .json(&body),
        )
        .await
    };
    assert_eq!(ask(&pair.one).await.header("x-ratelimit-remaining"), "2");
    assert_eq!(ask(&pair.other).await.header("x-ratelimit-remaining"), "1");
    assert_eq!(ask(&pair.one).await.header("x-ratelimit-remaining"), "0");
    for server in [&pair.one, &pair.other] {
        ask(server).await.error(429, "RATE_LIMITED");
    }
}
