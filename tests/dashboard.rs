//! The pages beside the talk, in a real browser: from a guest's first conversation to leaving.

use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use reqwest::Method;
use serde_json::Value;

use crate::browser::Browser;
use crate::forms::PASSWORD;
use crate::test_server::{Answer, TestServer};
use crate::visit::Visit;

const PAGES: [&str; 5] = ["/progress", "/achievements", "/leaderboard", "/history", "/settings"];
const EMAIL: &str = "ann@example.com";

#[actix_rt::test]
async fn what_a_guest_did_is_kept_by_who_signs_up() {
    let visit = Visit {
        server: TestServer::scripted().start().await,
        browser: Browser::start(390, 800).await,
    };
    let browser = &visit.browser;

    // To look around makes nobody a guest.
    for page in PAGES {
        open(&visit, page).await;
        browser.shows("[data-testid=invitation]", "account").await;
        fits(browser, page).await;
    }
    let stored = "return localStorage.length";
    assert_eq!(browser.run(stored).await, 0);

    visit.load().await;
    hold_conversation(&visit).await;
    open(&visit, "/progress").await;
    browser.shows("[data-testid=invitation]", "With an account").await;
    browser.shows("[data-testid=sums]", "Conversations completed\n1").await;
    browser.press("#invitation a[href^='/signup']").await;
    browser.fill("[name=name]", "Ann Example").await;
    browser.fill("[name=email]", EMAIL).await;
    browser.fill("[name=password]", PASSWORD).await;
    browser.shows("#claim", "Keep the conversations").await;
    browser.screenshot("sign-up").await;
    browser.press("form .solid").await;

    // Back where they came from, as somebody.
    browser.shows("[data-testid=account]", "Sign out").await;
    browser.shows("[data-testid=sums]", "Conversations completed\n1").await;
    assert_eq!(browser.run("return location.pathname").await, "/progress");
    assert_eq!(
        browser.run("return document.querySelector('#invitation').hidden").await,
        true
    );
    // A first conversation is worth its achievement, however short it was.
    let columns =
        "return [...document.querySelectorAll('#days figure')].map((figure) => figure.querySelectorAll('.bar').length)";
    assert_eq!(browser.run(columns).await[0], 1);
    let rows = "return document.querySelectorAll('#days figure')[0].querySelectorAll('tr').length";
    assert_eq!(browser.run(rows).await, 8);
    browser
        .shows("[data-testid=skills]", "Pronunciation\nnot measured yet")
        .await;
    browser.run("document.querySelector('#days').scrollIntoView()").await;
    browser.screenshot("progress").await;
    fits(browser, "/progress").await;
    browser.choose("period", "year").await;
    browser.shows("[data-testid=days]", "XP a week").await;
    browser.choose("language", "german").await;
    browser.shows("[data-testid=days]", "Nothing was practised").await;

    open(&visit, "/achievements").await;
    browser.shows("[data-testid=earned]", "Breaking the Ice").await;
    browser.shows("[data-testid=available]", "Week Warrior").await;
    browser.shows("[data-testid=available]", "of 7").await;
    browser.screenshot("achievements").await;
    fits(browser, "/achievements").await;

    open(&visit, "/leaderboard").await;
    browser.shows("[data-testid=leaders]", "Ann E. (you)").await;
    browser.shows("[data-testid=standing]", "place 1 of 1").await;
    assert!(!browser.text("[data-testid=leaders]").await.contains("Example"));
    for board in ["monthly", "all_time"] {
        browser
            .run(&format!("document.querySelector('[data-testid={board}]').click()"))
            .await;
        browser.shows("[data-testid=leaders]", "Ann E. (you)").await;
    }
    browser.screenshot("leaderboard").await;
    fits(browser, "/leaderboard").await;

    open(&visit, "/history").await;
    browser.shows("[data-testid=conversations]", "Restaurant").await;
    browser.screenshot("history").await;
    browser.press("[data-testid=conversations] a").await;
    browser.shows("[data-testid=lines]", "A table for two, please").await;
    let said = "return [...document.querySelectorAll('#lines .bubble')].map(({ dataset }) => dataset.role)";
    assert_eq!(
        browser.run(said).await,
        serde_json::json!(["agent", "learner", "agent"])
    );
    let hear = "const done = arguments[0], headers = { Range: 'bytes=0-99' };
        fetch(document.querySelector('#lines audio').src, { headers })
            .then((response) => done([response.status, response.headers.get('content-type')]), String)";
    assert_eq!(
        browser.run_to_end(hear, Vec::new()).await,
        serde_json::json!([206, "audio/mpeg"])
    );
    browser.screenshot("reading").await;
    fits(browser, "/history").await;

    // Signing out ends it in this browser, and signing in brings it back.
    browser.press("[data-testid=sign-out]").await;
    browser
        .until("the sign-in", "return location.pathname === '/login'")
        .await;
    open(&visit, "/history").await;
    browser.shows("[data-testid=invitation]", "guest").await;
    browser.press("[data-testid=sign-in]").await;
    browser.fill("[name=email]", EMAIL).await;
    browser.fill("[name=password]", PASSWORD).await;
    browser.press("form .solid").await;
    browser.shows("[data-testid=conversations]", "Restaurant").await;
    // What is theirs already is not offered again.
    browser
        .until("the old token to go", "return !localStorage['colloquy.guest']")
        .await;
    assert_eq!(
        browser.run("return document.querySelector('#claim').hidden").await,
        true
    );
    visit.server.stop().await;
}

