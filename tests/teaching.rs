//! What the tutor does beside holding its role: corrections, help, saying things again, explaining words.

use std::time::Duration;

use colloquy::audio::decode;
use colloquy_loadtest::call::Call;
use reqwest::Method;
use serde_json::{Value, json};

use crate::caller::{be_quiet, hear, history, listening, message, message_that};
use crate::test_server::{Answer, TestServer};
use crate::visit::Visit;

const NEW: &str = "/v1/conversations";

#[actix_web::test]
async fn how_mistakes_are_met_is_chosen_for_a_conversation_or_preferred_or_follows_the_level() {
    let server = TestServer::builder()
        .set("API_KEYS", "key_teaching:teaching@example.com")
        .start()
        .await;
    let key = "key_teaching";
    let made = async |body: Value| {
        let answer = server.post(key, NEW, &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["correction"].clone()
    };
    let about = |level: &str| json!({"topic": "restaurant", "language": "french", "difficulty": level});
    assert_eq!(made(about("beginner")).await, "after");
    assert_eq!(made(about("business_intermediate")).await, "inline");
    let mut chosen = about("beginner");
    chosen["correction"] = json!("off");
    assert_eq!(made(chosen.clone()).await, "off");
    let preferences = "/v1/users/me/preferences";
    let preferred = server
        .send(key, Method::PATCH, preferences, &json!({"correction": "inline"}))
        .await;
    assert_eq!(
        preferred.json()["preferences"]["correction"],
        "inline",
        "{}",
        preferred.text
    );
    assert_eq!(made(about("beginner")).await, "inline");
    assert_eq!(made(chosen).await, "off");

    let wrong = json!({"topic": "restaurant", "correction": "always"});
    server.post(key, NEW, &wrong).await.error(400, "INVALID_REQUEST");
    let wrong = json!({"correction": "sometimes"});
    let refused = server.send(key, Method::PATCH, preferences, &wrong).await;
    refused.error(400, "INVALID_REQUEST");

    let listed = server.get(key, "/v1/conversations?limit=2").await.json();
    assert_eq!(listed["conversations"][0]["correction"], "off");
    assert_eq!(listed["conversations"][1]["correction"], "inline");
    server.stop().await;
}

#[actix_web::test]
async fn a_message_is_heard_slowly_where_that_is_asked_for() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let body = json!({"topic": "restaurant", "language": "french", "difficulty": "beginner"});
    let made = server.post(&token, NEW, &body).await.json();
    let url = made["initial_message"]["audio_url"].as_str().unwrap();
    let path = &url[url.find("/audio/").unwrap()..];
    let seconds = async |query: &str| {
        let file = server
            .request(Method::GET, &format!("{path}{query}"))
            .send()
            .await
            .unwrap();
        assert_eq!(file.status(), 200, "{query}");
        decode(&file.bytes().await.unwrap()).unwrap().duration().as_secs_f64()
    };
    let (usual, natural, slow) = (
        seconds("").await,
        seconds("?pace=natural").await,
        seconds("?pace=slow").await,
    );
    assert!((usual - natural).abs() < 1e-6, "{usual} {natural}");
    // A beginner is spoken to slowly anyway.
    assert!(slow > 1.15 * usual, "{usual} {slow}");
    let answer = Answer::to(server.request(Method::GET, &format!("{path}?pace=fast"))).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
    server.stop().await;
}

