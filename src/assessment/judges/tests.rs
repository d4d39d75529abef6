use colloquy_agents::assessment::language::{Code, Evidence, Kind, Source};
use colloquy_agents::engine::OwnWords;
use colloquy_agents::scenario::Level;
use futures::FutureExt;

use super::super::sounds::tests::{assessment, coach, word};
use super::*;

/// What somebody said in French whose own language is English.
pub(crate) fn turn(text: &str, language: Language) -> Turn {
    Turn {
        text: text.to_owned(),
        language,
        native: Language::English,
        is_typed: false,
        confidence: 1.0,
        is_expected: false,
        wording: Wording::default(),
        answered_in: None,
        known_words: Vec::new(),
        taught_words: 0,
        right: RightForms::default(),
        sound: vec![[1, 2].into(), [3, 4, 5].into()],
    }
}

fn judges() -> Judges {
    Judges {
        assessor: None,
        check: None,
        read_ahead: None,
        coach: coach(),
        base: None,
    }
}

const TEXT: &str = "je veux un table pour le deux";

fn remarks() -> Remarks {
    let finding = |wrong: &str, certainty| {
        let start = TEXT.find(wrong).unwrap();
        Finding {
            kind: Kind::Grammar,
            code: Code::parse("R:DET").unwrap(),
            span: start..start + wrong.len(),
            word: wrong.to_owned(),
            suggestion: "x".to_owned(),
            explanation: String::new(),
            explanation_native: None,
            source: Source::Rules,
            rule: "french.x".to_owned(),
            certainty,
        }
    };
    Remarks {
        findings: vec![
            finding("veux", Certainty::Low),
            finding("un", Certainty::High),
            finding("le", Certainty::Medium),
        ],
        grammar_score: Some(36),
        vocabulary_level: Level::Beginner,
        evidence: Evidence {
            words: 7,
            judged: 7,
            sources: vec![Source::Rules],
            ..Evidence::default()
        },
    }
}

