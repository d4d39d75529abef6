//! Conversations of document 003: made, changed, ended and deleted.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Row;

use super::{CONVERSATIONS, END, MESSAGE, MESSAGES, ask, data, error, id, server, start};
use crate::test_server::Answer;

#[actix_web::test]
async fn a_conversation_is_started_as_the_documents_example_starts_it() {
    let server = server().await;
    let body = json!({"targetLanguageId": "ja", "title": "Japanese Practice Session", "mode": "realtime", "deviceType": "mobile"});
    let made = start(&server, None, body).await;
    assert_eq!(
        uuid::Uuid::parse_str(made["sessionId"].as_str().unwrap())
            .unwrap()
            .get_version_num(),
        4
    );
    let conversation = &made["conversation"];
    assert_eq!(
        uuid::Uuid::parse_str(conversation["id"].as_str().unwrap())
            .unwrap()
            .get_version_num(),
        4
    );
    assert!(!conversation["guestId"].as_str().unwrap().is_empty());
    assert!(conversation["startedAt"].as_str().unwrap().ends_with('Z'));
    let expected = json!({
        "id": conversation["id"], "userId": null, "guestId": conversation["guestId"], "targetLanguageId": "ja",
        "title": "Japanese Practice Session", "mode": "realtime", "voice": null, "scenarioId": null,
        "isOnboarding": "true", "startedAt": conversation["startedAt"], "endedAt": null, "durationSeconds": null,
        "messageCount": 0, "audioSeconds": null, "comfortRating": null, "engagementLevel": null,
    });
    assert_eq!(*conversation, expected);

    // What is left out.
    let made = start(&server, None, json!({"targetLanguageId": "ja"})).await;
    assert_eq!(
        (&made["conversation"]["mode"], &made["conversation"]["isOnboarding"]),
        (&json!("traditional"), &json!("true"))
    );
    let devices = server
        .rows("SELECT device_type FROM flat_sessions ORDER BY device_type")
        .await;
    let devices: Vec<String> = devices.iter().map(|row| row.get("device_type")).collect();
    assert_eq!(devices, ["desktop", "mobile"]);
}

#[actix_web::test]
async fn what_is_missing_or_unknown_is_refused_in_the_envelope() {
    let server = server().await;
    let post = |path: &'static str, body: Value| {
        let server = &server;
        async move { ask(server, None, Method::POST, path, Some(&body)).await }
    };
    assert!(error(&post(CONVERSATIONS, json!({})).await, 400).contains("targetLanguageId"));
    assert!(error(&post(CONVERSATIONS, json!({"targetLanguageId": "klingon"})).await, 400).contains("klingon"));
    error(
        &post(CONVERSATIONS, json!({"targetLanguageId": "ja", "mode": "fast"})).await,
        400,
    );
    error(&post(CONVERSATIONS, json!({"targetLanguageId": 7})).await, 400);
    let malformed = server.request(Method::POST, CONVERSATIONS).body("{\"");
    error(&Answer::to(malformed).await, 400);
    let made = start(&server, None, json!({"targetLanguageId": "french"})).await;
    let id = id(&made);
    for body in [
        json!({"role": "user", "content": "x"}),
        json!({"conversationId": id, "content": "x"}),
        json!({"conversationId": id, "role": "user"}),
        json!({"conversationId": id, "role": "user", "content": " "}),
        json!({"conversationId": id, "role": "teacher", "content": "x"}),
        json!({"conversationId": id, "role": "user", "content": "x\0y"}),
    ] {
        error(&post(MESSAGES, body).await, 400);
    }
    for body in [
        json!({"durationSeconds": 1}),
        json!({"conversationId": id}),
        json!({"conversationId": id, "durationSeconds": "long"}),
        json!({"conversationId": id, "durationSeconds": 1, "comfortRating": 6}),
        json!({"conversationId": id, "durationSeconds": 1, "engagementLevel": "x"}),
    ] {
        error(&post(END, body).await, 400);
    }
    let unknown = uuid::Uuid::new_v4().to_string();
    error(
        &post(END, json!({"conversationId": unknown, "durationSeconds": 1})).await,
        404,
    );
    error(
        &post(
            END,
            json!({"conversationId": id, "durationSeconds": 1, "sessionId": unknown}),
        )
        .await,
        404,
    );
    error(
        &post(
            MESSAGES,
            json!({"conversationId": unknown, "role": "user", "content": "x"}),
        )
        .await,
        404,
    );
    for (method, path) in [
        (Method::GET, format!("{CONVERSATIONS}?id={unknown}")),
        (Method::DELETE, format!("{CONVERSATIONS}?id={unknown}")),
        (Method::GET, format!("{MESSAGE}?id={unknown}")),
        (Method::DELETE, format!("{MESSAGE}?id={unknown}")),
        (Method::GET, format!("{MESSAGES}?conversationId={unknown}")),
        (Method::GET, "/api/nowhere".to_owned()),
    ] {
        error(&ask(&server, None, method, &path, None).await, 404);
    }
    for (method, path) in [
        (Method::PUT, CONVERSATIONS.to_owned()),
        (Method::DELETE, CONVERSATIONS.to_owned()),
        (Method::GET, MESSAGE.to_owned()),
        (Method::GET, MESSAGES.to_owned()),
        (Method::GET, format!("{CONVERSATIONS}?guestId=g&limit=0")),
        (Method::GET, format!("{CONVERSATIONS}?guestId=g&limit=x")),
        (Method::GET, format!("{CONVERSATIONS}?guestId=g&offset=-1")),
        (Method::GET, format!("{MESSAGES}?conversationId={id}&role=teacher")),
    ] {
        error(&ask(&server, None, method, &path, None).await, 400);
    }
    error(&ask(&server, None, Method::PATCH, CONVERSATIONS, None).await, 405);
}

