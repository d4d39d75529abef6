//! Turns assessed behind the replies to them: on a thread of its own, so that no media thread and no request computes, and a
//! bounded number at a time. What doesn't fit any more is not assessed, and counted.
//!
//! The words of a turn are checked at once, for that is mostly waiting for others; its sound is computed once the reply has begun
//! to be heard, on a slot of its own. What is known [`DEADLINE`] after the turn is told then, and all of it later.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::assessment::language::Remarks;
use colloquy_agents::assessment::speech::Assessment;
use colloquy_agents::background::Niceness;
use colloquy_agents::engine::{AssessRequest, EngineError};
use colloquy_agents::language::Language;
use serde_json::{Map, Value};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

pub use super::judges::{Check, Judges, Turn};
pub use super::metrics::AssessmentMetrics;

use super::analysis::locate;
use super::outstanding::{Outstanding, UnderWay};
use super::slots::{Busy, Slot, Slots};
use super::sounds::Coach;
use crate::ids::ConversationId;

/// Assesses turns; clones share the thread and its slots. It ends with the last of them.
#[derive(Clone)]
pub struct Assessments {
    judges: Judges,
    desk: Option<Desk>,
    slots: Slots,
    outstanding: Outstanding,
    metrics: Arc<AssessmentMetrics>,
}

/// Where turns are assessed.
#[derive(Clone)]
struct Desk {
    runtime: Handle,
    /// Turns in hand and waiting.
    room: Arc<Semaphore>,
    /// The thread goes on as long as one of these is held.
    _thread: Arc<oneshot::Sender<()>>,
}

/// A turn that is being assessed.
pub struct UnderAssessment {
    /// Held until the reply to it has begun, which is computed first.
    pub reply: Reply,
    /// What comes of it.
    pub told: mpsc::Receiver<Told>,
}

/// A reply that has not begun, until this is dropped.
#[derive(Debug)]
pub struct Reply(#[expect(dead_code, reason = "held")] oneshot::Sender<()>);

/// What is told about a turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// As document 000 shows it.
    pub analysis: Map<String, Value>,
    /// Whether nothing follows. Else it is what was known in time, and all of it follows.
    pub is_whole: bool,
}

/// Turns in hand and waiting for each core: more than a second's worth, so that whoever waits longer would wait in vain.
const ROOM: usize = 16;
/// How long the reply may take to begin before the sound is assessed all the same: nothing is computed for the reply any more
/// then, but waited for.
const REPLY_BEGINS: Duration = Duration::from_millis(600);
/// When something is told of a turn at the latest: storage and the way to the learner have the rest of the second.
pub const DEADLINE: Duration = Duration::from_millis(900);
/// How long a sound may take, waiting for its turn included.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long whoever ends a conversation waits for its turns.
const SETTLING: Duration = Duration::from_secs(1);

impl Assessments {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has none.
    pub fn start(judges: Judges, metrics: Arc<AssessmentMetrics>) -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // A current-thread runtime of its own: what computes does so on its bounded blocking pool.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(cores.max(2))
            .on_thread_start(|| Niceness::Unhurried.give_way())
            .build()?;
        let (thread, ended) = oneshot::channel();
        let handle = runtime.handle().clone();
        std::thread::Builder::new()
            .name("assessment".to_owned())
            .spawn(move || {
                Niceness::Unhurried.give_way();
                runtime.block_on(ended)
            })?;
        Ok(Self::on(handle, thread, Slots::of_machine(), judges, metrics))
    }

    fn on(
        runtime: Handle,
        thread: oneshot::Sender<()>,
        slots: Slots,
        judges: Judges,
        metrics: Arc<AssessmentMetrics>,
    ) -> Self {
        let desk = Desk {
            runtime,
            room: Arc::new(Semaphore::new(ROOM * slots.cores())),
            _thread: Arc::new(thread),
        };
        Self {
            judges,
            desk: Some(desk),
            slots,
            outstanding: Outstanding::default(),
            metrics,
        }
    }

    /// Who assesses nothing.
    pub fn none(coach: Coach) -> Self {
        Self {
            judges: Judges {
                assessor: None,
                check: None,
                read_ahead: None,
                coach,
                base: None,
            },
            desk: None,
            slots: Slots::of_machine(),
            outstanding: Outstanding::default(),
            metrics: Arc::default(),
        }
    }

    /// Somebody will speak or write in a language: what is read once to judge it is read now, in the background.
    pub fn read_ahead(&self, language: Language) {
        if let Some(read_ahead) = &self.judges.read_ahead {
            read_ahead(language);
        }
    }

    /// Has a turn assessed. None if there is nobody to do it, or too many turns wait for it.
    pub fn assess(&self, turn: Turn) -> Option<UnderAssessment> {
        let desk = self.desk.as_ref()?;
        let Ok(place) = Arc::clone(&desk.room).try_acquire_owned() else {
            self.metrics.dropped.inc();
            return None;
        };
        let (reply, begun) = oneshot::channel();
        // What is known in time, and all of it.
        let (teller, told) = mpsc::channel(2);
        let work = Work {
            judges: self.judges.clone(),
            slots: self.slots.clone(),
            metrics: Arc::clone(&self.metrics),
            turn,
        };
        desk.runtime.spawn(async move {
            work.run(begun, teller).await;
            drop(place);
        });
        Some(UnderAssessment {
            reply: Reply(reply),
            told,
        })
    }

    /// A spoken turn is assessed without its sound, since that was not kept.
    pub fn note_unheard(&self) {
        self.metrics.unheard.inc();
    }

    /// A turn of this conversation is being assessed until what this gives is dropped: once it is on its way to storage.
    pub fn under_way(&self, conversation: &ConversationId) -> UnderWay {
        self.outstanding.begin(conversation)
    }

    /// Waits for the turns of a conversation that are being assessed, or with none, of all, for a second at most.
    pub async fn settle(&self, conversation: Option<&ConversationId>) {
        if timeout(SETTLING, self.outstanding.settled(conversation)).await.is_err() {
            let conversation_id = conversation.map(|id| tracing::field::display(id.logged()));
            tracing::warn!(
                conversation_id,
                "turns that are still being assessed are not waited for"
            );
        }
    }

    /// The right to compute what is to be known of a recording, for whoever waits for it.
    ///
    /// # Errors
    /// When too many others wait.
    pub async fn recording(&self) -> Result<Slot, Busy> {
        let refused = |_: &Busy| {
            self.metrics.refused.inc();
        };
        self.slots.of_recording().await.inspect_err(refused)
    }

    /// Works where threads give way to those that carry sound, also on when nobody waits for it any more.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        match &self.desk {
            Some(desk) => desk.runtime.spawn(work),
            None => tokio::spawn(work),
        }
    }

    /// Has a text that was read aloud assessed, for whoever has a slot and keeps it until this has answered: what computes goes on if
    /// it is dropped. None in a language that nobody can judge.
    ///
    /// # Errors
    /// Those of the assessor.
    pub async fn read_aloud(
        &self,
        _slot: &Slot,
        text: &str,
        language: Language,
        pcm: Arc<[i16]>,
    ) -> Result<Option<Assessment>, EngineError> {
        let Some(assessor) = self.judges.of_sounds(language) else {
            return Ok(None);
        };
        let request = AssessRequest {
            language,
            reference: text.into(),
            pcm,
        };
        assessor.assess(request).await.map(Some)
    }

    /// An analysis as it is told where there is no request that says how the outside reaches this program.
    pub fn told(&self, analysis: Map<String, Value>) -> Map<String, Value> {
        let Some(base) = &self.judges.base else {
            return analysis;
        };
        let mut analysis = Value::Object(analysis);
        locate(&mut analysis, base);
        match analysis {
            Value::Object(analysis) => analysis,
            _ => Map::new(),
        }
    }

    /// Who judges the sounds of a language, if anybody does.
    pub fn assessor(&self, language: Language) -> Option<&'static str> {
        self.judges.of_sounds(language).map(|assessor| assessor.name())
    }

    /// Says how sounds are made.
    pub fn coach(&self) -> &Coach {
        &self.judges.coach
    }
}

