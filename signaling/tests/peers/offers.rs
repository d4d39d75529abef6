//! Offers of real clients, and offers that nobody should send.

use std::time::{Duration, Instant};

use colloquy_signaling::sdp::{Direction, MAX_LENGTH};
use colloquy_signaling::{OfferError, Peer};
use proptest::prelude::*;

use crate::world::config;

/// Chromium 156: one audio track and a data channel.
const CHROMIUM: &str = include_str!("../data/chromium.sdp");
/// Chromium 156: video before audio, all in one bundle from the start.
const CHROMIUM_MAX_BUNDLE: &str = include_str!("../data/chromium-max-bundle.sdp");
/// Chromium 156: audio, two video transceivers and a data channel, as RTVI clients offer.
const RTVI: &str = include_str!("../data/chromium-rtvi.sdp");
/// Chromium 156: three audio and three video receivers and a data channel, as LiveKit's subscribers offer.
const LIVEKIT: &str = include_str!("../data/chromium-livekit.sdp");
/// In the shape of Firefox: Opus is 109, credentials differ from Chromium's in length, fingerprint at session level.
const FIREFOX: &str = include_str!("../data/firefox.sdp");

fn answer(offer: &str) -> Result<(Peer, String), OfferError> {
    Peer::answer(offer, &config(), Instant::now())
}

/// The answer's m-lines with their directions.
fn sections(answer: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    for line in answer.lines() {
        if let Some(media) = line.strip_prefix("m=") {
            let words: Vec<_> = media.split(' ').collect();
            sections.push((format!("{} {}", words[0], words[1]), String::new()));
        }
        if ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"].contains(&line) {
            sections.last_mut().unwrap().1 = line[2..].to_owned();
        }
    }
    sections
}

fn mids(sdp: &str) -> Vec<&str> {
    sdp.lines().filter_map(|line| line.strip_prefix("a=mid:")).collect()
}

fn line<'a>(sdp: &'a str, start: &str) -> Option<&'a str> {
    sdp.lines().find(|line| line.starts_with(start))
}

fn expect(offer: &str, wanted: &[(&str, &str)], group: &str) -> String {
    let (_, answer) = answer(offer).unwrap();
    let wanted: Vec<_> = wanted
        .iter()
        .map(|(media, direction)| ((*media).to_owned(), (*direction).to_owned()))
        .collect();
    assert_eq!(sections(&answer), wanted, "{answer}");
    assert_eq!(mids(&answer), mids(offer));
    assert_eq!(line(&answer, "a=group:"), Some(group));
    answer
}

#[test]
fn chromium_is_answered() {
    let answer = expect(
        CHROMIUM,
        &[("audio 9", "sendrecv"), ("application 9", "sendrecv")],
        "a=group:BUNDLE 0 1",
    );
    for wanted in [
        "a=rtpmap:111 opus/48000/2",
        "m=audio 9 UDP/TLS/RTP/SAVPF 63 111",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=fmtp:63 111/111",
        "a=rtcp-fb:111 transport-cc",
        "a=setup:passive",
        "a=rtcp-mux",
        "a=end-of-candidates",
    ] {
        assert!(answer.contains(&format!("{wanted}\r\n")), "{wanted} in {answer}");
    }
    let extension = line(CHROMIUM, "a=extmap:").unwrap();
    assert!(extension.ends_with("ssrc-audio-level") && answer.contains(extension));
    assert!(line(&answer, "a=fingerprint:sha-256 ").is_some());
    let candidates: Vec<_> = answer
        .lines()
        .filter(|line| line.starts_with("a=candidate:"))
        .map(|line| line.split(' ').skip(1).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        candidates,
        [
            "1 udp 2130706431 10.0.0.1 7882 typ host",
            "1 tcp 1526726655 10.0.0.1 7881 typ host tcptype passive"
        ]
    );
    assert!(!answer.contains("ice-lite"));
}

#[test]
fn a_bundle_that_begins_with_video_is_answered() {
    expect(
        CHROMIUM_MAX_BUNDLE,
        &[
            ("video 0", "inactive"),
            ("audio 9", "sendrecv"),
            ("application 9", "sendrecv"),
        ],
        "a=group:BUNDLE 1 2",
    );
}

#[test]
fn rtvis_video_is_rejected_and_the_order_kept() {
    expect(
        RTVI,
        &[
            ("audio 9", "sendrecv"),
            ("video 0", "inactive"),
            ("video 0", "inactive"),
            ("application 9", "sendrecv"),
        ],
        "a=group:BUNDLE 0 3",
    );
}

#[test]
fn livekits_first_receiver_gets_our_audio() {
    expect(
        LIVEKIT,
        &[
            ("audio 9", "sendonly"),
            ("audio 0", "inactive"),
            ("audio 0", "inactive"),
            ("video 0", "inactive"),
            ("video 0", "inactive"),
            ("video 0", "inactive"),
            ("application 9", "sendrecv"),
        ],
        "a=group:BUNDLE 0 6",
    );
}

#[test]
fn firefox_is_answered_with_its_own_payload_type() {
    let answer = expect(
        FIREFOX,
        &[("audio 9", "sendrecv"), ("application 9", "sendrecv")],
        "a=group:BUNDLE 0 1",
    );
    assert!(answer.contains("a=rtpmap:109 opus/48000/2\r\n"));
    assert!(answer.contains("a=fmtp:109 minptime=10;useinbandfec=1\r\n"));
}

