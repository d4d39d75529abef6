//! All scenarios, and which of them a topic means.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::check::{Fault, check_courtesies, check_scenario};
use super::directory;
use super::format::{Courtesies, Courtesy, Scenario};
use super::level::Level;
use super::meanings::Meanings;
use super::script::Script;
use super::words::whole_words;
use crate::language::Language;

/// Why content could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// A file or directory can't be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not TOML of the scenario format.
    #[error("{file}: {reason}")]
    Syntax {
        /// Which one.
        file: String,
        /// What is wrong, with its line.
        reason: String,
    },
    /// Files are read but don't make sense.
    #[error("{}", faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n"))]
    Faults {
        /// Everything that is wrong.
        faults: Vec<Fault>,
    },
}

/// A group of topics, as `GET /content/topics` lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Category {
    /// `food`
    pub id: String,
    /// `Food & Drink`
    pub name: String,
    /// An emoji.
    pub icon: String,
    /// Its topics, in the order of their ids.
    pub topics: Vec<Topic>,
}

/// One topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Topic {
    /// The scenario's id.
    pub id: String,
    /// The title in English.
    pub name: String,
    /// The level asked for, since every scenario can be played at every level, but not below the scenario's own; without one
    /// the scenario's own.
    pub difficulty: Level,
    /// How long it takes.
    pub duration_minutes: u32,
    /// What it is about, in English.
    pub description: String,
    /// An emoji.
    pub icon: String,
}

/// All scenarios in all languages.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// In the order of their ids.
    scenarios: Vec<Arc<Scenario>>,
    courtesies: Arc<Courtesies>,
    meanings: Arc<Meanings>,
}

/// The id of the scenario for topics that no other covers.
pub const OPEN_TALK: &str = "open_talk";
/// The longest topic that is talked about, in characters.
const LONGEST_TOPIC: usize = 48;

const COURTESIES: (&str, &str) = ("courtesies.toml", include_str!("../../../content/courtesies.toml"));
const SCENARIOS: [(&str, &str); 13] = [
    (
        "scenarios/airport_checkin.toml",
        include_str!("../../../content/scenarios/airport_checkin.toml"),
    ),
    (
        "scenarios/apartment_viewing.toml",
        include_str!("../../../content/scenarios/apartment_viewing.toml"),
    ),
    (
        "scenarios/asking_directions.toml",
        include_str!("../../../content/scenarios/asking_directions.toml"),
    ),
    (
        "scenarios/business_meeting.toml",
        include_str!("../../../content/scenarios/business_meeting.toml"),
    ),
    (
        "scenarios/clothes_shopping.toml",
        include_str!("../../../content/scenarios/clothes_shopping.toml"),
    ),
    (
        "scenarios/coffee_shop.toml",
        include_str!("../../../content/scenarios/coffee_shop.toml"),
    ),
    (
        "scenarios/doctor_visit.toml",
        include_str!("../../../content/scenarios/doctor_visit.toml"),
    ),
    (
        "scenarios/hotel_reservation.toml",
        include_str!("../../../content/scenarios/hotel_reservation.toml"),
    ),
    (
        "scenarios/job_interview.toml",
        include_str!("../../../content/scenarios/job_interview.toml"),
    ),
    (
        "scenarios/meeting_people.toml",
        include_str!("../../../content/scenarios/meeting_people.toml"),
    ),
    (
        "scenarios/open_talk.toml",
        include_str!("../../../content/scenarios/open_talk.toml"),
    ),
    (
        "scenarios/restaurant.toml",
        include_str!("../../../content/scenarios/restaurant.toml"),
    ),
    (
        "scenarios/train_station.toml",
        include_str!("../../../content/scenarios/train_station.toml"),
    ),
];

impl Catalogue {
    pub(super) fn scenarios(&self) -> impl Iterator<Item = &Scenario> {
        self.scenarios.iter().map(Arc::as_ref)
    }

