//! Expectations that are ready for the search, shared by everybody who is at the same step.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::likely_slips::LikelySlips;
use crate::acoustic::{Expectation, Pronouncer};
use crate::engine::{EngineError, Expected};
use crate::language::Language;

/// Makes what is expected ready for the search, once, and keeps what was used last.
///
/// Two conversations at the same step expect the same: they share its networks. Who needs one that is being made waits for it.
#[derive(Debug)]
pub(super) struct Prepared {
    pronouncer: Arc<Pronouncer>,
    /// What finds the slips that are likely, if they are to be heard.
    slips: Option<LikelySlips>,
    /// The one used last comes last. Locked for comparisons only, never while an expectation is made.
    kept: Mutex<VecDeque<Entry>>,
}

#[derive(Clone, Debug)]
struct Entry {
    language: Language,
    expected: Arc<Expected>,
    made: Made,
}

type Made = Arc<OnceLock<Result<Arc<Expectation>, EngineError>>>;

impl Entry {
    fn is_of(&self, language: Language, expected: &Arc<Expected>) -> bool {
        self.language == language && (Arc::ptr_eq(&self.expected, expected) || self.expected == *expected)
    }
}

impl Prepared {
    pub(super) fn new(pronouncer: Arc<Pronouncer>, slips: Option<LikelySlips>) -> Self {
        Self {
            pronouncer,
            slips,
            kept: Mutex::default(),
        }
    }

    /// The expectation, if it was made before.
    pub(super) fn ready(&self, language: Language, expected: &Arc<Expected>) -> Option<Arc<Expectation>> {
        let made = self.entry(language, expected).made;
        let ready = made.get()?.as_ref().ok()?;
        self.look_for_slips(ready);
        Some(Arc::clone(ready))
    }

    /// The expectation, made now unless it was before. Blocks, for milliseconds and longer where espeak-ng runs.
    pub(super) fn expectation(
        &self,
        language: Language,
        expected: &Arc<Expected>,
    ) -> Result<Arc<Expectation>, EngineError> {
        let made = self.entry(language, expected).made;
        let result = made.get_or_init(|| Expectation::prepare(&self.pronouncer, language, expected).map(Arc::new));
        if result.is_err() {
            // The next one tries again.
            self.forget(&made);
        }
        if let Ok(expectation) = result {
            self.look_for_slips(expectation);
        }
        result.clone()
    }

    fn look_for_slips(&self, expectation: &Arc<Expectation>) {
        if let Some(slips) = &self.slips {
            slips.find(expectation);
        }
    }

    fn entry(&self, language: Language, expected: &Arc<Expected>) -> Entry {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().rposition(|entry| entry.is_of(language, expected));
        let entry = known.and_then(|at| kept.remove(at)).unwrap_or_else(|| Entry {
            language,
            expected: Arc::clone(expected),
            made: Arc::default(),
        });
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(entry.clone());
        entry
    }

    fn forget(&self, made: &Made) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|entry| !Arc::ptr_eq(&entry.made, made));
    }
}

/// Expectations that are kept: all steps of the built-in scenarios in a few languages.
const KEPT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acoustic::{SpokenWord, courtesy};
    use crate::engine::ExpectedPhrase;

    fn prepared() -> Prepared {
        let pronouncer = Pronouncer::with_program("no-such-program-here");
        let before = courtesy::before(Language::English).iter().map(|before| before.text());
        let after = courtesy::after(Language::English).iter().copied();
        for text in before.chain(after).chain(["yes"]) {
            pronouncer.learn(Language::English, text, [SpokenWord::from_ipa(text, "j_ɛ_s")].into());
        }
        Prepared::new(Arc::new(pronouncer), None)
    }

    fn expecting(text: &str) -> Arc<Expected> {
        Arc::new(Expected {
            phrases: vec![ExpectedPhrase {
                text: text.to_owned(),
                spoken: None,
                leaves: false,
                instead_of: None,
            }],
            vocabulary: Vec::new(),
        })
    }

    #[test]
    fn conversations_at_the_same_step_share_one_expectation() {
        let prepared = prepared();
        let find = |expected| prepared.expectation(Language::English, &expected).unwrap();
        let first = find(expecting("yes"));
        assert!(Arc::ptr_eq(&first, &find(expecting("yes"))));
        assert!(!Arc::ptr_eq(&first, &find(Arc::default())));
    }

    #[test]
    fn the_ones_used_last_are_kept() {
        let prepared = prepared();
        let find = |expected: &Arc<Expected>| prepared.expectation(Language::English, expected).unwrap();
        let expecting: Vec<_> = (0..=KEPT)
            .map(|number| {
                let phrases = std::iter::repeat_n(expecting("yes").phrases[0].clone(), number);
                Arc::new(Expected {
                    phrases: phrases.collect(),
                    vocabulary: Vec::new(),
                })
            })
            .collect();
        let made: Vec<_> = expecting.iter().take(KEPT).map(find).collect();
        assert!(Arc::ptr_eq(&find(&expecting[0]), &made[0]));
        find(&expecting[KEPT]);
        assert!(Arc::ptr_eq(&find(&expecting[0]), &made[0]));
        assert!(!Arc::ptr_eq(&find(&expecting[1]), &made[1]));
    }

    #[test]
    fn what_failed_is_tried_again() {
        let prepared = prepared();
        let expected = expecting("no");
        assert!(prepared.expectation(Language::English, &expected).is_err());
        let word = SpokenWord::from_ipa("no", "n_oʊ");
        prepared.pronouncer.learn(Language::English, "no", [word].into());
        assert!(prepared.expectation(Language::English, &expected).is_ok());
    }
}
