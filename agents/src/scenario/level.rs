//! How much the learner can do already.

use serde::{Deserialize, Serialize};

/// The learner's level. It changes the help that is given, never the plot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// CEFR A1 and A2.
    Beginner,
    /// CEFR B1 and B2.
    #[default]
    Intermediate,
    /// CEFR C1 and C2.
    Advanced,
}

impl Level {
    /// Reads a level's name, alone or as the last part of a longer one (`"business_intermediate"`), or a CEFR level (`"B1"`).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let last = text.rsplit(['_', '-', ' ']).next().unwrap_or_default();
        match last {
            "beginner" | "elementary" | "a1" | "a2" => Some(Self::Beginner),
            "intermediate" | "b1" | "b2" => Some(Self::Intermediate),
            "advanced" | "c1" | "c2" => Some(Self::Advanced),
            _ => None,
        }
    }

    /// The lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Beginner => "beginner",
            Self::Intermediate => "intermediate",
            Self::Advanced => "advanced",
        }
    }

    /// How many grades of a hint are shown to somebody who has been helped so often in this step before.
    pub fn grades_of_help(self, helped: u8) -> usize {
        let first = match self {
            Self::Beginner => 3,
            Self::Intermediate => 2,
            Self::Advanced => 1,
        };
        first + usize::from(helped)
    }

    /// Which of a step's hints suits the level, counted from the easiest.
    pub(super) fn hint(self) -> usize {
        match self {
            Self::Beginner => 0,
            Self::Intermediate => 1,
            Self::Advanced => 2,
        }
    }

    /// After how many questions asked again the easiest answer is given away.
    pub(super) fn hint_after(self) -> u8 {
        match self {
            Self::Beginner => 1,
            Self::Intermediate | Self::Advanced => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compound_names_and_cefr_levels_are_read() {
        for (text, level) in [
            ("beginner", Some(Level::Beginner)),
            ("business_intermediate", Some(Level::Intermediate)),
            ("Advanced", Some(Level::Advanced)),
            ("B1", Some(Level::Intermediate)),
            ("fluent", None),
            ("", None),
        ] {
            assert_eq!(Level::parse(text), level, "{text}");
        }
    }
}
