//! Document 003.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Row;

use crate::test_server::{Answer, TestServer};

const CONVERSATIONS: &str = "/api/conversations";
const MESSAGES: &str = "/api/conversation-messages";
const MESSAGE: &str = "/api/conversation-message";
const END: &str = "/api/conversation-end";

async fn server() -> TestServer {
    TestServer::builder()
        .set("API_KEYS", "ann-key:ann@example.com,bob-key:bob@example.com")
        .start()
        .await
}

/// A request of whoever has that token, or of nobody in particular.
async fn ask(server: &TestServer, token: Option<&str>, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let mut request = server.request(method, path);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    Answer::to(request).await
}

/// Checks the envelope of success, and gives what is in it.
fn data(answer: &Answer, message: Option<&str>) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let envelope = answer.json();
    assert_eq!(envelope["success"], true);
    assert!(envelope["timestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!(envelope.get("message").and_then(Value::as_str), message);
    envelope["data"].clone()
}

/// Checks the envelope of an error, and gives what it says.
fn error(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text);
    let envelope = answer.json();
    let fields: Vec<&String> = envelope.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["error", "success", "timestamp"]);
    assert_eq!(envelope["success"], false);
    envelope["error"].as_str().unwrap().to_owned()
}

async fn start(server: &TestServer, token: Option<&str>, body: Value) -> Value {
    let answer = ask(server, token, Method::POST, CONVERSATIONS, Some(&body)).await;
    data(&answer, Some("Conversation started successfully"))
}

