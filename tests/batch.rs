//! Batches, requests that come again, and the changelog.

use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::{Answer, TestServer};

async fn server() -> TestServer {
    TestServer::builder()
        .set("API_KEYS", "ann-key:ann@example.com,bob-key:bob@example.com")
        .start()
        .await
}

#[actix_web::test]
async fn a_batch_is_answered_part_by_part_as_if_each_had_come_alone() {
    let server = server().await;
    let body = json!({"requests": [
        {"id": "topics", "method": "GET", "path": "/v1/content/topics?language=french"},
        {"id": "new", "method": "POST", "path": "/v1/conversations", "body": {"topic": "restaurant", "language": "fr"}},
        {"id": "wrong", "method": "POST", "path": "/v1/conversations", "body": {"topic": "x", "language": "klingon"}},
        {"id": "nowhere", "method": "GET", "path": "/v1/nowhere"},
        {"id": "method", "method": "DELETE", "path": "/v1/conversations"},
        {"id": "nested", "method": "POST", "path": "/v1/batch", "body": {"requests": []}},
        {"id": "disguised", "method": "POST", "path": "/v1/%62atch", "body": {"requests": []}},
    ]});
    let answer = server.post("ann-key", "/v1/batch", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let responses = answer.json()["responses"].clone();
    let told: Vec<(&str, i64)> = responses
        .as_array()
        .unwrap()
        .iter()
        .map(|response| (response["id"].as_str().unwrap(), response["status"].as_i64().unwrap()))
        .collect();
    assert_eq!(
        told[..6],
        [
            ("topics", 200),
            ("new", 201),
            ("wrong", 400),
            ("nowhere", 404),
            ("method", 405),
            ("nested", 400)
        ]
    );
    assert!([400, 404].contains(&told[6].1), "{told:?}");
    assert_eq!(responses[0]["body"]["language"], "french");
    assert_eq!(responses[2]["body"]["error"]["code"], "INVALID_LANGUAGE");
    // What a part has made is there.
    let id = responses[1]["body"]["id"].as_str().unwrap();
    let history = server.get("ann-key", &format!("/v1/conversations/{id}/messages")).await;
    assert_eq!(history.status, 200);
    // And it is the sender's.
    let path = format!("/v1/conversations/{id}/messages");
    let part = json!({"requests": [{"id": "a", "method": "GET", "path": path}]});
    let stranger = server.post("bob-key", "/v1/batch", &part).await;
    assert_eq!(stranger.json()["responses"][0]["status"], 404);
}

#[actix_web::test]
async fn batches_need_a_credential_and_one_to_twenty_parts() {
    let server = server().await;
    let part = json!({"id": "a", "method": "GET", "path": "/v1/content/topics"});
    let anonymous = server
        .request(Method::POST, "/v1/batch")
        .json(&json!({"requests": [part]}));
    Answer::to(anonymous).await.error(401, "UNAUTHORIZED");
    for requests in [json!([]), json!(vec![part.clone(); 21]), Value::Null] {
        let answer = server
            .post("ann-key", "/v1/batch", &json!({"requests": requests}))
            .await;
        answer.error(400, "INVALID_REQUEST");
    }
    let full = server
        .post("ann-key", "/v1/batch", &json!({"requests": vec![part; 20]}))
        .await;
    assert_eq!(full.json()["responses"].as_array().unwrap().len(), 20);
}

#[actix_web::test]
async fn each_part_counts_against_the_limits() {
    let server = TestServer::builder()
        .set("API_KEYS", "ann-key:ann@example.com")
        .set("RATE_LIMITS", "on")
        .set("RATE_LIMIT_CONVERSATIONS", "2/hour")
        .start()
        .await;
    let part = json!({"id": "a", "method": "POST", "path": "/v1/conversations", "body": {"topic": "restaurant"}});
    let answer = server
        .post("ann-key", "/v1/batch", &json!({"requests": [part, part, part]}))
        .await;
    let statuses: Vec<i64> = answer.json()["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|response| response["status"].as_i64().unwrap())
        .collect();
    assert_eq!(statuses, [201, 201, 429]);
}

#[actix_web::test]
async fn a_request_that_comes_again_is_answered_again_and_not_done_again() {
    let server = server().await;
    let send = |token: &str, key: &str, path: &str, body: Value| {
        let request = server.request(Method::POST, path).bearer_auth(token).json(&body);
        Answer::to(request.header("Idempotency-Key", key))
    };
    let new = json!({"topic": "restaurant"});
    let first = send("ann-key", "k1", "/v1/conversations", new.clone()).await;
    assert_eq!(first.status, 201);
    assert!(!first.headers.contains_key("idempotent-replayed"));
    let again = send("ann-key", "k1", "/v1/conversations", new.clone()).await;
    assert_eq!((again.status, &again.text), (201, &first.text));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.header("content-type"), first.header("content-type"));
    let different = send("ann-key", "k1", "/v1/conversations", json!({"topic": "hotel"})).await;
    different.error(422, "IDEMPOTENCY_KEY_REUSED");
    let elsewhere = send("ann-key", "k1", "/v1/batch", new.clone()).await;
    elsewhere.error(422, "IDEMPOTENCY_KEY_REUSED");
    // Another person's key of the same name is another key, and so is another name.
    for (token, key) in [("bob-key", "k1"), ("ann-key", "k2")] {
        let other = send(token, key, "/v1/conversations", new.clone()).await;
        assert_eq!(other.status, 201);
        assert_ne!(other.json()["id"], first.json()["id"]);
    }
    // What failed is done when it comes again.
    let wrong = send(
        "ann-key",
        "k3",
        "/v1/conversations",
        json!({"topic": "x", "language": "klingon"}),
    )
    .await;
    wrong.error(400, "INVALID_LANGUAGE");
    assert_eq!(
        send("ann-key", "k3", "/v1/conversations", new.clone()).await.status,
        201
    );
    for bad in ["", &"x".repeat(256)] {
        send("ann-key", bad, "/v1/conversations", new.clone())
            .await
            .error(400, "INVALID_REQUEST");
    }
    send("nobody", "k1", "/v1/conversations", new)
        .await
        .error(401, "UNAUTHORIZED");
}

#[actix_web::test]
async fn a_secret_that_is_told_once_is_told_again_to_whoever_lost_the_answer() {
    let server = server().await;
    let send = |path: &str, body: Value| {
        let request = server.request(Method::POST, path).bearer_auth("ann-key").json(&body);
        Answer::to(request.header("Idempotency-Key", path))
    };
    let webhook = json!({"url": "https://example.com/hook", "events": ["conversation.completed"]});
    for (path, body, secret) in [
        ("/v1/webhooks", webhook, "secret"),
        (
            "/v1/api-keys",
            json!({"name": "mine", "scopes": ["read_profile"]}),
            "key",
        ),
    ] {
        let first = send(path, body.clone()).await;
        assert_eq!(first.status, 201, "{}", first.text);
        assert_eq!(send(path, body).await.json()[secret], first.json()[secret]);
    }
    let webhooks = server.get("ann-key", "/v1/webhooks").await;
    assert_eq!(webhooks.json()["webhooks"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn of_requests_that_come_at_once_with_one_key_one_is_done() {
    let server = server().await;
    let send = || {
        let request = server.request(Method::POST, "/v1/conversations").bearer_auth("ann-key");
        Answer::to(
            request
                .json(&json!({"topic": "restaurant"}))
                .header("Idempotency-Key", "same"),
        )
    };
    let answers = futures::future::join_all((0..8).map(|_| send())).await;
    let made: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert!(!made.is_empty());
    assert!(made.iter().all(|answer| answer.text == made[0].text));
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        refused.error(409, "CONFLICT");
    }
}

#[actix_web::test]
async fn an_answer_is_told_again_only_to_the_credential_that_got_it() {
    let server = server().await;
    let send = async |token: &str, path: &str, body: &Value| {
        let request = server.request(Method::POST, path).bearer_auth(token).json(body);
        Answer::to(request.header("Idempotency-Key", "k1")).await
    };
    let narrow = json!({"name": "narrow", "scopes": ["read_profile"]});
    let narrow = server.post("ann-key", "/v1/api-keys", &narrow).await.json();
    let narrow = narrow["key"].as_str().unwrap();
    for (path, body) in [
        (
            "/v1/api-keys",
            json!({"name": "wide", "scopes": ["manage_conversations"]}),
        ),
        (
            "/v1/webhooks",
            json!({"url": "https://example.com/hook", "events": ["conversation.completed"]}),
        ),
    ] {
        let send = async |token| {
            let request = server.request(Method::POST, path).bearer_auth(token).json(&body);
            Answer::to(request.header("Idempotency-Key", path)).await
        };
        assert_eq!(send("ann-key").await.status, 201);
        let refused = send(narrow).await;
        refused.error(403, "FORBIDDEN");
        assert!(!refused.headers.contains_key("idempotent-replayed"));
    }
    // Another key of hers does it once more.
    let new = json!({"topic": "restaurant"});
    let first = send("ann-key", "/v1/conversations", &new).await;
    let wide = json!({"name": "wide", "scopes": ["manage_conversations"]});
    let wide = server.post("ann-key", "/v1/api-keys", &wide).await.json();
    let other = send(wide["key"].as_str().unwrap(), "/v1/conversations", &new).await;
    assert_eq!(other.status, 201);
    assert_ne!(other.json()["id"], first.json()["id"]);
}

#[actix_web::test]
async fn without_a_credential_document_003_creates_once_for_a_guest_who_names_themselves() {
    let server = server().await;
    let send = |body: Value| {
        let request = server.request(Method::POST, "/api/conversations").json(&body);
        Answer::to(request.header("Idempotency-Key", "same"))
    };
    let named = json!({"targetLanguageId": "ja", "guestId": "guest_of-the-test"});
    let first = send(named.clone()).await;
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(send(named).await.text, first.text);
    // Somebody else behind the same address is not told who the first one is.
    let unnamed = json!({"targetLanguageId": "ja"});
    let (one, other) = (send(unnamed.clone()).await, send(unnamed).await);
    assert_eq!((one.status, other.status), (200, 200));
    let id = |answer: &Answer| answer.json()["data"]["conversation"]["id"].clone();
    assert_ne!(id(&one), id(&other));
}

#[actix_web::test]
async fn the_changelog_is_markdown_for_programs_and_a_page_for_people() {
    let server = server().await;
    let text = Answer::to(server.request(Method::GET, "/changelog")).await;
    assert_eq!(text.status, 200);
    assert!(text.header("content-type").starts_with("text/markdown"));
    assert!(text.text.starts_with("# Changelog"));
    let page = Answer::to(server.request(Method::GET, "/changelog").header("Accept", "text/html")).await;
    assert!(page.text.contains("<h1>Changelog</h1>"));
}
