//! Rate limits over HTTP.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::forms::Forms;
use crate::oauth::{SECRET, register};
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
async fn guesses_cost_their_address_and_hold_nobody_up_who_need_not_guess() {
    let server = limited().set("RATE_LIMIT_AUTH", "5/day").start().await;
    let ask = async |token: &str| server.get(token, "/v1/content/topics").await;
    let guest = server.guest().await;
    // A key that was not shown before might be a guess; then it is known.
    for _ in 0..3 {
        assert_eq!(ask("ann-key").await.status, 200);
    }
    for guess in 1..=4 {
        ask(&format!("guess-{guess}")).await.error(401, "UNAUTHORIZED");
    }
    let refused = ask("guess-5").await;
    refused.error(429, "RATE_LIMITED");
    assert_eq!(number(&refused, "x-ratelimit-limit"), 5);
    assert_eq!(number(&refused, "x-ratelimit-remaining"), 0);
    assert!(number(&refused, "retry-after") > 60);
    // On any surface, and also if it would have been right: otherwise guessing would go on.
    let flat = server.get("guess-6", "/api/conversations?id=x").await;
    assert_eq!((flat.status, &flat.json()["success"]), (429, &json!(false)));
    ask("bob-key").await.error(429, "RATE_LIMITED");
    // Whoever is known, or shows a token of this server, guesses nothing.
    assert_eq!(ask("ann-key").await.status, 200);
    assert_eq!(ask(&guest).await.status, 200);
}

#[actix_web::test]
async fn a_credential_gives_nobody_more_new_guests() {
    let server = limited().set("RATE_LIMIT_AUTH", "5/day").start().await;
    let ask = async |token: String| {
        let request = server.request(Method::POST, "/v1/guests").bearer_auth(token);
        Answer::to(request).await
    };
    for number in 1..=5 {
        assert_eq!(ask(number.to_string()).await.status, 201);
    }
    ask("another".to_owned()).await.error(429, "RATE_LIMITED");
    ask("ann-key".to_owned()).await.error(429, "RATE_LIMITED");
}

#[actix_web::test]
async fn a_path_counts_as_what_it_is_however_it_is_written() {
    let server = limited()
        .set("RATE_LIMIT_AUTH", "11/day")
        .set("RATE_LIMIT_CONVERSATIONS", "12/day")
        .set("RATE_LIMIT_VOICE", "13/day")
        .set("RATE_LIMIT_PROGRESS", "14/day")
        .set("RATE_LIMIT_GENERAL", "15/day")
        .set("RATE_LIMIT_ADDRESS", "16/day")
        .start()
        .await;
    for (method, path, limit) in [
        (Method::POST, "/v1/%67uests", 11),
        (Method::POST, "/%6fauth/token", 11),
        (Method::GET, "/v1/%63onversations", 12),
        (Method::POST, "/%76%31/voice/analyze", 13),
        (Method::GET, "/v1/leader%62oards", 14),
        (Method::GET, "/%761/users/me", 15),
        (Method::GET, "/%6civekit/start-conversation", 15),
        (Method::GET, "/%61pi/conversations?id=x", 16),
        (Method::GET, "/%77s", 16),
    ] {
        // As a browser asks for pages, which are not counted.
        let request = server.request(method, path).header("Accept", "text/html");
        let answer = Answer::to(request.bearer_auth("ann-key")).await;
        assert_eq!(number(&answer, "x-ratelimit-limit"), limit, "{path}: {answer:?}");
        let anonymous = Answer::to(server.request(Method::GET, path)).await;
        match path {
            "/%61pi/conversations?id=x" => assert_eq!(anonymous.json()["success"], false),
            "/%6civekit/start-conversation" => assert!(anonymous.json()["detail"].is_string()),
            "/%6fauth/token" => assert!(anonymous.json()["error"].is_string()),
            _ => assert!(anonymous.json()["error"]["code"].is_string(), "{anonymous:?}"),
        }
    }
    let part = json!({"id": "a", "method": "GET", "path": "/v1/%63onversations"});
    let batch = json!({"requests": vec![part; 12]});
    let answer = server.post("ann-key", "/v1/batch", &batch).await;
    let responses = answer.json()["responses"].clone();
    assert_eq!(
        (&responses[10]["status"], &responses[11]["status"]),
        (&json!(200), &json!(429))
    );
}

