//! Keys, and guests who become users.

use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::{Answer, TestServer};

const KEYS: &str = "/v1/api-keys";

/// A server that knows Ann and Bob by their keys.
async fn server() -> TestServer {
    TestServer::builder()
        .set("API_KEYS", "ann:ann@example.com,bob:bob@example.com")
        .start()
        .await
}

async fn delete(server: &TestServer, token: &str, path: &str) -> Answer {
    Answer::to(server.request(Method::DELETE, path).bearer_auth(token)).await
}

/// A new key of someone, with its id.
async fn key(server: &TestServer, token: &str, body: &Value) -> (String, String) {
    let answer = server.post(token, KEYS, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
    (text("id"), text("key"))
}

#[actix_web::test]
async fn a_key_is_told_once_and_void_as_soon_as_it_is_revoked() {
    let server = server().await;
    let body = json!({"name": "LMS", "scopes": ["read_profile", "manage_conversations"]});
    let answer = server.post("ann", KEYS, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let made = answer.json();
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert_eq!(made["name"], "LMS");
    assert_eq!(made["scopes"], body["scopes"]);
    assert!(made["created_at"].as_str().unwrap().ends_with('Z'));
    assert!(key.starts_with(made["prefix"].as_str().unwrap()));
    server.conversation(key).await;

    let (second, other) = self::key(&server, "ann", &json!({"name": "LMS, rotated"})).await;
    let list = server.get("ann", KEYS).await;
    assert!(!list.text.contains(key) && !list.text.contains(&other));
    let list = list.json()["api_keys"].as_array().unwrap().clone();
    let listed: Vec<&str> = list.iter().map(|key| key["id"].as_str().unwrap()).collect();
    assert_eq!(listed[1..], [id, second.as_str()]);

    let path = format!("{KEYS}/{id}");
    delete(&server, "bob", &path).await.error(404, "NOT_FOUND");
    server.conversation(key).await;
    assert_eq!(delete(&server, "ann", &path).await.status, 204);
    server.get(key, KEYS).await.error(401, "UNAUTHORIZED");
    server.conversation(&other).await;
    delete(&server, "ann", &path).await.error(404, "NOT_FOUND");
}

#[actix_web::test]
async fn what_a_key_has_made_dies_with_it_but_not_when_the_server_starts_again() {
    let server = server().await;
    let (id, first) = key(&server, "ann", &json!({"name": "leaked"})).await;
    let (_, second) = key(&server, &first, &json!({"name": "made with the leaked one"})).await;
    let (_, third) = key(&server, &second, &json!({"name": "and with that"})).await;
    let server = server.stop().await.start().await;
    server.conversation(&third).await;
    assert_eq!(delete(&server, "ann", &format!("{KEYS}/{id}")).await.status, 204);
    for void in [&first, &second, &third] {
        server.get(void, KEYS).await.error(401, "UNAUTHORIZED");
    }
    assert_eq!(
        server.get("ann", KEYS).await.json()["api_keys"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[actix_web::test]
async fn a_key_opens_what_its_scopes_name_and_makes_none_that_open_more() {
    let server = server().await;
    let (_, key) = key(&server, "ann", &json!({"name": "narrow", "scopes": "read_profile"})).await;
    let body = json!({"topic": "restaurant"});
    let error = server
        .post(&key, "/v1/conversations", &body)
        .await
        .error(403, "FORBIDDEN");
    assert_eq!(error["details"]["required_scope"], "manage_conversations");
    let wider = json!({"name": "wider", "scopes": ["read_profile", "read_progress"]});
    server.post(&key, KEYS, &wider).await.error(403, "FORBIDDEN");
    let admin = json!({"name": "admin", "scopes": ["admin"]});
    server.post("ann", KEYS, &admin).await.error(403, "FORBIDDEN");
    for body in [
        json!({}),
        json!({"name": "x".repeat(101)}),
        json!({"name": "x", "scopes": []}),
        json!({"name": "x", "scopes": ["fly"]}),
        json!({"name": "x", "scopes": ["read_profile read_progress"]}),
        json!({"name": "x", "scopes": 7}),
        json!({"name": "x", "expires_at": "2020-01-01T00:00:00Z"}),
        json!({"name": "x", "expires_at": "tomorrow"}),
    ] {
        server.post("ann", KEYS, &body).await.error(400, "INVALID_REQUEST");
    }
}

#[actix_web::test]
async fn guests_have_no_keys() {
    let server = server().await;
    let guest = server.guest().await;
    server.get(&guest, KEYS).await.error(403, "FORBIDDEN");
    server
        .post(&guest, KEYS, &json!({"name": "x"}))
        .await
        .error(403, "FORBIDDEN");
    delete(&server, &guest, "/v1/api-keys/key_1")
        .await
        .error(403, "FORBIDDEN");
}

#[actix_web::test]
async fn a_guests_conversations_go_to_the_user_who_shows_the_guests_token() {
    let server = server().await;
    let answer = Answer::to(server.request(Method::POST, "/v1/guests")).await.json();
    let (id, token) = (
        answer["guest_id"].as_str().unwrap(),
        answer["access_token"].as_str().unwrap(),
    );
    let conversation = server.conversation(token).await;
    let history = format!("/v1/conversations/{conversation}/messages");
    server.get("ann", &history).await.error(404, "NOT_FOUND");

    let path = format!("/v1/guests/{id}/claim");
    let claim = json!({"guest_token": token});
    let stranger = json!({"guest_token": server.guest().await});
    server.post("ann", &path, &stranger).await.error(404, "NOT_FOUND");
    server
        .post("ann", &path, &json!({}))
        .await
        .error(400, "INVALID_REQUEST");
    server.post(token, &path, &claim).await.error(403, "FORBIDDEN");
    for _ in 0..2 {
        let answer = server.post("ann", &path, &claim).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json()["guest_id"], id);
    }
    server.post("bob", &path, &claim).await.error(404, "NOT_FOUND");
    assert_eq!(server.get("ann", &history).await.status, 200);
    server.get("bob", &history).await.error(404, "NOT_FOUND");
    server.get(token, &history).await.error(401, "UNAUTHORIZED");
}
