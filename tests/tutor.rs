//! Document 001: `/livekit/...` and its WebSocket.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use colloquy::audio::{decode, encode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::program::{Program, scripted};
use crate::providers::{Fault, REPLY, provider, start};
use crate::test_server::{Answer, TestServer};
use crate::websocket::{Socket, recording};

fn chat(id: &str) -> String {
    format!("/livekit/ws/chat/{id}")
}

async fn begin(server: &TestServer, token: &str) -> String {
    let answer = Answer::to(
        server
            .request(Method::POST, "/livekit/start-conversation")
            .bearer_auth(token),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["conversation_id"].as_str().unwrap().to_owned()
}

async fn connect(server: &TestServer, token: &str, id: &str) -> Socket {
    let path = format!("{}?token={token}", chat(id));
    Socket::connect(server.running.http_addr, &path, None).await.unwrap()
}

fn detail(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    body["detail"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_conversation_is_begun_and_ended_by_requests_on_both_ports() {
    let server = TestServer::scripted().start().await;
    let token = server.guest().await;
    let id = begin(&server, &token).await;
    let end = format!("/livekit/end-conversation/{id}");
    let second = server.running.tutor_addr.expect("the second port is on");
    assert_ne!(second, server.running.http_addr);
    let request = reqwest::Client::new()
        .post(format!("http://{second}{end}"))
        .bearer_auth(&token);
    let answer = Answer::to(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json(), json!({"message": "Conversation ended successfully"}));
    // Ending is idempotent; what isn't there can't be ended.
    assert_eq!(server.post(&token, &end, &json!({})).await.status, 200);
    let unknown = server
        .post(&token, "/livekit/end-conversation/conv_unknown", &json!({}))
        .await;
    detail(&unknown, 404);
    let stranger = server.guest().await;
    detail(&server.post(&stranger, &end, &json!({})).await, 404);
    for path in ["/livekit/start-conversation", &end, &chat(&id)] {
        let method = if path.contains("/ws/") {
            Method::GET
        } else {
            Method::POST
        };
        detail(&Answer::to(server.request(method, path)).await, 401);
    }
    detail(&server.get(&token, "/livekit/start-conversation").await, 405);
}

#[actix_web::test]
async fn a_typed_message_is_answered_in_words_and_sound() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let id = begin(&server, &token).await;
    let mut socket = connect(&server, &token, &id).await;
    socket
        .say(&json!({"type": "text", "content": "Hola, ¿cómo estás?"}))
        .await;
    let reply = socket.next().await;
    assert_eq!(
        (&reply["conversation_id"], &reply["type"]),
        (&json!(id), &json!("text"))
    );
    assert!(!reply["content"].as_str().unwrap().is_empty());
    let spoken = socket.next().await;
    assert_eq!(
        (&spoken["conversation_id"], &spoken["type"]),
        (&json!(id), &json!("audio"))
    );
    let file = BASE64_STANDARD.decode(spoken["content"].as_str().unwrap()).unwrap();
    assert!(file.starts_with(b"RIFF"));
    assert!(decode(&file).unwrap().duration().as_millis() > 500);
}

#[actix_web::test]
async fn a_spoken_message_is_answered_whatever_it_comes_in() {
    let server = TestServer::scripted().start().await;
    let token = server.guest().await;
    let id = begin(&server, &token).await;
    let mut socket = connect(&server, &token, &id).await;
    let sound = recording("A table for two please", "english");
    let raw: Vec<u8> = sound.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mp3 = encode::mp3(sound.clone()).unwrap();
    for file in [encode::wav(&sound), raw, mp3] {
        let content = BASE64_STANDARD.encode(file);
        socket.say(&json!({"type": "audio", "content": content})).await;
        assert_eq!(socket.next().await["type"], "text");
        assert_eq!(socket.next().await["type"], "audio");
    }
    let history = server
        .get(&token, &format!("/v1/conversations/{id}/messages"))
        .await
        .json();
    assert_eq!(
        history["messages"][1]["content"],
        "I would like a table for two, please."
    );
    assert_eq!(history["messages"].as_array().unwrap().len(), 7);
}

#[actix_web::test]
async fn what_is_wrong_is_told_and_the_connection_stays() {
    let server = TestServer::scripted().start().await;
    let token = server.guest().await;
    let id = begin(&server, &token).await;
    let mut socket = connect(&server, &token, &id).await;
    for wrong in [
        "no json",
        "[]",
        r#"{"type": "video", "content": ""}"#,
        r#"{"type": "text"}"#,
        r#"{"type": "text", "content": "  "}"#,
        r#"{"type": "audio", "content": "no base64!"}"#,
        r#"{"type": "audio", "content": ""}"#,
    ] {
        socket.say_text(wrong).await;
        let told = socket.next().await;
        assert_eq!(told.as_object().unwrap().len(), 1, "{wrong}: {told}");
        assert!(
            told["error"].as_str().is_some_and(|error| !error.is_empty()),
            "{wrong}: {told}"
        );
    }
    socket.say(&json!({"type": "text", "content": "x".repeat(4_001)})).await;
    assert!(socket.next().await["error"].is_string());
    socket
        .say_bytes(br#"{"type": "text", "content": "Hello"}"#.to_vec())
        .await;
    assert_eq!(socket.next().await["type"], "text");
}

#[actix_web::test]
async fn a_message_that_is_too_long_ends_the_connection() {
    let server = TestServer::scripted().start().await;
    let token = server.guest().await;
    let id = begin(&server, &token).await;
    let mut socket = connect(&server, &token, &id).await;
    let limit = colloquy_signaling::chat::MAX_MESSAGE;
    socket.say_bytes(vec![b'x'; limit + 1]).await;
    assert_eq!(socket.try_next().await, Err(Some(1009)));
}

#[actix_web::test]
async fn nobody_else_comes_in_and_a_lost_connection_is_made_again() {
    let server = TestServer::scripted().start().await;
    let (owner, stranger) = (server.guest().await, server.guest().await);
    let id = begin(&server, &owner).await;
    let address = server.running.http_addr;
    let status = async |path: &str, bearer| Socket::connect(address, path, bearer).await.err();
    assert_eq!(status(&chat(&id), None).await, Some(401));
    assert_eq!(status(&format!("{}?token=a.b.c", chat(&id)), None).await, Some(401));
    assert_eq!(status(&chat(&id), Some(&stranger)).await, Some(404));
    assert_eq!(status(&chat("conv_unknown"), Some(&owner)).await, Some(404));

    for turns in 1..=2 {
        let mut socket = Socket::connect(address, &chat(&id), Some(&owner)).await.unwrap();
        socket.say(&json!({"type": "text", "content": "Hello"})).await;
        assert_eq!(socket.next().await["type"], "text");
        // Dropped without a word.
        drop(socket);
        let history = server
            .get(&owner, &format!("/v1/conversations/{id}/messages"))
            .await
            .json();
        assert_eq!(history["messages"].as_array().unwrap().len(), 1 + 2 * turns);
    }
    assert_eq!(
        server
            .post(&owner, &format!("/livekit/end-conversation/{id}"), &json!({}))
            .await
            .status,
        200
    );
    assert_eq!(status(&chat(&id), Some(&owner)).await, Some(410));
}

#[actix_rt::test]
async fn a_turn_goes_on_when_its_connection_is_lost() {
    let state = Arc::new(Mutex::new(Fault::Hangs));
    let provider = provider(Arc::clone(&state)).await;
    let dir = tempfile::tempdir().unwrap();
    let program = start(&dir, &provider, "info");
    let api = program.guest().await;
    let id = api.create_conversation("restaurant", "english").await.unwrap();
    let address = program.base().trim_start_matches("http://").parse().unwrap();
    let mut socket = Socket::connect(address, &chat(&id), Some(api.token())).await.unwrap();
    socket
        .say(&json!({"type": "text", "content": "A table for two, please"}))
        .await;
    // The provider has been asked, and says nothing; whoever stands in for it replies to nobody who listens.
    while provider.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(socket);
    let path = format!("{}/v1/conversations/{id}/messages", program.base());
    let mut history = Vec::new();
    while history.len() < 3 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let request = reqwest::Client::new().get(&path).bearer_auth(api.token());
        history = Answer::to(request).await.json()["messages"].as_array().unwrap().clone();
    }
    assert_eq!(history[1]["content"], "A table for two, please");
    assert_eq!(history[2]["sender"], "ai");
}

#[actix_web::test]
async fn turns_are_counted_for_the_credential_and_connections_for_the_address() {
    let server = TestServer::scripted()
        .set("RATE_LIMITS", "on")
        .set("RATE_LIMIT_GENERAL", "3/day")
        .set("SOCKETS_PER_ADDRESS", "1")
        .start()
        .await;
    let token = server.guest().await;
    // One to begin, and one to come in.
    let id = begin(&server, &token).await;
    let (address, path) = (server.running.http_addr, chat(&id));
    let mut socket = Socket::connect(address, &path, Some(&token)).await.unwrap();
    let other = Socket::connect(address, &format!("{path}?token={token}"), None).await;
    assert_eq!(other.err(), Some(429));
    socket.say(&json!({"type": "text", "content": "Hello"})).await;
    assert_eq!(socket.next().await["type"], "text");
    assert_eq!(socket.next().await["type"], "audio");
    socket.say(&json!({"type": "text", "content": "Hello again"})).await;
    let refused = socket.next().await;
    let error = refused["error"].as_str().unwrap();
    assert!(error.starts_with("Too many requests"), "{error}");
}

#[actix_web::test]
async fn connections_are_counted_and_end_with_the_program() {
    let server = TestServer::scripted().start().await;
    let token = server.guest().await;
    let id = begin(&server, &token).await;
    let connections = async || -> Value { server.get(&token, "/health").await.json()["active_connections"].clone() };
    assert_eq!(connections().await, 0);
    let mut socket = connect(&server, &token, &id).await;
    assert_eq!(connections().await, 1);
    server.stop().await;
    assert_eq!(socket.try_next().await, Err(Some(1001)));
}

#[actix_web::test]
async fn a_second_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refusal = TestServer::scripted().set("TUTOR_PORT", &port).try_start().await;
    let message = refusal.err().expect("it can't start").to_string();
    assert!(
        message.starts_with("TUTOR_PORT") && message.contains(&port),
        "{message}"
    );
    let off = TestServer::scripted().set("TUTOR_PORT", "").start().await;
    assert_eq!(off.running.tutor_addr, None);
}

#[actix_rt::test]
async fn a_provider_that_fails_is_stood_in_for_and_the_log_says_so() {
    let state = Arc::new(Mutex::new(Fault::None));
    let provider = provider(Arc::clone(&state)).await;
    let dir = tempfile::tempdir().unwrap();
    let program = start(&dir, &provider, "info");
    let api = program.guest().await;
    let id = api.create_conversation("restaurant", "english").await.unwrap();
    let address = program.base().trim_start_matches("http://").parse().unwrap();
    let mut socket = Socket::connect(address, &chat(&id), Some(api.token())).await.unwrap();
    socket
        .say(&json!({"type": "text", "content": "A table for two, please"}))
        .await;
    assert_eq!(socket.next().await["content"], REPLY);
    assert_eq!(socket.next().await["type"], "audio");
    *state.lock().unwrap() = Fault::Breaks;
    socket
        .say(&json!({"type": "text", "content": "By the window, please"}))
        .await;
    let reply = socket.next().await;
    assert_eq!(reply["type"], "text");
    assert_ne!(reply["content"], REPLY);
    assert!(
        program.log().iter().any(|line| line.contains("openai")),
        "{:?}",
        program.log()
    );
}

#[actix_rt::test]
async fn no_token_of_a_url_is_logged() {
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(scripted(&dir).env("LOG_LEVEL", "trace"));
    let api = program.guest().await;
    let id = api.create_conversation("restaurant", "english").await.unwrap();
    let address = program.base().trim_start_matches("http://").parse().unwrap();
    let path = format!("{}?token={}", chat(&id), api.token());
    let mut socket = Socket::connect(address, &path, None).await.unwrap();
    socket.say(&json!({"type": "text", "content": "Hello"})).await;
    assert_eq!(socket.next().await["type"], "text");
    let log = program.log();
    assert!(log.iter().any(|line| line.contains(&id)), "{log:?}");
    assert!(
        !log.iter().any(|line| line.contains(api.token())),
        "the token is logged"
    );
}
