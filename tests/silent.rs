//! A machine without espeak-ng: conversations in French go on by text.

use colloquy_loadtest::api::Api;
use colloquy_loadtest::call::Call;
use serde_json::{Value, json};

use crate::caller::{history, message, reply, say, voiced_clip};
use crate::program::{Program, command};

#[actix_rt::test]
async fn without_espeak_ng_it_says_so_once_and_french_goes_on_by_text() {
    let dir = tempfile::tempdir().unwrap();
    let nothing = tempfile::tempdir().unwrap();
    let program = Program::start(command(&dir).env("PATH", nothing.path()));
    let health: Value = reqwest::get(format!("{}/health", program.base()))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(health["services"]["audio_pipeline"], false);
    assert_eq!(health["status"], "healthy");

    let api = program.guest().await;
    let french = offer(&program, &api, "french").await;
    assert_eq!(
        (&french["recognition"], &french["text_only"]),
        (&Value::Null, &json!(true))
    );
    assert_eq!(french["assessment"]["pronunciation"], Value::Null);
    let conversation = api.create_conversation("restaurant", "french").await.unwrap();
    let mut call = Call::join(&api, &conversation).await.unwrap();
    let opener = message(&mut call, "ai_response").await;
    assert!(opener["text"].as_str().is_some_and(|text| !text.is_empty()));
    let mut last = opener["id"].clone();
    for answer in [
        "Une table pour deux, s'il vous plaît",
        "Près de la fenêtre, s'il vous plaît",
    ] {
        call.send_message(&json!({"type": "text", "content": answer}))
            .await
            .unwrap();
        let transcript = message(&mut call, "transcript").await;
        assert_eq!(transcript["text"], answer);
        let reply = reply(&mut call).await;
        assert_ne!(reply["id"], last);
        assert!(reply["text"].as_str().is_some_and(|text| !text.is_empty()));
        last = reply["id"].clone();
    }
    // Nobody can recognise French here either; speaking gets an error, and typing still works.
    say(&mut call, &voiced_clip("Bonjour")).await;
    call.send_message(&json!({"type": "text", "content": "Je suis végétarien"}))
        .await
        .unwrap();
    message(&mut call, "ai_response").await;

    let history = history(&api, &conversation, 5).await;
    let senders: Vec<&str> = history
        .iter()
        .filter_map(|message| message["sender"].as_str())
        .collect();
    assert!(senders.starts_with(&["ai", "user", "ai", "user", "ai"]), "{senders:?}");
    call.leave().await.unwrap();
    assert_no_file(&program, &api).await;
    let log = program.log();
    let said: Vec<&String> = log
        .iter()
        .filter(|line| line.contains("no voice for these languages"))
        .collect();
    assert_eq!(said.len(), 1, "{said:?}");
}

/// What there is said to be done in a language.
async fn offer(program: &Program, api: &Api, language: &str) -> Value {
    let request = reqwest::Client::new().get(format!("{}/v1/content/languages", program.base()));
    let listed: Value = request
        .bearer_auth(api.token())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let languages = listed["languages"].as_array().unwrap().iter();
    languages.clone().find(|offer| offer["id"] == language).unwrap().clone()
}

/// Where there is no voice there is no URL and no file.
async fn assert_no_file(program: &Program, api: &Api) {
    let http = reqwest::Client::new();
    let made: Value = http
        .post(format!("{}/v1/conversations", program.base()))
        .bearer_auth(api.token())
        .json(&json!({"topic": "restaurant", "language": "japanese"}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let opener = &made["initial_message"];
    assert!(opener["text"].as_str().is_some_and(|text| !text.is_empty()));
    assert!(opener["audio_url"].is_null());
    assert_eq!(made["speech"], json!({"recognition": false, "voice": false}));
    let (id, message) = (made["id"].as_str().unwrap(), opener["id"].as_str().unwrap());
    let file = http
        .get(format!("{}/audio/{id}/{message}.mp3", program.base()))
        .send()
        .await
        .unwrap();
    assert_eq!(file.status(), 404);
}
