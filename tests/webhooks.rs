//! Webhooks: kept, sent, signed.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use colloquy::clock::Timestamp;
use colloquy::ids::UserId;
use colloquy::storage::outbox::OutboxEvent;
use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::{Builder, TestServer};

/// Somebody who wants to hear of events.
struct Receiver {
    url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    handle: ServerHandle,
}

#[derive(Clone, Debug)]
struct Heard {
    headers: Vec<(String, String)>,
    body: String,
}

impl Heard {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(header, _)| header == name);
        &found.unwrap_or_else(|| panic!("no {name} in {self:?}")).1
    }
}

impl Receiver {
    /// Answers with that status; a redirection leads to itself.
    fn start(status: u16) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&heard);
        let server = HttpServer::new(move || {
            let told = Arc::clone(&told);
            App::new().default_service(web::to(move |request: HttpRequest, body: String| {
                let headers = request
                    .headers()
                    .iter()
                    .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
                told.lock().unwrap().push(Heard {
                    headers: headers.collect(),
                    body,
                });
                async move {
                    HttpResponse::build(status.try_into().unwrap())
                        .insert_header(("location", "/elsewhere"))
                        .finish()
                }
            }))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { url, heard, handle }
    }

    async fn hears(&self, count: usize) -> Vec<Heard> {
        eventually(async || self.heard.lock().unwrap().len() >= count).await;
        self.heard.lock().unwrap().clone()
    }
}

async fn eventually(condition: impl AsyncFn() -> bool) {
    for _ in 0..600 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never came true");
}

fn builder() -> Builder {
    TestServer::builder()
        .set("API_KEYS", "ann-key:ann@example.com,bob-key:bob@example.com")
        .set("WEBHOOK_ALLOW", "127.0.0.0/8")
}

const COMPLETED: &str = "conversation.completed";

