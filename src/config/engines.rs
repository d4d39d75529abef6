//! What listens, thinks and speaks.

use super::{ConfigError, Environment, Secret};

/// The engines.
#[derive(Clone, Debug)]
pub struct EnginesConfig {
    /// `STT` \[embedded\]: the recogniser.
    pub stt: EngineChoice,
    /// `LLM` \[embedded\]: the dialogue model.
    pub llm: EngineChoice,
    /// `TTS` \[embedded\]: the voice.
    pub tts: EngineChoice,
    /// The OpenAI-compatible server.
    pub openai: OpenAiConfig,
}

/// Which engine does a job. Whatever is chosen, the embedded one stands in when it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineChoice {
    /// The one that is part of this program.
    Embedded,
    /// Fixed answers at once, for tests and load tests.
    Scripted,
    /// The OpenAI-compatible server.
    OpenAi,
}

/// An OpenAI-compatible server.
#[derive(Clone, Debug)]
pub struct OpenAiConfig {
    /// `OPENAI_BASE_URL` \[none\]: its address, such as `http://localhost:11434/v1`. May hold a password.
    pub base_url: Option<Secret>,
    /// `OPENAI_API_KEY` \[none\]: its key; servers of one's own may need none.
    pub api_key: Option<Secret>,
    /// `OPENAI_STT_MODEL` \[whisper-1\]
    pub stt_model: String,
    /// `OPENAI_LLM_MODEL` \[gpt-4o-mini\]
    pub llm_model: String,
    /// `OPENAI_TTS_MODEL` \[tts-1\]
    pub tts_model: String,
    /// `OPENAI_TTS_VOICE` \[alloy\]
    pub tts_voice: String,
}

impl EnginesConfig {
    /// Reads its variables.
    pub fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let choice = |name| {
            environment.required(name, "embedded", "embedded, scripted or openai", |text| {
                match text.to_ascii_lowercase().as_str() {
                    "embedded" => Some(EngineChoice::Embedded),
                    "scripted" => Some(EngineChoice::Scripted),
                    "openai" => Some(EngineChoice::OpenAi),
                    _ => None,
                }
            })
        };
        Ok(Self {
            stt: choice("STT")?,
            llm: choice("LLM")?,
            tts: choice("TTS")?,
            openai: OpenAiConfig::from_env(environment)?,
        })
    }
}

impl OpenAiConfig {
    fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let name = |variable, default| {
            environment.required(variable, default, "a name", |text| {
                (!text.is_empty()).then(|| text.to_owned())
            })
        };
        Ok(Self {
            base_url: environment.optional(
                "OPENAI_BASE_URL",
                None,
                "a URL that starts with http:// or https://",
                |text| {
                    (text.starts_with("http://") || text.starts_with("https://"))
                        .then(|| Secret::new(text.trim_end_matches('/')))
                },
            )?,
            api_key: environment.secret("OPENAI_API_KEY"),
            stt_model: name("OPENAI_STT_MODEL", "whisper-1")?,
            llm_model: name("OPENAI_LLM_MODEL", "gpt-4o-mini")?,
            tts_model: name("OPENAI_TTS_MODEL", "tts-1")?,
            tts_voice: name("OPENAI_TTS_VOICE", "alloy")?,
        })
    }
}