#[test]
fn an_offer_that_only_sends_is_answered_recvonly() {
    let offer = CHROMIUM.replace("a=sendrecv", "a=sendonly");
    let (peer, answer) = answer(&offer).unwrap();
    assert_eq!(peer.offer().direction(), Direction::SendOnly);
    assert_eq!(sections(&answer)[0], ("audio 9".to_owned(), "recvonly".to_owned()));
}

#[test]
fn an_offer_without_a_bundle_gets_audio_alone() {
    let offer: String = CHROMIUM
        .lines()
        .filter(|line| !line.starts_with("a=group"))
        .map(|line| format!("{line}\r\n"))
        .collect();
    let (peer, answer) = answer(&offer).unwrap();
    assert!(!peer.offer().has_data());
    assert_eq!(
        sections(&answer),
        [
            ("audio 9".to_owned(), "sendrecv".to_owned()),
            ("application 0".to_owned(), "inactive".to_owned())
        ]
    );
    assert_eq!(line(&answer, "a=group"), None);
}

#[test]
fn offers_that_cannot_be_answered_have_typed_errors() {
    let error = |offer: &str| answer(offer).map(|_| ()).unwrap_err();
    let without = |start: &str| -> String {
        CHROMIUM
            .lines()
            .filter(|line| !line.starts_with(start))
            .map(|line| format!("{line}\r\n"))
            .collect()
    };
    for nonsense in ["", "hello", "v=1\r\n", "{\"sdp\":\"v=0\"}", "v=0\r\n\u{0}=x\r\n"] {
        assert!(
            matches!(error(nonsense), OfferError::Malformed { line: 1 | 2, .. }),
            "{nonsense:?}"
        );
    }
    assert_eq!(error("v=0\r\ns=-\r\nt=0 0\r\n"), OfferError::NoAudio);
    assert_eq!(error(&CHROMIUM.replace("m=audio 9", "m=audio 0")), OfferError::NoAudio);
    assert_eq!(error(&CHROMIUM.replace("m=audio", "m=video")), OfferError::NoAudio);
    assert_eq!(
        error(&CHROMIUM.replace("a=sendrecv", "a=inactive")),
        OfferError::NoAudio
    );
    assert_eq!(
        error(&CHROMIUM.replace("opus/48000", "speex/16000")),
        OfferError::NoOpus
    );
    assert_eq!(error(&CHROMIUM.replace("RTP/SAVPF", "RTP/AVP")), OfferError::NoOpus);
    assert_eq!(error(&without("a=ice-ufrag")), OfferError::NoCredentials);
    assert_eq!(error(&without("a=ice-pwd")), OfferError::NoCredentials);
    assert_eq!(error(&without("a=fingerprint")), OfferError::NoFingerprint);
    assert_eq!(
        error(&CHROMIUM.replace("fingerprint:sha-256 ", "fingerprint:sha-256 0")),
        OfferError::NoFingerprint
    );
    assert_eq!(
        error(&CHROMIUM.replace("setup:actpass", "setup:passive")),
        OfferError::Setup
    );
    assert!(matches!(
        error(&without("a=mid")),
        OfferError::Malformed { line: 1.., .. }
    ));
    assert!(matches!(
        error(&CHROMIUM.replace("a=mid:1", "a=mid:0")),
        OfferError::Malformed { line: 1.., .. }
    ));
    let endless = format!("{CHROMIUM}{}", "a=x\r\n".repeat(MAX_LENGTH / 5));
    assert_eq!(error(&endless), OfferError::TooLong);
    let sections = format!("{CHROMIUM}{}", "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n".repeat(20));
    assert_eq!(error(&sections), OfferError::TooManySections);
}

#[test]
fn an_answer_is_made_without_anything_due_later_than_its_first_check() {
    let now = Instant::now();
    let (mut peer, _) = Peer::answer(CHROMIUM, &config(), now).unwrap();
    let due = peer.poll_timeout().unwrap();
    assert!(due <= now + Duration::from_millis(200), "ICE starts by itself");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn mutated_offers_are_answered_or_refused(
        which in 0usize..5,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..5, "[ -~]{0,12}"), 1..6),
    ) {
        let offer = [CHROMIUM, CHROMIUM_MAX_BUNDLE, RTVI, LIVEKIT, FIREFOX][which];
        let mut lines: Vec<String> = offer.lines().map(str::to_owned).collect();
        for (at, edit, text) in edits {
            if lines.is_empty() {
                break;
            }
            let at = at.index(lines.len());
            match edit {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                2 => lines[at].push_str(&text),
                3 => {
                    let keep = lines[at].len() / 2;
                    lines[at].truncate(keep);
                    lines[at].push_str(&text);
                }
                _ => {
                    let other = text.len() % lines.len();
                    lines.swap(at, other);
                }
            }
        }
        let offer = lines.join("\r\n");
        match answer(&offer) {
            Ok((_, answer)) => prop_assert_eq!(mids(&answer).len(), sections(&answer).len()),
            // The core is only asked for what it can do.
            Err(error) => prop_assert!(!matches!(error, OfferError::Core(_)), "{} for\n{}", error, offer),
        }
    }

    #[test]
    fn arbitrary_text_is_refused(text in ".{0,300}") {
        prop_assert!(answer(&text).is_err());
    }
}
