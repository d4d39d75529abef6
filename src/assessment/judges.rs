//! Who judges a turn, and what is made of what they say.

use std::ops::Range;
use std::sync::Arc;

use colloquy_agents::assessment::language::{Certainty, Finding, Remarks, Request};
use colloquy_agents::assessment::speech::{AssessedWord, Assessment, WordVerdict};
use colloquy_agents::assessment::vocabulary;
use colloquy_agents::correction;
use colloquy_agents::engine::{AssessRequest, Assessor, EngineError, Wording};
use colloquy_agents::language::Language;
use futures::future::BoxFuture;

use super::analysis::Analysis;
use super::sounds::{Coach, Ear};

/// Judges a text.
pub type Check = Arc<dyn Fn(Request) -> BoxFuture<'static, Remarks> + Send + Sync>;
/// Tells whether a text is in the learner's own language rather than in the one that is practised, in this order.
pub type Identify = fn(&str, Language, Language) -> Option<Language>;

/// Who assesses. Whoever is missing is not asked.
#[derive(Clone)]
pub struct Judges {
    /// Judges sounds.
    pub assessor: Option<Arc<dyn Assessor>>,
    /// Judges texts.
    pub check: Option<Check>,
    /// Says how sounds are made.
    pub coach: Coach,
    /// How the outside reaches this program (`PUBLIC_URL`), where that is known without a request.
    pub base: Option<String>,
}

/// A turn of the learner's.
#[derive(Clone, Debug)]
pub struct Turn {
    /// What was said, as recognised or typed.
    pub text: String,
    /// The language that is practised.
    pub language: Language,
    /// The learner's own.
    pub native: Language,
    /// Whether it was typed.
    pub is_typed: bool,
    /// How sure the recogniser is that these words were said, 0 to 1; 1 of what was typed.
    pub confidence: f32,
    /// Whether it was heard as an answer that the scenario expects: its words are the scenario's own.
    pub is_expected: bool,
    /// How that answer was worded, as far as the recogniser can tell: what in it is the learner's own after all.
    pub wording: Wording,
    /// The learner's own language, if that is what they answered in.
    pub answered_in: Option<Language>,
    /// Words that no dictionary has to know: names, and what the scenario teaches and its slots can be filled with.
    pub known_words: Vec<String>,
    /// How many of its words the scenario teaches.
    pub taught_words: usize,
    /// How it sounded, piece by piece, mono at 16 kHz; empty if that isn't known.
    pub sound: Vec<Arc<[i16]>>,
}

/// With less confidence than this it isn't known what was said. Embedded recognition has less in whatever it didn't expect.
const TRUSTED: f32 = 0.65;
/// A word with a lower score than this sounds like another one: whatever is remarked on it was perhaps only misheard.
const MISHEARD: u8 = 30;
/// With fewer words there is no score of grammar.
const LEAST_WORDS: usize = 3;
/// With fewer places heard to be right than one in so many words there is none either, as for a text.
const JUDGED_SHARE: usize = 4;

impl Judges {
    /// Who judges sounds of a language.
    pub(super) fn of_sounds(&self, language: Language) -> Option<&Arc<dyn Assessor>> {
        self.assessor.as_ref().filter(|assessor| assessor.assesses(language))
    }

    /// What is remarked on the words of a turn. It waits for services, and computes next to nothing.
    pub(super) async fn remarks(&self, turn: &Turn) -> Option<Remarks> {
        let is_asked = turn.answered_in.is_none() && turn.has_own_words();
        let check = self.check.as_ref().filter(|_| is_asked)?;
        let request = Request {
            text: turn.text.clone(),
            language: turn.language,
            native: turn.native,
            is_typed: turn.is_typed,
            known_words: turn.known_words.clone(),
            taught_words: turn.taught_words,
        };
        Some(check(request).await)
    }

    /// Whether there is anything to be heard in a turn.
    pub(super) fn hear(&self, turn: &Turn) -> bool {
        turn.answered_in.is_none()
            && turn.is_heard()
            && !turn.sound.is_empty()
            && self.of_sounds(turn.language).is_some()
    }

    /// How a turn sounded; none if there is nothing to be heard. It computes.
    pub(super) async fn assessment(&self, turn: &Turn) -> Option<Result<Assessment, EngineError>> {
        let assessor = self.of_sounds(turn.language).filter(|_| self.hear(turn))?;
        let request = AssessRequest {
            language: turn.language,
            reference: turn.text.as_str().into(),
            pcm: turn.sound.concat().into(),
        };
        Some(assessor.assess(request).await)
    }

