//! Histories that were given before: nothing of them is old.

use reqwest::Method;
use reqwest::header::HOST;
use serde_json::{Value, json};

use crate::fresh_database;
use crate::test_server::{Answer, TestServer};

fn path(id: &str) -> String {
    format!("/v1/conversations/{id}/messages")
}

/// A history that is kept from now on, as it is given again and again.
async fn kept(server: &TestServer, token: &str, id: &str) -> Value {
    let first = server.get(token, &path(id)).await;
    assert_eq!(first.status, 200, "{}", first.text);
    for _ in 0..2 {
        let again = server.get(token, &path(id)).await;
        assert_eq!(again.text, first.text);
        assert_eq!(again.header("content-type"), "application/json");
    }
    first.json()
}

async fn say(server: &TestServer, token: &str, id: &str, words: &str) {
    let body = json!({"type": "text", "content": words});
    let answer = server.post(token, &path(id), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[actix_web::test]
async fn each_change_is_shown_at_once_whoever_made_it() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let id = server.conversation(&token).await;
    let mut before = kept(&server, &token, &id).await;
    for (words, count) in [("Bonsoir", 3), ("Une table pour deux", 5)] {
        say(&server, &token, &id, words).await;
        let after = kept(&server, &token, &id).await;
        let messages = after["messages"].as_array().unwrap();
        assert_eq!(messages.len(), count);
        assert_eq!(messages[count - 2]["content"], words);
        assert_eq!(after["summary"]["total_messages"], count);
        before = after;
    }
    // Over a connection of their own, as other programs write.
    for (change, shown, value) in [
        (
            "UPDATE messages SET content = 'Salut' WHERE sender = 'user'",
            "/messages/1/content",
            json!("Salut"),
        ),
        (
            "UPDATE messages SET translation = 'Hi' WHERE sender = 'user'",
            "/messages/1/translation",
            json!("Hi"),
        ),
        (
            "UPDATE messages SET analysis = '{\"grammar_score\":70,\"pronunciation_score\":null,\
             \"vocabulary_level\":\"beginner\",\"errors\":[],\"improvements\":[]}' WHERE sender = 'user'",
            "/summary/avg_grammar_score",
            json!(70),
        ),
        (
            "UPDATE messages SET interrupted = 1 WHERE sender = 'ai'",
            "/messages/0/interrupted",
            json!(true),
        ),
        (
            "UPDATE messages SET audio_url = 'https://a.example/b.mp3' WHERE sender = 'user'",
            "/messages/1/audio_url",
            json!("https://a.example/b.mp3"),
        ),
        (
            "UPDATE messages SET created_at = 1000 WHERE created_at = (SELECT MIN(created_at) FROM messages)",
            "/messages/0/timestamp",
            json!("1970-01-01T00:00:01Z"),
        ),
        (
            "UPDATE messages SET sender = 'system' WHERE content <> 'Salut' AND created_at > 1000",
            "/summary/total_messages",
            json!(3),
        ),
        (
            "UPDATE conversations SET topics_covered = '[\"Dessert\"]'",
            "/summary/topics_covered",
            json!(["Dessert"]),
        ),
        (
            "UPDATE conversations SET native_language = 'german', progress = NULL",
            "/messages/0/translation_language",
            json!("en"),
        ),
        (
            "UPDATE conversations SET surface = 'session'",
            "/messages/0/audio_url",
            Value::Null,
        ),
        (
            "UPDATE conversations SET status = 'completed'",
            "/status",
            json!("completed"),
        ),
        (
            "DELETE FROM messages WHERE sender = 'user'",
            "/summary/total_messages",
            json!(1),
        ),
    ] {
        server.rows(change).await;
        let after = kept(&server, &token, &id).await;
        assert_eq!(after.pointer(shown), Some(&value), "{change}: {after}");
        if shown != "/messages/0/translation_language" {
            assert_ne!(after, before, "{change}");
        }
        before = after;
    }
    server.rows("DELETE FROM conversations").await;
    server.get(&token, &path(&id)).await.error(404, "NOT_FOUND");
}

#[actix_web::test]
async fn a_conversation_that_is_ended_is_shown_so() {
    let server = TestServer::scripted().start().await;
    let token = server.guest().await;
    let id = server.conversation(&token).await;
    say(&server, &token, &id, "Bonsoir").await;
    assert_eq!(kept(&server, &token, &id).await["status"], "active");
    let end = server
        .post(&token, &format!("/v1/conversations/{id}/end"), &json!({}))
        .await;
    assert_eq!(end.status, 200, "{}", end.text);
    assert_eq!(kept(&server, &token, &id).await["status"], "completed");
}

#[actix_web::test]
async fn what_one_program_writes_the_other_shows() {
    let dir = tempfile::tempdir().unwrap();
    let database = match fresh_database::url().await {
        Some(url) => url,
        None => format!("sqlite://{}/shared.db?mode=rwc", dir.path().display()),
    };
    let start = || {
        TestServer::scripted()
            .set("DATABASE_URL", &database)
            .set("API_KEYS", "ann-key:ann@example.com")
            .start()
    };
    let (one, other) = (start().await, start().await);
    let id = one.conversation("ann-key").await;
    for count in [3, 5, 7] {
        kept(&one, "ann-key", &id).await;
        say(&other, "ann-key", &id, "Bonsoir").await;
        let history = kept(&one, "ann-key", &id).await;
        assert_eq!(history["messages"].as_array().unwrap().len(), count);
    }
}

#[actix_web::test]
async fn what_was_given_to_one_is_given_to_nobody_else() {
    let server = TestServer::builder()
        .set("API_KEYS", "ann-key:ann@example.com,bob-key:bob@example.com")
        .start()
        .await;
    let stranger = server.guest().await;
    let id = server.conversation("ann-key").await;
    kept(&server, "ann-key", &id).await;
    for credential in [stranger.as_str(), "bob-key"] {
        server.get(credential, &path(&id)).await.error(404, "NOT_FOUND");
    }
    let nobody = Answer::to(server.request(Method::GET, &path(&id))).await;
    nobody.error(401, "UNAUTHORIZED");
    server.get("no-key", &path(&id)).await.error(401, "UNAUTHORIZED");

    let ask = async |name: &str, scopes: &str| {
        let body = json!({"name": name, "scopes": scopes});
        let made = server.post("ann-key", "/v1/api-keys", &body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let text = |name: &str| made.json()[name].as_str().unwrap().to_owned();
        (text("id"), text("key"))
    };
    let (_, narrow) = ask("narrow", "read_profile").await;
    server.get(&narrow, &path(&id)).await.error(403, "FORBIDDEN");
    let (key, good) = ask("good", "manage_conversations").await;
    kept(&server, &good, &id).await;
    let revoke = format!("/v1/api-keys/{key}");
    let revoked = server.send("ann-key", Method::DELETE, &revoke, &json!({})).await;
    assert_eq!(revoked.status, 204);
    server.get(&good, &path(&id)).await.error(401, "UNAUTHORIZED");

    // Whoever gets it has it from then on, and nobody else.
    server
        .rows("UPDATE conversations SET owner_id = (SELECT id FROM users WHERE email = 'bob@example.com')")
        .await;
    server.get("ann-key", &path(&id)).await.error(404, "NOT_FOUND");
    kept(&server, "bob-key", &id).await;
}

#[actix_web::test]
async fn the_addresses_in_it_are_those_by_which_it_was_asked_for() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let id = server.conversation(&token).await;
    let mut texts = Vec::new();
    for host in ["talk.example", "talk.example", "other.example:8000", "talk.example"] {
        let request = server.request(Method::GET, &path(&id)).bearer_auth(&token);
        let answer = Answer::to(request.header(HOST, host)).await;
        if let Some(url) = answer.json()["messages"][0]["audio_url"].as_str() {
            assert!(url.starts_with(&format!("http://{host}/audio/")), "{url}");
        }
        texts.push(answer.text);
    }
    assert_eq!(texts[0], texts[1]);
    assert_eq!(texts[0], texts[3]);
}
