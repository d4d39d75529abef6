//! Turns of a call that the embedded engines hear: how they were said is told, word by word.

use super::*;
use crate::caller::{self, be_quiet, history, listening};
use crate::websocket::recording;

const TEXT: &str = "Une table pour deux, s'il vous plaît";
/// The same with "oune" for "une", in the signs of espeak-ng.
const WRONG: &str = "[[un]] table pour deux, s'il vous plaît";

/// Somebody says the first answer in a restaurant, in a call of their own: what is told of it in the end, and what is kept.
async fn said(server: &TestServer, speech: &str) -> (Value, Value) {
    let Joined {
        api,
        conversation,
        mut call,
        ..
    } = joined(server).await;
    listening(&mut call).await;
    let sound = recording(speech, "french");
    let clip = Clip::of_pcm(TEXT, &sound.samples, sound.rate).expect("a clip");
    let (heard, _) = caller::say(&mut call, &clip).await;
    // The breath before it may pass for a "Oui".
    assert!(heard.ends_with(TEXT), "{heard}");
    // Something is told within a second, which is before whatever is said a second later.
    be_quiet(&mut call, Duration::from_secs(1)).await;
    let more = json!({"type": "text", "content": "Près de la fenêtre"});
    call.send_message(&more).await.expect("sent");
    let either = |event: &colloquy_loadtest::call::CallEvent| {
        let colloquy_loadtest::call::CallEvent::Message { json, .. } = event else {
            return false;
        };
        json["type"] == "analysis" || (json["type"] == "transcript" && json["text"] == "Près de la fenêtre")
    };
    let first = caller::until(&mut call, "an analysis", either).await;
    let colloquy_loadtest::call::CallEvent::Message { json: mut told, .. } = first else {
        unreachable!("{first:?}");
    };
    assert_eq!(told["type"], "analysis", "it comes before what is said later: {told}");
    let id = told["id"].clone();
    // On a busy machine the sound comes later, with the same id.
    if told["pronunciation_score"].is_null() {
        told = message_that(&mut call, "analysis", |told| {
            told["id"] == id && !told["pronunciation_score"].is_null()
        })
        .await;
    }
    api.end(&conversation).await.expect("ended");
    let messages = history(&api, &conversation, 4).await;
    let kept = messages.iter().find(|message| message["id"] == id).expect("it is kept");
    told.as_object_mut()
        .unwrap()
        .retain(|key, _| key != "type" && key != "id");
    (told, kept["analysis"].clone())
}

fn word<'a>(told: &'a Value, word: &str) -> &'a Value {
    let words = told["words"].as_array().unwrap();
    words
        .iter()
        .find(|told| told["word"] == word)
        .unwrap_or_else(|| panic!("{told}"))
}

#[actix_rt::test]
async fn a_turn_is_told_with_scores_of_its_sound_and_a_mispronounced_word_scores_lower() {
    let server = TestServer::start().await;
    let (right, kept) = said(&server, TEXT).await;
    assert_eq!(kept["pronunciation_score"], right["pronunciation_score"]);
    assert_eq!((&kept["words"], &kept["fluency"]), (&right["words"], &right["fluency"]));
    assert!(
        right["pronunciation_score"].as_u64().is_some_and(|score| score >= 60),
        "{right}"
    );
    let words = right["words"].as_array().unwrap();
    let spelled: Vec<&str> = words.iter().map(|word| word["word"].as_str().unwrap()).collect();
    assert!(
        spelled.ends_with(&["Une", "table", "pour", "deux", "s'il", "vous", "plaît"]),
        "{spelled:?}"
    );
    assert!(
        words
            .iter()
            .all(|word| word["score"].is_u64() && word["verdict"].is_string())
    );
    assert_eq!(right["completeness"], 100);
    let fluency = &right["fluency"];
    assert_eq!(fluency["score"], right["fluency_score"]);
    assert!(
        fluency["articulation_rate"]
            .as_f64()
            .is_some_and(|rate| rate > 2.0 && rate < 9.0),
        "{fluency}"
    );
    assert_eq!(fluency["filler_words"], 0);
    assert!(!fluency["feedback"].as_str().unwrap().is_empty());
    let intonation = &right["intonation"];
    assert!(
        intonation["pattern"].is_string() && intonation["feedback"].is_string(),
        "{intonation}"
    );

    let (wrong, kept) = said(&server, WRONG).await;
    assert_eq!(kept["words"], wrong["words"]);
    let score = |told: &Value, of: &str| word(told, of)["score"].as_u64().unwrap();
    assert!(
        score(&wrong, "Une") + 10 < score(&right, "Une"),
        "{} and {}",
        word(&wrong, "Une"),
        word(&right, "Une")
    );
    server.stop().await;
}
