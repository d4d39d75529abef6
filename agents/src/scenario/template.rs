//! Lines with slots: `"Très bien, {party}."`, and the conditions under which a line is said.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::counting::meaning_of;
use super::format::{Line, Slot};
use super::level::Level;

/// A condition on a slot: `"diet"` (filled), `"!diet"` (empty) or `"diet=vegan"`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Condition {
    /// The slot it looks at.
    pub slot: String,
    /// The value that the slot must have.
    pub test: Test,
}

/// What a condition asks of its slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Filled,
    Empty,
    Is(String),
}

impl TryFrom<String> for Condition {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (slot, test) = match (text.strip_prefix('!'), text.split_once('=')) {
            (Some(slot), _) => (slot, Test::Empty),
            (None, Some((slot, value))) => (slot, Test::Is(value.trim().to_owned())),
            (None, None) => (text.as_str(), Test::Filled),
        };
        let slot = slot.trim();
        if slot.is_empty() || !slot.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            return Err(format!("condition {text:?} is not `slot`, `!slot` or `slot=value`"));
        }
        Ok(Self {
            slot: slot.to_owned(),
            test,
        })
    }
}

/// What lines are filled from.
pub(super) struct Filling<'a> {
    /// What is known, by slot.
    pub values: BTreeMap<&'a str, &'a str>,
    /// What the values mean in English.
    pub slots: &'a BTreeMap<String, Slot>,
    /// The learner's level.
    pub level: Level,
}

impl Filling<'_> {
    /// Whether a condition holds.
    pub fn holds(&self, condition: &Condition) -> bool {
        let value = self.values.get(condition.slot.as_str());
        match &condition.test {
            Test::Filled => value.is_some(),
            Test::Empty => value.is_none(),
            Test::Is(wanted) => value.is_some_and(|value| value == wanted),
        }
    }

    /// The first line that applies: its condition and level fit and each of its slots is filled.
    pub fn choose<'l>(&self, lines: &'l [Line]) -> Option<&'l Line> {
        lines.iter().find(|line| self.applies(line))
    }

    /// Whether a line may be said.
    pub fn applies(&self, line: &Line) -> bool {
        line.when.as_ref().is_none_or(|condition| self.holds(condition))
            && line.level.is_none_or(|level| level == self.level)
            && slots_of(&line.text).all(|slot| self.values.contains_key(slot))
    }

    /// The line's text with its slots filled.
    pub fn text(&self, line: &Line) -> String {
        fill(&line.text, |slot| {
            self.values.get(slot).map(|&value| Cow::Borrowed(value))
        })
    }

    /// The line's translation with its slots filled by what they mean.
    pub fn translation(&self, line: &Line) -> String {
        fill(&line.en, |slot| {
            let value = self.values.get(slot).copied()?;
            let meaning = self.slots.get(slot).and_then(|slot| {
                let Some(known) = slot.values.iter().find(|known| known.value == value) else {
                    return meaning_of(slot, value).map(Cow::Owned);
                };
                (!known.en.is_empty()).then_some(Cow::Borrowed(known.en.as_str()))
            });
            Some(meaning.unwrap_or(Cow::Borrowed(value)))
        })
    }
}

/// The slots that a text names.
pub(super) fn slots_of(text: &str) -> impl Iterator<Item = &str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(slot, _)| slot))
}

/// Fills a text's slots; what is unknown stays as it stands.
fn fill<'v>(text: &str, value: impl Fn(&str) -> Option<Cow<'v, str>>) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((slot, after_slot)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        match value(slot) {
            // A value that opens a sentence takes its capital.
            Some(value) if opens_sentence(&filled) => {
                let mut chars = value.chars();
                filled.extend(chars.next().into_iter().flat_map(char::to_uppercase));
                filled.push_str(chars.as_str());
            }
            Some(value) => filled.push_str(&value),
            None => {
                filled.push('{');
                filled.push_str(slot);
                filled.push('}');
            }
        }
        rest = after_slot;
    }
    filled.push_str(rest);
    filled
}

fn opens_sentence(before: &str) -> bool {
    let before = before.trim_end();
    before.is_empty() || before.ends_with(['.', '!', '?', '¡', '¿', '…'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filling<'a>(values: &[(&'a str, &'a str)], slots: &'a BTreeMap<String, Slot>) -> Filling<'a> {
        Filling {
            values: values.iter().copied().collect(),
            slots,
            level: Level::Intermediate,
        }
    }

    fn line(text: &str, when: Option<&str>) -> Line {
        Line {
            text: text.to_owned(),
            when: when.map(|when| Condition::try_from(when.to_owned()).expect("a condition")),
            ..Line::default()
        }
    }

    #[test]
    fn the_first_line_that_applies_is_chosen() {
        let slots = BTreeMap::new();
        let lines = [
            line("Vegan.", Some("diet=vegan")),
            line("{party}.", None),
            line("Nothing said.", Some("!diet")),
            line("Fine.", None),
        ];
        for (values, expected) in [
            (&[("diet", "vegan"), ("party", "two")][..], "Vegan."),
            (&[("party", "two")][..], "Two."),
            (&[][..], "Nothing said."),
            (&[("diet", "none")][..], "Fine."),
        ] {
            let filling = filling(values, &slots);
            let chosen = filling.choose(&lines).expect("one applies");
            assert_eq!(filling.text(chosen), expected);
        }
    }

    #[test]
    fn text_with_stray_braces_stays_as_it_is() {
        let slots = BTreeMap::new();
        let filling = filling(&[("a", "x")], &slots);
        for text in ["{", "}", "{}", "a {b", "{unknown} }{"] {
            assert_eq!(filling.text(&line(text, None)), text);
        }
    }

    #[test]
    fn conditions_that_name_no_slot_are_refused() {
        for text in ["", "!", "=x", "two words", "Diet"] {
            assert!(Condition::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
