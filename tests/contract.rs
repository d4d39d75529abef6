//! Rows of the contract that no other test is about, and the list of what proves each row: `docs/contract.md`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use sqlx::Row;

use crate::test_server::{Answer, TestServer};
use crate::websocket::Socket;

const LIST: &str = include_str!("../docs/contract.md");
const RECORDING: &[u8] = include_bytes!("data/sound/answer.webm");
/// How many rows each document has.
const ROWS: [(char, usize); 5] = [('0', 72), ('1', 14), ('2', 22), ('3', 22), ('4', 15)];
/// The only ones that may be open without a test of their own: client libraries, assessment, Rust.
const OPEN: [&str; 9] = [
    "0.080", "0.081", "0.082", "0.083", "0.084", "0.085", "0.086", "0.087", "2.022",
];

/// The rows: number and proof.
fn rows() -> Vec<(&'static str, &'static str)> {
    let lines = LIST.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = lines.map(|line| line.trim_end_matches(" |").split(" | ").collect::<Vec<_>>());
    let rows = cells.filter(|cells| cells[0].starts_with(|c: char| c.is_ascii_digit()));
    rows.map(|cells| (cells[0], *cells.last().unwrap())).collect()
}

/// What stands between backticks and is the path of a test.
fn tests_in(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|name| name.contains("::"))
}

#[test]
fn every_row_is_there_once_and_every_test_that_is_named_exists() {
    let rows = rows();
    let numbers: BTreeSet<&str> = rows.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers.len(), rows.len(), "a row is there twice");
    for (document, count) in ROWS {
        let found = numbers.iter().filter(|number| number.starts_with(document)).count();
        assert_eq!(found, count, "document 00{document}");
    }
    for (number, proof) in rows {
        let is_open = proof.starts_with("open: ") || proof.starts_with("n/a: ");
        assert_eq!(is_open, OPEN.contains(&number), "{number}: {proof}");
        assert!(is_open || tests_in(proof).next().is_some(), "{number}: {proof}");
    }
    for name in tests_in(LIST) {
        assert!(exists(name), "there is no test {name}");
    }
}

/// Whether a module, of these tests or of the server, has a test of that name.
fn exists(name: &str) -> bool {
    let (module, test) = name.rsplit_once("::").unwrap();
    let module = module.strip_suffix("::tests").unwrap_or(module).replace("::", "/");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = ["tests", "src"].into_iter().flat_map(|dir| -> [PathBuf; 3] {
        [".rs", "/mod.rs", "/tests.rs"].map(|end| root.join(dir).join(format!("{module}{end}")))
    });
    let is_test = |source: String| {
        let parts: Vec<&str> = source.split(&format!("fn {test}(")).collect();
        let before = parts.len() > 1 && parts[0].trim_end().trim_end_matches("async").trim_end().ends_with(']');
        before && parts[0].rsplit("\n\n").next().is_some_and(|head| head.contains("test"))
    };
    files.filter_map(|file| fs::read_to_string(file).ok()).any(is_test)
}

#[actix_web::test]
async fn oauth_answers_beside_the_platform_and_not_under_it() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    assert_eq!(server.get(&token, "/oauth/jwks").await.status, 200);
    assert_eq!(server.get(&token, "/v1/content/topics").await.status, 200);
    for path in ["/v1/oauth/jwks", "/v1/oauth/token", "/content/topics", "/users/me"] {
        server.get(&token, path).await.error(404, "NOT_FOUND");
    }
}

#[actix_web::test]
async fn every_topic_and_difficulty_that_the_documents_use_is_taken_and_given_back() {
    let server = TestServer::scripted().start().await;
    let token = server.guest().await;
    let topics = [
        ("ordering_food_restaurant", Some("restaurant_server")),
        ("restaurant_ordering", Some("restaurant_server")),
        ("restaurant", Some("restaurant_server")),
        ("coffee_shop", None),
        ("business_meeting", None),
    ];
    for (topic, role) in topics {
        for difficulty in ["beginner", "intermediate", "advanced", "business_intermediate"] {
            let body = json!({"topic": topic, "difficulty": difficulty, "language": "french"});
            let made = server.post(&token, "/v1/conversations", &body).await;
            assert_eq!(made.status, 201, "{topic}: {}", made.text);
            let made = made.json();
            assert_eq!(
                (&made["topic"], &made["difficulty"]),
                (&body["topic"], &body["difficulty"])
            );
            let played = made["ai_persona"]["role"].as_str().unwrap();
            match role {
                Some(role) => assert_eq!(played, role, "{topic}"),
                None => assert!(!played.is_empty() && played != "restaurant_server", "{topic}: {played}"),
            }
        }
    }
}

