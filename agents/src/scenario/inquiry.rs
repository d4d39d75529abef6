//! Questions about a thing, which are no order of it: "What is the risotto like?", "Le saumon, c'est combien ?".
//!
//! Each language lists how such questions begin, with dots for what stands between ("is the … good"). One that begins with
//! dots may stand anywhere in its clause ("… c'est combien"), and one that ends with a question mark counts only where the sentence
//! does, too: "lleva carne" may be said of a dish or asked about it. What asks for a thing ("could I have") is in none of them, and
//! a sentence that also orders ("je prends le saumon, c'est combien ?") is an order.
//!
//! Whether there is a thing is asked, too ("do you have any cake?"), but for one of it ("do you have a table outside?"): that asks for it.

use super::format::Courtesy;
use super::words::{find_all, words};

/// How a language asks about things.
#[derive(Clone, Copy)]
pub(super) struct Inquiries<'a> {
    courtesy: &'a Courtesy,
    patterns: &'a Patterns,
}

/// How questions begin in a language, as their words are compared.
#[derive(Debug)]
pub(super) struct Patterns {
    /// Words that may stand before a question, and change nothing: "and", "hello".
    leads: Vec<String>,
    beginnings: Vec<Pattern>,
    /// How questions begin whether there is a thing.
    having: Vec<Pattern>,
    /// Words that say one of a thing.
    ones: Vec<Vec<String>>,
    requests: Vec<Vec<String>>,
}

/// The beginning of a question.
#[derive(Debug)]
struct Pattern {
    is_anywhere: bool,
    needs_mark: bool,
    /// What stands around the dots.
    parts: Vec<Vec<String>>,
}

/// What a text asks, and what it says besides.
pub(super) struct Parted {
    /// Whether some sentence of it is a question about a thing.
    pub asks: bool,
    /// Those sentences.
    pub questions: String,
    /// All other sentences.
    pub rest: String,
}

impl Patterns {
    fn of(courtesy: &Courtesy) -> Self {
        let pattern = |text: &String| Pattern {
            is_anywhere: text.starts_with('…'),
            needs_mark: text.ends_with('?'),
            parts: text
                .split('…')
                .map(|part| words(part, courtesy))
                .filter(|part| !part.is_empty())
                .collect(),
        };
        let leads = courtesy
            .contrasts
            .iter()
            .chain(&courtesy.polite_words)
            .chain(&courtesy.leads);
        Self {
            leads: leads.flat_map(|text| words(text, courtesy)).collect(),
            beginnings: courtesy.inquiries.iter().map(pattern).collect(),
            having: courtesy.having.iter().map(pattern).collect(),
            ones: courtesy.ones.iter().map(|text| words(text, courtesy)).collect(),
            requests: courtesy.requests.iter().map(|text| words(text, courtesy)).collect(),
        }
    }
}

impl<'a> Inquiries<'a> {
    /// Those of a language, whose lists are read once.
    pub fn of(courtesy: &'a Courtesy) -> Self {
        Self {
            courtesy,
            patterns: courtesy.read_inquiries.get_or_init(|| Patterns::of(courtesy)),
        }
    }

    /// Tells the questions of a text from what else it says.
    pub fn part(&self, text: &str) -> Parted {
        let (mut asks, mut questions, mut rest) = (false, String::new(), String::new());
        for sentence in text.split_inclusive(['.', '!', '?', ';', '。', '！', '？']) {
            if self.is_inquiry(sentence) {
                asks = true;
                questions.push_str(sentence);
            } else {
                rest.push_str(sentence);
            }
        }
        Parted { asks, questions, rest }
    }

    /// Whether words ask for something: "I would like", "pour moi".
    pub fn has_request(&self, said: &[String]) -> bool {
        self.patterns
            .requests
            .iter()
            .any(|request| find_all(said, request).next().is_some())
    }

