//! Patterns over tokens. One is written as elements with spaces between them:
//!
//! | element | takes or tells |
//! |---|---|
//! | `le` | this word, in any case; one with a capital (`Sie`) as it is written only |
//! | `le\|la\|@article` | any of these; `@article` is a word of that class |
//! | `@noun&!@vowel` | a word that is both: a noun, and not of the other class |
//! | `*` | any word |
//! | `#` | a number in digits |
//! | `%` | an abbreviation: a word with several capitals, or of one capital letter alone |
//! | `?` | this mark of punctuation; `,` and the others likewise |
//! | `!le\|la` | any word but these |
//! | `(très)` | what is in the brackets, or nothing |
//! | `^` | the beginning of a clause: nothing, or a mark, comes before |
//! | `^^` | the beginning of a sentence |
//! | `$` | the end of a clause: nothing, or a mark, comes after |
//! | `-le\|la` | takes nothing: the next word is none of these; at the beginning of a pattern, the word before it is none |
//! | `-!le\|la` | takes nothing: the next word, if one follows before a mark, is one of these; at the beginning, the word before it |
//! | `[` `]` | what is between them is what is wrong; without them, everything that was taken is |
//!
//! Apart from what is named in a pattern, no mark of punctuation is ever passed.

use std::collections::BTreeMap;
use std::ops::Range;

use super::class::Class;
use super::token::Token;

/// The classes of a language, by name.
pub(super) type Classes = BTreeMap<String, Class>;

/// A pattern that was read.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    steps: Vec<Step>,
    /// The elements that take a word and are what is wrong, counted from 0.
    reported: Range<usize>,
    /// How many elements take a word.
    takers: usize,
}

#[derive(Clone, Debug)]
enum Step {
    ClauseStart,
    SentenceStart,
    ClauseEnd,
    NotBefore(Set),
    NotAfter(Set),
    Take { set: Set, is_optional: bool },
}

/// Any of several.
#[derive(Clone, Debug)]
pub(super) struct Set {
    alternatives: Vec<Vec<Atom>>,
    /// None of them, rather.
    is_negated: bool,
}

#[derive(Clone, Debug)]
struct Atom {
    test: Test,
    is_negated: bool,
}

#[derive(Clone, Debug)]
enum Test {
    Any,
    Digits,
    Abbreviation,
    Class(String),
    Lower(String),
    Written(String),
    Mark(String),
}

/// Where a pattern was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// For each element that takes a word, the token that it took; an optional one may have taken none.
    pub taken: Vec<Option<usize>>,
    /// The tokens that are wrong; not empty.
    pub reported: Range<usize>,
}

impl Pattern {
    /// Reads a pattern.
    pub fn parse(text: &str, classes: &Classes) -> Result<Self, String> {
        let mut steps = Vec::new();
        let mut takers = 0;
        let mut reported: (Option<usize>, Option<usize>) = (None, None);
        for element in text.split_whitespace() {
            let bracketed = element.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
            let step = match (element, bracketed) {
                ("^", _) => Step::ClauseStart,
                ("^^", _) => Step::SentenceStart,
                ("$", _) => Step::ClauseEnd,
                ("[", _) => {
                    reported.0 = Some(takers);
                    continue;
                }
                ("]", _) => {
                    reported.1 = Some(takers);
                    continue;
                }
                (_, Some(inner)) => Step::Take {
                    set: Set::parse(inner, classes)?,
                    is_optional: true,
                },
                _ => match element.strip_prefix('-') {
                    Some(set) if takers == 0 => Step::NotBefore(Set::parse(set, classes)?),
                    Some(set) => Step::NotAfter(Set::parse(set, classes)?),
                    None => Step::Take {
                        set: Set::parse(element, classes)?,
                        is_optional: false,
                    },
                },
            };
            takers += usize::from(matches!(step, Step::Take { .. }));
            steps.push(step);
        }
        let needed = |step: &Step| matches!(step, Step::Take { is_optional: false, .. });
        if !steps.iter().any(needed) {
            return Err(format!("pattern {text:?} takes nothing"));
        }
        let reported = reported.0.unwrap_or(0)..reported.1.unwrap_or(takers);
        if reported.is_empty() {
            return Err(format!("pattern {text:?} reports nothing"));
        }
        Ok(Self {
            steps,
            reported,
            takers,
        })
    }

    /// What an element takes, counted from 0.
    pub fn set(&self, index: usize) -> Option<&Set> {
        let mut sets = self.steps.iter().filter_map(|step| match step {
            Step::Take { set, .. } => Some(set),
            _ => None,
        });
        sets.nth(index)
    }

    /// Whether an element, counted from 0, says which words it takes: a `*` or a `!le|la` knows nothing of the word that it passes.
    pub fn names(&self, index: usize) -> bool {
        self.set(index).is_some_and(|set| !set.is_open())
    }

    /// The classes that are named in it.
    pub fn classes(&self) -> impl Iterator<Item = &str> {
        let sets = self.steps.iter().filter_map(|step| match step {
            Step::NotBefore(set) | Step::NotAfter(set) | Step::Take { set, .. } => Some(set),
            Step::ClauseStart | Step::SentenceStart | Step::ClauseEnd => None,
        });
        sets.flat_map(|set| set.alternatives.iter().flatten())
            .filter_map(|atom| match &atom.test {
                Test::Class(class) => Some(class.as_str()),
                _ => None,
            })
    }

