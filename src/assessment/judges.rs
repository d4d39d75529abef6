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
use super::right_forms::RightForms;
use super::sounds::{Coach, Ear};

/// Judges a text.
pub type Check = Arc<dyn Fn(Request) -> BoxFuture<'static, Remarks> + Send + Sync>;
/// Makes ready to judge texts in a language, in the background.
pub type ReadAhead = Arc<dyn Fn(Language) + Send + Sync>;
/// Tells whether a text is in the learner's own language rather than in the one that is practised, in this order.
pub type Identify = fn(&str, Language, Language) -> Option<Language>;

/// Who assesses. Whoever is missing is not asked.
#[derive(Clone)]
pub struct Judges {
    /// Judges sounds.
    pub assessor: Option<Arc<dyn Assessor>>,
    /// Judges texts.
    pub check: Option<Check>,
    /// Makes those ready who judge texts.
    pub read_ahead: Option<ReadAhead>,
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
    /// Its right forms, and where they are heard.
    pub right: RightForms,
    /// How it sounded, piece by piece, mono at 16 kHz; empty if that isn't known.
    pub sound: Vec<Arc<[i16]>>,
}

/// With less confidence than this it isn't known what was said. Embedded recognition has less in whatever it didn't expect.
const TRUSTED: f32 = 0.65;
/// A word with a lower score than this sounds like another one: whatever is remarked on it was perhaps only misheard.
const MISHEARD: u8 = 30;
/// With fewer words there is no score of grammar.
const LEAST_WORDS: usize = 3;
/// Words that a place at which a likely slip would have been heard tells of: the one that differs and the one that it goes with.
const WORDS_OF_A_PLACE: usize = 2;
/// One word in so many has to be told of, as in a text (`colloquy_agents::assessment::language`).
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

    /// How a turn sounded; none if there is nothing to be heard. It computes, and goes on if this is dropped: whoever asks keeps the slot
    /// for it until it has answered.
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
            // What was typed wasn't misheard, however it was said.
            let heard = assessment.filter(|_| !turn.is_typed);
            let misheard = heard.map(|assessment| misheard(&turn.text, assessment));
            let misheard = misheard.unwrap_or_default();
            believed.retain(|finding| turn.is_believed(finding, &misheard));
            believed.join_neighbours(&turn.text);
            // What turns out to be misheard is told no more.
            let is_final = assessment.is_some() || !self.hear(turn);
            let is_heard = is_final && self.coach.speaks(turn.language);
            analysis.add_remarks(&believed, &turn.right, is_heard);
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
            // The scenario's own words and typed ones are written with their marks, a transcript is perhaps not.
            let is_written = turn.is_expected || turn.is_typed;
            analysis.add_assessment(assessment, &turn.text, is_written, ear, &self.coach);
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

    /// Whether it was heard as one of the scenario's answers, and to be right wherever a slip would have been heard.
    fn is_worded_right(&self) -> bool {
        let words = self.text.split_whitespace().count();
        let is_known = self.is_expected && self.answered_in.is_none() && self.wording.is_right();
        is_known && words >= LEAST_WORDS && self.wording.right * WORDS_OF_A_PLACE * JUDGED_SHARE >= words
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
pub(super) mod tests;
