//! Every example that is named can be heard: of sounds, of exercises, of what was said badly in a conversation.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use colloquy::audio::{Sound, decode, encode};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::test_server::{Answer, TestServer};
use crate::websocket::recording;

/// An example: it must be sound of a sensible length, and not silence.
async fn hear(server: &TestServer, url: &Value) -> Sound {
    let url = url.as_str().unwrap_or_else(|| panic!("no address: {url}"));
    let base = format!("http://{}", server.running.http_addr);
    let path = url.strip_prefix(&base).unwrap_or_else(|| panic!("elsewhere: {url}"));
    // Nobody has to say who they are: the address is the credential.
    let file = server.request(Method::GET, path).send().await.unwrap();
    assert_eq!(
        (file.status().as_u16(), &file.headers()["content-type"]),
        (200, &"audio/mpeg".parse().unwrap()),
        "{url}"
    );
    let sound = decode(&file.bytes().await.unwrap()).unwrap_or_else(|error| panic!("{url}: {error}"));
    let milliseconds = sound.duration().as_millis();
    assert!((150..20_000).contains(&milliseconds), "{url}: {milliseconds} ms");
    let power = sound
        .samples
        .iter()
        .map(|&sample| f64::from(sample).powi(2))
        .sum::<f64>();
    let level = 20.0 * ((power / sound.samples.len() as f64).sqrt() / 32_768.0).log10();
    assert!(level > -45.0, "{url}: {level} dBFS");
    sound
}

async fn analyze(server: &TestServer, token: &str, speech: &str, text: &str) -> Value {
    let file = encode::wav(&recording(speech, "french"));
    let form = Form::new()
        .part("audio", Part::bytes(file).file_name("audio_file.wav"))
        .text("text", text.to_owned())
        .text("language", "french");
    let request = server.request(Method::POST, "/v1/voice/analyze").bearer_auth(token);
    let answer = Answer::to(request.multipart(form)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn sounds(told: &Value) -> &Vec<Value> {
    told["detailed_analysis"]["pronunciation"]["phonemes"]
        .as_array()
        .unwrap()
}

#[actix_web::test]
async fn a_vowel_that_was_said_as_another_scores_low_and_how_it_should_be_can_be_heard() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let text = "La rue est jolie, mais la table est grande.";
    let right = analyze(&server, &token, text, text).await;
    // "roue" for "rue", in the signs of espeak-ng.
    let wrong = analyze(&server, &token, "La [[r'u]] est jolie, mais la table est grande.", text).await;
    let of = |told: &Value, phoneme: &str| {
        let sound = sounds(told).iter().find(|sound| sound["phoneme"] == phoneme);
        sound.unwrap_or_else(|| panic!("{told}")).clone()
    };
    let (said, instead) = (of(&right, "y"), of(&wrong, "y"));
    assert!(said["score"].as_u64().is_some_and(|score| score >= 80), "{said}");
    assert!(instead["score"].as_u64().is_some_and(|score| score < 40), "{instead}");
    assert_eq!(instead["word"], "rue");
    let advice = instead["feedback"].as_str().unwrap();
    assert!(advice.starts_with("That sounded like /u/ rather than /y/."), "{advice}");
    assert!(advice.contains("tongue further forward"), "{advice}");
    assert!(instead["audio_example"].is_string(), "{instead}");
    assert!(
        wrong["improvements"]
            .as_array()
            .unwrap()
            .iter()
            .any(|advice| advice.as_str().unwrap().starts_with("rue: ")),
        "{wrong}"
    );
    let mut heard = 0;
    for sound in sounds(&wrong).iter().filter(|sound| !sound["audio_example"].is_null()) {
        hear(&server, &sound["audio_example"]).await;
        heard += 1;
    }
    assert!(heard >= 1);
    // What can't be told from what learners say in its place has no score, and says so.
    let nasal = of(&right, "ɑ̃");
    assert_eq!((&nasal["score"], &nasal["audio_example"]), (&Value::Null, &Value::Null));
    assert!(nasal["feedback"].as_str().unwrap().starts_with("Not scored"), "{nasal}");
    server.stop().await;
}

#[actix_web::test]
async fn every_word_and_sentence_of_exercises_can_be_heard() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let listed = server.get(&token, "/v1/voice/exercises?language=french").await.json();
    let mut heard = 0;
    for exercise in listed["exercises"].as_array().unwrap() {
        let items = exercise
            .get("words")
            .or(exercise.get("sentences"))
            .and_then(Value::as_array);
        for item in items.unwrap_or_else(|| panic!("{exercise}")) {
            let sound = hear(&server, &item["audio_url"]).await;
            // No text takes less than 20 ms a letter, or more than a second.
            let letters = item["text"].as_str().unwrap().chars().count() as u128;
            let milliseconds = sound.duration().as_millis();
            assert!(
                (20 * letters..1000 * letters).contains(&milliseconds),
                "{item}: {milliseconds} ms"
            );
            heard += 1;
        }
    }
    assert!(heard >= 12, "{heard}");
    server.stop().await;
}

