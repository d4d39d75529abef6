//! Which engines are in force: the configured one first, the embedded one last.

use std::collections::BTreeMap;
use std::sync::Arc;

use colloquy_agents::acoustic::{self, Pronouncer};
use colloquy_agents::assessment::articulation::Phonemes;
use colloquy_agents::assessment::feedback::Feedback;
use colloquy_agents::assessment::language::{Checker, Reviewer, Source, answered_in};
use colloquy_agents::assessment::speech::EmbeddedAssessor;
use colloquy_agents::chain::{ChainConfig, ChainObserver, FallbackLlm, FallbackStt, FallbackTts, Health, LinkStatus};
use colloquy_agents::correction::Proofread;
use colloquy_agents::deepgram::DeepgramServer;
use colloquy_agents::elevenlabs::ElevenLabsServer;
use colloquy_agents::engine::{HEARD_RATE, Llm, Stt, Tts, WordTiming};
use colloquy_agents::gemini::GeminiServer;
use colloquy_agents::http::ConnectionError;
use colloquy_agents::language::Language;
use colloquy_agents::llm::embedded::EmbeddedLlm;
use colloquy_agents::llm::gemini::GeminiLlm;
use colloquy_agents::llm::openai::OpenAiLlm;
use colloquy_agents::llm::scripted::ScriptedLlm;
use colloquy_agents::openai::OpenAiServer;
use colloquy_agents::scenario::Readings;
use colloquy_agents::stt::deepgram::DeepgramStt;
use colloquy_agents::stt::elevenlabs::ElevenLabsStt;
use colloquy_agents::stt::embedded::EmbeddedStt;
use colloquy_agents::stt::openai::OpenAiStt;
use colloquy_agents::stt::scripted::ScriptedStt;
use colloquy_agents::tools::{Tools, ToolsError};
use colloquy_agents::tts::elevenlabs::ElevenLabsTts;
use colloquy_agents::tts::embedded::EmbeddedTts;
use colloquy_agents::tts::espeak::Espeak;
use colloquy_agents::tts::flite::Flite;
use colloquy_agents::tts::openai::OpenAiTts;
use colloquy_agents::tts::scripted::ScriptedTts;
use colloquy_agents::tts::timing::WordAligner;
use colloquy_agents::usage::Meter;
use colloquy_media::resample::Resampler;
use futures::FutureExt;

use super::load::recognition::Waits;
use super::prompts::Prompts;
use crate::assessment::judges::{Check, Identify, Judges, ReadAhead};
use crate::assessment::metrics::AssessmentMetrics;
use crate::assessment::sounds::Coach;
use crate::assessment::turns::Assessments;
use crate::config::{EngineChoice, EnginesConfig};

/// What conversations listen, think and speak with; clones share it.
#[derive(Clone)]
pub struct Engines {
    /// The recogniser.
    pub stt: Arc<dyn Stt>,
    /// The dialogue model.
    pub llm: Arc<dyn Llm>,
    /// The voice.
    pub tts: Arc<dyn Tts>,
    /// The same three, to be asked how they are.
    pub chains: Chains,
    /// Speech that is said again.
    pub prompts: Prompts,
    /// Finds the learner's mistakes while they wait for the reply.
    pub proofreader: Arc<dyn Proofread>,
    /// Tells when they fall back into their own language.
    pub identify: Option<Identify>,
    /// Tells how learners say and write things.
    pub assessments: Assessments,
    /// Who is asked about texts, by language.
    pub grammar: Arc<BTreeMap<Language, Vec<Source>>>,
    /// How long recognition on this machine waits for a core.
    pub recognition_waits: Arc<Waits>,
    /// Whether the voice is whole: espeak-ng is there, or is not needed.
    pub is_voiced: bool,
}

/// The chains of engines, the configured one first in each; clones share them.
#[derive(Clone)]
pub struct Chains {
    stt: Arc<FallbackStt>,
    llm: Arc<FallbackLlm>,
    tts: Arc<FallbackTts>,
}

impl Chains {
    /// What is known of the recognisers, the dialogue models and the voices, in order.
    pub fn status(&self) -> [Vec<LinkStatus>; 3] {
        [self.stt.status(), self.llm.status(), self.tts.status()]
    }

