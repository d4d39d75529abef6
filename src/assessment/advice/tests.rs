use colloquy_agents::assessment::speech::{Delivery, Doubt};
use colloquy_agents::language::Language;

use super::*;
use crate::assessment::sounds::tests::{EAR, assessment, coach, word};

const TEXT: &str = "Je voudrais un café.";

/// What is said of an assessment of [`TEXT`].
fn said<T>(native: Language, of: Assessment, say: impl Fn(Advice) -> T) -> T {
    let judged = Judged::Assessed(Box::new(of));
    say(Advice {
        judged: &judged,
        text: TEXT,
        is_written: true,
        ear: Ear { native, ..EAR },
        coach: &coach(),
    })
}

fn fluent() -> Assessment {
    let mut of = assessment(Vec::new());
    of.fluency.pace = Some(Tempo::Appropriate);
    of.fluency.pauses_in_clauses = Some(0);
    of
}

#[test]
fn what_was_measured_is_put_in_words() {
    let fluency = |of| said(Language::English, of, |advice| advice.fluency());
    assert_eq!(fluency(fluent()), "Good natural pace. You made no pause.");
    let mut hesitant = fluent();
    hesitant.fluency.pace = Some(Tempo::Slow);
    (hesitant.fluency.pauses, hesitant.fluency.pauses_in_clauses) = (2, Some(2));
    hesitant.fluency.filler_words = 1;
    assert_eq!(
        fluency(hesitant.clone()),
        "Slow pace: say the words of a phrase in one go. You paused 2 times. There was one filler word."
    );
    let mut halted = fluent();
    (halted.fluency.pauses, halted.fluency.pauses_in_clauses) = (1, Some(1));
    halted.fluency.longest_pause = Duration::from_millis(2_000);
    assert_eq!(
        fluency(halted.clone()),
        "Good natural pace. You paused once. A pause within a phrase was long."
    );
    let improvements = |of| said(Language::German, of, |advice| advice.improvements());
    let told = improvements(halted);
    assert_eq!(
        told,
        ["Mach Pausen zwischen den Satzteilen, nicht zwischen den Wörtern."]
    );
    assert_eq!(
        improvements(hesitant),
        [
            "Sprich Wörter, die zusammengehören, in einem Zug; schneller wirst du beim Wiederholen.",
            "Mach Pausen zwischen den Satzteilen, nicht zwischen den Wörtern.",
            "Wenn du einen Moment brauchst, schweig lieber kurz, statt „äh“ zu sagen.",
        ]
    );
    assert_eq!(
        improvements(fluent()),
        ["Tempo, Pausen und Melodie sind unauffällig. Üb weiter so."]
    );
    let mut good = fluent();
    good.pronunciation.score = Some(95);
    assert_eq!(
        improvements(good),
        ["Insgesamt eine ausgezeichnete Aussprache! Üb weiter so."]
    );
}

#[test]
fn of_a_text_that_was_not_said_to_its_end_no_melody_is_told() {
    let mut begun = fluent();
    begun.words = vec![
        word("Je", 95, WordVerdict::None, &[("ʒ", 92)]),
        word("café.", 0, WordVerdict::Omission, &[]),
        word("", 0, WordVerdict::Insertion, &[("s", 0)]),
    ];
    begun.words[1].score = None;
    (
        begun.intonation.score,
        begun.intonation.accuracy,
        begun.intonation.pattern,
    ) = (None, None, None);
    let told = said(Language::English, begun, |advice| advice.intonation());
    assert_eq!(told, "café: it was not heard; say all of the words.");
}

#[test]
fn nobody_is_praised_whose_words_are_blamed() {
    let is_praised = |of| {
        let improvements = said(Language::English, of, |advice| advice.improvements());
        improvements
            .iter()
            .any(|told| told.starts_with("Excellent pronunciation"))
    };
    let good = || {
        let mut good = fluent();
        good.pronunciation.score = Some(95);
        good.words = vec![word("Je", 95, WordVerdict::None, &[("ʒ", 90)])];
        good
    };
    assert!(is_praised(good()));
    for verdict in [
        WordVerdict::Omission,
        WordVerdict::Mispronunciation,
        WordVerdict::Insertion,
    ] {
        let mut blamed = good();
        let text = if verdict == WordVerdict::Insertion { "" } else { "café" };
        blamed.words.push(word(text, 20, verdict, &[]));
        assert!(!is_praised(blamed), "{verdict:?}");
    }
    // One wrong sound is enough, and comes first.
    let mut blamed = good();
    blamed
        .words
        .push(word("café", 84, WordVerdict::None, &[("k", 90), ("e", 4)]));
    let improvements = said(Language::English, blamed.clone(), |advice| advice.improvements());
    assert!(improvements[0].starts_with("café: "), "{improvements:?}");
    assert!(!is_praised(blamed));
    // Its pace and melody don't make up for the sounds.
    let mut fast = good();
    fast.pronunciation.score = Some(71);
    (fast.fluency.score, fast.intonation.score) = (Some(100), Some(100));
    assert!(!is_praised(fast));
}

