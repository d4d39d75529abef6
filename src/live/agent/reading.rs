//! What the learner said is read ahead of the mind: its slips and its language are found on another thread, so that none that
//! carries sound spends milliseconds on a long answer, and the mind finds them ready.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use actix::prelude::*;
use colloquy_agents::correction::{Proofread, Slip};
use colloquy_agents::language::Language;
use tokio::time::timeout;

use super::Agent;
use crate::assessment::judges::Identify;

/// Reads answers once, and remembers the last few.
#[derive(Debug)]
pub(super) struct ReadAhead {
    proofreader: Arc<dyn Proofread>,
    identify: Option<Identify>,
    /// The newest last. Locked for a few instructions.
    read: Mutex<VecDeque<Answer>>,
    /// Whether an answer is being read, be it that nobody waits for it any more.
    is_reading: AtomicBool,
}

#[derive(Clone, Debug)]
struct Answer {
    text: String,
    languages: (Language, Language),
    slips: Vec<Slip>,
    answered_in: Option<Language>,
}

/// Has everything in memory that languages are told apart by.
pub(in crate::live) fn know_languages(identify: Identify) {
    for text in SAMPLES {
        identify(text, Language::French, Language::English);
    }
}

/// Answers that are remembered: a guess in a pause, the final word, and both joined with what was said before.
const REMEMBERED: usize = 4;
/// How long the mind waits for an answer to be read: a hundred times as long as it takes, and less than a pause that anybody minds.
const PATIENCE: Duration = Duration::from_millis(300);
/// What languages are told apart by ahead of everything: whatever language it is in, the models of all that are written with its letters are
/// read. They are sentences of a usual length and of a long one, of which models look at other parts.
const SAMPLES: [&str; 2] = [
    "Bonjour, je voudrais une table pour deux",
    "Bonjour, je voudrais une table pour deux personnes près de la fenêtre, et puis nous prenons le poisson avec du riz et une \
     bouteille de vin blanc de la maison",
];

/// What is proofread ahead of everything in a language: a sentence of a usual length.
fn sample(language: Language) -> &'static str {
    match language {
        Language::English => "Hello, I would like a table for two people near the window",
        Language::Spanish => "Hola, quisiera una mesa para dos personas cerca de la ventana",
        Language::French => "Bonjour, je voudrais une table pour deux personnes près de la fenêtre",
        Language::German => "Guten Tag, ich hätte gern einen Tisch für zwei Personen am Fenster",
        Language::Italian => "Buongiorno, vorrei un tavolo per due persone vicino alla finestra",
        Language::Portuguese => "Olá, eu queria uma mesa para duas pessoas perto da janela",
        Language::Chinese => "你好，我想要一张靠窗的两人桌",
        Language::Japanese => "こんにちは、窓の近くの二人の席をお願いします",
    }
}

impl ReadAhead {
    pub(super) fn new(proofreader: Arc<dyn Proofread>, identify: Option<Identify>) -> Self {
        Self {
            proofreader,
            identify,
            read: Mutex::default(),
            is_reading: AtomicBool::new(false),
        }
    }

    /// Reads an answer, unless that was done before.
    fn read(&self, text: &str, languages: (Language, Language)) -> Answer {
        self.find(text, languages)
            .unwrap_or_else(|| self.remember(self.answer(text, languages)))
    }

    fn answer(&self, text: &str, (language, native): (Language, Language)) -> Answer {
        let identify = self.identify.filter(|_| !text.is_empty());
        let answered_in = identify.and_then(|identify| identify(text, language, native));
        Answer {
            text: text.to_owned(),
            languages: (language, native),
            slips: match answered_in {
                Some(_) => Vec::new(),
                None => self.proofreader.slips(text, language, native),
            },
            answered_in,
        }
    }

    fn remember(&self, answer: Answer) -> Answer {
        let mut read = self.remembered();
        if read.len() == REMEMBERED {
            read.pop_front();
        }
        read.push_back(answer.clone());
        answer
    }

    /// Reads an answer on another thread, and waits for that no longer than [`PATIENCE`]. Of one that takes longer, or is not read to
    /// its end, nothing is remarked: the mind doesn't read it again. Nor of one that comes while another is still being read.
    async fn read_in_time(self: Arc<Self>, text: String, languages: (Language, Language)) {
        if !self.is_reading.swap(true, Ordering::AcqRel) {
            let (reader, text) = (Arc::clone(&self), text.clone());
            let reading = actix_rt::task::spawn_blocking(move || {
                let _reading = Reading(&reader.is_reading);
                reader.read(&text, languages);
            });
            if let Ok(Ok(())) = timeout(PATIENCE, reading).await {
                return;
            }
        }
        tracing::warn!("an answer goes unread");
        self.remember(Answer {
            text,
            languages,
            slips: Vec::new(),
            answered_in: None,
        });
    }

    /// Reads what nobody said: the first answer doesn't wait for what is read into memory for it, which takes a tenth of a second. Unlike
    /// an answer, it is proofread whichever language it is taken for.
    fn warm_up(&self, (language, native): (Language, Language)) {
        self.proofreader.slips(sample(language), language, native);
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

/// An answer that is being read, until this is dropped.
struct Reading<'a>(&'a AtomicBool);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Proofread for ReadAhead {
    fn slips(&self, text: &str, language: Language, native: Language) -> Vec<Slip> {
        self.read(text, (language, native)).slips
    }

    fn answered_in(&self, text: &str, language: Language, native: Language) -> Option<Language> {
        self.read(text, (language, native)).answered_in
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
        let languages = (self.language, self.native);
        if text.is_empty() || self.reader.find(text, languages).is_some() {
            return go_on(self, ctx);
        }
        let reading = Arc::clone(&self.reader).read_in_time(text.to_owned(), languages);
        ctx.wait(reading.into_actor(self).map(|(), agent, ctx| {
            let _entered = agent.span.clone().entered();
            go_on(agent, ctx);
        }));
    }

