use super::*;
use crate::acoustic::courtesy;
use crate::acoustic::likelihood::STATE_COUNT;
use crate::acoustic::model::STATES;
use crate::acoustic::phone::Phone;
use crate::acoustic::pronunciation::{Pronouncer, SpokenWord};
use crate::engine::{Expected, ExpectedPhrase};
use crate::language::Language;

/// A recogniser of phrases in IPA, a group a word.
fn recognizer(phrases: &[&str]) -> Recognizer {
    let pronouncer = Pronouncer::with_program("no-such-program-here");
    let language = Language::English;
    let around = courtesy::before(language).iter().chain(courtesy::after(language));
    for text in around {
        pronouncer.learn(language, text, [SpokenWord::from_ipa(text, "f_ɔ_f_ɔ")].into());
    }
    for phrase in phrases {
        let words: Vec<SpokenWord> = phrase.split(' ').map(|word| SpokenWord::from_ipa(word, word)).collect();
        pronouncer.learn(language, phrase, words.into());
    }
    let phrases = phrases.iter().map(|text| ExpectedPhrase {
        text: (*text).to_owned(),
        spoken: None,
    });
    let expected = Expected {
        phrases: phrases.collect(),
        vocabulary: Vec::new(),
    };
    Recognizer::new(Arc::new(
        Expectation::prepare(&pronouncer, language, &expected).unwrap(),
    ))
}

/// Six frames a sound, in which the named phones score as told and all others badly.
fn frames(sounds: &[&[(&str, f32)]]) -> Vec<StateScores> {
    let frame = |sound: &&[(&str, f32)]| {
        let mut scores = [-10.0; STATE_COUNT];
        for (name, score) in *sound {
            let phone = Phone::named(name).unwrap().index();
            scores[phone * STATES..(phone + 1) * STATES].fill(*score);
        }
        [scores; 6]
    };
    sounds.iter().flat_map(frame).collect()
}

fn best_listed(recognizer: &Recognizer, scores: &[StateScores]) -> (String, Fit) {
    let rivals = Rivals {
        free: &phone_loop(scores),
        open: &vec![0.0; scores.len()],
    };
    let trellis = recognizer.search(scores);
    let (_, view) = recognizer.best_listed(&trellis, scores, rivals).unwrap();
    (view.transcript.text, view.fit)
}

#[test]
fn another_phrase_stands_for_one_that_was_begun_only_if_it_fits_better() {
    let recognizer = recognizer(&["s_iː m_iː", "s_iː m_aɪ z_uː"]);
    let said = |last: &[(&str, f32)]| {
        frames(&[
            &[("SIL", 0.0)],
            &[("S", 0.0)],
            &[("IY", 0.0)],
            &[("M", 0.0)],
            last,
            &[("SIL", 0.0)],
        ])
    };
    // Nearly "s_iː m_iː", so little worse that a bad last word of the phrase itself would be forgiven.
    let begun = said(&[("AY", 0.0), ("IY", -1.0)]);
    assert_eq!(
        best_listed(&recognizer, &begun),
        ("s_iː m_aɪ".to_owned(), Fit::Beginning)
    );
    let whole = said(&[("AY", -2.0), ("IY", 0.0)]);
    assert_eq!(
        best_listed(&recognizer, &whole),
        ("s_iː m_iː".to_owned(), Fit::Complete)
    );
}

#[test]
fn a_last_word_that_was_said_badly_is_a_last_word() {
    let recognizer = recognizer(&["s_iː m_iː", "s_iː m_aɪ z_uː"]);
    let scores = frames(&[
        &[("SIL", 0.0)],
        &[("S", 0.0)],
        &[("IY", 0.0)],
        &[("M", 0.0)],
        &[("AY", 0.0)],
        &[("Z", 0.0)],
        &[("Z", 0.0), ("UW", -1.0)],
    ]);
    assert_eq!(
        best_listed(&recognizer, &scores),
        ("s_iː m_aɪ z_uː".to_owned(), Fit::Complete)
    );
}

#[test]
fn speech_as_loud_as_the_word_that_faded_at_the_pause_makes_a_view_stale() {
    let mut recognizer = recognizer(&["s_iː"]);
    let mut seed = 1u32;
    let mut noise = |samples: usize, loudness: i32| -> Vec<i16> {
        (0..samples)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (((seed >> 16) as i32 - 32_768) * loudness / 32_768) as i16
            })
            .collect()
    };
    recognizer.hear(&noise(8_000, 8));
    recognizer.hear(&noise(8_000, 8_000));
    // The pause is asked about before the word has died away.
    let pause = recognizer.listening.frames();
    recognizer.hear(&noise(3_200, 8));
    assert!(!recognizer.spoke_since(pause));
    recognizer.hear(&noise(4_800, 8_000));
    assert!(recognizer.spoke_since(pause));
}
