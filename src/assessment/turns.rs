//! Turns assessed behind the replies to them: on a thread of its own, so that no media thread and no request computes, and a
//! bounded number at a time. What doesn't fit any more is not assessed, and counted.

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::assessment::language::{Remarks, Request};
use colloquy_agents::assessment::speech::Assessment;
use colloquy_agents::assessment::vocabulary;
use colloquy_agents::engine::{AssessRequest, Assessor, EngineError};
use colloquy_agents::language::Language;
use futures::future::BoxFuture;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use serde_json::{Map, Value};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout};

use super::analysis::{Analysis, locate};
use super::sounds::{Coach, Ear};

/// Judges a text.
pub type Check = Arc<dyn Fn(Request) -> BoxFuture<'static, Remarks> + Send + Sync>;
/// Tells whether a text is in the learner's own language rather than in the one that is practised, in this order.
pub type Identify = fn(&str, Language, Language) -> Option<Language>;

/// Who assesses. Whoever is missing is not asked.
#[derive(Clone)]
pub struct Judges {
    /// Judges sounds.
    pub assessor: Option<Arc<dyn Assessor>>,
    /// Judges texts.
    pub check: Option<Check>,
    /// Tells languages apart.
    pub identify: Option<Identify>,
    /// Says how sounds are made.
    pub coach: Coach,
    /// How the outside reaches this program (`PUBLIC_URL`), where that is known without a request.
    pub base: Option<String>,
}

/// A turn of the learner's.
#[derive(Clone, Debug)]
pub struct Turn {
    /// What was said, as recognised or typed.
    pub text: String,
    /// The language that is practised.
    pub language: Language,
    /// The learner's own.
    pub native: Language,
    /// Whether it was typed.
    pub is_typed: bool,
    /// How many of its words the scenario teaches.
    pub taught_words: usize,
    /// How it sounded, piece by piece, mono at 16 kHz; empty if that isn't known.
    pub sound: Vec<Arc<[i16]>>,
}

/// Assesses turns; clones share the thread and its queue. It ends with the last of them.
#[derive(Clone)]
pub struct Assessments {
    judges: Judges,
    queue: Option<mpsc::Sender<Job>>,
    metrics: Arc<AssessmentMetrics>,
}

/// What is counted.
#[derive(Debug)]
pub struct AssessmentMetrics {
    /// Turns that were assessed.
    assessed: Counter,
    /// Turns that were not, since too many were waiting.
    dropped: Counter,
    /// Turns of which the sound took too long.
    late: Counter,
    /// From the request to the result.
    seconds: Histogram,
}

struct Job {
    turn: Turn,
    asked: Instant,
    done: oneshot::Sender<Map<String, Value>>,
}

/// Turns that wait: more than a second's worth, so that whoever waits longer would wait in vain.
const QUEUE: usize = 32;
/// How long a sound may take, waiting for its turn included.
const PATIENCE: Duration = Duration::from_secs(10);

