//! Settings of Deepgram.

use reqwest::Url;
use reqwest::header::AUTHORIZATION;

use crate::http::{self, Credential, Provider, Timeouts};
use crate::language::Language;
use crate::secret::Secret;

/// Where it answers, with which key, and which of its models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeepgramConfig {
    /// `DEEPGRAM_URL` (`https://api.deepgram.com` by default): without a version.
    pub base_url: Url,
    /// `DEEPGRAM_API_KEY`: none for a server of one's own that speaks the same wire.
    pub key: Option<Secret>,
    /// `DEEPGRAM_MODEL` (`nova-3` by default): one of its streaming models that take `Finalize`.
    pub model: String,
    /// How long it is waited for.
    pub timeouts: Timeouts,
}

/// Why the settings can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeepgramConfigError {
    /// `DEEPGRAM_URL` is none.
    #[error("DEEPGRAM_URL must be a URL like https://api.deepgram.com, without a user or a query")]
    InvalidBaseUrl,
}

impl DeepgramConfig {
    /// The default of `DEEPGRAM_URL`.
    pub const BASE_URL: &str = "https://api.deepgram.com";
    /// The default of `DEEPGRAM_MODEL`.
    pub const MODEL: &str = "nova-3";

    /// The provider with its default model. `ws` and `wss` are taken for `http` and `https`: a WebSocket begins as such.
    ///
    /// # Errors
    /// When the base is no plain URL.
    pub fn new(base_url: &str, key: Option<Secret>) -> Result<Self, DeepgramConfigError> {
        let as_http = match base_url.strip_prefix("ws") {
            Some(rest) if rest.starts_with(':') || rest.starts_with("s:") => format!("http{rest}"),
            _ => base_url.to_owned(),
        };
        Ok(Self {
            base_url: http::base_url(&as_http).ok_or(DeepgramConfigError::InvalidBaseUrl)?,
            key,
            model: Self::MODEL.to_owned(),
            timeouts: Timeouts::default(),
        })
    }
}

impl DeepgramConfig {
    /// Whether its model hears a language, by Deepgram's own overview of models and languages: the general models of both
    /// generations hear all that are practised here (nova-2 since May 2024; nova-3 Chinese, the last of them, since March 2026),
    /// those for a trade or a kind of sound hear English. Of other models, such as one that was trained for the operator, who
    /// names it knows what it hears.
    pub(crate) fn hears(&self, language: Language) -> bool {
        let is_special = ["nova-3-", "nova-2-"].iter().any(|generation| {
            let option = self.model.strip_prefix(generation);
            option.is_some_and(|option| option != "general")
        });
        !is_special || language == Language::English
    }
}

impl Provider for DeepgramConfig {
    fn name(&self) -> &'static str {
        NAME
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
            prefix: "Token ",
        }
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    fn takes_websockets(&self) -> bool {
        true
    }
}

pub(crate) const NAME: &str = "deepgram";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_scheme_names_the_provider_and_its_key_is_never_shown() {
        let config = DeepgramConfig::new(DeepgramConfig::BASE_URL, Some(Secret::new("dg-1"))).unwrap();
        assert_eq!(config.base_url.as_str(), "https://api.deepgram.com/");
        assert!(!format!("{config:?}").contains("dg-1"));
        for (given, taken) in [
            ("wss://api.deepgram.com", Some("https://api.deepgram.com/")),
            ("ws://localhost:8080", Some("http://localhost:8080/")),
            ("wsx://a", None),
            ("https://a/?token=1", None),
            ("a", None),
        ] {
            let base = DeepgramConfig::new(given, None).ok();
            let base = base.as_ref().map(|config| config.base_url.as_str());
            assert_eq!(base, taken, "{given}");
        }
    }

    #[test]
    fn general_models_hear_every_language_and_special_ones_english() {
        let mut config = DeepgramConfig::new(DeepgramConfig::BASE_URL, None).unwrap();
        for (model, is_general) in [
            ("nova-3", true),
            ("nova-3-general", true),
            ("nova-2", true),
            ("nova-2-general", true),
            ("nova-3-medical", false),
            ("nova-2-phonecall", false),
            ("0b2c8f2e-5a0e-4b0c-9c8e-6f0b8a4f6f0d", true),
        ] {
            config.model = model.to_owned();
            for language in Language::ALL {
                assert_eq!(
                    config.hears(language),
                    is_general || language == Language::English,
                    "{model}"
                );
            }
        }
    }
}
