//! Settings of ElevenLabs.

use reqwest::Url;
use reqwest::header::HeaderName;

use crate::http::{self, Credential, Provider, Timeouts};
use crate::language::Language;
use crate::secret::Secret;

/// Where it answers, with which key, and which of its models and voices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElevenLabsConfig {
    /// `ELEVEN_BASE_URL` (`https://api.elevenlabs.io` by default): without a version, as its own clients take it.
    pub base_url: Url,
    /// `ELEVEN_API_KEY`: none for a server of one's own that speaks the same wire.
    pub key: Option<Secret>,
    /// `ELEVEN_STT_MODEL` (`scribe_v2` by default).
    pub stt_model: String,
    /// `ELEVEN_TTS_MODEL` (`eleven_flash_v2_5` by default).
    pub tts_model: String,
    /// `ELEVEN_TTS_VOICE`: the id of a voice, which speaks every language of the model.
    pub tts_voice: VoiceId,
    /// How long it is waited for.
    pub timeouts: Timeouts,
}

/// The id of a voice: letters and digits, so that it can stand in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceId(String);

/// Why the settings can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ElevenLabsConfigError {
    /// `ELEVEN_BASE_URL` is none.
    #[error("ELEVEN_BASE_URL must be a URL like https://api.elevenlabs.io, without a user or a query")]
    InvalidBaseUrl,
}

impl ElevenLabsConfig {
    /// The default of `ELEVEN_BASE_URL`.
    pub const BASE_URL: &str = "https://api.elevenlabs.io";
    /// The default of `ELEVEN_STT_MODEL`.
    pub const STT_MODEL: &str = "scribe_v2";
    /// The default of `ELEVEN_TTS_MODEL`: the one that answers fastest.
    pub const TTS_MODEL: &str = "eleven_flash_v2_5";
    /// The default of `ELEVEN_TTS_VOICE`: the voice of the provider's own examples, which every account has.
    pub const TTS_VOICE: &str = "JBFqnCBsd6RMkjVDRZzb";

    /// The provider with its default models and voice.
    ///
    /// # Errors
    /// When the base is no plain URL.
    pub fn new(base_url: &str, key: Option<Secret>) -> Result<Self, ElevenLabsConfigError> {
        Ok(Self {
            base_url: http::base_url(base_url).ok_or(ElevenLabsConfigError::InvalidBaseUrl)?,
            key,
            stt_model: Self::STT_MODEL.to_owned(),
            tts_model: Self::TTS_MODEL.to_owned(),
            tts_voice: VoiceId(Self::TTS_VOICE.to_owned()),
            timeouts: Timeouts::default(),
        })
    }

    /// Whether the model of the voice speaks a language. Those of the first two versions without a half speak English only;
    /// all others speak every language that is practised here.
    pub(crate) fn speaks(&self, language: Language) -> bool {
        let is_english = matches!(
            self.tts_model.as_str(),
            "eleven_flash_v2" | "eleven_turbo_v2" | "eleven_monolingual_v1"
        );
        !is_english || language == Language::English
    }

    /// Whether the model of the voice is told the language. The others find out by themselves, and refuse to be told.
    pub(crate) fn takes_language(&self) -> bool {
        self.tts_model.ends_with("_v2_5") || self.tts_model.starts_with("eleven_v3")
    }
}

impl VoiceId {
    /// Takes an id that is one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_id = !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        is_id.then(|| Self(text.to_owned()))
    }

    /// As it stands in a path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Provider for ElevenLabsConfig {
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
            header: HeaderName::from_static("xi-api-key"),
            prefix: "",
        }
    }

    fn timeouts(&self) -> Timeouts {
        self.timeouts
    }
}

pub(crate) const NAME: &str = "elevenlabs";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_provider_has_default_models_and_never_shows_its_key() {
        let config = ElevenLabsConfig::new(ElevenLabsConfig::BASE_URL, Some(Secret::new("xi-1"))).unwrap();
        assert_eq!(config.base_url.as_str(), "https://api.elevenlabs.io/");
        let models = [
            config.stt_model.as_str(),
            config.tts_model.as_str(),
            config.tts_voice.as_str(),
        ];
        assert_eq!(models, ["scribe_v2", "eleven_flash_v2_5", "JBFqnCBsd6RMkjVDRZzb"]);
        assert!(!format!("{config:?}").contains("xi-1"));
        let refused = ElevenLabsConfig::new("http://a/?key=1", None);
        assert_eq!(refused, Err(ElevenLabsConfigError::InvalidBaseUrl));
    }

    #[test]
    fn a_voice_that_leaves_its_place_in_the_path_is_none() {
        assert_eq!(VoiceId::parse("a-B_9").as_ref().map(VoiceId::as_str), Some("a-B_9"));
        for text in ["", "a/b", "..", "a?b", "a b", "é", "%2e"] {
            assert_eq!(VoiceId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn models_speak_what_they_were_made_for() {
        let mut config = ElevenLabsConfig::new(ElevenLabsConfig::BASE_URL, None).unwrap();
        for (model, french, told) in [
            ("eleven_flash_v2_5", true, true),
            ("eleven_turbo_v2_5", true, true),
            ("eleven_v3", true, true),
            ("eleven_multilingual_v2", true, false),
            ("eleven_flash_v2", false, false),
        ] {
            config.tts_model = model.to_owned();
            assert!(config.speaks(Language::English), "{model}");
            assert_eq!(config.speaks(Language::French), french, "{model}");
            assert_eq!(config.takes_language(), told, "{model}");
        }
    }
}