impl Assessments {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has none.
    pub fn start(judges: Judges, metrics: Arc<AssessmentMetrics>) -> std::io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let slots = std::thread::available_parallelism().map_or(1, usize::from);
        // A current-thread runtime of its own: what computes does so on its bounded blocking pool.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(slots.max(2))
            .build()?;
        let (working, counting) = (judges.clone(), Arc::clone(&metrics));
        std::thread::Builder::new()
            .name("assessment".to_owned())
            .spawn(move || runtime.block_on(work(jobs, slots, working, counting)))?;
        Ok(Self {
            judges,
            queue: Some(queue),
            metrics,
        })
    }

    /// Who assesses nothing.
    pub fn none(coach: Coach) -> Self {
        Self {
            judges: Judges {
                assessor: None,
                check: None,
                identify: None,
                coach,
                base: None,
            },
            queue: None,
            metrics: Arc::default(),
        }
    }

    /// Has a turn assessed. None if there is nobody to do it, or too many turns wait for it.
    pub fn assess(&self, turn: Turn) -> Option<oneshot::Receiver<Map<String, Value>>> {
        let queue = self.queue.as_ref()?;
        let (done, answer) = oneshot::channel();
        let job = Job {
            turn,
            asked: Instant::now(),
            done,
        };
        if queue.try_send(job).is_err() {
            self.metrics.dropped.inc();
            return None;
        }
        Some(answer)
    }

    /// Has a text that was read aloud assessed, for whoever waits for it. None in a language that nobody can judge.
    ///
    /// # Errors
    /// Those of the assessor.
    pub async fn read_aloud(
        &self,
        text: &str,
        language: Language,
        pcm: Arc<[i16]>,
    ) -> Result<Option<Assessment>, EngineError> {
        match self.judges.of_sounds(language) {
            Some(assessor) => {
                let request = AssessRequest {
                    language,
                    reference: text.into(),
                    pcm,
                };
                assessor.assess(request).await.map(Some)
            }
            None => Ok(None),
        }
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

impl Judges {
    fn of_sounds(&self, language: Language) -> Option<&Arc<dyn Assessor>> {
        self.assessor.as_ref().filter(|assessor| assessor.assesses(language))
    }

    async fn judge(&self, turn: Turn, metrics: &AssessmentMetrics) -> Analysis {
        let level = vocabulary::level_of(&turn.text, turn.language, turn.taught_words);
        let mut analysis = Analysis::unknown(level);
        if let Some(identify) = self.identify {
            analysis.answered_in = identify(&turn.text, turn.language, turn.native);
        }
        if analysis.answered_in.is_some() {
            // Neither its grammar nor its sounds are those of the language that is practised.
            return analysis;
        }
        let remarks = async {
            let request = Request {
                text: turn.text.clone(),
                language: turn.language,
                native: turn.native,
                is_typed: turn.is_typed,
                known_words: Vec::new(),
                taught_words: turn.taught_words,
            };
            Some(self.check.as_ref()?(request).await)
        };
        let assessor = self.of_sounds(turn.language).filter(|_| !turn.sound.is_empty());
        let assessment = async {
            let request = AssessRequest {
                language: turn.language,
                reference: turn.text.as_str().into(),
                pcm: turn.sound.concat().into(),
            };
            match timeout(PATIENCE, assessor?.assess(request)).await {
                Ok(Ok(assessment)) => Some(assessment),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "a turn's sound is not assessed");
                    None
                }
                Err(_) => {
                    metrics.late.inc();
                    None
                }
            }
        };
        let (remarks, assessment) = futures::join!(remarks, assessment);
        if let Some(remarks) = remarks {
            analysis.add_remarks(&remarks);
        }
        if let Some(assessment) = assessment {
            let ear = Ear {
                practised: turn.language,
                native: turn.native,
            };
            analysis.add_assessment(&assessment, &turn.text, ear, &self.coach);
        }
        analysis
    }
}

async fn work(mut jobs: mpsc::Receiver<Job>, slots: usize, judges: Judges, metrics: Arc<AssessmentMetrics>) {
    let slots = Arc::new(Semaphore::new(slots));
    loop {
        // First the place, then the job: what waits, waits in the queue.
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
            return;
        };
        let Some(job) = jobs.recv().await else {
            return;
        };
        if job.done.is_closed() {
            continue;
        }
        let (judges, metrics) = (judges.clone(), Arc::clone(&metrics));
        tokio::spawn(async move {
            let analysis = judges.judge(job.turn, &metrics).await;
            metrics.assessed.inc();
            metrics.seconds.observe(job.asked.elapsed().as_secs_f64());
            // Whoever asked may be gone.
            let _ = job.done.send(analysis.to_json());
            drop(slot);
        });
    }
}

impl Default for AssessmentMetrics {
    fn default() -> Self {
        Self {
            assessed: Counter::default(),
            dropped: Counter::default(),
            late: Counter::default(),
            seconds: Histogram::new(exponential_buckets(0.001, 2.0, 15)),
        }
    }
}

impl AssessmentMetrics {
    /// Makes the metrics known.
    pub fn register(&self, registry: &mut Registry) {
        let assessment = registry.sub_registry_with_prefix("assessment");
        let counters = [
            ("turns", "Turns of learners that were assessed", &self.assessed),
            (
                "turns_dropped",
                "Turns that were not assessed since too many were waiting",
                &self.dropped,
            ),
            ("turns_late", "Turns whose sound took too long to assess", &self.late),
        ];
        for (name, help, counter) in counters {
            assessment.register(name, help, counter.clone());
        }
        assessment.register("seconds", "From a turn to its analysis", self.seconds.clone());
    }
}

#[cfg(test)]
mod tests {
    use colloquy_agents::assessment::language::Evidence;
    use colloquy_agents::assessment::speech::WordVerdict;
    use colloquy_agents::scenario::Level;
    use futures::FutureExt;

    use super::super::sounds::tests::{assessment, coach, word};
    use super::*;

