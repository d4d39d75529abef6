//! Likely slips in expected answers, found on a thread that gives way to all others.
//!
//! Finding them takes a rule book and espeak-ng: a tenth of a second and more for the answers of a step. Nobody waits for that:
//! until they are known, an answer is heard without them.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Weak};
use std::{io, thread};

use crate::acoustic::{Expectation, Pronouncer, SpokenPhrase, SpokenVariants, variants};
use crate::assessment::language::Grammars;
use crate::background::Niceness;
use crate::engine::EngineError;
use crate::language::Language;

/// Finds them, each answer's once. Its thread ends when it is dropped.
#[derive(Debug)]
pub(super) struct LikelySlips {
    orders: SyncSender<Weak<Expectation>>,
}

impl LikelySlips {
    /// By these rules, and as `pronouncer` says their words.
    pub(super) fn start(pronouncer: Arc<Pronouncer>, grammars: Arc<Grammars>) -> io::Result<Self> {
        let (orders, queue) = sync_channel(QUEUE);
        let finder = Finder {
            pronouncer,
            grammars,
            known: HashMap::new(),
        };
        thread::Builder::new()
            .name("likely-slips".into())
            .spawn(move || finder.run(&queue))?;
        Ok(Self { orders })
    }

    /// Has those of a step found, unless they are known. Returns at once; if too many wait, somebody who is at the step again will ask
    /// again.
    pub(super) fn find(&self, expectation: &Arc<Expectation>) {
        if !expectation.has_variants() && self.orders.try_send(Arc::downgrade(expectation)).is_err() {
            tracing::debug!("slips in what is expected are not heard yet");
        }
    }
}

struct Finder {
    pronouncer: Arc<Pronouncer>,
    grammars: Arc<Grammars>,
    /// Those of answers, which recur: what may be said at every step is expected at each.
    known: HashMap<(Language, String), SpokenVariants>,
}

impl Finder {
    fn run(mut self, queue: &Receiver<Weak<Expectation>>) {
        Niceness::Unhurried.give_way();
        while let Ok(order) = queue.recv() {
            let Some(expectation) = order.upgrade().filter(|expectation| !expectation.has_variants()) else {
                continue;
            };
            // A bug in one answer must not keep those of all others from being found.
            let found = catch_unwind(AssertUnwindSafe(|| self.find(&expectation)));
            match found {
                Ok(Ok(variants)) => expectation.take_variants(variants),
                Ok(Err(error)) => tracing::warn!(%error, "slips in what is expected are not heard"),
                Err(_) => {
                    tracing::error!("finding slips panicked");
                    expectation.take_variants(Vec::new());
                }
            }
        }
    }

    fn find(&mut self, expectation: &Expectation) -> Result<Vec<SpokenVariants>, EngineError> {
        let language = expectation.language();
        // Before it is looked into: what this step expects must not be forgotten on the way.
        if self.known.len() > KNOWN {
            self.known.clear();
        }
        let is_new = |(text, _): &(&str, &SpokenPhrase)| !self.known.contains_key(&(language, (*text).to_owned()));
        let (texts, answers): (Vec<&str>, Vec<SpokenPhrase>) = expectation
            .answers()
            .filter(is_new)
            .map(|(text, spoken)| (text, Arc::clone(spoken)))
            .unzip();
        // Each by itself: what else the step expects is another matter in another step.
        let written: Vec<_> = texts
            .iter()
            .flat_map(|text| self.grammars.variants(&[text], language))
            .collect();
        let spoken = variants::pronounce(&self.pronouncer, language, &answers, &written)?;
        for (text, variants) in texts.into_iter().zip(spoken) {
            self.known.insert((language, text.to_owned()), variants.into());
        }
        let of = |(text, _): (&str, &SpokenPhrase)| {
            let known = self.known.get(&(language, text.to_owned()));
            known.cloned().unwrap_or_default()
        };
        Ok(expectation.answers().map(of).collect())
    }
}

/// Steps that may wait.
const QUEUE: usize = 256;
/// Answers whose variants are kept, and those of one step more: content has a few thousand.
const KNOWN: usize = 8_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Expected, ExpectedPhrase};

    fn expectation(pronouncer: &Pronouncer, texts: &[&str]) -> Arc<Expectation> {
        let phrase = |text: &&str| ExpectedPhrase {
            text: (*text).to_owned(),
            spoken: None,
            leaves: false,
        };
        let expected = Expected {
            phrases: texts.iter().map(phrase).collect(),
            vocabulary: Vec::new(),
        };
        Arc::new(Expectation::prepare(pronouncer, Language::French, &expected).expect("espeak-ng is installed"))
    }

    fn finder() -> Finder {
        Finder {
            pronouncer: Arc::new(Pronouncer::new()),
            grammars: Arc::new(Grammars::built_in()),
            known: HashMap::new(),
        }
    }

    #[test]
    fn those_of_an_answer_are_found_once_and_none_is_another_answer() {
        let mut finder = finder();
        let pronouncer = Arc::clone(&finder.pronouncer);
        let (table, menu) = ("Une table pour deux", "Le menu, s'il vous plaît");
        let first = expectation(&pronouncer, &[table]);
        let found = finder.find(&first).unwrap();
        assert!(!first.has_variants() && !found[0].is_empty());
        first.take_variants(found.clone());
        let wrong: Vec<&str> = first.variants_of(0).collect();
        assert!(wrong.contains(&"Un table pour deux"), "{wrong:?}");

        let second = expectation(&pronouncer, &[menu, table, "Un table pour deux."]);
        let again = finder.find(&second).unwrap();
        assert!(Arc::ptr_eq(&again[1], &found[0]), "it is known from the other step");
        second.take_variants(again);
        assert!(second.variants_of(1).all(|text| text != "Un table pour deux"));
        assert_eq!(second.variants_of(1).count() + 1, wrong.len());
    }

    #[test]
    fn who_asks_is_told_and_who_is_gone_meanwhile_is_not_missed() {
        let finder = finder();
        let expectation = expectation(&finder.pronouncer, &["Une table pour deux"]);
        let (orders, queue) = sync_channel(3);
        let slips = LikelySlips { orders };
        slips.orders.try_send(Weak::new()).unwrap();
        slips.find(&expectation);
        slips.find(&expectation);
        slips.find(&expectation);
        drop(slips);
        finder.run(&queue);
        assert!(expectation.variants_of(0).next().is_some());
    }
}
