//! The seam between the control plane and the scenarios: how a conversation opens, and what there is to talk about.

use colloquy_agents::language::Language;
use serde::Serialize;
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

/// Topics that belong together, as `GET /v1/content/topics` shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Category {
    /// `travel`
    pub id: String,
    /// `Travel & Tourism`
    pub name: String,
    /// An emoji.
    pub icon: String,
    /// The topics.
    pub topics: Vec<Topic>,
}

/// A topic, as `GET /v1/content/topics` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Topic {
    /// `hotel_reservation`
    pub id: String,
    /// `Hotel Reservation`
    pub name: String,
    /// `intermediate`
    pub difficulty: String,
    /// How long it takes.
    pub duration_minutes: u32,
    /// What it is about, in English.
    pub description: String,
}

/// The scenarios.
pub trait Content: Send + Sync + 'static {
    /// How a conversation about that opens; `None` if the language can't be practised.
    fn opening(&self, subject: &Subject<'_>) -> Option<Opening>;

    /// What can be practised in a language; a level recommends, it does not exclude.
    fn categories(&self, language: Language, level: Option<&str>) -> Vec<Category>;
}

/// No scenario at all: free talk about any topic.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenTalk;

impl Content for OpenTalk {
    fn opening(&self, subject: &Subject<'_>) -> Option<Opening> {
        let (name, text) = match subject.language {
            Language::English => (
                "Emma",
                "Hello! I'm Emma. What would you like to talk about?",
            ),
            Language::Spanish => ("Lucía", "¡Hola! Soy Lucía. ¿De qué te gustaría hablar?"),
            Language::French => (
                "Camille",
                "Bonjour ! Je suis Camille. De quoi aimeriez-vous parler ?",
            ),
            Language::German => ("Lena", "Hallo! Ich bin Lena. Worüber möchten Sie sprechen?"),
            Language::Italian => (
                "Giulia",
                "Ciao! Sono Giulia. Di che cosa ti piacerebbe parlare?",
            ),
            Language::Portuguese => ("Inês", "Olá! Eu sou a Inês. Sobre o que gostaria de falar?"),
            Language::Chinese => ("李娜", "你好！我是李娜。你想聊什么？"),
            Language::Japanese => ("ゆき", "こんにちは！ゆきです。何について話したいですか？"),
        };
        let translation = format!("Hello! I'm {name}. What would you like to talk about?");
        Some(Opening {
            persona: Persona {
                name: name.to_owned(),
                role: "conversation_partner".to_owned(),
                personality: "friendly, curious, patient".to_owned(),
            },
            text: text.to_owned(),
            translation: (subject.native_language == Language::English).then_some(translation),
            context: Map::new(),
        })
    }

    fn categories(&self, _language: Language, _level: Option<&str>) -> Vec<Category> {
        Vec::new()
    }
}