    pub(super) fn courtesy(&self, language: Language) -> Option<&Courtesy> {
        self.courtesies.get(&language)
    }

    /// The content that the program is built with.
    pub fn built_in() -> Self {
        let owned = |(file, text): (&str, &str)| (file.to_owned(), text.to_owned());
        let catalogue = Self::read(owned(COURTESIES), SCENARIOS.into_iter().map(owned).collect());
        catalogue.expect("the built-in content is checked by a test")
    }

    /// The content of a directory: `courtesies.toml`, `scenarios/*.toml` and, if it has one, `glosses.toml`.
    ///
    /// # Errors
    /// A file that can't be read or parsed, or all faults of those that can.
    pub fn load(dir: &Path) -> Result<Self, ContentError> {
        let files = directory::files(dir, "scenarios")?;
        let catalogue = Self::read(directory::file(dir, dir.join(COURTESIES.0))?, files)?;
        Ok(Self {
            meanings: Arc::new(Meanings::load(dir)?),
            ..catalogue
        })
    }

    /// Reads and checks files, each given as its name and text.
    pub(super) fn read(courtesies: (String, String), files: Vec<(String, String)>) -> Result<Self, ContentError> {
        let (courtesies_file, text) = courtesies;
        let mut courtesies: Courtesies = parse(&courtesies_file, &text)?;
        // Whoever is rude may be so in any language.
        let rude: BTreeSet<String> = courtesies
            .values()
            .flat_map(|courtesy| courtesy.rude_words.iter().map(|rude| whole_words(rude, courtesy)))
            .collect();
        for courtesy in courtesies.values_mut() {
            courtesy.rude_words = rude.iter().cloned().collect();
        }
        let mut faults = check_courtesies(&courtesies_file, &courtesies);
        let mut scenarios: Vec<Arc<Scenario>> = Vec::new();
        for (file, text) in files {
            let scenario: Scenario = parse(&file, &text)?;
            faults.extend(check_scenario(&file, &scenario, &courtesies));
            let taken = scenarios
                .iter()
                .flat_map(|other| std::iter::once(&other.id).chain(&other.topics));
            let twice: Vec<String> = taken
                .filter(|id| **id == scenario.id || scenario.topics.contains(id))
                .map(|id| format!("topic {id:?} is another scenario's too"))
                .collect();
            faults.extend(twice.into_iter().map(|reason| Fault::of_file(&file, reason)));
            scenarios.push(Arc::new(scenario));
        }
        scenarios.sort_by(|a, b| a.id.cmp(&b.id));
        if !scenarios.iter().any(|scenario| scenario.id == OPEN_TALK) {
            faults.push(Fault::of_file(
                "scenarios",
                format!("no scenario has the id {OPEN_TALK:?}"),
            ));
        }
        if !faults.is_empty() {
            return Err(ContentError::Faults { faults });
        }
        Ok(Self {
            scenarios,
            courtesies: Arc::new(courtesies),
            meanings: Arc::new(Meanings::built_in()),
        })
    }

    /// The script for a topic: a scenario's id, one of its other topic ids, or free text. A topic that no scenario covers in
    /// this language gets the open talk about it. `None` only for a language without an open talk.
    pub fn script(&self, topic: &str, language: Language, level: Level) -> Option<Script> {
        let script = |scenario: &Arc<Scenario>, topic| {
            let script = Script {
                scenario: Arc::clone(scenario),
                courtesies: Arc::clone(&self.courtesies),
                language,
                level,
                native: Language::English,
                topic,
                review: Arc::default(),
                meanings: Arc::clone(&self.meanings),
            };
            script.read_words();
            script
        };
        let covering = self
            .covering(topic)
            .filter(|scenario| scenario.lesson(language).is_some());
        if let Some(scenario) = covering {
            return Some(script(scenario, None));
        }
        let open_talk = self.scenarios.iter().find(|scenario| scenario.id == OPEN_TALK)?;
        open_talk.lesson(language)?;
        Some(script(open_talk, shown_topic(topic)))
    }

