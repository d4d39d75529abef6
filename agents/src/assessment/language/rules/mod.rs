//! Rules of grammar as data: `content/grammar/<language>.toml`.
//!
//! A rule is a [pattern](pattern) over words, what to put in place of what it found, and why. Classes of words, and tables of
//! their forms, are lists of our own in the same file. Every rule has examples, wrong and right, that a test applies it to, and
//! all of them together find nothing in anything that the tutor says or expects. `docs/grammar.md` lists them.

mod class;
mod edits;
mod library;
mod pattern;
mod template;
mod token;
mod variants;

#[cfg(test)]
pub(super) mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;

use super::remarks::{Certainty, Code, Finding, Kind, Source};
use crate::language::Language;
use class::{ClassLine, classes, with_parts};
use edits::Edits;
use pattern::{Classes, Match, Pattern};
use template::{Filling, Forms, Template};

pub use library::Grammars;
pub(super) use library::SPELLING;
pub(super) use token::{Token, tokens};
pub use variants::Variant;

/// A file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    language: Language,
    /// Constructions that the rules look at, right or wrong.
    judged: Vec<String>,
    classes: BTreeMap<String, ClassLine>,
    /// Words and their counterparts: `"un une, du de la"`.
    #[serde(default)]
    forms: BTreeMap<String, String>,
    rules: Vec<RuleLine>,
}

/// A rule as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleLine {
    id: String,
    code: Code,
    /// Where the code's own kind is not meant: a false friend is a matter of words.
    kind: Option<Kind>,
    /// What it is about in general, to explain it in the learner's language.
    concept: String,
    pattern: String,
    suggest: String,
    explain: String,
    certainty: Option<Certainty>,
    /// What is wrong, and how it is right.
    examples: Vec<(String, String)>,
}

/// The rules of one language.
#[derive(Debug)]
pub struct Grammar {
    language: Language,
    classes: Classes,
    forms: Forms,
    judged: Vec<Pattern>,
    rules: Vec<Rule>,
    edits: Edits,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// `french.elision_article`
    pub id: String,
    /// What kind of fault it finds.
    pub code: Code,
    /// What it is about in general.
    pub concept: String,
    /// The pattern, as it is written.
    pub pattern: String,
    /// What is wrong, and how it is right.
    pub examples: Vec<(String, String)>,
    kind: Kind,
    certainty: Certainty,
    matcher: Pattern,
    suggest: Template,
    explain: Template,
}

/// What the rules say of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// In the order of the text; they don't overlap. Explained in English only.
    pub findings: Vec<Finding>,
    /// The concept of each finding's rule, in the same order.
    pub concepts: Vec<String>,
    /// Words of the text.
    pub words: usize,
    /// Those of them that stand in a construction that the rules look at, at a place that isn't open to any word.
    pub judged: usize,
}

impl Grammar {
    /// Reads a file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let file: File = toml::from_str(text).map_err(|error| vec![error.to_string()])?;
        let mut faults = Vec::new();
        let classes = classes(&file.classes, &mut faults);
        let judged = file
            .judged
            .iter()
            .filter_map(|text| Pattern::parse(text, &classes).map_err(|fault| faults.push(fault)).ok());
        let judged: Vec<Pattern> = judged.collect();
        let forms = forms(&file.forms, &mut faults);
        let mut ids = BTreeSet::new();
        let mut rules = Vec::new();
        for line in file.rules {
            let id = format!("{}.{}", file.language, line.id);
            if !ids.insert(id.clone()) {
                faults.push(format!("{id} is there twice"));
            }
            match Rule::read(line, id.clone(), &classes, &forms) {
                Ok(rule) => rules.push(rule),
                Err(fault) => faults.push(format!("{id}: {fault}")),
            }
        }
        if faults.is_empty() {
            unused(&file.classes, &forms, &judged, &rules, &mut faults);
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let examples = rules.iter().flat_map(|rule: &Rule| &rule.examples);
        Ok(Self {
            language: file.language,
            edits: Edits::learned(file.language, &forms, examples),
            classes,
            forms,
            judged,
            rules,
        })
    }

