//! What single words of a text mean, as far as the content says it: nothing here is guessed.

use std::ops::Range;

use super::format::{Aside, Courtesy, Line};
use super::meaning::{without_languages, without_lead};
use super::script::Script;
use super::template::slots_of;
use super::words::words;
use crate::language::Language;

/// A word or phrase of a text, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gloss {
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
    /// The word as the content has it, which may be another spelling.
    pub word: String,
    /// What it means.
    pub meaning: String,
    /// The language of the meaning: the learner's own, or English where the content has none in it.
    pub language: Language,
}

/// A word of the content, and what it means.
struct Known<'a> {
    word: &'a str,
    meaning: &'a str,
    language: Language,
}

/// A letter as it is compared, and where it stands in the text, in bytes.
type Letter = (char, Range<usize>);

impl Script {
    /// The words of a text that the content translates, in the order of the text: those that the scenario teaches, the
    /// values of its slots, and what is said at any time. Where several begin or overlap, the longest counts.
    pub fn glosses(&self, text: &str) -> Vec<Gloss> {
        let letters: Vec<Letter> = text
            .char_indices()
            .map(|(at, c)| (fold(c), at..at + c.len_utf8()))
            .collect();
        let mut known = self.explained_words();
        known.sort_by_key(|known| std::cmp::Reverse(known.word.chars().count()));
        let mut glosses: Vec<Gloss> = Vec::new();
        for known in known {
            let wanted: Vec<char> = known.word.chars().map(fold).collect();
            for window in
                (0..letters.len()).filter_map(|start| letters.get(start..start + wanted.len()).map(|w| (start, w)))
            {
                let (start, letters_at) = window;
                let is_same = letters_at.iter().map(|(c, _)| c).eq(&wanted);
                if !is_same || !is_bound(&letters, start, start + wanted.len()) {
                    continue;
                }
                let at = letters[start].1.start..letters[start + wanted.len() - 1].1.end;
                if glosses
                    .iter()
                    .all(|gloss| at.end <= gloss.at.start || gloss.at.end <= at.start)
                {
                    glosses.push(Gloss {
                        at,
                        word: known.word.to_owned(),
                        meaning: known.meaning.to_owned(),
                        language: known.language,
                    });
                }
            }
        }
        glosses.sort_by_key(|gloss| gloss.at.start);
        glosses
    }

    /// What somebody asks the meaning of ("Que veut dire terrasse ?"), as the content has it, and what it means to them; the shortest phrase
    /// with the word in it. Nothing where the content doesn't say.
    pub(super) fn asked_meaning(&self, text: &str) -> Option<(String, String)> {
        let courtesy = self.courtesy();
        let said = words(text, courtesy);
        let said = without_lead(&said, courtesy);
        let wordings = courtesy.wordings.get(&Aside::Confused).into_iter().flatten();
        let in_any_language = without_languages(said, courtesy);
        // "How do you say that?" asks about no word.
        let mut undotted = wordings.clone().filter(|wording| !wording.contains('…'));
        if undotted.any(|wording| words(wording, courtesy) == in_any_language) {
            return None;
        }
        let parted = wordings.filter_map(|wording| wording.split_once('…'));
        let asked = parted.flat_map(|(before, after)| {
            let (before, after) = (words(before, courtesy), words(after, courtesy));
            let between = |said: &[String]| {
                said.strip_prefix(&*before)?
                    .strip_suffix(&*after)
                    .map(<[String]>::to_vec)
            };
            let asks_how = courtesy
                .asking_how
                .iter()
                .any(|how| before.starts_with(&words(how, courtesy)));
            let in_a_language = between(&in_any_language);
            let names_it = in_any_language != said;
            let found = [
                between(said).zip(Some(asks_how)),
                in_a_language.zip(Some(asks_how || names_it)),
            ];
            found.into_iter().flatten().collect::<Vec<_>>()
        });
        let is_telling = |word: &&String| {
            let is_listed = |listed: &String| words(listed, courtesy).contains(word);
            !courtesy.determiners.iter().chain(&courtesy.polite_words).any(is_listed)
        };
        let (asked, is_theirs) = asked.min_by_key(|(asked, _)| asked.len())?;
        let asked: Vec<&String> = asked.iter().filter(is_telling).collect();
        let has_it = |text: &str| {
            let known = words(text, courtesy);
            known
                .windows(asked.len().max(1))
                .any(|part| part.iter().eq(asked.iter().copied()))
        };
        let known = self.explained_words();
        let shortest_of = |named: &dyn Fn(&Known<'_>) -> bool| {
            let named = known.iter().filter(|known| named(known));
            named.min_by_key(|known| known.word.chars().count())
        };
        // How a word of their own is said is asked, too, but nobody asks what it means.
        let of_theirs = || is_theirs.then(|| shortest_of(&|known| has_it(known.meaning))).flatten();
        let shortest = shortest_of(&|known| has_it(known.word)).or_else(of_theirs)?;
        (!asked.is_empty()).then(|| (shortest.word.to_owned(), shortest.meaning.to_owned()))
    }

