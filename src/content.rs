//! The seam between the control plane and the scenarios: how a conversation opens, and what there is to talk about.

use std::sync::Arc;

pub use colloquy_agents::assessment::articulation::Phonemes;
pub use colloquy_agents::assessment::feedback::Feedback;
pub use colloquy_agents::exercises::Exercises;
use colloquy_agents::language::Language;
pub use colloquy_agents::scenario::{Catalogue, Category, ContentError, OPEN_TALK, Topic};
use colloquy_agents::scenario::{Level, Script};
use serde_json::{Map, Value};

use crate::storage::conversations::Persona;

/// What a conversation shall be about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Any words.
    pub topic: &'a str,
    /// The language to practise.
    pub language: Language,
    /// The learner's own language.
    pub native_language: Language,
    /// Any words; those that name a level count.
    pub difficulty: &'a str,
}

/// How a conversation opens.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// Whom the tutor plays.
    pub persona: Persona,
    /// What the tutor says first.
    pub text: String,
    /// The same in the learner's own language; `None` where there is none.
    pub translation: Option<String>,
    /// What is told about the place: `menu_items` and the like.
    pub context: Map<String, Value>,
}

/// A scenario as people call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioName {
    /// "Dining at a Restaurant"
    pub title: String,
    /// Whom the tutor plays: "waiter".
    pub role: String,
}

/// The scenarios.
pub trait Content: Send + Sync + 'static {
    /// The script of a conversation about that; `None` if the language can't be practised.
    fn script(&self, subject: &Subject<'_>) -> Option<Arc<Script>>;

    /// What can be practised in a language; a level recommends, it does not exclude.
    fn categories(&self, language: Language, level: Option<&str>) -> Vec<Category>;

    /// The id of the scenario that a topic means, in whatever language: open talk, if no other covers it.
    fn scenario_of(&self, topic: &str) -> Option<String>;
    /// The scenario of that id, or with that topic, whatever the language. None if there is only open talk about it.
    fn named(&self, id: &str) -> Option<ScenarioName>;

    /// How a conversation about that opens; `None` if the language can't be practised.
    fn opening(&self, subject: &Subject<'_>) -> Option<Opening> {
        let script = self.script(subject)?;
        let reply = script.opener();
        let persona = script.persona();
        Some(Opening {
            persona: Persona {
                name: persona.name.to_owned(),
                role: persona.role.to_owned(),
                personality: persona.personality.to_owned(),
            },
            text: reply.text,
            translation: Some(reply.translation).filter(|translation| !translation.is_empty()),
            context: script.context().clone(),
        })
    }
}

impl Content for Catalogue {
    fn script(&self, subject: &Subject<'_>) -> Option<Arc<Script>> {
        let level = Level::parse(subject.difficulty).unwrap_or_default();
        let script = Catalogue::script(self, subject.topic, subject.language, level)?;
        Some(Arc::new(script.for_native(subject.native_language)))
    }

    fn named(&self, id: &str) -> Option<ScenarioName> {
        let (title, role) = Catalogue::named(self, id)?;
        Some(ScenarioName {
            title: title.to_owned(),
            role: role.to_owned(),
        })
    }

    fn categories(&self, language: Language, level: Option<&str>) -> Vec<Category> {
        self.topics(language, level.and_then(Level::parse))
    }

    fn scenario_of(&self, topic: &str) -> Option<String> {
        Some(Catalogue::scenario_of(self, topic).unwrap_or(OPEN_TALK).to_owned())
    }
}
