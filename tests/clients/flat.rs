//! Document 003: its three examples.

use serde_json::json;

use super::document::{FLAT, example};
use super::script::Script;
use crate::test_server::TestServer;

#[actix_web::test]
async fn the_documents_examples_start_fill_and_end_a_conversation() {
    let server = TestServer::scripted().start().await;
    let script = Script::new("flat.mjs", &server)
        .await
        .file("start.mjs", example(FLAT, "Starting a Conversation", "javascript"))
        .file("add.mjs", example(FLAT, "Adding Messages", "javascript"))
        .file("end.mjs", example(FLAT, "Ending a Conversation", "javascript"));
    let mut lines = script.start().end().await;
    let answers: serde_json::Value = serde_json::from_str(&lines.pop().unwrap()).unwrap();
    let (start, unknown, add, end) = (&answers[0], &answers[1], &answers[2], &answers[3]);
    let conversation = &start["body"]["data"]["conversation"];
    let id = conversation["id"].as_str().unwrap();
    let message = &add["body"]["data"]["message"];
    assert_eq!(
        lines,
        [
            format!("Conversation started: {id}"),
            // The placeholder of the example is nobody's conversation.
            format!("Error: {}", unknown["body"]["error"].as_str().unwrap()),
            format!("Message added: {}", message["id"].as_str().unwrap()),
            "Conversation ended: 300".to_owned(),
        ]
    );
    let statuses = [start, unknown, add, end].map(|answer| &answer["status"]);
    assert_eq!(statuses, [200, 404, 200, 200]);
    assert!(
        uuid::Uuid::parse_str(id).is_ok_and(|id| id.get_version_num() == 4),
        "{id}"
    );
    assert_eq!(start["body"]["message"], "Conversation started successfully");
    for (field, value) in [
        ("targetLanguageId", json!("ja")),
        ("title", json!("Japanese Practice Session")),
        ("mode", json!("realtime")),
        ("isOnboarding", json!("true")),
        ("userId", json!(null)),
    ] {
        assert_eq!(conversation[field], value, "{field}: {conversation}");
    }
    assert!(conversation["guestId"].is_string());
    assert_eq!(message["content"], "こんにちは、お元気ですか？");
    assert_eq!(message["conversationId"], id);
    assert!(add["body"]["data"]["messageCount"].is_u64());
    let ended = &end["body"]["data"];
    assert_eq!(end["body"]["message"], "Conversation ended successfully");
    assert_eq!(ended["audioSeconds"], 240.5);
    for (field, value) in [
        ("durationSeconds", json!(300)),
        ("audioSeconds", json!("240.5")),
        ("comfortRating", json!(4)),
        ("engagementLevel", json!("high")),
    ] {
        assert_eq!(ended["conversation"][field], value, "{field}: {ended}");
    }
    assert!(ended["conversation"]["endedAt"].is_string());
    server.stop().await;
}
