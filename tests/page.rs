//! The page in a real browser, apart from whole lessons: typing, interrupting, waiting, and getting the line back.

use std::net::TcpListener;
use std::time::Duration;

use colloquy_loadtest::clip::Voice;
use reqwest::Method;
use serde_json::Value;

use crate::call::HEARD;
use crate::program::metric;
use crate::test_server::{Answer, TestServer};
use crate::visit::Visit;

#[actix_rt::test]
async fn without_a_microphone_one_types() {
    let visit = Visit::start(TestServer::scripted().start().await, 390, 800).await;
    visit.choose_restaurant("english", "french").await;
    visit
        .browser
        .run("navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError'); }")
        .await;
    visit.browser.click("talk").await;
    let notice = visit
        .browser
        .until(
            "a notice",
            "return document.querySelector('[data-testid=notice]').innerText",
        )
        .await;
    assert!(
        notice.as_str().is_some_and(|text| text.contains("No microphone found")),
        "{notice}"
    );
    visit.browser.screenshot("no-microphone").await;
    visit.browser.click("type-only").await;
    visit.await_turn().await;

    visit.browser.type_line("type", "A table for two, please").await;
    assert_eq!(visit.heard(0).await, "A table for two, please");
    visit.await_turn().await;
    visit.browser.click("end").await;
    visit.await_summary().await;
    let captions = visit.captions().await;
    let said: Vec<&str> = captions.iter().map(|line| line.role.as_str()).collect();
    assert_eq!(said, ["agent", "learner", "agent"], "{captions:?}");
    assert_eq!(captions, visit.history().await);
    visit.server.stop().await;
}

#[actix_rt::test]
async fn the_page_calls_where_the_operator_says_that_the_api_is() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let page = format!("http://127.0.0.1:{port}");
    let api = TestServer::scripted().set("CORS_ORIGINS", &page).start().await;
    let there = format!("http://{}", api.running.http_addr);
    let here = TestServer::scripted()
        .set("PORT", &port.to_string())
        .set("NEXT_PUBLIC_API_URL", &there);
    let visit = Visit::start(here.start().await, 390, 800).await;
    visit.choose_restaurant("english", "french").await;
    visit.browser.click("talk").await;
    visit.await_turn().await;
    let count = "SELECT id FROM conversations";
    assert_eq!(api.rows(count).await.len(), 1);
    assert!(visit.server.rows(count).await.is_empty(), "they talk to the other one");
    visit.browser.click("end").await;
    visit.await_summary().await;
    visit.server.stop().await;
}

#[actix_rt::test]
async fn an_interrupted_reply_is_cut_to_what_was_heard() {
    let visit = Visit::start(TestServer::start().await, 1280, 800).await;
    visit.choose_restaurant("french", "english").await;
    visit.browser.click("talk").await;
    visit.await_words().await;
    visit.browser.click("interrupt").await;
    visit
        .browser
        .until("the cut", "return bubbles()[0]?.interrupted && state() === 'listening'")
        .await;
    visit.browser.screenshot("interrupted").await;
    let captions = visit.captions().await;
    let [opener] = captions.as_slice() else {
        panic!("{captions:?}")
    };
    let meant = visit
        .browser
        .run("return events.findLast(({ type, interrupted }) => type === 'ai_response' && !interrupted).text")
        .await;
    let meant = meant.as_str().expect("what was meant");
    assert!(
        !opener.text.is_empty() && opener.text.len() < meant.len(),
        "{opener:?} of {meant}"
    );
    assert!(meant.starts_with(&opener.text), "{opener:?} of {meant}");
    assert_eq!(captions, visit.history().await);

    visit.await_turn().await;
    let said = "Une table pour deux, s'il vous plaît";
    visit.say(&answer("french", said)).await;
    assert_eq!(visit.heard(0).await, said);
    visit.await_turn().await;
    assert_eq!(visit.captions().await, visit.history().await);
    visit.server.stop().await;
}

