//! Splitting a reply into phrases while it is still being written, so that speech starts with its first clause.
//!
//! The first phrase is short (a greeting, an acknowledgement, a first clause), because the listener waits for it. Later
//! ones are longer, because a voice sounds better over a whole clause and there is time while the one before is played.
//! A mark is a boundary only once the text after it is known, so `3.50`, `8:30`, `M. Martin` and `« Oui. »` stay whole.

use std::collections::VecDeque;
use std::ops::Range;

use crate::language::Language;

/// A piece of a reply that is spoken at one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// The words, with their punctuation, trimmed.
    pub text: String,
    /// Where it stands in the whole text, in bytes.
    pub range: Range<usize>,
}

/// Splits text that arrives in pieces. The phrases don't depend on how the text was cut into pieces.
#[derive(Clone, Debug)]
pub struct PhraseSplitter {
    language: Language,
    /// Text that is in no phrase yet.
    pending: String,
    /// Where `pending` starts in the whole text, in bytes.
    offset: usize,
    /// Spoken length of `pending`, in letters.
    length: usize,
    /// A mark whose meaning depends on what follows.
    mark: Option<Mark>,
    /// Whether a phrase has been given.
    started: bool,
    ready: VecDeque<Phrase>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    /// The byte after it in `pending`.
    end: usize,
    strength: Strength,
    /// Whether it separates by itself, as the full-width marks do.
    wide: bool,
    /// Whether white space followed.
    spaced: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Clause,
    Sentence,
}

impl PhraseSplitter {
    /// A splitter for one reply.
    pub fn new(language: Language) -> Self {
        Self {
            language,
            pending: String::new(),
            offset: 0,
            length: 0,
            mark: None,
            started: false,
            ready: VecDeque::new(),
        }
    }

    /// Takes more text.
    pub fn push(&mut self, text: &str) {
        for c in text.chars() {
            self.take(c);
        }
    }

    /// The text is whole: what is left is the last phrase.
    pub fn finish(&mut self) {
        self.emit(self.pending.len());
        self.offset += self.pending.len();
        self.pending.clear();
        self.length = 0;
        self.mark = None;
    }

    /// The next phrase that is whole.
    pub fn poll_phrase(&mut self) -> Option<Phrase> {
        self.ready.pop_front()
    }

    fn take(&mut self, c: char) {
        if let Some(mark) = self.mark {
            if c.is_whitespace() {
                self.mark = Some(Mark { spaced: true, ..mark });
                self.append(c);
                return;
            }
            if closes(c, mark.spaced) {
                self.append(c);
                let strength = strength(c).unwrap_or(mark.strength).max(mark.strength);
                self.mark = Some(Mark {
                    end: self.pending.len(),
                    strength,
                    wide: mark.wide || is_wide(c),
                    spaced: false,
                });
                return;
            }
            self.mark = None;
            if (mark.wide || mark.spaced) && self.is_boundary(mark, c) {
                self.emit(mark.end);
            }
        }
        let dash = matches!(c, '—' | '–') && self.pending.ends_with(char::is_whitespace);
        self.append(c);
        if let Some(strength) = strength(c).or(dash.then_some(Strength::Clause)) {
            self.mark = Some(Mark {
                end: self.pending.len(),
                strength,
                wide: is_wide(c),
                spaced: c.is_whitespace(),
            });
        }
        if self.length > self.longest() {
            self.cut();
        }
    }

    fn append(&mut self, c: char) {
        self.pending.push(c);
        self.length += weight(c);
    }

    fn is_boundary(&self, mark: Mark, next: char) -> bool {
        let phrase = &self.pending[..mark.end];
        let length = phrase.trim().chars().map(weight).sum::<usize>();
        let shortest = match (self.started, mark.strength) {
            (false, Strength::Sentence) => FIRST_SENTENCE,
            (false, Strength::Clause) => FIRST_CLAUSE,
            (true, Strength::Sentence) => LATER_SENTENCE,
            (true, Strength::Clause) => LATER_CLAUSE,
        };
        length >= shortest && !self.is_abbreviation(phrase, next)
    }

