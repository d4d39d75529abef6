//! What listens, thinks and speaks.

use std::path::PathBuf;

use colloquy_agents::assessment::language::LanguageToolConfig;
use colloquy_agents::elevenlabs::{ElevenLabsConfig, VoiceId};
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
    /// ElevenLabs, which listens and speaks, if `ELEVEN_API_KEY` or `ELEVEN_BASE_URL` is set.
    pub elevenlabs: Option<ElevenLabsConfig>,
    /// Cerebras, whose dialogue models answer as OpenAI's do, if `CEREBRAS_API_KEY` is set.
    pub cerebras: Option<OpenAiConfig>,
    /// `GEMINI_API_KEY` \[none\]: read for programs that are configured as document 002 says; not used yet.
    pub gemini_key: Option<Secret>,
    /// `LANGUAGETOOL_URL` \[none\]: the LanguageTool server that checks what learners say.
    pub languagetool: Option<LanguageToolConfig>,
    /// `HUNSPELL_DIR` \[where systems keep them\]: dictionaries that what learners type is checked with.
    pub dictionaries: Option<PathBuf>,
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
    /// ElevenLabs; a recogniser and a voice.
    ElevenLabs,
    /// Cerebras; a dialogue model only.
    Cerebras,
}

impl EngineChoice {
    /// The word that chooses it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Scripted => "scripted",
            Self::OpenAi => "openai",
            Self::ElevenLabs => "elevenlabs",
            Self::Cerebras => "cerebras",
        }
    }
}

impl EnginesConfig {
    /// Reads its variables.
    pub fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let cerebras = cerebras(environment)?;
        let elevenlabs = elevenlabs(environment)?;
        let choice = |name: &'static str| {
            let expected = match name {
                "LLM" => "embedded, scripted, openai, or with CEREBRAS_API_KEY cerebras",
                _ => "embedded, scripted, openai, or with ELEVEN_API_KEY elevenlabs",
            };
            environment.required(name, "embedded", expected, |text| {
                match text.to_ascii_lowercase().as_str() {
                    "embedded" => Some(EngineChoice::Embedded),
                    "scripted" => Some(EngineChoice::Scripted),
                    "openai" => Some(EngineChoice::OpenAi),
                    "cerebras" if name == "LLM" && cerebras.is_some() => Some(EngineChoice::Cerebras),
                    "elevenlabs" if name != "LLM" && elevenlabs.is_some() => Some(EngineChoice::ElevenLabs),
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
            languagetool: environment.optional(
                "LANGUAGETOOL_URL",
                None,
                "a URL like http://localhost:8010, without a user or a query",
                LanguageToolConfig::new,
            )?,
            dictionaries: environment
                .optional("HUNSPELL_DIR", None, "a directory", |text| Some(PathBuf::from(text)))?,
            elevenlabs,
            cerebras,
        })
    }
}

/// Reads a name that can't be empty.
fn name(environment: &Environment<'_>, variable: &'static str, default: &str) -> Result<String, ConfigError> {
    environment.required(variable, default, "a name", |text| {
        (!text.is_empty()).then(|| text.to_owned())
    })
}

/// Where Cerebras answers.
const CEREBRAS: &str = "https://api.cerebras.ai/v1";

/// Reads the variables of Cerebras.
fn cerebras(environment: &Environment<'_>) -> Result<Option<OpenAiConfig>, ConfigError> {
    let key = environment.secret("CEREBRAS_API_KEY");
    let llm_model = name(environment, "CEREBRAS_MODEL", "gpt-oss-120b")?;
    let server = key.and_then(|key| OpenAiConfig::new(CEREBRAS, Some(key)).ok());
    Ok(server.map(|server| OpenAiConfig {
        name: "cerebras",
        llm_model,
        ..server
    }))
}

/// Reads the variables of ElevenLabs. What is set but can't be used is an error, whether it is chosen or not.
fn elevenlabs(environment: &Environment<'_>) -> Result<Option<ElevenLabsConfig>, ConfigError> {
    let key = environment.secret("ELEVEN_API_KEY");
    let server = environment.optional(
        "ELEVEN_BASE_URL",
        None,
        "a URL like https://api.elevenlabs.io, without a user or a query",
        |text| ElevenLabsConfig::new(text, None).ok(),
    )?;
    let stt_model = name(environment, "ELEVEN_STT_MODEL", ElevenLabsConfig::STT_MODEL)?;
    let tts_model = name(environment, "ELEVEN_TTS_MODEL", ElevenLabsConfig::TTS_MODEL)?;
    let tts_voice = environment.required(
        "ELEVEN_TTS_VOICE",
        ElevenLabsConfig::TTS_VOICE,
        "the id of a voice: letters and digits",
        VoiceId::parse,
    )?;
    // A key alone is the provider's own.
    let server = server.or_else(|| {
        key.as_ref()
            .and_then(|_| ElevenLabsConfig::new(ElevenLabsConfig::BASE_URL, None).ok())
    });
    Ok(server.map(|server| ElevenLabsConfig {
        key,
        stt_model,
        tts_model,
        tts_voice,
        ..server
    }))
}

/// Reads the variables of the server. One that is set but can't be used is an error, whether it is chosen or not.
fn openai(environment: &Environment<'_>) -> Result<Option<OpenAiConfig>, ConfigError> {
    let server = environment.optional(
        "OPENAI_BASE_URL",
        None,
        "a URL like https://api.openai.com/v1, without a user or a query",
        |text| OpenAiConfig::new(text, None).ok(),
    )?;
    let key = environment.secret("OPENAI_API_KEY");
    let stt_model = name(environment, "OPENAI_STT_MODEL", OpenAiConfig::STT_MODEL)?;
    let llm_model = name(environment, "OPENAI_LLM_MODEL", OpenAiConfig::LLM_MODEL)?;
    let tts_model = name(environment, "OPENAI_TTS_MODEL", OpenAiConfig::TTS_MODEL)?;
    let tts_voice = name(environment, "OPENAI_TTS_VOICE", OpenAiConfig::TTS_VOICE)?;
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