#[test]
fn of_a_rise_that_is_no_mistake_nothing_is_advised() {
    let mut of = fluent();
    (of.intonation.pattern, of.intonation.may_rise) = (Some(Pattern::Rising), true);
    of.intonation.accuracy = Some(100);
    let told = said(Language::English, of.clone(), |advice| advice.intonation());
    assert!(told.contains("rises at the end.") && !told.contains("fall"), "{told}");
    let improvements = said(Language::English, of, |advice| advice.improvements());
    assert!(
        !improvements.iter().any(|advice| advice.starts_with("Let your voice")),
        "{improvements:?}"
    );
}

#[test]
fn what_is_said_of_the_melody_agrees_with_its_score() {
    let told = |pattern, expected, accuracy| {
        let mut of = fluent();
        (of.intonation.pattern, of.intonation.expected) = (Some(pattern), expected);
        of.intonation.accuracy = Some(accuracy);
        let improvements = said(Language::English, of.clone(), |advice| advice.improvements());
        (said(Language::English, of, |advice| advice.intonation()), improvements)
    };
    use Pattern::{Falling, Level, Rising};
    for (pattern, expected, accuracy, end, to_do) in [
        (Rising, Rising, 100, "rises at the end, as this question needs.", None),
        (Rising, Rising, 90, "let it rise a little more", None),
        (Rising, Falling, 0, "let it fall here", Some("fall")),
        (Falling, Falling, 100, "falls at the end, as this sentence needs.", None),
        (Falling, Rising, 0, "this question needs it to rise", Some("rise")),
        (Level, Rising, 50, "stays level", Some("rise")),
        (Level, Falling, 50, "as if there were more to come", Some("fall")),
    ] {
        let (sentence, improvements) = told(pattern, expected, accuracy);
        assert!(sentence.contains(end), "{sentence}");
        let to_do = to_do.map(|to_do| format!("Let your voice {to_do} at the end"));
        let is_told = improvements.iter().any(|advice| advice.starts_with("Let your voice"));
        assert_eq!(is_told, to_do.is_some(), "{improvements:?}");
        assert!(
            to_do.is_none_or(|to_do| improvements[0].starts_with(&to_do)),
            "{improvements:?}"
        );
    }
    let mut flat = fluent();
    flat.intonation.range = Some(0.5);
    let improvements = said(Language::English, flat, |advice| advice.improvements());
    assert!(
        improvements[0].starts_with("Let your voice move more"),
        "{improvements:?}"
    );
}

#[test]
fn a_score_that_is_withheld_has_its_reason() {
    let all = |of: Assessment| {
        said(Language::English, of, |advice| {
            let pronunciation = advice.pronunciation().unwrap_or_default().to_owned();
            (pronunciation, advice.fluency(), advice.intonation())
        })
    };
    assert_eq!(all(fluent()).0, "");
    let mut noisy = fluent();
    (noisy.pronunciation.score, noisy.fluency.score, noisy.intonation.score) = (None, None, None);
    noisy.doubts = vec![Doubt::Noisy];
    let (pronunciation, fluency, intonation) = all(noisy);
    for told in [&pronunciation, &fluency, &intonation] {
        assert!(
            told.ends_with("Find a quieter place or come closer to the microphone."),
            "{told}"
        );
    }
    let mut short = fluent();
    (short.fluency.score, short.fluency.pace) = (None, None);
    (short.intonation.score, short.intonation.pattern) = (None, None);
    let (pronunciation, fluency, intonation) = all(short.clone());
    assert_eq!(pronunciation, "");
    assert!(fluency.starts_with("That is too little to tell your pace"), "{fluency}");
    assert!(intonation.starts_with("The end was too short"), "{intonation}");
    short.intonation.pattern = Some(Pattern::Falling);
    let (_, _, intonation) = all(short);
    assert!(intonation.ends_with("Say a whole sentence."), "{intonation}");
}