    /// Has everything in memory that answers in the language are read with, once in this program, while nobody waits for it.
    pub(super) fn warm_up(&self) {
        static WARM: [Once; Language::ALL.len()] = [const { Once::new() }; Language::ALL.len()];
        let of_language = Language::ALL
            .iter()
            .zip(&WARM)
            .find(|(language, _)| **language == self.language);
        let Some((_, warm)) = of_language else { return };
        warm.call_once(|| {
            let (reader, languages) = (Arc::clone(&self.reader), (self.language, self.native));
            self.engines.assessments.spawn(async move {
                let read = tokio::task::spawn_blocking(move || reader.warm_up(languages)).await;
                if read.is_err() {
                    tracing::error!("what answers are read with can't be read");
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use futures::FutureExt;

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

    const LANGUAGES: (Language, Language) = (Language::French, Language::English);

    #[test]
    fn an_answer_is_read_once_and_one_in_another_language_is_not_proofread() {
        let counting = Arc::new(Counting::default());
        let identify: Identify = |text, _, native| text.starts_with("I ").then_some(native);
        let reader = ReadAhead::new(counting.clone(), Some(identify));
        let (french, english) = LANGUAGES;
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

    #[test]
    fn languages_are_told_apart_ahead_by_each_sample() {
        static ASKED: Mutex<Vec<String>> = Mutex::new(Vec::new());
        know_languages(|text, _, _| {
            ASKED.lock().unwrap().push(text.to_owned());
            None
        });
        assert_eq!(*ASKED.lock().unwrap(), SAMPLES);
    }

    #[test]
    fn what_nobody_said_is_read_and_not_remembered() {
        let counting = Arc::new(Counting::default());
        let reader = ReadAhead::new(counting.clone(), None);
        reader.warm_up(LANGUAGES);
        assert_eq!(counting.0.load(Ordering::Relaxed), 1);
        assert!(reader.remembered().is_empty());
    }

    /// Remembers what it is asked for.
    #[derive(Debug, Default)]
    struct Noting(Mutex<Vec<(String, Language)>>);

    impl Proofread for Noting {
        fn slips(&self, text: &str, language: Language, _: Language) -> Vec<Slip> {
            self.0.lock().unwrap().push((text.to_owned(), language));
            Vec::new()
        }
    }

    #[test]
    fn each_language_is_proofread_ahead_whichever_the_samples_are_taken_for() {
        // Of an answer that is taken for one in the learner's own language nothing is proofread.
        let identify: Identify = |_, practised, _| (practised != Language::French).then_some(Language::French);
        for practised in Language::ALL {
            let noting = Arc::new(Noting::default());
            let reader = ReadAhead::new(noting.clone(), Some(identify));
            reader.warm_up((practised, Language::French));
            assert_eq!(*noting.0.lock().unwrap(), [(sample(practised).to_owned(), practised)]);
        }
    }

    /// Reads for as long as it is not let go, and panics at "panic".
    #[derive(Debug)]
    struct Hanging {
        begun: Mutex<Sender<String>>,
        go: Mutex<Receiver<()>>,
    }

    impl Proofread for Hanging {
        fn slips(&self, text: &str, _: Language, _: Language) -> Vec<Slip> {
            self.begun.lock().unwrap().send(text.to_owned()).unwrap();
            assert_ne!(text, "panic", "expected in this test");
            self.go.lock().unwrap().recv().unwrap();
            Vec::new()
        }
    }

    fn hanging() -> (Arc<ReadAhead>, Receiver<String>, Sender<()>) {
        let ((begin, begun), (let_go, go)) = (channel(), channel());
        let proofreader = Hanging {
            begun: Mutex::new(begin),
            go: Mutex::new(go),
        };
        (Arc::new(ReadAhead::new(Arc::new(proofreader), None)), begun, let_go)
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_long_for_an_answer_to_be_read_and_the_mind_does_not_read_it_again() {
        let (reader, begun, let_go) = hanging();
        let reading = tokio::spawn(Arc::clone(&reader).read_in_time("Un table".to_owned(), LANGUAGES));
        tokio::task::yield_now().await;
        assert_eq!(begun.recv().unwrap(), "Un table");
        assert!(!reading.is_finished());
        tokio::time::advance(PATIENCE).await;
        reading.await.unwrap();
        // Would hang if it was read again.
        assert_eq!(reader.slips("Un table", LANGUAGES.0, LANGUAGES.1), Vec::new());
        // What comes while it is still read is not waited for at all.
        let other = Arc::clone(&reader).read_in_time("Le table".to_owned(), LANGUAGES);
        assert!(other.now_or_never().is_some());
        assert!(reader.find("Le table", LANGUAGES).is_some() && begun.try_recv().is_err());
        let_go.send(()).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_not_read_to_its_end_is_one_without_remarks() {
        let (reader, begun, let_go) = hanging();
        Arc::clone(&reader).read_in_time("panic".to_owned(), LANGUAGES).await;
        assert_eq!(reader.slips("panic", LANGUAGES.0, LANGUAGES.1), Vec::new());
        // The next one is read.
        let_go.send(()).unwrap();
        Arc::clone(&reader)
            .read_in_time("Une table".to_owned(), LANGUAGES)
            .await;
        assert_eq!(begun.try_iter().collect::<Vec<_>>(), ["panic", "Une table"]);
        assert!(!reader.is_reading.load(Ordering::Acquire));
    }
}
