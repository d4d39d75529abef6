//! What is asked about a text, and what is told about it.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::score;
use crate::assessment::vocabulary::Profile;
use crate::language::Language;
use crate::scenario::Level;

/// A text to be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What the learner said or wrote.
    pub text: String,
    /// The language that is practised.
    pub language: Language,
    /// The learner's own language, in which remarks are explained where that is possible.
    pub native: Language,
    /// Whether it was typed: a transcript has no spelling of the learner's.
    pub is_typed: bool,
    /// Words that no dictionary has to know: names, and what slots of the scenario were filled with.
    pub known_words: Vec<String>,
    /// How many of the words are those that the scenario teaches.
    pub taught_words: usize,
}

impl Request {
    /// Whether a word is one that no dictionary has to know, or part of one.
    pub fn knows(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        let is_same = |known: &String| known.to_lowercase().split_whitespace().any(|part| part == word);
        self.known_words.iter().any(is_same)
    }
}

/// One thing that could be said better.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The same in ERRANT's taxonomy.
    pub code: Code,
    /// Where it is in the text, in bytes; never empty.
    pub span: Range<usize>,
    /// The words that are meant, exactly as they stand there in the text.
    pub word: String,
    /// What to put in their place; empty where they are too much.
    pub suggestion: String,
    /// Why, in English.
    pub explanation: String,
    /// Why, in the learner's own language where that could be told.
    pub explanation_native: Option<String>,
    /// Who found it.
    pub source: Source,
    /// The rule's id (`french.determiner_gender_feminine`, `hunspell.fr`); services' own ids after their names.
    pub rule: String,
    /// How sure it is.
    pub certainty: Certainty,
}

/// What a finding is about. Document 000 has a third kind, pronunciation, which no text shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Forms, agreement, word order.
    Grammar,
    /// Which word, and how it is spelled.
    Vocabulary,
}

/// Who found something. In order of trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A rule of `content/grammar`.
    Rules,
    /// A dictionary of the system.
    Dictionary,
    /// The LanguageTool server.
    LanguageTool,
    /// The language model.
    Model,
}

impl Source {
    /// Whether it knows of grammar: a dictionary knows words alone.
    pub fn judges_grammar(self) -> bool {
        self != Self::Dictionary
    }

    /// Whether it tells misspellings in what was typed.
    pub fn judges_spelling(self) -> bool {
        self != Self::Rules
    }
}

/// How sure a finding is. It weighs in the score, and a tutor that corrects little corrects the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// May be right in some other sense.
    Low,
    /// Right in most cases.
    Medium,
    /// No exception is known.
    High,
}

/// An error type of ERRANT (Bryant, Felice and Briscoe, 2017): an operation, `M`issing, `R`eplacement or `U`nnecessary, and what
/// it is done to: `R:DET`, `M:VERB:TENSE`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code(String);

/// What is told about a text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Remarks {
    /// In the order of the text; they don't overlap.
    pub findings: Vec<Finding>,
    /// 0 to 100; `None` where there is no evidence, and then [`Evidence::withheld`] says why.
    pub grammar_score: Option<u8>,
    /// How demanding its words are: by their bands where [`Evidence::vocabulary`] tells one, else measured as
    /// [`crate::assessment::vocabulary`] says.
    pub vocabulary_level: Level,
    /// What was checked.
    pub evidence: Evidence,
}

/// What a score stands on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Words of the text.
    pub words: usize,
    /// Those of them in constructions that somebody could judge, right or wrong: all of them where a service read the text.
    pub judged: usize,
    /// Whether something in it is often wrong, and nobody could tell whether it is: a construction that no rule decides, a word that
    /// is misspelled, whose form nobody knows, something typed whose spelling nobody read to its end, or a fault that isn't believed.
    pub is_doubtful: bool,
    /// Who judged, in order of trust.
    pub sources: Vec<Source>,
    /// Why there is no score, if there is none.
    pub withheld: Option<Withheld>,
    /// What [`Remarks::vocabulary_level`] stands on, in a language that has a list of words. Where that tells no band, complexity was
    /// measured.
    pub vocabulary: Option<Profile>,
}