#[test]
fn what_has_no_score_is_advised_on_no_more_than_praised() {
    let mut noisy = fluent();
    noisy.words = vec![
        word("Je", 20, WordVerdict::Mispronunciation, &[("ʒ", 12)]),
        word("voudrais", 0, WordVerdict::Omission, &[]),
    ];
    (noisy.pronunciation.score, noisy.fluency.score, noisy.intonation.score) = (None, None, None);
    (noisy.intonation.pattern, noisy.intonation.expected) = (Some(Pattern::Rising), Pattern::Falling);
    (noisy.fluency.pace, noisy.fluency.filler_words) = (Some(Tempo::Slow), 2);
    noisy.fluency.longest_pause = Duration::from_secs(3);
    noisy.doubts = vec![Doubt::Noisy];
    let improvements = said(Language::English, noisy, |advice| advice.improvements());
    assert_eq!(improvements.len(), 1, "{improvements:?}");
    assert!(
        improvements[0].starts_with("No score: there is too much noise"),
        "{improvements:?}"
    );
}

#[test]
fn what_is_too_loud_for_the_microphone_is_told_as_such() {
    let mut loud = fluent();
    loud.is_text = false;
    loud.doubts = vec![Doubt::Noisy, Doubt::Clipped];
    (loud.fluency.score, loud.intonation.score) = (None, None);
    let told = said(Language::English, loud, |advice| {
        (advice.fluency(), advice.improvements())
    });
    let reason = "No score: the recording is too loud for the microphone. Move away from it a little.";
    assert_eq!(told.1, [reason]);
    assert!(told.0.ends_with(reason), "{}", told.0);
}

#[test]
fn why_there_is_no_score_is_told_once_of_a_turn() {
    let mut other = fluent();
    (other.is_text, other.fluency.score, other.intonation.score) = (false, None, None);
    let beside = said(Language::English, other.clone(), |advice| {
        advice.intonation_beside_fluency()
    });
    assert_eq!(beside, "Your voice falls at the end.");
    other.fluency.score = Some(80);
    let beside = said(Language::English, other, |advice| advice.intonation_beside_fluency());
    assert_eq!(
        beside,
        "Your voice falls at the end. No score: what was heard is not the text."
    );
}

#[test]
fn of_another_text_and_of_a_language_that_nobody_judges_only_the_sound_is_told() {
    let mut other = fluent();
    (other.is_text, other.fluency.pace, other.fluency.score) = (false, None, None);
    (other.intonation.score, other.intonation.pattern) = (None, Some(Pattern::Rising));
    let told = said(Language::English, other.clone(), |advice| {
        (advice.fluency(), advice.intonation(), advice.improvements())
    });
    assert_eq!(told.0, "You made no pause. No score: what was heard is not the text.");
    assert!(
        told.1.starts_with("Your voice rises at the end. No score"),
        "{}",
        told.1
    );
    assert!(
        told.2[0].starts_with("What was heard differs from the text"),
        "{:?}",
        told.2
    );
    assert_eq!(told.2.len(), 1, "{:?}", told.2);
    let delivered = Judged::Delivered(Box::new(Delivery {
        confidence: 0.0,
        doubts: vec![Doubt::Language],
        fluency: other.fluency,
        intonation: other.intonation,
    }));
    let coach = coach();
    let advice = Advice {
        judged: &delivered,
        text: "はい",
        is_written: true,
        ear: Ear {
            practised: Language::Japanese,
            native: Language::English,
        },
        coach: &coach,
    };
    let reason = "No score: this server can't judge the sounds of this language.";
    assert_eq!(advice.pronunciation(), Some(reason));
    assert_eq!(advice.fluency(), format!("You made no pause. {reason}"));
    assert_eq!(advice.improvements(), Vec::<String>::new());
    assert_eq!((pace(None), pattern(None)), ("unknown", "unclear"));
}

#[test]
fn words_are_named_with_what_to_do_about_them() {
    let mut of = fluent();
    of.words = vec![
        word("Je", 20, WordVerdict::Mispronunciation, &[("ʒ", 90)]),
        word("voudrais", 0, WordVerdict::Omission, &[]),
        word("", 0, WordVerdict::Insertion, &[]),
    ];
    let improvements = said(Language::French, of, |advice| advice.improvements());
    assert_eq!(
        improvements,
        [
            "Je : Écoutez « Je » et répétez lentement",
            "voudrais : on ne l'a pas entendu ; dites tous les mots.",
            "On entend quelque chose qui n'est pas dans le texte : tenez-vous-en à ses mots.",
        ]
    );
}

