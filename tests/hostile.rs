//! Bytes that nobody should send, while a call is under way: dropped, counted, and the call goes on.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use colloquy_loadtest::api::Api;
use colloquy_loadtest::call::{Call, CallEvent};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use serde_json::json;

use crate::caller::{listening, message, say, speech, until, voiced_clip};
use crate::program::metric;
use crate::test_server::{Answer, TestServer};

const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];

async fn call(api: &Api) -> (String, Call) {
    let conversation = api
        .create_conversation("restaurant", "english")
        .await
        .expect("a conversation");
    let mut call = Call::join(api, &conversation).await.expect("a call");
    message(&mut call, "ai_response").await;
    (conversation, call)
}

async fn metrics(server: &TestServer) -> String {
    Answer::to(server.request(Method::GET, "/metrics")).await.text
}

/// Where an answer says that its side is reached by a transport.
fn address(answer: &str, transport: &str) -> SocketAddr {
    let candidate = answer
        .lines()
        .filter_map(|line| line.strip_prefix("a=candidate:"))
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .find(|fields| fields[2].eq_ignore_ascii_case(transport))
        .unwrap_or_else(|| panic!("no {transport} candidate in {answer}"));
    SocketAddr::new(candidate[4].parse().unwrap(), candidate[5].parse().unwrap())
}

fn attribute<'a>(sdp: &'a str, name: &str) -> &'a str {
    sdp.lines()
        .find_map(|line| line.strip_prefix("a=")?.strip_prefix(name)?.strip_prefix(':'))
        .unwrap_or_else(|| panic!("no {name} in {sdp}"))
}

/// A binding request whose USERNAME is this one; its MESSAGE-INTEGRITY is made up.
fn check(username: &str) -> Vec<u8> {
    let mut attributes = Vec::new();
    let mut attribute = |kind: u16, value: &[u8]| {
        attributes.extend(kind.to_be_bytes());
        attributes.extend((value.len() as u16).to_be_bytes());
        attributes.extend(value);
        attributes.resize(attributes.len().next_multiple_of(4), 0);
    };
    attribute(0x0006, username.as_bytes());
    attribute(0x0008, &[7; 20]);
    let mut message = vec![0, 1];
    message.extend((attributes.len() as u16).to_be_bytes());
    message.extend(MAGIC_COOKIE);
    message.extend([9; 12]);
    message.extend(attributes);
    message
}

/// An RTP packet of a source, as long as it may be, that nobody has encrypted.
fn rtp(ssrc: u32, sequence: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 111];
    packet.extend(sequence.to_be_bytes());
    packet.extend(0u32.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend([0x55; 60]);
    packet
}