    /// The words and phrases of the content that have a meaning for this learner.
    fn explained_words(&self) -> Vec<Known<'_>> {
        if self.native == self.language {
            return Vec::new();
        }
        let lesson = self.lesson();
        let values = lesson.slots.values().flat_map(|slot| &slot.values);
        let values = values.map(|value| (value.value.as_str(), value.en.as_str()));
        let lines = lesson.vocabulary.iter().map(|line| (bare(&line.text), bare(&line.en)));
        let phrases = phrases(self.courtesy()).map(|line| (bare(&line.text), bare(&line.en)));
        let words = lines.chain(values).map(|pair| (pair, true));
        let all = words.chain(phrases.map(|pair| (pair, false)));
        all.filter(|((word, _), _)| !word.is_empty())
            .filter_map(|((word, english), is_of_scenario)| self.known(word, english, is_of_scenario))
            .collect()
    }

    /// What a word means to this learner. An English word stands for itself.
    fn known<'a>(&'a self, word: &'a str, english: &'a str, is_of_scenario: bool) -> Option<Known<'a>> {
        let key = match self.language {
            Language::English => word,
            _ => english,
        };
        let own = match is_of_scenario {
            true => self.meanings.of_word(self.scenario_id(), key, self.native),
            false => self.meanings.of_phrase(key, self.native),
        };
        let (meaning, language) = match own {
            Some(meaning) => (meaning, self.native),
            None => (english, Language::English),
        };
        (!meaning.is_empty()).then_some(Known {
            word,
            meaning,
            language,
        })
    }
}

/// What is said at any time and stands for itself.
fn phrases(courtesy: &Courtesy) -> impl Iterator<Item = &Line> {
    let lines = courtesy.phrases.values().chain(courtesy.replies.values()).flatten();
    lines.filter(|line| slots_of(&line.text).next().is_none())
}

/// Without the marks that end a sentence.
pub(super) fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '.' | '!' | '?' | '¡' | '¿' | '…' | '。' | '！' | '？')
    })
}

fn fold(c: char) -> char {
    match c {
        '’' | 'ʼ' => '\'',
        c if c.is_whitespace() => ' ',
        // Those that become several letters are their own.
        c => {
            let mut lower = c.to_lowercase();
            lower.next().filter(|_| lower.next().is_none()).unwrap_or(c)
        }
    }
}