    /// All places where it is found, at most one from each token on.
    pub fn find<'a>(&'a self, tokens: &'a [Token], classes: &'a Classes) -> impl Iterator<Item = Match> + 'a {
        (0..tokens.len()).filter_map(move |start| self.find_at(start, tokens, classes))
    }

    fn find_at(&self, start: usize, tokens: &[Token], classes: &Classes) -> Option<Match> {
        let mut taken = Vec::with_capacity(self.takers);
        if !go(&self.steps, start, start, tokens, classes, &mut taken) {
            return None;
        }
        let mut wrong = taken[self.reported.clone()].iter().flatten();
        let first = *wrong.next()?;
        let last = wrong.next_back().copied().unwrap_or(first);
        Some(Match {
            taken,
            reported: first..last + 1,
        })
    }
}

/// Whether the steps are found from `at` on; what they take.
fn go(
    steps: &[Step],
    start: usize,
    at: usize,
    tokens: &[Token],
    classes: &Classes,
    taken: &mut Vec<Option<usize>>,
) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return true;
    };
    let before = start.checked_sub(1).map(|before| &tokens[before]);
    let holds = match step {
        Step::ClauseStart => before.is_none_or(|token| !token.is_word),
        Step::SentenceStart => before.is_none_or(Token::ends_sentence),
        Step::ClauseEnd => tokens.get(at).is_none_or(|token| !token.is_word),
        Step::NotBefore(set) => before.is_none_or(|token| !set.matches(token, classes)),
        Step::NotAfter(set) => tokens.get(at).is_none_or(|token| !set.matches(token, classes)),
        Step::Take { set, is_optional } => {
            let length = taken.len();
            if tokens.get(at).is_some_and(|token| set.matches(token, classes)) {
                taken.push(Some(at));
                if go(rest, start, at + 1, tokens, classes, taken) {
                    return true;
                }
                taken.truncate(length);
            }
            if *is_optional {
                taken.push(None);
                if go(rest, start, at, tokens, classes, taken) {
                    return true;
                }
                taken.truncate(length);
            }
            return false;
        }
    };
    holds && go(rest, start, at, tokens, classes, taken)
}

impl Set {
    fn parse(text: &str, classes: &Classes) -> Result<Self, String> {
        let (is_negated, text) = match text.strip_prefix('!') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, text),
        };
        let alternatives = text
            .split('|')
            .map(|alternative| alternative.split('&').map(|atom| Atom::parse(atom, classes)).collect())
            .collect::<Result<_, String>>()?;
        Ok(Self {
            alternatives,
            is_negated,
        })
    }

    fn matches(&self, token: &Token, classes: &Classes) -> bool {
        let any = self
            .alternatives
            .iter()
            .any(|atoms| atoms.iter().all(|atom| atom.matches(token, classes)));
        if self.is_negated { token.is_word && !any } else { any }
    }

    /// Whether it takes words that it says nothing about.
    fn is_open(&self) -> bool {
        let is_any = |atoms: &Vec<Atom>| {
            atoms
                .iter()
                .all(|atom| atom.is_negated || matches!(atom.test, Test::Any))
        };
        self.is_negated || self.alternatives.iter().any(is_any)
    }

    /// All words that it takes, in lower case, if they can be listed.
    pub fn words(&self, classes: &Classes) -> Option<Vec<String>> {
        if self.is_negated {
            return None;
        }
        let mut words = Vec::new();
        for atoms in &self.alternatives {
            let (listed, conditions): (Vec<&Atom>, Vec<&Atom>) =
                atoms.iter().partition(|atom| atom.words(classes).is_some());
            let (first, others) = listed.split_first()?;
            let keeps = |word: &String| {
                let token = Token {
                    span: 0..word.len(),
                    lower: word.clone(),
                    written: word.clone(),
                    is_word: true,
                };
                others
                    .iter()
                    .chain(&conditions)
                    .all(|atom| atom.matches(&token, classes))
            };
            words.extend(first.words(classes)?.into_iter().filter(keeps));
        }
        Some(words)
    }
}

impl Atom {
    fn parse(text: &str, classes: &Classes) -> Result<Self, String> {
        let (is_negated, text) = match text.strip_prefix('!') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, text),
        };
        let test = match text {
            "" => return Err("an element is empty".to_owned()),
            "*" => Test::Any,
            "#" => Test::Digits,
            "%" => Test::Abbreviation,
            _ => match text.strip_prefix('@') {
                Some(class) if classes.contains_key(class) => Test::Class(class.to_owned()),
                Some(class) => return Err(format!("there is no class {class:?}")),
                None if !text.chars().any(char::is_alphanumeric) => Test::Mark(text.to_owned()),
                None if text.chars().any(char::is_uppercase) => Test::Written(text.to_owned()),
                None => Test::Lower(text.to_owned()),
            },
        };
        Ok(Self { test, is_negated })
    }

    fn matches(&self, token: &Token, classes: &Classes) -> bool {
        let found = match &self.test {
            Test::Mark(mark) => return token.lower == *mark,
            _ if !token.is_word => return false,
            Test::Any => true,
            Test::Digits => token.lower.chars().all(|c| c.is_ascii_digit()),
            Test::Abbreviation => {
                let capitals = token.written.chars().filter(|c| c.is_uppercase()).count();
                capitals > 1 || (capitals == 1 && token.written.chars().count() == 1)
            }
            Test::Class(class) => classes.get(class).is_some_and(|class| class.contains(&token.lower)),
            Test::Lower(word) => token.lower == *word,
            Test::Written(word) => token.written == *word,
        };
        found != self.is_negated
    }

    fn words(&self, classes: &Classes) -> Option<Vec<String>> {
        match &self.test {
            _ if self.is_negated => None,
            Test::Lower(word) => Some(vec![word.clone()]),
            Test::Written(word) => Some(vec![word.to_lowercase()]),
            Test::Class(class) => Some(classes.get(class)?.words()?.map(str::to_owned).collect()),
            Test::Any | Test::Digits | Test::Abbreviation | Test::Mark(_) => None,
        }
    }
}