#[actix_web::test]
async fn a_conversation_is_updated_ended_and_deleted_with_its_messages() {
    let server = server().await;
    let made = start(
        &server,
        None,
        json!({"targetLanguageId": "fr", "scenarioId": "restaurant", "isOnboarding": false}),
    )
    .await;
    assert_eq!(made["conversation"]["isOnboarding"], "false");
    let conversation = id(&made);
    let path = format!("{CONVERSATIONS}?id={conversation}");
    let update = json!({
        "title": "T", "mode": "realtime", "voice": "alto", "scenarioId": "coffee_shop", "isOnboarding": true,
        "endedAt": "2024-01-01T00:00:00Z", "durationSeconds": 300, "messageCount": 10, "audioSeconds": "5.5",
        "comfortRating": 4, "engagementLevel": "high",
    });
    let updated = ask(&server, None, Method::PUT, &path, Some(&update)).await;
    let updated = data(&updated, Some("Conversation updated successfully"));
    for (field, value) in update.as_object().unwrap() {
        let shown = if field == "isOnboarding" { &json!("true") } else { value };
        assert_eq!(updated[field], *shown, "{field}");
    }
    for bad in [
        json!({"comfortRating": 6}),
        json!({"engagementLevel": "x"}),
        json!({"endedAt": "soon"}),
    ] {
        error(&ask(&server, None, Method::PUT, &path, Some(&bad)).await, 400);
    }
    // The client's own count goes on from where it set it.
    let body = json!({"conversationId": conversation, "role": "user", "content": "Bonjour"});
    let added = data(&ask(&server, None, Method::POST, MESSAGES, Some(&body)).await, None);
    assert_eq!(added["messageCount"], 11);
    let message = added["message"]["id"].as_str().unwrap();

    let body = json!({
        "conversationId": conversation, "durationSeconds": 300, "audioSeconds": 240.5, "comfortRating": 5,
        "engagementLevel": "medium", "sessionId": made["sessionId"], "wasExtended": true, "extensionsUsed": 2,
    });
    for _ in 0..2 {
        let ended = ask(&server, None, Method::POST, END, Some(&body)).await;
        let ended = data(&ended, Some("Conversation ended successfully"));
        assert_eq!(
            (&ended["durationSeconds"], &ended["audioSeconds"]),
            (&json!(300), &json!(240.5))
        );
        let conversation = &ended["conversation"];
        assert_eq!(conversation["endedAt"], "2024-01-01T00:00:00Z");
        assert_eq!(conversation["audioSeconds"], "240.5");
        assert_eq!(conversation["comfortRating"], 5);
        assert_eq!(conversation["engagementLevel"], "medium");
    }

    let deleted = ask(&server, None, Method::DELETE, &path, None).await;
    assert_eq!(data(&deleted, Some("Conversation deleted successfully")), Value::Null);
    error(&ask(&server, None, Method::GET, &path, None).await, 404);
    error(
        &ask(&server, None, Method::GET, &format!("{MESSAGE}?id={message}"), None).await,
        404,
    );
}

#[actix_web::test]
async fn ending_sets_the_time_and_what_was_left_out_is_null() {
    let server = server().await;
    let made = start(&server, None, json!({"targetLanguageId": "fr"})).await;
    let body = json!({"conversationId": id(&made), "durationSeconds": 12});
    let ended = data(
        &ask(&server, None, Method::POST, END, Some(&body)).await,
        Some("Conversation ended successfully"),
    );
    assert!(ended["conversation"]["endedAt"].is_string());
    assert_eq!(ended["audioSeconds"], Value::Null);
    assert_eq!(ended["conversation"]["audioSeconds"], Value::Null);
}

