//! The profile and its preferences.

use reqwest::Method;
use serde_json::{Value, json};

use crate::learning::practise;
use crate::test_server::{Answer, TestServer};

const ME: &str = "/v1/users/me";
const PREFERENCES: &str = "/v1/users/me/preferences";

async fn server() -> TestServer {
    TestServer::builder()
        .set("API_KEYS", "ann:jane.doe@example.com,bob:bob@example.com")
        .start()
        .await
}

async fn patch(server: &TestServer, path: &str, body: &Value) -> Answer {
    Answer::to(server.request(Method::PATCH, path).bearer_auth("ann").json(body)).await
}

/// The keys of an object, in order of the alphabet.
fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[actix_web::test]
async fn a_profile_is_as_the_document_shows_it_with_stats_of_what_was_done() {
    let server = server().await;
    practise(&server, "ann", "french", 25).await;
    practise(&server, "ann", "spanish", 5).await;
    let answer = server.get("ann", ME).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let me = answer.json();
    let expected = [
        "avatar_url",
        "created_at",
        "email",
        "id",
        "last_active",
        "name",
        "preferences",
        "stats",
        "subscription",
        "time_zone",
    ];
    assert_eq!(keys(&me), expected);
    assert!(me["id"].as_str().unwrap().starts_with("user_"));
    assert_eq!(me["email"], "jane.doe@example.com");
    assert_eq!(me["name"], "Jane Doe");
    for time in ["created_at", "last_active"] {
        assert!(me[time].as_str().unwrap().ends_with('Z'), "{time}");
    }
    assert_eq!(
        me["subscription"],
        json!({"plan": "free", "status": "active", "expires_at": null})
    );
    let preferred = [
        "daily_goal",
        "native_language",
        "preferred_topics",
        "proficiency_level",
        "target_language",
    ];
    assert_eq!(keys(&me["preferences"]), preferred);
    let stats = &me["stats"];
    assert_eq!(stats["total_conversations"], 2);
    assert_eq!(stats["total_time_minutes"], 30);
    assert_eq!(stats["current_streak"], 1);
    assert_eq!(stats["xp_total"], 30 * 4 + 50 + 20 + 50 + 100 + 200);
    // Nobody else's.
    assert_eq!(server.get("bob", ME).await.json()["stats"]["xp_total"], 0);
}

#[actix_web::test]
async fn preferences_change_one_by_one_and_the_native_language_stays() {
    let server = server().await;
    let body = json!({
        "target_language": "french",
        "proficiency_level": "beginner",
        "daily_goal": 20,
        "preferred_topics": ["cooking", "family", "hobbies"],
    });
    let answer = patch(&server, PREFERENCES, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let changed = answer.json();
    assert_eq!(keys(&changed), ["id", "preferences", "updated_at"]);
    let mut expected = body.clone();
    expected["native_language"] = json!("english");
    assert_eq!(changed["preferences"], expected);

    let changed = patch(&server, PREFERENCES, &json!({"daily_goal": 45})).await.json();
    expected["daily_goal"] = json!(45);
    assert_eq!(changed["preferences"], expected);
    assert_eq!(server.get("ann", ME).await.json()["preferences"], expected);

    // They are what a conversation begins with.
    let made = server
        .post("ann", "/v1/conversations", &json!({"topic": "restaurant"}))
        .await;
    assert_eq!(made.json()["language"], "french");
}

#[actix_web::test]
async fn preferences_that_make_no_sense_change_nothing() {
    let server = server().await;
    let before = server.get("ann", ME).await.json()["preferences"].clone();
    let error = patch(
        &server,
        PREFERENCES,
        &json!({"daily_goal": 9, "target_language": "klingon"}),
    )
    .await
    .error(400, "INVALID_LANGUAGE");
    assert_eq!(error["message"], "The specified language 'klingon' is not supported");
    assert_eq!(error["details"]["provided_language"], "klingon");
    for body in [
        json!({"daily_goal": 0}),
        json!({"daily_goal": "x"}),
        json!({"proficiency_level": "?"}),
        json!([1]),
    ] {
        patch(&server, PREFERENCES, &body).await.error(400, "INVALID_REQUEST");
    }
    assert_eq!(server.get("ann", ME).await.json()["preferences"], before);
}

#[actix_web::test]
async fn name_picture_and_time_zone_can_be_set() {
    let server = server().await;
    let body = json!({"name": "Jane D", "avatar_url": "https://example.com/jane.png", "time_zone": "Europe/Paris"});
    let answer = patch(&server, ME, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let me = server.get("ann", ME).await.json();
    for (key, value) in body.as_object().unwrap() {
        assert_eq!(me[key], *value, "{key}");
    }
    for body in [
        json!({"time_zone": "Mars/Olympus"}),
        json!({"name": ""}),
        json!({"avatar_url": "data:,x"}),
    ] {
        patch(&server, ME, &body).await.error(400, "INVALID_REQUEST");
    }
    let cleared = patch(&server, ME, &json!({"avatar_url": null})).await.json();
    assert_eq!(cleared["avatar_url"], Value::Null);
    assert_eq!(cleared["name"], "Jane D");
}

#[actix_web::test]
async fn scopes_gate_profile_and_progress() {
    let server = server().await;
    let key = |scope: &'static str| {
        let server = &server;
        async move {
            let made = server
                .post("ann", "/v1/api-keys", &json!({"name": "x", "scopes": [scope]}))
                .await;
            made.json()["key"].as_str().unwrap().to_owned()
        }
    };
    let (profile, progress) = (key("read_profile").await, key("read_progress").await);
    let of_progress = [
        "/v1/users/me/progress",
        "/v1/users/me/achievements",
        "/v1/users/me/vocabulary",
        "/v1/leaderboards",
    ];
    assert_eq!(server.get(&profile, ME).await.status, 200);
    server.get(&progress, ME).await.error(403, "FORBIDDEN");
    for path in of_progress {
        assert_eq!(server.get(&progress, path).await.status, 200, "{path}");
        server.get(&profile, path).await.error(403, "FORBIDDEN");
        Answer::to(server.request(Method::GET, path))
            .await
            .error(401, "UNAUTHORIZED");
        Answer::to(server.request(Method::POST, path))
            .await
            .error(405, "METHOD_NOT_ALLOWED");
    }
    server.get(&profile, "/v1/conversations").await.error(403, "FORBIDDEN");
}
