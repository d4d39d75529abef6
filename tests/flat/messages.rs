//! Messages of document 003.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Row;

use super::{CONVERSATIONS, MESSAGE, MESSAGES, ask, data, error, id, server, start};

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