#[actix_web::test]
async fn the_catalogue_has_every_achievement_that_the_document_names() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let found = server.get(&token, "/v1/users/me/achievements").await.json();
    assert_eq!(found["achievements"], json!([]), "nothing was done yet");
    let all = found["available_achievements"].as_array().unwrap();
    let named = |id: &str| {
        let found = all.iter().find(|one| one["id"] == id);
        found.unwrap_or_else(|| panic!("no {id} in {all:#?}"))
    };
    for (id, icon, xp, category) in [
        ("first_conversation", "🎉", 50, "milestone"),
        ("week_streak_1", "🔥", 100, "consistency"),
        ("pronunciation_perfect_10", "🎯", 200, "skill"),
        ("restaurant_master", "🍽️", 150, "topic"),
    ] {
        let one = named(id);
        let told = (&one["icon"], &one["xp_reward"], &one["category"]);
        assert_eq!(told, (&json!(icon), &json!(xp), &json!(category)), "{id}");
        for text in ["name", "description"] {
            let quoted = format!("\"{text}\": {}", one[text]);
            let document = crate::clients::document::PLATFORM;
            assert!(document.contains(&quoted), "{id}: the document has no {quoted}");
        }
    }
    assert_eq!(named("restaurant_master")["progress"]["required"], 5);
    for id in [
        "first_restaurant_conversation",
        "perfect_pronunciation_streak_5",
        "restaurant_novice",
    ] {
        assert!(named(id)["xp_reward"].as_u64().unwrap() > 0);
    }
}

#[actix_web::test]
async fn each_part_of_the_platform_has_the_limits_of_the_documents_table() {
    let server = TestServer::builder().set("RATE_LIMITS", "on").start().await;
    let token = server.guest().await;
    let ask = |method: Method, path: &str| Answer::to(server.request(method, path).bearer_auth(&token));
    for (method, path, limit, policy) in [
        (Method::POST, "/v1/guests", "20", "\"minute\";q=20;w=120"),
        (
            Method::GET,
            "/v1/conversations",
            "60",
            "\"hour\";q=60;w=3600, \"minute\";q=10;w=60",
        ),
        (
            Method::GET,
            "/v1/voice/exercises",
            "30",
            "\"hour\";q=30;w=3600, \"minute\";q=5;w=60",
        ),
        (
            Method::GET,
            "/v1/users/me/progress",
            "100",
            "\"hour\";q=100;w=3600, \"minute\";q=20;w=60",
        ),
        (
            Method::GET,
            "/v1/users/me",
            "1000",
            "\"hour\";q=1000;w=3600, \"minute\";q=50;w=60",
        ),
    ] {
        let answer = ask(method, path).await;
        assert!(answer.status < 300, "{path}: {}", answer.text);
        assert_eq!(answer.header("x-ratelimit-limit"), limit, "{path}");
        assert_eq!(answer.header("ratelimit-policy"), policy, "{path}");
    }
}

#[actix_web::test]
async fn where_storage_fails_each_document_has_its_own_500() {
    let server = TestServer::scripted().start().await;
    let token = server.guest().await;
    let id = server.conversation(&token).await;
    let session = json!({"scenario": "restaurant", "language": "french"});
    let started = server.post(&token, "/api/session/start", &session).await.json();
    let session_id = started["sessionId"].as_str().unwrap();
    let new = json!({"targetLanguageId": "fr"});
    let flat = server.post(&token, "/api/conversations", &new).await.json();
    let flat = flat["data"]["conversation"]["id"].as_str().unwrap().to_owned();
    let said = json!({"conversationId": flat, "role": "user", "content": "Bonjour"});
    assert_eq!(
        server.post(&token, "/api/conversation-messages", &said).await.status,
        200
    );

    server.rows("UPDATE messages SET analysis = 'no JSON'").await;
    let history = server.get(&token, &format!("/v1/conversations/{id}/messages")).await;
    history.error(500, "INTERNAL_ERROR");
    let path = format!("/api/conversation-messages?conversationId={flat}");
    let messages = server.get(&token, &path).await;
    assert_eq!((messages.status, &messages.json()["success"]), (500, &json!(false)));
    assert!(messages.json()["error"].is_string());

    let path = format!("/livekit/ws/chat/{id}");
    let address = server.running.http_addr;
    let mut chat = Socket::connect(address, &path, Some(&token)).await.unwrap();
    server.rows("ALTER TABLE messages RENAME TO lost").await;
    chat.say(&json!({"type": "text", "content": "Bonsoir"})).await;
    let told = chat.next().await;
    assert_eq!(
        told.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["error"],
        "{told}"
    );
    let nothing = json!({});
    let detail = |words: &str| json!({ "detail": words });
    for (path, body, words) in [
        ("/livekit/start-conversation", &nothing, "Failed to start conversation"),
        (
            &format!("/livekit/end-conversation/{id}"),
            &nothing,
            "Failed to end conversation",
        ),
        ("/api/session/start", &session, "Failed to initialize session"),
    ] {
        let answer = server.post(&token, path, body).await;
        assert_eq!((answer.status, answer.json()), (500, detail(words)), "{path}");
    }
    let form = Form::new().part("audio", Part::bytes(RECORDING).file_name("a.webm"));
    let turn = server.request(Method::POST, &format!("/api/session/{session_id}/process"));
    let turn = Answer::to(turn.bearer_auth(&token).multipart(form)).await;
    assert_eq!((turn.status, turn.json()), (500, detail("Processing failed")));

    // Nor is there anybody to ask whose credential it is.
    server.rows("ALTER TABLE users RENAME TO lost_users").await;
    for (path, words) in [
        ("/livekit/start-conversation", "Failed to start conversation"),
        (&format!("/livekit/end-conversation/{id}"), "Failed to end conversation"),
    ] {
        let answer = server.post(&token, path, &nothing).await;
        assert_eq!((answer.status, answer.json()), (500, detail(words)), "{path}");
    }
}

