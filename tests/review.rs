//! Words that are due come up in the next conversation, and what became of them there is a review.

use serde_json::{Value, json};
use sqlx::Row;

use crate::test_server::TestServer;

const KEY: &str = "key_review";

async fn begin(server: &TestServer) -> Value {
    let body = json!({"topic": "restaurant", "language": "french", "difficulty": "beginner"});
    let made = server.post(KEY, "/v1/conversations", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()
}

/// Types something; what the tutor says to it.
async fn say(server: &TestServer, conversation: &Value, content: &str) -> String {
    let path = format!("/v1/conversations/{}/messages", conversation["id"].as_str().unwrap());
    let said = server
        .post(KEY, &path, &json!({"type": "text", "content": content}))
        .await;
    assert_eq!(said.status, 200, "{}", said.text);
    said.json()["ai_response"]["text"].as_str().unwrap().to_owned()
}

async fn end(server: &TestServer, conversation: &Value) {
    let path = format!("/v1/conversations/{}/end", conversation["id"].as_str().unwrap());
    let ended = server.post(KEY, &path, &json!({})).await;
    assert_eq!(ended.status, 200, "{}", ended.text);
}

#[actix_web::test]
async fn words_that_are_due_come_up_and_are_reviewed() {
    let server = TestServer::builder()
        .set("API_KEYS", "key_review:review@example.com")
        .start()
        .await;
    let first = begin(&server).await;
    assert_eq!(first["context"].get("review_words"), None, "there is no deck yet");
    let taught = say(&server, &first, "Nous sommes quatre").await;
    assert!(taught.contains("près de la fenêtre"), "{taught}");
    end(&server, &first).await;
    // Nothing is due on the same day.
    let same_day = begin(&server).await;
    assert_eq!(same_day["context"].get("review_words"), None);
    end(&server, &same_day).await;

    // One of the words that were met is due, and some others that were met elsewhere.
    for (word, category) in [("kir", "food"), ("passeport", "travel"), ("serveuse", "travel")] {
        let insert = format!(
            "INSERT INTO vocabulary (user_id, language, word, shown, category, memory, stability, reviews, uses, \
             first_met_at, last_reviewed_at, due_at) SELECT user_id, language, '{word}', '{word}', '{category}', memory, \
             stability, 1, 0, first_met_at, last_reviewed_at, 1 FROM vocabulary WHERE word = 'en terrasse'"
        );
        server.rows(Box::leak(insert.into_boxed_str())).await;
    }
    server
        .rows("UPDATE vocabulary SET due_at = 1 WHERE word = 'près de la fenêtre'")
        .await;
    let second = begin(&server).await;
    // Those that come up in the restaurant, wherever they were met, the most urgent first.
    assert_eq!(
        second["context"]["review_words"],
        json!(["kir", "près de la fenêtre", "serveuse"])
    );
    say(&server, &second, "Nous sommes quatre").await;
    let hint = say(&server, &second, "xyzzy plugh qwrtz").await;
    assert!(hint.contains("« Je préfère près de la fenêtre »"), "{hint}");
    say(&server, &second, "Je préfère près de la fenêtre").await;
    end(&server, &second).await;

    let id = second["id"].as_str().unwrap().to_owned();
    let rows = server
        .rows("SELECT conversation_id, word, rating FROM vocabulary_reviews ORDER BY word")
        .await;
    let reviews: Vec<(String, i64)> = rows
        .iter()
        .filter(|row| row.get::<String, _>("conversation_id") == id)
        .map(|row| (row.get("word"), row.get("rating")))
        .collect();
    // Said by the learner: remembered. Said by the tutor alone: seen. What didn't come up is no review.
    assert!(reviews.contains(&("près de la fenêtre".to_owned(), 3)), "{reviews:?}");
    assert!(reviews.contains(&("serveuse".to_owned(), 2)), "{reviews:?}");
    let is_unmet = |word: &str| matches!(word, "passeport" | "kir");
    assert!(!reviews.iter().any(|(word, _)| is_unmet(word)), "{reviews:?}");
    server.stop().await;
}

#[actix_web::test]
async fn an_answer_in_the_learners_own_language_is_asked_for_in_the_other_one_and_nobody_gets_stuck() {
    let server = TestServer::builder()
        .set("API_KEYS", "key_review:review@example.com")
        .start()
        .await;
    let conversation = begin(&server).await;
    let english = "I would like to have a nice quiet place for my family, please";
    let mut replies = Vec::new();
    for _ in 0..3 {
        replies.push(say(&server, &conversation, english).await);
    }
    assert!(
        replies[0].starts_with("Ah ! Et comment dit-on cela en français ?"),
        "{replies:?}"
    );
    assert!(replies[1].starts_with("Essayons en français"), "{replies:?}");
    for reply in &replies {
        assert!(reply.contains("« "), "an example is given: {replies:?}");
    }
    // The third time it is said in their place, and the conversation goes on.
    let path = format!("/v1/conversations/{}/messages", conversation["id"].as_str().unwrap());
    let history = server.get(KEY, &path).await.json();
    let analysis = &history["messages"][1]["analysis"];
    assert_eq!(
        (&analysis["answered_in"], &analysis["errors"]),
        (&json!("english"), &json!([]))
    );
    let rows = server.rows("SELECT progress FROM conversations").await;
    let progress: Value = serde_json::from_str(&rows[0].get::<String, _>("progress")).unwrap();
    assert_eq!((&progress["step"], &progress["reprompts"]), (&json!(1), &json!(0)));
    server.stop().await;
}