/// Why there is no score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    /// Nobody here knows the language's grammar.
    NoRules,
    /// The text is too short to be judged.
    TooFewWords,
    /// Nothing was found, but too little of the text is what the rules look at, or there is a place that they can't tell of.
    NothingToJudge,
}

impl Certainty {
    /// How likely it is that something is wrong, 0 to 1.
    pub fn likelihood(self) -> f32 {
        match self {
            Self::High => 0.95,
            Self::Medium => 0.75,
            Self::Low => 0.4,
        }
    }
}

impl Remarks {
    /// Keeps the findings that are believed. What the others are about counts as not judged, and the score is that of the rest. With no
    /// other fault of grammar there is no score then: whether it is right there stays in doubt.
    pub fn retain(&mut self, is_believed: impl Fn(&Finding) -> bool) {
        let before = self.findings.len();
        let (mut doubtful, mut is_doubtful) = (0, false);
        self.findings.retain(|finding| {
            let is_kept = is_believed(finding);
            if !is_kept {
                doubtful += finding.word.split_whitespace().count();
                is_doubtful |= finding.kind == Kind::Grammar;
            }
            is_kept
        });
        if self.findings.len() == before {
            return;
        }
        self.evidence.judged = self.evidence.judged.saturating_sub(doubtful);
        self.evidence.is_doubtful |= is_doubtful;
        let has_rules = self.evidence.sources.iter().any(|source| source.judges_grammar());
        let score = score::grammar(&self.findings, &self.evidence, has_rules);
        self.evidence.withheld = score.err();
        self.grammar_score = score.ok();
    }

    /// Makes one finding of those that stand side by side in the text, so that what is told is right as a whole: to whoever says "don't likes",
    /// "like" alone would teach "don't like". The score stays that of each.
    pub fn join_neighbours(&mut self, text: &str) {
        let mut joined: Vec<Finding> = Vec::new();
        for finding in std::mem::take(&mut self.findings) {
            match joined.last_mut().filter(|last| last.is_beside(&finding, text)) {
                Some(last) => last.take_in(finding, text),
                None => joined.push(finding),
            }
        }
        self.findings = joined;
    }
}

impl Finding {
    /// Whether another one, further on in the text, begins where this one ends, and both are about grammar: a misspelling is one by itself.
    pub(crate) fn is_beside(&self, next: &Self, text: &str) -> bool {
        let between = text.get(self.span.end..next.span.start);
        let is_blank = between.is_some_and(|between| between.chars().all(char::is_whitespace));
        [self.kind, next.kind] == [Kind::Grammar; 2] && is_blank
    }

    /// Tells what is wrong beside it, too, under its own rule.
    pub(crate) fn take_in(&mut self, next: Self, text: &str) {
        self.span.end = next.span.end;
        self.word = text.get(self.span.clone()).unwrap_or(&self.word).to_owned();
        self.suggestion = side_by_side(&self.suggestion, &next.suggestion);
        let sentences = |first: &str, second: &str| match first == second {
            true => first.to_owned(),
            false => format!("{first} {second}").trim().to_owned(),
        };
        self.explanation = sentences(&self.explanation, &next.explanation);
        self.explanation_native = match (self.explanation_native.take(), next.explanation_native) {
            (Some(first), Some(second)) => Some(sentences(&first, &second)),
            _ => None,
        };
        self.certainty = match self.certainty.likelihood() <= next.certainty.likelihood() {
            true => self.certainty,
            false => next.certainty,
        };
    }
}

/// Words and those after them; nothing stands behind an elided one.
pub(crate) fn side_by_side(first: &str, second: &str) -> String {
    match first.is_empty() || second.is_empty() || first.ends_with(['\'', '’']) {
        true => format!("{first}{second}"),
        false => format!("{first} {second}"),
    }
}

