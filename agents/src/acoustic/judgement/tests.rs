use super::*;
use crate::acoustic::courtesy;
use crate::acoustic::likelihood::STATE_COUNT;
use crate::acoustic::model::STATES;
use crate::acoustic::phone::Phone;
use crate::acoustic::pronunciation::{Pronouncer, SpokenWord};
use crate::engine::{Expected, ExpectedPhrase};
use crate::language::Language;

/// Phrases in IPA, a group a word.
pub(crate) fn expectation(phrases: &[&str]) -> Expectation {
    let phrases: Vec<ExpectedPhrase> = phrases.iter().map(|phrase| staying(phrase, None)).collect();
    expectation_of(phrases)
}

pub(crate) fn staying(text: &str, instead_of: Option<usize>) -> ExpectedPhrase {
    ExpectedPhrase {
        text: text.to_owned(),
        spoken: None,
        leaves: false,
        instead_of,
    }
}

pub(crate) fn expectation_of(phrases: Vec<ExpectedPhrase>) -> Expectation {
    let pronouncer = Pronouncer::with_program("no-such-program-here");
    let language = Language::English;
    let before = courtesy::before(language).iter().map(|before| before.text());
    for text in before.chain(courtesy::after(language).iter().copied()) {
        let ipa = match text {
            "yes" => "j_ɛ_s",
            "okay" => "k_iː_k_iː",
            _ => "f_ɔ_f_ɔ",
        };
        pronouncer.learn(language, text, [SpokenWord::from_ipa(text, ipa)].into());
    }
    for ExpectedPhrase { text, .. } in &phrases {
        let words: Vec<SpokenWord> = text.split(' ').map(|word| SpokenWord::from_ipa(word, word)).collect();
        pronouncer.learn(language, text, words.into());
    }
    let expected = Expected {
        phrases,
        vocabulary: Vec::new(),
    };
    Expectation::prepare(&pronouncer, language, &expected).unwrap()
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

fn judgement<'a>(expectation: &'a Expectation, scores: &'a [StateScores]) -> Judgement<'a> {
    let open = OpenReading {
        scores: vec![0.0; scores.len()],
        is_speech: true,
        is_open: false,
    };
    Judgement::with_open(expectation, scores, open)
}

fn best_listed(expectation: &Expectation, scores: &[StateScores]) -> (String, Fit) {
    let (_, view) = judgement(expectation, scores).best_listed().unwrap();
    (view.transcript.text, view.fit)
}

#[test]
fn another_phrase_stands_for_one_that_was_begun_only_if_it_fits_better() {
    let expectation = expectation(&["s_iː m_iː", "s_iː m_aɪ z_uː"]);
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
        best_listed(&expectation, &begun),
        ("s_iː m_aɪ".to_owned(), Fit::Beginning)
    );
    let whole = said(&[("AY", -2.0), ("IY", 0.0)]);
    assert_eq!(
        best_listed(&expectation, &whole),
        ("s_iː m_iː".to_owned(), Fit::Complete)
    );
}

#[test]
fn a_brief_answer_that_fits_somewhat_worse_is_likelier_than_one_word_of_another() {
    let expectation = expectation(&["s_iː", "z_iː m_aɪ z_uː"]);
    let said = |worse: f32| {
        frames(&[
            &[("SIL", 0.0)],
            &[("Z", 0.0), ("S", worse)],
            &[("IY", 0.0)],
            &[("SIL", 0.0)],
        ])
    };
    assert_eq!(
        best_listed(&expectation, &said(-1.0)),
        ("s_iː".to_owned(), Fit::Complete)
    );
    assert_eq!(
        best_listed(&expectation, &said(-9.0)),
        ("z_iː".to_owned(), Fit::Beginning)
    );
}

#[test]
fn a_short_answer_that_fits_hardly_better_than_a_suggested_one_was_not_said() {
    let short = staying("m_uː s_iː", Some(1));
    let expectation = expectation_of(vec![staying("m_iː s_iː", None), short]);
    let said = |suggested: f32| {
        let vowel = [("UW", 0.0), ("IY", suggested)];
        let sounds: [&[(&str, f32)]; 6] = [
            &[("SIL", 0.0)],
            &[("M", 0.0)],
            &vowel,
            &[("S", 0.0)],
            &[("IY", 0.0)],
            &[("SIL", 0.0)],
        ];
        judgement(&expectation, &frames(&sounds)).nearest().unwrap().0
    };
    assert_eq!((said(-1.5), said(-3.0)), (0, 1));
}

