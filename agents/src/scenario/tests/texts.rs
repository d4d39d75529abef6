//! Everything that is said in a scenario, for tests of what judges language.

use super::super::format::Line;
use super::Script;

/// Values of a slot that are put into a line, one after another.
const MOST_VALUES: usize = 12;

impl Script {
    /// Every text of the scenario in its language: what the tutor says, with slots filled in, what is expected of the learner,
    /// and what may be said at any time. All of it is right.
    pub(crate) fn every_text(&self) -> Vec<String> {
        let (lesson, courtesy) = (self.lesson(), self.courtesy());
        let mut lines: Vec<&Line> = [&lesson.opener, &lesson.farewell, &lesson.vocabulary]
            .into_iter()
            .flatten()
            .collect();
        let mut texts: Vec<String> = Vec::new();
        for turn in lesson.steps.values() {
            lines.extend(turn.ask.iter().chain(&turn.reprompts));
            lines.extend(turn.answers.values().chain(turn.replies.values()).flatten());
            texts.extend(turn.hints.iter().cloned());
        }
        lines.extend(courtesy.phrases.values().chain(courtesy.replies.values()).flatten());
        let others = [
            &courtesy.sorry,
            &courtesy.refused,
            &courtesy.put_off,
            &courtesy.own_language,
            &courtesy.suggest,
            &courtesy.help_on,
            &courtesy.idle,
        ];
        lines.extend(others.into_iter().flatten());
        texts.extend(lines.into_iter().map(|line| line.text.clone()));
        texts.extend(
            lesson
                .slots
                .values()
                .flat_map(|slot| slot.values.iter().map(|value| value.value.clone())),
        );
        texts.iter().flat_map(|text| self.filled(text)).collect()
    }

    /// A text with every value of its first slot, and so on.
    fn filled(&self, text: &str) -> Vec<String> {
        let Some((before, rest)) = text.split_once('{') else {
            return vec![text.to_owned()];
        };
        let (slot, after) = rest.split_once('}').expect("content is checked");
        let values = self
            .lesson()
            .slots
            .get(slot)
            .map_or(&[][..], |slot| slot.values.as_slice());
        let mut values: Vec<&str> = values
            .iter()
            .map(|value| value.value.as_str())
            .take(MOST_VALUES)
            .collect();
        if values.is_empty() {
            values.push("Xyz");
        }
        let fill = |value: &str| self.filled(&format!("{before}{value}{after}"));
        values.into_iter().flat_map(fill).collect()
    }
}