fn told(turn: &Turn, assessment: Option<&Assessment>) -> (Vec<String>, Option<u8>) {
    let analysis = judges().analysis(turn, Some(&remarks()), assessment);
    let of_words = analysis.errors.iter().filter(|error| error.r#type != "pronunciation");
    let words = of_words.map(|error| error.word.clone()).collect();
    (words, analysis.grammar_score)
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn remarks_that_are_not_sure_are_not_told_and_do_not_lower_the_score() {
    let said = turn(TEXT, Language::French);
    assert_eq!(told(&said, None), (words(&["un", "le"]), Some(50)));
    let unsure = Turn {
        confidence: 0.7,
        ..said.clone()
    };
    assert_eq!(told(&unsure, None), (words(&["un"]), Some(71)));
    let hardly = Turn {
        confidence: 0.5,
        ..said.clone()
    };
    assert_eq!(told(&hardly, None), (Vec::new(), None));
    let expected = Turn {
        is_expected: true,
        ..said
    };
    assert_eq!(told(&expected, None), (Vec::new(), None));
}

/// An expected answer in which "un" was heard in place of "une", and some places that were right.
fn with_slip(confidence: f32, right: usize) -> Turn {
    let at = TEXT.find("un").unwrap();
    let slip = OwnWords {
        at: at..at + 2,
        confidence,
    };
    Turn {
        is_expected: true,
        wording: Wording {
            slips: vec![slip],
            right,
            contested: right + 1,
        },
        ..turn(TEXT, Language::French)
    }
}

#[test]
fn of_an_expected_answer_only_its_slips_are_told() {
    assert_eq!(told(&with_slip(0.9, 0), None), (words(&["un"]), Some(71)));
    // Nobody is sure of it: then nothing is known of the words.
    assert_eq!(told(&with_slip(0.5, 1), None), (Vec::new(), None));
}

#[tokio::test]
async fn an_answer_that_was_heard_to_be_right_has_a_score_and_one_that_nobody_can_tell_has_none() {
    let right_of = |right, contested, text| Turn {
        wording: Wording {
            slips: Vec::new(),
            right,
            contested,
        },
        is_expected: true,
        ..turn(text, Language::French)
    };
    let right = |right, text| right_of(right, 1, text);
    let score = |turn: &Turn| judges().analysis(turn, None, None).grammar_score;
    assert_eq!(score(&right(1, "Une table pour deux")), Some(100));
    assert_eq!(score(&right(0, "Une table pour deux")), None);
    assert_eq!(score(&right(1, "Une table")), None);
    let long = "Une table pour deux, s'il vous plaît";
    assert_eq!(
        score(&right(1, long)),
        Some(100),
        "nothing else in it is likely to be wrong"
    );
    assert_eq!(score(&right_of(1, 3, long)), None, "most of it nobody can tell");
    assert_eq!(
        score(&right_of(2, 3, long)),
        None,
        "a slip may have been said at the third place"
    );
    assert_eq!(score(&right_of(3, 3, long)), Some(100));
    let longer = "Je voudrais une table pour deux personnes près de la fenêtre";
    assert_eq!(
        score(&right_of(1, 1, longer)),
        None,
        "one place tells little of eleven words"
    );
    assert_eq!(score(&right_of(2, 2, longer)), Some(100));
    let check: Check = Arc::new(|_| async { remarks() }.boxed());
    let judges = Judges {
        check: Some(check),
        ..judges()
    };
    assert_eq!(
        judges.remarks(&right(1, TEXT)).await,
        None,
        "its words are the scenario's"
    );
    assert!(judges.remarks(&with_slip(0.9, 1)).await.is_some());
}

#[tokio::test]
async fn nothing_is_judged_of_words_that_were_perhaps_never_said() {
    let check: Check = Arc::new(|_| async { remarks() }.boxed());
    let judges = Judges {
        check: Some(check),
        ..judges()
    };
    let sure = turn(TEXT, Language::French);
    let guessed = Turn {
        confidence: 0.6,
        ..sure.clone()
    };
    let expected = Turn {
        is_expected: true,
        ..guessed.clone()
    };
    let typed = Turn {
        is_typed: true,
        ..guessed.clone()
    };
    assert!(sure.is_heard() && expected.is_heard() && !guessed.is_heard());
    for (turn, is_judged) in [(sure, true), (guessed, false), (expected, false), (typed, true)] {
        assert_eq!(judges.remarks(&turn).await.is_some(), is_judged, "{turn:?}");
    }
}

#[test]
fn words_that_the_sound_does_not_bear_out_were_misheard_and_not_misspoken() {
    let said = turn(TEXT, Language::French);
    let heard = |un: u8, verdict| {
        let good = |text: &str| word(text, 90, WordVerdict::None, &[]);
        let mut words: Vec<AssessedWord> = TEXT.split(' ').map(good).collect();
        words[2] = word("un", un, verdict, &[]);
        assessment(words)
    };
    let badly = heard(45, WordVerdict::Mispronunciation);
    assert_eq!(told(&said, Some(&badly)).0, words(&["un", "le"]));
    for heard in [
        heard(10, WordVerdict::Mispronunciation),
        heard(0, WordVerdict::Omission),
    ] {
        assert_eq!(told(&said, Some(&heard)).0, words(&["le"]));
    }
    let mut other = badly;
    other.is_text = false;
    assert_eq!(told(&said, Some(&other)).0, words(&[]));
}

#[tokio::test]
async fn whoever_checks_a_text_is_told_what_the_scenario_knows() {
    let check: Check = Arc::new(|request| {
        assert_eq!(request.known_words, ["Kowalczyk"]);
        async { remarks() }.boxed()
    });
    let judges = Judges {
        check: Some(check),
        ..judges()
    };
    let mut said = turn(TEXT, Language::French);
    said.known_words = vec!["Kowalczyk".to_owned()];
    assert!(judges.remarks(&said).await.is_some());
    said.answered_in = Some(Language::English);
    assert_eq!(
        judges.remarks(&said).await,
        None,
        "it is not asked about another language"
    );
}

#[test]
fn what_was_said_in_another_language_is_only_named() {
    let own = Turn {
        answered_in: Some(Language::English),
        ..turn("The street", Language::French)
    };
    let analysis = judges().analysis(&own, None, None);
    assert_eq!(
        (analysis.answered_in, analysis.grammar_score),
        (Some(Language::English), None)
    );
    assert!(!judges().hear(&own));
}
