//! Languages that the embedded recogniser doesn't know: the tutor speaks, and the learner types.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use colloquy::audio::{Sound, encode};
use colloquy_loadtest::call::Call;
use serde_json::json;

use crate::caller::{history, listening, message, reply, say, speech, voiced_clip};
use crate::test_server::TestServer;

#[actix_rt::test]
async fn whoever_speaks_japanese_is_told_to_type_and_goes_on_by_typing() {
    let server = TestServer::start().await;
    let api = server.caller().await;
    let conversation = api.create_conversation("restaurant", "japanese").await.unwrap();
    let mut call = Call::join(&api, &conversation).await.unwrap();
    let opener = message(&mut call, "ai_response").await;
    assert!(opener["text"].as_str().unwrap().contains("居酒屋「鴨川」"), "{opener}");
    speech(&mut call).await;
    listening(&mut call).await;

    say(&mut call, &voiced_clip("二人です")).await;
    let told = message(&mut call, "error").await;
    assert_eq!(told["code"], "RECOGNITION_UNAVAILABLE");
    let advice = told["message"].as_str().unwrap();
    assert!(advice.contains("Japanese") && advice.contains("type"), "{advice}");

    // In kana, as whoever doesn't know the characters types.
    call.send_message(&json!({"type": "text", "content": "ふたりです"}))
        .await
        .unwrap();
    let reply = reply(&mut call).await;
    let text = reply["text"].as_str().unwrap();
    assert!(text.starts_with("かしこまりました、二名様ですね。"), "{text}");
    speech(&mut call).await;
    let messages = history(&api, &conversation, 3).await;
    let said: Vec<_> = messages.iter().map(|message| message["sender"].clone()).collect();
    assert_eq!(said, ["ai", "user", "ai"], "{messages:?}");
    call.leave().await.unwrap();
    server.stop().await;
}

#[actix_web::test]
async fn a_recording_in_chinese_is_refused_with_the_advice_to_type() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let body = json!({"topic": "coffee_shop", "language": "chinese"});
    let made = server.post(&token, "/v1/conversations", &body).await.json();
    assert_eq!(made["speech"], json!({"recognition": false, "voice": true}));
    let path = format!("/v1/conversations/{}/messages", made["id"].as_str().unwrap());
    let sound = encode::wav(&Sound {
        samples: vec![0; 16_000],
        rate: 16_000,
    });
    let spoken = json!({"type": "audio", "content": "", "audio_data": BASE64_STANDARD.encode(sound)});
    let refusal = server.post(&token, &path, &spoken).await.error(400, "INVALID_AUDIO");
    assert!(
        refusal["message"].as_str().unwrap().contains("please type"),
        "{refusal}"
    );

    let typed = json!({"type": "text", "content": "wo yao yi bei natie"});
    let answer = server.post(&token, &path, &typed).await;
    assert!(answer.text.contains("拿铁"), "{}", answer.text);
    server.stop().await;
}
