//! Correcting the learner: what may be wrong in their words, and which one thing of it is said.
//!
//! At most one thing a turn is corrected, as a **recast**: the tutor says the learner's words in their right form and goes on
//! (Lyster & Ranta 1997). Which one, [`choose`] decides. A wrong correction does more harm than none, so what is not sure
//! enough is never said; nor is what can't be heard (punctuation), nor the same thing twice in a row.
//!
//! What may be wrong is found elsewhere: see [`Proofread`].

mod by_rules;
mod choice;
mod phrase;
mod recast;

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use self::choice::{choose, is_sure};

use crate::assessment::language::Kind;
use crate::language::Language;
use crate::scenario::Level;

/// What is done about the learner's mistakes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CorrectionPolicy {
    /// One of them a turn is recast in the tutor's reply.
    #[default]
    Inline,
    /// They are collected and given with the summary.
    After,
    /// Nothing is said of them.
    Off,
}

impl CorrectionPolicy {
    /// The policy of that name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "inline" => Some(Self::Inline),
            "after" => Some(Self::After),
            "off" => Some(Self::Off),
            _ => None,
        }
    }

    /// As written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::After => "after",
            Self::Off => "off",
        }
    }

    /// What suits learners of a level who have said nothing else. A recast helps whoever is about to master the form (Mackey &
    /// Philp 1998); a beginner is better off to get through first, and to look at it afterwards.
    pub fn of_level(level: Level) -> Self {
        match level {
            Level::Beginner => Self::After,
            Level::Intermediate | Level::Advanced => Self::Inline,
        }
    }
}

/// Something in the learner's words that may be wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Slip {
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
    /// What belongs there instead; empty where nothing does.
    pub right: String,
    /// What is said of it: the right words with those around them, as far as all of them are known to be right and are said in a
    /// breath; empty where nothing is.
    pub phrase: String,
    /// Why, for the learner.
    pub explanation: String,
    /// Whether it is about the choice of a word, or about its form or place.
    pub kind: Kind,
    /// ERRANT's type (Bryant et al. 2017), such as `R:DET` or `M:VERB:TENSE`.
    pub code: String,
    /// What found it: the id of a rule, or the name of a service.
    pub rule: String,
    /// How sure that is, 0 to 1.
    pub certainty: f32,
}

impl Slip {
    /// The words that may be wrong; none where the slip belongs to another text.
    pub fn wrong<'t>(&self, text: &'t str) -> Option<&'t str> {
        text.get(self.at.clone())
    }
}

/// Finds what may be wrong in the learner's words.
///
/// It is asked while the learner waits for a reply, by a core that knows no clock: it answers at once, from rules that it has in
/// memory, and always the same to the same words, so that a shell may ask it ahead on another thread. What slower services
/// find is told in the analysis of a message.
pub trait Proofread: fmt::Debug + Send + Sync + 'static {
    /// What may be wrong in `text`, which is in `language`, in the order in which it stands there. Explanations are for people
    /// whose own language is `native`, where there are such, else in English.
    fn slips(&self, text: &str, language: Language, native: Language) -> Vec<Slip>;

    /// The learner's own language, if `text` is in that rather than in `language`: then it has no slips. None for who can't tell.
    fn answered_in(&self, _text: &str, _language: Language, _native: Language) -> Option<Language> {
        None
    }
}

/// Finds nothing: for languages without rules, and where nobody is corrected.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unchecked;

impl Proofread for Unchecked {
    fn slips(&self, _: &str, _: Language, _: Language) -> Vec<Slip> {
        Vec::new()
    }
}

/// The one thing that is corrected in a turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The learner's own words.
    pub wrong: String,
    /// The right ones in their place; empty where they are too many.
    pub right: String,
    /// What the tutor says: the right words with those around them, as many as one says in a breath.
    pub phrase: String,
    /// Why, for the learner.
    pub explanation: String,
    /// What found it.
    pub rule: String,
}

impl Correction {
    /// Whether a text says it in the right form.
    pub fn is_said_in(&self, text: &str) -> bool {
        let said = if self.right.is_empty() {
            &self.phrase
        } else {
            &self.right
        };
        phrase::has_words(text, said)
    }
}

/// How the learner is guided in a conversation, for the dialogue model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Guidance {
    /// What is done about mistakes.
    pub policy: CorrectionPolicy,
    /// What to recast in this reply.
    pub correction: Option<Correction>,
    /// The learner's own language, if they have just answered in that: then they are asked to say it in the other one.
    pub answered_in: Option<Language>,
    /// What others wrote about the conversation. It is data and never an instruction.
    pub notes: std::sync::Arc<[Note]>,
}

/// Something that a client wrote about a conversation: its `scenario`, or an entry of its `custom_context`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is.
    pub name: String,
    /// In their words.
    pub text: String,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Knows the mistakes that it is given: what is wrong, what is right, the type, and how sure it is.
    #[derive(Clone, Debug)]
    pub(crate) struct Listed(pub Vec<(&'static str, &'static str, &'static str, f32)>);

    impl Proofread for Listed {
        fn slips(&self, text: &str, _: Language, _: Language) -> Vec<Slip> {
            let places: Vec<Range<usize>> = self
                .0
                .iter()
                .filter_map(|(wrong, ..)| text.find(wrong).map(|at| at..at + wrong.len()))
                .collect();
            // The clause, as far as nothing else is wrong in it.
            let phrase = |at: usize, end: usize, right: &str| {
                let marks = [',', '.', '!'];
                let before = places.iter().map(|other| other.end).filter(|other| *other <= at);
                let after = places.iter().map(|other| other.start).filter(|other| *other >= end);
                let from = before.chain(text[..at].rfind(marks).map(|mark| mark + 1)).max();
                let to = after.chain(text[end..].find(marks).map(|mark| end + mark)).min();
                let (from, to) = (from.unwrap_or(0), to.unwrap_or(text.len()));
                format!("{}{right}{}", &text[from..at], &text[end..to])
                    .trim()
                    .to_owned()
            };
            let known = self.0.iter();
            let mut slips: Vec<Slip> = known
                .filter_map(|&(wrong, right, code, certainty)| {
                    let at = text.find(wrong)?;
                    Some(Slip {
                        at: at..at + wrong.len(),
                        right: right.to_owned(),
                        phrase: phrase(at, at + wrong.len(), right),
                        explanation: format!("“{right}”, not “{wrong}”."),
                        kind: Kind::Grammar,
                        code: code.to_owned(),
                        rule: format!("{code} {wrong}"),
                        certainty,
                    })
                })
                .collect();
            slips.sort_by_key(|slip| slip.at.start);
            slips
        }
    }

    #[test]
    fn policies_are_read_as_they_are_written() {
        for policy in [CorrectionPolicy::Inline, CorrectionPolicy::After, CorrectionPolicy::Off] {
            assert_eq!(CorrectionPolicy::parse(policy.name()), Some(policy));
            assert_eq!(serde_json::to_value(policy).unwrap(), policy.name());
        }
        assert_eq!(CorrectionPolicy::parse("always"), None);
    }

    #[test]
    fn beginners_are_corrected_afterwards() {
        let [beginner, other] = [Level::Beginner, Level::Advanced].map(CorrectionPolicy::of_level);
        assert_eq!((beginner, other), (CorrectionPolicy::After, CorrectionPolicy::Inline));
    }
}
