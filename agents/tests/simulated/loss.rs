//! What networks lose, and what of the answers that people gave over them is understood all the same.

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::language::Language;
use colloquy_media::{FRAME, HEARD_FRAME};

use crate::answers::{bursts, expectation, over, random, sound_of};
use crate::corpus::{Corpus, noise};
use crate::line::{Line, Repair};
use crate::network::Conditions;

/// How much longer the reply may take than over a clean network.
const GROWTH: Duration = Duration::from_millis(120);

/// What the server's page and the server agree on in any browser.
const NEGOTIATED: Repair = Repair { asks: true, copies: 0 };

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn at_5_percent_random_loss_and_40_ms_jitter_answers_are_understood_and_replied_to_in_time() {
    let (clean, bad) = (
        over(&Conditions::CLEAN, Repair::default(), 1),
        over(&random(), NEGOTIATED, 2),
    );
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

/// A burst takes whole phones with it, more than the copies inside of packets restore: most of it is asked for and comes again.
#[test]
fn at_10_percent_burst_loss_and_40_ms_jitter_answers_are_understood_and_replied_to_in_time() {
    let (clean, bad) = (
        over(&Conditions::CLEAN, Repair::default(), 1),
        over(&bursts(), NEGOTIATED, 2),
    );
    assert!(bad.lost * 12 > bad.sent, "the network lost too little");
    assert!(bad.answers >= 120);
    assert!(bad.right * 100 >= bad.answers * 95, "{} of {}", bad.right, bad.answers);
    assert!(
        bad.percentile(95) <= clean.percentile(95) + GROWTH,
        "{:?} against {:?}",
        bad.percentile(95),
        clean.percentile(95)
    );
    let spoken = bad.spoken.as_secs_f64();
    assert!(bad.concealed.as_secs_f64() <= 0.03 * spoken, "{:?}", bad.concealed);
}

#[test]
fn whichever_packet_is_lost_the_answer_is_understood_at_the_same_time() {
    let corpus = Corpus::read(Language::English);
    let clip = corpus.clip("agent-pass");
    let (expectation, sound) = (expectation(&corpus, clip), sound_of(&corpus, clip));
    let ended = |lost: Option<Duration>, repair: Repair| {
        let conditions = Conditions {
            blackout: lost.map(|at| (at, at + FRAME)),
            ..Conditions::CLEAN
        };
        let mut line = Line::repairing(Arc::clone(&expectation), conditions, repair, 5);
        line.speak(&noise(16_000)).speak(&sound).speak(&noise(16_000));
        let [turn] = line.turns.as_slice() else {
            panic!("{lost:?}: {:?}", line.turns)
        };
        assert_eq!(turn.transcript.phrase, Some(0), "{lost:?}");
        assert_eq!(line.network.lost, u64::from(lost.is_some()));
        turn.at
    };
    let usual = ended(None, NEGOTIATED);
    let frames = (sound.len() / HEARD_FRAME) as u32;
    for n in (0..frames + 5).step_by(5) {
        let lost = Some(ms(1_000) + FRAME * n);
        for repair in [Repair::default(), NEGOTIATED] {
            assert!(ended(lost, repair).abs_diff(usual) <= FRAME, "{lost:?}, {repair:?}");
        }
    }
}