    /// Its language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Its rules, in the order in which they are tried: where two find the same words, the earlier one counts.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What the rules say of a text.
    pub fn judge(&self, text: &str) -> Judgement {
        let tokens = tokens(text, self.language);
        let mut found: Vec<(Range<usize>, Finding, String)> = Vec::new();
        let mut judged = vec![false; tokens.len()];
        let mark = |pattern: &Pattern, at: &Match, judged: &mut Vec<bool>| {
            for (index, taken) in at.taken.iter().enumerate() {
                if let Some(taken) = taken.filter(|_| pattern.names(index)) {
                    judged[taken] = true;
                }
            }
        };
        for rule in &self.rules {
            for at in rule.matcher.find(&tokens, &self.classes) {
                mark(&rule.matcher, &at, &mut judged);
                let is_free = |(other, ..): &(Range<usize>, Finding, String)| {
                    other.end <= at.reported.start || other.start >= at.reported.end
                };
                if !found.iter().all(is_free) {
                    continue;
                }
                if let Some(finding) = rule.finding(text, &tokens, &at, &self.forms) {
                    found.push((at.reported, finding, rule.concept.clone()));
                }
            }
        }
        for pattern in &self.judged {
            for at in pattern.find(&tokens, &self.classes) {
                mark(pattern, &at, &mut judged);
            }
        }
        found.sort_by_key(|(reported, ..)| reported.start);
        let (findings, concepts) = found
            .into_iter()
            .map(|(_, finding, concept)| (finding, concept))
            .unzip();
        let is_judged = |(token, judged): &(&Token, &bool)| token.is_word && **judged;
        Judgement {
            findings,
            concepts,
            words: tokens.iter().filter(|token| token.is_word).count(),
            judged: tokens.iter().zip(&judged).filter(is_judged).count(),
        }
    }
}

impl Rule {
    fn read(line: RuleLine, id: String, classes: &Classes, forms: &Forms) -> Result<Self, String> {
        let matcher = Pattern::parse(&line.pattern, classes)?;
        let suggest = Template::parse(&line.suggest)?;
        suggest.check(&matcher, classes, forms)?;
        let explain = Template::parse(&line.explain)?;
        explain.check(&matcher, classes, forms)?;
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if line.id.is_empty() || !line.id.chars().all(is_plain) {
            return Err("an id is of lower-case letters, digits and _".to_owned());
        }
        if line.examples.is_empty() {
            return Err("a rule has at least one example".to_owned());
        }
        Ok(Self {
            id,
            kind: line.kind.unwrap_or(line.code.kind()),
            code: line.code,
            concept: line.concept,
            pattern: line.pattern,
            examples: line.examples,
            certainty: line.certainty.unwrap_or(Certainty::High),
            matcher,
            suggest,
            explain,
        })
    }

    fn finding(&self, text: &str, tokens: &[Token], at: &Match, forms: &Forms) -> Option<Finding> {
        let (first, last) = (&tokens[at.reported.start], &tokens[at.reported.end - 1]);
        let span = first.span.start..last.span.end;
        let word = text.get(span.clone())?;
        let mut filling = Filling {
            found: at,
            tokens,
            forms,
            word,
            suggestion: "",
        };
        let mut suggestion = self.suggest.fill(&filling)?;
        // At the beginning of a clause only: elsewhere a capital is the word's own.
        let begins_clause = at
            .reported
            .start
            .checked_sub(1)
            .is_none_or(|before| !tokens[before].is_word);
        if begins_clause && first.is_capitalised() {
            suggestion = capitalised(&suggestion);
        }
        if suggestion == word {
            return None;
        }
        filling.suggestion = &suggestion;
        Some(Finding {
            kind: self.kind,
            code: self.code.clone(),
            explanation: self.explain.fill(&filling)?,
            explanation_native: None,
            span,
            word: word.to_owned(),
            source: Source::Rules,
            rule: self.id.clone(),
            certainty: self.certainty,
            suggestion,
        })
    }
}

/// Classes and tables that nothing needs: rules have lost them, or name another one by mistake.
fn unused(
    lines: &BTreeMap<String, ClassLine>,
    forms: &Forms,
    judged: &[Pattern],
    rules: &[Rule],
    faults: &mut Vec<String>,
) {
    let patterns = judged.iter().chain(rules.iter().map(|rule| &rule.matcher));
    let classes = with_parts(patterns.flat_map(Pattern::classes), lines);
    let classes = lines.keys().filter(|name| !classes.contains(name.as_str()));
    faults.extend(classes.map(|name| format!("nothing uses class {name:?}")));
    let templates = rules.iter().flat_map(|rule| [&rule.suggest, &rule.explain]);
    let tables: BTreeSet<&str> = templates.flat_map(Template::forms).collect();
    let tables = forms.keys().filter(|name| !tables.contains(name.as_str()));
    faults.extend(tables.map(|name| format!("nothing uses forms.{name}")));
}

/// Reads tables of words and their counterparts.
fn forms(tables: &BTreeMap<String, String>, faults: &mut Vec<String>) -> Forms {
    let mut pair = |name: &str, pair: &str| {
        let parts = pair.trim().split_once(' ');
        if parts.is_none() {
            faults.push(format!("forms.{name} has {pair:?}, which is no pair"));
        }
        parts.map(|(word, form)| (word.to_owned(), form.trim().to_owned()))
    };
    let table = |(name, pairs): (&String, &String)| {
        (
            name.clone(),
            pairs.split(',').filter_map(|words| pair(name, words)).collect(),
        )
    };
    tables.iter().map(table).collect()
}

/// A text with a capital at the beginning.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
