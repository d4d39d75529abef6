//! Learner and agent at once, in simulated time.

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::acoustic::Expectation;
use colloquy_agents::engine::Speaker;
use colloquy_agents::language::Language;
use colloquy_agents::mind::Input;
use colloquy_agents::scenario::{Catalogue, Level};
use colloquy_media::{FRAME, HEARD_FRAME};

use crate::corpus::{Corpus, decoded, expected, noise};
use crate::line::Line;
use crate::network::Conditions;
use crate::talk::{Talk, WORD, WORD_SAMPLES};

/// The learner joins and the agent begins to speak.
fn begin(corpus: &Corpus, clip: usize) -> Talk {
    let phrases = expected(&corpus.among(clip, 20));
    let expectation = Expectation::prepare(&corpus.pronouncer, corpus.language, &phrases).unwrap();
    let line = Line::new(Arc::new(expectation), Conditions::CLEAN, clip as u64);
    let script = Catalogue::built_in().script("restaurant", Language::English, Level::default());
    let script = Arc::new(script.expect("the restaurant is built in"));
    let spanish = Corpus::read(Language::Spanish);
    let voice = spanish.clips()[..8]
        .iter()
        .flat_map(|clip| decoded(&spanish.rows[*clip].file))
        .collect();
    let mut talk = Talk::new(line, script, voice);
    talk.hear(&noise(16_000));
    talk.tell(Input::Joined);
    talk
}

/// The words of which at least half had left when the agent was stopped, by an account of the test's own.
fn words_heard(talk: &Talk) -> Vec<String> {
    let played = talk.flushed.as_ref().expect("the agent was stopped");
    let mut words = Vec::new();
    for (phrase, text) in talk.phrases.iter().enumerate() {
        let time: Duration = played
            .phrases
            .iter()
            .filter(|played| played.phrase as usize == phrase)
            .map(|played| played.duration())
            .sum();
        let whole = ((time + WORD / 2).as_millis() / WORD.as_millis()) as usize;
        words.extend(text.split_whitespace().take(whole).map(bare));
    }
    words
}

/// A word without its punctuation.
fn bare(word: &str) -> String {
    word.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(bare)
        .filter(|word| !word.is_empty())
        .collect()
}

/// "Mhm": a nasal buzz in two swells, so many ms long.
fn mhm(ms: usize) -> Vec<i16> {
    let samples = ms * 16;
    let (mut phase, mut first, mut second) = (0.0f32, 0.0f32, 0.0f32);
    (0..samples)
        .map(|n| {
            let part = n as f32 / samples as f32;
            phase = (phase + (140.0 + 30.0 * part) / 16_000.0).fract();
            let swell = (part * std::f32::consts::TAU).sin().abs().max(0.3);
            // Two poles at about 400 Hz: lips closed.
            first += 0.15 * ((1.0 - 2.0 * phase) - first);
            second += 0.15 * (first - second);
            (second * swell * 12_000.0) as i16
        })
        .collect()
}

#[test]
fn barge_in_stops_speech_within_a_frame_and_the_history_keeps_only_the_heard_words() {
    let corpus = Corpus::read(Language::English);
    let clips = corpus.clips();
    for (number, &clip) in clips.iter().step_by(3).enumerate() {
        let text = &corpus.rows[clip].text;
        let mut talk = begin(&corpus, clip);
        // Another word each time.
        talk.hear(&noise(16 * (900 + 130 * number)));
        talk.hear(&decoded(&corpus.rows[clip].file)).hear(&noise(16 * 300));
        let told = talk.barged_at.unwrap_or_else(|| panic!("{text}: no barge-in"));
        let last = talk
            .spoken
            .iter()
            .rev()
            .find(|at| **at <= told + Duration::from_secs(1));
        assert!(
            last.is_some_and(|last| *last <= told + FRAME),
            "{text}: told at {told:?}, last packet {last:?}"
        );
        assert!(!talk.downlink.is_paused(), "{text}: never decided");

        let heard = words_heard(&talk);
        let opener = talk
            .mind
            .history()
            .first()
            .unwrap_or_else(|| panic!("{text}: no history"));
        assert_eq!(opener.speaker, Speaker::Agent);
        assert_eq!(words(&opener.text), heard, "{text}");
        let whole: Vec<String> = talk.phrases.iter().flat_map(|phrase| words(phrase)).collect();
        assert!(heard.len() < whole.len(), "{text}: nothing was cut");
        assert_eq!(talk.cut, std::slice::from_ref(&opener.text), "{text}");
        let record = talk
            .records
            .iter()
            .find(|record| record.speaker == Speaker::Agent)
            .unwrap_or_else(|| panic!("{text}: no record"));
        assert_eq!(record.text, opener.text, "{text}");
        assert!(record.intended.is_some(), "{text}");

        // And the conversation goes on with what was said over the agent.
        talk.hear(&noise(16 * 2_000));
        let transcripts: Vec<Vec<String>> = talk.transcripts.iter().map(|text| words(text)).collect();
        assert_eq!(transcripts, [words(text)], "{text}");
        assert!(
            talk.spoken.last().is_some_and(|at| *at > told + Duration::from_secs(1)),
            "{text}: no reply"
        );
    }
}

#[test]
fn mhm_over_the_agent_costs_it_no_word() {
    let corpus = Corpus::read(Language::English);
    for length in [200, 280, 360] {
        let mut talk = begin(&corpus, corpus.clips()[0]);
        talk.hear(&noise(16 * 1_000))
            .hear(&mhm(length))
            .hear(&noise(16 * 9_000));
        assert!(talk.flushed.is_none(), "{length} ms: the reply was dropped");
        assert!(talk.cut.is_empty(), "{length} ms: {:?}", talk.cut);
        let whole: Vec<String> = talk.phrases.iter().flat_map(|phrase| words(phrase)).collect();
        let [opener] = talk.mind.history() else {
            panic!("{length} ms: {:?}", talk.mind.history())
        };
        assert_eq!(words(&opener.text), whole, "{length} ms");
        let frames = whole.len() * WORD_SAMPLES / HEARD_FRAME;
        // A pause costs one packet that fades out.
        assert!(
            talk.spoken.len() >= frames && talk.spoken.len() <= frames + 2 * talk.phrases.len() + 2,
            "{length} ms: {} packets, {frames} frames",
            talk.spoken.len()
        );
        assert!(
            talk.transcripts.iter().all(String::is_empty),
            "{length} ms: {:?}",
            talk.transcripts
        );
    }
}