#[actix_web::test]
async fn an_application_that_has_shown_its_secret_has_a_share_of_its_own() {
    let server = limited().set("RATE_LIMIT_AUTH", "4/day").start().await;
    let client = register(&server, true).await;
    let ask = async |secret: &str| {
        let body = json!({"token": "x", "client_id": client, "client_secret": secret});
        Answer::to(server.request(Method::POST, "/oauth/introspect").json(&body)).await
    };
    // The first time, it might be a guess.
    assert_eq!(ask(SECRET).await.status, 200);
    for _ in 0..3 {
        assert_eq!(ask("cls_wrong").await.status, 401);
    }
    assert_eq!(ask("cls_wrong").await.status, 429);
    // Its own share is used up by itself alone.
    for left in [3, 2, 1, 0] {
        let answer = ask(SECRET).await;
        assert_eq!((answer.status, number(&answer, "x-ratelimit-remaining")), (200, left));
    }
    let refused = ask(SECRET).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]),
        (429, &json!("temporarily_unavailable"))
    );
}

#[actix_web::test]
async fn browsers_of_one_address_each_have_tokens_of_their_own() {
    let server = limited().set("RATE_LIMIT_GENERAL", "8/day").start().await;
    // Opening the page to sign up counts for the address, as these browsers ask for it.
    let (carol, dave) = (
        Forms::of(&server, "carol@example.com").await,
        Forms::of(&server, "dave@example.com").await,
    );
    for _ in 0..8 {
        assert_eq!(carol.token(&json!({})).await.status, 200);
    }
    carol.token(&json!({})).await.error(429, "RATE_LIMITED");
    assert_eq!(dave.token(&json!({})).await.status, 200);
    // Whether somebody is signed in may always be asked.
    assert_eq!(carol.get("/session").await.json()["signed_in"], true);
    assert_eq!(Forms::at(&server).get("/session").await.json()["signed_in"], false);
}

#[actix_web::test]
async fn a_browser_is_told_by_a_page_that_it_was_too_fast() {
    let server = limited().set("RATE_LIMIT_AUTH", "1/day").start().await;
    let ask = |accept| {
        let form = [("email", "ann@example.com"), ("password", "x")];
        Answer::to(
            server
                .request(Method::POST, "/login")
                .header("Accept", accept)
                .form(&form),
        )
    };
    assert_eq!(ask("text/html").await.status, 403);
    let page = ask("text/html,*/*;q=0.8").await;
    assert_eq!(page.status, 429);
    assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
    assert!(page.text.contains("<h1>That was too fast</h1>"), "{}", page.text);
    assert!(number(&page, "retry-after") > 60);
    ask("*/*").await.error(429, "RATE_LIMITED");
    let authorize = server
        .request(Method::GET, "/oauth/authorize")
        .header("Accept", "text/html");
    let page = Answer::to(authorize).await;
    assert_eq!(page.status, 429);
    assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
}

#[actix_web::test]
async fn without_a_word_an_address_has_a_hundred_a_minute() {
    let server = limited().start().await;
    let began = Instant::now();
    let mut allowed = 0;
    let refused = loop {
        let answer = Answer::to(server.request(Method::GET, "/")).await;
        if answer.status != 200 {
            break answer;
        }
        allowed += 1;
    };
    // One grows back every 600 ms.
    let regrown = began.elapsed().as_millis() / Duration::from_millis(600).as_millis();
    assert!((100..=100 + regrown + 1).contains(&allowed), "{allowed}");
    refused.error(429, "RATE_LIMITED");
    assert_eq!(number(&refused, "x-ratelimit-limit"), 100);
    assert_eq!(refused.header("ratelimit-policy"), "\"minute\";q=100;w=60");
}

#[actix_web::test]
async fn what_an_address_may_ask_of_documents_002_to_004_is_refused_in_each_ones_own_shape() {
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
