//! What the expected answers of a step name, and what else may be named in its place, as in the substitution tables that languages
//! are taught with: "a table for two" is also "a table for three". Whoever recognises speech by the answers alone hears two where
//! three was said.

use std::ops::Range;

use super::format::{Courtesy, Line, Slot, SlotValue, Step, Turn};
use super::meaning::{Choice, SlotTable};
use super::slots;
use super::words::words;
use crate::engine::{Named, Substitution};
use crate::language::Language;

/// The answers of a step with other things named in them.
#[derive(Debug, Default)]
pub(super) struct Substitutions {
    /// What each answer names, in their order.
    pub named: Vec<Vec<Named>>,
    /// The answers with something else in the place of one of the things, those of the same answer together.
    pub others: Vec<Substitution>,
}

/// So many are made of an answer at most.
const MOST: usize = 24;
/// The numbers that are put in each other's place; zero is no answer.
const COUNTED: Range<usize> = 1..13;

impl Substitutions {
    /// Those of the answers of a step, found once. Where no spaces tell words apart there are none: nobody recognises those
    /// languages by their answers.
    pub fn of<'t>(step: &Step, turn: &'t Turn, table: &SlotTable<'_>, choices: &[Choice<'_>]) -> &'t Self {
        turn.substitutions.get_or_init(|| {
            if table.language.is_spaced() {
                Self::find(step, turn, table, choices)
            } else {
                Self::default()
            }
        })
    }

    /// The text of the answer of a number that comes after those of all choices.
    pub fn text(&self, number: usize) -> Option<&str> {
        self.others.get(number).map(|other| other.text.as_str())
    }

    fn find(step: &Step, turn: &Turn, table: &SlotTable<'_>, choices: &[Choice<'_>]) -> Self {
        let courtesy = table.courtesy;
        let slots: Vec<&Slot> = step.slots.iter().filter_map(|name| table.slots.get(name)).collect();
        let mut seen: Vec<Vec<String>> = choices
            .iter()
            .map(|choice| words(&choice.line.text, courtesy))
            .collect();
        let mut found = Self::default();
        let answers = turn.answers.values().flatten().count();
        // What may be said at any time comes after the answers, and names nothing.
        for (of, choice) in choices.iter().enumerate() {
            let mut places = Vec::new();
            if of < answers {
                places = Place::all(choice.line, &slots, table);
            }
            found
                .named
                .push(places.iter().map(|place| place.named.clone()).collect());
            let mut count = 0;
            for text in places.iter().flat_map(|place| place.texts(&choice.line.text)) {
                let spelled = words(&text, courtesy);
                if count < MOST && !seen.contains(&spelled) {
                    seen.push(spelled);
                    found.others.push(Substitution { of, text });
                    count += 1;
                }
            }
        }
        found
    }
}

/// A place in an answer where something is named.
struct Place {
    named: Named,
    /// What else may stand there.
    others: Vec<String>,
}

impl Place {
    /// All of an answer, in order.
    fn all(line: &Line, slots: &[&Slot], table: &SlotTable<'_>) -> Vec<Self> {
        let courtesy = table.courtesy;
        let tokens = tokens(&line.text);
        let mut places: Vec<Self> = Vec::new();
        let mut add = |place: Self| {
            let meets =
                |other: &Self| other.named.at.start < place.named.at.end && place.named.at.start < other.named.at.end;
            if !places.iter().any(meets) {
                places.push(place);
            }
        };
        for slot in slots {
            Self::own(&line.text, slot, courtesy).into_iter().for_each(&mut add);
            Self::of_values(&line.text, &tokens, slot, table)
                .into_iter()
                .for_each(&mut add);
        }
        Self::numbers(&tokens, courtesy).into_iter().for_each(&mut add);
        places.sort_by_key(|place| place.named.at.start);
        places
    }

    /// A name, or what else no slot lists, after a phrase such as "my name is".
    fn own(text: &str, slot: &Slot, courtesy: &Courtesy) -> Option<Self> {
        let said = super::negation::Negation::of(courtesy).read(text);
        let is_listed = slots::naming(slot, &said, courtesy).next().is_some();
        let value = slots::value(slot, text, &said, courtesy).filter(|_| !is_listed)?;
        let start = text.find(&value)?;
        Some(Self {
            named: Named {
                at: start..start + value.len(),
                is_own: true,
            },
            others: Vec::new(),
        })
    }

