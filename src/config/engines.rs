//! What listens, thinks and speaks.

use std::path::PathBuf;

use colloquy_agents::assessment::language::LanguageToolConfig;
use colloquy_agents::deepgram::DeepgramConfig;
use colloquy_agents::elevenlabs::{ElevenLabsConfig, VoiceId};
use colloquy_agents::gemini::{GeminiConfig, GeminiModel};
use colloquy_agents::openai::OpenAiConfig;

use super::{ConfigError, Environment};

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
    /// Deepgram, which listens, if `DEEPGRAM_API_KEY` or `DEEPGRAM_URL` is set.
    pub deepgram: Option<DeepgramConfig>,
    /// Cerebras, whose dialogue models answer as OpenAI's do, if `CEREBRAS_API_KEY` or `CEREBRAS_URL` is set.
    pub cerebras: Option<OpenAiConfig>,
    /// `LANGUAGETOOL_URL` \[none\]: the LanguageTool server that checks what learners say.
    pub languagetool: Option<LanguageToolConfig>,
    /// `HUNSPELL_DIR` \[where systems keep them\]: dictionaries that what learners type is checked with.
    pub dictionaries: Option<PathBuf>,
    /// `CEFR_WORDS` \[none\]: a list of English words by CEFR band, or a directory of them.
    pub band_list: Option<PathBuf>,
    /// Gemini, which thinks, if `GEMINI_API_KEY` or `GEMINI_URL` is set.
    pub gemini: Option<GeminiConfig>,
    /// `WHISPER_MODEL` \[none\]: the file of a model that listens on this machine, in programs that are built for it.
    pub whisper_model: Option<PathBuf>,
    /// `TOOLS_FILE` \[none\]: names services that a dialogue model may ask.
    pub tools_file: Option<PathBuf>,
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
    /// Deepgram; a recogniser only.
    Deepgram,
    /// Gemini; a dialogue model only.
    Gemini,
    /// A Whisper model on this machine; a recogniser only, in programs that are built for it.
    Whisper,
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
            Self::Deepgram => "deepgram",
            Self::Gemini => "gemini",
            Self::Whisper => "whisper",
        }
    }
}

impl EnginesConfig {
    /// Reads its variables.
    pub fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let cerebras = cerebras(environment)?;
        let elevenlabs = elevenlabs(environment)?;
        let deepgram = deepgram(environment)?;
        let gemini = gemini(environment)?;
        let whisper_model = file(environment, "WHISPER_MODEL")?;
        let choice = |name: &'static str| {
            let expected = match name {
                "LLM" => "embedded, scripted, openai, or with its key or address cerebras or gemini",
                "STT" => {
                    "embedded, scripted, openai, with its key or address deepgram or elevenlabs, or with WHISPER_MODEL whisper"
                }
                _ => "embedded, scripted, openai, or with ELEVEN_API_KEY elevenlabs",
            };
            environment.required(name, "embedded", expected, |text| {
                match text.to_ascii_lowercase().as_str() {
                    "embedded" => Some(EngineChoice::Embedded),
                    "scripted" => Some(EngineChoice::Scripted),
                    "openai" => Some(EngineChoice::OpenAi),
                    "cerebras" if name == "LLM" && cerebras.is_some() => Some(EngineChoice::Cerebras),
                    "gemini" if name == "LLM" && gemini.is_some() => Some(EngineChoice::Gemini),
                    "elevenlabs" if name != "LLM" && elevenlabs.is_some() => Some(EngineChoice::ElevenLabs),
                    "deepgram" if name == "STT" && deepgram.is_some() => Some(EngineChoice::Deepgram),
                    "whisper" if name == "STT" && whisper_model.is_some() => Some(EngineChoice::Whisper),
                    _ => None,
                }
            })
        };
        Ok(Self {
            stt: choice("STT")?,
            llm: choice("LLM")?,
            tts: choice("TTS")?,
            openai: openai(environment)?,
            languagetool: environment.optional(
                "LANGUAGETOOL_URL",
                None,
                "a URL like http://localhost:8010, without a user or a query",
                LanguageToolConfig::new,
            )?,
            dictionaries: environment
                .optional("HUNSPELL_DIR", None, "a directory", |text| Some(PathBuf::from(text)))?,
            band_list: file(environment, "CEFR_WORDS")?,
            tools_file: file(environment, "TOOLS_FILE")?,
            elevenlabs,
            deepgram,
            cerebras,
            gemini,
            whisper_model,
        })
    }
}

/// Reads the path of a file; whether there is one shows when it is opened.
fn file(environment: &Environment<'_>, variable: &'static str) -> Result<Option<PathBuf>, ConfigError> {
    environment.optional(variable, None, "a path", |text| Some(PathBuf::from(text)))
}

/// Reads a name that can't be empty.
fn name(environment: &Environment<'_>, variable: &'static str, default: &str) -> Result<String, ConfigError> {
    environment.required(variable, default, "a name", |text| {
        (!text.is_empty()).then(|| text.to_owned())
    })
}

/// Reads the variables of Cerebras. What is set but can't be used is an error, whether it is chosen or not.
fn cerebras(environment: &Environment<'_>) -> Result<Option<OpenAiConfig>, ConfigError> {
    let key = environment.secret("CEREBRAS_API_KEY");
    let server = environment.optional(
        "CEREBRAS_URL",
        None,
        "a URL like https://api.cerebras.ai/v1, without a user or a query",
        |text| OpenAiConfig::cerebras(text, None).ok(),
    )?;
    let llm_model = name(environment, "CEREBRAS_MODEL", OpenAiConfig::CEREBRAS_MODEL)?;
    let own = || OpenAiConfig::cerebras(OpenAiConfig::CEREBRAS_URL, None).ok();
    let server = server.or_else(|| key.as_ref().and_then(|_| own()));
    Ok(server.map(|server| OpenAiConfig {
        key,
        llm_model,
        ..server
    }))
}

/// Reads the variables of Deepgram, as those of Cerebras.
fn deepgram(environment: &Environment<'_>) -> Result<Option<DeepgramConfig>, ConfigError> {
    let key = environment.secret("DEEPGRAM_API_KEY");
    let server = environment.optional(
        "DEEPGRAM_URL",
        None,
        "a URL like https://api.deepgram.com, without a user or a query",
        |text| DeepgramConfig::new(text, None).ok(),
    )?;
    let model = name(environment, "DEEPGRAM_MODEL", DeepgramConfig::MODEL)?;
    let own = || DeepgramConfig::new(DeepgramConfig::BASE_URL, None).ok();
    let server = server.or_else(|| key.as_ref().and_then(|_| own()));
    Ok(server.map(|server| DeepgramConfig { key, model, ..server }))
}

/// Reads the variables of Gemini, as those of Cerebras.
fn gemini(environment: &Environment<'_>) -> Result<Option<GeminiConfig>, ConfigError> {
    let key = environment.secret("GEMINI_API_KEY");
    let server = environment.optional(
        "GEMINI_URL",
        None,
        "a URL like https://generativelanguage.googleapis.com, without a user or a query",
        |text| GeminiConfig::new(text, None).ok(),
    )?;
    let model = environment.required(
        "GEMINI_MODEL",
        GeminiConfig::MODEL,
        "the name of a model: letters, digits, dots and dashes",
        GeminiModel::parse,
    )?;
    let own = || GeminiConfig::new(GeminiConfig::BASE_URL, None).ok();
    let server = server.or_else(|| key.as_ref().and_then(|_| own()));
    Ok(server.map(|server| GeminiConfig { key, model, ..server }))
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
