//! What listens, thinks and speaks.

use colloquy_agents::openai::OpenAiConfig;

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
    /// The OpenAI-compatible server, if `OPENAI_BASE_URL` names one or `OPENAI_API_KEY` is set.
    pub openai: Option<OpenAiConfig>,
    /// `GEMINI_API_KEY` \[none\]: read for programs that are configured as document 002 says; not used yet.
    pub gemini_key: Option<Secret>,
    /// `ELEVEN_API_KEY` \[none\]: the same, of ElevenLabs.
    pub eleven_key: Option<Secret>,
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
            openai: openai(environment)?,
            gemini_key: environment.secret("GEMINI_API_KEY"),
            eleven_key: environment.secret("ELEVEN_API_KEY"),
        })
    }
}

/// Reads the variables of the server. One that is set but can't be used is an error, whether it is chosen or not.
fn openai(environment: &Environment<'_>) -> Result<Option<OpenAiConfig>, ConfigError> {
    let name = |variable, default| {
        environment.required(variable, default, "a name", |text| {
            (!text.is_empty()).then(|| text.to_owned())
        })
    };
    let server = environment.optional(
        "OPENAI_BASE_URL",
        None,
        "a URL like https://api.openai.com/v1, without a user or a query",
        |text| OpenAiConfig::new(text, None).ok(),
    )?;
    let key = environment.secret("OPENAI_API_KEY");
    let stt_model = name("OPENAI_STT_MODEL", OpenAiConfig::STT_MODEL)?;
    let llm_model = name("OPENAI_LLM_MODEL", OpenAiConfig::LLM_MODEL)?;
    let tts_model = name("OPENAI_TTS_MODEL", OpenAiConfig::TTS_MODEL)?;
    let tts_voice = name("OPENAI_TTS_VOICE", OpenAiConfig::TTS_VOICE)?;
    // A key alone is OpenAI's own.
    let server = server.or_else(|| {
        key.as_ref()
            .and_then(|_| OpenAiConfig::new(OpenAiConfig::BASE_URL, None).ok())
    });
    Ok(server.map(|server| OpenAiConfig {
        key,
        stt_model,
        llm_model,
        tts_model,
        tts_voice,
        ..server
    }))
}