impl Code {
    /// What may stand after the operation.
    const TYPES: [&str; 24] = [
        "ADJ",
        "ADJ:FORM",
        "ADV",
        "CONJ",
        "CONTR",
        "DET",
        "MORPH",
        "NOUN",
        "NOUN:INFL",
        "NOUN:NUM",
        "NOUN:POSS",
        "ORTH",
        "OTHER",
        "PART",
        "PREP",
        "PRON",
        "PUNCT",
        "SPELL",
        "VERB",
        "VERB:FORM",
        "VERB:INFL",
        "VERB:SVA",
        "VERB:TENSE",
        "WO",
    ];

    /// Reads a code; `None` if ERRANT has no such type.
    pub fn parse(text: &str) -> Option<Self> {
        let (operation, kind) = text.split_once(':')?;
        let is_one = matches!(operation, "M" | "R" | "U") && Self::TYPES.contains(&kind);
        is_one.then(|| Self(text.to_owned()))
    }

    /// A misspelling.
    pub(super) fn spelling() -> Self {
        Self("R:SPELL".to_owned())
    }

    /// Something else than what the taxonomy names.
    pub(super) fn other() -> Self {
        Self("R:OTHER".to_owned())
    }

    /// Whether it is about what is only seen in writing: spelling, capitals, punctuation.
    pub(super) fn is_of_writing(&self) -> bool {
        matches!(self.0.split_once(':'), Some((_, "SPELL" | "ORTH" | "PUNCT")))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is about spelling or the choice of a word rather than grammar.
    pub fn kind(&self) -> Kind {
        match self.0.split_once(':') {
            Some((_, "SPELL" | "ORTH" | "NOUN" | "VERB" | "ADJ" | "ADV" | "OTHER")) => Kind::Vocabulary,
            _ => Kind::Grammar,
        }
    }
}

impl TryFrom<String> for Code {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no error type of ERRANT"))
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_errant() {
        for text in ["R:DET", "M:VERB:TENSE", "U:PREP", "R:WO", "R:SPELL"] {
            assert_eq!(Code::parse(text).map(String::from).as_deref(), Some(text));
        }
        for text in ["", "R", "R:", "X:DET", "R:det", "R:GENDER", "R:DET:"] {
            assert_eq!(Code::parse(text), None, "{text}");
        }
    }

    #[test]
    fn spelling_and_the_choice_of_words_are_vocabulary_and_forms_are_grammar() {
        for (text, kind) in [
            ("R:SPELL", Kind::Vocabulary),
            ("R:NOUN", Kind::Vocabulary),
            ("R:NOUN:NUM", Kind::Grammar),
            ("R:VERB:SVA", Kind::Grammar),
            ("R:WO", Kind::Grammar),
        ] {
            assert_eq!(Code::parse(text).map(|code| code.kind()), Some(kind), "{text}");
        }
    }

