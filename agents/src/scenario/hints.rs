//! Help that gives away no more than is needed: how an answer begins, a shorter one, and it whole.

use super::completion::{begun_words, completing};
use super::format::{Line, Step, Turn};
use super::script::{Script, answer_line};
use super::words::words;
use super::{Grade, Hint, Progress};

/// Words of an answer that are given away as its beginning, at most.
const LONGEST_BEGINNING: usize = 3;

impl Script {
    /// What to say now, in three grades, each giving away more than the one before. It is about the answer that completes
    /// what was `begun`, or else about a hint with a word that is to be met again, or the one that suits the level.
    pub fn hints(&self, progress: &Progress, begun: &str) -> Vec<Hint> {
        let Some((step, turn)) = self.turn(progress) else {
            return Vec::new();
        };
        let suited = || {
            let hints = || turn.hints.iter().filter_map(|hint| answer_line(turn, hint));
            let reviewing = hints().find(|line| self.reviews(&line.text));
            reviewing
                .or_else(|| hints().nth(self.level.hint()))
                .or_else(|| hints().next())
        };
        let Some(whole) = completing(turn, begun, self.courtesy()).or_else(suited) else {
            return Vec::new();
        };
        let beginning = self.beginning(whole, begun).map(|text| Hint {
            grade: Grade::Beginning,
            text,
            translation: String::new(),
        });
        let short = self
            .shorter(step, turn, whole)
            .map(|line| self.answer(line, Grade::Short));
        let whole = Some(self.answer(whole, Grade::Whole));
        [beginning, short, whole].into_iter().flatten().collect()
    }

    fn answer(&self, line: &Line, grade: Grade) -> Hint {
        Hint {
            grade,
            text: line.text.clone(),
            translation: self.translated(line.en.clone()),
        }
    }

    /// The first third of an answer, and at least a word more than was said of it; if that would be all of it, no more than half of
    /// its last word. Nothing of what is but one letter.
    fn beginning(&self, line: &Line, begun: &str) -> Option<String> {
        let courtesy = self.courtesy();
        let all = words(&line.text, courtesy).len();
        let fewest = begun_words(line, begun, courtesy) + 1;
        let enough = all.div_ceil(3).min(LONGEST_BEGINNING).max(fewest);
        if enough >= all {
            return half_said(&line.text);
        }
        // Spaces end words; where there are none, signs are words.
        let mut ends = line.text.char_indices().filter_map(|(at, c)| match self.is_spaced() {
            true => c.is_whitespace().then_some(at),
            false => Some(at + c.len_utf8()),
        });
        let end = ends.find(|&end| words(&line.text[..end], courtesy).len() >= enough)?;
        let beginning = line.text[..end].trim_end_matches(|c: char| !c.is_alphanumeric());
        Some(format!("{beginning}…"))
    }

    /// The shortest answer that wants the same; else the shortest of the other hints, or of all answers where no hint is shorter. What
    /// counts is letters: a beginner reads them.
    fn shorter<'a>(&self, step: &Step, turn: &'a Turn, whole: &Line) -> Option<&'a Line> {
        let length = |line: &&Line| line.text.chars().count();
        let same = turn.answers.values().find(|lines| lines.contains(whole));
        let same = same.into_iter().flatten().min_by_key(length);
        let asks = |line: &Line| {
            let mut asking = step.stays.iter().filter_map(|intent| turn.answers.get(intent));
            asking.any(|lines| lines.contains(line))
        };
        let others = || {
            turn.hints
                .iter()
                .filter_map(|hint| answer_line(turn, hint))
                .filter(|line| *line != whole)
        };
        let is_shorter = |line: &&Line| length(line) < length(&whole) && !asks(line);
        same.filter(is_shorter)
            .or_else(|| others().filter(is_shorter).min_by_key(length))
            .or_else(|| turn.answers.values().flatten().filter(is_shorter).min_by_key(length))
            .or_else(|| others().filter(|line| !asks(line)).min_by_key(length))
            .or_else(|| others().min_by_key(length))
    }
}