#[actix_rt::test]
async fn an_account_is_used_changed_and_left() {
    let server = TestServer::scripted().set("WEBHOOK_ALLOW", "127.0.0.0/8").start().await;
    let visit = Visit::start(server, 1280, 900).await;
    let browser = &visit.browser;
    visit.server.conversation(&visit.token().await).await;
    browser.press("[data-testid=sign-up]").await;
    browser.fill("[name=name]", "Ann Example").await;
    browser.fill("[name=email]", EMAIL).await;
    browser.fill("[name=password]", PASSWORD).await;
    browser.press("#claim input").await;
    browser.press("form .solid").await;
    browser.shows("[data-testid=account]", "Sign out").await;

    // What the guest of this browser did can still be theirs.
    open(&visit, "/history").await;
    browser.shows("[data-testid=claim]", "before you signed in").await;
    browser.shows("#list-note", "There are none").await;
    browser.press("[data-testid=claim] button").await;
    browser.shows("[data-testid=conversations]", "Restaurant").await;

    // A key is shown once, works, and is refused when it is revoked.
    open(&visit, "/settings").await;
    browser.press("[data-testid=open-key]").await;
    browser.fill("[data-testid=key-name]", "My <b>course</b>").await;
    browser.press("[data-testid=generate-key]").await;
    let key = browser
        .until(
            "the key",
            "return document.querySelector('[data-testid=shown-key]')?.value",
        )
        .await;
    let key = key.as_str().unwrap();
    browser.shows("[data-testid=keys]", "My <b>course</b>").await;
    browser.screenshot("api-key").await;
    let me = visit.server.get(key, "/v1/users/me").await;
    assert_eq!((me.status, &me.json()["email"]), (200, &Value::from(EMAIL)));
    open(&visit, "/settings").await;
    browser.shows("[data-testid=keys]", "My <b>course</b>").await;
    assert!(
        !browser
            .run("return document.documentElement.outerHTML")
            .await
            .as_str()
            .unwrap()
            .contains(key)
    );
    browser.press("[data-testid=revoke-key]").await;
    browser.press("[data-testid=dialog-no]").await;
    assert_eq!(visit.server.get(key, "/v1/users/me").await.status, 200);
    browser.press("[data-testid=revoke-key]").await;
    browser.screenshot("revoke").await;
    browser.press("[data-testid=dialog-yes]").await;
    browser.shows("[data-testid=keys]", "There are none").await;
    visit.server.get(key, "/v1/users/me").await.error(401, "UNAUTHORIZED");

    // A webhook is told of the conversation that they hold.
    let receiver = Receiver::start();
    browser.press("[data-testid=open-webhook]").await;
    browser.fill("[data-testid=webhook-url]", "http://10.0.0.1/hook").await;
    browser.press("[data-testid=add-webhook]").await;
    browser.shows("#webhooks-said[data-tone=error]", "url").await;
    browser.fill("[data-testid=webhook-url]", &receiver.url).await;
    browser.press("[data-testid=event-progress]").await;
    browser.press("[data-testid=add-webhook]").await;
    let secret = "return document.querySelector('[data-testid=shown-secret]')?.value";
    let secret = browser.until("the secret", secret).await;
    assert!(secret.as_str().unwrap().starts_with("whsec_"), "{secret}");
    browser.screenshot("webhook").await;
    visit.load().await;
    hold_conversation(&visit).await;
    receiver.hears("conversation.completed").await;
    open(&visit, "/settings").await;
    browser.press("[data-testid=open-deliveries]").await;
    browser.shows("[data-testid=webhooks]", "1 delivery").await;
    look_until(browser, "[data-status=delivered]").await;
    browser.press("[data-testid=replay]").await;
    browser.shows("[data-testid=webhooks]", "2 deliveries").await;
    browser.screenshot("deliveries").await;
    browser.press("[data-testid=toggle-webhook]").await;
    browser.shows("[data-testid=webhooks]", "Paused").await;
    browser.press("[data-testid=delete-webhook]").await;
    browser.press("[data-testid=dialog-yes]").await;
    browser.shows("[data-testid=webhooks]", "There are none").await;

    // What is changed stays changed.
    browser.choose("time_zone", "Asia/Tokyo").await;
    browser.choose("target_language", "italian").await;
    browser.fill("[data-testid=daily_goal]", "45").await;
    browser.press("[data-testid=save-profile]").await;
    browser.shows("[data-testid=profile-said]", "Saved").await;
    open(&visit, "/settings").await;
    browser
        .until(
            "the profile",
            "return document.querySelector('[data-testid=time_zone]')?.value === 'Asia/Tokyo'
                && document.querySelector('[data-testid=target_language]').value === 'italian'
                && document.querySelector('[data-testid=daily_goal]').value === '45'
                && document.querySelector('[data-testid=email]').value === 'ann@example.com'",
        )
        .await;
    browser.screenshot("settings").await;
    let row = visit
        .server
        .running
        .database
        .user_with_email(EMAIL)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.time_zone, "Asia/Tokyo");

    // They take their things along, and go.
    browser
        .run("const make = URL.createObjectURL; URL.createObjectURL = (blob) => { blob.text().then((text) => { window.exported = text; }); return make.call(URL, blob); }")
        .await;
    browser.press("[data-testid=export]").await;
    let exported = browser.until("the export", "return window.exported").await;
    // The document is the first in the archive, and stands there as it is.
    let archive = exported.as_str().unwrap();
    assert!(archive.starts_with("PK"), "{archive}");
    let document = &archive[archive.find("export.json").unwrap()..];
    let document = &document[document.find('{').unwrap()..];
    let exported: Value = serde_json::Deserializer::from_str(document)
        .into_iter()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(exported["user"]["email"], EMAIL);
    assert_eq!(exported["conversations"].as_array().unwrap().len(), 2);
    browser.press("[data-testid=delete]").await;
    browser.press("[data-testid=dialog-yes]").await;
    // Not before it is typed who goes.
    assert_eq!(browser.run("return document.querySelector('dialog').open").await, true);
    browser.fill("[data-testid=dialog-expected]", EMAIL).await;
    browser.screenshot("delete").await;
    browser.press("[data-testid=dialog-yes]").await;
    browser.until("the talk", "return location.pathname === '/'").await;
    browser.shows("#nav", "Sign up").await;
    let gone = visit.server.running.database.user_with_email(EMAIL).await.unwrap();
    assert!(gone.is_none());
    receiver.handle.stop(false).await;
    visit.server.stop().await;
}