fn id(made: &Value) -> String {
    made["conversation"]["id"].as_str().unwrap().to_owned()
}

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
async fn messages_are_added_listed_changed_and_deleted_and_counted() {
    let server = server().await;
    let made = start(&server, None, json!({"targetLanguageId": "ja"})).await;
    let conversation = id(&made);
    let mut ids = Vec::new();
    let said = [
        ("user", "こんにちは、お元気ですか？"),
        ("assistant", "はい、元気です。"),
        ("system", "note"),
        ("user", "よかった"),
    ];
    for (index, (role, content)) in said.iter().enumerate() {
        let body = json!({"conversationId": conversation, "role": role, "content": content});
        let added = data(&ask(&server, None, Method::POST, MESSAGES, Some(&body)).await, None);
        assert_eq!(added["messageCount"], index + 1);
        let message = &added["message"];
        let expected = json!({
            "id": message["id"], "conversationId": conversation, "role": role, "content": content,
            "timestamp": message["timestamp"], "audioUrl": null,
        });
        assert_eq!(*message, expected);
        ids.push(message["id"].as_str().unwrap().to_owned());
    }
    let list = async |query: &str| {
        let path = format!("{MESSAGES}?conversationId={conversation}{query}");
        let answer = ask(&server, None, Method::GET, &path, None).await;
        let listed = data(&answer, None);
        assert_eq!(listed["conversationId"], conversation.as_str());
        let contents: Vec<String> = listed["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["content"].as_str().unwrap().to_owned())
            .collect();
        (contents, answer.json()["pagination"].clone())
    };
    let (all, pagination) = list("").await;
    assert_eq!(all, said.map(|(_, content)| content));
    let expected = json!({"page": 1, "limit": 100, "total": 4, "totalPages": 1, "hasNext": false, "hasPrev": false});
    assert_eq!(pagination, expected);
    assert_eq!(list("&role=user").await.0, [said[0].1, said[3].1]);
    let (part, pagination) = list("&limit=1&offset=2").await;
    assert_eq!(part, ["note"]);
    let expected = json!({"page": 3, "limit": 1, "total": 4, "totalPages": 4, "hasNext": true, "hasPrev": true});
    assert_eq!(pagination, expected);

    let body = json!({
        "conversationId": conversation, "role": "assistant", "content": "うん", "audioUrl": "https://example.com/b.mp3",
    });
    let added = data(&ask(&server, None, Method::POST, MESSAGES, Some(&body)).await, None);
    assert_eq!(added["message"]["audioUrl"], body["audioUrl"]);
    let path = format!("{MESSAGE}?id={}", added["message"]["id"].as_str().unwrap());
    assert_eq!(ask(&server, None, Method::DELETE, &path, None).await.status, 200);

    let path = format!("{MESSAGE}?id={}", ids[0]);
    let read = data(&ask(&server, None, Method::GET, &path, None).await, None);
    assert_eq!(read["content"], said[0].1);
    let change = json!({"content": "やあ", "audioUrl": "https://example.com/a.mp3"});
    let changed = ask(&server, None, Method::PUT, &path, Some(&change)).await;
    let changed = data(&changed, Some("Message updated successfully"));
    assert_eq!(
        (&changed["content"], &changed["audioUrl"]),
        (&change["content"], &change["audioUrl"])
    );
    // What is left out stays.
    let again = ask(&server, None, Method::PUT, &path, Some(&json!({"content": "おい"}))).await;
    assert_eq!(
        data(&again, Some("Message updated successfully"))["audioUrl"],
        change["audioUrl"]
    );
    error(&ask(&server, None, Method::PUT, &path, Some(&json!({}))).await, 400);

    let deleted = ask(&server, None, Method::DELETE, &path, None).await;
    assert_eq!(data(&deleted, Some("Message deleted successfully")), Value::Null);
    assert!(deleted.json().as_object().unwrap().contains_key("data"));
    error(&ask(&server, None, Method::GET, &path, None).await, 404);
    let whole = format!("{CONVERSATIONS}?id={conversation}");
    let whole = data(&ask(&server, None, Method::GET, &whole, None).await, None);
    assert_eq!(whole["conversation"]["messageCount"], 3);
    assert_eq!(whole["messages"].as_array().unwrap().len(), 3);
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
async fn lists_are_a_guests_or_a_users_own_the_newest_first() {
    let server = server().await;
    for title in ["one", "two", "three"] {
        start(
            &server,
            None,
            json!({"targetLanguageId": "fr", "guestId": "guest-7f3a", "title": title}),
        )
        .await;
        start(
            &server,
            Some("ann-key"),
            json!({"targetLanguageId": "fr", "title": title}),
        )
        .await;
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let me = server
        .running
        .database
        .user_with_email("ann@example.com")
        .await
        .unwrap()
        .unwrap()
        .id;
    let list = async |token: Option<&str>, query: &str| {
        let answer = ask(&server, token, Method::GET, &format!("{CONVERSATIONS}?{query}"), None).await;
        let listed = data(&answer, None)["conversations"].clone();
        let titles: Vec<String> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["title"].as_str().unwrap().to_owned())
            .collect();
        (titles, listed, answer.json()["pagination"].clone())
    };
    let (titles, listed, pagination) = list(None, "guestId=guest-7f3a").await;
    assert_eq!(titles, ["three", "two", "one"]);
    assert_eq!(
        (&listed[0]["guestId"], &listed[0]["userId"]),
        (&json!("guest-7f3a"), &Value::Null)
    );
    assert_eq!((&pagination["limit"], &pagination["total"]), (&json!(50), &json!(3)));
    assert_eq!(list(None, "guestId=guest-7f3a&limit=1&offset=1").await.0, ["two"]);
    assert_eq!(list(None, "guestId=somebody-else").await.0, [""; 0]);
    // Who names nobody is a new guest.
    let (titles, _, pagination) = list(None, "").await;
    assert_eq!((titles, &pagination["total"]), (vec![], &json!(0)));
    for query in [String::new(), format!("userId={me}")] {
        let (titles, listed, _) = list(Some("ann-key"), &query).await;
        assert_eq!(titles, ["three", "two", "one"]);
        assert_eq!(
            (&listed[0]["userId"], &listed[0]["guestId"]),
            (&json!(me), &Value::Null)
        );
    }
    assert_eq!(list(Some("bob-key"), "").await.0, [""; 0]);
}

#[actix_web::test]
async fn a_users_conversations_are_theirs_alone_and_no_id_stands_for_a_credential() {
    let server = server().await;
    let made = start(&server, Some("ann-key"), json!({"targetLanguageId": "fr"})).await;
    let conversation = id(&made);
    let user = made["conversation"]["userId"].as_str().unwrap().to_owned();
    let body = json!({"conversationId": conversation, "role": "user", "content": "secret"});
    let added = ask(&server, Some("ann-key"), Method::POST, MESSAGES, Some(&body)).await;
    let message = data(&added, None)["message"]["id"].as_str().unwrap().to_owned();
    let guest = server.guest().await;
    for token in [None, Some("bob-key"), Some(guest.as_str())] {
        for (method, path, body) in [
            (Method::GET, format!("{CONVERSATIONS}?id={conversation}"), None),
            (
                Method::PUT,
                format!("{CONVERSATIONS}?id={conversation}"),
                Some(json!({"title": "x"})),
            ),
            (Method::DELETE, format!("{CONVERSATIONS}?id={conversation}"), None),
            (Method::GET, format!("{MESSAGES}?conversationId={conversation}"), None),
            (Method::POST, MESSAGES.to_owned(), Some(body.clone())),
            (Method::GET, format!("{MESSAGE}?id={message}"), None),
            (
                Method::PUT,
                format!("{MESSAGE}?id={message}"),
                Some(json!({"content": "x"})),
            ),
            (Method::DELETE, format!("{MESSAGE}?id={message}"), None),
            (
                Method::POST,
                END.to_owned(),
                Some(json!({"conversationId": conversation, "durationSeconds": 1})),
            ),
        ] {
            error(&ask(&server, token, method, &path, body.as_ref()).await, 404);
        }
    }
    let list = format!("{CONVERSATIONS}?userId={user}");
    error(&ask(&server, None, Method::GET, &list, None).await, 401);
    error(&ask(&server, Some("bob-key"), Method::GET, &list, None).await, 403);
    error(&ask(&server, Some("a.b.c"), Method::GET, &list, None).await, 401);
    // Whatever conversation it is: the claim is refused before that is looked at.
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let named = format!("{CONVERSATIONS}?id={conversation}&userId={user}");
        let body = json!({"title": "x"});
        for (token, status) in [(None, 401), (Some("bob-key"), 403)] {
            error(&ask(&server, token, method.clone(), &named, Some(&body)).await, status);
        }
        let foreign = format!("{CONVERSATIONS}?id={conversation}&userId=user_somebody");
        error(&ask(&server, Some("ann-key"), method, &foreign, Some(&body)).await, 403);
    }
    let own = format!("{CONVERSATIONS}?id={conversation}&userId={user}");
    data(&ask(&server, Some("ann-key"), Method::GET, &own, None).await, None);
    let new = json!({"targetLanguageId": "fr", "userId": user});
    error(&ask(&server, None, Method::POST, CONVERSATIONS, Some(&new)).await, 401);
    error(
        &ask(&server, Some("bob-key"), Method::POST, CONVERSATIONS, Some(&new)).await,
        403,
    );
    // Nor is a user's id a guest's name.
    let as_guest = format!("{CONVERSATIONS}?guestId={user}");
    error(&ask(&server, None, Method::GET, &as_guest, None).await, 401);
    // Conversations that were not made here are not seen here.
    let platform = server.conversation("ann-key").await;
    let path = format!("{CONVERSATIONS}?id={platform}");
    error(&ask(&server, Some("ann-key"), Method::GET, &path, None).await, 404);
}

#[actix_web::test]
async fn a_guest_with_a_token_keeps_what_is_theirs_by_it() {
    let server = server().await;
    let token = server.guest().await;
    let made = start(&server, Some(&token), json!({"targetLanguageId": "fr"})).await;
    assert_eq!(made["conversation"]["userId"], Value::Null);
    assert!(made["conversation"]["guestId"].as_str().unwrap().starts_with("user_"));
    let path = format!("{CONVERSATIONS}?id={}", id(&made));
    assert_eq!(ask(&server, Some(&token), Method::GET, &path, None).await.status, 200);
    error(&ask(&server, None, Method::GET, &path, None).await, 404);
}

#[actix_web::test]
async fn for_development_a_user_id_may_be_believed() {
    let server = TestServer::builder()
        .set("API_KEYS", "ann-key:ann@example.com")
        .set("TRUST_USER_ID", "on")
        .start()
        .await;
    let user = server
        .running
        .database
        .user_with_email("ann@example.com")
        .await
        .unwrap()
        .unwrap()
        .id;
    let made = start(&server, None, json!({"targetLanguageId": "fr", "userId": user})).await;
    assert_eq!(made["conversation"]["userId"], json!(user));
    let list = ask(
        &server,
        None,
        Method::GET,
        &format!("{CONVERSATIONS}?userId={user}"),
        None,
    )
    .await;
    assert_eq!(data(&list, None)["conversations"].as_array().unwrap().len(), 1);
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

#[actix_web::test]
async fn what_was_found_out_about_old_words_goes_with_them() {
    let server = server().await;
    let made = start(&server, None, json!({"targetLanguageId": "fr"})).await;
    let body = json!({"conversationId": id(&made), "role": "user", "content": "Bonjour"});
    let added = data(&ask(&server, None, Method::POST, MESSAGES, Some(&body)).await, None);
    let path = format!("{MESSAGE}?id={}", added["message"]["id"].as_str().unwrap());
    server
        .rows("UPDATE messages SET translation = 'Hello', analysis = '{\"grammar_score\":90}', insights = '{}'")
        .await;
    let known = async || {
        let rows = server
            .rows("SELECT translation, analysis, insights FROM messages")
            .await;
        ["translation", "analysis", "insights"].map(|name| rows[0].get::<Option<String>, _>(name).is_some())
    };
    // Only the sound is another one.
    let sound = json!({"content": "Bonjour", "audioUrl": "https://example.com/a.mp3"});
    assert_eq!(ask(&server, None, Method::PUT, &path, Some(&sound)).await.status, 200);
    assert_eq!(known().await, [true; 3]);
    let words = json!({"content": "Bonsoir"});
    assert_eq!(ask(&server, None, Method::PUT, &path, Some(&words)).await.status, 200);
    assert_eq!(known().await, [false; 3]);
}

#[actix_web::test]
async fn notes_are_no_part_of_what_document_000_shows() {
    let server = server().await;
    let made = start(&server, Some("ann-key"), json!({"targetLanguageId": "fr"})).await;
    for (role, content) in [
        ("system", "note"),
        ("assistant", "Bonjour"),
        ("user", "Bonsoir"),
        ("system", "x"),
    ] {
        let body = json!({"conversationId": id(&made), "role": role, "content": content});
        let added = ask(&server, Some("ann-key"), Method::POST, MESSAGES, Some(&body)).await;
        assert_eq!(added.status, 200, "{}", added.text);
    }
    let path = format!("/v1/conversations/{}/messages", id(&made));
    let history = server.get("ann-key", &path).await.json();
    let messages = history["messages"].as_array().unwrap();
    let senders: Vec<&str> = messages.iter().map(|one| one["sender"].as_str().unwrap()).collect();
    assert_eq!(senders, ["ai", "user"]);
    assert_eq!(history["summary"]["total_messages"], 2);
}

#[actix_web::test]
async fn a_conversation_holds_so_many_messages_and_no_more() {
    let server = server().await;
    let made = start(&server, None, json!({"targetLanguageId": "fr"})).await;
    let platform = server.conversation("ann-key").await;
    // One less than may be, and in the other beside its opener as many as may be.
    server
        .rows(
            "INSERT INTO messages (id, conversation_id, sender, content, created_at) \
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1999) \
             SELECT conversations.id || ':' || i, conversations.id, 'user', 'x', i FROM n CROSS JOIN conversations",
        )
        .await;
    let body = json!({"conversationId": id(&made), "role": "user", "content": "the last"});
    let last = data(&ask(&server, None, Method::POST, MESSAGES, Some(&body)).await, None);
    assert_eq!(last["messageCount"], 2000);
    let why = error(&ask(&server, None, Method::POST, MESSAGES, Some(&body)).await, 400);
    assert!(why.contains("2000 messages"), "{why}");
    let path = format!("/v1/conversations/{platform}/messages");
    let refused = server.post("ann-key", &path, &json!({"content": "Bonjour"})).await;
    refused.error(409, "CONFLICT");
    let end = format!("/v1/conversations/{platform}/end");
    assert_eq!(server.post("ann-key", &end, &json!({})).await.status, 200);
}
