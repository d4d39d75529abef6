//! What is told about how learners say and write things, wherever it is shown.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use colloquy::audio::{decode, encode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::TestServer;
use crate::websocket::recording;

async fn french(server: &TestServer, token: &str) -> String {
    let body = json!({"topic": "restaurant", "language": "french"});
    let answer = server.post(token, "/v1/conversations", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn say(server: &TestServer, token: &str, id: &str, body: &Value) -> Value {
    let path = format!("/v1/conversations/{id}/messages");
    let answer = server.post(token, &path, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["user_message"].clone()
}

/// A message of the learner's with all that is told about how it was said: what isn't known when the answer is given is kept with the
/// message.
async fn assessed(server: &TestServer, token: &str, id: &str, message: Value) -> Value {
    let path = format!("/v1/conversations/{id}/messages");
    for _ in 0..100 {
        let history = server.get(token, &path).await.json();
        let messages = history["messages"].as_array().expect("messages");
        let kept = messages
            .iter()
            .find(|kept| kept["id"] == message["id"])
            .expect("it is kept");
        if kept["analysis"]["pronunciation_score"].is_u64() {
            return kept.clone();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    message
}

fn typed(content: &str) -> Value {
    json!({"type": "text", "content": content})
}

#[actix_web::test]
async fn what_is_written_wrong_is_named_and_counts_wherever_it_is_shown() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let id = french(&server, &token).await;
    let wrong = "Je voudrais un table pour deux.";
    let said = say(&server, &token, &id, &typed(wrong)).await;
    let analysis = &said["analysis"];
    let error = &analysis["errors"][0];
    assert_eq!(
        (&error["type"], &error["word"]),
        (&json!("grammar"), &json!("un")),
        "{analysis}"
    );
    assert_eq!(error["suggestion"], "une");
    let example = format!("http://{}/audio/{id}/", server.running.http_addr);
    assert!(
        error["audio_example"].as_str().unwrap().starts_with(&example),
        "{error}"
    );
    assert_eq!(error["area"], "gender_agreement");
    assert!(!error["explanation"].as_str().unwrap().is_empty());
    assert_eq!(analysis["improvements"][0], error["explanation"]);
    let score = analysis["grammar_score"].as_u64().unwrap();
    assert!(score < 80, "{score}");
    assert_eq!(analysis["pronunciation_score"], Value::Null, "nothing was heard of it");

    let right = say(&server, &token, &id, &typed("Je voudrais une table pour deux.")).await;
    assert_eq!(right["analysis"]["grammar_score"], 100);
    assert_eq!(right["analysis"]["errors"], json!([]));

    let history = server
        .get(&token, &format!("/v1/conversations/{id}/messages"))
        .await
        .json();
    assert_eq!(history["messages"][1]["analysis"], *analysis);
    let mean = (score + 100).div_ceil(2);
    assert_eq!(history["summary"]["avg_grammar_score"], mean);
    assert_eq!(history["summary"]["avg_pronunciation_score"], Value::Null);
    let ended = server
        .post(&token, &format!("/v1/conversations/{id}/end"), &json!({}))
        .await
        .json();
    let performance = &ended["summary"]["performance"];
    assert_eq!(performance["grammar_score"], mean);
    assert_eq!(performance["confidence_improvement"], Value::Null);
    let progress = server
        .get(&token, "/v1/users/me/progress?period=week&language=french")
        .await
        .json();
    let grammar = &progress["skill_breakdown"]["grammar"];
    assert_eq!(
        (&grammar["current_score"], &grammar["weak_areas"]),
        (&json!(mean), &json!(["gender_agreement"]))
    );
    assert_eq!(progress["daily_breakdown"][0]["grammar_score"], mean);
    server.stop().await;
}

#[actix_web::test]
async fn an_answer_in_the_learners_own_language_is_told_and_not_scored() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let id = french(&server, &token).await;
    let said = say(
        &server,
        &token,
        &id,
        &typed("I would like to have a table for two people, please"),
    )
    .await;
    let analysis = &said["analysis"];
    assert_eq!(
        (&analysis["answered_in"], &analysis["grammar_score"]),
        (&json!("english"), &Value::Null)
    );
    server.stop().await;
}

/// Document 000's own example: a `text` message whose words are known, and how they were said beside them.
#[actix_web::test]
async fn words_that_are_sent_with_their_sound_have_scores_of_both() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let body = json!({"topic": "restaurant", "language": "english"});
    let made = server.post(&token, "/v1/conversations", &body).await.json();
    let id = made["id"].as_str().unwrap();
    let send = async |content: &str, said: &str| {
        let file = BASE64_STANDARD.encode(encode::wav(&recording(said, "english")));
        say(
            &server,
            &token,
            id,
            &json!({"type": "text", "content": content, "audio_data": file}),
        )
        .await
    };
    let read = send("A table for two, please.", "A table for two, please").await;
    assert_eq!(read["text"], "A table for two, please.");
    let read = assessed(&server, &token, id, read).await;
    let analysis = &read["analysis"];
    assert!(
        analysis["pronunciation_score"]
            .as_u64()
            .is_some_and(|score| score >= 50),
        "{read}"
    );
    assert_eq!(analysis["vocabulary"]["cefr"], "A1", "{read}");
    assert!(
        analysis["words"].as_array().is_some_and(|words| words.len() == 5),
        "{read}"
    );
    // What is said beside the words has no score, and takes nothing from them.
    let other = send(
        "By the window, please.",
        "My uncle works in a factory near the old harbour",
    )
    .await;
    assert_eq!(other["text"], "By the window, please.");
    assert_eq!(other["analysis"]["pronunciation_score"], Value::Null, "{other}");
    server.stop().await;
}

#[actix_web::test]
async fn an_uploaded_turn_has_scores_of_its_sound() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let body = json!({"topic": "restaurant", "language": "english"});
    let made = server.post(&token, "/v1/conversations", &body).await.json();
    let id = made["id"].as_str().unwrap();
    let mut scores = Vec::new();
    for text in ["A table for two please", "By the window please"] {
        let file = encode::wav(&recording(text, "english"));
        let body = json!({"type": "audio", "content": "", "audio_data": BASE64_STANDARD.encode(file)});
        let said = say(&server, &token, id, &body).await;
        let analysis = &said["analysis"];
        let score = analysis["pronunciation_score"].as_u64();
        scores.push(score.unwrap_or_else(|| panic!("{said}")));
        for error in analysis["errors"].as_array().unwrap() {
            assert!(
                said["text"].as_str().unwrap().contains(error["word"].as_str().unwrap()),
                "{error}"
            );
        }
        for error in analysis["errors"].as_array().unwrap() {
            let Some(url) = error["audio_example"].as_str() else {
                continue;
            };
            let path = &url[url.find("/audio/").unwrap()..];
            let file = server.request(Method::GET, path).send().await.unwrap();
            assert_eq!(file.headers()["content-type"], "audio/mpeg", "{url}");
            assert!(decode(&file.bytes().await.unwrap()).is_ok());
        }
    }
    let history = server
        .get(&token, &format!("/v1/conversations/{id}/messages"))
        .await
        .json();
    let mean = scores.iter().sum::<u64>().div_ceil(2);
    assert_eq!(history["summary"]["avg_pronunciation_score"], mean);
    let kept = history["messages"].as_array().unwrap();
    let kept = kept
        .iter()
        .filter_map(|message| message["analysis"]["pronunciation_score"].as_u64());
    assert_eq!(kept.collect::<Vec<_>>(), scores);
    server.stop().await;
}