#[actix_rt::test]
async fn pages_are_files_without_anything_of_anybody() {
    let server = TestServer::start().await;
    for page in PAGES {
        let answer = Answer::to(server.request(Method::GET, page)).await;
        assert_eq!(answer.status, 200, "{page}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"), "{policy}");
        for script in answer.text.split("<script").skip(1) {
            assert!(
                script.starts_with(" type=\"module\" src=\"/assets/"),
                "{page}: {script}"
            );
        }
        assert!(
            !answer.text.contains("style=") && !answer.text.contains("onclick"),
            "{page}"
        );
        for file in linked(&answer.text) {
            let asset = Answer::to(server.request(Method::GET, &file)).await;
            assert_eq!(asset.status, 200, "{page} needs {file}");
        }
        let known = server
            .request(Method::GET, page)
            .header("if-none-match", answer.header("etag"));
        assert_eq!(Answer::to(known).await.status, 304, "{page}");
        assert_eq!(
            Answer::to(server.request(Method::POST, page)).await.status,
            405,
            "{page}"
        );
    }
    let file = Answer::to(server.request(Method::GET, "/assets/settings.html")).await;
    assert_eq!(file.status, 404);
    server.stop().await;
}

/// The files that a page names.
fn linked(html: &str) -> Vec<String> {
    let rest = html.split("\"/assets/").skip(1);
    rest.filter_map(|rest| Some(format!("/assets/{}", rest.split_once('"')?.0)))
        .collect()
}

