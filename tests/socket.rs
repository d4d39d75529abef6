//! Document 004: a conversation by sound alone over `/ws`.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use colloquy::audio::{Sound, encode};
use colloquy::ids::ConversationId;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Row;

use crate::test_server::{Answer, TestServer};
use crate::websocket::{Socket, bare, recording};

async fn connect(server: &TestServer, query: &str) -> Socket {
    let path = format!("/ws{query}");
    Socket::connect(server.running.http_addr, &path, None).await.unwrap()
}

/// Connects and begins a conversation.
async fn begin(server: &TestServer, query: &str) -> Socket {
    let mut socket = connect(server, query).await;
    assert_eq!(socket.next().await["type"], "connection_established");
    socket.say(&json!({"type": "start_conversation"})).await;
    assert_eq!(socket.next().await["type"], "conversation_started");
    socket
}

fn chunk(bytes: &[u8]) -> Value {
    json!({"type": "audio_chunk", "audio_data": BASE64_STANDARD.encode(bytes)})
}

fn raw(sound: &Sound) -> Vec<u8> {
    sound.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// The words of the final transcript, and those of the reply, which is a WAV file of 16 kHz mono with 16 bits.
async fn turn(socket: &mut Socket) -> (String, String) {
    let heard = loop {
        let transcript = socket.next_of("transcript").await;
        if transcript["is_final"] == true {
            assert_eq!(transcript["turn_detected"], true, "{transcript}");
            break transcript;
        }
        assert_eq!(transcript["turn_detected"], false, "{transcript}");
        assert!(!transcript["text"].as_str().unwrap().is_empty());
    };
    let reply = socket.next_of("ai_response").await;
    let file = BASE64_STANDARD.decode(reply["audio_data"].as_str().unwrap()).unwrap();
    assert_eq!(&file[..4], b"RIFF");
    assert_eq!(file[22..24], 1_u16.to_le_bytes(), "mono");
    assert_eq!(file[24..28], 16_000_u32.to_le_bytes(), "16 kHz");
    assert_eq!(file[34..36], 16_u16.to_le_bytes(), "16 bits");
    assert!(file.len() > 16_000, "half a second at least");
    let text = |message: &Value| message["text"].as_str().unwrap().to_owned();
    (text(&heard), text(&reply))
}

#[actix_web::test]
async fn a_connection_a_conversation_and_its_end_are_told_as_the_document_shows() {
    let server = TestServer::scripted().start().await;
    for number in 0..2 {
        let mut socket = connect(&server, "").await;
        let connection = format!("conn_{number}");
        let established = json!({
            "type": "connection_established",
            "connection_id": connection,
            "message": "Connected to Conversational AI",
        });
        assert_eq!(socket.next().await, established);
        socket.say(&json!({"type": "start_conversation"})).await;
        let started = socket.next().await;
        assert_eq!(started["type"], "conversation_started");
        assert_eq!(started["message"], "Ready to listen");
        let session = started["session_id"].as_str().unwrap();
        let seconds = session
            .strip_prefix(&format!("session_{connection}_"))
            .expect("a session");
        assert!(
            seconds.parse::<u64>().is_ok_and(|seconds| seconds > 1_700_000_000),
            "{session}"
        );
        socket.say(&json!({"type": "end_conversation"})).await;
        let ended = json!({"type": "conversation_ended", "message": "Conversation ended"});
        assert_eq!(socket.next().await, ended);
        // Sound has nobody to go to any more, until a new conversation begins.
        socket.say(&chunk(&[0; 320])).await;
        assert_eq!(socket.next().await["code"], "NO_SESSION");
        socket.say(&json!({"type": "start_conversation"})).await;
        assert_eq!(socket.next().await["type"], "conversation_started");
    }
}

#[actix_web::test]
async fn errors_are_told_in_the_words_of_the_document_and_the_connection_stays() {
    let server = TestServer::scripted().start().await;
    let mut socket = connect(&server, "").await;
    socket.next().await;
    let error = |code: &str, message: &str| json!({"type": "error", "code": code, "message": message});
    for (said, expected) in [
        ("no json", error("INVALID_JSON", "Invalid JSON format")),
        ("[1]", error("INVALID_JSON", "Invalid JSON format")),
        (
            r#"{"type": "dance"}"#,
            error("UNKNOWN_TYPE", "Unknown message type: dance"),
        ),
        (
            r#"{"type": "audio_chunk", "audio_data": "AAAA"}"#,
            error("NO_SESSION", "No active conversation session"),
        ),
    ] {
        socket.say_text(said).await;
        assert_eq!(socket.next().await, expected, "{said}");
    }
    socket.say(&json!({"type": "start_conversation"})).await;
    assert_eq!(socket.next().await["type"], "conversation_started");
    for said in [
        json!({"type": "audio_chunk", "audio_data": "no base64!"}),
        json!({"type": "audio_chunk"}),
        chunk(b"RIFF\0\0\0\0NOPE"),
    ] {
        socket.say(&said).await;
        let told = socket.next().await;
        assert_eq!(told["code"], "PROCESSING_ERROR", "{told}");
        let message = told["message"].as_str().unwrap();
        let reason = message
            .strip_prefix("Audio processing error: ")
            .expect("as the document has it");
        assert!(!reason.is_empty());
    }
}

#[actix_web::test]
async fn what_is_said_in_chunks_of_any_size_is_heard_and_answered() {
    let server = TestServer::start().await;
    let mut socket = begin(&server, "?scenario=restaurant").await;
    let first = recording("A table for two please", "english");
    // As a recorder sends it: small pieces, some ending in the middle of a sample, the header on the first one only, and
    // silence afterwards.
    let file = [encode::wav(&first), vec![0; 64_000]].concat();
    for piece in file.chunks(2_047) {
        socket.say(&chunk(piece)).await;
    }
    let interim = socket.next_of("transcript").await;
    assert_eq!(
        (&interim["is_final"], &interim["turn_detected"]),
        (&json!(false), &json!(false))
    );
    assert!(
        "atablefortwoplease".starts_with(&bare(interim["text"].as_str().unwrap())),
        "{interim}"
    );
    let (heard, reply) = turn(&mut socket).await;
    assert_eq!(bare(&heard), "atablefortwoplease");
    assert!(!reply.is_empty());
    // The whole turn at once, without a header, and nothing after it: then it is over, too.
    let second = recording("By the window please", "english");
    socket.say(&chunk(&raw(&second))).await;
    let (heard, next) = turn(&mut socket).await;
    assert_eq!(bare(&heard), "bythewindowplease");
    assert_ne!(next, reply);
}

#[actix_web::test]
async fn the_language_is_chosen_by_the_url() {
    let server = TestServer::start().await;
    let mut socket = begin(&server, "?language=french&scenario=restaurant").await;
    let said = recording("Une table pour deux s'il vous plaît", "french");
    socket.say(&chunk(&encode::wav(&said))).await;
    let (heard, _) = turn(&mut socket).await;
    assert!(bare(&heard).contains("unetablepourdeux"), "{heard}");
    let refused = Socket::connect(server.running.http_addr, "/ws?language=klingon", None).await;
    assert_eq!(refused.err(), Some(400));
}

#[actix_web::test]
async fn a_conversation_is_a_guests_and_is_concluded_with_its_connection() {
    let server = TestServer::scripted().start().await;
    let mut socket = begin(&server, "").await;
    socket.say(&chunk(&raw(&recording("Hello there", "english")))).await;
    turn(&mut socket).await;
    drop(socket);
    let ended = "SELECT id FROM conversations WHERE surface = 'socket' AND status = 'completed'";
    let conversation = loop {
        if let Some(row) = server.rows(ended).await.pop() {
            break ConversationId::from_text(row.get::<String, _>("id"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let messages = server.running.database.messages(&conversation).await.unwrap();
    assert_eq!(messages.len(), 3, "{messages:?}");
    assert_eq!(messages[1].content, "I would like a table for two, please.");
    let guests = server.rows("SELECT id FROM users WHERE kind = 'guest'").await;
    assert_eq!(guests.len(), 1);
}

#[actix_web::test]
async fn an_address_holds_ten_connections() {
    let server = TestServer::scripted().set("RATE_LIMITS", "on").start().await;
    let mut sockets = Vec::new();
    for _ in 0..10 {
        sockets.push(connect(&server, "").await);
    }
    let health = Answer::to(server.request(Method::GET, "/health")).await.json();
    assert_eq!(health["active_connections"], 10);
    assert_eq!(
        Socket::connect(server.running.http_addr, "/ws", None).await.err(),
        Some(429)
    );
    sockets.pop();
    // It may take a moment until the end of a connection is known.
    while Socket::connect(server.running.http_addr, "/ws", None).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let plain = Answer::to(server.request(Method::GET, "/ws")).await;
    assert!([400, 429].contains(&plain.status), "{}", plain.text);
}

#[actix_web::test]
async fn conversations_and_turns_count_as_requests_of_their_address_do() {
    let server = TestServer::scripted()
        .set("RATE_LIMITS", "on")
        .set("RATE_LIMIT_ADDRESS", "4/day")
        .start()
        .await;
    // The connection is the first, the conversation the second.
    let mut socket = begin(&server, "").await;
    let said = chunk(&raw(&recording("Hello there", "english")));
    socket.say(&said).await;
    turn(&mut socket).await;
    socket.say(&json!({"type": "start_conversation"})).await;
    assert_eq!(socket.next().await["type"], "conversation_started");
    // There is none left for a turn: it ends the conversation, which would go on to be one turn after another.
    socket.say(&said).await;
    let refused = loop {
        let message = socket.next().await;
        assert_ne!(message["is_final"], true, "{message}");
        if message["type"] == "error" {
            break message;
        }
    };
    assert_eq!(refused["code"], "RATE_LIMITED");
    for (said, code) in [
        (&said, "NO_SESSION"),
        (&json!({"type": "start_conversation"}), "RATE_LIMITED"),
    ] {
        socket.say(said).await;
        assert_eq!(socket.next().await["code"], code);
    }
    let begun = server
        .rows("SELECT id FROM conversations WHERE surface = 'socket'")
        .await;
    assert_eq!(begun.len(), 2);
}

#[actix_web::test]
async fn a_message_that_is_too_long_ends_the_connection() {
    let server = TestServer::scripted().start().await;
    let mut socket = connect(&server, "").await;
    socket.next().await;
    socket
        .say_bytes(vec![b'x'; colloquy_signaling::stream::MAX_MESSAGE + 1])
        .await;
    assert_eq!(socket.try_next().await, Err(Some(1009)));
}

#[actix_web::test]
async fn pages_are_told_where_they_call() {
    let server = TestServer::scripted()
        .set("NEXT_PUBLIC_WS_URL", "wss://talk.example.com/ws")
        .start()
        .await;
    let told = Answer::to(server.request(Method::GET, "/config.json")).await;
    assert_eq!(told.status, 200);
    assert_eq!(
        told.json(),
        json!({
            "api_url": "http://localhost:8000",
            "ws_url": "wss://talk.example.com/ws",
            "sample_rate": 16_000,
            "debug": true,
        })
    );
}