#[actix_web::test]
async fn what_was_said_badly_in_a_conversation_can_be_heard() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let id = server.conversation(&token).await;
    let file = encode::wav(&recording("Une table [[p'yr]] deux, s'il vous plaît", "french"));
    let body = json!({"type": "audio", "content": "", "audio_data": BASE64_STANDARD.encode(file)});
    let answer = server
        .post(&token, &format!("/v1/conversations/{id}/messages"), &body)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let said = answer.json()["user_message"].clone();
    let errors = said["analysis"]["errors"].as_array().unwrap().clone();
    let error = errors
        .iter()
        .find(|error| error["type"] == "pronunciation" && error["word"] == "pour")
        .unwrap_or_else(|| panic!("{said}"));
    assert!(said["text"].as_str().unwrap().contains("pour"));
    hear(&server, &error["audio_example"]).await;
    // The same in the history.
    let history = server
        .get(&token, &format!("/v1/conversations/{id}/messages"))
        .await
        .json();
    let kept = &history["messages"][1]["analysis"];
    assert_eq!(kept["errors"], said["analysis"]["errors"]);
    assert_eq!(kept["words"], said["analysis"]["words"]);
    server.stop().await;
}

#[actix_web::test]
async fn the_right_form_of_what_was_written_wrong_can_be_heard_where_there_is_a_voice() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let id = server.conversation(&token).await;
    let path = format!("/v1/conversations/{id}/messages");
    // It is heard with the words around it, as a recast says it.
    let body = json!({"type": "text", "content": "Je voudrais un table pour deux, s'il vous plaît."});
    let answer = server.post(&token, &path, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    let error = answer["user_message"]["analysis"]["errors"][0].clone();
    assert_eq!(
        (&error["type"], &error["suggestion"]),
        (&json!("grammar"), &json!("une"))
    );
    assert!(error["example"].as_str().unwrap().contains("une table"), "{error}");
    let whole = hear(&server, &error["audio_example"]).await;
    assert!(whole.duration().as_millis() > 500, "more is said than the word alone");
    let history = server.get(&token, &path).await.json();
    assert_eq!(history["messages"][1]["analysis"]["errors"][0], error);
    // Of mistakes that nobody made nothing is heard, nor of what the learner said.
    let url = error["audio_example"].as_str().unwrap();
    let said = &url[url.find("/audio/").unwrap()..];
    let at = said.find("-right-").unwrap();
    for other in [
        format!("{}-right-000000.mp3", &said[..at]),
        format!("{}.mp3", &said[..at]),
        said.replace(&id, "conv_0"),
    ] {
        let heard = server.request(Method::GET, &other).send().await.unwrap();
        assert_eq!(heard.status().as_u16(), 404, "{other}");
    }
    server.stop().await;
}