    /// The values of a slot, the longest names first, with those that can take their place.
    fn of_values(text: &str, tokens: &[Token], slot: &Slot, table: &SlotTable<'_>) -> Vec<Self> {
        let mut found: Vec<(Range<usize>, &SlotValue, &str)> = Vec::new();
        for value in &slot.values {
            for name in names(value) {
                let sought = self::tokens(name);
                let at = (0..tokens.len()).find(|&at| {
                    let window = tokens.get(at..at + sought.len());
                    !sought.is_empty()
                        && window.is_some_and(|window| window.iter().zip(&sought).all(|(a, b)| a.plain == b.plain))
                });
                found.extend(at.map(|at| (at..at + sought.len(), value, name)));
            }
        }
        found.sort_by_key(|(at, ..)| (std::cmp::Reverse(at.len()), at.start));
        let places = found.into_iter().map(|(at, value, name)| {
            let others = slot.values.iter().filter(|other| other.value != value.value);
            // Nothing before it has to agree with it.
            let is_free = at.start == 0 || table.language == Language::English;
            let others = others.flat_map(|other| {
                let is_number = |name: &str| number(&name.to_lowercase(), table.courtesy).is_some();
                // Nobody is "a nuts" who may be "a vegetarian".
                let claims = |name: &str| {
                    slot.claims
                        .iter()
                        .any(|claim| claim.to_lowercase() == name.to_lowercase())
                };
                let is_like = |instead: &str| is_number(name) == is_number(instead) && claims(name) == claims(instead);
                let is_fit = |instead: &str| is_free && is_word(name) && is_word(instead) && is_like(instead);
                let mut fit: Vec<&str> = Vec::new();
                for instead in
                    names(other).filter(|instead| is_fit(instead) || can_replace(name, value, instead, other))
                {
                    // "Nut" is hardly told from "nuts", and means the same.
                    let is_one_of = |other: &str| instead.starts_with(other) || other.starts_with(instead);
                    if !fit
                        .iter()
                        .any(|other| is_word(other) && is_word(instead) && is_one_of(other))
                    {
                        fit.push(instead);
                    }
                }
                fit
            });
            let mut others: Vec<String> = others.map(str::to_owned).collect();
            let whole = tokens[at.start].at.start..tokens[at.end - 1].at.end;
            for token in at
                .filter(|&at| is_alone(tokens, at, table.courtesy))
                .map(|at| &tokens[at])
            {
                let around = (&text[whole.start..token.at.start], &text[token.at.end..whole.end]);
                let numbers = numbers_beside(token, table.courtesy).into_iter();
                others.extend(numbers.map(|number| [around.0, &number, around.1].concat()));
            }
            Self {
                named: Named {
                    at: whole,
                    is_own: false,
                },
                others,
            }
        });
        places.collect()
    }

    /// Numbers from two on: "one" is many things.
    fn numbers(tokens: &[Token], courtesy: &Courtesy) -> Vec<Self> {
        let number = |token: &Token| number(&token.plain, courtesy);
        let places = tokens.iter().enumerate().filter_map(|(at, token)| {
            let others = numbers_beside(token, courtesy);
            (number(token)? > 1 && is_alone(tokens, at, courtesy)).then(|| Self {
                named: Named {
                    at: token.at.clone(),
                    is_own: false,
                },
                others,
            })
        });
        places.collect()
    }

    /// The answer with each of the others in its place.
    fn texts<'p>(&'p self, text: &'p str) -> impl Iterator<Item = String> + 'p {
        let (before, after) = (&text[..self.named.at.start], &text[self.named.at.end..]);
        let is_capital = text[self.named.at.clone()].starts_with(char::is_uppercase) && before.trim().is_empty();
        self.others.iter().map(move |other| {
            let mut letters = other.chars();
            let first = letters.next().filter(|_| is_capital);
            let first: String = first.into_iter().flat_map(char::to_uppercase).collect();
            let rest = if first.is_empty() { other } else { letters.as_str() };
            [before, &first, rest, after].concat()
        })
    }
}

/// A word, or a part of one that an apostrophe or a hyphen joins to others.
struct Token {
    at: Range<usize>,
    plain: String,
    /// Whether a mark or the end comes after it.
    ends_clause: bool,
    /// Whether a hyphen joins it to what is beside it.
    is_joined: bool,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        if letter.is_alphanumeric() {
            start = start.or(Some(at));
        } else if let Some(start) = start.take() {
            let rest = text[at..].trim_start_matches(' ');
            tokens.push(Token {
                at: start..at,
                plain: text[start..at].to_lowercase(),
                is_joined: rest.starts_with('-') || text[..start].ends_with('-'),
                ends_clause: !rest.starts_with(|next: char| next.is_alphanumeric() || matches!(next, '\'' | '’' | '-')),
            });
        }
    }
    tokens
}

