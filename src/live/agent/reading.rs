//! What the learner said is read ahead of the mind: its slips and its language are found on another thread, so that none that
//! carries sound spends milliseconds on a long answer, and the mind finds them ready.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix::prelude::*;
use colloquy_agents::correction::{Proofread, Slip};
use colloquy_agents::language::Language;

use super::Agent;
use crate::assessment::judges::Identify;

/// Reads answers once, and remembers the last few.
#[derive(Debug)]
pub(super) struct ReadAhead {
    proofreader: Arc<dyn Proofread>,
    identify: Option<Identify>,
    /// The newest last. Locked for a few instructions.
    read: Mutex<VecDeque<Answer>>,
}

#[derive(Clone, Debug)]
struct Answer {
    text: String,
    languages: (Language, Language),
    slips: Vec<Slip>,
    answered_in: Option<Language>,
}

/// Answers that are remembered: a guess in a pause, the final word, and both joined with what was said before.
const REMEMBERED: usize = 4;

impl ReadAhead {
    pub(super) fn new(proofreader: Arc<dyn Proofread>, identify: Option<Identify>) -> Self {
        Self {
            proofreader,
            identify,
            read: Mutex::default(),
        }
    }

    /// Reads an answer, unless that was done before.
    fn read(&self, text: &str, language: Language, native: Language) -> Answer {
        let known = self.find(text, (language, native));
        known.unwrap_or_else(|| {
            let identify = self.identify.filter(|_| !text.is_empty());
            let answered_in = identify.and_then(|identify| identify(text, language, native));
            let answer = Answer {
                text: text.to_owned(),
                languages: (language, native),
                slips: match answered_in {
                    Some(_) => Vec::new(),
                    None => self.proofreader.slips(text, language, native),
                },
                answered_in,
            };
            let mut read = self.remembered();
            if read.len() == REMEMBERED {
                read.pop_front();
            }
            read.push_back(answer.clone());
            answer
        })
    }

    fn find(&self, text: &str, languages: (Language, Language)) -> Option<Answer> {
        let read = self.remembered();
        let is_same = |answer: &&Answer| answer.text == text && answer.languages == languages;
        read.iter().find(is_same).cloned()
    }

    fn remembered(&self) -> MutexGuard<'_, VecDeque<Answer>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Proofread for ReadAhead {
    fn slips(&self, text: &str, language: Language, native: Language) -> Vec<Slip> {
        self.read(text, language, native).slips
    }

    fn answered_in(&self, text: &str, language: Language, native: Language) -> Option<Language> {
        self.read(text, language, native).answered_in
    }
}

impl Agent {
    /// Goes on once an answer was read, and with nothing else before: what happens meanwhile keeps its order.
    pub(super) fn read_ahead(
        &mut self,
        text: &str,
        ctx: &mut Context<Self>,
        go_on: impl FnOnce(&mut Self, &mut Context<Self>) + 'static,
    ) {
        let (language, native) = (self.language, self.native);
        if text.is_empty() || self.reader.find(text, (language, native)).is_some() {
            return go_on(self, ctx);
        }
        let (reader, text) = (Arc::clone(&self.reader), text.to_owned());
        let reading = actix_rt::task::spawn_blocking(move || reader.read(&text, language, native));
        // One that broke off is read by the mind.
        ctx.wait(reading.into_actor(self).map(|_, agent, ctx| {
            let _entered = agent.span.clone().entered();
            go_on(agent, ctx);
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Counts how often it is asked.
    #[derive(Debug, Default)]
    struct Counting(AtomicUsize);

    impl Proofread for Counting {
        fn slips(&self, _: &str, _: Language, _: Language) -> Vec<Slip> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Vec::new()
        }
    }

    #[test]
    fn an_answer_is_read_once_and_one_in_another_language_is_not_proofread() {
        let counting = Arc::new(Counting::default());
        let identify: Identify = |text, _, native| text.starts_with("I ").then_some(native);
        let reader = ReadAhead::new(counting.clone(), Some(identify));
        let (french, english) = (Language::French, Language::English);
        for _ in 0..3 {
            assert_eq!(reader.answered_in("Une table", french, english), None);
            reader.slips("Une table", french, english);
        }
        assert_eq!(counting.0.load(Ordering::Relaxed), 1);
        assert_eq!(reader.answered_in("I want a table", french, english), Some(english));
        reader.slips("I want a table", french, english);
        assert_eq!(counting.0.load(Ordering::Relaxed), 1);
        // For somebody else it is another matter.
        assert_eq!(
            reader.answered_in("I want a table", french, Language::German),
            Some(Language::German)
        );
        for text in ["a", "b", "c", "d"] {
            reader.slips(text, french, english);
        }
        reader.slips("Une table", french, english);
        assert_eq!(
            counting.0.load(Ordering::Relaxed),
            6,
            "only the last few are remembered"
        );
    }
}
