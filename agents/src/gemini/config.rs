//! Settings of Gemini.

use reqwest::Url;
use reqwest::header::HeaderName;

use crate::http::{self, Credential, Provider, Timeouts};
use crate::secret::Secret;

/// Where it answers, with which key, and which of its models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeminiConfig {
    /// `GEMINI_URL` (`https://generativelanguage.googleapis.com` by default): without a version, as Google's own clients take it.
    pub base_url: Url,
    /// `GEMINI_API_KEY`: none for a server of one's own that speaks the same wire.
    pub key: Option<Secret>,
    /// `GEMINI_MODEL` (`gemini-flash-lite-latest` by default).
    pub model: GeminiModel,
    /// How long it is waited for.
    pub timeouts: Timeouts,
}

/// The name of a model, so that it can stand in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeminiModel(String);

/// Why the settings can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GeminiConfigError {
    /// `GEMINI_URL` is none.
    #[error("GEMINI_URL must be a URL like https://generativelanguage.googleapis.com, without a user or a query")]
    InvalidBaseUrl,
}

impl GeminiConfig {
    /// The default of `GEMINI_URL`.
    pub const BASE_URL: &str = "https://generativelanguage.googleapis.com";
    /// The default of `GEMINI_MODEL`: the newest of those that answer fastest.
    pub const MODEL: &str = "gemini-flash-lite-latest";

    /// The provider with its default model.
    ///
    /// # Errors
    /// When the base is no plain URL.
    pub fn new(base_url: &str, key: Option<Secret>) -> Result<Self, GeminiConfigError> {
        Ok(Self {
            base_url: http::base_url(base_url).ok_or(GeminiConfigError::InvalidBaseUrl)?,
            key,
            model: GeminiModel(Self::MODEL.to_owned()),
            timeouts: Timeouts::default(),
        })
    }
}

impl GeminiModel {
    /// Takes a name that is one; also with `models/` before it, as Google's own lists show it.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.strip_prefix("models/").unwrap_or(text);
        let is_name = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        (is_name && name.bytes().any(|byte| byte.is_ascii_alphanumeric())).then(|| Self(name.to_owned()))
    }

    /// As it stands in a path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Provider for GeminiConfig {
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
            header: HeaderName::from_static("x-goog-api-key"),
            prefix: "",
        }
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }
}

const NAME: &str = "gemini";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_provider_has_a_default_model_and_never_shows_its_key() {
        let config = GeminiConfig::new(GeminiConfig::BASE_URL, Some(Secret::new("AIza-1"))).unwrap();
        assert_eq!(config.base_url.as_str(), "https://generativelanguage.googleapis.com/");
        assert_eq!(config.model.as_str(), GeminiConfig::MODEL);
        assert!(!format!("{config:?}").contains("AIza-1"));
        let refused = GeminiConfig::new("http://a/?key=1", None);
        assert_eq!(refused, Err(GeminiConfigError::InvalidBaseUrl));
    }

    #[test]
    fn a_model_that_leaves_its_place_in_the_path_is_none() {
        for (text, name) in [
            ("gemini-3.5-flash", Some("gemini-3.5-flash")),
            ("models/gemini-flash-latest", Some("gemini-flash-latest")),
            ("", None),
            ("..", None),
            ("models/", None),
            ("a/b", None),
            ("a:b", None),
            ("a?b", None),
        ] {
            assert_eq!(
                GeminiModel::parse(text).as_ref().map(GeminiModel::as_str),
                name,
                "{text}"
            );
        }
    }
}