    /// Whether a sentence of a text asks whether there is some thing, and none orders or asks what is in one.
    pub fn asks_whether_there_is(&self, text: &str) -> bool {
        let sentences = || text.split_inclusive(['.', '!', '?', ';']);
        let asks = |sentence: &str| {
            let is_marked = sentence.trim_end().ends_with('?');
            let clauses = self.clauses(sentence);
            let asks_more = |clause: &Vec<String>| self.begins(clause, is_marked, &self.patterns.beginnings).is_some();
            clauses.iter().any(|clause| self.begins_having(clause, is_marked)) && !clauses.iter().any(asks_more)
        };
        sentences().any(asks)
            && !sentences()
                .flat_map(|sentence| self.clauses(sentence))
                .any(|clause| self.has_request(&clause))
    }

    fn is_inquiry(&self, sentence: &str) -> bool {
        let is_marked = sentence.trim_end().ends_with(['?', '？']);
        let clauses = self.clauses(sentence);
        let begins = |clause: &Vec<String>| {
            self.begins(clause, is_marked, &self.patterns.beginnings).is_some() || self.begins_having(clause, is_marked)
        };
        clauses.iter().any(begins) && !clauses.iter().any(|clause| self.has_request(clause))
    }

    fn clauses(&self, sentence: &str) -> Vec<Vec<String>> {
        let clauses = sentence.split([',', ':', '¿', '¡', '，', '、', '–', '—']);
        clauses.map(|clause| words(clause, self.courtesy)).collect()
    }

    fn begins_having(&self, clause: &[String], is_marked: bool) -> bool {
        let begins = self.begins(clause, is_marked, &self.patterns.having);
        begins.is_some_and(|end| !self.patterns.ones.iter().any(|one| clause[end..].starts_with(one)))
    }

    /// Whether all of some words are those that questions begin with.
    pub fn are_asking(&self, said: &[String]) -> bool {
        let is_asking = |word: &String| {
            let patterns = self.patterns.beginnings.iter().chain(&self.patterns.having);
            let mut parts = patterns.flat_map(|pattern| &pattern.parts);
            parts.any(|part| part.contains(word))
        };
        said.iter().all(is_asking)
    }

    /// Where the beginning of a question ends with which a clause begins, perhaps after a word such as "and" or "hello".
    fn begins(&self, clause: &[String], is_marked: bool, beginnings: &[Pattern]) -> Option<usize> {
        let leads = clause
            .iter()
            .take_while(|word| self.patterns.leads.contains(word))
            .count();
        let mut patterns = beginnings.iter().filter(|pattern| is_marked || !pattern.needs_mark);
        patterns.find_map(|pattern| {
            let (first, others) = pattern.parts.split_first()?;
            let starts = clause
                .windows(first.len())
                .enumerate()
                .filter(|(_, window)| window == first);
            let latest = if pattern.is_anywhere { usize::MAX } else { leads };
            starts.map(|(at, _)| at).filter(|&at| at <= latest).find_map(|at| {
                let mut end = at + first.len();
                for part in others {
                    let mut found = clause[end..].windows(part.len()).skip(1);
                    end += found.position(|window| window == part)? + 1 + part.len();
                }
                Some(end)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn courtesy() -> Courtesy {
        Courtesy::sample(
            r#"
            having = ["do you have"]
            ones = ["a"]
            inquiries = ["what is", "is the … good", "… how much", "contains?"]
            leads = ["and"]
            requests = ["I would like"]
            "#,
        )
    }

    #[test]
    fn a_question_about_a_thing_is_told_from_what_orders_it() {
        let courtesy = courtesy();
        let inquiries = Inquiries::of(&courtesy);
        for (text, asks, rest) in [
            ("What is the risotto like?", true, ""),
            ("Hello. And what is the pie?", true, "Hello."),
            ("The fish, how much is it?", true, ""),
            ("Is the white wine good?", true, ""),
            ("Is the good?", false, "Is the good?"),
            (
                "I would like the fish, how much is it?",
                false,
                "I would like the fish, how much is it?",
            ),
            ("What is the pie? The fish, please.", true, " The fish, please."),
            ("That what is", false, "That what is"),
            ("Contains meat?", true, ""),
            ("Contains meat", false, "Contains meat"),
            ("The pie is what is best", false, "The pie is what is best"),
            ("Do you have any pie?", true, ""),
            ("Do you have a pie?", false, "Do you have a pie?"),
            ("", false, ""),
        ] {
            let parted = inquiries.part(text);
            assert_eq!((parted.asks, parted.rest.as_str()), (asks, rest), "{text}");
        }
    }
}