    /// The recognisers of a language, in the order in which they are asked.
    pub fn recognisers(&self, language: Language) -> Vec<&'static str> {
        self.stt.recognisers(language)
    }

    /// Its voices, likewise.
    pub fn voices(&self, language: Language) -> Vec<&'static str> {
        self.tts.voices(language)
    }
}

/// What learners are assessed with.
pub struct Assessing {
    /// How sounds are made.
    pub phonemes: Arc<Phonemes>,
    /// What learners are told about how they speak.
    pub feedback: Arc<Feedback>,
    /// Judges what is said and written. A language model that is configured joins in.
    pub checker: Checker,
    /// `PUBLIC_URL`
    pub public_url: Option<String>,
    /// What is counted.
    pub metrics: Arc<AssessmentMetrics>,
}

/// Why the engines can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum EnginesError {
    /// `openai` is chosen, but no server is named.
    #[error("{}: openai needs a server: set OPENAI_BASE_URL or OPENAI_API_KEY", .0.join(", "))]
    NoServer(Vec<&'static str>),
    /// A provider is chosen, but there is no key for it.
    #[error("{provider} needs {variable}")]
    NoKey {
        /// The provider.
        provider: &'static str,
        /// Where its key belongs.
        variable: &'static str,
    },
    /// A provider is chosen for what it can't do.
    #[error("{provider} can't be {variable}")]
    CantDo {
        /// The provider.
        provider: &'static str,
        /// What it is chosen for.
        variable: &'static str,
    },
    /// A provider can't be connected to.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// Whisper is chosen, but the program is built without it.
    #[error("STT=whisper needs a program that is built with the feature `whisper`")]
    NotBuilt,
    /// The model that listens on this machine can't be loaded.
    #[error("WHISPER_MODEL: {0}")]
    Model(String),
    /// The file of services can't be read.
    #[error("TOOLS_FILE: {0}")]
    ToolsFile(std::io::Error),
    /// A service can't be used.
    #[error("TOOLS_FILE: {0}")]
    Tools(#[from] ToolsError),
    /// The recogniser's threads, or the assessor's, can't be started.
    #[error("the recogniser can't be started: {0}")]
    Threads(std::io::Error),
}

impl Engines {
    /// Sets up the engines that are chosen, the embedded ones behind them.
    ///
    /// `readings`: how the embedded voice reads what it can't read as it is written. `metrics` are told what the chains do and
    /// what providers count, `recognition_waits` how long each piece of an utterance waits to be recognised on this machine.
    pub async fn start(
        config: &EnginesConfig,
        readings: Readings,
        assessing: Assessing,
        metrics: Arc<impl ChainObserver + Meter>,
        recognition_waits: Arc<Waits>,
    ) -> Result<Self, EnginesError> {
        let (observer, meter) = (metrics.clone() as Arc<dyn ChainObserver>, metrics as Arc<dyn Meter>);
        let tools = tools(config)?.observed(&observer);
        let choices = [("STT", config.stt), ("LLM", config.llm), ("TTS", config.tts)];
        let of_openai = choices.iter().filter(|(_, choice)| *choice == EngineChoice::OpenAi);
        let of_openai: Vec<&str> = of_openai.map(|(variable, _)| *variable).collect();
        let named = config.openai.clone();
        let openai = match named.filter(|_| !of_openai.is_empty()) {
            Some(named) => Some(Arc::new(OpenAiServer::new(named)?.metered(Arc::clone(&meter)))),
            None => None,
        };
        let openai = || openai.clone().ok_or_else(|| EnginesError::NoServer(of_openai.clone()));
        let is_elevenlabs = choices.iter().any(|(_, choice)| *choice == EngineChoice::ElevenLabs);
        let elevenlabs = match config.elevenlabs.clone().filter(|_| is_elevenlabs) {
            Some(named) => Some(Arc::new(ElevenLabsServer::new(named)?.metered(Arc::clone(&meter)))),
            None => None,
        };
        let elevenlabs = || {
            let named = elevenlabs.clone();
            named.ok_or(no_key("elevenlabs", "ELEVEN_API_KEY"))
        };

        let espeak = Espeak::detect().await;
        let pronouncer = Arc::new(Pronouncer::new().installed(espeak.version().is_ok()));
        let waits = Arc::clone(&recognition_waits);
        let embedded = EmbeddedStt::new(Arc::clone(&pronouncer))
            .map_err(EnginesError::Threads)?
            .telling_waits(move |wait| waits.note(wait));
        let embedded = embedded
            .with_grammars(Arc::clone(assessing.checker.grammars()))
            .map_err(EnginesError::Threads)?;
        let is_voiced = config.tts != EngineChoice::Embedded || espeak.version().is_ok();
        let voice = EmbeddedTts::new(Flite::new().ok(), espeak)
            .with_aligner(Arc::new(Aligner {
                pronouncer: Arc::clone(&pronouncer),
            }))
            .with_readings(readings);
        if config.stt == EngineChoice::Embedded {
            recognition_waits.expect_some();
        }
        let stt: Vec<Arc<dyn Stt>> = match config.stt {
            EngineChoice::Embedded => vec![Arc::new(embedded)],
            EngineChoice::Scripted => vec![Arc::new(ScriptedStt)],
            EngineChoice::ElevenLabs => vec![Arc::new(ElevenLabsStt::new(elevenlabs()?)), Arc::new(embedded)],
            EngineChoice::OpenAi => vec![Arc::new(OpenAiStt::new(openai()?)), Arc::new(embedded)],
            EngineChoice::Deepgram => {
                let named = config.deepgram.clone().ok_or(no_key("deepgram", "DEEPGRAM_API_KEY"))?;
                let server = DeepgramServer::new(named)?.metered(Arc::clone(&meter));
                vec![Arc::new(DeepgramStt::new(Arc::new(server))), Arc::new(embedded)]
            }
            EngineChoice::Whisper => vec![whisper(config).await?, Arc::new(embedded)],
            EngineChoice::Cerebras | EngineChoice::Gemini => return Err(cant_do(config.stt.name(), "STT")),
        };
        // The dialogue model, if it can review what learners say, too.
        let mut reviewing = None;
        let llm: Vec<Arc<dyn Llm>> = match config.llm {
            EngineChoice::Embedded => vec![Arc::new(EmbeddedLlm)],
            EngineChoice::Scripted => vec![Arc::new(ScriptedLlm)],
            EngineChoice::OpenAi => {
                reviewing = Some(Reviewer::openai(openai()?));
                let llm = OpenAiLlm::new(openai()?).with_tools(tools);
                vec![Arc::new(llm), Arc::new(EmbeddedLlm)]
            }
            EngineChoice::Cerebras => {
                let named = config.cerebras.clone().ok_or(no_key("cerebras", "CEREBRAS_API_KEY"))?;
                let server = Arc::new(OpenAiServer::new(named)?.metered(meter));
                reviewing = Some(Reviewer::openai(Arc::clone(&server)));
                let llm = OpenAiLlm::new(server).with_tools(tools);
                vec![Arc::new(llm), Arc::new(EmbeddedLlm)]
            }
            EngineChoice::Gemini => {
                let named = config.gemini.clone().ok_or(no_key("gemini", "GEMINI_API_KEY"))?;
                let server = Arc::new(GeminiServer::new(named)?.metered(meter));
                reviewing = Some(Reviewer::gemini(Arc::clone(&server)));
                let llm = GeminiLlm::new(server).with_tools(tools);
                vec![Arc::new(llm), Arc::new(EmbeddedLlm)]
            }
            EngineChoice::ElevenLabs | EngineChoice::Deepgram | EngineChoice::Whisper => {
                return Err(cant_do(config.llm.name(), "LLM"));
            }
        };
        let tts: Vec<Arc<dyn Tts>> = match config.tts {
            EngineChoice::Embedded => vec![Arc::new(voice)],
            EngineChoice::Scripted => vec![Arc::new(ScriptedTts::new())],
            EngineChoice::ElevenLabs => vec![Arc::new(ElevenLabsTts::new(elevenlabs()?)), Arc::new(voice)],
            EngineChoice::OpenAi => vec![Arc::new(OpenAiTts::new(openai()?)), Arc::new(voice)],
            EngineChoice::Cerebras | EngineChoice::Gemini | EngineChoice::Deepgram | EngineChoice::Whisper => {
                return Err(cant_do(config.tts.name(), "TTS"));
            }
        };
        let (chain, health) = (ChainConfig::default(), Arc::new(Health::default()));
        let chains = Chains {
            stt: Arc::new(FallbackStt::new(stt, chain, Arc::clone(&health), Arc::clone(&observer))),
            llm: Arc::new(FallbackLlm::new(llm, chain, Arc::clone(&health), Arc::clone(&observer))),
            tts: Arc::new(FallbackTts::new(tts, chain, health, Arc::clone(&observer))),
        };
        let proofreader = Arc::clone(assessing.checker.grammars());
        let reviewed = match reviewing {
            Some(reviewer) => assessing.checker.with_reviewer(reviewer.observed(observer)),
            None => assessing.checker,
        };
        let sources = |language| (language, reviewed.sources(language));
        let grammar = Arc::new(Language::ALL.into_iter().map(sources).collect());
        let judges = Judges {
            assessor: Some(Arc::new(EmbeddedAssessor::new(Arc::clone(&pronouncer)))),
            read_ahead: Some(read_ahead(reviewed.clone())),
            check: Some(check(reviewed)),
            coach: Coach::new(assessing.phonemes, assessing.feedback, Some(chains.tts.clone())),
            base: assessing.public_url,
        };
        let assessments = Assessments::start(judges, assessing.metrics).map_err(EnginesError::Threads)?;
        Ok(Self {
            stt: chains.stt.clone(),
            llm: chains.llm.clone(),
            tts: chains.tts.clone(),
            chains,
            prompts: Prompts::default(),
            proofreader,
            identify: Some(answered_in),
            assessments,
            grammar,
            recognition_waits,
            is_voiced,
        })
    }

    /// The languages in which conversations are text only, for the line that is said at start.
    pub fn silent(&self) -> Vec<Language> {
        Language::ALL
            .into_iter()
            .filter(|language| !self.tts.speaks(*language))
            .collect()
    }
}

fn read_ahead(checker: Checker) -> ReadAhead {
    Arc::new(move |language| checker.read_ahead(language))
}

fn check(checker: Checker) -> Check {
    Arc::new(move |request| {
        let checker = checker.clone();
        async move { checker.check(&request).await }.boxed()
    })
}

fn no_key(provider: &'static str, variable: &'static str) -> EnginesError {
    EnginesError::NoKey { provider, variable }
}

/// The services that a dialogue model may ask.
fn tools(config: &EnginesConfig) -> Result<Tools, EnginesError> {
    let Some(path) = &config.tools_file else {
        return Ok(Tools::default());
    };
    let text = std::fs::read_to_string(path).map_err(EnginesError::ToolsFile)?;
    Ok(Tools::parse(&text)?)
}

/// The recogniser that runs on this machine; loading its model takes a while.
#[cfg(feature = "whisper")]
async fn whisper(config: &EnginesConfig) -> Result<Arc<dyn Stt>, EnginesError> {
    let path = config.whisper_model.clone();
    let path = path.ok_or(no_key("whisper", "WHISPER_MODEL"))?;
    let loaded = tokio::task::spawn_blocking(move || colloquy_agents::stt::whisper::WhisperStt::load(&path)).await;
    match loaded {
        Ok(Ok(whisper)) => Ok(Arc::new(whisper)),
        Ok(Err(error)) => Err(EnginesError::Model(error.to_string())),
        Err(error) => Err(EnginesError::Model(error.to_string())),
    }
}

/// There is none.
#[cfg(not(feature = "whisper"))]
async fn whisper(_: &EnginesConfig) -> Result<Arc<dyn Stt>, EnginesError> {
    Err(EnginesError::NotBuilt)
}

fn cant_do(provider: &'static str, variable: &'static str) -> EnginesError {
    EnginesError::CantDo { provider, variable }
}

/// Times the words of our own speech by listening to it with the acoustic engine.
struct Aligner {
    pronouncer: Arc<Pronouncer>,
}

impl WordAligner for Aligner {
    fn align(&self, pcm: &[i16], rate: u32, text: &str, language: Language) -> Vec<WordTiming> {
        let mut heard = Vec::new();
        let Ok(mut resampler) = Resampler::new(rate, HEARD_RATE) else {
            return Vec::new();
        };
        resampler.push(pcm, &mut heard);
        resampler.flush(&mut heard);
        // Without timings the mind shares the time out among the letters.
        acoustic::time_words(&self.pronouncer, &heard, text, language).unwrap_or_default()
    }
}
