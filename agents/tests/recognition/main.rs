//! Recognition on recordings of people: choosing among fifty answers, and rejecting what nobody listed; then the same over a bad
//! network with turn detection before it, and with an agent that speaks, in simulated time.
//!
//! The recordings and pronunciations in `tests/data` were packed by `examples/pack_clips.rs`.

mod corpus;
mod fillers;
mod line;
#[path = "../../../media/tests/simulated/microphone.rs"]
mod microphone;
#[path = "../../../media/tests/simulated/network.rs"]
mod network;
mod overlap;
mod pauses;
mod slips;
mod talk;
mod weather;

use std::sync::Arc;

use colloquy_agents::acoustic::{SpokenWord, time_words};
use colloquy_agents::engine::{Fit, Heard, Listen, ListenRequest, Stt};
use colloquy_agents::language::Language;
use colloquy_agents::stt::embedded::EmbeddedStt;
use futures::StreamExt;
use tokio::sync::mpsc;

use crate::corpus::{Corpus, decoded, expected, is_near_miss, noise, sound};

const LISTED: usize = 50;

#[test]
fn english_answers_are_chosen_among_fifty_and_others_rejected() {
    assert_recognized(Language::English);
}

#[test]
fn spanish_answers_are_chosen_among_fifty_and_others_rejected() {
    assert_recognized(Language::Spanish);
}

#[test]
fn a_phrase_that_stops_in_the_middle_is_a_beginning() {
    let corpus = Corpus::read(Language::English);
    let clip = corpus.clip("agent-pass");
    let mut recognizer = corpus.recognizer(&corpus.among(clip, LISTED));
    let whole = corpus.sound(clip);
    let words = time_words(&corpus.pronouncer, &whole, &corpus.rows[clip].text, Language::English).unwrap();
    assert_eq!(words.len(), 9);
    // "Please enter your password", and a pause.
    let end = words[3].end.as_millis() as usize * 16;
    recognizer.hear(&whole[..end]);
    recognizer.hear(&noise(4800));
    let view = recognizer.view();
    assert_eq!(
        (view.fit, view.transcript.text.as_str()),
        (Fit::Beginning, "Please enter your password")
    );
    assert_eq!(view.transcript.phrase, None);

    // And on to its end.
    recognizer.hear(&whole[end..]);
    let view = recognizer.view();
    assert_eq!(view.transcript.text, corpus.rows[clip].text);
    assert_eq!(view.fit, Fit::Complete);
}

#[test]
fn exact_zeros_around_an_answer_do_not_matter() {
    let corpus = Corpus::read(Language::English);
    let clip = corpus.clip("agent-pass");
    let mut recognizer = corpus.recognizer(&corpus.among(clip, LISTED));
    recognizer.hear(&[0; 8000]);
    recognizer.hear(&decoded(&corpus.rows[clip].file));
    recognizer.hear(&[0; 8000]);
    let view = recognizer.view();
    assert_eq!((view.fit, view.transcript.phrase), (Fit::Complete, Some(0)));
}

#[test]
fn silence_after_a_view_does_not_change_it() {
    let corpus = Corpus::read(Language::English);
    let clip = corpus.clip("agent-pass");
    let mut recognizer = corpus.recognizer(&corpus.among(clip, LISTED));
    recognizer.hear(&corpus.sound(clip));
    let view = recognizer.view();
    recognizer.hear(&noise(16_000));
    assert_eq!(recognizer.view(), view);
}

#[test]
fn speech_after_a_view_counts_even_if_a_word_was_fading_then() {
    let corpus = Corpus::read(Language::English);
    let clip = corpus.clip("agent-pass");
    let mut recognizer = corpus.recognizer(&corpus.among(clip, LISTED));
    let text = &corpus.rows[clip].text;
    let whole = corpus.sound(clip);
    let words = time_words(&corpus.pronouncer, &whole, text, Language::English).unwrap();
    let (first, rest) = whole.split_at((words[3].end.as_millis() as usize - 50) * 16);
    recognizer.hear(first);
    assert_ne!(&recognizer.view().transcript.text, text);
    recognizer.hear(rest);
    assert_eq!(&recognizer.view().transcript.text, text);
}

#[test]
fn an_answer_that_begins_a_longer_one_is_extendable() {
    let corpus = Corpus::read(Language::English);
    let clip = corpus.clip("agent-pass");
    let short = "Please enter your password";
    let words: Vec<SpokenWord> = corpus.rows[clip].words[..4].to_vec();
    corpus.pronouncer.learn(Language::English, short, words.into());
    let mut recognizer = corpus.recognizer(&[short.to_owned(), corpus.rows[clip].text.clone()]);
    let whole = corpus.sound(clip);
    let words = time_words(&corpus.pronouncer, &whole, &corpus.rows[clip].text, Language::English).unwrap();
    recognizer.hear(&whole[..words[3].end.as_millis() as usize * 16]);
    recognizer.hear(&noise(4800));
    let view = recognizer.view();
    assert_eq!(
        (view.fit, view.transcript.phrase),
        (Fit::Extendable { politely: false }, Some(0))
    );
}

