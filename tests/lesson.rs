//! Whole lessons in a real browser, by voice, with the embedded engines: from the door of the restaurant to the bill.

use colloquy_loadtest::clip::Voice;

use crate::test_server::TestServer;
use crate::visit::Visit;

const FRENCH: &str = include_str!("../loadtest/answers/restaurant.french.txt");
const ENGLISH: &str = include_str!("../loadtest/answers/restaurant.english.txt");

#[actix_rt::test]
async fn a_dinner_in_french_is_ordered_and_paid_by_voice() {
    hold("french", "english", FRENCH).await;
}

#[actix_rt::test]
async fn a_dinner_in_english_is_ordered_and_paid_by_voice() {
    hold("english", "french", ENGLISH).await;
}

/// Holds the restaurant's conversation to its end, and checks what the page showed, played and kept.
async fn hold(language: &str, native: &str, answers: &str) {
    let voice = Voice::of(language).expect("a voice");
    let answers: Vec<(&str, Vec<u8>)> = answers
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            (
                line,
                voice.say(line).expect("espeak-ng is installed (make test installs it)"),
            )
        })
        .collect();
    let visit = Visit::start(TestServer::start().await, 1280, 800).await;
    visit.choose_restaurant(language, native).await;
    visit.browser.screenshot(&format!("{language}-menu")).await;
    visit.browser.click("talk").await;

    for (turn, (text, wav)) in answers.iter().enumerate() {
        visit.await_turn().await;
        visit.browser.screenshot(&format!("{language}-{turn}")).await;
        visit.say(wav).await;
        assert_eq!(words(&visit.heard(turn).await), words(text));
    }
    visit.await_summary().await;
    visit.browser.screenshot(&format!("{language}-summary")).await;

    let captions = visit.captions().await;
    let said = captions.iter().filter(|line| line.role == "learner").count();
    assert_eq!(said, answers.len(), "{captions:?}");
    assert!(captions.iter().all(|line| !line.interrupted), "{captions:?}");
    assert_eq!(captions, visit.history().await);
    visit.check_sound(answers.len() + 1).await;
    visit.server.stop().await;
}

/// The words of a text, without case and punctuation.
fn words(text: &str) -> Vec<String> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}