impl std::fmt::Debug for Assessments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Assessments").finish_non_exhaustive()
    }
}

/// One turn to assess.
struct Work {
    judges: Judges,
    slots: Slots,
    metrics: Arc<AssessmentMetrics>,
    turn: Turn,
}

impl Work {
    async fn run(&self, begun: oneshot::Receiver<()>, teller: mpsc::Sender<Told>) {
        let asked = Instant::now();
        let (words, sound) = (self.judges.remarks(&self.turn), self.sound(begun));
        tokio::pin!(words, sound);
        let (mut remarks, mut assessment) = (None, None);
        let mut is_told = false;
        while remarks.is_none() || assessment.is_none() {
            tokio::select! {
                said = &mut words, if remarks.is_none() => remarks = Some(said),
                heard = &mut sound, if assessment.is_none() => assessment = Some(heard),
                () = sleep_until(asked + DEADLINE), if !is_told => {
                    is_told = true;
                    self.metrics.partial.inc();
                    let analysis = self.analysis(remarks.as_ref(), assessment.as_ref());
                    // There is room for both that are told.
                    let _ = teller.try_send(Told { analysis, is_whole: false });
                }
                () = teller.closed() => return,
            }
        }
        self.metrics.assessed.inc();
        self.metrics.seconds.observe(asked.elapsed().as_secs_f64());
        let analysis = self.analysis(remarks.as_ref(), assessment.as_ref());
        // Whoever asked may be gone.
        let _ = teller.try_send(Told {
            analysis,
            is_whole: true,
        });
    }

    fn analysis(
        &self,
        remarks: Option<&Option<Remarks>>,
        assessment: Option<&Option<Assessment>>,
    ) -> Map<String, Value> {
        let remarks = remarks.and_then(Option::as_ref);
        let assessment = assessment.and_then(Option::as_ref);
        self.judges.analysis(&self.turn, remarks, assessment).to_json()
    }

    /// How it sounded, as soon as the reply has begun and there is a slot.
    fn sound(&self, begun: oneshot::Receiver<()>) -> impl Future<Output = Option<Assessment>> {
        let (judges, slots, turn) = (self.judges.clone(), self.slots.clone(), self.turn.clone());
        let assess = async move {
            let slot = slots.of_turn().await;
            // The slot is held until it has computed, even if whoever asked is gone by then or has waited too long: a time limit
            // ends no thread.
            let work = tokio::spawn(async move {
                let _slot = slot;
                judges.assessment(&turn).await
            });
            work.await.ok().flatten()
        };
        async move {
            if !self.judges.hear(&self.turn) {
                return None;
            }
            // That it is dropped says that it has begun.
            let _ = timeout(REPLY_BEGINS, begun).await;
            match timeout(PATIENCE, assess).await {
                Ok(assessed) => assessed?
                    .inspect_err(|error| tracing::warn!(%error, "a turn's sound is not assessed"))
                    .ok(),
                Err(_) => {
                    self.metrics.late.inc();
                    None
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
