//! The registry of languages: English name or BCP-47 tag in, one closed set inside.

use serde::{Deserialize, Serialize};

/// A language that can be practised or spoken natively.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// `en`
    English,
    /// `es`
    Spanish,
    /// `fr`
    French,
    /// `de`
    German,
    /// `it`
    Italian,
    /// `pt`
    Portuguese,
    /// `zh`
    Chinese,
    /// `ja`
    Japanese,
}

impl Language {
    /// Every language, in the order that lists show them.
    pub const ALL: [Self; 8] = [
        Self::English,
        Self::Spanish,
        Self::French,
        Self::German,
        Self::Italian,
        Self::Portuguese,
        Self::Chinese,
        Self::Japanese,
    ];

    /// Whether its words are written with spaces between them.
    pub fn is_spaced(self) -> bool {
        !matches!(self, Self::Chinese | Self::Japanese)
    }

    /// Reads an English name (`"french"`, any case) or a BCP-47 tag (`"fr"`, `"fr-CA"`, `"fr_CA"`).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let primary = text.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| text == language.name() || primary == language.tag())
    }

    /// The lower-case English name.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "english",
            Self::Spanish => "spanish",
            Self::French => "french",
            Self::German => "german",
            Self::Italian => "italian",
            Self::Portuguese => "portuguese",
            Self::Chinese => "chinese",
            Self::Japanese => "japanese",
        }
    }

    /// The name as English writes it.
    pub fn english_name(self) -> String {
        let (initial, rest) = self.name().split_at(1);
        initial.to_uppercase() + rest
    }

    /// The name as the language itself writes it, as in a list.
    pub fn native_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
            Self::French => "Français",
            Self::German => "Deutsch",
            Self::Italian => "Italiano",
            Self::Portuguese => "Português",
            Self::Chinese => "中文",
            Self::Japanese => "日本語",
        }
    }

    /// The primary BCP-47 subtag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::French => "fr",
            Self::German => "de",
            Self::Italian => "it",
            Self::Portuguese => "pt",
            Self::Chinese => "zh",
            Self::Japanese => "ja",
        }
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_tags_of_any_case_and_region_are_read() {
        for (text, language) in [
            ("french", Language::French),
            (" French ", Language::French),
            ("fr", Language::French),
            ("fr-CA", Language::French),
            ("pt_BR", Language::Portuguese),
            ("zh-Hans-CN", Language::Chinese),
        ] {
            assert_eq!(Language::parse(text), Some(language), "{text}");
        }
        for text in ["", "klingon", "fre", "f", "-fr"] {
            assert_eq!(Language::parse(text), None, "{text}");
        }
    }
}
