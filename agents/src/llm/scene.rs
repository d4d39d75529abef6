//! What a network language model needs to know of a scenario, in plain strings.

use crate::scenario::{Level, Progress, Script};

/// What the model needs to know of a scenario where it stands, as plain text. An empty string says nothing.
///
/// Nothing in it comes from outside: what a client or the learner wrote is data, and goes in quotation marks into a user's
/// message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// Who the agent is: name, role, character.
    pub persona: String,
    /// Where and what it is about.
    pub situation: String,
    /// What the current step is for.
    pub goal: String,
    /// What the learner is to achieve, in order, and whether they have.
    pub goals: Vec<(String, bool)>,
    /// The learner's level, as `A2`.
    pub level: String,
    /// What an open talk is about, in the learner's words.
    pub topic: String,
    /// Words that the learner should meet again.
    pub review: Vec<String>,
}

impl Scene {
    /// The scene of a script where it stands.
    pub fn of(script: &Script, progress: &Progress) -> Self {
        let persona = script.persona();
        let level = match script.level() {
            Level::Beginner => "A2",
            Level::Intermediate => "B1",
            Level::Advanced => "C1",
        };
        let goals = script.goals(progress);
        Self {
            persona: format!("{}, {}, {}", persona.name, script.role_title(), persona.personality),
            situation: format!("{}: {}", script.title(), script.description()),
            goal: script.goal(progress).to_owned(),
            goals: goals
                .into_iter()
                .map(|(goal, reached)| (goal.to_owned(), reached))
                .collect(),
            level: level.to_owned(),
            topic: script.topic().unwrap_or_default().to_owned(),
            review: script.review().to_vec(),
        }
    }
}
