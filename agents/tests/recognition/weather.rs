//! What of the recogniser's transcript survives a bad network.

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::acoustic::Expectation;
use colloquy_agents::language::Language;
use colloquy_media::{FRAME, HEARD_FRAME};

use crate::LISTED;
use crate::corpus::{Corpus, decoded, expected, noise};
use crate::line::Line;
use crate::network::Conditions;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn room(ms: usize) -> Vec<i16> {
    noise(ms * 16)
}

fn expectation(corpus: &Corpus, clip: usize) -> Arc<Expectation> {
    let phrases = expected(&corpus.among(clip, LISTED));
    Arc::new(Expectation::prepare(&corpus.pronouncer, corpus.language, &phrases).unwrap())
}

/// A recording in whole frames.
fn clip_of(corpus: &Corpus, clip: usize) -> Vec<i16> {
    let mut sound = decoded(&corpus.rows[clip].file);
    sound.truncate(sound.len() / HEARD_FRAME * HEARD_FRAME);
    sound
}

/// Every clip as one answer over a network of its own seed.
struct Heard {
    clips: usize,
    /// One turn with the right transcript.
    right: usize,
    /// At least one turn ended, and nothing was left open.
    answered: usize,
    /// From the end of the clip to the decision that the turn is over, sorted.
    waits: Vec<Duration>,
    /// Packets sent, and packets of them that never came.
    sent: u64,
    lost: u64,
}

fn over(conditions: &Conditions) -> Heard {
    let mut heard = Heard {
        clips: 0,
        right: 0,
        answered: 0,
        waits: Vec::new(),
        sent: 0,
        lost: 0,
    };
    for language in [Language::English, Language::Spanish] {
        let corpus = Corpus::read(language);
        for clip in corpus.clips() {
            let mut line = Line::new(expectation(&corpus, clip), conditions.clone(), clip as u64);
            line.speak(&room(1_000)).speak(&clip_of(&corpus, clip));
            let end = line.now;
            line.speak(&room(4_000));
            heard.clips += 1;
            let phrases: Vec<Option<usize>> = line.turns.iter().map(|turn| turn.transcript.phrase).collect();
            if phrases == [Some(0)] {
                heard.right += 1;
            } else {
                println!("{}: {:?}", corpus.rows[clip].text, line.turns);
            }
            heard.answered += usize::from(!line.turns.is_empty() && line.begun == line.turns.len() as u64);
            heard
                .waits
                .extend(line.turns.last().map(|turn| turn.at.saturating_sub(end)));
            heard.sent += u64::from(line.sent());
            heard.lost += line.network.lost;
        }
    }
    heard.waits.sort();
    println!(
        "{conditions:?}: {} of {} right, {} answered, {} of {} packets lost, wait p50 {:?} p95 {:?}",
        heard.right,
        heard.clips,
        heard.answered,
        heard.lost,
        heard.sent,
        heard.waits[heard.waits.len() / 2],
        heard.waits[heard.waits.len() * 95 / 100],
    );
    heard
}

#[test]
fn at_5_percent_loss_and_60_ms_jitter_the_transcript_stays_right() {
    let heard = over(&Conditions {
        loss: 0.05,
        jitter: ms(60),
        ..Conditions::CLEAN
    });
    assert!(heard.lost * 25 > heard.sent, "the network lost too little");
    assert!(heard.clips >= 60);
    assert!(
        heard.right * 100 >= heard.clips * 95,
        "{} of {}",
        heard.right,
        heard.clips
    );
    assert_eq!(heard.answered, heard.clips);
}

#[test]
fn at_20_percent_loss_every_turn_still_starts_and_ends() {
    let heard = over(&Conditions {
        loss: 0.2,
        jitter: ms(60),
        ..Conditions::CLEAN
    });
    assert!(heard.lost * 6 > heard.sent, "the network lost too little");
    assert_eq!(heard.answered, heard.clips);
    // Nobody waits longer than for an answer that nobody understands.
    let longest = *heard.waits.last().unwrap();
    assert!(longest < ms(4_000), "{longest:?}");
    assert!(heard.right * 2 > heard.clips, "{} of {}", heard.right, heard.clips);
}

#[test]
fn within_a_second_of_speech_after_2_s_without_packets_all_is_as_before() {
    let corpus = Corpus::read(Language::English);
    let clip = corpus.clip("agent-pass");
    let sound = clip_of(&corpus, clip);
    let span = Some((ms(2_000), ms(4_000)));
    let bad = Conditions {
        loss: 0.05,
        jitter: ms(60),
        ..Conditions::CLEAN
    };
    let (mut burst, mut gone) = (bad.clone(), bad.clone());
    burst.outage = span;
    gone.blackout = span;
    for (name, conditions) in [("late", burst), ("lost", gone)] {
        for seed in 0..10 {
            // Speech before, during and a whole second after the outage, and then an answer.
            let mut line = Line::new(expectation(&corpus, clip), conditions.clone(), seed);
            line.speak(&room(1_000));
            let before = delay_at_the_end(&mut line, &sound[..16_000]);
            line.speak(&sound[16_000..]).speak(&room(1_000));
            line.speak(&room(4_000_usize.saturating_sub(line.now.as_millis() as usize)));
            let after = delay_at_the_end(&mut line, &sound[..16_000]);
            assert!(after <= before + ms(60), "{name}, {seed}: {before:?}, then {after:?}");
            line.speak(&sound[16_000..]).speak(&room(4_000));

            line.turns.clear();
            line.speak(&sound);
            let end = line.now;
            line.speak(&room(2_000));
            let [turn] = line.turns.as_slice() else {
                panic!("{name}, {seed}: {:?}", line.turns)
            };
            assert_eq!(turn.transcript.phrase, Some(0), "{name}, {seed}");
            // The clip ends in 100 ms of its own silence or less; 90 ms are the network.
            let wait = turn.at.saturating_sub(end);
            assert!(wait <= ms(400), "{name}, {seed}: {wait:?}");
        }
    }
}

/// How far what is heard lags behind what is said, at the end of a piece of speech: the least over its last 200 ms, since
/// frames come in bunches.
fn delay_at_the_end(line: &mut Line, sound: &[i16]) -> Duration {
    let (started, heard) = (line.now, line.uplink.heard());
    let mut lags = Vec::new();
    for frame in sound.chunks_exact(HEARD_FRAME) {
        line.frame(frame);
        lags.push((line.now - started).saturating_sub(line.uplink.heard() - heard));
    }
    let last = (ms(200).as_millis() / FRAME.as_millis()) as usize;
    lags[lags.len() - last..].iter().copied().min().unwrap_or_default()
}