#[actix_rt::test]
async fn a_microphone_without_a_sound_is_told_of_until_there_is_one() {
    let visit = Visit::start(TestServer::scripted().start().await, 390, 800).await;
    visit.choose_restaurant("english", "french").await;
    visit.browser.run("hush(true)").await;
    visit.browser.click("talk").await;
    visit.await_turn().await;
    let notice = "const notice = document.querySelector('[data-testid=live-notice]');
        return notice.checkVisibility() && notice.innerText";
    let told = visit.browser.until("the notice", notice).await;
    assert!(
        told.as_str().is_some_and(|text| text.contains("gives no sound")),
        "{told}"
    );
    visit.browser.screenshot("no-sound").await;
    visit.browser.run("hush(false)").await;
    let gone = "return !document.querySelector('[data-testid=live-notice]').checkVisibility()";
    visit.browser.until("the notice to go", gone).await;
    visit.server.stop().await;
}

#[actix_rt::test]
async fn a_browser_sends_redundant_audio_and_is_told_how_its_packets_arrive() {
    let visit = Visit::start(
        TestServer::scripted().set("REDUNDANT_AUDIO", "on").start().await,
        1280,
        800,
    )
    .await;
    visit.choose_restaurant("english", "french").await;
    visit.browser.click("talk").await;
    visit.await_turn().await;
    let agreed = "return colloquy.call.pc.remoteDescription.sdp";
    let agreed = visit.browser.run(agreed).await;
    let agreed = agreed.as_str().expect("a description");
    for line in [
        " UDP/TLS/RTP/SAVPF 63 111",
        "a=fmtp:63 111/111",
        "a=rtcp-fb:111 transport-cc",
        "a=rtcp-fb:111 nack",
    ] {
        assert!(agreed.contains(line), "{line} in {agreed}");
    }
    visit.say(&answer("english", "A table for two, please")).await;
    assert_eq!(visit.heard(0).await, HEARD);
    let sent = "const [done] = arguments;
        colloquy.call.pc.getStats().then((stats) => {
            const reports = [...stats.values()];
            const { packetsSent, bytesSent } = reports.find(({ type }) => type === 'outbound-rtp');
            const estimates = reports.map((report) => report.availableOutgoingBitrate ?? 0);
            const availableOutgoingBitrate = Math.max(...estimates);
            done({ packetsSent, bytesSent, availableOutgoingBitrate });
        });";
    let sent = visit.browser.run_to_end(sent, vec![]).await;
    println!("what the browser says of what it sends: {sent}");
    // It has an estimate only where it is told how its packets arrive.
    assert!(sent["availableOutgoingBitrate"].as_f64() > Some(0.0), "{sent}");
    visit.browser.click("end").await;
    visit.await_summary().await;
    let mut metrics = String::new();
    let count = |metrics: &str, name: &str| metric(metrics, &format!("colloquy_live_{name}_total"));
    for _ in 0..100 {
        metrics = Answer::to(visit.server.request(Method::GET, "/metrics")).await.text;
        if count(&metrics, "peers_ended") == 1.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(count(&metrics, "peers_ended"), 1.0);
    let (received, redundant) = (
        count(&metrics, "packets_received"),
        count(&metrics, "packets_redundant"),
    );
    assert!(received > 100.0, "{received}");
    assert!(redundant >= received - 1.0, "{redundant} of {received}");
    visit.server.stop().await;
}

#[actix_rt::test]
async fn a_browser_agrees_to_ask_again_and_be_asked() {
    let visit = Visit::start(TestServer::scripted().start().await, 390, 800).await;
    visit.choose_restaurant("english", "french").await;
    visit.browser.click("talk").await;
    visit.await_turn().await;
    for side in ["localDescription", "remoteDescription"] {
        let sdp = visit.browser.run(&format!("return colloquy.call.pc.{side}.sdp")).await;
        let sdp = sdp.as_str().expect("a description");
        assert!(sdp.contains("a=rtcp-fb:111 nack\r\n"), "{side}: {sdp}");
    }
    visit.server.stop().await;
}

#[actix_rt::test]
async fn whoever_wants_to_think_is_waited_for() {
    let visit = Visit::start(TestServer::scripted().start().await, 1280, 800).await;
    visit.choose_restaurant("english", "french").await;
    visit.browser.click("talk").await;
    visit.await_turn().await;
    visit.browser.click("hold").await;
    let pressed = "return document.querySelector('[data-testid=hold]').ariaPressed";
    assert_eq!(visit.browser.run(pressed).await, "true");
    visit.say(&answer("english", "A table for two, please")).await;
    visit.say(&silence()).await;
    assert_eq!(visit.browser.run("return answers().length").await, 0);
    visit.browser.screenshot("hold").await;
    visit.browser.click("hold").await;
    assert_eq!(visit.heard(0).await, HEARD);
    visit.await_turn().await;
    visit.server.stop().await;
}

#[actix_rt::test]
async fn a_line_that_drops_is_picked_up_where_it_was() {
    let visit = Visit::start(TestServer::scripted().start().await, 1280, 800).await;
    visit.choose_restaurant("english", "french").await;
    visit.browser.click("talk").await;
    visit.await_turn().await;
    let wav = answer("english", "A table for two");

    // The network goes away under the call: ICE starts again on the same peer.
    let lose = "const { pc } = colloquy.call;
        window.before = { pc, ufrag: pc.remoteDescription.sdp.match(/ice-ufrag:(\\S+)/)[1] };
        colloquy.call.addEventListener('status', () => { delete pc.connectionState; }, { once: true });
        Object.defineProperty(pc, 'connectionState', { value: 'disconnected', configurable: true });
        pc.dispatchEvent(new Event('connectionstatechange'));";
    visit.browser.run(lose).await;
    let again = "const { pc, status } = colloquy.call;
        return status === 'connected' && pc === before.pc
            && pc.remoteDescription.sdp.match(/ice-ufrag:(\\S+)/)[1] !== before.ufrag
            && state() === 'listening'";
    visit.browser.until("another ICE session", again).await;
    visit.say(&wav).await;
    visit.heard(0).await;

    // The server loses the peer while the tutor speaks: the page joins again.
    visit.await_words().await;
    let path = format!("/v1/conversations/{}/whip/1", visit.conversation().await);
    let token = visit.token().await;
    let gone = Answer::to(visit.server.request(Method::DELETE, &path).bearer_auth(&token)).await;
    assert_eq!(gone.status, 200, "{gone:?}");
    let again = "return colloquy.call.status === 'connected' && colloquy.call.pc !== before.pc";
    visit.browser.until("another peer", again).await;
    visit.browser.until("the tutor's ear", "return isMyTurn()").await;
    visit.say(&wav).await;
    visit.heard(1).await;
    visit.await_turn().await;
    assert_eq!(visit.captions().await, visit.history().await);
    visit.server.stop().await;
}

#[actix_rt::test]
async fn a_server_that_restarts_is_found_again() {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let server = TestServer::scripted().set("PORT", &port.to_string()).start().await;
    let Visit { browser, server } = {
        let visit = Visit::start(server, 1280, 800).await;
        visit.choose_restaurant("english", "french").await;
        visit.browser.click("talk").await;
        visit.await_turn().await;
        visit
    };
    let stopped = server.stop().await;
    let told = browser
        .until(
            "the goodbye",
            "return events.find(({ type }) => type === 'error')?.code",
        )
        .await;
    assert_eq!(told, Value::from("SHUTTING_DOWN"));
    browser.until("the loss", "return state() === 'reconnecting'").await;
    browser.screenshot("shutting-down").await;
    let server = stopped.start().await;
    browser
        .until(
            "the server again",
            "return colloquy.call.status === 'connected' && state() === 'listening'",
        )
        .await;
    browser.screenshot("restarted").await;

    let visit = Visit { browser, server };
    visit.browser.type_line("type", "A table for two, please").await;
    visit.heard(0).await;
    visit.await_turn().await;
    assert_eq!(visit.captions().await, visit.history().await);
    visit.server.stop().await;
}

fn answer(language: &str, text: &str) -> Vec<u8> {
    let voice = Voice::of(language).expect("a voice");
    voice.say(text).expect("espeak-ng is installed (make test installs it)")
}

/// Two seconds in which nothing is said: longer than any pause that ends a turn.
fn silence() -> Vec<u8> {
    let samples: u32 = 2 * 8_000;
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + samples * 2).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16u32.to_le_bytes());
    wav.extend([1, 0, 1, 0]);
    wav.extend(8_000u32.to_le_bytes());
    wav.extend(16_000u32.to_le_bytes());
    wav.extend([2, 0, 16, 0]);
    wav.extend(b"data");
    wav.extend((samples * 2).to_le_bytes());
    wav.resize(44 + samples as usize * 2, 0);
    wav
}