    /// What is told of a turn by what is known of it so far.
    pub(super) fn analysis(&self, turn: &Turn, remarks: Option<&Remarks>, assessment: Option<&Assessment>) -> Analysis {
        let level = vocabulary::level_of(&turn.text, turn.language, turn.taught_words);
        let mut analysis = Analysis::unknown(level);
        analysis.answered_in = turn.answered_in;
        if let Some(remarks) = remarks.filter(|_| turn.has_own_words()) {
            let mut believed = remarks.clone();
            let misheard = assessment.map(|assessment| misheard(&turn.text, assessment));
            let misheard = misheard.unwrap_or_default();
            believed.retain(|finding| turn.is_believed(finding, &misheard));
            analysis.add_remarks(&believed);
            if turn.is_expected && believed.findings.is_empty() {
                // That nothing is remarked on in the scenario's own words is no praise.
                analysis.grammar_score = None;
            }
        } else if turn.is_worded_right() {
            analysis.grammar_score = Some(100);
        }
        if let Some(assessment) = assessment {
            let ear = Ear {
                practised: turn.language,
                native: turn.native,
            };
            // The scenario's own words are written with their marks, a transcript is perhaps not.
            analysis.add_assessment(assessment, &turn.text, turn.is_expected, ear, &self.coach);
        }
        analysis
    }
}

impl Turn {
    /// Whether it is known what was said. A recogniser that has to make words of any sound makes them to fit it: held against
    /// these words, the sound would always be good.
    fn is_heard(&self) -> bool {
        self.is_typed || self.is_expected || self.confidence >= TRUSTED
    }

    /// Whether any of its words are known to be the learner's own. Whoever recognises one of the scenario's answers hears its
    /// words, whichever were said: they are no evidence of what the learner makes of them, unless likely slips were listened for.
    fn has_own_words(&self) -> bool {
        self.is_typed || (self.is_heard() && (!self.is_expected || !self.wording.slips.is_empty()))
    }

    /// Whether it was heard as one of the scenario's answers, and to be right where a slip would have been heard.
    fn is_worded_right(&self) -> bool {
        let words = self.text.split_whitespace().count();
        let is_known = self.is_expected && self.answered_in.is_none() && self.wording.slips.is_empty();
        is_known && words >= LEAST_WORDS && self.wording.right > 0 && self.wording.right * JUDGED_SHARE >= words
    }

    /// How sure it is that some of its words are the learner's, 0 to 1.
    fn confidence_in(&self, words: &Range<usize>) -> f32 {
        match self.is_expected && !self.is_typed {
            true => self.wording.confidence_in(words),
            false => self.confidence,
        }
    }

    /// Whether a remark is sure enough to be told: that something is wrong, and that it was said at all.
    fn is_believed(&self, finding: &Finding, misheard: &[Range<usize>]) -> bool {
        let is_said = |word: &Range<usize>| word.end <= finding.span.start || word.start >= finding.span.end;
        finding.certainty != Certainty::Low
            && correction::is_sure(finding.certainty.likelihood(), self.confidence_in(&finding.span))
            && misheard.iter().all(is_said)
    }
}

/// The words of a transcript that the sound doesn't bear out, in bytes: all of them where it isn't the text at all.
fn misheard(text: &str, assessment: &Assessment) -> Vec<Range<usize>> {
    if !assessment.is_text {
        return std::iter::once(0..text.len()).collect();
    }
    let mut misheard = Vec::new();
    let mut from = 0;
    for word in &assessment.words {
        let spelled = word.text.trim_matches(|c: char| !c.is_alphanumeric());
        let Some(at) = text[from..].find(spelled).filter(|_| !spelled.is_empty()) else {
            continue;
        };
        let span = from + at..from + at + spelled.len();
        from = span.end;
        if is_misheard(word) {
            misheard.push(span);
        }
    }
    misheard
}

fn is_misheard(word: &AssessedWord) -> bool {
    match word.verdict {
        WordVerdict::Omission => true,
        WordVerdict::Mispronunciation => word.score.is_some_and(|score| score < MISHEARD),
        WordVerdict::None | WordVerdict::Insertion => false,
    }
}

#[cfg(test)]
pub(super) mod tests {
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
            sound: vec![[1, 2].into(), [3, 4, 5].into()],
        }
    }

    fn judges() -> Judges {
        Judges {
            assessor: None,
            check: None,
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
        let right = |right, text| Turn {
            wording: Wording {
                slips: Vec::new(),
                right,
            },
            is_expected: true,
            ..turn(text, Language::French)
        };
        let score = |turn: &Turn| judges().analysis(turn, None, None).grammar_score;
        assert_eq!(score(&right(1, "Une table pour deux")), Some(100));
        assert_eq!(score(&right(0, "Une table pour deux")), None);
        assert_eq!(score(&right(1, "Une table")), None);
        let long = "Une table pour deux personnes";
        assert_eq!(score(&right(1, long)), None, "most of it nobody can tell");
        assert_eq!(score(&right(2, long)), Some(100));
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
}