async fn open(visit: &Visit, page: &str) {
    let url = format!("http://{}{page}", visit.server.running.http_addr);
    visit.browser.open(&url).await;
    let ready = "return document.querySelector('main').ariaBusy === 'false'";
    visit.browser.until(&format!("{page} to be drawn"), ready).await;
    let told = "const notice = document.querySelector('#notice'); return notice.hidden ? '' : notice.innerText";
    assert_eq!(visit.browser.run(told).await, "", "{page}");
}

/// Nothing of a page is wider than its window.
async fn fits(browser: &Browser, page: &str) {
    let widths = browser
        .run("return [document.documentElement.scrollWidth, innerWidth]")
        .await;
    assert!(widths[0].as_u64() <= widths[1].as_u64(), "{page}: {widths}");
}

/// A conversation of one turn, by typing.
async fn hold_conversation(visit: &Visit) {
    visit.choose_restaurant("english", "french").await;
    visit.browser.click("type-only").await;
    visit.await_turn().await;
    visit.browser.type_line("type", "A table for two, please").await;
    visit.heard(0).await;
    visit.await_turn().await;
    visit.browser.click("end").await;
    visit.await_summary().await;
}

/// Looks at the deliveries again until one is there.
async fn look_until(browser: &Browser, css: &str) {
    let script = format!(
        "if (document.querySelector('{css}')) return true;
        document.querySelector('[data-testid=look-again]').click();
        return false"
    );
    browser.until(css, &script).await;
}

/// Somebody who wants to hear of events.
struct Receiver {
    url: String,
    heard: Arc<Mutex<Vec<String>>>,
    handle: ServerHandle,
}

impl Receiver {
    fn start() -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&heard);
        let server = HttpServer::new(move || {
            let told = Arc::clone(&told);
            App::new().default_service(web::to(move |body: String| {
                told.lock().unwrap().push(body);
                async { HttpResponse::Ok().finish() }
            }))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { url, heard, handle }
    }

    async fn hears(&self, event: &str) {
        for _ in 0..600 {
            if self.heard.lock().unwrap().iter().any(|body| body.contains(event)) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("nobody told of {event}");
    }
}
