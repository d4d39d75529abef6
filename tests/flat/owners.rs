//! Whose the conversations of document 003 are.

use reqwest::Method;
use serde_json::{Value, json};

use super::{CONVERSATIONS, END, MESSAGE, MESSAGES, ask, data, error, id, server, start};
use crate::test_server::TestServer;

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
