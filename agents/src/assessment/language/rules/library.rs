//! All grammars, and what they explain in the learner's own language.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{Finding, Grammar, Judgement};
use crate::language::Language;
use crate::scenario::{ContentError, Fault};

/// The rules of every language that has any.
#[derive(Debug)]
pub struct Grammars {
    grammars: BTreeMap<Language, Grammar>,
    concepts: Concepts,
}

/// What a rule is about in general, by concept and language. `{word}` and `{suggestion}` are put in.
type Concepts = BTreeMap<String, BTreeMap<Language, String>>;

#[derive(Deserialize)]
struct ConceptFile {
    concepts: Concepts,
}

const BUILT_IN: [(&str, &str); 5] = [
    (
        "grammar/english.toml",
        include_str!("../../../../../content/grammar/english.toml"),
    ),
    (
        "grammar/french.toml",
        include_str!("../../../../../content/grammar/french.toml"),
    ),
    (
        "grammar/german.toml",
        include_str!("../../../../../content/grammar/german.toml"),
    ),
    (
        "grammar/italian.toml",
        include_str!("../../../../../content/grammar/italian.toml"),
    ),
    (
        "grammar/spanish.toml",
        include_str!("../../../../../content/grammar/spanish.toml"),
    ),
];
/// What explains a misspelling.
pub(crate) const SPELLING: &str = "spelling";
const CONCEPTS: &str = "grammar/concepts.toml";
const BUILT_IN_CONCEPTS: &str = include_str!("../../../../../content/grammar/concepts.toml");

impl Grammars {
    /// Those that the program is built with.
    pub fn built_in() -> Self {
        let owned = |(file, text): (&str, &str)| (file.to_owned(), text.to_owned());
        let grammars = Self::read(BUILT_IN.into_iter().map(owned).collect(), BUILT_IN_CONCEPTS);
        grammars.expect("the built-in content is checked by a test")
    }

    /// Those of a directory of content: `grammar/*.toml`. Without that directory in it, the built-in ones.
    ///
    /// # Errors
    /// A file that can't be read or parsed, or all faults of those that can.
    pub fn load(dir: &Path) -> Result<Self, ContentError> {
        let grammar = dir.join("grammar");
        if !grammar.is_dir() {
            return Ok(Self::built_in());
        }
        let read = |path: &Path| {
            std::fs::read_to_string(path).map_err(|source| ContentError::Read {
                path: path.to_owned(),
                source,
            })
        };
        let mut files = Vec::new();
        for language in Language::ALL {
            let file = format!("grammar/{language}.toml");
            let path = dir.join(&file);
            if path.exists() {
                files.push((file, read(&path)?));
            }
        }
        let concepts = dir.join(CONCEPTS);
        let concepts = match concepts.exists() {
            true => read(&concepts)?,
            false => BUILT_IN_CONCEPTS.to_owned(),
        };
        Self::read(files, &concepts)
    }

    fn read(files: Vec<(String, String)>, concepts: &str) -> Result<Self, ContentError> {
        let concepts: ConceptFile = toml::from_str(concepts).map_err(|error| ContentError::Syntax {
            file: CONCEPTS.to_owned(),
            reason: error.to_string(),
        })?;
        let concepts = concepts.concepts;
        let (mut grammars, mut faults) = (BTreeMap::new(), Vec::new());
        for (file, text) in files {
            match Grammar::parse(&text) {
                Ok(grammar) => {
                    let unknown = |concept: &&str| !concepts.contains_key(*concept);
                    let named = grammar.rules().iter().map(|rule| rule.concept.as_str());
                    for concept in named.chain([SPELLING]).filter(unknown) {
                        faults.push(Fault::of_file(&file, format!("there is no concept {concept:?}")));
                    }
                    grammars.insert(grammar.language(), grammar);
                }
                Err(wrong) => faults.extend(wrong.into_iter().map(|reason| Fault::of_file(&file, reason))),
            }
        }
        if faults.is_empty() {
            Ok(Self { grammars, concepts })
        } else {
            Err(ContentError::Faults { faults })
        }
    }

    /// The rules of a language; `None` where there are none.
    pub fn grammar(&self, language: Language) -> Option<&Grammar> {
        self.grammars.get(&language)
    }

    /// What the rules say of a text, explained in the learner's own language, too, unless that is English or the one that is
    /// practised. `None` where there are no rules.
    pub fn judge(&self, text: &str, language: Language, native: Language) -> Option<Judgement> {
        let mut judgement = self.grammar(language)?.judge(text);
        if native != language {
            for (finding, concept) in judgement.findings.iter_mut().zip(&judgement.concepts) {
                self.explain(finding, concept, native);
            }
        }
        Some(judgement)
    }

    /// Explains a finding in the learner's own language, unless that is English, in which it is explained already.
    pub(crate) fn explain(&self, finding: &mut Finding, concept: &str, native: Language) {
        let explained = self.concepts.get(concept).and_then(|texts| texts.get(&native));
        finding.explanation_native = explained.map(|text| {
            let word = text.split("{word}").collect::<Vec<_>>();
            let fill = |part: &str| part.replace("{suggestion}", &finding.suggestion);
            // The learner's words are put in last, so that nothing in them is taken for a place.
            word.into_iter().map(fill).collect::<Vec<_>>().join(&finding.word)
        });
    }

    /// The languages that have rules.
    pub fn languages(&self) -> impl Iterator<Item = Language> + '_ {
        self.grammars.keys().copied()
    }

    /// What is told in each language of a concept.
    #[cfg(test)]
    pub(super) fn concepts(&self) -> &BTreeMap<String, BTreeMap<Language, String>> {
        &self.concepts
    }
}
