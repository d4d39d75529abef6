//! Settings of an OpenAI-compatible provider.

use reqwest::Url;

use crate::http::Timeouts;
use crate::secret::Secret;

/// Which server, with which key, and which of its models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenAiConfig {
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
    /// How long it is waited for.
    pub timeouts: Timeouts,
}

/// Why the settings can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenAiConfigError {
    /// `OPENAI_BASE_URL` is none.
    #[error("OPENAI_BASE_URL must be a URL like https://api.openai.com/v1, without a user or a query")]
    InvalidBaseUrl,
    /// The key has characters that no HTTP header may carry.
    #[error("OPENAI_API_KEY has characters that can't be sent")]
    InvalidKey,
    /// The machine can't speak TLS.
    #[error("no HTTPS client can be made: {0}")]
    Tls(String),
}

impl OpenAiConfig {
    /// Reads the settings from variables; an empty one is as good as none. Nothing where neither a key nor a server is named.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, OpenAiConfigError> {
        let set = |name: &str| {
            let value = lookup(name).unwrap_or_default();
            let value = value.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let (base, key) = (set("OPENAI_BASE_URL"), set("OPENAI_API_KEY"));
        if base.is_none() && key.is_none() {
            return Ok(None);
        }
        let or = |name: &str, default: &str| set(name).unwrap_or_else(|| default.to_owned());
        Ok(Some(Self {
            base_url: parse_base(base.as_deref().unwrap_or("https://api.openai.com/v1"))?,
            key: key.map(Secret::new),
            stt_model: or("OPENAI_STT_MODEL", "whisper-1"),
            llm_model: or("OPENAI_LLM_MODEL", "gpt-4o-mini"),
            tts_model: or("OPENAI_TTS_MODEL", "tts-1"),
            tts_voice: or("OPENAI_TTS_VOICE", "alloy"),
            timeouts: Timeouts::default(),
        }))
    }
}

/// A base that paths are appended to. One with a user or a query would leak a secret or swallow the path.
fn parse_base(text: &str) -> Result<Url, OpenAiConfigError> {
    let url = Url::parse(text).map_err(|_| OpenAiConfigError::InvalidBaseUrl)?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if plain {
        Ok(url)
    } else {
        Err(OpenAiConfigError::InvalidBaseUrl)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(variables: &[(&str, &str)]) -> Result<Option<OpenAiConfig>, OpenAiConfigError> {
        OpenAiConfig::from_lookup(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn without_key_and_server_there_is_no_provider() {
        assert_eq!(config(&[]), Ok(None));
        let empty = [
            ("OPENAI_API_KEY", " "),
            ("OPENAI_BASE_URL", ""),
            ("OPENAI_TTS_VOICE", "nova"),
        ];
        assert_eq!(config(&empty), Ok(None));
    }

    #[test]
    fn a_key_alone_means_openai_itself_with_its_models() {
        let config = config(&[("OPENAI_API_KEY", "sk-1")]).unwrap().unwrap();
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
    fn a_local_server_needs_no_key() {
        let variables = [
            ("OPENAI_BASE_URL", "http://localhost:11434/v1/"),
            ("OPENAI_STT_MODEL", "a"),
            ("OPENAI_LLM_MODEL", "b"),
            ("OPENAI_TTS_MODEL", "c"),
            ("OPENAI_TTS_VOICE", "d"),
        ];
        let config = config(&variables).unwrap().unwrap();
        assert_eq!((config.base_url.port(), config.key), (Some(11434), None));
        let models = [
            &config.stt_model,
            &config.llm_model,
            &config.tts_model,
            &config.tts_voice,
        ];
        assert_eq!(models, ["a", "b", "c", "d"]);
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
            let refused = config(&[("OPENAI_BASE_URL", base)]);
            assert_eq!(refused, Err(OpenAiConfigError::InvalidBaseUrl), "{base}");
        }
    }
}
