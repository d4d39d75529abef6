//! Webhooks of document 000, delivered, and checked with its own function and with the library of Standard Webhooks.

use serde_json::{Value, json};

use super::document::{PLATFORM, example};
use super::script::Script;
use super::shape::fits;
use crate::forms::Forms;
use crate::test_server::TestServer;

#[actix_web::test]
async fn the_documents_function_and_standard_webhooks_verify_a_delivery() {
    let server = TestServer::scripted().set("WEBHOOK_ALLOW", "127.0.0.0/8").start().await;
    let script = Script::new("webhook.py", &server)
        .await
        .file("example.py", example(PLATFORM, "Webhook Verification", "python"));
    let mut receiver = script.start();
    let url = receiver.told().await["url"].clone();

    let token = Forms::of(&server, "ann@example.com").await.bearer().await;
    let events = ["conversation.completed", "user.progress.updated"];
    let body = json!({"url": url, "events": events});
    let webhook = server.post(&token, "/v1/webhooks", &body).await;
    assert_eq!(webhook.status, 201, "{}", webhook.text);
    let secret = webhook.json()["secret"].clone();
    receiver.tell(&json!({ "secret": secret })).await;

    let id = server.conversation(&token).await;
    let said = json!({"type": "text", "content": "Une table pour deux, s'il vous plaît."});
    let path = format!("/v1/conversations/{id}");
    let turn = server.post(&token, &format!("{path}/messages"), &said).await;
    assert_eq!(turn.status, 200, "{}", turn.text);
    let end = server.post(&token, &format!("{path}/end"), &json!({})).await;
    assert_eq!(end.status, 200, "{}", end.text);
    let end = end.json();

    let mut told = Vec::new();
    for _ in events {
        let delivery = receiver.told().await;
        for (check, expected) in [
            ("verified", true),
            ("verified_if_changed", false),
            ("verified_with_another_secret", false),
            ("standard", true),
            ("standard_if_changed", false),
            ("standard_with_another_id", false),
        ] {
            assert_eq!(delivery[check], expected, "{check}: {delivery}");
        }
        assert_eq!(delivery["content_type"], "application/json");
        told.push(delivery["body"].clone());
    }
    told.sort_by_key(|body| body["event"].to_string());
    let names: Vec<_> = told.iter().map(|body| body["event"].clone()).collect();
    assert_eq!(names, events);
    for (body, heading) in told.iter().zip(["Conversation Completed", "User Progress Update"]) {
        let shown: Value = serde_json::from_str(&example(PLATFORM, heading, "json")).unwrap();
        assert_eq!(fits(body, &shown, ""), Ok(()), "{body}");
        assert_eq!(body["data"]["conversation_id"], id, "{body}");
    }
    let earned = &end["summary"]["xp_earned"];
    assert_eq!(told[0]["data"]["performance"]["xp_earned"], *earned);
    assert_eq!(told[1]["data"]["progress_change"]["xp_gained"], *earned);
    receiver.tell(&json!("enough")).await;
    receiver.end().await;
    server.stop().await;
}