fn names(value: &SlotValue) -> impl Iterator<Item = &str> {
    std::iter::once(&value.value).chain(&value.words).map(String::as_str)
}

fn is_word(name: &str) -> bool {
    tokens(name).len() == 1
}

fn number(plain: &str, courtesy: &Courtesy) -> Option<usize> {
    courtesy.numbers.iter().position(|number| number == plain)
}

/// Whether a word is no part of a number of several words.
fn is_alone(tokens: &[Token], at: usize, courtesy: &Courtesy) -> bool {
    let is_number = |token: &Token| number(&token.plain, courtesy).is_some();
    let before = at.checked_sub(1).map(|before| &tokens[before]);
    !tokens[at].is_joined && !tokens.get(at + 1).is_some_and(is_number) && !before.is_some_and(is_number)
}

/// The other numbers, where a word is one. "One" agrees with what it counts: it takes the place of another at the end of a clause.
fn numbers_beside(token: &Token, courtesy: &Courtesy) -> Vec<String> {
    let Some(own) = number(&token.plain, courtesy).filter(|own| COUNTED.contains(own)) else {
        return Vec::new();
    };
    let agrees = |number: usize| number > 1 || token.ends_clause;
    let others = COUNTED.filter(|&other| other != own && agrees(own) && agrees(other));
    others
        .filter_map(|other| courtesy.numbers.get(other).cloned())
        .collect()
}

/// Whether the name of a value can take the place of that of another in a sentence that stays one: both are written out as replies
/// say them, or they are alike but for one word ("red wine", "white wine").
fn can_replace(name: &str, value: &SlotValue, instead: &str, other: &SlotValue) -> bool {
    if name == value.value {
        return instead == other.value;
    }
    let (own, theirs) = (tokens(name), tokens(instead));
    let differing = own.iter().zip(&theirs).filter(|(a, b)| a.plain != b.plain).count();
    own.len() > 1 && own.len() == theirs.len() && differing == 1
}

#[cfg(test)]
mod tests {
    use super::{Token, is_alone, names, number, tokens};
    use crate::engine::Transcript;
    use crate::language::Language;
    use crate::scenario::{Catalogue, Level, Progress, Script};

    fn script(scenario: &str, language: Language) -> Script {
        let script = Catalogue::built_in().script(scenario, language, Level::default());
        script.expect("it is built in")
    }

    /// What may be said in place of an answer of a step.
    fn others(script: &Script, step: usize, answer: &str) -> Vec<String> {
        let progress = Progress {
            step,
            ..Progress::default()
        };
        let expected = script.expected(&progress);
        let of = expected.phrases.iter().position(|phrase| phrase.text == answer);
        let of = of.unwrap_or_else(|| panic!("{answer} is expected"));
        let others = expected.substitutions.iter().filter(|other| other.of == of);
        others.map(|other| other.text.clone()).collect()
    }

    #[test]
    fn numbers_up_to_twelve_take_the_place_of_each_other() {
        for (language, answer, wanted) in [
            (Language::English, "There are four of us", "There are three of us"),
            (Language::French, "Nous sommes quatre", "Nous sommes douze"),
            (Language::German, "Wir sind zu viert", "Wir sind zu dritt"),
        ] {
            let others = others(&script("restaurant", language), 0, answer);
            assert!(others.iter().any(|other| other == wanted), "{language} {others:?}");
            assert!(!others.iter().any(|other| other == answer), "{others:?}");
        }
    }

    #[test]
    fn values_that_are_written_alike_take_the_place_of_each_other() {
        let drinks = others(&Script::sample(), 2, "Je voudrais un verre de vin rouge");
        for drink in ["un verre de vin blanc", "un coca", "une limonade"] {
            assert!(drinks.contains(&format!("Je voudrais {drink}")), "{drinks:?}");
        }
        let first = others(&Script::sample(), 2, "Une carafe d'eau, s'il vous plaît");
        assert!(first.contains(&"Un kir, s'il vous plaît".to_owned()), "{first:?}");
    }

    #[test]
    fn a_name_is_the_speakers_own_and_nothing_takes_its_place() {
        let script = script("open_talk", Language::French);
        let expected = script.expected(&Progress::default());
        let naming = expected
            .phrases
            .iter()
            .filter(|phrase| phrase.named.iter().any(|named| named.is_own));
        let names: Vec<&str> = naming.map(|phrase| &phrase.text[phrase.named[0].at.clone()]).collect();
        assert!(names.contains(&"Alex"), "{names:?}");
        assert!(others(&script, 0, "Je m'appelle Alex").is_empty());
    }