async fn webhook(server: &TestServer, url: &str) -> Value {
    let body = json!({"url": url, "events": [COMPLETED]});
    let answer = server.post("ann-key", "/v1/webhooks", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

/// Something happens to Ann.
async fn happens(server: &TestServer, event: &'static str, data: Value) {
    let user = server
        .running
        .database
        .user_with_email("ann@example.com")
        .await
        .unwrap();
    let event = OutboxEvent {
        user_id: user.unwrap().id,
        event,
        data,
        organisation_id: None,
        at: Timestamp::now(),
    };
    server.running.database.announce(&event).await.unwrap();
}

async fn deliveries(server: &TestServer, webhook: &Value) -> Vec<Value> {
    let path = format!("/v1/webhooks/{}/deliveries", webhook["id"].as_str().unwrap());
    let answer = server.get("ann-key", &path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["deliveries"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn a_webhook_is_made_read_changed_and_deleted_by_its_owner_alone() {
    let server = builder().start().await;
    let made = webhook(&server, "https://example.com/hook").await;
    assert!(made["id"].as_str().unwrap().starts_with("wh_"));
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(made["events"], json!([COMPLETED]));
    assert_eq!(made["active"], true);
    assert!(made["created_at"].as_str().unwrap().ends_with('Z'));
    let path = format!("/v1/webhooks/{}", made["id"].as_str().unwrap());

    let read = server.get("ann-key", &path).await.json();
    assert_eq!(read["url"], "https://example.com/hook");
    assert!(read.get("secret").is_none());
    let list = server.get("ann-key", "/v1/webhooks").await.json();
    assert_eq!(list["webhooks"], json!([read]));

    let change = json!({"url": "https://example.com/other", "events": ["user.progress.updated"], "active": false});
    let changed = server.send("ann-key", Method::PATCH, &path, &change).await;
    assert_eq!(changed.status, 200);
    for field in ["url", "events", "active"] {
        assert_eq!(changed.json()[field], change[field], "{field}");
    }
    let unchanged = server.send("ann-key", Method::PATCH, &path, &json!({})).await.json();
    assert_eq!(unchanged["url"], change["url"]);
    for url in ["", " ", "ftp://example.com/"] {
        let refused = server
            .send("ann-key", Method::PATCH, &path, &json!({ "url": url }))
            .await;
        refused.error(400, "INVALID_REQUEST");
    }

    // Nobody else knows of it.
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::PATCH, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::GET, format!("{path}/deliveries")),
    ] {
        server
            .send("bob-key", method, &path, &json!({}))
            .await
            .error(404, "NOT_FOUND");
    }
    assert_eq!(
        server.get("bob-key", "/v1/webhooks").await.json()["webhooks"],
        json!([])
    );
    let guest = server.guest().await;
    server.get(&guest, "/v1/webhooks").await.error(403, "FORBIDDEN");

    assert_eq!(
        server.send("ann-key", Method::DELETE, &path, &json!({})).await.status,
        204
    );
    server.get("ann-key", &path).await.error(404, "NOT_FOUND");
}

#[actix_web::test]
async fn webhooks_lead_to_public_hosts_over_https_and_name_known_events() {
    let server = TestServer::builder()
        .set("API_KEYS", "ann-key:ann@example.com")
        .start()
        .await;
    for url in [
        "",
        "example.com",
        "http://example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/",
        "https://user:pass@example.com/",
    ] {
        let body = json!({"url": url, "events": [COMPLETED]});
        let error = server
            .post("ann-key", "/v1/webhooks", &body)
            .await
            .error(400, "INVALID_REQUEST");
        assert_eq!(error["details"]["field"], "url", "{url}");
    }
    for events in [json!([]), json!(["user.deleted"]), json!([COMPLETED, "x"]), Value::Null] {
        let body = json!({"url": "https://example.com/", "events": events});
        let error = server
            .post("ann-key", "/v1/webhooks", &body)
            .await
            .error(400, "INVALID_REQUEST");
        assert_eq!(error["details"]["field"], "events");
    }
    for count in 1..=21 {
        let url = format!("https://example.com/{count}");
        let body = json!({"url": url, "events": [COMPLETED, COMPLETED]});
        let answer = server.post("ann-key", "/v1/webhooks", &body).await;
        if count <= 20 {
            assert_eq!(answer.json()["events"], json!([COMPLETED]));
        } else {
            answer.error(409, "CONFLICT");
        }
    }
}

/// Document 000's own function, as it stands there.
const VERIFY: &str = r#"
import hmac
import hashlib

def verify_webhook(payload, signature, secret):
    expected = hmac.new(
        secret.encode(),
        payload.encode(),
        hashlib.sha256
    ).hexdigest()
    
    return hmac.compare_digest(signature, f"sha256={expected}")

import json, sys
given = json.load(sys.stdin)
print(verify_webhook(given["payload"], given["signature"], given["secret"]))
"#;

#[actix_web::test]
async fn an_event_arrives_signed_so_that_the_documents_own_function_believes_it() {
    let server = builder().start().await;
    let receiver = Receiver::start(200);
    let hook = webhook(&server, &receiver.url).await;
    let data = json!({"conversation_id": "conv_1", "topic": "crêpes ☕", "performance": {"xp_earned": 180}});
    happens(&server, "user.progress.updated", json!({"not": "selected"})).await;
    happens(&server, COMPLETED, data.clone()).await;
    let heard = receiver.hears(1).await;
    let body: Value = serde_json::from_str(&heard[0].body).unwrap();
    assert_eq!(body["event"], COMPLETED);
    assert_eq!(body["data"], data);
    assert!(body["timestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!(body.as_object().unwrap().len(), 3);
    assert_eq!(heard[0].header("content-type"), "application/json");
    assert!(heard[0].header("webhook-id").starts_with("evt_"));
    assert!(heard[0].header("webhook-signature").starts_with("v1,"));
    let seconds: i64 = heard[0].header("webhook-timestamp").parse().unwrap();
    assert!(Timestamp::now().as_millis() / 1000 - seconds < 60);

    let mut python = Command::new("python3")
        .args(["-c", VERIFY])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let given = json!({
        "payload": heard[0].body,
        "signature": heard[0].header("x-webhook-signature"),
        "secret": hook["secret"],
    });
    python
        .stdin
        .take()
        .unwrap()
        .write_all(given.to_string().as_bytes())
        .unwrap();
    let output = python.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "True");

    eventually(async || {
        deliveries(&server, &hook)
            .await
            .iter()
            .all(|one| one["status"] == "delivered")
    })
    .await;
    let log = deliveries(&server, &hook).await;
    assert_eq!(log.len(), 1);
    assert_eq!(log[0]["response_status"], 200);
    assert_eq!(log[0]["attempts"], 1);
    assert_eq!(log[0]["payload"], body);

    // Sent again, it is the same event.
    let path = format!("/v1/webhooks/deliveries/{}/replay", log[0]["id"].as_str().unwrap());
    server.post("bob-key", &path, &json!({})).await.error(404, "NOT_FOUND");
    let replayed = server.post("ann-key", &path, &json!({})).await;
    assert_eq!(replayed.status, 202);
    assert_eq!(replayed.json()["replay_of"], log[0]["id"]);
    let heard = receiver.hears(2).await;
    assert_eq!(heard[1].body, heard[0].body);
    assert_eq!(heard[1].header("webhook-id"), heard[0].header("webhook-id"));
    receiver.handle.stop(false).await;
}

#[actix_web::test]
async fn a_redirection_is_a_failure_and_not_followed() {
    let server = builder().start().await;
    let receiver = Receiver::start(302);
    let hook = webhook(&server, &receiver.url).await;
    happens(&server, COMPLETED, json!({})).await;
    eventually(async || deliveries(&server, &hook).await.iter().any(|one| one["attempts"] == 1)).await;
    let log = deliveries(&server, &hook).await;
    assert_eq!(log[0]["status"], "pending");
    assert_eq!(log[0]["response_status"], 302);
    assert!(log[0]["next_attempt_at"].is_string());
    assert_eq!(receiver.hears(1).await.len(), 1);
    receiver.handle.stop(false).await;
}

#[actix_web::test]
async fn whoever_answers_410_is_switched_off() {
    let server = builder().start().await;
    let receiver = Receiver::start(410);
    let hook = webhook(&server, &receiver.url).await;
    happens(&server, COMPLETED, json!({})).await;
    let path = format!("/v1/webhooks/{}", hook["id"].as_str().unwrap());
    eventually(async || server.get("ann-key", &path).await.json()["active"] == false).await;
    let told = server.get("ann-key", &path).await.json();
    assert_eq!(told["disabled_because"], "the answer was 410 Gone");
    assert_eq!(deliveries(&server, &hook).await[0]["status"], "failed");
    let on = server
        .send("ann-key", Method::PATCH, &path, &json!({"active": true}))
        .await
        .json();
    assert_eq!((&on["active"], &on["disabled_because"]), (&json!(true), &Value::Null));
    receiver.handle.stop(false).await;
}

#[actix_web::test]
async fn what_happened_before_a_stop_is_sent_after_the_next_start() {
    let server = builder().start().await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", closed.local_addr().unwrap());
    drop(closed);
    let hook = webhook(&server, &url).await;
    happens(&server, COMPLETED, json!({"n": 1})).await;
    eventually(async || deliveries(&server, &hook).await.iter().any(|one| one["attempts"] == 1)).await;
    let again = server.stop().await.start().await;
    let receiver = Receiver::start(204);
    let path = format!("/v1/webhooks/{}", hook["id"].as_str().unwrap());
    let change = json!({"url": receiver.url});
    assert_eq!(again.send("ann-key", Method::PATCH, &path, &change).await.status, 200);
    let heard = receiver.hears(1).await;
    assert!(heard[0].body.contains("\"n\":1"));
    eventually(async || deliveries(&again, &hook).await[0]["status"] == "delivered").await;
    receiver.handle.stop(false).await;
}

#[actix_web::test]
async fn events_of_others_are_not_told() {
    let server = builder().start().await;
    let receiver = Receiver::start(200);
    webhook(&server, &receiver.url).await;
    let bob = server
        .running
        .database
        .user_with_email("bob@example.com")
        .await
        .unwrap();
    let bob: UserId = bob.unwrap().id;
    let event = OutboxEvent {
        user_id: bob,
        event: COMPLETED,
        data: json!({"whose": "bob"}),
        organisation_id: None,
        at: Timestamp::now(),
    };
    server.running.database.announce(&event).await.unwrap();
    happens(&server, COMPLETED, json!({"whose": "ann"})).await;
    let heard = receiver.hears(1).await;
    assert_eq!(heard.len(), 1);
    assert!(heard[0].body.contains("ann"));
    receiver.handle.stop(false).await;
}

#[actix_web::test]
async fn ending_a_conversation_twice_at_once_tells_of_it_once_in_the_documents_own_fields() {
    let server = builder().start().await;
    let receiver = Receiver::start(200);
    let body = json!({"url": receiver.url, "events": ["user.progress.updated", COMPLETED]});
    assert_eq!(server.post("ann-key", "/v1/webhooks", &body).await.status, 201);
    let conversation = server.conversation("ann-key").await;
    let path = format!("/v1/conversations/{conversation}/end");
    let nothing = json!({});
    let end = || server.post("ann-key", &path, &nothing);
    let (one, other) = futures::future::join(end(), end()).await;
    assert_eq!((one.status, other.status), (200, 200), "{} {}", one.text, other.text);
    // What comes after is the last that comes.
    receiver.hears(2).await;
    happens(&server, COMPLETED, json!({"conversation_id": "the last"})).await;
    let heard = receiver.hears(3).await;
    let bodies: Vec<Value> = heard
        .iter()
        .map(|one| serde_json::from_str(&one.body).unwrap())
        .collect();
    let of = |event: &str| {
        let found: Vec<&Value> = bodies[..2].iter().filter(|body| body["event"] == event).collect();
        assert_eq!(found.len(), 1, "{event}: {bodies:?}");
        found[0]["data"].clone()
    };
    assert_eq!(bodies[2]["data"]["conversation_id"], "the last");
    let fields = |value: &Value| {
        let fields: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        fields.join(" ")
    };
    let completed = of(COMPLETED);
    assert_eq!(
        fields(&completed),
        "conversation_id duration_minutes language performance topic user_id"
    );
    assert_eq!(
        fields(&completed["performance"]),
        "grammar_score pronunciation_score xp_earned"
    );
    assert_eq!(completed["conversation_id"], conversation.as_str());
    let updated = of("user.progress.updated");
    assert_eq!(fields(&updated), "conversation_id progress_change user_id");
    assert_eq!(
        fields(&updated["progress_change"]),
        "grammar_improvement new_achievements pronunciation_improvement xp_gained"
    );
    assert_eq!(receiver.heard.lock().unwrap().len(), 3);
    receiver.handle.stop(false).await;
}
