//! How lines are read aloud by a voice that can't read their writing system: the `spoken` forms of the content.

use std::collections::HashMap;

use super::catalogue::Catalogue;
use super::format::{Courtesy, Lesson, Line};
use super::words::{is_kana, is_syllabic};
use crate::language::Language;

/// The spoken forms of everything in the content that has one, clause by clause: a phrase is some clauses of a reply, and a
/// reply is put together from lines and what fills their slots.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    /// By language and bare clause, or part of one around a slot.
    pieces: HashMap<Language, HashMap<String, String>>,
}

impl Readings {
    /// How a text is read aloud, in the languages that have spoken forms. A clause that is not of the content, such as a name,
    /// is passed over; nothing if most of the text would be.
    pub fn spoken(&self, language: Language, text: &str) -> Option<String> {
        let pieces = self.pieces.get(&language)?;
        let signs = |clause: &str| clause.chars().filter(|&letter| is_syllabic(letter)).count();
        let (mut all, mut read, mut spoken) = (0, 0, Vec::new());
        for clause in clauses(text) {
            all += signs(&clause);
            if let Some(reading) = put_together(pieces, &clause) {
                read += signs(&clause);
                spoken.push(reading);
            }
        }
        (!spoken.is_empty() && read * 2 >= all).then(|| spoken.join(", "))
    }

    /// Whether a language has spoken forms.
    pub fn has(&self, language: Language) -> bool {
        self.pieces.contains_key(&language)
    }

    /// Tells how a text is read aloud by a text with as many clauses. What is known already stays.
    pub fn learn(&mut self, language: Language, text: &str, spoken: &str) {
        let (text, spoken): (Vec<String>, Vec<String>) = (clauses(text).collect(), clauses(spoken).collect());
        if text.len() == spoken.len() {
            let pieces = self.pieces.entry(language).or_default();
            for (text, spoken) in text.into_iter().zip(spoken) {
                pieces.entry(text).or_insert(spoken);
            }
        }
    }
}

/// What one of the kana that nothing is known of costs, when a clause is put together, in known pieces.
const KANA_COST: usize = 8;

/// The reading of a clause: its own, or those of the fewest pieces that it is made of. Other kana are read as they are written.
fn put_together(pieces: &HashMap<String, String>, clause: &str) -> Option<String> {
    if let Some(known) = pieces.get(clause) {
        return Some(known.clone());
    }
    let ends: Vec<usize> = clause.char_indices().map(|(at, _)| at).chain([clause.len()]).collect();
    // For each end, what it costs to get there and where the last piece begins.
    let mut best: Vec<Option<(usize, usize)>> = vec![None; ends.len()];
    *best.first_mut()? = Some((0, 0));
    for end in 1..ends.len() {
        best[end] = (0..end)
            .filter_map(|start| {
                let (count, _) = best[start]?;
                let piece = &clause[ends[start]..ends[end]];
                let cost = match piece {
                    piece if pieces.contains_key(piece) => 1,
                    // What is known of kana is better than how they are written, however many pieces it takes.
                    piece if piece.chars().all(is_kana) => 1 + KANA_COST * (end - start),
                    _ => return None,
                };
                Some((count + cost, start))
            })
            .min();
    }
    let mut spoken = Vec::new();
    let mut end = ends.len() - 1;
    while end > 0 {
        let (_, start) = best[end]?;
        let piece = &clause[ends[start]..ends[end]];
        spoken.push(pieces.get(piece).map_or(piece, String::as_str));
        end = start;
    }
    spoken.reverse();
    (!spoken.is_empty()).then(|| spoken.join(" "))
}

impl Catalogue {
    /// How the lines of all scenarios are read aloud where their writing system needs it.
    pub fn readings(&self) -> Readings {
        let mut readings = Readings::default();
        for language in Language::ALL {
            let lessons = || self.scenarios().filter_map(|scenario| scenario.lesson(language));
            let lines = lessons()
                .flat_map(lines_of)
                .chain(self.courtesy(language).into_iter().flat_map(courtesies_of))
                .map(|line| (&line.text, &line.spoken));
            let values = lessons()
                .flat_map(|lesson| lesson.slots.values())
                .flat_map(|slot| &slot.values);
            let values = values.map(|value| (&value.value, &value.spoken));
            for (text, spoken) in lines.chain(values) {
                if let Some(spoken) = spoken {
                    readings.learn(language, text, spoken);
                }
            }
        }
        readings
    }
}

#[cfg(test)]
impl Catalogue {
    /// Everything that may be said in a language, with its slots.
    pub(crate) fn texts(&self, language: Language) -> Vec<String> {
        let lessons = self.scenarios().filter_map(|scenario| scenario.lesson(language));
        let courtesies = self.courtesy(language).into_iter().flat_map(courtesies_of);
        let lines = lessons.flat_map(lines_of).chain(courtesies);
        lines.map(|line| line.text.clone()).collect()
    }
}

