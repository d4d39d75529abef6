//! How lines are read aloud by a voice that can't read their writing system: the `spoken` forms of the content.

use std::collections::HashMap;

use super::catalogue::Catalogue;
use super::format::{Courtesy, Lesson, Line};
use crate::language::Language;

/// The spoken forms of everything in the content that has one, clause by clause: a phrase is some clauses of a reply, and a
/// reply is put together from lines.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    /// By language and bare clause.
    clauses: HashMap<(Language, String), String>,
}

impl Readings {
    /// How a text is read aloud, in the languages that have spoken forms. A clause that is not of the content, such as a name,
    /// is passed over; nothing if no clause is known.
    pub fn spoken(&self, language: Language, text: &str) -> Option<String> {
        let known = |clause: String| self.clauses.get(&(language, clause));
        let spoken: Vec<&str> = clauses(text).filter_map(known).map(String::as_str).collect();
        (!spoken.is_empty()).then(|| spoken.join(", "))
    }

    /// Whether a language has spoken forms.
    pub fn has(&self, language: Language) -> bool {
        self.clauses.keys().any(|(other, _)| *other == language)
    }

    fn add(&mut self, language: Language, line: &Line) {
        let Some(spoken) = &line.spoken else { return };
        let (text, spoken): (Vec<String>, Vec<String>) = (clauses(&line.text).collect(), clauses(spoken).collect());
        if text.len() == spoken.len() {
            let pairs = text.into_iter().zip(spoken);
            self.clauses
                .extend(pairs.map(|(text, spoken)| ((language, text), spoken)));
        }
    }
}

impl Catalogue {
    /// How the lines of all scenarios are read aloud where their writing system needs it.
    pub fn readings(&self) -> Readings {
        let mut readings = Readings::default();
        for language in Language::ALL {
            let lessons = self.scenarios().filter_map(|scenario| scenario.lesson(language));
            let lines = lessons
                .flat_map(lines_of)
                .chain(self.courtesy(language).into_iter().flat_map(courtesies_of));
            lines.for_each(|line| readings.add(language, line));
        }
        readings
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
            spoken("大卫，很高兴认识你！").as_deref(),
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
    fn every_chinese_line_can_be_read_aloud() {
        let catalogue = Catalogue::built_in();
        let readings = catalogue.readings();
        let lessons = catalogue
            .scenarios()
            .filter_map(|scenario| scenario.lesson(Language::Chinese));
        let courtesy = catalogue
            .courtesy(Language::Chinese)
            .into_iter()
            .flat_map(courtesies_of);
        for line in lessons.flat_map(lines_of).chain(courtesy) {
            for clause in clauses(&line.text) {
                assert!(
                    readings.spoken(Language::Chinese, &clause).is_some(),
                    "{clause} in {}",
                    line.text
                );
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_looked_up(text in "\\PC*|[{}你好，。 ]{0,20}") {
            static READINGS: LazyLock<Readings> = LazyLock::new(|| Catalogue::built_in().readings());
            READINGS.spoken(Language::Chinese, &text);
        }
    }
}
