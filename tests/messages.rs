//! Turns by request: `POST /v1/conversations/{id}/messages`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use colloquy::audio::encode;
use colloquy::clock::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::{Answer, TestServer};
use crate::websocket::{bare, recording};

fn messages(id: &str) -> String {
    format!("/v1/conversations/{id}/messages")
}

fn text(content: &str) -> Value {
    json!({"type": "text", "content": content})
}

fn audio(file: &[u8]) -> Value {
    json!({"type": "audio", "content": "", "audio_data": BASE64_STANDARD.encode(file)})
}

async fn conversation(server: &TestServer, token: &str, body: &Value) -> String {
    let answer = server.post(token, "/v1/conversations", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn senders(server: &TestServer, token: &str, id: &str) -> Vec<String> {
    let history = server.get(token, &messages(id)).await.json();
    let messages = history["messages"].as_array().unwrap();
    let sender = |message: &Value| message["sender"].as_str().unwrap().to_owned();
    messages.iter().map(sender).collect()
}

#[actix_web::test]
async fn a_typed_turn_is_answered_as_the_document_shows_it() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let id = server.conversation(&token).await;
    let answer = server
        .post(&token, &messages(&id), &text("Une table pour deux, s'il vous plaît."))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let said = answer.json();
    assert!(said["id"].as_str().unwrap().starts_with("msg_"));
    assert_eq!(said["conversation_id"], id);
    assert!(said["created_at"].as_str().unwrap().ends_with('Z'));
    let user = &said["user_message"];
    assert_eq!(user["text"], "Une table pour deux, s'il vous plaît.");
    assert!(
        user["translation"].as_str().is_some_and(|text| text.contains("two")),
        "{user}"
    );
    let analysis = &user["analysis"];
    assert_eq!(analysis["grammar_score"], 100);
    assert_eq!(analysis["pronunciation_score"], Value::Null);
    assert_eq!(analysis["vocabulary_level"], "beginner");
    assert_eq!(
        (&analysis["errors"], &analysis["improvements"]),
        (&json!([]), &json!([]))
    );
    let reply = &said["ai_response"];
    assert!(!reply["text"].as_str().unwrap().is_empty());
    assert!(!reply["translation"].as_str().unwrap().is_empty());
    let audio_url = reply["audio_url"].as_str().unwrap();
    let path = format!("/audio/{id}/{}.mp3", said["id"].as_str().unwrap());
    assert_eq!(audio_url, format!("http://{}{path}", server.running.http_addr));
    let insights = &said["learning_insights"];
    for list in ["new_vocabulary", "grammar_patterns", "cultural_notes"] {
        assert!(insights[list].is_array(), "{insights}");
    }
    let spoken = reply["text"].as_str().unwrap().to_lowercase();
    for word in insights["new_vocabulary"].as_array().unwrap() {
        assert!(
            spoken.contains(&word.as_str().unwrap().to_lowercase()),
            "{word} in {spoken}"
        );
    }
}

#[actix_web::test]
async fn english_words_have_a_band_of_the_cefr_without_any_configuration() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let practice = json!({"topic": "restaurant", "language": "english"});
    let id = conversation(&server, &token, &practice).await;
    let vocabulary = async |content: &str| {
        let answer = server.post(&token, &messages(&id), &text(content)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let analysis = answer.json()["user_message"]["analysis"].take();
        (analysis["vocabulary"].clone(), analysis["vocabulary_level"].clone())
    };
    let (easy, level) = vocabulary("My friend and I want two glasses of water.").await;
    assert_eq!(
        (&easy["cefr"], &easy["counts"]["A1"], level),
        (&json!("A1"), &json!(9), json!("beginner"))
    );
    let hard = "A comprehensive menu is advantageous, albeit cumbersome to interpret.";
    let (hard, level) = vocabulary(hard).await;
    assert_eq!((&hard["cefr"], level), (&json!("C1"), json!("advanced")));
    let words = hard["hardest"].as_array().expect("the evidence");
    assert!(
        words.contains(&json!({"word": "cumbersome", "cefr": "C1"})),
        "{words:?}"
    );
    // Next to nothing was said: that tells nothing.
    let (nothing, _) = vocabulary("Yes!").await;
    assert_eq!(nothing["cefr"], Value::Null);
    // It is kept with the message, and no list is there for French.
    let history = server.get(&token, &messages(&id)).await.json();
    assert_eq!(history["messages"][1]["analysis"]["vocabulary"], easy);
    let french = server.conversation(&token).await;
    let answer = server
        .post(&token, &messages(&french), &text("Une table pour deux"))
        .await;
    assert!(answer.json()["user_message"]["analysis"].get("vocabulary").is_none());
}

#[actix_web::test]
async fn turn_follows_turn_and_the_opener_is_not_repeated() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let made = server
        .post(
            &token,
            "/v1/conversations",
            &json!({"topic": "restaurant", "language": "french"}),
        )
        .await
        .json();
    let id = made["id"].as_str().unwrap();
    let opener = made["initial_message"]["text"].as_str().unwrap();
    let mut replies = vec![opener.to_owned()];
    for content in [
        "Une table pour deux, s'il vous plaît.",
        "Près de la fenêtre, s'il vous plaît.",
    ] {
        let answer = server.post(&token, &messages(id), &text(content)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let reply = answer.json()["ai_response"]["text"].as_str().unwrap().to_owned();
        assert!(!replies.contains(&reply), "{reply}");
        replies.push(reply);
    }
    let history = server.get(&token, &messages(id)).await.json();
    let said = history["messages"].as_array().unwrap();
    let order: Vec<&str> = said.iter().map(|message| message["sender"].as_str().unwrap()).collect();
    assert_eq!(order, ["ai", "user", "ai", "user", "ai"]);
    assert_eq!(said[4]["content"], replies[2]);
    assert_eq!(said[1]["analysis"]["vocabulary_level"], "beginner");
    assert!(!history["summary"]["topics_covered"].as_array().unwrap().is_empty());
    // As text they don't sort: a whole second has no fraction.
    let times: Vec<Timestamp> = said
        .iter()
        .map(|message| serde_json::from_value(message["timestamp"].clone()).unwrap())
        .collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[actix_web::test]
async fn an_uploaded_turn_is_heard_and_answered() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let id = conversation(&server, &token, &json!({"topic": "restaurant", "language": "english"})).await;
    let mut sound = recording("A table for two please", "english");
    // Silence around it, as recorders leave it.
    sound.samples.splice(0..0, [0; 16_000]);
    sound.samples.extend([0; 32_000]);
    let answer = server.post(&token, &messages(&id), &audio(&encode::wav(&sound))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let said = answer.json();
    assert_eq!(
        bare(said["user_message"]["text"].as_str().unwrap()),
        "atablefortwoplease"
    );
    assert!(!said["ai_response"]["text"].as_str().unwrap().is_empty());
    assert_eq!(senders(&server, &token, &id).await, ["ai", "user", "ai"]);
}

#[actix_web::test]
async fn who_says_nothing_is_asked_again() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let id = server.conversation(&token).await;
    let silence = colloquy::audio::Sound {
        samples: vec![0; 32_000],
        rate: 16_000,
    };
    let answer = server
        .post(&token, &messages(&id), &audio(&encode::wav(&silence)))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let said = answer.json();
    assert_eq!(said["user_message"]["text"], "");
    assert_eq!(said["user_message"]["analysis"]["grammar_score"], Value::Null);
    assert!(!said["ai_response"]["text"].as_str().unwrap().is_empty());
    // What was not said is no message.
    assert_eq!(senders(&server, &token, &id).await, ["ai", "ai"]);
}

#[actix_web::test]
async fn turns_at_the_same_time_are_answered_one_after_the_other() {
    let server = TestServer::scripted().start().await;
    let token = server.guest().await;
    let id = server.conversation(&token).await;
    let path = messages(&id);
    let bodies = ["one", "two", "three", "four"].map(text);
    let turns = bodies.iter().map(|body| server.post(&token, &path, body));
    for answer in futures::future::join_all(turns).await {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let order = senders(&server, &token, &id).await;
    assert_eq!(order, ["ai", "user", "ai", "user", "ai", "user", "ai", "user", "ai"]);
}

#[actix_web::test]
async fn a_turn_that_waits_when_the_conversation_is_ended_is_summed_up_or_refused() {
    let server = TestServer::scripted().start().await;
    let token = server.guest().await;
    for round in 0..8 {
        let id = server.conversation(&token).await;
        let (path, end) = (messages(&id), format!("/v1/conversations/{id}/end"));
        let turn = async |number: usize| server.post(&token, &path, &text(&format!("turn {number}"))).await;
        let ask = async |number: usize| match number {
            // In the middle of the others, and once more.
            4 | 7 => server.post(&token, &end, &json!({})).await,
            number => turn(number).await,
        };
        let answers = futures::future::join_all((0..12).map(ask)).await;
        let mut said = Vec::new();
        let mut summaries = Vec::new();
        for (number, answer) in answers.iter().enumerate() {
            match (number, answer.status) {
                (4 | 7, _) => {
                    assert_eq!(answer.status, 200, "{}", answer.text);
                    summaries.push(answer.json());
                }
                (_, 200) => said.push(format!("turn {number}")),
                (_, _) => drop(answer.error(410, "CONVERSATION_EXPIRED")),
            }
        }
        assert_eq!(summaries[0], summaries[1]);
        let history = server.get(&token, &path).await.json();
        let history = history["messages"].as_array().unwrap();
        let of_user = history.iter().filter(|message| message["sender"] == "user");
        let mut kept: Vec<String> = of_user
            .map(|message| message["content"].as_str().unwrap().to_owned())
            .collect();
        kept.sort();
        said.sort();
        assert_eq!(kept, said, "round {round}");
        // The opener, and each turn with its reply.
        assert_eq!(history.len(), 1 + 2 * said.len(), "round {round}");
        assert_eq!(
            summaries[0]["summary"]["total_messages"],
            history.len(),
            "round {round}"
        );
    }
}

#[actix_web::test]
async fn what_is_over_or_someone_elses_takes_no_turn() {
    let server = TestServer::scripted().start().await;
    let (owner, stranger) = (server.guest().await, server.guest().await);
    let id = server.conversation(&owner).await;
    let path = messages(&id);
    server.post(&stranger, &path, &text("x")).await.error(404, "NOT_FOUND");
    let unknown = messages("conv_unknown");
    server.post(&owner, &unknown, &text("x")).await.error(404, "NOT_FOUND");
    let end = format!("/v1/conversations/{id}/end");
    assert_eq!(server.post(&owner, &end, &json!({})).await.status, 200);
    server
        .post(&owner, &path, &text("x"))
        .await
        .error(410, "CONVERSATION_EXPIRED");
    let none = Answer::to(server.request(Method::POST, &path).json(&text("x"))).await;
    none.error(401, "UNAUTHORIZED");

    // Thirty days ago somebody said the last word in this one.
    let left = server.conversation(&owner).await;
    let path = messages(&left);
    assert_eq!(server.post(&owner, &path, &text("x")).await.status, 200);
    server
        .rows("UPDATE conversations SET last_turn_at = last_turn_at - 2592001000 WHERE status = 'active'")
        .await;
    let expired = server.post(&owner, &path, &text("x")).await;
    expired.error(410, "CONVERSATION_EXPIRED");
}

#[actix_web::test]
async fn a_placeholder_beside_words_is_no_sound_of_theirs() {
    let server = TestServer::scripted().start().await;
    let token = server.guest().await;
    let id = server.conversation(&token).await;
    // That of document 000's own example, what pages fill in for any string, and base64 of no file.
    let no_file = BASE64_STANDARD.encode(b"no sound in here");
    for placeholder in ["base64_encoded_audio_optional", "string", "?", &no_file] {
        let body = json!({"type": "text", "content": "Oui", "audio_data": placeholder});
        let answer = server.post(&token, &messages(&id), &body).await;
        assert_eq!(answer.status, 200, "{placeholder}: {}", answer.text);
        let said = &answer.json()["user_message"];
        assert_eq!(said["text"], "Oui");
        assert_eq!(said["analysis"]["pronunciation_score"], Value::Null);
    }
}

#[actix_web::test]
async fn what_is_no_turn_is_refused_with_a_reason() {
    let server = TestServer::scripted().start().await;
    let token = server.guest().await;
    let id = server.conversation(&token).await;
    let path = messages(&id);
    for body in [
        json!({}),
        json!({"type": "text"}),
        json!({"type": "text", "content": 7}),
        json!({"type": "video", "content": "x"}),
        json!({"type": "video", "audio_data": "no base64!"}),
        json!({"type": "audio"}),
        text(&"x".repeat(4_001)),
    ] {
        server.post(&token, &path, &body).await.error(400, "INVALID_REQUEST");
    }
    for body in [
        json!({"type": "audio", "audio_data": "no base64!"}),
        json!({"type": "text", "audio_data": "!!!"}),
        json!({"type": "text", "audio_data": BASE64_STANDARD.encode(b"no sound in here")}),
        json!({"type": "text", "content": "Oui", "audio_data": BASE64_STANDARD.encode(b"RIFF\0\0\0\0WAVE")}),
        audio(b"no sound in here"),
        audio(b"RIFF\0\0\0\0WAVE"),
    ] {
        server.post(&token, &path, &body).await.error(400, "INVALID_AUDIO");
    }
    let large = json!({"type": "audio", "audio_data": "A".repeat(15_000_000)});
    server.post(&token, &path, &large).await.error(413, "PAYLOAD_TOO_LARGE");
    assert_eq!(senders(&server, &token, &id).await, ["ai"]);
}