/// All that a tutor may say of a lesson, and the answers that it may suggest.
pub(super) fn lines_of(lesson: &Lesson) -> impl Iterator<Item = &Line> {
    let turns = lesson.steps.values().flat_map(|turn| {
        let intents = turn.answers.values().chain(turn.replies.values()).flatten();
        turn.ask.iter().chain(&turn.reprompts).chain(intents)
    });
    lesson.opener.iter().chain(&lesson.farewell).chain(turns)
}

/// The same of what may be said in every step.
pub(super) fn courtesies_of(courtesy: &Courtesy) -> impl Iterator<Item = &Line> {
    let lists = [
        &courtesy.sorry,
        &courtesy.refused,
        &courtesy.own_language,
        &courtesy.suggest,
        &courtesy.help_on,
        &courtesy.recast,
        &courtesy.idle,
    ];
    let own_topic = courtesy.own_topic.iter();
    let own_topic = own_topic.flat_map(|own| own.taken.iter().chain(&own.more).chain(&own.back));
    let asides = courtesy.phrases.values().chain(courtesy.replies.values()).flatten();
    lists.into_iter().flatten().chain(own_topic).chain(asides)
}

/// The clauses of a text, without marks, and without the slots of a line.
fn clauses(text: &str) -> impl Iterator<Item = String> {
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        bare.extend([before, ","]);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    bare.push_str(rest);
    let is_mark = |letter: char| !(letter.is_alphanumeric() || letter == ' ' || letter == '\'');
    let clauses: Vec<String> = bare.split(is_mark).map(|clause| clause.trim().to_owned()).collect();
    clauses.into_iter().filter(|clause| !clause.is_empty())
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn replies_and_their_parts_are_read_by_the_lines_they_are_made_of() {
        let readings = Catalogue::built_in().readings();
        assert!(readings.has(Language::Chinese) && !readings.has(Language::French));
        let spoken = |text| readings.spoken(Language::Chinese, text);
        assert_eq!(spoken("你叫什么名字？").as_deref(), Some("nǐ jiào shénme míngzi"));
        assert_eq!(
            spoken("不着急，慢慢来。你住在哪儿？").as_deref(),
            Some("bù zháojí, mànmàn lái, nǐ zhù zài nǎr")
        );
        assert_eq!(
            spoken("建国，很高兴认识你！").as_deref(),
            Some("hěn gāoxìng rènshi nǐ"),
            "a name is passed over"
        );
        assert_eq!(
            spoken("您可以说：“我叫大卫”。").as_deref(),
            Some("nín kěyǐ shuō, wǒ jiào dàwèi")
        );
        assert_eq!(spoken("没有人知道"), None);
        assert_eq!(readings.spoken(Language::French, "Bonsoir"), None);
    }

    #[test]
    fn whatever_the_tutor_says_in_chinese_and_japanese_can_be_read_aloud() {
        let catalogue = Catalogue::built_in();
        let readings = catalogue.readings();
        let mut silent = Vec::new();
        for language in [Language::Chinese, Language::Japanese] {
            let lessons = || catalogue.scenarios().filter_map(|scenario| scenario.lesson(language));
            let lines = lessons().flat_map(lines_of);
            let courtesy = catalogue.courtesy(language).into_iter().flat_map(courtesies_of);
            let values = lessons()
                .flat_map(|lesson| lesson.slots.values())
                .flat_map(|slot| &slot.values);
            let texts = lines.chain(courtesy).map(|line| &line.text);
            for text in texts.chain(values.map(|value| &value.value)) {
                let unread = clauses(text).filter(|clause| readings.spoken(language, clause).is_none());
                silent.extend(unread.map(|clause| format!("{clause} in {text}")));
            }
        }
        assert!(silent.is_empty(), "{}", silent.join("\n"));
    }

    #[test]
    fn a_clause_is_read_with_what_fills_its_slot() {
        let mut readings = Readings::default();
        readings.learn(
            Language::Japanese,
            "かしこまりました、{party}ですね。",
            "かしこまりました、{party}ですね",
        );
        readings.learn(Language::Japanese, "二名様", "にめいさま");
        readings.learn(Language::Japanese, "これは", "これわ");
        let spoken = |text| readings.spoken(Language::Japanese, text);
        assert_eq!(
            spoken("かしこまりました、二名様ですね。").as_deref(),
            Some("かしこまりました, にめいさま ですね")
        );
        assert_eq!(
            spoken("ケンですね。").as_deref(),
            Some("ケン ですね"),
            "kana are read as they are written"
        );
        assert_eq!(spoken("これはすし").as_deref(), Some("これわ すし"));
        assert_eq!(
            spoken("田中様ですね、かしこまりました").as_deref(),
            Some("かしこまりました"),
            "nothing is read of a clause that can't be read whole"
        );
        assert_eq!(
            spoken("はい、東京都知事選挙"),
            None,
            "and nothing at all if that is most of the text"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_looked_up(text in "\\PC*|[{}你好，。 ]{0,20}") {
            static READINGS: LazyLock<Readings> = LazyLock::new(|| Catalogue::built_in().readings());
            READINGS.spoken(Language::Chinese, &text);
        }
    }
}
