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
    /// Constructions that learners often get wrong, where no rule can tell whether they are.
    #[serde(default)]
    doubtful: Vec<String>,
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
    doubtful: Vec<Pattern>,
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
    /// What each finding's rule looked at, in bytes and in the same order: what it found, and the words on both sides that it names.
    pub looked_at: Vec<Range<usize>>,
    /// Words of the text.
    pub words: usize,
    /// Those of them that stand in a construction that the rules look at, at a place that isn't open to any word, and in no doubtful
    /// one.
    pub judged: usize,
    /// Constructions that the rules look at, in bytes, as far as all words in them are judged.
    pub constructions: Vec<Range<usize>>,
    /// Whether something in the text is often wrong, and no rule can tell whether it is.
    pub is_doubtful: bool,
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
        let mut patterns = |texts: &[String]| -> Vec<Pattern> {
            let read = |text: &String| Pattern::parse(text, &classes).map_err(|fault| faults.push(fault)).ok();
            texts.iter().filter_map(read).collect()
        };
        let (judged, doubtful) = (patterns(&file.judged), patterns(&file.doubtful));
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
            let looked_for = judged.iter().chain(&doubtful);
            unused(&file.classes, &forms, looked_for, &rules, &mut faults);
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
            doubtful,
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
        let mut found: Vec<Found> = Vec::new();
        let mut judged = vec![false; tokens.len()];
        for rule in &self.rules {
            for at in rule.matcher.find(&tokens, &self.classes) {
                mark(&rule.matcher, &at, &mut judged);
                if found.iter().any(|other| other.overlaps(&at.reported)) {
                    continue;
                }
                if let Some(finding) = rule.finding(text, &tokens, &at, &self.forms) {
                    found.push(Found {
                        looked_at: looked_at(&rule.matcher, &at),
                        reported: at.reported,
                        finding,
                        concept: &rule.concept,
                    });
                }
            }
        }
        let mut constructions = Vec::new();
        for pattern in &self.judged {
            for at in pattern.find(&tokens, &self.classes) {
                mark(pattern, &at, &mut judged);
                let taken = || at.taken.iter().flatten().copied();
                if let (Some(first), Some(last)) = (taken().min(), taken().max()) {
                    constructions.push(first..last + 1);
                }
            }
        }
        let doubtful = self
            .doubtful
            .iter()
            .flat_map(|pattern| pattern.find(&tokens, &self.classes));
        let mut is_doubtful = false;
        // What was found wrong there is no doubt any more.
        for at in doubtful.filter(|at| !found.iter().any(|other| other.overlaps(&at.reported))) {
            judged[at.reported].fill(false);
            is_doubtful = true;
        }
        found.sort_by_key(|found| found.reported.start);
        let bytes = |range: &Range<usize>| tokens[range.start].span.start..tokens[range.end - 1].span.end;
        constructions.retain(|taken| judged[taken.clone()].iter().all(|judged| *judged));
        let is_judged = |(token, judged): &(&Token, &bool)| token.is_word && **judged;
        Judgement {
            concepts: found.iter().map(|found| found.concept.to_owned()).collect(),
            looked_at: found.iter().map(|found| bytes(&found.looked_at)).collect(),
            findings: found.into_iter().map(|found| found.finding).collect(),
            words: tokens.iter().filter(|token| token.is_word).count(),
            judged: tokens.iter().zip(&judged).filter(is_judged).count(),
            constructions: constructions.iter().map(bytes).collect(),
            is_doubtful,
        }
    }
}

/// What a rule found.
struct Found<'g> {
    /// Tokens that are wrong.
    reported: Range<usize>,
    /// Tokens that the rule looked at.
    looked_at: Range<usize>,
    finding: Finding,
    concept: &'g str,
}

impl Found<'_> {
    fn overlaps(&self, tokens: &Range<usize>) -> bool {
        tokens.start < self.reported.end && self.reported.start < tokens.end
    }
}

/// Marks the tokens that a pattern names.
fn mark(pattern: &Pattern, at: &Match, judged: &mut [bool]) {
    for taken in named(pattern, at) {
        judged[taken] = true;
    }
}

fn named<'a>(pattern: &'a Pattern, at: &'a Match) -> impl Iterator<Item = usize> + 'a {
    let taken = at.taken.iter().enumerate();
    taken.filter_map(|(index, taken)| taken.filter(|_| pattern.names(index)))
}

/// The tokens that are wrong with those before and after them that the pattern names.
fn looked_at(pattern: &Pattern, at: &Match) -> Range<usize> {
    let named: BTreeSet<usize> = named(pattern, at).collect();
    let Range { mut start, mut end } = at.reported;
    while start > 0 && named.contains(&(start - 1)) {
        start -= 1;
    }
    while named.contains(&end) {
        end += 1;
    }
    start..end
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
fn unused<'a>(
    lines: &'a BTreeMap<String, ClassLine>,
    forms: &'a Forms,
    looked_for: impl Iterator<Item = &'a Pattern>,
    rules: &'a [Rule],
    faults: &mut Vec<String>,
) {
    let patterns = looked_for.chain(rules.iter().map(|rule| &rule.matcher));
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
