//! Document 003.

mod conversations;
mod messages;
mod owners;

use reqwest::Method;
use serde_json::Value;

use crate::test_server::{Answer, TestServer};

const CONVERSATIONS: &str = "/api/conversations";
const MESSAGES: &str = "/api/conversation-messages";
const MESSAGE: &str = "/api/conversation-message";
const END: &str = "/api/conversation-end";

async fn server() -> TestServer {
    TestServer::builder()
        .set("API_KEYS", "ann-key:ann@example.com,bob-key:bob@example.com")
        .start()
        .await
}

/// A request of whoever has that token, or of nobody in particular.
async fn ask(server: &TestServer, token: Option<&str>, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let mut request = server.request(method, path);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    Answer::to(request).await
}

/// Checks the envelope of success, and gives what is in it.
fn data(answer: &Answer, message: Option<&str>) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let envelope = answer.json();
    assert_eq!(envelope["success"], true);
    assert!(envelope["timestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!(envelope.get("message").and_then(Value::as_str), message);
    envelope["data"].clone()
}

/// Checks the envelope of an error, and gives what it says.
fn error(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text);
    let envelope = answer.json();
    let fields: Vec<&String> = envelope.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["error", "success", "timestamp"]);
    assert_eq!(envelope["success"], false);
    envelope["error"].as_str().unwrap().to_owned()
}

async fn start(server: &TestServer, token: Option<&str>, body: Value) -> Value {
    let answer = ask(server, token, Method::POST, CONVERSATIONS, Some(&body)).await;
    data(&answer, Some("Conversation started successfully"))
}

fn id(made: &Value) -> String {
    made["conversation"]["id"].as_str().unwrap().to_owned()
}
