//! What the page shows beside the words: translations, notes, typography, and the bill at the end.

use serde_json::{Value, json};

use crate::test_server::TestServer;
use crate::visit::Visit;

/// What stands in the bubbles beside the words: the translation, opened if there is one, the notes likewise, the taught
/// words, and the words as they are set.
const BUBBLES: &str = r#"
    const open = (bubble, button, panel) => {
        const found = bubble.querySelector(button);
        if (found.checkVisibility() && found.ariaExpanded === "false") found.click();
        return found.checkVisibility() ? bubble.querySelector(panel).innerText : null;
    };
    return [...document.querySelectorAll("[data-testid=captions] .bubble")].map((bubble) => ({
        translation: open(bubble, ".translate", ".translation"),
        notes: open(bubble, ".learn", ".notes"),
        marked: [...bubble.querySelectorAll("mark")].map((word) => word.textContent),
        text: bubble.querySelector(".text").textContent,
    }));"#;

async fn bubbles(visit: &Visit) -> Vec<Value> {
    let bubbles = visit.browser.run(BUBBLES).await;
    bubbles.as_array().expect("a list of bubbles").clone()
}

/// The server with the embedded dialogue, and a voice that takes no time.
async fn server() -> TestServer {
    TestServer::builder().set("TTS", "scripted").start().await
}

/// Goes to the restaurant by typing.
async fn sit_down(visit: &Visit, language: &str, native: &str) {
    visit.choose_restaurant(language, native).await;
    visit.browser.click("type-only").await;
    visit.await_turn().await;
}

async fn type_answer(visit: &Visit, turn: usize, text: &str) {
    visit.browser.type_line("type", text).await;
    visit.heard(turn).await;
    visit.await_turn().await;
}

fn contains(value: &Value, part: &str) -> bool {
    value.as_str().is_some_and(|text| text.contains(part))
}

#[actix_rt::test]
async fn translations_are_offered_where_there_are_any_and_say_what_language_they_are_in() {
    let visit = Visit::start(server().await, 390, 800).await;
    sit_down(&visit, "french", "spanish").await;
    type_answer(&visit, 0, "Une table pour deux, s'il vous plaît").await;
    type_answer(&visit, 1, "Mon éléphant est bleu").await;
    let shown = bubbles(&visit).await;
    visit.browser.screenshot("translations").await;
    let [opener, expected, _, free, reprompt] = shown.as_slice() else {
        panic!("{shown:#?}")
    };
    assert!(
        contains(&opener["translation"], "In English: Good evening!"),
        "{opener}"
    );
    assert_eq!(expected["translation"], "In English: A table for two, please");
    assert_eq!(free["translation"], Value::Null, "{free}");
    assert!(contains(&reprompt["translation"], "In English: "), "{reprompt}");
    visit.server.stop().await;
}

#[actix_rt::test]
async fn a_translation_into_ones_own_language_needs_no_label() {
    let visit = Visit::start(server().await, 390, 800).await;
    sit_down(&visit, "french", "english").await;
    let shown = bubbles(&visit).await;
    let translation = shown[0]["translation"].as_str().unwrap_or_default();
    assert!(translation.starts_with("Good evening!"), "{shown:#?}");
    visit.server.stop().await;
}

#[actix_rt::test]
async fn what_there_is_to_learn_is_shown_on_tap_and_listed_at_the_end() {
    let visit = Visit::start(server().await, 390, 800).await;
    sit_down(&visit, "french", "english").await;
    let shown = bubbles(&visit).await;
    visit.browser.screenshot("notes").await;
    let [opener] = shown.as_slice() else {
        panic!("{shown:#?}")
    };
    assert_eq!(opener["marked"], json!(["serveuse"]));
    for part in [
        "New words",
        "serveuse",
        "waitress",
        "Grammar",
        "pour + number",
        "Good to know",
        "In France",
    ] {
        assert!(contains(&opener["notes"], part), "{part} in {opener}");
    }
    // No line breaks before French punctuation.
    assert!(contains(&opener["text"], "Bonsoir\u{202f}!"), "{opener}");
    type_answer(&visit, 0, "Une table pour deux, s'il vous plaît").await;
    assert_eq!(bubbles(&visit).await[1]["notes"], Value::Null);

    visit.browser.click("end").await;
    visit.await_summary().await;
    visit.browser.screenshot("bill").await;
    let bill = visit
        .browser
        .until(
            "the new words",
            "return document.querySelector('[data-testid=words]').checkVisibility()
                && document.querySelector('[data-testid=summary]').innerText",
        )
        .await;
    for part in ["New words", "serveuse", "waitress", "Lines exchanged"] {
        assert!(contains(&bill, part), "{part} in {bill}");
    }
    // Whoever ends waits for what was said last to be judged; nothing was said aloud.
    assert!(contains(&bill, "Grammar"), "{bill}");
    assert!(
        contains(&bill, "Not measured yet: pronunciation and confidence."),
        "{bill}"
    );
    for part in ["null", "undefined", "NaN", "not measured\n"] {
        assert!(!contains(&bill, part), "{part} in {bill}");
    }
    visit.server.stop().await;
}
