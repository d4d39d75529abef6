//! WHIP's PATCH over the wire: trickle, ICE restart, and what is wrong with other requests.

use std::time::Instant;

use colloquy_loadtest::call::{Call, CallEvent, Network};
use reqwest::Method;
use serde_json::json;

use crate::caller::{listening, message, say, speech, until, voiced_clip};
use crate::test_server::{Answer, TestServer};

const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

#[actix_rt::test]
async fn after_an_ice_restart_media_and_messages_go_on() {
    let server = TestServer::scripted().set("RTC_ADDRESSES", "127.0.0.1").start().await;
    let api = server.caller().await;
    let conversation = api.create_conversation("restaurant", "english").await.unwrap();
    let mut call = Call::join(&api, &conversation).await.expect("a call");
    message(&mut call, "ai_response").await;
    listening(&mut call).await;
    let clip = voiced_clip("A table for two");
    let before = call.answer().to_owned();
    for round in 0..2 {
        call.restart().await.expect("restarted");
        assert_ne!(call.answer(), before);
        let restarted = Instant::now();
        call.send_message(&json!({"type": "text", "content": format!("Round {round}")}))
            .await
            .expect("sent");
        let text = format!("Round {round}");
        until(
            &mut call,
            "the transcript of what was typed",
            |event| matches!(event, CallEvent::Message { json, .. } if json["text"] == text.as_str()),
        )
        .await;
        speech(&mut call).await;
        println!("round {round}: speech {:?} after the restart", restarted.elapsed());
        listening(&mut call).await;
        // And the other way.
        let (heard, _) = say(&mut call, &clip).await;
        assert_eq!(heard, "I would like a table for two, please.");
        speech(&mut call).await;
        listening(&mut call).await;
    }
    // The old ways in are closed when the peer has gone.
    call.leave().await.expect("left");
    assert_eq!(server.running.live.registered_ufrags(), 0);
    server.stop().await;
}

#[actix_rt::test]
async fn whoever_has_only_tcp_joins_speaks_and_hears_the_reply() {
    let server = TestServer::scripted().set("RTC_ADDRESSES", "127.0.0.1").start().await;
    let api = server.caller().await;
    let conversation = api.create_conversation("restaurant", "english").await.unwrap();
    let mut call = Call::join_over(Network::Tcp, &api, &conversation)
        .await
        .expect("a call");
    speech(&mut call).await;
    message(&mut call, "ai_response").await;
    listening(&mut call).await;
    let (heard, _) = say(&mut call, &voiced_clip("A table for two")).await;
    assert_eq!(heard, "I would like a table for two, please.");
    speech(&mut call).await;
    listening(&mut call).await;
    call.leave().await.expect("left");
    server.stop().await;
}

#[actix_rt::test]
async fn patches_get_the_status_that_fits() {
    let server = TestServer::scripted().set("RTC_ADDRESSES", "127.0.0.1").start().await;
    let api = server.caller().await;
    let conversation = api.create_conversation("restaurant", "english").await.unwrap();
    let call = Call::join(&api, &conversation).await.expect("a call");
    let path = call
        .location()
        .strip_prefix(&format!("http://{}", server.running.http_addr))
        .expect("it is on this server")
        .to_owned();
    let ufrag = call
        .answer()
        .lines()
        .find_map(|line| line.strip_prefix("a=ice-ufrag:"))
        .expect("the answer names its session");
    let tag = format!("\"{ufrag}\"");
    let stranger = server.guest().await;
    let patch = |path: &str, token: &str, if_match: Option<&str>, content_type: &str, body: &str| {
        let request = server
            .request(Method::PATCH, path)
            .bearer_auth(token)
            .header("content-type", content_type)
            .body(body.to_owned());
        match if_match {
            Some(if_match) => request.header("if-match", if_match),
            None => request,
        }
    };
    let candidate = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:9 1 udp 1 192.0.2.9 9 typ host\r\n\
                     a=candidate:8 1 udp 1 0a6d.local 9 typ host\r\na=end-of-candidates\r\n";
    let fresh = "a=ice-ufrag:fresh\r\na=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa\r\n";
    let token = api.token();

    let trickled = Answer::to(patch(&path, token, Some(&tag), FRAGMENT, candidate)).await;
    assert_eq!((trickled.status, trickled.text.as_str()), (204, ""));

    let gone = path.rsplit_once('/').expect("a path").0.to_owned() + "/77";
    let cases = [
        (
            patch(&path, token, None, FRAGMENT, candidate),
            428,
            "PRECONDITION_REQUIRED",
        ),
        (
            patch(&path, token, Some("\"other\""), FRAGMENT, candidate),
            412,
            "PRECONDITION_FAILED",
        ),
        (patch(&path, token, Some(&tag), FRAGMENT, fresh), 400, "INVALID_REQUEST"),
        (
            patch(&path, token, Some("*"), FRAGMENT, candidate),
            400,
            "INVALID_REQUEST",
        ),
        (
            patch(&path, token, Some("*"), FRAGMENT, "a=ice-ufrag:x\r\n"),
            400,
            "INVALID_REQUEST",
        ),
        (
            patch(&path, token, Some("*"), FRAGMENT, "nonsense"),
            400,
            "INVALID_REQUEST",
        ),
        (
            patch(&path, token, Some(&tag), "application/sdp", candidate),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (patch(&gone, token, Some(&tag), FRAGMENT, candidate), 404, "NOT_FOUND"),
        (
            patch(&path, &stranger, Some(&tag), FRAGMENT, candidate),
            404,
            "NOT_FOUND",
        ),
        (
            patch(&path, "nonsense", Some(&tag), FRAGMENT, candidate),
            401,
            "UNAUTHORIZED",
        ),
    ];
    for (request, status, code) in cases {
        Answer::to(request).await.error(status, code);
    }

    // A restart answers with its side of the new session, and names it.
    let restarted = Answer::to(patch(&path, token, Some("*"), FRAGMENT, fresh)).await;
    assert_eq!(restarted.status, 200, "{restarted:?}");
    assert_eq!(restarted.header("content-type"), FRAGMENT);
    assert_ne!(restarted.header("etag"), tag);
    for line in ["a=ice-ufrag:", "a=ice-pwd:", "a=candidate:"] {
        assert!(restarted.text.contains(line), "{}", restarted.text);
    }
    assert!(restarted.text.contains(restarted.header("etag").trim_matches('"')));
    // The session before it is no more.
    Answer::to(patch(&path, token, Some(&tag), FRAGMENT, candidate))
        .await
        .error(412, "PRECONDITION_FAILED");
    call.leave().await.expect("left");
    server.stop().await;
}