#[actix_web::test]
async fn an_update_and_an_end_at_once_keep_what_both_say() {
    let server = server().await;
    for round in 0..10 {
        let made = start(&server, None, json!({"targetLanguageId": "fr"})).await;
        let path = format!("{CONVERSATIONS}?id={}", id(&made));
        let title = json!({"title": format!("title {round}"), "voice": "alto"});
        let end = json!({"conversationId": id(&made), "durationSeconds": 300, "comfortRating": 4});
        let (updated, ended) = futures::future::join(
            ask(&server, None, Method::PUT, &path, Some(&title)),
            ask(&server, None, Method::POST, END, Some(&end)),
        )
        .await;
        assert_eq!(
            (updated.status, ended.status),
            (200, 200),
            "{} {}",
            updated.text,
            ended.text
        );
        let kept = data(&ask(&server, None, Method::GET, &path, None).await, None)["conversation"].clone();
        for (field, expected) in [
            ("title", &title["title"]),
            ("voice", &title["voice"]),
            ("durationSeconds", &end["durationSeconds"]),
            ("comfortRating", &end["comfortRating"]),
        ] {
            assert_eq!(kept[field], *expected, "{field} in round {round}");
        }
        assert!(kept["endedAt"].is_string());
    }
}

#[actix_web::test]
async fn another_scenario_begins_anew_and_the_same_one_goes_on() {
    let server = server().await;
    let made = start(
        &server,
        None,
        json!({"targetLanguageId": "fr", "scenarioId": "restaurant"}),
    )
    .await;
    let path = format!("{CONVERSATIONS}?id={}", id(&made));
    server
        .rows("UPDATE conversations SET progress = '{\"step\":1}', topics_covered = '[\"Greeting\"]'")
        .await;
    let change = async |body: Value| {
        let changed = ask(&server, None, Method::PUT, &path, Some(&body)).await;
        data(&changed, Some("Conversation updated successfully"));
        let rows = server
            .rows("SELECT topic, persona, context, progress, topics_covered FROM conversations")
            .await;
        let document = |name: &str| {
            let text: Option<String> = rows[0].get(name);
            text.map(|text| serde_json::from_str::<Value>(&text).unwrap())
        };
        (
            rows[0].get::<String, _>("topic"),
            document("persona").unwrap()["role"].as_str().unwrap().to_owned(),
            document("context").unwrap(),
            document("progress"),
            document("topics_covered").unwrap(),
        )
    };
    let same = change(json!({"scenarioId": "restaurant", "title": "x"})).await;
    assert_eq!(same.0, "restaurant");
    assert_eq!((&same.3, &same.4), (&Some(json!({"step": 1})), &json!(["Greeting"])));
    let other = change(json!({"scenarioId": "coffee_shop"})).await;
    assert_eq!(other.0, "coffee_shop");
    assert_eq!((&other.3, &other.4), (&None, &json!([])));
    assert_ne!(other.1, same.1);
    assert_ne!(other.2, same.2);
    let none = change(json!({"scenarioId": null})).await;
    assert_eq!((none.0.as_str(), none.3), ("open_talk", None));
}

#[actix_web::test]
async fn a_second_end_keeps_what_it_leaves_out() {
    let server = server().await;
    let made = start(&server, None, json!({"targetLanguageId": "fr"})).await;
    let first = json!({
        "conversationId": id(&made), "durationSeconds": 300, "sessionId": made["sessionId"],
        "wasExtended": true, "extensionsUsed": 2,
    });
    let second = json!({"conversationId": id(&made), "durationSeconds": 310});
    let kept = async || {
        let rows = server
            .rows("SELECT duration_seconds, was_extended, extensions_used, ended_at FROM flat_sessions")
            .await;
        ["duration_seconds", "was_extended", "extensions_used", "ended_at"].map(|name| rows[0].get::<i64, _>(name))
    };
    assert_eq!(ask(&server, None, Method::POST, END, Some(&first)).await.status, 200);
    let before = kept().await;
    assert_eq!(before[..3], [300, 1, 2]);
    assert_eq!(ask(&server, None, Method::POST, END, Some(&second)).await.status, 200);
    assert_eq!(kept().await, [310, 1, 2, before[3]]);
    let third = json!({"conversationId": id(&made), "durationSeconds": 310, "wasExtended": false, "extensionsUsed": 0});
    assert_eq!(ask(&server, None, Method::POST, END, Some(&third)).await.status, 200);
    assert_eq!(kept().await[1..3], [0, 0]);
}