    #[test]
    fn a_substitution_that_was_heard_means_what_it_says() {
        let script = Script::sample();
        let start = Progress::default();
        let expected = script.expected(&start);
        let number = expected
            .substitutions
            .iter()
            .position(|other| other.text == "Nous sommes trois");
        let heard = Transcript {
            text: "Nous sommes trois".to_owned(),
            phrase: number.map(|number| number + expected.phrases.len()),
            confidence: 0.9,
            ..Transcript::default()
        };
        assert!(heard.phrase.is_some());
        let (reply, after) = script.respond(&start, &heard);
        assert_eq!(after.slots.get("party").map(String::as_str), Some("trois personnes"));
        assert!(reply.text.contains("trois personnes"), "{}", reply.text);
    }

    /// The words of one text that aren't at the beginning or the end of another, by their numbers.
    fn differing(one: &[Token], other: &[Token]) -> std::ops::Range<usize> {
        let is_same = |(a, b): &(&Token, &Token)| a.plain == b.plain;
        let before = one.iter().zip(other).take_while(is_same).count();
        let rest = one.len().min(other.len()) - before;
        let pairs = one.iter().rev().zip(other.iter().rev()).take(rest);
        before..one.len() - pairs.take_while(is_same).count()
    }

    #[test]
    fn nothing_is_put_in_the_place_of_a_part_of_a_number() {
        let catalogue = Catalogue::built_in();
        let mut count = 0;
        for language in Language::ALL.into_iter().filter(|language| language.is_spaced()) {
            let categories = catalogue.topics(language, None);
            for topic in categories.iter().flat_map(|category| &category.topics) {
                let script = script(&topic.id, language);
                let table = script.slot_table();
                let courtesy = table.courtesy;
                let values = table.slots.values().flat_map(|slot| &slot.values);
                let listed: Vec<Vec<Token>> = values
                    .flat_map(names)
                    .map(tokens)
                    .filter(|name| name.len() > 1)
                    .collect();
                for step in 0..script.step_count() {
                    let progress = Progress {
                        step,
                        ..Progress::default()
                    };
                    let expected = script.expected(&progress);
                    for other in &expected.substitutions {
                        let (answer, instead) = (tokens(&expected.phrases[other.of].text), tokens(&other.text));
                        let differing = (differing(&answer, &instead), differing(&instead, &answer));
                        let is_number = |token: &Token| number(&token.plain, courtesy).is_some();
                        if differing.0.len() == 1 && differing.1.len() == 1 && is_number(&instead[differing.1.start]) {
                            count += 1;
                            let at = differing.1.start;
                            // A value of several words may differ from another in one of them: the size "trente-six".
                            let is_listed = listed.iter().any(|name| {
                                let first = (at + 1).saturating_sub(name.len())..=at;
                                first.into_iter().any(|first| {
                                    let window = instead.get(first..first + name.len()).unwrap_or_default();
                                    window.len() == name.len()
                                        && window.iter().zip(name).all(|(a, b)| a.plain == b.plain)
                                })
                            });
                            assert!(
                                is_listed || is_alone(&instead, at, courtesy),
                                "{language}: {}",
                                other.text
                            );
                        }
                    }
                }
            }
        }
        assert!(count > 100, "{count} numbers are put in the place of others");
    }

    #[test]
    fn what_is_claimed_and_what_is_refused_do_not_take_the_place_of_each_other() {
        let script = script("restaurant", Language::English);
        let mut claimed = Vec::new();
        let mut refused = Vec::new();
        for step in 0..script.step_count() {
            let progress = Progress {
                step,
                ..Progress::default()
            };
            for other in script.expected(&progress).substitutions {
                match other.text.to_lowercase() {
                    text if text.contains("i'm a ") || text.contains("i am a ") => claimed.push(text),
                    text if text.contains("allergic to ") => refused.push(text),
                    _ => {}
                }
            }
        }
        assert!(
            claimed
                .iter()
                .all(|text| !text.contains("nuts") && !text.contains("fish")),
            "{claimed:?}"
        );
        assert!(
            refused.iter().any(|text| text.contains("allergic to eggs")),
            "{refused:?}"
        );
        let is_double = |text: &String| text.ends_with("allergic to egg") || text.contains("vegan");
        assert!(!refused.iter().any(is_double), "{refused:?}");
    }
}
