//! Recordings of people as answers over bad networks: what is understood of them, and how long the reply takes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use colloquy_agents::acoustic::Expectation;
use colloquy_agents::language::Language;
use colloquy_media::uplink::RtpPacket;
use colloquy_media::{FRAME, HEARD_FRAME};

use crate::corpus::{Corpus, decoded, expected, noise};
use crate::line::{Line, Repair};
use crate::network::{Bursts, Conditions, Network};

/// Answers that are listened for.
const LISTED: usize = 50;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// 5% lost at random, 40 ms jitter.
pub fn random() -> Conditions {
    Conditions {
        loss: 0.05,
        jitter: ms(40),
        ..Conditions::CLEAN
    }
}

/// 10% lost in bursts of three packets in the mean, 40 ms jitter.
pub fn bursts() -> Conditions {
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
pub struct Heard {
    pub answers: usize,
    /// As one turn, with the right transcript.
    pub right: usize,
    /// From the end of an answer to the first packet of the reply that comes, sorted.
    pub replies: Vec<Duration>,
    pub sent: u64,
    pub lost: u64,
    /// Sound that was made up, and all that was said.
    pub concealed: Duration,
    pub spoken: Duration,
}

impl Heard {
    pub fn percentile(&self, percent: usize) -> Duration {
        self.replies[(self.replies.len() - 1) * percent / 100]
    }
}

pub fn expectation(corpus: &Corpus, clip: usize) -> Arc<Expectation> {
    let phrases = expected(&corpus.among(clip, LISTED));
    Arc::new(Expectation::prepare(&corpus.pronouncer, corpus.language, &phrases).unwrap())
}

pub fn sound_of(corpus: &Corpus, clip: usize) -> Vec<i16> {
    let mut sound = decoded(&corpus.rows[clip].file);
    sound.truncate(sound.len() / HEARD_FRAME * HEARD_FRAME);
    sound
}

/// Every recording as one answer, each over so many networks.
pub fn over(conditions: &Conditions, repair: Repair, networks: u64) -> Heard {
    let mut heard = Heard::default();
    for language in [Language::English, Language::Spanish] {
        let corpus = Corpus::read(language);
        for clip in corpus.clips() {
            let expectation = expectation(&corpus, clip);
            for network in 0..networks {
                let seed = network * 1_000 + clip as u64;
                let mut line = Line::repairing(Arc::clone(&expectation), conditions.clone(), repair, seed);
                line.speak(&noise(16_000)).speak(&sound_of(&corpus, clip));
                let end = line.now;
                heard.spoken += end - ms(1_000);
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
                heard.concealed += line.uplink.stats().concealed;
            }
        }
    }
    heard.replies.sort();
    println!(
        "{conditions:?}, {repair:?}: {} of {} right, {} of {} packets lost, {:.2}% concealed, reply p50 {:?} p95 {:?}",
        heard.right,
        heard.answers,
        heard.lost,
        heard.sent,
        heard.concealed.as_secs_f64() / heard.spoken.as_secs_f64() * 100.0,
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