/// Whether words begin and end there; in writing systems without spaces they may anywhere.
fn is_bound(letters: &[Letter], start: usize, end: usize) -> bool {
    let is_letter = |at: Option<usize>| {
        let letter = at.and_then(|at| letters.get(at));
        letter.is_some_and(|(c, _)| c.is_alphanumeric() && (*c as u32) < 0x2e80)
    };
    let goes_on = |before: Option<usize>, at: usize| is_letter(before) && is_letter(Some(at));
    !goes_on(start.checked_sub(1), start) && !goes_on(Some(end - 1), end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::language::Language;
    use crate::scenario::{Catalogue, Level};

    fn script(language: Language) -> Script {
        Catalogue::built_in()
            .script("restaurant", language, Level::Beginner)
            .expect("it is built in")
    }

    fn glosses(script: &Script, text: &str) -> Vec<(String, String)> {
        let found = script.glosses(text).into_iter();
        found.map(|gloss| (text[gloss.at].to_owned(), gloss.meaning)).collect()
    }

    #[test]
    fn words_of_the_scenario_and_phrases_of_any_time_are_glossed_the_longest_first() {
        let script = script(Language::French);
        let found = glosses(&script, "Bien sûr. L’addition, et une carafe d'eau en terrasse ?");
        let pair = |word: &str, meaning: &str| (word.to_owned(), meaning.to_owned());
        assert_eq!(
            found,
            [
                pair("Bien sûr", "Of course"),
                pair("L’addition", "the bill"),
                pair("une carafe d'eau", "a jug of tap water"),
                pair("en terrasse", "on the terrace"),
            ]
        );
        assert_eq!(glosses(&script, "La serveuses et les desserts"), []);
    }

    #[test]
    fn nobody_needs_their_own_language_explained() {
        let own = script(Language::French).for_native(Language::French);
        assert_eq!(glosses(&own, "L'addition"), []);
    }

    /// What the content has of a scenario, and of any time, with its meaning in English.
    fn words_of(script: &Script) -> Vec<(String, String)> {
        let english = |text: &str, en: &str| match script.language() {
            Language::English => bare(text).to_owned(),
            _ => bare(en).to_owned(),
        };
        let lesson = script.lesson();
        let values = lesson.slots.values().flat_map(|slot| &slot.values);
        let values = values.map(|value| (value.value.clone(), english(&value.value, &value.en)));
        let lines = lesson.vocabulary.iter().chain(phrases(script.courtesy()));
        let lines = lines.map(|line| (bare(&line.text).to_owned(), english(&line.text, &line.en)));
        lines.chain(values).collect()
    }

    #[test]
    fn the_commonest_scenarios_are_explained_in_the_learners_own_language() {
        let own = [Language::Spanish, Language::French, Language::German, Language::English];
        let catalogue = Catalogue::built_in();
        for topic in ["coffee_shop", "hotel_reservation", "restaurant"] {
            for practised in Language::ALL {
                let script = catalogue.script(topic, practised, Level::Beginner).expect("a script");
                for native in own.into_iter().filter(|native| *native != practised) {
                    let script = script.clone().for_native(native);
                    for (word, english) in words_of(&script) {
                        let known = script.known(&word, &english, true);
                        let known = known.filter(|known| known.language == native);
                        let known = known.or_else(|| script.known(&word, &english, false));
                        let language = known.map(|known| known.language);
                        assert_eq!(
                            language,
                            Some(native),
                            "{topic} {practised} for {native}: {word} ({english})"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn every_meaning_is_what_the_content_says_of_the_word() {
        let file: toml::Table = include_str!("../../../content/glosses.toml")
            .parse()
            .expect("it is TOML");
        let listed = |english: &str, native: Language| {
            let tables = ["phrases", "words"]
                .iter()
                .filter_map(|table| file[*table].get(english));
            let texts = tables.filter_map(|texts| texts.get(native.name())?.as_str());
            texts.map(str::to_owned).next()
        };
        let catalogue = Catalogue::built_in();
        let topics = catalogue.scenarios().map(|scenario| scenario.id.as_str());
        for topic in topics {
            for (practised, native) in Language::ALL.into_iter().flat_map(|a| Language::ALL.map(|b| (a, b))) {
                let script = catalogue.script(topic, practised, Level::Beginner).expect("a script");
                let script = script.for_native(native);
                let words = words_of(&script);
                let text = script.opener().text + " " + &words[0].0;
                for gloss in script.glosses(&text) {
                    let english: Vec<&String> = words
                        .iter()
                        .filter_map(|(word, english)| (*word == gloss.word).then_some(english))
                        .collect();
                    let said = match gloss.language {
                        Language::English => english.contains(&&gloss.meaning),
                        language => {
                            assert_eq!(language, native);
                            english
                                .iter()
                                .any(|english| listed(english, native).as_ref() == Some(&gloss.meaning))
                        }
                    };
                    assert!(said, "{topic} {practised} for {native}: {gloss:?}");
                }
            }
        }
    }

    #[test]
    fn a_word_is_explained_in_ones_own_language_or_else_in_english() {
        let meaning = |language, native, text| {
            let script = script(language).for_native(native);
            let gloss = script.glosses(text).into_iter().next();
            gloss.map(|gloss| (gloss.meaning, gloss.language))
        };
        let of = |meaning: &str, language| Some((meaning.to_owned(), language));
        use Language::{English, French, German, Japanese, Spanish};
        assert_eq!(meaning(French, German, "L'addition !"), of("die Rechnung", German));
        assert_eq!(meaning(French, Spanish, "Bien sûr"), of("Por supuesto", Spanish));
        assert_eq!(meaning(English, French, "bill"), of("l'addition", French));
        assert_eq!(meaning(French, Japanese, "L'addition !"), of("the bill", English));
        assert_eq!(meaning(English, Japanese, "bill"), None);
    }

    #[test]
    fn the_lines_of_a_reply_have_their_translations() {
        let script = script(Language::French);
        let opener = script.opener();
        let lines: Vec<(&str, &str)> = opener
            .insights
            .lines
            .iter()
            .map(|line| (&opener.text[line.at.clone()], line.translation.as_str()))
            .collect();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[0].0.starts_with("Bonsoir !") && lines[0].1.starts_with("Good evening!"),
            "{lines:?}"
        );
        assert_eq!(
            lines.iter().map(|line| line.1).collect::<Vec<_>>().join(" "),
            opener.translation
        );
    }

    proptest! {
        #[test]
        fn glosses_of_any_text_stand_apart_in_its_order(text: String, more in "[ ’'a-zé]{0,20}(une carafe d.eau|bien sûr|dessert)[ .,]{0,3}.{0,9}") {
            for text in [text, more] {
                let found = Script::sample().glosses(&text);
                prop_assert!(found.windows(2).all(|pair| pair[0].at.end <= pair[1].at.start));
                prop_assert!(found.iter().all(|gloss| text.get(gloss.at.clone()).is_some()));
            }
        }
    }
}
