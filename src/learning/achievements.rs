//! Achievements: data, with rules over what a learner's records add up to.
//!
//! A rule only looks at totals, so it gives the same answer however often it is asked; that an achievement is earned once is
//! for storage to say.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// What can be achieved.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Achievement {
    /// `week_streak_1`
    pub id: String,
    /// "Week Warrior"
    pub name: String,
    /// "Maintain a 7-day learning streak"
    pub description: String,
    /// 🔥
    pub icon: String,
    /// What it is worth.
    pub xp_reward: u32,
    /// `milestone`, `consistency`, `skill`, `topic`
    pub category: String,
    /// When it is earned.
    #[serde(skip_serializing)]
    pub rule: Rule,
}

/// When an achievement is earned.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// So many conversations in which the learner said something were completed. Of a scenario or a category only those count in
    /// which at least one of its topics was gone through: a goodbye at the door is no dinner.
    Conversations {
        /// How many.
        required: u32,
        /// Only those of that scenario.
        scenario: Option<String>,
        /// Only those of that category of scenarios.
        category: Option<String>,
    },
    /// So many different scenarios were gone through; open talk is one.
    Scenarios {
        /// How many.
        required: u32,
    },
    /// So many languages were practised.
    Languages {
        /// How many.
        required: u32,
    },
    /// So many minutes were practised.
    Minutes {
        /// How many.
        required: u32,
    },
    /// A streak is so long.
    StreakDays {
        /// How many days.
        required: u32,
    },
    /// So many utterances had a perfect pronunciation score.
    PerfectPronunciations {
        /// How many.
        required: u32,
    },
    /// So many utterances of one conversation had one, each after the other.
    PerfectPronunciationsInARow {
        /// How many.
        required: u32,
    },
    /// So many words joined the learner's decks.
    Words {
        /// How many.
        required: u32,
    },
}

/// What a learner's records add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tallies {
    /// Completed conversations in which the learner said something, by kind.
    pub kinds: Vec<Kind>,
    /// Days of the streak.
    pub streak_days: u32,
    /// Words in the decks of all languages.
    pub words: u32,
}

/// Conversations of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// In which language.
    pub language: String,
    /// The scenario's id.
    pub scenario: Option<String>,
    /// Its category's id.
    pub category: Option<String>,
    /// How many.
    pub conversations: u32,
    /// How many of them went through a topic of the scenario.
    pub with_topics: u32,
    /// Minutes of practice in all of them.
    pub minutes: u32,
    /// Utterances with a perfect pronunciation score in all of them.
    pub perfect_pronunciations: u32,
    /// The most in a row.
    pub perfect_run: u32,
}

/// How far a learner is on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// So far; never more than required.
    pub current: u32,
    /// When it is earned.
    pub required: u32,
}

/// Everything that can be achieved.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    achievements: Vec<Achievement>,
}

/// Why a list of achievements can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// It can't be read.
    #[error("achievements.toml can't be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It is no such list.
    #[error("achievements.toml: {0}")]
    Syntax(#[from] toml::de::Error),
    /// Two have the same id.
    #[error("achievements.toml: {0:?} is there twice")]
    Twice(String),
    /// It is earned by doing nothing.
    #[error("achievements.toml: {0:?} requires nothing")]
    Free(String),
}

/// A pronunciation score from here on, of 100, is called perfect.
pub const PERFECT: u64 = 95;

const BUILT_IN: &str = include_str!("../../content/achievements.toml");
const FILE: &str = "achievements.toml";

impl Catalogue {
    /// The one that the program brings along.
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).expect("a test reads the built-in list")
    }

    /// The one of a directory, or the built-in one where it has none.
    ///
    /// # Errors
    /// When there is one that can't be used.
    pub fn load(dir: &Path) -> Result<Self, CatalogueError> {
        match fs::read_to_string(dir.join(FILE)) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::built_in()),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a list.
    ///
    /// # Errors
    /// When it is none, or its ids or rules make no sense.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        let catalogue: Self = toml::from_str(text)?;
        let mut ids = BTreeSet::new();
        for achievement in &catalogue.achievements {
            if !ids.insert(&achievement.id) {
                return Err(CatalogueError::Twice(achievement.id.clone()));
            }
            if achievement.rule.required() == 0 {
                return Err(CatalogueError::Free(achievement.id.clone()));
            }
        }
        Ok(catalogue)
    }

    /// All, in the order of the list.
    pub fn all(&self) -> &[Achievement] {
        &self.achievements
    }

    /// The one of that id.
    pub fn named(&self, id: &str) -> Option<&Achievement> {
        self.achievements.iter().find(|achievement| achievement.id == id)
    }

    /// Those that the tallies earn and that were not earned before.
    pub fn earned<'a>(
        &'a self,
        tallies: &'a Tallies,
        before: &'a BTreeSet<String>,
    ) -> impl Iterator<Item = &'a Achievement> {
        self.achievements
            .iter()
            .filter(|achievement| !before.contains(&achievement.id))
            .filter(|achievement| achievement.rule.standing(tallies).is_reached())
    }
}

impl Rule {
    /// How far the tallies get.
    pub fn standing(&self, tallies: &Tallies) -> Standing {
        let kinds = &tallies.kinds;
        let sum = |count: fn(&Kind) -> u32| kinds.iter().map(count).fold(0, u32::saturating_add);
        let current = match self {
            Self::Conversations {
                scenario: None,
                category: None,
                ..
            } => sum(|kind| kind.conversations),
            Self::Conversations { scenario, category, .. } => kinds
                .iter()
                .filter(|kind| scenario.is_none() || kind.scenario == *scenario)
                .filter(|kind| category.is_none() || kind.category == *category)
                .fold(0, |sum, kind| kind.with_topics.saturating_add(sum)),
            Self::Scenarios { .. } => {
                let gone_through = kinds.iter().filter(|kind| kind.with_topics > 0);
                distinct(gone_through.filter_map(|kind| kind.scenario.as_ref()))
            }
            Self::Languages { .. } => distinct(kinds.iter().map(|kind| &kind.language)),
            Self::Minutes { .. } => sum(|kind| kind.minutes),
            Self::StreakDays { .. } => tallies.streak_days,
            Self::PerfectPronunciations { .. } => sum(|kind| kind.perfect_pronunciations),
            Self::PerfectPronunciationsInARow { .. } => kinds.iter().map(|kind| kind.perfect_run).max().unwrap_or(0),
            Self::Words { .. } => tallies.words,
        };
        let required = self.required();
        Standing {
            current: current.min(required),
            required,
        }
    }

    fn required(&self) -> u32 {
        match self {
            Self::Conversations { required, .. }
            | Self::Scenarios { required }
            | Self::Languages { required }
            | Self::Minutes { required }
            | Self::StreakDays { required }
            | Self::PerfectPronunciations { required }
            | Self::PerfectPronunciationsInARow { required }
            | Self::Words { required } => *required,
        }
    }
}

impl Standing {
    /// Whether that is enough.
    pub fn is_reached(self) -> bool {
        self.current >= self.required
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a String>) -> u32 {
    u32::try_from(names.collect::<BTreeSet<_>>().len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