#[test]
fn a_request_that_was_only_begun_is_waited_for_whatever_is_expected() {
    let expectation = expectation(&["s_iː m_aɪ"]);
    let view = |names: &[&str]| {
        let sounds: Vec<[(&str, f32); 1]> = names.iter().map(|name| [(*name, 0.0)]).collect();
        let sounds: Vec<&[(&str, f32)]> = sounds.iter().map(|sound| &sound[..]).collect();
        let View { transcript, fit } = judgement(&expectation, &frames(&sounds)).view();
        (transcript.phrase, fit)
    };
    let request = ["SIL", "F", "AO", "F", "AO"];
    assert_eq!(view(&[&request[..], &["SIL"]].concat()), (None, Fit::Beginning));
    let whole = [&request[..], &["S", "IY", "M", "AY", "SIL"]].concat();
    assert_eq!(view(&whole), (Some(0), Fit::Complete));
}

#[test]
fn a_last_word_that_was_said_badly_is_a_last_word() {
    let expectation = expectation(&["s_iː m_iː", "s_iː m_aɪ z_uː"]);
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
        best_listed(&expectation, &scores),
        ("s_iː m_aɪ z_uː".to_owned(), Fit::Complete)
    );
}

#[test]
fn a_goodbye_is_heard_if_it_clearly_wins_and_follows_no_assent() {
    const LEAVES: usize = 0;
    const STAYS: usize = 1;
    let leaving = ExpectedPhrase {
        leaves: true,
        ..staying("s_iː m_aɪ", None)
    };
    let expectation = expectation_of(vec![leaving, staying("s_iː m_uː", None)]);
    let heard = |before: &[&str], worse: f32| {
        let clear = |name| [(name, 0.0)];
        let before: Vec<[(&str, f32); 1]> = before.iter().copied().map(clear).collect();
        let [silence, s, iy, m] = ["SIL", "S", "IY", "M"].map(clear);
        let last = [("AY", 0.0), ("UW", worse)];
        let mut sounds: Vec<&[(&str, f32)]> = vec![&silence];
        sounds.extend(before.iter().map(|sound| &sound[..]));
        sounds.extend([&s[..], &iy, &m, &last, &silence]);
        let frames = frames(&sounds);
        let judgement = judgement(&expectation, &frames);
        let listed = judgement.best_listed().expect("something is heard");
        assert_eq!(listed.1.transcript.phrase, Some(LEAVES));
        let heard = judgement.unless_leaving(listed);
        heard.map(|(_, view)| view.transcript.phrase)
    };
    let (yes, okay, hello) = (["Y", "EH", "S"], ["K", "IY", "K", "IY"], ["F", "AO", "F", "AO"]);
    for (before, worse, phrase) in [
        (&[][..], -10.0, Some(LEAVES)),
        (&okay, -10.0, Some(LEAVES)),
        (&hello, -10.0, Some(LEAVES)),
        (&yes, -10.0, None),
        (&[], -1.5, None),
        (&okay, -1.5, None),
        (&[], -0.2, Some(STAYS)),
        (&yes, -0.2, Some(STAYS)),
    ] {
        assert_eq!(heard(before, worse), phrase.map(Some), "{before:?} {worse}");
    }
}

#[test]
fn of_two_values_the_one_that_was_said_is_heard_and_neither_where_nobody_can_tell() {
    const ANSWER: usize = 0;
    const SIBLING: usize = 1;
    let phrases = |instead_of| expectation_of(vec![staying("s_iː m_aɪ", None), staying("s_iː m_uː", instead_of)]);
    let heard = |expectation: &Expectation, last: &[(&str, f32)]| {
        let clear = |name| [(name, 0.0)];
        let [silence, s, iy, m] = ["SIL", "S", "IY", "M"].map(clear);
        let frames = frames(&[&silence, &s, &iy, &m, last, &silence]);
        let judgement = judgement(expectation, &frames);
        let listed = judgement.best_listed().expect("something is heard");
        judgement
            .told_apart(listed)
            .and_then(|(_, view)| view.transcript.phrase)
    };
    let siblings = phrases(Some(ANSWER));
    // Six frames: a lead of 6 is 1 a frame.
    for (last, phrase) in [
        (&[("AY", 0.0)][..], Some(ANSWER)),
        (&[("UW", 0.0)], Some(SIBLING)),
        (&[("AY", 0.0), ("UW", -0.5)], None),
        (&[("AY", -0.5), ("UW", 0.0)], None),
        (&[("OW", 0.0), ("AY", -5.5), ("UW", -7.5)], None),
        // What is suggested and clearly leads may fit a little worse: by 3 a frame of the word.
        (&[("OW", 0.0), ("AY", -6.0), ("UW", -20.0)], Some(ANSWER)),
        (&[("OW", 0.0), ("AY", -20.0), ("UW", -6.0)], None),
        (&[("OW", 0.0), ("AY", -8.0), ("UW", -20.0)], None),
    ] {
        assert_eq!(heard(&siblings, last), phrase, "{last:?}");
    }
    // Answers that are no siblings aren't held against each other.
    assert_eq!(heard(&phrases(None), &[("AY", 0.0), ("UW", -0.5)]), Some(ANSWER));
}
