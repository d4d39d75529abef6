//! Words that are right because the scenario says so: names, values, and what it teaches.

use super::Progress;
use super::script::Script;

impl Script {
    /// The words of an answer's scenario that no dictionary has to know: the tutor's name, what is told about the place, what slots
    /// can be filled with and what they were filled with, this answer included, what an open talk is about, and what is taught.
    pub fn known_words(&self, progress: &Progress, answer: &str) -> Vec<String> {
        let lesson = self.lesson();
        let mut known = vec![lesson.persona.name.clone()];
        known.extend(lesson.context.values().flat_map(texts).map(str::to_owned));
        let values = lesson.slots.values().flat_map(|slot| &slot.values);
        known.extend(values.flat_map(|value| std::iter::once(&value.value).chain(&value.words).cloned()));
        known.extend(lesson.vocabulary.iter().map(|line| line.text.clone()));
        known.extend(progress.slots.values().cloned());
        known.extend(self.topic.clone());
        if let Some((step, _)) = self.turn(progress) {
            let filled = self.slot_table().fill(step, answer).into_iter();
            known.extend(filled.map(|(_, value)| value));
        }
        known
    }
}

/// The texts of a value of the context.
fn texts(value: &serde_json::Value) -> Vec<&str> {
    match value {
        serde_json::Value::String(text) => vec![text],
        serde_json::Value::Array(values) => values.iter().filter_map(serde_json::Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_values_and_what_is_taught_are_known() {
        let script = Script::sample();
        let mut progress = Progress::default();
        progress.slots.insert("drink".to_owned(), "un kir".to_owned());
        let known = script.known_words(&progress, "J'ai réservé au nom de Kowalczyk");
        for word in [
            "Marie",
            "Paris",
            "salade niçoise",
            "Kowalczyk",
            "un kir",
            "perrier",
            "l'addition",
        ] {
            assert!(known.iter().any(|known| known == word), "{word} of {known:?}");
        }
        assert!(!known.iter().any(|known| known == "réservé"));
    }
}