/// A text without the second half of its last word.
fn half_said(text: &str) -> Option<String> {
    let text = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    let start = text.rfind(|c: char| !c.is_alphanumeric());
    let start = start.map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    let letters = text[start..].chars().count();
    let half: String = text[start..].chars().take(letters / 2).collect();
    (!half.is_empty()).then(|| format!("{}{half}…", &text[..start]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::scenario::{Catalogue, Level};

    fn script(language: Language, level: Level) -> Script {
        Catalogue::built_in()
            .script("restaurant", language, level)
            .expect("it is built in")
    }

    fn texts(script: &Script, progress: &Progress, begun: &str) -> Vec<(Grade, String)> {
        let hints = script.hints(progress, begun);
        hints.into_iter().map(|hint| (hint.grade, hint.text)).collect()
    }

    #[test]
    fn each_grade_gives_away_more_and_no_more_than_the_level_needs() {
        let drink = Progress {
            step: 2,
            ..Progress::default()
        };
        let grades = |level| texts(&script(Language::French, level), &drink, "");
        assert_eq!(
            grades(Level::Beginner),
            [
                (Grade::Beginning, "Une carafe d'eau…".to_owned()),
                (Grade::Short, "De l'eau plate".to_owned()),
                (Grade::Whole, "Une carafe d'eau, s'il vous plaît".to_owned()),
            ]
        );
        assert_eq!(grades(Level::Intermediate)[2].1, "Je voudrais un verre de vin rouge");
        assert_eq!(grades(Level::Advanced)[2].1, "On va commencer par un kir");
    }

    #[test]
    fn what_is_shorter_has_fewer_letters_wherever_a_step_has_such_an_answer() {
        let short = &texts(&script(Language::French, Level::Beginner), &Progress::default(), "")[1..];
        assert_eq!(
            short,
            [
                (Grade::Short, "Je suis seul".to_owned()),
                (Grade::Whole, "Nous sommes quatre".to_owned())
            ]
        );
        let catalogue = Catalogue::built_in();
        for scenario in catalogue.scenarios().map(|scenario| scenario.id.as_str()) {
            for language in Language::ALL {
                let Some(script) = catalogue.script(scenario, language, Level::Beginner) else {
                    continue;
                };
                for step in 0..script.step_count() {
                    let at = Progress {
                        step,
                        ..Progress::default()
                    };
                    let (asked, turn) = script.turn(&at).expect("a step");
                    let leading = turn.answers.iter().filter(|(intent, _)| !asked.stays.contains(intent));
                    let letters = |text: &str| text.chars().count();
                    let least = leading
                        .flat_map(|(_, lines)| lines)
                        .map(|line| letters(&line.text))
                        .min();
                    let hints = script.hints(&at, "");
                    let is_shorter = letters(&hints[1].text) < letters(&hints[2].text);
                    let is_least = least.is_some_and(|least| least >= letters(&hints[2].text));
                    assert!(is_shorter || is_least, "{scenario} {language} {step}: {hints:?}");
                }
            }
        }
    }

    #[test]
    fn what_was_begun_is_gone_on_with() {
        let hints = texts(
            &script(Language::French, Level::Beginner),
            &Progress::default(),
            "Bonsoir, une table pour",
        );
        assert_eq!(hints[0], (Grade::Beginning, "Une table pour deux…".to_owned()));
        assert_eq!(
            hints[2],
            (Grade::Whole, "Une table pour deux, s'il vous plaît".to_owned())
        );
    }

    #[test]
    fn what_was_begun_up_to_its_last_word_is_gone_on_with() {
        let hints = texts(
            &script(Language::French, Level::Beginner),
            &Progress::default(),
            "Nous sommes",
        );
        assert_eq!(hints[0], (Grade::Beginning, "Nous sommes qua…".to_owned()));
        assert_eq!(half_said("L'addition !"), Some("L'addi…".to_owned()));
        assert_eq!(half_said("à"), None);
        assert_eq!(half_said(""), None);
    }

    #[test]
    fn there_are_three_grades_at_every_step_of_every_scenario_language_and_level() {
        let catalogue = Catalogue::built_in();
        let topics = || catalogue.scenarios().map(|scenario| scenario.id.as_str());
        for language in Language::ALL {
            for level in [Level::Beginner, Level::Intermediate, Level::Advanced] {
                for script in topics().filter_map(|topic| catalogue.script(topic, language, level)) {
                    for step in 0..script.step_count() {
                        let progress = Progress {
                            step,
                            ..Progress::default()
                        };
                        let hints = script.hints(&progress, "");
                        let grades: Vec<Grade> = hints.iter().map(|hint| hint.grade).collect();
                        let place = format!("{language} {} {step} {level:?}: {hints:?}", script.scenario_id());
                        assert_eq!(grades, [Grade::Beginning, Grade::Short, Grade::Whole], "{place}");
                        assert_ne!(hints[1].text, hints[2].text, "{place}");
                        let beginning = hints[0].text.trim_end_matches('…');
                        let whole = &hints[2].text;
                        assert!(whole.starts_with(beginning) && beginning.len() < whole.len(), "{place}");
                        // Who asks three times is shown all of them.
                        assert!(level.grades_of_help(2) >= 3);
                    }
                }
            }
        }
    }
}
