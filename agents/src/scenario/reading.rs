//! How a text is read aloud where no voice reads its writing: from the spoken forms of the lines that it is made of.

use super::Catalogue;
use super::format::Line;
use crate::language::Language;

impl Catalogue {
    /// A text of the tutor's as it is spoken (pinyin), for a voice that can't read it as it is written. None unless every part
    /// of it is a line with a spoken form.
    pub fn reading(&self, language: Language, text: &str) -> Option<String> {
        let lines = self.spoken_lines(language);
        let mut rest = text.trim_start();
        let mut spoken: Vec<&str> = Vec::new();
        while !rest.is_empty() {
            let fitting = lines.iter().filter(|(written, _)| rest.starts_with(written));
            let (written, reading) = fitting.max_by_key(|(written, _)| written.len())?;
            spoken.push(reading);
            rest = rest[written.len()..].trim_start();
        }
        (!spoken.is_empty()).then(|| spoken.join(" "))
    }

    fn spoken_lines(&self, language: Language) -> Vec<(&str, &str)> {
        let lessons = self.scenarios.iter().filter_map(|scenario| scenario.lesson(language));
        let of_lessons = lessons.flat_map(|lesson| {
            let turns = lesson.steps.values().flat_map(|turn| {
                let groups = turn.answers.values().chain(turn.replies.values()).flatten();
                turn.ask.iter().chain(&turn.reprompts).chain(groups)
            });
            lesson
                .opener
                .iter()
                .chain(&lesson.farewell)
                .chain(&lesson.vocabulary)
                .chain(turns)
        });
        let courtesy = self.courtesies.get(&language);
        let of_courtesies = courtesy.into_iter().flat_map(|courtesy| {
            let groups = courtesy.phrases.values().chain(courtesy.replies.values()).flatten();
            courtesy.sorry.iter().chain(&courtesy.idle).chain(groups)
        });
        of_lessons.chain(of_courtesies).filter_map(spoken).collect()
    }
}

/// A line as it is written and as it is spoken, where the two differ.
fn spoken(line: &Line) -> Option<(&str, &str)> {
    Some((line.text.as_str(), line.spoken.as_deref()?)).filter(|(text, _)| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Level;

    #[test]
    fn a_text_of_known_lines_is_read_line_by_line() {
        let catalogue = Catalogue::built_in();
        let read = |text| catalogue.reading(Language::Chinese, text);
        assert_eq!(
            read("好的。你今天怎么样？").as_deref(),
            Some("hǎo de. nǐ jīntiān zěnmeyàng?")
        );
        assert_eq!(read("好的。 你好").as_deref(), Some("hǎo de. nǐ hǎo"));
        assert_eq!(read("好的。大卫"), None);
        assert_eq!(read(""), None);
        assert_eq!(catalogue.reading(Language::French, "Bonjour"), None);
    }

    #[test]
    fn every_conversation_in_chinese_opens_with_words_that_can_be_read() {
        let catalogue = Catalogue::built_in();
        let script = catalogue
            .script("restaurant", Language::Chinese, Level::Beginner)
            .unwrap();
        let opener = script.opener().text;
        assert!(catalogue.reading(Language::Chinese, &opener).is_some(), "{opener}");
    }
}
