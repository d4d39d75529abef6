//! What came of a conversation: the record that progress, achievements and boards are computed from.

use std::collections::BTreeMap;

use colloquy_agents::scenario::Level;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::achievements::PERFECT;
use crate::clock::Timestamp;
use crate::conversations::summary::Measures;
use crate::ids::{ConversationId, PracticeId, UserId};
use crate::storage::conversations::Conversation;
use crate::storage::messages::{Message, Sender};

/// What came of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Practice {
    /// Which record.
    pub id: PracticeId,
    /// Whose.
    pub user_id: UserId,
    /// Of which conversation; `None` once that is deleted.
    pub conversation_id: Option<ConversationId>,
    /// The language that was practised, as an English name.
    pub language: String,
    /// The scenario that its topic means.
    pub scenario: Option<String>,
    /// That scenario's category.
    pub category: Option<String>,
    /// Minutes of practice, rounded.
    pub minutes: u32,
    /// How many messages there were.
    pub messages: u32,
    /// How many of them the learner said.
    pub turns: u32,
    /// How many topics of the scenario were gone through: steps that lie behind the learner, not those they walked away from.
    pub topics: u32,
    /// Grammar scores, 0 to 100.
    pub grammar: Scores,
    /// Pronunciation scores, 0 to 100.
    pub pronunciation: Scores,
    /// How many pronunciation scores were perfect.
    pub perfect_pronunciations: u32,
    /// The most of them in a row.
    pub perfect_run: u32,
    /// Fluency scores, 0 to 100.
    pub fluency: Scores,
    /// How demanding the learner's words were: 0 beginner, 100 intermediate, 200 advanced.
    pub complexity: Scores,
    /// How long the learner took to answer, in milliseconds.
    pub response: Scores,
    /// What went well and what didn't.
    pub areas: Areas,
    /// When the conversation was ended.
    pub created_at: Timestamp,
}

/// Some measurements, so that means can be taken over several conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scores {
    /// All together.
    pub sum: u64,
    /// How many.
    pub count: u32,
}

/// How often each area of a skill went well or didn't.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Areas {
    /// `gender_agreement`, `subjunctive_mood` ...
    pub grammar: BTreeMap<String, Area>,
    /// `nasal_vowels`, `r_sound` ...
    pub pronunciation: BTreeMap<String, Area>,
}

/// How often something went well or didn't.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// How often it did.
    pub right: u32,
    /// How often it didn't.
    pub wrong: u32,
}

/// Which scenario a conversation counts for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The scenario's id.
    pub scenario: Option<String>,
    /// Its category's id.
    pub category: Option<String>,
}

impl Practice {
    /// What came of a conversation, by its messages, the oldest first.
    ///
    /// Of the learner's messages it reads, from `analysis` as document 000 shows it, the scores, `vocabulary_level`, and the
    /// `area` of each of the `errors` and `strengths` (`{type: "grammar" | "pronunciation", area}`); from `latency`,
    /// `response`: how long the learner took to answer. What is not there was not measured.
    pub fn of(conversation: &Conversation, messages: &[Message], subject: Subject, now: Timestamp) -> Self {
        let measures = Measures::of(messages);
        let mut practice = Self {
            id: PracticeId::new(),
            user_id: conversation.owner_id.clone(),
            conversation_id: Some(conversation.id.clone()),
            language: conversation.language.clone(),
            scenario: subject.scenario,
            category: subject.category,
            minutes: measures.minutes(),
            messages: u32::try_from(measures.messages).unwrap_or(u32::MAX),
            turns: 0,
            topics: u32::try_from(conversation.topics_covered.len()).unwrap_or(u32::MAX),
            grammar: Scores::default(),
            pronunciation: Scores::default(),
            perfect_pronunciations: 0,
            perfect_run: 0,
            fluency: Scores::default(),
            complexity: Scores::default(),
            response: Scores::default(),
            areas: Areas::default(),
            created_at: now,
        };
        let mut run = 0;
        for message in messages.iter().filter(|message| message.sender == Sender::User) {
            practice.turns += 1;
            if let Some(took) = number(message.latency.as_ref(), "response") {
                practice.response.add(took);
            }
            let analysis = message.analysis.as_ref();
            if let Some(score) = number(analysis, "grammar_score") {
                practice.grammar.add(score.min(100));
            }
            if let Some(score) = number(analysis, "pronunciation_score") {
                practice.pronunciation.add(score.min(100));
                run = if score >= PERFECT { run + 1 } else { 0 };
                practice.perfect_pronunciations += u32::from(score >= PERFECT);
                practice.perfect_run = practice.perfect_run.max(run);
            }
            if let Some(score) = number(analysis, "fluency_score") {
                practice.fluency.add(score.min(100));
            }
            let level = analysis.and_then(|analysis| analysis.get("vocabulary_level")?.as_str());
            if let Some(level) = level.and_then(Level::parse) {
                practice.complexity.add(complexity(level));
            }
            practice.areas.add(analysis);
        }
        practice
    }

    /// When the learner said something, the earliest first.
    pub fn turns_at(messages: &[Message]) -> Vec<Timestamp> {
        let turns = messages.iter().filter(|message| message.sender == Sender::User);
        let mut moments: Vec<Timestamp> = turns.map(|message| message.created_at).collect();
        moments.sort_unstable();
        moments
    }
}

impl Scores {
    /// Adds one.
    pub fn add(&mut self, score: u64) {
        self.sum = self.sum.saturating_add(score);
        self.count = self.count.saturating_add(1);
    }

