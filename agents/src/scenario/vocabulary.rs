//! The words that a lesson knows, and how much of an answer they are: what is about something else is no answer, however well
//! one word of it would do ("I lost my phone").

use std::collections::{BTreeMap, HashSet};

use super::format::{Courtesy, Lesson, Line, Spelled};
use super::words::{alike, is_rude, is_syllabic, slips_forgiven, words};

/// The words of a lesson.
#[derive(Debug)]
pub(super) struct Vocabulary {
    known: HashSet<String>,
    /// Those in which a slip is forgiven, by how many letters they have.
    long: BTreeMap<usize, Vec<Long>>,
    /// What is said in small talk and in nothing that the lesson says: words and phrases.
    small_talk: Vec<Vec<String>>,
    /// Pairs of letters that the words have, ends included: how the language is spelled.
    pairs: HashSet<(char, char)>,
}

/// A word in which a slip is forgiven.
#[derive(Debug)]
struct Long {
    /// Which letters it has: two words of which one is the other with a slip have all but two in common.
    letters: u64,
    word: String,
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
    /// What learners say in a lesson, found once. A lesson has the courtesy of its language and no other.
    pub fn of_learner<'a>(lesson: &'a Lesson, courtesy: &Courtesy) -> &'a Self {
        lesson
            .learner_words
            .get_or_init(|| Self::read_learner(lesson, courtesy))
    }

    /// What anybody says in a lesson, found once.
    pub fn of_all<'a>(lesson: &'a Lesson, courtesy: &Courtesy) -> &'a Self {
        lesson.all_words.get_or_init(|| Self::read_all(lesson, courtesy))
    }

    fn read_learner(lesson: &Lesson, courtesy: &Courtesy) -> Self {
        Self::of(Self::texts_of_learner(lesson, courtesy), courtesy)
    }

    fn texts_of_learner<'a>(lesson: &'a Lesson, courtesy: &'a Courtesy) -> impl Iterator<Item = &'a str> {
        let answers = lesson.steps.values().flat_map(|turn| turn.answers.values().flatten());
        let keywords = lesson.steps.values().flat_map(|turn| turn.keywords.values().flatten());
        let values = lesson.slots.values().flat_map(|slot| {
            let named = slot
                .values
                .iter()
                .flat_map(|value| std::iter::once(&value.value).chain(&value.words));
            named.chain(&slot.after).chain(&slot.after_capital).chain(&slot.claims)
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
            &courtesy.having,
            &courtesy.accepting,
            &courtesy.persons,
            &courtesy.people,
            &courtesy.ones,
            &courtesy.joiners,
        ];
        let texts = lines.map(text_of).chain(keywords.chain(values).map(String::as_str));
        let texts = texts.chain(listed.into_iter().flatten().map(String::as_str));
        let names = courtesy.negators.keys().chain(courtesy.company.keys());
        let names = names.chain(courtesy.totals.keys());
        let names = names.chain(courtesy.larger_numbers.iter().flat_map(Spelled::all));
        texts.chain(names.map(String::as_str))
    }

    fn read_all(lesson: &Lesson, courtesy: &Courtesy) -> Self {
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
        Self::of(
            said.map(text_of).chain(Self::texts_of_learner(lesson, courtesy)),
            courtesy,
        )
    }

    fn of<'a>(texts: impl Iterator<Item = &'a str>, courtesy: &Courtesy) -> Self {
        let said: Vec<Vec<String>> = texts.map(|text| words(text, courtesy)).collect();
        let small_talk = courtesy.small_talk.iter().map(|text| words(text, courtesy));
        let small_talk = small_talk.filter(|phrase| !said.iter().any(|said| has_phrase(said, phrase)));
        let small_talk = small_talk.collect();
        let known: HashSet<String> = said.into_iter().flatten().collect();
        let pairs = known.iter().flat_map(|word| pairs(word)).collect();
        let mut long: BTreeMap<usize, Vec<Long>> = BTreeMap::new();
        for word in &known {
            let length = word.chars().count();
            if slips_forgiven(length) > 0 {
                let word = Long {
                    letters: letters(word),
                    word: word.clone(),
                };
                long.entry(length).or_default().push(word);
            }
        }
        Self {
            known,
            long,
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
        self.strange(said).count() <= allowed && !self.small_talk.iter().any(|phrase| has_phrase(said, phrase))
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
        self.known.contains(word) || self.has_alike(word)
    }

    /// Whether one of its words is alike. Few are looked at closely: a slip adds a letter, takes one, or makes it another one.
    fn has_alike(&self, word: &str) -> bool {
        let (length, own) = (word.chars().count(), letters(word));
        let most = slips_forgiven(length);
        let near = self.long.range(length.saturating_sub(most)..=length + most);
        near.filter(|_| most > 0).any(|(other, words)| {
            let differing = 2 * slips_forgiven(length.min(*other));
            let is_near = |known: &&Long| (known.letters ^ own).count_ones() as usize <= differing;
            words.iter().filter(is_near).any(|known| alike(&known.word, word))
        })
    }
}

fn has_phrase(said: &[String], phrase: &[String]) -> bool {
    said.windows(phrase.len().max(1)).any(|part| part == phrase)
}

/// Which letters a word has, a bit each; some share one.
fn letters(word: &str) -> u64 {
    word.chars()
        .fold(0, |letters, letter| letters | 1 << (letter as u32 % u64::BITS))
}

fn text_of(line: &Line) -> &str {
    &line.text
}

/// The neighbouring letters of a word, with a space at either end.
fn pairs(word: &str) -> impl Iterator<Item = (char, char)> + '_ {
    let before = std::iter::once(' ').chain(word.chars());
    before.zip(word.chars().chain([' ']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vocabulary(texts: &[&str], courtesy: &Courtesy) -> Vocabulary {
        Vocabulary::of(texts.iter().copied(), courtesy)
    }

    proptest! {
        #[test]
        fn a_word_with_a_slip_is_found_as_by_looking_at_all(
            known in proptest::collection::vec("[abé]{1,12}|[a-z]{4,9}", 1..12),
            word in "[abé]{1,12}|[a-z]{4,9}",
        ) {
            let courtesy = Courtesy::sample("");
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let vocabulary = vocabulary(&known, &courtesy);
            let naive = vocabulary.known.iter().any(|known| alike(known, &word));
            prop_assert_eq!(vocabulary.knows(&word), naive);
        }
    }

    #[test]
    fn small_talk_is_what_it_says_as_a_whole_and_the_lesson_nowhere() {
        let courtesy = Courtesy::sample(r#"small_talk = ["che tempo fa", "al sole", "piove"]"#);
        let vocabulary = vocabulary(&["un tavolo al sole", "che fa il tempo oggi poco"], &courtesy);
        let covers = |text: &str| vocabulary.covers(&words(text, &courtesy));
        assert!(covers("un tavolo al sole"));
        assert!(covers("poco tempo"));
        assert!(!covers("che tempo fa oggi"));
        assert!(!covers("oggi piove"));
    }
}
