//! The menu: what is offered before a conversation, and the way back into one that was left.

use serde_json::json;

use crate::test_server::TestServer;
use crate::visit::Visit;

#[actix_rt::test]
async fn every_language_is_offered_with_what_can_be_done_in_it() {
    let visit = Visit::start(TestServer::start().await, 390, 800).await;
    visit.browser.choose("language", "japanese").await;
    let offered = visit
        .browser
        .until(
            "what the server says of languages",
            "const offers = [...document.querySelectorAll('[data-testid=language] optgroup')]
                .map(({ label, children }) => [label, [...children].map(({ innerText }) => innerText)]);
            return offers.some(([, names]) => names.some((name) => name.includes('·'))) && offers",
        )
        .await;
    assert_eq!(
        offered,
        json!([[
            "Scenes and free conversation",
            [
                "English",
                "Spanish",
                "French",
                "German",
                "Italian",
                "Portuguese",
                "Chinese · you type",
                "Japanese · you type"
            ]
        ]])
    );
    // The browser speaks English. Nobody here would understand spoken Japanese: it is typed.
    let advice = "return document.querySelector('[data-testid=advice]').innerText";
    let told = visit.browser.run(advice).await;
    assert_eq!(told, "The tutor speaks; your part is typed.");
    visit.browser.screenshot("japanese").await;
    visit
        .browser
        .run("navigator.mediaDevices.getUserMedia = async () => { window.asked = true; throw new Error(); }")
        .await;
    assert_eq!(
        visit
            .browser
            .run("return document.querySelector('[data-testid=talk]').innerText")
            .await,
        "Write"
    );
    visit.browser.click("talk").await;
    visit.await_turn().await;
    visit.browser.screenshot("japanese-talk").await;
    assert_eq!(visit.browser.run("return window.asked ?? false").await, false);
    visit.browser.type_line("type", "はい").await;
    visit.heard(0).await;
    // That nobody would understand what is said was told before: it is no problem that somebody reports.
    let notice = "return document.querySelector('[data-testid=live-notice]').innerText";
    assert_eq!(visit.browser.run(notice).await, "");
    visit.server.stop().await;
}

#[actix_rt::test]
async fn the_native_language_says_which_translations_it_gives() {
    let visit = Visit::start(TestServer::start().await, 390, 800).await;
    visit.choose_restaurant("french", "german").await;
    let advice = "return document.querySelector('[data-testid=advice]').innerText";
    let told = visit.browser.until("the advice", advice).await;
    assert_eq!(told, "Translations are in English; there are none into German yet.");
    visit.browser.screenshot("german-menu").await;
    visit.browser.choose("native", "english").await;
    assert_eq!(visit.browser.run(advice).await, "");
    visit.server.stop().await;
}

#[actix_rt::test]
async fn a_scene_for_more_advanced_learners_says_so() {
    let visit = Visit::start(TestServer::scripted().start().await, 390, 800).await;
    visit.choose_restaurant("french", "english").await;
    visit.browser.choose("scenario", "job_interview").await;
    let description = "return document.querySelector('#description').textContent";
    let told = visit.browser.run(description).await;
    assert_eq!(
        told,
        "Practice answering common interview questions professionally. About 30 minutes. It suits advanced learners best."
    );
    visit.browser.screenshot("job-interview").await;
    visit.browser.choose("scenario", "restaurant").await;
    let told = visit.browser.run(description).await;
    assert!(!told.as_str().unwrap_or_default().contains("learners"), "{told}");
    visit.server.stop().await;
}

#[actix_rt::test]
async fn a_page_that_is_loaded_again_goes_on_where_it_was() {
    let server = TestServer::builder().set("TTS", "scripted").start().await;
    let visit = Visit::start(server, 390, 800).await;
    visit.choose_restaurant("french", "english").await;
    visit.browser.click("type-only").await;
    visit.await_turn().await;
    visit
        .browser
        .type_line("type", "Une table pour deux, s'il vous plaît")
        .await;
    visit.heard(0).await;
    visit.await_turn().await;
    let before = visit.captions().await;
    assert_eq!(before.len(), 3, "{before:?}");
    let first = visit.conversation().await;

    visit.load().await;
    let offer = "const offer = document.querySelector('[data-testid=resume]');
        return offer.checkVisibility() && offer.innerText";
    let offer = visit.browser.until("the offer", offer).await;
    let offer = offer.as_str().unwrap_or_default();
    assert!(
        offer.contains("“Dining at a Restaurant”, in French with Marie."),
        "{offer}"
    );
    visit.browser.screenshot("left-open").await;
    visit.browser.click("resume-go").await;
    visit.browser.until("the call", "return state() === 'listening'").await;
    assert_eq!(visit.captions().await, before);
    // What the history doesn't keep is there, too.
    let marked = "return document.querySelector('.bubble mark')?.textContent";
    assert_eq!(visit.browser.run(marked).await, "serveuse");
    assert_eq!(visit.conversation().await, first);

    visit.browser.type_line("type", "En terrasse, s'il vous plaît").await;
    visit.heard(0).await;
    visit.await_turn().await;
    let captions = visit.captions().await;
    assert_eq!(captions.len(), 5, "{captions:?}");
    assert_eq!(captions, visit.history().await);
    visit.browser.screenshot("resumed").await;
    visit.browser.click("end").await;
    visit.await_summary().await;

    // What is over is not offered.
    visit.load().await;
    visit.browser.choose("scenario", "restaurant").await;
    assert_eq!(
        visit
            .browser
            .run("return sessionStorage['colloquy.open'] ?? null")
            .await,
        json!(null)
    );
    visit.server.stop().await;
}

#[actix_rt::test]
async fn a_conversation_that_was_ended_elsewhere_is_not_offered() {
    let visit = Visit::start(TestServer::scripted().start().await, 390, 800).await;
    visit.choose_restaurant("english", "french").await;
    visit.browser.click("type-only").await;
    visit.await_turn().await;
    let path = format!("/v1/conversations/{}/end", visit.conversation().await);
    // The page goes before it is told.
    visit.browser.open("about:blank").await;
    let token = {
        visit.load().await;
        visit.token().await
    };
    visit
        .browser
        .until(
            "the offer",
            "return document.querySelector('[data-testid=resume]').checkVisibility()",
        )
        .await;
    assert_eq!(visit.server.post(&token, &path, &json!({})).await.status, 200);
    visit.load().await;
    visit
        .browser
        .until("the bookmark to go", "return !sessionStorage['colloquy.open']")
        .await;
    assert_eq!(
        visit
            .browser
            .run("return document.querySelector('[data-testid=resume]').checkVisibility()")
            .await,
        false
    );
    visit.server.stop().await;
}