    #[test]
    fn what_is_not_believed_is_neither_told_nor_scored() {
        let finding = |code: &str, word: &str, certainty| Finding {
            kind: Kind::Grammar,
            code: Code::parse(code).expect("a type"),
            span: 0..2,
            word: word.to_owned(),
            suggestion: "x".to_owned(),
            explanation: String::new(),
            explanation_native: None,
            source: Source::Rules,
            rule: String::new(),
            certainty,
        };
        let mut remarks = Remarks {
            findings: vec![
                finding("R:DET", "un", Certainty::High),
                finding("R:WO", "je le", Certainty::Medium),
            ],
            grammar_score: Some(65),
            vocabulary_level: Level::Beginner,
            evidence: Evidence {
                words: 10,
                judged: 6,
                sources: vec![Source::Rules],
                ..Evidence::default()
            },
        };
        let whole = remarks.clone();
        remarks.retain(|_| true);
        assert_eq!(remarks, whole);
        remarks.retain(|finding| finding.certainty.likelihood() > 0.8);
        assert_eq!((remarks.findings.len(), remarks.grammar_score), (1, Some(80)));
        assert_eq!(remarks.evidence.judged, 4);
        // Where the last of them is, nobody can tell what is right, however much of the rest was judged.
        remarks.evidence.judged = 10;
        remarks.retain(|_| false);
        assert_eq!(
            (remarks.grammar_score, remarks.evidence.withheld),
            (None, Some(Withheld::NothingToJudge))
        );
        assert!(remarks.evidence.is_doubtful);
        // A misspelling that isn't believed leaves the grammar alone.
        let misspelling = Finding {
            kind: Kind::Vocabulary,
            ..finding("R:SPELL", "tabel", Certainty::Medium)
        };
        let mut remarks = Remarks {
            findings: vec![misspelling],
            ..whole
        };
        remarks.evidence.judged = 10;
        remarks.retain(|_| false);
        assert_eq!((remarks.grammar_score, remarks.evidence.judged), (Some(100), 9));
    }

    #[test]
    fn findings_side_by_side_are_one_that_is_right_as_a_whole() {
        let text = "She don't likes wine, she want a water";
        let finding = |span: Range<usize>, suggestion: &str, explanation: &str, certainty| Finding {
            kind: Kind::Grammar,
            code: Code::parse("R:VERB:SVA").expect("a type"),
            word: text[span.clone()].to_owned(),
            span,
            suggestion: suggestion.to_owned(),
            explanation: explanation.to_owned(),
            explanation_native: Some("…".to_owned()),
            source: Source::Rules,
            rule: format!("english.{suggestion}"),
            certainty,
        };
        let mut remarks = Remarks {
            findings: vec![
                finding(4..9, "doesn't", "One.", Certainty::High),
                finding(10..15, "like", "Two.", Certainty::Medium),
                finding(26..30, "wants", "Three.", Certainty::High),
            ],
            grammar_score: Some(31),
            vocabulary_level: Level::Beginner,
            evidence: Evidence::default(),
        };
        let misspelling = Finding {
            kind: Kind::Vocabulary,
            ..finding(31..32, "the", "", Certainty::High)
        };
        remarks.findings.push(misspelling.clone());
        remarks.join_neighbours(text);
        let [both, wants, last] = remarks.findings.as_slice() else {
            panic!("{remarks:?}");
        };
        assert_eq!((both.span.clone(), both.word.as_str()), (4..15, "don't likes"));
        assert_eq!(
            (both.suggestion.as_str(), both.explanation.as_str()),
            ("doesn't like", "One. Two.")
        );
        assert_eq!(both.explanation_native.as_deref(), Some("…"));
        assert_eq!(
            (both.rule.as_str(), both.certainty),
            ("english.doesn't", Certainty::Medium)
        );
        assert_eq!((wants.word.as_str(), last), ("want", &misspelling));
        assert_eq!(remarks.grammar_score, Some(31));
        for (first, second, both) in [
            ("l'", "eau", "l'eau"),
            ("", "x", "x"),
            ("x", "", "x"),
            ("a", "b", "a b"),
        ] {
            assert_eq!(side_by_side(first, second), both);
        }
    }

    #[test]
    fn a_finding_is_told_in_the_terms_of_document_000() {
        let finding = Finding {
            kind: Kind::Grammar,
            code: Code::parse("R:DET").expect("a type"),
            span: 0..2,
            word: "le".to_owned(),
            suggestion: "la".to_owned(),
            explanation: "…".to_owned(),
            explanation_native: None,
            source: Source::Rules,
            rule: "french.x".to_owned(),
            certainty: Certainty::High,
        };
        let told = serde_json::to_value(finding).expect("it is plain data");
        assert_eq!((&told["type"], &told["code"]), (&"grammar".into(), &"R:DET".into()));
    }
}