    /// Answers when it is let.
    #[derive(Default)]
    struct Scripted {
        gate: Option<Arc<Semaphore>>,
    }

    impl Assessor for Scripted {
        fn name(&self) -> &'static str {
            "scripted"
        }
        fn assesses(&self, language: Language) -> bool {
            language == Language::French
        }
        fn assess(&self, request: AssessRequest) -> BoxFuture<'static, Result<Assessment, EngineError>> {
            let gate = self.gate.clone();
            async move {
                if let Some(gate) = gate {
                    gate.acquire().await.unwrap().forget();
                }
                assert_eq!(request.pcm.len(), 5);
                let word = word(&request.reference, 20, WordVerdict::Mispronunciation, &[("y", 10)]);
                Ok(assessment(vec![word]))
            }
            .boxed()
        }
    }

    fn turn(text: &str, language: Language) -> Turn {
        Turn {
            text: text.to_owned(),
            language,
            native: Language::English,
            is_typed: false,
            taught_words: 0,
            sound: vec![[1, 2].into(), [3, 4, 5].into()],
        }
    }

    fn assessments(gate: Option<Arc<Semaphore>>) -> Assessments {
        let check: Check = Arc::new(|request| {
            let remarks = Remarks {
                findings: Vec::new(),
                grammar_score: (!request.is_typed).then_some(90),
                vocabulary_level: Level::Intermediate,
                evidence: Evidence::default(),
            };
            async move { remarks }.boxed()
        });
        let identify: Identify = |text, _, native| (text == "The street").then_some(native);
        let judges = Judges {
            assessor: Some(Arc::new(Scripted { gate })),
            check: Some(check),
            identify: Some(identify),
            coach: coach(),
            base: Some("https://example.com".to_owned()),
        };
        Assessments::start(judges, Arc::default()).unwrap()
    }

    #[tokio::test]
    async fn text_and_sound_make_one_analysis() {
        let assessments = assessments(None);
        let told = assessments
            .assess(turn("rue", Language::French))
            .unwrap()
            .await
            .unwrap();
        assert_eq!(
            (&told["grammar_score"], &told["pronunciation_score"]),
            (&90.into(), &72.into())
        );
        assert_eq!(told["errors"][0]["word"], "rue");
        assert_eq!(told["errors"][0]["audio_example"], "/audio/phonemes/fr-0079.mp3");
        let told = assessments.told(told);
        let url = "https://example.com/audio/phonemes/fr-0079.mp3";
        assert_eq!(told["errors"][0]["audio_example"], url);
        // Nobody can judge the sounds of Japanese, and nothing sounds that was typed.
        let japanese = assessments
            .assess(turn("通り", Language::Japanese))
            .unwrap()
            .await
            .unwrap();
        assert_eq!(
            (&japanese["grammar_score"], &japanese["pronunciation_score"]),
            (&90.into(), &Value::Null)
        );
        let typed = Turn {
            sound: Vec::new(),
            is_typed: true,
            ..turn("rue", Language::French)
        };
        let typed = assessments.assess(typed).unwrap().await.unwrap();
        assert_eq!(
            (&typed["grammar_score"], &typed["pronunciation_score"]),
            (&Value::Null, &Value::Null)
        );
    }

    #[tokio::test]
    async fn an_answer_in_the_learners_own_language_is_named_and_not_judged() {
        let told = assessments(None)
            .assess(turn("The street", Language::French))
            .unwrap()
            .await
            .unwrap();
        assert_eq!(told["answered_in"], "english");
        assert_eq!(
            (&told["grammar_score"], &told["pronunciation_score"]),
            (&Value::Null, &Value::Null)
        );
    }

    #[tokio::test]
    async fn what_is_too_much_is_not_assessed_and_counted() {
        let gate = Arc::new(Semaphore::new(0));
        let assessments = assessments(Some(Arc::clone(&gate)));
        let slots = std::thread::available_parallelism().map_or(1, usize::from);
        let mut waiting = Vec::new();
        for _ in 0..QUEUE + slots + 5 {
            waiting.extend(assessments.assess(turn("rue", Language::French)));
        }
        let dropped = assessments.metrics.dropped.get();
        assert!((5..=5 + slots as u64).contains(&dropped), "{dropped}");
        assert_eq!(waiting.len() as u64 + dropped, (QUEUE + slots + 5) as u64);
        gate.add_permits(QUEUE + slots);
        for answer in waiting {
            assert_eq!(answer.await.unwrap()["pronunciation_score"], 72);
        }
    }
}
