//! Likely slips in expected answers, found on a thread that gives way to all others.
//!
//! Finding them takes a rule book and espeak-ng: a tenth of a second and more for the answers of a step. Nobody waits for that:
//! until they are known, an answer is heard without them.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Weak};
use std::time::Instant;
use std::{io, thread};

use crate::acoustic::{Expectation, Pronouncer, SpokenPhrase, SpokenVariants, variants};
use crate::assessment::language::Grammars;
use crate::background::Niceness;
use crate::chain::BreakerConfig;
use crate::chain::breaker::Breaker;
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
        let finder = Finder::new(pronouncer, grammars);
        thread::Builder::new()
            .name("likely-slips".into())
            .spawn(move || finder.run(&queue))?;
        Ok(Self { orders })
    }

    /// Has those of a step found, unless they are known or it waits for them. Returns at once; if too many wait, somebody who is at
    /// the step again will ask again.
    pub(super) fn find(&self, expectation: &Arc<Expectation>) {
        if expectation.order_variants() && self.orders.try_send(Arc::downgrade(expectation)).is_err() {
            expectation.give_variants_up();
            tracing::debug!("slips in what is expected are not heard yet");
        }
    }
}

struct Finder {
    pronouncer: Arc<Pronouncer>,
    grammars: Arc<Grammars>,
    /// Those of answers, which recur: what may be said at every step is expected at each.
    known: HashMap<(Language, String), SpokenVariants>,
    /// Of espeak-ng: where it is gone, no process is started in vain for every step that is listened to.
    breaker: Breaker,
    /// Whether the log says that slips are not heard.
    is_told: bool,
}

impl Finder {
    fn new(pronouncer: Arc<Pronouncer>, grammars: Arc<Grammars>) -> Self {
        Self {
            pronouncer,
            grammars,
            known: HashMap::new(),
            breaker: Breaker::new(BreakerConfig::default()),
            is_told: false,
        }
    }

    fn run(mut self, queue: &Receiver<Weak<Expectation>>) {
        Niceness::Unhurried.give_way();
        while let Ok(order) = queue.recv() {
            let Some(expectation) = order.upgrade().filter(|expectation| !expectation.has_variants()) else {
                continue;
            };
            self.attend_to(&expectation, Instant::now());
        }
    }

    /// Finds those of a step, unless that has failed too often lately. Whether it was tried.
    fn attend_to(&mut self, expectation: &Expectation, now: Instant) -> bool {
        if !self.breaker.try_pass(now) {
            expectation.give_variants_up();
            return false;
        }
        // A bug in one answer must not keep those of all others from being found.
        match catch_unwind(AssertUnwindSafe(|| self.find(expectation))) {
            Ok(Ok(variants)) => {
                expectation.take_variants(variants);
                self.breaker.handle_success();
                if std::mem::take(&mut self.is_told) {
                    tracing::info!("slips in what is expected are heard again");
                }
            }
            Ok(Err(error)) => {
                expectation.give_variants_up();
                self.breaker.handle_failure(now);
                if !std::mem::replace(&mut self.is_told, true) {
                    tracing::warn!(%error, "slips in what is expected are not heard");
                }
            }
            Err(_) => {
                tracing::error!("finding slips panicked");
                expectation.take_variants(Vec::new());
                self.breaker.handle_abandoned(now);
            }
        }
        true
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
            instead_of: None,
        };
        let expected = Expected {
            phrases: texts.iter().map(phrase).collect(),
            vocabulary: Vec::new(),
        };
        Arc::new(Expectation::prepare(pronouncer, Language::French, &expected).expect("espeak-ng is installed"))
    }

    fn finder() -> Finder {
        Finder::new(Arc::new(Pronouncer::new()), Arc::new(Grammars::built_in()))
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
        drop(slips);
        finder.run(&queue);
        assert!(expectation.variants_of(0).next().is_some());
    }

    #[test]
    fn a_step_waits_in_one_place_only_and_takes_none_of_others() {
        let pronouncer = Pronouncer::new();
        let [first, second, third] =
            ["Une table", "Le menu", "Une bière"].map(|text| expectation(&pronouncer, &[text]));
        let (orders, queue) = sync_channel(2);
        let slips = LikelySlips { orders };
        for _ in 0..3 {
            slips.find(&first);
        }
        slips.find(&second);
        slips.find(&third);
        let waiting = || queue.try_recv().ok().and_then(|order| order.upgrade());
        assert!(waiting().is_some_and(|expectation| Arc::ptr_eq(&expectation, &first)));
        assert!(waiting().is_some_and(|expectation| Arc::ptr_eq(&expectation, &second)));
        assert!(waiting().is_none());
        // The one that found no room is asked for again.
        slips.find(&third);
        assert!(waiting().is_some_and(|expectation| Arc::ptr_eq(&expectation, &third)));
    }

    #[test]
    fn where_nobody_says_words_it_is_tried_a_few_times_and_then_after_a_while() {
        let expectation = expectation(&Pronouncer::new(), &["Une table pour deux"]);
        let silent = Arc::new(Pronouncer::with_program("no-such-program-here"));
        let mut finder = Finder::new(silent, Arc::new(Grammars::built_in()));
        let config = BreakerConfig::default();
        let now = Instant::now();
        for number in 0..10 {
            assert!(expectation.order_variants(), "it may be ordered again");
            assert_eq!(finder.attend_to(&expectation, now), number < config.failures);
            assert!(finder.is_told && !expectation.has_variants());
        }
        let later = now + config.open_for;
        assert!(finder.attend_to(&expectation, later));
        assert!(!finder.attend_to(&expectation, later));
        finder.pronouncer = Arc::new(Pronouncer::new());
        assert!(finder.attend_to(&expectation, later + 2 * config.open_for));
        assert!(!finder.is_told && expectation.has_variants());
    }
}