    /// Whether the full stop at the end of `phrase` belongs to its last word.
    fn is_abbreviation(&self, phrase: &str, next: char) -> bool {
        let Some(before) = phrase.strip_suffix('.') else {
            return false;
        };
        let word = before
            .rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '"' | '«' | '“' | '\'' | '’'))
            .next()
            .unwrap_or_default();
        if word.is_empty() {
            return false;
        }
        // German ordinals ("am 3. Mai") and the numbers of a list ("1. ...").
        if word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit()) {
            return self.language == Language::German || before.trim() == word;
        }
        let lower = word.to_lowercase();
        ABBREVIATIONS.contains(&lower.as_str())
            || (word.chars().count() == 1 && word.chars().all(char::is_uppercase))
            // "z.B.", "e.g.", "p.m.", "EE.UU.", "U.S."; before a capital letter "p.m." may end the sentence, but a phrase
            // that is too long costs less than one that ends in the middle.
            || (word.contains('.') && word.split('.').all(|part| (1..=2).contains(&part.chars().count())))
            || (next.is_lowercase() && !word.ends_with('.') && word.chars().count() <= 3 && is_latin(word))
    }

    fn longest(&self) -> usize {
        if self.started { LONGEST } else { LONGEST_FIRST }
    }

    /// Cuts text that has no boundary for too long: between words, or between signs where the script has no spaces.
    fn cut(&mut self) {
        let spaced = self
            .pending
            .char_indices()
            .filter(|(at, c)| c.is_whitespace() && *at > self.pending.len() / 3)
            .map(|(at, _)| at)
            .next_back();
        let next = self.pending.chars().skip(1);
        let end = spaced.or_else(|| {
            let pairs = self.pending.char_indices().zip(next);
            let between = pairs.filter(|((_, c), next)| is_sign(*c) && is_sign(*next)).last();
            between.map(|((at, c), _)| at + c.len_utf8())
        });
        let end = match end {
            Some(end) => end,
            // One endless word: nothing that is ever said.
            None if self.length > 3 * LONGEST => self.pending.len(),
            None => return,
        };
        if !self.emit(end) {
            self.offset += end;
            self.pending.drain(..end);
            self.length = self.pending.chars().map(weight).sum();
        }
        self.mark = None;
    }

    /// Gives the first `end` bytes of the pending text as a phrase, unless there is nothing in them to say.
    fn emit(&mut self, end: usize) -> bool {
        let head = &self.pending[..end];
        if !head.chars().any(char::is_alphanumeric) {
            return false;
        }
        let text = head.trim();
        let start = self.offset + (head.len() - head.trim_start().len());
        self.ready.push_back(Phrase {
            text: text.to_owned(),
            range: start..start + text.len(),
        });
        self.started = true;
        self.offset += end;
        self.pending.drain(..end);
        self.length = self.pending.chars().map(weight).sum();
        true
    }
}

/// The shortest phrases and the longest, in letters: see [`weight`]. About 15 letters are said in a second.
const FIRST_SENTENCE: usize = 2;
const FIRST_CLAUSE: usize = 12;
const LATER_SENTENCE: usize = 16;
const LATER_CLAUSE: usize = 48;
const LONGEST_FIRST: usize = 100;
const LONGEST: usize = 200;

/// Words (lower case) whose full stop doesn't end a sentence, in all languages that are spoken.
const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "st", "jr", "vs", "etc", "approx", "m", "mm", "mlle", "mme", "av", "bd", "p",
    "ex", "env", "sr", "sra", "srta", "ud", "uds", "vd", "vds", "dra", "avda", "pág", "núm", "sig", "sigg", "sigra",
    "dott", "ing", "avv", "ecc", "hr", "fr", "nr", "str", "bzw", "usw", "ca", "ggf", "inkl", "tel", "dª", "cf",
];

/// How long a sign takes to say, in letters of an alphabet.
fn weight(c: char) -> usize {
    match c {
        c if c.is_whitespace() => 1,
        c if is_sign(c) => 3,
        _ => 1,
    }
}

fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a word may end after it without a space.
fn is_sign(c: char) -> bool {
    is_wide(c) && c.is_alphanumeric()
}

fn is_latin(word: &str) -> bool {
    word.chars().all(|c| c.is_alphabetic() && (c as u32) < 0x250)
}

fn strength(c: char) -> Option<Strength> {
    match c {
        '.' | '!' | '?' | '…' | '。' | '！' | '？' | '｡' | '．' | '\n' => Some(Strength::Sentence),
        ',' | ';' | ':' | '、' | '，' | '；' | '：' => Some(Strength::Clause),
        _ => None,
    }
}

/// Whether a sign after a mark still belongs to it: more marks, closing quotes and brackets. After a space only those that
/// French sets apart.
fn closes(c: char, spaced: bool) -> bool {
    let apart = matches!(c, '!' | '?' | ':' | ';' | '»' | '…');
    let close = matches!(
        c,
        '.' | ','
            | '"'
            | '\''
            | '’'
            | '”'
            | ')'
            | ']'
            | '」'
            | '』'
            | '）'
            | '》'
            | '。'
            | '！'
            | '？'
            | '、'
            | '，'
            | '；'
            | '：'
    );
    apart || (close && !spaced)
}

#[cfg(test)]
mod tests;