#[actix_web::test]
async fn ogg_is_read_too() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let file = Part::bytes(include_bytes!("data/sound/answer.ogg").as_slice()).file_name("a.ogg");
    let form = Form::new().text("text", "I would like a table for two, please.");
    let form = form.text("language", "english").part("audio", file);
    let request = server.request(Method::POST, "/v1/voice/analyze").bearer_auth(&token);
    let answer = Answer::to(request.multipart(form)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let fluency = &answer.json()["detailed_analysis"]["fluency"];
    assert!(fluency["pauses"].is_u64() && fluency["filler_words"] == 0, "{fluency}");
}

#[actix_web::test]
async fn a_session_is_kept_with_the_fields_of_the_document() {
    let server = TestServer::scripted().start().await;
    let body = json!({"scenario": "restaurant", "language": "french"});
    let request = server.request(Method::POST, "/api/session/start").json(&body);
    let id = Answer::to(request).await.json()["sessionId"].clone();
    let query = "SELECT s.conversation_id AS id, s.audio_counter, s.created_at, s.last_activity, c.topic, c.persona \
                 FROM sessions s JOIN conversations c ON c.id = s.conversation_id";
    let kept = server.rows(query).await;
    assert_eq!(kept.len(), 1);
    let (text, number) = (
        |name: &str| kept[0].get::<String, _>(name),
        |name: &str| kept[0].get::<i64, _>(name),
    );
    assert_eq!(json!(text("id")), id);
    assert_eq!(number("audio_counter"), 0);
    assert!(number("created_at") > 1_700_000_000_000 && number("last_activity") >= number("created_at"));
    // Whom the learner talks to: the document's `chatbot`.
    assert_eq!(text("topic"), "restaurant");
    let persona: Value = serde_json::from_str(&text("persona")).unwrap();
    assert!(persona["name"].is_string(), "{persona}");
}

#[actix_web::test]
async fn how_a_session_was_extended_is_kept_with_it() {
    let server = TestServer::scripted().start().await;
    let post = async |path: &str, body: Value| {
        let answer = Answer::to(server.request(Method::POST, path).json(&body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["data"].clone()
    };
    let made = post(
        "/api/conversations",
        json!({"targetLanguageId": "ja", "deviceType": "tablet"}),
    )
    .await;
    let end = json!({
        "conversationId": made["conversation"]["id"], "sessionId": made["sessionId"],
        "durationSeconds": 300, "wasExtended": true, "extensionsUsed": 2,
    });
    post("/api/conversation-end", end).await;
    let kept = server
        .rows("SELECT id, device_type, duration_seconds, was_extended, extensions_used FROM flat_sessions")
        .await;
    assert_eq!(kept.len(), 1);
    assert_eq!(json!(kept[0].get::<String, _>("id")), made["sessionId"]);
    assert_eq!(kept[0].get::<String, _>("device_type"), "tablet");
    let number = |name: &str| kept[0].get::<i64, _>(name);
    assert_eq!(
        (
            number("duration_seconds"),
            number("was_extended"),
            number("extensions_used")
        ),
        (300, 1, 2)
    );
}

#[test]
fn the_pages_that_document_004_links_to_are_there() {
    let document = crate::clients::document::SOCKET;
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (link, heading) in [
        ("(deployment.md#troubleshooting)", Some("## Troubleshooting")),
        ("(quick-start.md)", None),
    ] {
        assert!(document.contains(link), "{link}");
        let file = link.trim_matches(['(', ')']).split('#').next().unwrap();
        let page = fs::read_to_string(docs.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        if let Some(heading) = heading {
            assert!(page.lines().any(|line| line == heading), "{file} has no {heading}");
        }
    }
}