#[actix_rt::test]
async fn datagrams_from_strangers_are_dropped_and_counted_and_the_call_goes_on() {
    let server = TestServer::scripted().set("RTC_ADDRESSES", "127.0.0.1").start().await;
    let api = server.caller().await;
    let (_, mut call) = call(&api).await;
    let port = address(call.answer(), "udp");
    let ufrag = attribute(call.answer(), "ice-ufrag").to_owned();
    let mut random = StdRng::seed_from_u64(1);
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    stranger.set_nonblocking(true).unwrap();
    let before = metric(&metrics(&server).await, "colloquy_live_datagrams_foreign_total");

    let mut foreign = 0;
    for round in 0..50u16 {
        let mut garbage = vec![0; random.random_range(0..1500)];
        random.fill(garbage.as_mut_slice());
        // Not STUN for our peer by chance.
        if let Some(first) = garbage.first_mut() {
            *first |= 0x20;
        }
        let cut = rtp(call.ssrc(), round)[..random.random_range(1..12)].to_vec();
        let datagrams = [
            garbage,
            check("nobody:here"),
            check(""),
            check(&"x".repeat(600)),
            check("nobody:here")[..19].to_vec(),
            cut,
            rtp(random.random(), round),
        ];
        foreign += datagrams.len();
        // These reach our peer, and fail there.
        let refused = [check(&format!("{ufrag}:else")), rtp(call.ssrc(), round)];
        for datagram in datagrams.iter().chain(&refused) {
            stranger.send_to(datagram, port).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The call hears and is heard.
    speech(&mut call).await;
    listening(&mut call).await;
    let clip = voiced_clip("A table for two");
    let (heard, _) = say(&mut call, &clip).await;
    assert_eq!(heard, "I would like a table for two, please.");
    speech(&mut call).await;

    let after = metrics(&server).await;
    let counted = metric(&after, "colloquy_live_datagrams_foreign_total") - before;
    assert!(
        counted >= foreign as f64 * 0.9,
        "{counted} of {foreign} foreign datagrams were counted"
    );
    call.leave().await.expect("left");
    let refused = metric(&metrics(&server).await, "colloquy_live_datagrams_refused_total");
    assert!(refused >= 90.0, "{refused} of 100 refused datagrams were counted");
    // Nobody got an answer to anything: strangers can't use us against others.
    let mut answer = [0; 2048];
    let answered = std::iter::from_fn(|| stranger.recv_from(&mut answer).ok()).count();
    assert_eq!(answered, 0);
    server.stop().await;
}

#[actix_rt::test]
async fn oversized_and_binary_messages_are_dropped_or_answered_and_the_channel_stays() {
    let server = TestServer::scripted().set("RTC_ADDRESSES", "127.0.0.1").start().await;
    let api = server.caller().await;
    let (_, mut call) = call(&api).await;
    call.send_binary(&[0xff; 100]).await.expect("sent");
    call.send_binary(b"{\"type\":\"end\"}").await.expect("sent");
    call.send_text(&"x".repeat(20_000)).await.expect("sent");
    call.send_text(&format!("{{\"type\":\"text\",\"content\":\"{}\"}}", "y".repeat(30_000)))
        .await
        .expect("sent");
    call.send_text("\u{0}").await.expect("sent");
    assert_eq!(message(&mut call, "error").await["code"], "INVALID_JSON");
    call.send_message(&json!({"type": "text", "content": "Still here"}))
        .await
        .expect("sent");
    until(
        &mut call,
        "the transcript",
        |event| matches!(event, CallEvent::Message { json, .. } if json["text"] == "Still here"),
    )
    .await;
    call.leave().await.expect("left");
    let refused = metric(&metrics(&server).await, "colloquy_live_messages_refused_total");
    assert_eq!(refused, 4.0);
    server.stop().await;
}

#[actix_rt::test]
async fn bytes_on_the_tcp_port_that_are_no_check_of_ours_close_the_connection() {
    let server = TestServer::scripted().set("RTC_ADDRESSES", "127.0.0.1").start().await;
    let api = server.caller().await;
    let (_, mut call) = call(&api).await;
    let port = address(call.answer(), "tcp");
    let ufrag = attribute(call.answer(), "ice-ufrag").to_owned();
    let mut random = StdRng::seed_from_u64(2);
    let mut noise = vec![0; 10_000];
    random.fill(noise.as_mut_slice());
    let framed = |datagram: &[u8]| [&(datagram.len() as u16).to_be_bytes(), datagram].concat();
    let cases = [
        noise,
        b"GET / HTTP/1.1\r\nHost: here\r\n\r\n".to_vec(),
        vec![0xff; 3],
        framed(&[]),
        framed(&check("nobody:here")),
        framed(&rtp(call.ssrc(), 1)),
        // Ours by name: its password is wrong, so it is carried and never answered.
        framed(&check(&format!("{ufrag}:else"))),
    ];
    let before = metric(&metrics(&server).await, "colloquy_live_datagrams_in_total");
    let carried = cases.len() - 1;
    let closed = tokio::task::spawn_blocking(move || {
        cases.map(|bytes| {
            let mut stream = TcpStream::connect(port).unwrap();
            // It may be closed before all is written.
            let _ = stream.write_all(&bytes);
            stream.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
            // Closed or reset; not a byte comes back.
            let mut answer = [0; 1];
            match stream.read(&mut answer) {
                Ok(length) => {
                    assert_eq!(length, 0, "{bytes:?} was answered");
                    true
                }
                Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
            }
        })
    });
    let closed = closed.await.unwrap();
    assert!(closed[..carried].iter().all(|closed| *closed), "{closed:?}");
    // The check for our peer got through to it.
    assert!(metric(&metrics(&server).await, "colloquy_live_datagrams_in_total") > before);
    speech(&mut call).await;
    call.leave().await.expect("left");
    let refused = metric(&metrics(&server).await, "colloquy_live_datagrams_refused_total");
    assert!(refused >= 1.0, "{refused}");
    server.stop().await;
}