#[actix_rt::test]
async fn in_a_call_the_last_words_are_said_again_slowly_and_help_is_given_when_it_is_asked_for() {
    let server = TestServer::start().await;
    let api = server.caller().await;
    let conversation = api
        .create_conversation("restaurant", "french")
        .await
        .expect("a conversation");
    let mut call = Call::join(&api, &conversation).await.expect("a call");
    let opener = message_that(&mut call, "ai_response", |said| said["lines"].is_array()).await;
    assert_eq!(opener["lines"][0]["start"], 0);
    listening(&mut call).await;

    call.send_message(&json!({"type": "hint"})).await.expect("sent");
    let hint = message(&mut call, "hint").await;
    let replies = hint["replies"].as_array().expect("replies");
    let grades: Vec<&Value> = replies.iter().map(|reply| &reply["grade"]).collect();
    // A beginner is shown everything at once.
    assert_eq!(grades, ["beginning", "short", "whole"], "{hint}");
    let whole = replies[2]["text"].as_str().unwrap();
    let beginning = replies[0]["text"].as_str().unwrap().trim_end_matches('…');
    assert!(
        whole.starts_with(beginning) && replies[0]["translation"].is_null(),
        "{hint}"
    );

    let again = json!({"type": "repeat", "id": opener["id"], "pace": "slow"});
    call.send_message(&again).await.expect("sent");
    message_that(&mut call, "state", |state| state["state"] == "speaking").await;
    hear(&mut call, 50).await;
    listening(&mut call).await;
    let unknown = json!({"type": "repeat", "id": "msg_unknown"});
    call.send_message(&unknown).await.expect("sent");
    assert_eq!(message(&mut call, "error").await["code"], "UNKNOWN_MESSAGE");
    // It was nothing new.
    be_quiet(&mut call, Duration::from_millis(200)).await;
    assert_eq!(history(&api, &conversation, 1).await.len(), 1);
    server.stop().await;
}

/// Types into the page, and waits for the answer.
async fn exchange(visit: &Visit, turn: usize, text: &str) {
    visit.browser.type_line("type", text).await;
    assert_eq!(visit.heard(turn).await, text);
    visit.await_turn().await;
}

#[actix_rt::test]
async fn the_page_helps_says_it_again_explains_words_and_shows_what_was_put_right() {
    let visit = Visit::start(TestServer::start().await, 1280, 900).await;
    let browser = &visit.browser;
    visit.choose_restaurant("french", "english").await;
    browser.click("type-only").await;
    visit.await_turn().await;

    // Help, when it is asked for: a beginning is begun, a whole answer is said.
    browser.click("hint").await;
    let grades =
        "return [...document.querySelectorAll('#hint-list button')].map(({ dataset }) => dataset.grade).join() || null";
    assert_eq!(browser.until("help", grades).await, "beginning,short,whole");
    browser.screenshot("hints").await;
    browser.press("#hint-list [data-grade=beginning]").await;
    let begun = browser.run("return document.querySelector('#type').value").await;
    assert!(
        begun.as_str().is_some_and(|text| text.ends_with(' ') && text.len() > 3),
        "{begun}"
    );
    browser.run("document.querySelector('#type').value = ''").await;
    exchange(&visit, 0, "une table pour deux").await;

    // The last words once more: nothing new is said.
    let before = visit.captions().await;
    let slowly = "const all = [...document.querySelectorAll('.bubble[data-role=agent] .again')]; all.at(-1).click()";
    browser.run(slowly).await;
    browser
        .until(
            "the tutor speaking",
            "return events.at(-1).type === 'state' && state() === 'speaking'",
        )
        .await;
    browser.until("the end of it", "return state() === 'listening'").await;
    assert_eq!(visit.captions().await, before);

    // A word is explained when it is tapped, and any other part by its line.
    let tap = "const word = document.querySelector('.bubble[data-role=agent] .glossed');
        word.click();
        return word.closest('.bubble').querySelector('.gloss').innerText";
    let gloss = browser.run(tap).await;
    assert!(gloss.as_str().is_some_and(|text| text.contains(" · ")), "{gloss}");
    let tap = "const line = document.querySelector('.bubble[data-role=agent] .in-line');
        line.click();
        return line.closest('.bubble').querySelector('.gloss').innerText";
    let gloss = browser.run(tap).await;
    assert!(
        gloss.as_str().is_some_and(|text| text.contains("Good evening")),
        "{gloss}"
    );
    browser.screenshot("gloss").await;

    // What the tutor says in the right form stands with the learner's own words.
    let told = "const { id } = answers()[0];
        const correction = { message_id: id, wrong: 'une table', right: 'la table', explanation: 'So it is.' };
        const detail = { type: 'ai_response', id: 'msg_corrected', text: 'Ah, la table !', correction };
        colloquy.call.dispatchEvent(new CustomEvent('message', { detail }));
        return document.querySelector('.bubble[data-role=learner] .correction').innerText";
    assert_eq!(browser.run(told).await, "une table → la table · So it is.");
    browser.screenshot("correction").await;
    visit.server.stop().await;
}
