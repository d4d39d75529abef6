//! Which engines are in force: the configured one first, the embedded one last.

use std::sync::Arc;

use colloquy_agents::acoustic;
use colloquy_agents::chain::{ChainConfig, FallbackLlm, FallbackStt, FallbackTts};
use colloquy_agents::engine::{EngineError, Llm, Stt, Tts};
use colloquy_agents::language::Language;
use colloquy_agents::llm::embedded::EmbeddedLlm;
use colloquy_agents::llm::openai::OpenAiLlm;
use colloquy_agents::llm::scripted::ScriptedLlm;
use colloquy_agents::openai::{OpenAiConfig, OpenAiConfigError, OpenAiServer};
use colloquy_agents::stt::embedded::EmbeddedStt;
use colloquy_agents::stt::openai::OpenAiStt;
use colloquy_agents::stt::scripted::ScriptedStt;
use colloquy_agents::tts::embedded::EmbeddedTts;
use colloquy_agents::tts::openai::OpenAiTts;
use colloquy_agents::tts::scripted::ScriptedTts;

use super::prompts::Prompts;
use crate::config::{EngineChoice, EnginesConfig};
use crate::telemetry::engines::EngineMetrics;

/// What conversations listen, think and speak with; clones share it.
#[derive(Clone)]
pub struct Engines {
    /// The recogniser.
    pub stt: Arc<dyn Stt>,
    /// The dialogue model.
    pub llm: Arc<dyn Llm>,
    /// The voice.
    pub tts: Arc<dyn Tts>,
    /// Speech that is said again.
    pub prompts: Prompts,
}

/// Why the engines can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum EnginesError {
    /// `openai` is chosen, and there is none.
    #[error("OPENAI_BASE_URL: {0}")]
    OpenAi(#[from] OpenAiConfigError),
    /// An embedded engine is broken.
    #[error(transparent)]
    Embedded(#[from] EngineError),
}

impl Engines {
    /// Sets up the engines, and tells which languages are text only.
    pub async fn start(config: &EnginesConfig, metrics: Arc<EngineMetrics>) -> Result<(Self, Vec<Language>), EnginesError> {
        let openai = OpenAi::of(config)?;
        let voice = EmbeddedTts::detect().await;
        let silent = match config.tts {
            EngineChoice::Embedded => voice.silent(),
            EngineChoice::Scripted | EngineChoice::OpenAi => Vec::new(),
        };
        Ok((todo(), silent))
    }
}
