//! Rate limits over HTTP.

use reqwest::Method;
use serde_json::json;

use crate::test_server::{Answer, Builder, TestServer};

fn limited() -> Builder {
    TestServer::builder()
        .set("RATE_LIMITS", "on")
        .set("API_KEYS", "ann-key:ann@example.com,bob-key:bob@example.com")
}

fn number(answer: &Answer, header: &str) -> i64 {
    answer.header(header).parse().unwrap()
}

#[actix_web::test]
async fn of_ten_a_minute_with_a_burst_of_twenty_the_twenty_first_is_refused() {
    let server = limited().start().await;
    for spent in 1..=20 {
        let answer = Answer::to(server.request(Method::POST, "/v1/guests")).await;
        assert_eq!(answer.status, 201);
        assert_eq!(number(&answer, "x-ratelimit-limit"), 20);
        // One grows back every 6 s.
        assert!((20 - spent..=20 - spent + 3).contains(&number(&answer, "x-ratelimit-remaining")));
    }
    let refused = loop {
        let answer = Answer::to(server.request(Method::POST, "/v1/guests")).await;
        if answer.status != 201 {
            break answer;
        }
    };
    let error = refused.error(429, "RATE_LIMITED");
    assert!((1..=6).contains(&number(&refused, "retry-after")));
    assert_eq!(error["details"]["retry_after"], number(&refused, "retry-after"));
    assert_eq!(number(&refused, "x-ratelimit-remaining"), 0);
    assert_eq!(refused.header("ratelimit-policy"), "\"minute\";q=20;w=120");
    assert!(refused.header("ratelimit").starts_with("\"minute\";r=0;t="));
}

#[actix_web::test]
async fn each_credential_and_each_category_has_a_share_of_its_own() {
    let server = limited().set("RATE_LIMIT_CONVERSATIONS", "60/day 3/hour").start().await;
    let new = json!({"topic": "restaurant"});
    for _ in 0..3 {
        let answer = server.post("ann-key", "/v1/conversations", &new).await;
        assert_eq!(answer.status, 201);
        assert_eq!(number(&answer, "x-ratelimit-limit"), 60);
    }
    let refused = server.post("ann-key", "/v1/conversations", &new).await;
    refused.error(429, "RATE_LIMITED");
    // Headers report the longer window, and both where there is room for both.
    assert_eq!(number(&refused, "x-ratelimit-remaining"), 57);
    assert!(refused.header("ratelimit").contains("\"hour\";r=0;"));
    assert_eq!(server.post("bob-key", "/v1/conversations", &new).await.status, 201);
    let topics = server.get("ann-key", "/v1/content/topics").await;
    assert_eq!(topics.status, 200);
    assert_eq!(number(&topics, "x-ratelimit-limit"), 1000);
    assert_eq!(number(&topics, "x-ratelimit-remaining"), 999);
}

#[actix_web::test]
async fn every_answer_tells_the_limits_also_when_they_are_lifted() {
    for switch in ["on", "off"] {
        let server = limited().set("RATE_LIMITS", switch).start().await;
        let anonymous = |method, path| Answer::to(server.request(method, path));
        for (answer, status) in [
            (server.get("ann-key", "/v1/content/topics").await, 200),
            (anonymous(Method::GET, "/v1/content/topics").await, 401),
            (anonymous(Method::GET, "/nowhere").await, 404),
            (anonymous(Method::PUT, "/v1/guests").await, 405),
            (anonymous(Method::GET, "/health").await, 200),
            (anonymous(Method::GET, "/api/conversations?id=x").await, 404),
        ] {
            assert_eq!(answer.status, status, "{answer:?}");
            let (limit, left) = (
                number(&answer, "x-ratelimit-limit"),
                number(&answer, "x-ratelimit-remaining"),
            );
            assert!(left <= limit && left > 0, "{answer:?}");
            assert!(number(&answer, "x-ratelimit-reset") > 1_700_000_000);
            assert!(!answer.header("ratelimit-policy").is_empty());
        }
    }
    let server = limited()
        .set("RATE_LIMITS", "off")
        .set("RATE_LIMIT_GENERAL", "2/hour")
        .start()
        .await;
    for left in [1, 0, 0, 0] {
        let answer = server.get("ann-key", "/v1/content/topics").await;
        assert_eq!(answer.status, 200);
        assert_eq!(number(&answer, "x-ratelimit-remaining"), left);
    }
}

#[actix_web::test]
async fn an_address_has_a_hundred_a_minute_of_documents_002_to_004_each_refused_in_its_own_shape() {
    let server = limited().set("RATE_LIMIT_ADDRESS", "100/hour").start().await;
    for _ in 0..100 {
        let answer = Answer::to(server.request(Method::GET, "/")).await;
        assert_eq!(answer.status, 200);
    }
    let flat = Answer::to(server.request(Method::GET, "/api/conversations?id=x")).await;
    assert_eq!(flat.status, 429);
    assert_eq!(flat.json()["success"], false);
    assert!(flat.json()["error"].is_string());
    let session = Answer::to(server.request(Method::POST, "/api/session/start")).await;
    assert_eq!(session.status, 429);
    assert!(session.json()["detail"].is_string());
    Answer::to(server.request(Method::GET, "/"))
        .await
        .error(429, "RATE_LIMITED");
    // Health is not limited, nor is the page.
    assert_eq!(Answer::to(server.request(Method::GET, "/health")).await.status, 200);
    let page = server.request(Method::GET, "/").header("Accept", "text/html");
    assert_eq!(Answer::to(page).await.status, 200);
}

#[actix_web::test]
async fn addresses_behind_a_trusted_proxy_are_told_apart_and_others_are_not_believed() {
    for (trusted, statuses) in [("127.0.0.0/8", [200, 429, 200]), ("", [200, 429, 429])] {
        let server = limited()
            .set("RATE_LIMIT_ADDRESS", "1/hour")
            .set("TRUSTED_PROXIES", trusted)
            .start()
            .await;
        let from = |address: &str| {
            let request = server.request(Method::GET, "/").header("X-Forwarded-For", address);
            Answer::to(request)
        };
        let answers = [
            from("9.9.9.9, 198.51.100.1").await.status,
            from("198.51.100.1").await.status,
            from("198.51.100.2").await.status,
        ];
        assert_eq!(answers, statuses, "{trusted}");
    }
}

#[actix_web::test]
async fn pages_of_other_origins_read_the_headers_and_the_refusal() {
    let server = limited().set("RATE_LIMIT_GENERAL", "1/hour").start().await;
    let ask = || {
        let request = server.request(Method::GET, "/v1/content/topics").bearer_auth("ann-key");
        Answer::to(request.header("Origin", "http://localhost:3000"))
    };
    assert_eq!(ask().await.status, 200);
    let refused = ask().await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("access-control-allow-origin"), "http://localhost:3000");
    let exposed = refused.header("access-control-expose-headers").to_ascii_lowercase();
    for name in ["x-ratelimit-remaining", "ratelimit", "retry-after"] {
        assert!(exposed.contains(name), "{name} in {exposed}");
    }
}
