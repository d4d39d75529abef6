//! The words that a lesson knows, and how much of an answer they are: what is about something else is no answer, however well
//! one word of it would do ("I lost my phone").

use std::collections::HashSet;

use super::format::{Courtesy, Lesson, Line};
use super::words::{alike, is_rude, is_syllabic, words};

/// The words of a lesson.
pub(super) struct Vocabulary {
    known: HashSet<String>,
    /// Words of small talk that are none of the lesson's.
    small_talk: Vec<String>,
    /// Pairs of letters that the words have, ends included: how the language is spelled.
    pairs: HashSet<(char, char)>,
}

/// One in so many words may be about something else, and one of two: a name.
const STRANGE: usize = 3;
/// The share of an answer to an open question that is in words of the language, at least: one in so many.
const FAMILIAR: usize = 3;
/// The share of the pairs of letters of a word that nobody knows that are the language's, at least.
const SPELLED: f32 = 0.8;
/// Letters of such a word, at least.
const SHORTEST: usize = 3;

impl Vocabulary {
    /// What learners say in a lesson.
    pub fn of_learner(lesson: &Lesson, courtesy: &Courtesy) -> Self {
        let answers = lesson.steps.values().flat_map(|turn| turn.answers.values().flatten());
        let keywords = lesson.steps.values().flat_map(|turn| turn.keywords.values().flatten());
        let values = lesson.slots.values().flat_map(|slot| {
            let named = slot
                .values
                .iter()
                .flat_map(|value| std::iter::once(&value.value).chain(&value.words));
            named.chain(&slot.after).chain(&slot.claims)
        });
        let lines = answers
            .chain(&lesson.vocabulary)
            .chain(courtesy.phrases.values().flatten());
        let listed = [
            &courtesy.numbers,
            &courtesy.polite_words,
            &courtesy.small_words,
            &courtesy.requests,
            &courtesy.likes,
            &courtesy.contrasts,
            &courtesy.inquiries,
            &courtesy.leads,
        ];
        let texts = lines.map(text_of).chain(keywords.chain(values).map(String::as_str));
        let texts = texts.chain(listed.into_iter().flatten().map(String::as_str));
        Self::of(texts.chain(courtesy.negators.keys().map(String::as_str)), courtesy)
    }

    /// What anybody says in a lesson.
    pub fn of_all(lesson: &Lesson, courtesy: &Courtesy) -> Self {
        let learner = Self::of_learner(lesson, courtesy);
        let turns = lesson.steps.values();
        let said = turns.flat_map(|turn| {
            turn.ask
                .iter()
                .chain(&turn.reprompts)
                .chain(turn.replies.values().flatten())
        });
        let said = said
            .chain(&lesson.opener)
            .chain(&lesson.farewell)
            .chain(courtesy.replies.values().flatten());
        let mut all = Self::of(said.map(text_of), courtesy);
        all.known.extend(learner.known);
        all.pairs.extend(learner.pairs);
        all
    }

    fn of<'a>(texts: impl Iterator<Item = &'a str>, courtesy: &Courtesy) -> Self {
        let known: HashSet<String> = texts.flat_map(|text| words(text, courtesy)).collect();
        let pairs = known.iter().flat_map(|word| pairs(word)).collect();
        let small_talk = courtesy.small_talk.iter().flat_map(|text| words(text, courtesy));
        let small_talk = small_talk.filter(|word| !known.contains(word)).collect();
        Self {
            known,
            small_talk,
            pairs,
        }
    }

    /// Whether what somebody says is about what the lesson is about, as far as its words tell.
    pub fn covers(&self, said: &[String]) -> bool {
        let allowed = match said.len() {
            0..=2 => 1,
            length => length / STRANGE,
        };
        self.strange(said).count() <= allowed && !said.iter().any(|word| self.small_talk.contains(word))
    }

    /// Whether all words that tell something are the lesson's.
    pub fn knows_all(&self, said: &[String]) -> bool {
        self.strange(said).all(|word| word.chars().count() < SHORTEST)
    }

    /// Whether a text may answer an open question: some words of the language, no insult, not only numbers and noise.
    pub fn is_answer(&self, text: &str, courtesy: &Courtesy) -> bool {
        let said = words(text, courtesy);
        let said: Vec<&String> = said
            .iter()
            .filter(|word| word.chars().any(char::is_alphabetic))
            .collect();
        if said.is_empty() || !text.chars().any(char::is_alphabetic) || is_rude(text, courtesy) {
            return false;
        }
        let known = said.iter().filter(|word| self.known.contains(**word)).count();
        match said.as_slice() {
            [word] if word.chars().all(is_syllabic) => false,
            [_] | [_, _] => said.iter().all(|word| self.is_spelled(word)),
            _ => known * FAMILIAR >= said.len(),
        }
    }

    /// Whether a word is known or could be: a name, a trade.
    fn is_spelled(&self, word: &str) -> bool {
        if self.known.contains(word) || word.chars().all(is_syllabic) {
            return true;
        }
        let own = pairs(word).filter(|pair| self.pairs.contains(pair)).count();
        word.chars().count() >= SHORTEST && own as f32 >= SPELLED * pairs(word).count() as f32
    }

    fn strange<'a>(&'a self, said: &'a [String]) -> impl Iterator<Item = &'a String> {
        said.iter().filter(|word| !self.knows(word))
    }

    /// Whether a word is one of the lesson's, with a slip perhaps.
    fn knows(&self, word: &str) -> bool {
        self.known.contains(word) || self.known.iter().any(|known| alike(known, word))
    }
}

fn text_of(line: &Line) -> &str {
    &line.text
}

/// The neighbouring letters of a word, with a space at either end.
fn pairs(word: &str) -> impl Iterator<Item = (char, char)> + '_ {
    let before = std::iter::once(' ').chain(word.chars());
    before.zip(word.chars().chain([' ']))
}