    /// The mean; `None` if nothing was measured.
    pub fn mean(self) -> Option<f64> {
        let sum = self.sum as f64;
        (self.count > 0).then(|| sum / f64::from(self.count))
    }

    /// The mean as a score from 0 to 100.
    pub fn score(self) -> Option<u8> {
        self.mean().map(|mean| mean.round().clamp(0.0, 100.0) as u8)
    }
}

impl std::ops::Add for Scores {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            sum: self.sum.saturating_add(other.sum),
            count: self.count.saturating_add(other.count),
        }
    }
}

impl std::iter::Sum for Scores {
    fn sum<I: Iterator<Item = Self>>(scores: I) -> Self {
        scores.fold(Self::default(), |sum, scores| sum + scores)
    }
}

impl Areas {
    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Self) {
        let pairs = [
            (&mut self.grammar, &other.grammar),
            (&mut self.pronunciation, &other.pronunciation),
        ];
        for (areas, others) in pairs {
            for (name, other) in others {
                let area = areas.entry(name.clone()).or_default();
                area.right = area.right.saturating_add(other.right);
                area.wrong = area.wrong.saturating_add(other.wrong);
            }
        }
    }

    fn add(&mut self, analysis: Option<&Value>) {
        for (list, is_right) in [("errors", false), ("strengths", true)] {
            let found = analysis.and_then(|analysis| analysis.get(list)?.as_array());
            for found in found.into_iter().flatten() {
                let text = |key| found.get(key).and_then(Value::as_str);
                let skill = match text("type") {
                    Some("grammar") => &mut self.grammar,
                    Some("pronunciation") => &mut self.pronunciation,
                    _ => continue,
                };
                let Some(name) = text("area") else { continue };
                let area = skill.entry(name.to_owned()).or_default();
                area.right += u32::from(is_right);
                area.wrong += u32::from(!is_right);
            }
        }
    }
}

fn complexity(level: Level) -> u64 {
    match level {
        Level::Beginner => 0,
        Level::Intermediate => 100,
        Level::Advanced => 200,
    }
}

fn number(document: Option<&Value>, key: &str) -> Option<u64> {
    document?.get(key)?.as_u64()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::storage::conversations::tests::conversation_of;
    use serde_json::json;

    /// A record of one turn, and nothing measured in it.
    pub(crate) fn practice_of(user: &UserId, now: Timestamp) -> Practice {
        Practice {
            turns: 1,
            ..Practice::of(&conversation_of(user), &[], Subject::default(), now)
        }
    }

    fn turn(seconds: i64, analysis: Value) -> Message {
        let at = Timestamp::from_millis(seconds * 1000);
        let mut message = Message::new(ConversationId::from_text("conv_1"), Sender::User, "x", at);
        message.analysis = Some(analysis);
        message
    }

    #[test]
    fn what_was_measured_is_summed_up_and_nothing_else() {
        let mut messages = vec![
            turn(
                0,
                json!({"grammar_score": 80, "pronunciation_score": 96, "fluency_score": 70, "vocabulary_level": "beginner"}),
            ),
            turn(
                30,
                json!({"grammar_score": null, "pronunciation_score": 100, "vocabulary_level": "advanced"}),
            ),
            turn(
                60,
                json!({"pronunciation_score": 50, "errors": [
                    {"type": "grammar", "word": "le", "area": "gender_agreement"},
                    {"type": "pronunciation", "word": "rue"},
                    {"type": "luck", "area": "x"},
                ]}),
            ),
            turn(
                90,
                json!({"pronunciation_score": 95, "strengths": [{"type": "grammar", "area": "gender_agreement"}]}),
            ),
        ];
        messages[2].latency = Some(json!({"response": 1200}));
        let conversation = conversation_of(&UserId::new());
        let practice = Practice::of(
            &conversation,
            &messages,
            Subject::default(),
            Timestamp::from_millis(99_000),
        );
        assert_eq!((practice.turns, practice.messages, practice.minutes), (4, 4, 2));
        assert_eq!(practice.grammar, Scores { sum: 80, count: 1 });
        assert_eq!(practice.pronunciation.score(), Some(85));
        assert_eq!(practice.fluency, Scores { sum: 70, count: 1 });
        assert_eq!((practice.perfect_pronunciations, practice.perfect_run), (3, 2));
        assert_eq!(practice.complexity.mean(), Some(100.0));
        assert_eq!(practice.response.mean(), Some(1200.0));
        let area = Area { right: 1, wrong: 1 };
        assert_eq!(
            practice.areas.grammar,
            BTreeMap::from([("gender_agreement".to_owned(), area)])
        );
        assert!(practice.areas.pronunciation.is_empty());
        let moments = [0, 30_000, 60_000, 90_000].map(Timestamp::from_millis);
        assert_eq!(Practice::turns_at(&messages), moments);
    }

    #[test]
    fn without_a_word_of_the_learner_nothing_was_measured() {
        let mut notes = turn(0, json!({"grammar_score": 80}));
        notes.sender = Sender::System;
        let conversation = conversation_of(&UserId::new());
        let notes = [notes];
        let practice = Practice::of(&conversation, &notes, Subject::default(), Timestamp::from_millis(1));
        assert_eq!((practice.turns, practice.messages), (0, 0));
        assert_eq!(practice.grammar.mean(), None);
        assert_eq!(Practice::turns_at(&notes), []);
    }
}
