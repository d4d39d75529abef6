//! Settings of an OpenAI-compatible provider.

use reqwest::Url;
use reqwest::header::AUTHORIZATION;

use crate::http::{self, Credential, Provider, Timeouts};
use crate::secret::Secret;

/// Which server, with which key, and which of its models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenAiConfig {
    /// The name of its engines in logs and metrics (`openai` by default): the provider's own where it is known.
    pub name: &'static str,
    /// `OPENAI_BASE_URL` (`https://api.openai.com/v1` by default): with its version, as OpenAI's own clients take it.
    pub base_url: Url,
    /// `OPENAI_API_KEY`: none for a local server that asks for none.
    pub key: Option<Secret>,
    /// `OPENAI_STT_MODEL` (`whisper-1` by default).
    pub stt_model: String,
    /// `OPENAI_LLM_MODEL` (`gpt-4o-mini` by default).
    pub llm_model: String,
    /// `OPENAI_TTS_MODEL` (`tts-1` by default).
    pub tts_model: String,
    /// `OPENAI_TTS_VOICE` (`alloy` by default).
    pub tts_voice: String,
    /// Whether it is asked to tell what a reply used (`stream_options`): not every server that speaks this wire takes the question.
    pub tells_usage: bool,
    /// How long it is waited for.
    pub timeouts: Timeouts,
}

/// Why the settings can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenAiConfigError {
    /// `OPENAI_BASE_URL` is none.
    #[error("OPENAI_BASE_URL must be a URL like https://api.openai.com/v1, without a user or a query")]
    InvalidBaseUrl,
}

impl OpenAiConfig {
    /// The default name.
    pub const NAME: &str = "openai";
    /// The default of `OPENAI_BASE_URL`: OpenAI itself.
    pub const BASE_URL: &str = "https://api.openai.com/v1";
    /// The default of `OPENAI_STT_MODEL`.
    pub const STT_MODEL: &str = "whisper-1";
    /// The default of `OPENAI_LLM_MODEL`.
    pub const LLM_MODEL: &str = "gpt-4o-mini";
    /// The default of `OPENAI_TTS_MODEL`.
    pub const TTS_MODEL: &str = "tts-1";
    /// The default of `OPENAI_TTS_VOICE`.
    pub const TTS_VOICE: &str = "alloy";

    /// The default of `CEREBRAS_URL`: Cerebras itself.
    pub const CEREBRAS_URL: &str = "https://api.cerebras.ai/v1";
    /// The default of `CEREBRAS_MODEL`.
    pub const CEREBRAS_MODEL: &str = "gpt-oss-120b";

    /// A server with the default models.
    pub fn new(base_url: &str, key: Option<Secret>) -> Result<Self, OpenAiConfigError> {
        let base_url = http::base_url(base_url).ok_or(OpenAiConfigError::InvalidBaseUrl)?;
        Ok(Self {
            name: Self::NAME,
            tells_usage: base_url.host_str() == Some("api.openai.com"),
            base_url,
            key,
            stt_model: Self::STT_MODEL.to_owned(),
            llm_model: Self::LLM_MODEL.to_owned(),
            tts_model: Self::TTS_MODEL.to_owned(),
            tts_voice: Self::TTS_VOICE.to_owned(),
            timeouts: Timeouts::default(),
        })
    }

    /// Cerebras, which speaks the same wire and only thinks; its dialogue model at this address.
    ///
    /// # Errors
    /// When the base is no plain URL.
    pub fn cerebras(base_url: &str, key: Option<Secret>) -> Result<Self, OpenAiConfigError> {
        Ok(Self {
            name: "cerebras",
            llm_model: Self::CEREBRAS_MODEL.to_owned(),
            tells_usage: true,
            ..Self::new(base_url, key)?
        })
    }
}

impl Provider for OpenAiConfig {
    fn name(&self) -> &'static str {
        self.name
    }

    fn base_url(&self) -> &Url {
        &self.base_url
    }

    fn key(&self) -> Option<&Secret> {
        self.key.as_ref()
    }

    fn credential(&self) -> Credential {
        Credential {
            header: AUTHORIZATION,
            prefix: "Bearer ",
        }
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_the_default_models_and_never_shows_its_key() {
        let config = OpenAiConfig::new(OpenAiConfig::BASE_URL, Some(Secret::new("sk-1"))).unwrap();
        assert_eq!(config.base_url.as_str(), "https://api.openai.com/v1");
        assert_eq!(config.key.as_ref().map(Secret::expose), Some("sk-1"));
        let models = [
            &config.stt_model,
            &config.llm_model,
            &config.tts_model,
            &config.tts_voice,
        ];
        assert_eq!(models, ["whisper-1", "gpt-4o-mini", "tts-1", "alloy"]);
        assert!(!format!("{config:?}").contains("sk-1"));
    }

    #[test]
    fn a_base_that_is_none_is_refused() {
        for base in [
            "localhost:8000",
            "ftp://a/v1",
            "/v1",
            "http://u:p@a/v1",
            "http://a/v1?key=1",
            "nonsense",
        ] {
            let refused = OpenAiConfig::new(base, None);
            assert_eq!(refused, Err(OpenAiConfigError::InvalidBaseUrl), "{base}");
        }
        assert!(OpenAiConfig::new("http://localhost:11434/v1/", None).is_ok());
    }
}
