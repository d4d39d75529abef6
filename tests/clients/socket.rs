//! Document 004: its two examples, which hear a person and are answered.

use colloquy::audio::encode;
use serde_json::json;

use super::document::{SOCKET, example};
use super::script::Script;
use crate::call::HEARD;
use crate::test_server::TestServer;
use crate::websocket::recording;

/// The base URL of the document.
const BASE: &str = "ws://localhost:8000";

/// A server that hears by script, since open talk is hard to recognise; it thinks and speaks as ever.
async fn server() -> TestServer {
    TestServer::builder().set("STT", "scripted").start().await
}

/// A script with the example, and with a recording for it to speak.
async fn script(name: &str, server: &TestServer, heading: &str, language: &str, file: &str) -> Script {
    let example = example(SOCKET, heading, language);
    assert_eq!(example.matches(BASE).count(), 1);
    let here = format!("ws://{}", server.running.http_addr);
    let mut said = recording("A table for two please", "english");
    // The person falls silent.
    said.samples.extend(vec![0; 2 * said.rate as usize]);
    Script::new(name, server)
        .await
        .file(file, example.replace(BASE, &here))
        .file("said.wav", encode::wav(&said))
}

/// What comes after a word, in the lines that begin with it.
fn after<'a>(lines: &'a [String], word: &str) -> Vec<&'a str> {
    lines.iter().filter_map(|line| line.strip_prefix(word)).collect()
}

#[actix_web::test]
async fn the_javascript_example_talks() {
    let server = server().await;
    let heading = "JavaScript Client Example";
    let script = script("voice_socket.mjs", &server, heading, "javascript", "example.js").await;
    let mut lines = script.start().end().await;
    let seen: serde_json::Value = serde_json::from_str(&lines.pop().unwrap()).unwrap();
    assert_eq!(lines[0], "Connected to AI");
    let heard = after(&lines, "Transcript: ");
    assert_eq!(heard.last(), Some(&HEARD), "{lines:?}");
    let replies = after(&lines, "AI Response: ");
    assert!(replies.len() == 1 && !replies[0].is_empty(), "{lines:?}");
    let file = (&seen["riff"], &seen["channels"], &seen["rate"], &seen["bits"]);
    assert_eq!(file, (&json!("RIFF"), &json!(1), &json!(16_000), &json!(16)));
    assert!(
        seen["bytes"].as_u64().unwrap() > 16_000,
        "half a second at least: {seen}"
    );
    let received = seen["received"].as_array().unwrap();
    assert_eq!(received.first().unwrap(), "connection_established");
    assert_eq!(received.last().unwrap(), "conversation_ended");
    assert!(received.iter().all(|kind| kind != "error"), "{received:?}");
    server.stop().await;
}

#[actix_web::test]
async fn the_python_example_listens() {
    let server = server().await;
    let script = script(
        "voice_socket.py",
        &server,
        "Python Client Example",
        "python",
        "example.py",
    )
    .await;
    let lines = script.start().end().await;
    let heard = after(&lines, "Transcript: ");
    assert_eq!(heard.last(), Some(&HEARD), "{lines:?}");
    let replies = after(&lines, "AI: ");
    assert!(replies.len() == 1 && !replies[0].is_empty(), "{lines:?}");
    server.stop().await;
}