#[test]
fn words_are_timed_in_order_within_the_sound() {
    let corpus = Corpus::read(Language::Spanish);
    for clip in corpus.clips() {
        let (sound, text) = (corpus.sound(clip), &corpus.rows[clip].text);
        let words = time_words(&corpus.pronouncer, &sound, text, Language::Spanish).unwrap();
        assert_eq!(
            words.len(),
            text.split_whitespace()
                .filter(|word| word.chars().any(char::is_alphanumeric))
                .count()
        );
        assert!(words.windows(2).all(|pair| pair[0].end <= pair[1].start), "{text}");
        assert!(words.iter().all(|word| word.start <= word.end));
        assert!(
            words.last().unwrap().end.as_millis() as usize <= sound.len() / 16,
            "{text}"
        );
    }
}

#[tokio::test]
async fn partials_grow_into_the_answer_over_the_stream() {
    let corpus = Corpus::read(Language::English);
    let clip = corpus.clip("agent-pass");
    let expected = expected(&corpus.among(clip, LISTED));
    let stt = EmbeddedStt::with_threads(Arc::new(corpus.pronouncer), 1).unwrap();
    let (speak, input) = mpsc::channel(8);
    let request = ListenRequest {
        language: Language::English,
        expected: Arc::new(expected),
    };
    let results = stt.listen(request, input);
    let sound = sound(&corpus.rows[clip].file);
    let speaking = async move {
        for frame in sound.chunks(320) {
            speak.send(Listen::Audio(frame.into())).await.unwrap();
        }
        speak.send(Listen::Pause { pause: 1 }).await.unwrap();
        speak.send(Listen::End).await.unwrap();
    };
    let (_, heard) = futures::future::join(speaking, results.collect::<Vec<_>>()).await;
    let text = &corpus.rows[clip].text;
    let partials: Vec<&String> = heard
        .iter()
        .filter_map(|heard| match heard {
            Ok(Heard::Partial { text }) => Some(text),
            _ => None,
        })
        .collect();
    assert!(partials.len() >= 3, "{partials:?}");
    assert!(
        partials
            .iter()
            .any(|partial| text.starts_with(partial.as_str()) && partial.len() < text.len())
    );
    let [
        ..,
        Ok(Heard::View {
            pause: 1,
            transcript,
            fit,
        }),
        Ok(Heard::Final(last)),
    ] = heard.as_slice()
    else {
        panic!("{heard:?}");
    };
    assert_eq!((&transcript.text, *fit), (text, Fit::Complete));
    assert_eq!(transcript, last);
}

fn assert_recognized(language: Language) {
    let corpus = Corpus::read(language);
    let (mut listed, mut unlisted, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    let mut near_misses = 0;
    let clips = corpus.clips();
    assert!(clips.len() >= 30);
    for &clip in &clips {
        let sound = corpus.sound(clip);
        let mut recognizer = corpus.recognizer(&corpus.among(clip, LISTED));
        recognizer.hear(&sound);
        let view = recognizer.view();
        if view.transcript.phrase != Some(0) {
            wrong.push((&corpus.rows[clip].text, view));
        }
        listed.push(recognizer.nearest().unwrap().1.confidence(language));

        let others = corpus.others(clip, LISTED);
        let mut recognizer = corpus.recognizer(&others);
        recognizer.hear(&sound);
        let (nearest, verdict) = recognizer.nearest().unwrap();
        near_misses += usize::from(is_near_miss(&others[nearest], &corpus.rows[clip].text));
        unlisted.push(verdict.confidence(language));
    }
    let right = 1.0 - wrong.len() as f64 / clips.len() as f64;
    let auc = auc(&listed, &unlisted);
    println!(
        "{language}: {:.1}% of {} right among {LISTED}; rejection AUC {auc:.4}, near misses included ({near_misses} were nearest)",
        100.0 * right,
        clips.len()
    );
    assert!(right >= 0.97, "{right} right; wrong: {wrong:#?}");
    let least = if language == Language::English { 0.99 } else { 0.97 };
    assert!(auc >= least, "AUC {auc}");
}

/// The chance that a listed answer scores above an unlisted one.
fn auc(listed: &[f32], unlisted: &[f32]) -> f64 {
    let above: f64 = listed
        .iter()
        .flat_map(|yes| {
            unlisted.iter().map(move |no| {
                if yes > no {
                    1.0
                } else if yes == no {
                    0.5
                } else {
                    0.0
                }
            })
        })
        .sum();
    above / (listed.len() * unlisted.len()) as f64
}
