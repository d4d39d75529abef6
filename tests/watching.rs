//! What operators see of calls.

use std::time::Duration;

use colloquy::ids::UserId;
use colloquy::storage::users::Role;
use colloquy_loadtest::call::Call;
use serde_json::{Value, json};

use crate::caller::{message, reply, say, voiced_clip};
use crate::forms::Forms;
use crate::test_server::TestServer;

/// A token that may see everything.
async fn operator(server: &TestServer) -> String {
    let forms = Forms::of(server, "root@example.com").await;
    let session = forms.get("/session").await.json();
    let root = UserId::from_text(session["user"]["id"].as_str().unwrap());
    server.running.database.set_role(&root, Role::Admin).await.unwrap();
    let answer = forms.token(&json!({"scopes": ["admin"]})).await;
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

async fn watched(server: &TestServer, operator: &str, query: &str) -> Value {
    let path = format!("/v1/admin/conversations{query}");
    let answer = server.get(operator, &path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[actix_rt::test]
async fn how_good_a_call_was_is_kept_and_shown_to_operators_alone() {
    let server = TestServer::scripted().start().await;
    let operator = operator(&server).await;
    let api = server.caller().await;
    let silent = api.create_conversation("restaurant", "english").await.unwrap();
    let conversation = api.create_conversation("restaurant", "english").await.unwrap();
    let mut call = Call::join(&api, &conversation).await.unwrap();
    message(&mut call, "ai_response").await;
    // Two seconds of sound and more, or nothing is judged.
    for _ in 0..4 {
        say(&mut call, &voiced_clip("A table for two, please.")).await;
        reply(&mut call).await;
    }
    let before = watched(&server, &operator, "?status=active").await;
    assert_eq!(before["conversations"][0]["calls"], json!([]));
    call.leave().await.unwrap();
    api.end(&conversation).await.unwrap();

    let mut shown = watched(&server, &operator, "?status=completed").await;
    for _ in 0..100 {
        if shown["conversations"][0]["calls"] != json!([]) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        shown = watched(&server, &operator, "?status=completed").await;
    }
    let shown = &shown["conversations"];
    assert_eq!(shown.as_array().unwrap().len(), 1);
    assert_eq!(shown[0]["id"], conversation.as_str());
    assert!(
        !shown[0].to_string().contains("table"),
        "nothing that was said: {shown}"
    );
    let stay = &shown[0]["calls"][0];
    assert!(stay["heard"]["expected"].as_u64().unwrap() >= 100, "{stay}");
    assert_eq!(stay["heard"]["lost"], 0, "{stay}");
    assert!(stay["joined_at"].as_str() < stay["left_at"].as_str(), "{stay}");
    let score = stay["score"].as_f64().unwrap();
    assert!(
        (4.0..=4.5).contains(&score),
        "a call on one machine is a good one: {stay}"
    );

    // The newest first, a page at a time, and the worst can be asked for.
    let first = watched(&server, &operator, "?limit=1").await;
    assert_eq!(first["conversations"][0]["id"], conversation.as_str());
    let next = format!("?limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    let second = watched(&server, &operator, &next).await;
    assert_eq!(second["conversations"][0]["id"], silent.as_str());
    let bad = watched(&server, &operator, "?score_below=2.5").await;
    assert_eq!(bad["conversations"], json!([]));
    let theirs = shown[0]["user_id"].as_str().unwrap();
    let of_one = watched(&server, &operator, &format!("?user_id={theirs}&status=completed")).await;
    assert_eq!(of_one["conversations"][0]["id"], conversation.as_str());
    assert_eq!(of_one["conversations"][0]["calls"], shown[0]["calls"]);
    for query in [
        "?user_id=a%20b",
        "?score_below=9",
        "?status=odd",
        "?cursor=!",
        "?limit=0",
    ] {
        let path = format!("/v1/admin/conversations{query}");
        server.get(&operator, &path).await.error(400, "INVALID_REQUEST");
    }
    let guest = server.guest().await;
    let refused = server.get(&guest, "/v1/admin/conversations").await;
    refused.error(403, "FORBIDDEN");
    server.stop().await;
}
