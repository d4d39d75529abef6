//! Classes of words: `content/grammar`'s lists, by name.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

/// A class as it is written. Words are separated by spaces.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ClassLine {
    /// Words that are in it.
    words: String,
    /// Stems, each of which stands with each of the suffixes; `_` is the suffix that is none.
    stems: String,
    /// Classes whose words are such stems.
    stems_of: String,
    suffixes: String,
    /// Classes that are in it.
    of: String,
    /// Ends of words that are in it, whatever comes before them.
    endings: String,
    /// Beginnings of words that are in it.
    begins: String,
    /// Words that are not in it after all.
    except: String,
}

/// A class of words.
#[derive(Clone, Debug, Default)]
pub(super) struct Class {
    words: HashSet<String>,
    endings: Vec<String>,
    begins: Vec<String>,
    except: HashSet<String>,
}

/// Letters that a word has at least before an ending of a class.
const STEM: usize = 2;

impl Class {
    pub fn contains(&self, word: &str) -> bool {
        if self.except.contains(word) {
            return false;
        }
        let ends = |ending: &String| {
            word.strip_suffix(ending.as_str())
                .is_some_and(|stem| stem.chars().count() >= STEM)
        };
        self.words.contains(word)
            || self.endings.iter().any(ends)
            || self.begins.iter().any(|begin| word.starts_with(begin.as_str()))
    }

    /// All its words, if they can be listed.
    pub fn words(&self) -> Option<impl Iterator<Item = &str>> {
        let is_open = !self.endings.is_empty() || !self.begins.is_empty();
        (!is_open).then(|| {
            self.words
                .iter()
                .map(String::as_str)
                .filter(|word| !self.except.contains(*word))
        })
    }
}

/// The classes of a language.
pub(super) fn classes(lines: &BTreeMap<String, ClassLine>, faults: &mut Vec<String>) -> BTreeMap<String, Class> {
    let mut made = BTreeMap::new();
    for name in lines.keys() {
        make(name, lines, &mut made, &mut Vec::new(), faults);
    }
    made
}

/// Those of these classes, and of the ones that they are made of, that are there.
pub(super) fn with_parts<'a>(
    named: impl Iterator<Item = &'a str>,
    lines: &'a BTreeMap<String, ClassLine>,
) -> HashSet<&'a str> {
    let mut open: Vec<&str> = named.collect();
    let mut all = HashSet::new();
    while let Some(name) = open.pop() {
        if let Some(line) = lines.get(name)
            && all.insert(name)
        {
            open.extend(line.of.split_whitespace().chain(line.stems_of.split_whitespace()));
        }
    }
    all
}

fn make(
    name: &str,
    lines: &BTreeMap<String, ClassLine>,
    made: &mut BTreeMap<String, Class>,
    open: &mut Vec<String>,
    faults: &mut Vec<String>,
) {
    if made.contains_key(name) {
        return;
    }
    let Some(line) = lines.get(name) else {
        faults.push(format!("there is no class {name:?}"));
        return;
    };
    if open.iter().any(|class| class == name) {
        faults.push(format!("class {name:?} is in itself"));
        return;
    }
    open.push(name.to_owned());
    let list = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for part in list(&line.of).iter().chain(&list(&line.stems_of)) {
        make(part, lines, made, open, faults);
    }
    open.pop();
    let mut class = Class {
        words: list(&line.words).into_iter().collect(),
        endings: list(&line.endings),
        begins: list(&line.begins),
        except: list(&line.except).into_iter().collect(),
    };
    for part in list(&line.of).iter().filter_map(|part| made.get(part)) {
        let words = part.words.iter().filter(|word| !part.except.contains(*word));
        class.words.extend(words.cloned());
        class.endings.extend_from_slice(&part.endings);
        class.begins.extend_from_slice(&part.begins);
        if !part.endings.is_empty() || !part.begins.is_empty() {
            class.except.extend(part.except.iter().cloned());
        }
    }
    let mut stems = list(&line.stems);
    for part in list(&line.stems_of).iter().filter_map(|part| made.get(part)) {
        match part.words() {
            Some(words) => stems.extend(words.map(str::to_owned)),
            None => faults.push(format!(
                "the words of a class that are stems of {name:?} can't be listed"
            )),
        }
    }
    if stems.is_empty() != line.suffixes.is_empty() {
        faults.push(format!("class {name:?} needs both stems and suffixes, or neither"));
    }
    for suffix in list(&line.suffixes) {
        let suffix = if suffix == "_" { "" } else { suffix.as_str() };
        class.words.extend(stems.iter().map(|stem| format!("{stem}{suffix}")));
    }
    if class.words.is_empty() && class.endings.is_empty() && class.begins.is_empty() {
        faults.push(format!("class {name:?} is empty"));
    }
    made.insert(name.to_owned(), class);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (BTreeMap<String, Class>, Vec<String>) {
        let lines = toml::from_str(text).expect("classes");
        let mut faults = Vec::new();
        (classes(&lines, &mut faults), faults)
    }

    #[test]
    fn words_stems_endings_and_other_classes_make_a_class() {
        let (classes, faults) = read(
            r#"
            noun = { words = "table carte", endings = "tion", except = "bastion" }
            nouns = { stems_of = "plain", suffixes = "s" }
            plain = { words = "table carte" }
            verb = { stems = "parl aim", suffixes = "e _" }
            all = { of = "noun verb", words = "oui" }
            "#,
        );
        assert_eq!(faults, [""; 0]);
        for (class, inside, outside) in [
            ("noun", &["table", "station"][..], &["bastion", "tion", "tables"][..]),
            ("nouns", &["tables", "cartes"], &["table"]),
            ("verb", &["parle", "parl", "aim"], &["parles"]),
            ("all", &["oui", "carte", "aime", "nation"], &["bastion", "non"]),
        ] {
            for word in inside {
                assert!(classes[class].contains(word), "{class} {word}");
            }
            for word in outside {
                assert!(!classes[class].contains(word), "{class} {word}");
            }
        }
        assert!(classes["noun"].words().is_none());
        assert_eq!(classes["verb"].words().map(Iterator::count), Some(4));
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        let (_, faults) = read(
            r#"
            a = { of = "b" }
            b = { of = "a" }
            c = { stems = "x" }
            d = { of = "nowhere", words = "x" }
            "#,
        );
        let faults = faults.join("\n");
        for part in ["is in itself", "both stems and suffixes", "no class \"nowhere\""] {
            assert!(faults.contains(part), "{part}: {faults}");
        }
    }
}
