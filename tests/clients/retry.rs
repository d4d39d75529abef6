//! Document 000: its retrying function, against the limits that the server keeps.

use super::document::{PLATFORM, example};
use super::script::Script;
use crate::test_server::TestServer;

#[actix_web::test]
async fn the_documents_retrying_gets_through_a_limit_and_gives_up_on_anything_else() {
    let server = TestServer::scripted().set("RATE_LIMITS", "on").start().await;
    let token = server.guest().await;
    let script = Script::new("retry.mjs", &server)
        .await
        .set("TOKEN", &token)
        .file("example.js", example(PLATFORM, "Retry Logic", "javascript"));
    let mut client = script.start();

    let through = client.told().await;
    let statuses = through["statuses"].as_array().unwrap();
    // After one second or after two more there is room for one request again.
    assert!((2..=3).contains(&statuses.len()), "{through}");
    assert_eq!(statuses.first().unwrap(), 429);
    assert_eq!(statuses.last().unwrap(), 200);
    assert_eq!(through["answer"]["language"], "french");

    let at_once = client.told().await;
    assert_eq!(at_once["statuses"].as_array().unwrap().len(), 1);
    assert_eq!(at_once["thrown"]["error"]["code"], "RATE_LIMITED");

    let unknown = client.told().await;
    assert_eq!(unknown["statuses"], serde_json::json!([404]));
    assert_eq!(unknown["thrown"]["error"]["code"], "NOT_FOUND");
    client.end().await;
    server.stop().await;
}