    /// The id of the scenario that a topic means, whatever the language; `None` when there is only open talk about it.
    pub fn scenario_of(&self, topic: &str) -> Option<&str> {
        self.covering(topic).map(|scenario| scenario.id.as_str())
    }

    /// The title and the tutor's role of the scenario of that id, or with that topic id, whatever the language.
    pub fn named(&self, id: &str) -> Option<(&str, &str)> {
        let id = topic_words(id).join("_");
        let mut scenarios = self.scenarios.iter();
        let scenario = scenarios.find(|scenario| scenario.id == id || scenario.topics.contains(&id))?;
        Some((&scenario.title, &scenario.role))
    }

    /// Whether a scenario can be played in a language.
    pub fn has(&self, scenario_id: &str, language: Language) -> bool {
        let mut scenarios = self.scenarios.iter();
        scenarios.any(|scenario| scenario.id == scenario_id && scenario.lesson(language).is_some())
    }

    /// The topics that can be practised in a language, by category.
    pub fn topics(&self, language: Language, level: Option<Level>) -> Vec<Category> {
        let mut categories: Vec<Category> = Vec::new();
        for scenario in self
            .scenarios
            .iter()
            .filter(|scenario| scenario.lesson(language).is_some())
        {
            let topic = Topic {
                id: scenario.id.clone(),
                name: scenario.title.clone(),
                difficulty: level.map_or(scenario.level, |level| level.max(scenario.level)),
                duration_minutes: scenario.duration_minutes,
                description: scenario.description.clone(),
                icon: scenario.icon.clone(),
            };
            match categories
                .iter_mut()
                .find(|category| category.id == scenario.category.id)
            {
                Some(category) => category.topics.push(topic),
                None => categories.push(Category {
                    id: scenario.category.id.clone(),
                    name: scenario.category.name.clone(),
                    icon: scenario.category.icon.clone(),
                    topics: vec![topic],
                }),
            }
        }
        categories.sort_by(|a, b| a.id.cmp(&b.id));
        categories
    }

    fn covering(&self, topic: &str) -> Option<&Arc<Scenario>> {
        let words = topic_words(topic);
        let id = words.join("_");
        let by_id = self
            .scenarios
            .iter()
            .find(|scenario| scenario.id == id || scenario.topics.contains(&id));
        by_id.or_else(|| {
            self.scenarios.iter().find(|scenario| {
                let mut keywords = scenario.keywords.iter().map(|keyword| topic_words(keyword));
                keywords.any(|keyword| words.windows(keyword.len().max(1)).any(|window| window == keyword))
            })
        })
    }
}

#[cfg(test)]
impl Catalogue {
    /// Everything that can be played in a language.
    pub(crate) fn scripts(&self, language: Language) -> impl Iterator<Item = Script> {
        let taught = self
            .scenarios
            .iter()
            .filter(move |scenario| scenario.lesson(language).is_some());
        taught.filter_map(move |scenario| self.script(&scenario.id, language, Level::Intermediate))
    }
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, ContentError> {
    toml::from_str(text).map_err(|error| ContentError::Syntax {
        file: file.to_owned(),
        reason: error.to_string(),
    })
}

fn topic_words(topic: &str) -> Vec<String> {
    let words = topic
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// A topic as it is talked about: the words of an id or a free text, nothing that a template or a log would trip over.
fn shown_topic(topic: &str) -> Option<String> {
    let words = topic.split(|c: char| c == '_' || c.is_whitespace() || c.is_control() || "{}<>\"«»“”".contains(c));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let shown: String = words.join(" ").chars().take(LONGEST_TOPIC).collect();
    let shown = shown.trim();
    shown.chars().any(char::is_alphanumeric).then(|| shown.to_owned())
}
