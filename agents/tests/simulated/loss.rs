//! Recordings of people as answers over bad networks: what is understood of them, and how long the reply takes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use colloquy_agents::acoustic::Expectation;
use colloquy_agents::language::Language;
use colloquy_media::uplink::RtpPacket;
use colloquy_media::{FRAME, HEARD_FRAME};

use crate::corpus::{Corpus, decoded, expected, noise};
use crate::line::Line;
use crate::network::{Bursts, Conditions, Network};

/// Answers that are listened for.
const LISTED: usize = 50;
/// How much longer the reply may take than over a clean network.
const GROWTH: Duration = Duration::from_millis(120);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// 5% lost at random, 40 ms jitter.
fn random() -> Conditions {
    Conditions {
        loss: 0.05,
        jitter: ms(40),
        ..Conditions::CLEAN
    }
}

/// 10% lost in bursts of three packets in the mean, 40 ms jitter.
fn bursts() -> Conditions {
    Conditions {
        bursts: Some(Bursts {
            loss: 0.10,
            length: 3.0,
        }),
        jitter: ms(40),
        ..Conditions::CLEAN
    }
}

#[derive(Debug, Default)]
struct Heard {
    answers: usize,
    /// As one turn, with the right transcript.
    right: usize,
    /// From the end of an answer to the first packet of the reply that comes, sorted.
    replies: Vec<Duration>,
    sent: u64,
    lost: u64,
}

impl Heard {
    fn percentile(&self, percent: usize) -> Duration {
        self.replies[(self.replies.len() - 1) * percent / 100]
    }
}

fn expectation(corpus: &Corpus, clip: usize) -> Arc<Expectation> {
    let phrases = expected(&corpus.among(clip, LISTED));
    Arc::new(Expectation::prepare(&corpus.pronouncer, corpus.language, &phrases).unwrap())
}

fn sound_of(corpus: &Corpus, clip: usize) -> Vec<i16> {
    let mut sound = decoded(&corpus.rows[clip].file);
    sound.truncate(sound.len() / HEARD_FRAME * HEARD_FRAME);
    sound
}

/// Every recording as one answer, each over so many networks.
fn over(conditions: &Conditions, networks: u64) -> Heard {
    let mut heard = Heard::default();
    for language in [Language::English, Language::Spanish] {
        let corpus = Corpus::read(language);
        for clip in corpus.clips() {
            let expectation = expectation(&corpus, clip);
            for network in 0..networks {
                let seed = network * 1_000 + clip as u64;
                let mut line = Line::new(Arc::clone(&expectation), conditions.clone(), seed);
                line.speak(&noise(16_000)).speak(&sound_of(&corpus, clip));
                let end = line.now;
                line.speak(&noise(4_000 * 16));
                heard.answers += 1;
                let phrases: Vec<Option<usize>> = line.turns.iter().map(|turn| turn.transcript.phrase).collect();
                heard.right += usize::from(phrases == [Some(0)]);
                let ended = line.turns.last().map_or(ms(9_999), |turn| turn.at);
                heard
                    .replies
                    .push(first_packet(conditions, seed, ended).saturating_sub(end));
                heard.sent += u64::from(line.sent());
                heard.lost += line.network.lost;
            }
        }
    }
    heard.replies.sort();
    println!(
        "{conditions:?}: {} of {} right, {} of {} packets lost, reply p50 {:?} p95 {:?}",
        heard.right,
        heard.answers,
        heard.lost,
        heard.sent,
        heard.percentile(50),
        heard.percentile(95)
    );
    heard
}

/// When the first packet comes of a reply that begins at `at`, over the same kind of network.
fn first_packet(conditions: &Conditions, seed: u64, at: Duration) -> Duration {
    let mut network = Network::new(conditions.clone(), seed ^ 0xd0);
    // Whether a burst is under way then is up to chance, too.
    for n in 0..100u16 {
        let packet = RtpPacket {
            sequence: n,
            timestamp: u32::from(n) * 960,
            payload: Bytes::new(),
            is_redundant: false,
            level: None,
        };
        network.send(packet, at + FRAME * u32::from(n) - FRAME * 50);
    }
    let come = network.arrivals(at + ms(5_000));
    let reply = come.iter().filter(|(_, packet)| packet.sequence >= 50);
    reply.map(|(at, _)| *at).min().expect("some packets come")
}

#[test]
fn at_5_percent_random_loss_and_40_ms_jitter_answers_are_understood_and_replied_to_in_time() {
    let (clean, bad) = (over(&Conditions::CLEAN, 1), over(&random(), 2));
    assert!(bad.lost * 25 > bad.sent, "the network lost too little");
    assert!(bad.answers >= 120);
    assert!(bad.right * 100 >= bad.answers * 95, "{} of {}", bad.right, bad.answers);
    assert!(
        bad.percentile(95) <= clean.percentile(95) + GROWTH,
        "{:?} against {:?}",
        bad.percentile(95),
        clean.percentile(95)
    );
}

/// A burst takes whole phones with it, and nothing restores them where the sender adds no copies (RED): of fifty answers that are
/// listened for some are not told apart any more, and what is not understood is waited for.
#[test]
fn at_10_percent_burst_loss_and_40_ms_jitter_most_answers_are_understood_and_replied_to_in_time() {
    let (clean, bad) = (over(&Conditions::CLEAN, 1), over(&bursts(), 2));
    assert!(bad.lost * 12 > bad.sent, "the network lost too little");
    assert!(bad.answers >= 120);
    assert!(bad.right * 100 >= bad.answers * 88, "{} of {}", bad.right, bad.answers);
    assert!(
        bad.percentile(50) <= clean.percentile(50) + GROWTH,
        "{:?} against {:?}",
        bad.percentile(50),
        clean.percentile(50)
    );
}

#[test]
fn whichever_packet_is_lost_the_answer_is_understood_at_the_same_time() {
    let corpus = Corpus::read(Language::English);
    let clip = corpus.clip("agent-pass");
    let (expectation, sound) = (expectation(&corpus, clip), sound_of(&corpus, clip));
    let ended = |lost: Option<Duration>| {
        let conditions = Conditions {
            blackout: lost.map(|at| (at, at + FRAME)),
            ..Conditions::CLEAN
        };
        let mut line = Line::new(Arc::clone(&expectation), conditions, 5);
        line.speak(&noise(16_000)).speak(&sound).speak(&noise(16_000));
        let [turn] = line.turns.as_slice() else {
            panic!("{lost:?}: {:?}", line.turns)
        };
        assert_eq!(turn.transcript.phrase, Some(0), "{lost:?}");
        assert_eq!(line.network.lost, u64::from(lost.is_some()));
        turn.at
    };
    let usual = ended(None);
    let frames = (sound.len() / HEARD_FRAME) as u32;
    for n in (0..frames + 5).step_by(5) {
        let lost = Some(ms(1_000) + FRAME * n);
        assert!(ended(lost).abs_diff(usual) <= FRAME, "{lost:?}");
    }
}