fn next(native: Language, of: Assessment) -> Vec<String> {
    let (exercises, phonemes) = (Exercises::built_in(), Phonemes::built_in());
    said(native, of, |advice| advice.next_exercises(&exercises, &phonemes))
}

#[test]
fn who_lets_the_voice_go_the_wrong_way_is_sent_to_practise_that_melody() {
    let ending = |pattern, expected| {
        let mut of = fluent();
        (of.intonation.pattern, of.intonation.expected) = (Some(pattern), expected);
        next(Language::English, of)
    };
    let statements = ending(Pattern::Rising, Pattern::Falling);
    assert!(
        statements[0].starts_with("The melody of statements: "),
        "{statements:?}"
    );
    let questions = ending(Pattern::Falling, Pattern::Rising);
    assert!(questions[0].starts_with("The melody of questions: "), "{questions:?}");
    assert!(questions[1].starts_with("Polite requests: "), "{questions:?}");
    assert!(ending(Pattern::Rising, Pattern::Rising).is_empty());
    let mut good = fluent();
    good.words = vec![word("café", 90, WordVerdict::None, &[("a", 99), ("y", 85), ("ʁ", 92)])];
    let of_the_text = next(Language::English, good);
    assert_eq!(
        of_the_text[..2],
        ["Tell apart /y/, /u/: rue, roue", "How to say /ʁ/: rouge"]
    );
    let mut halting = fluent();
    halting.fluency.pauses_in_clauses = Some(4);
    let phrasing = next(Language::English, halting);
    assert!(
        phrasing.len() == 1 && phrasing[0].starts_with("Long sentences in groups: "),
        "{phrasing:?}"
    );
}

#[test]
fn every_sound_that_was_made_badly_has_an_exercise_for_just_that() {
    for (sound, title) in [
        ("ʁ", "/ʁ/ aussprechen: rouge"),
        ("œ\u{303}", "/œ\u{303}/ aussprechen: brun"),
        ("y", "/y/, /u/ unterscheiden: rue, roue"),
        // As the recogniser's dictionary writes it.
        ("uː", "/y/, /u/ unterscheiden: rue, roue"),
    ] {
        let mut of = fluent();
        of.words = vec![word("café", 90, WordVerdict::None, &[(sound, 10)])];
        assert_eq!(next(Language::German, of), [title], "{sound}");
    }
    let mut both = fluent();
    both.words = vec![word("café", 90, WordVerdict::None, &[("z", 10), ("y", 20), ("z", 30)])];
    (both.intonation.pattern, both.intonation.expected) = (Some(Pattern::Rising), Pattern::Falling);
    let named = next(Language::French, both);
    assert_eq!(named.len(), 3, "{named:?}");
    assert_eq!(named[0], "Bien distinguer /s/, /z/ : poisson, poison");
    assert_eq!(named[1], "Bien distinguer /y/, /u/ : rue, roue");
    assert!(named[2].starts_with("La mélodie des affirmations"), "{named:?}");
}

#[test]
fn a_transcript_without_a_mark_at_its_end_tells_no_kind_of_sentence() {
    let mut of = fluent();
    (of.intonation.pattern, of.intonation.expected) = (Some(Pattern::Rising), Pattern::Falling);
    let judged = Judged::Assessed(Box::new(of));
    let told = |text, is_written| {
        let advice = Advice {
            judged: &judged,
            text,
            is_written,
            ear: EAR,
            coach: &coach(),
        };
        (advice.intonation(), advice.improvements())
    };
    let (end, improvements) = told("vous avez du vin", false);
    assert_eq!(end, "Your voice rises at the end.");
    assert!(
        !improvements.iter().any(|advice| advice.starts_with("Let your voice")),
        "{improvements:?}"
    );
    for (text, is_written) in [("vous avez du vin", true), ("Vous avez du vin.", false)] {
        let (end, improvements) = told(text, is_written);
        assert!(end.contains("let it fall here"), "{end}");
        assert!(
            improvements
                .iter()
                .any(|advice| advice.starts_with("Let your voice fall"))
        );
    }
}
