//! What is known of a conversation when it is over. Nothing is invented: what was not measured is null.

use std::time::Duration;

use colloquy_agents::correction::CorrectionPolicy;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::content::{Category, Topic};
use crate::ids::{ConversationId, MessageId};
use crate::storage::conversations::{Conversation, Status};
use crate::storage::messages::{Message, Sender};

/// What can be counted in a list of messages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures {
    /// How long was practised.
    pub practice: Duration,
    /// How many messages there are, of the learner and the tutor.
    pub messages: usize,
    /// The mean grammar score, 0 to 100.
    pub grammar_score: Option<u8>,
    /// The mean pronunciation score, 0 to 100.
    pub pronunciation_score: Option<u8>,
}

/// The answer to `POST /v1/conversations/{id}/end`, kept so that a second one is the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// Which conversation.
    pub id: ConversationId,
    /// Completed.
    pub status: Status,
    /// When.
    pub ended_at: Timestamp,
    /// How it went.
    pub summary: Summary,
    /// What to do next, in words.
    pub next_recommendations: Vec<String>,
}

/// How a conversation went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Minutes of practice, rounded.
    pub duration_minutes: u32,
    /// How many messages there are.
    pub total_messages: usize,
    /// What practice and achievements were worth.
    pub xp_earned: u32,
    /// How well it went.
    pub performance: Performance,
    /// Ids of achievements that it earned.
    pub achievements: Vec<String>,
    /// What was wrong in the learner's words, unless they want to hear nothing of it. While they spoke, most of it was not said.
    #[serde(default)]
    pub corrections: Vec<Corrected>,
}

/// Something in the learner's words that was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// Their message.
    pub message_id: MessageId,
    /// Their words.
    pub wrong: String,
    /// Those that belong in their place; empty where none do.
    pub right: String,
    /// Why.
    pub explanation: String,
}

/// How well it went; null where nothing was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Performance {
    /// 0 to 100.
    pub grammar_score: Option<u8>,
    /// 0 to 100.
    pub pronunciation_score: Option<u8>,
    /// Words that joined the learner's deck.
    pub vocabulary_growth: Option<u32>,
    /// How many points more fluently the learner spoke in the second half of their turns than in the first.
    pub confidence_improvement: Option<i32>,
}

/// What a conversation brought beside what was said in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gains {
    /// XP of practice and achievements together.
    pub xp: u32,
    /// Words that joined the deck.
    pub vocabulary_growth: u32,
    /// Ids of achievements that it earned.
    pub achievements: Vec<String>,
}

/// A longer gap between two messages is a pause, not practice.
const LONGEST_GAP: Duration = Duration::from_secs(60);
const RECOMMENDATIONS: usize = 3;
/// Turns whose fluency has to be known before anything is said about how it changed.
const LEAST_FLUENCIES: usize = 4;
/// Nobody reads more.
const CORRECTIONS: usize = 10;

/// What of a message is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// When it began.
    pub created_at: Timestamp,
    /// Whether the learner said it.
    pub is_learners: bool,
    /// Of the learner's: how good its grammar was found, 0 to 100.
    pub grammar_score: Option<u64>,
    /// The same of its pronunciation.
    pub pronunciation_score: Option<u64>,
}

impl Counted {
    /// None of a client's own note.
    fn of(message: &Message) -> Option<Self> {
        let analysis = message.analysis.as_ref().filter(|_| message.sender == Sender::User);
        let score = |name| analysis?.get(name).and_then(Value::as_u64);
        (message.sender != Sender::System).then(|| Self {
            created_at: message.created_at,
            is_learners: message.sender == Sender::User,
            grammar_score: score("grammar_score"),
            pronunciation_score: score("pronunciation_score"),
        })
    }
}

impl Measures {
    /// Counts messages, the oldest first. A client's own notes are none, and time is practice where the learner has a part in
    /// it: where they answer, or are answered.
    pub fn of(messages: &[Message]) -> Self {
        Self::count(&messages.iter().filter_map(Counted::of).collect::<Vec<_>>())
    }

    /// The same of what is counted of them.
    pub fn count(messages: &[Counted]) -> Self {
        let gaps = messages
            .windows(2)
            .filter(|pair| pair.iter().any(|message| message.is_learners))
            .map(|pair| pair[1].created_at.since(pair[0].created_at));
        Self {
            practice: gaps.filter(|gap| *gap <= LONGEST_GAP).sum(),
            messages: messages.len(),
            grammar_score: mean(messages.iter().filter_map(|message| message.grammar_score)),
            pronunciation_score: mean(messages.iter().filter_map(|message| message.pronunciation_score)),
        }
    }

    /// Minutes of practice, rounded.
    pub fn minutes(&self) -> u32 {
        u32::try_from((self.practice.as_secs() + 30) / 60).unwrap_or(u32::MAX)
    }
}

impl Ending {
    /// Sums a conversation up.
    pub fn of(
        conversation: &Conversation,
        messages: &[Message],
        gains: Gains,
        next_recommendations: Vec<String>,
        now: Timestamp,
    ) -> Self {
        let measures = Measures::of(messages);
        Self {
            id: conversation.id.clone(),
            status: Status::Completed,
            ended_at: now,
            summary: Summary {
                duration_minutes: measures.minutes(),
                total_messages: measures.messages,
                xp_earned: gains.xp,
                performance: Performance {
                    grammar_score: measures.grammar_score,
                    pronunciation_score: measures.pronunciation_score,
                    vocabulary_growth: Some(gains.vocabulary_growth),
                    confidence_improvement: confidence_improvement(messages),
                },
                achievements: gains.achievements,
                corrections: match conversation.correction {
                    CorrectionPolicy::After | CorrectionPolicy::Inline => corrections(messages),
                    CorrectionPolicy::Off => Vec::new(),
                },
            },
            next_recommendations,
        }
    }
}

/// How much more fluent the second half of what was measured is than the first.
fn confidence_improvement(messages: &[Message]) -> Option<i32> {
    let learners = messages.iter().filter(|message| message.sender == Sender::User);
    let scores: Vec<f64> = learners
        .filter_map(|message| message.analysis.as_ref()?.get("fluency_score")?.as_u64())
        .map(|score| score.min(100) as f64)
        .collect();
    if scores.len() < LEAST_FLUENCIES {
        return None;
    }
    let (first, second) = scores.split_at(scores.len() / 2);
    let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
    Some((mean(second) - mean(first)).round() as i32)
}

/// What was found wrong in the learner's words, each once, in the order in which it was said.
fn corrections(messages: &[Message]) -> Vec<Corrected> {
    let mut found: Vec<Corrected> = Vec::new();
    for message in messages.iter().filter(|message| message.sender == Sender::User) {
        let errors = message
            .analysis
            .as_ref()
            .and_then(|analysis| analysis["errors"].as_array());
        for error in errors.into_iter().flatten() {
            // How something is pronounced is no matter of other words.
            if !matches!(error["type"].as_str(), Some("grammar" | "vocabulary")) {
                continue;
            }
            let (Some(wrong), Some(right)) = (error["word"].as_str(), error["suggestion"].as_str()) else {
                continue;
            };
            if !found.iter().any(|known| known.wrong == wrong && known.right == right) {
                found.push(Corrected {
                    message_id: message.id.clone(),
                    wrong: wrong.to_owned(),
                    right: right.to_owned(),
                    explanation: error["explanation"].as_str().unwrap_or_default().to_owned(),
                });
            }
        }
    }
    found.truncate(CORRECTIONS);
    found
}

/// Other topics to try: the easiest first, and of those as easy the ones of the same category.
pub fn recommendations(topic: &str, categories: &[Category]) -> Vec<String> {
    let is_same = |category: &&Category| category.topics.iter().any(|other| other.id == topic);
    let (same, others): (Vec<&Category>, Vec<&Category>) = categories.iter().partition(is_same);
    let topics = same.into_iter().chain(others).flat_map(|category| &category.topics);
    let mut topics: Vec<&Topic> = topics.filter(|other| other.id != topic).collect();
    // They are listed at the learner's level, or at their own where that is higher.
    topics.sort_by_key(|other| other.difficulty);
    topics
        .into_iter()
        .take(RECOMMENDATIONS)
        .map(|other| format!("Try {}: {}", other.name, other.description))
        .collect()
}

fn mean(scores: impl Iterator<Item = u64>) -> Option<u8> {
    let (sum, count) = scores.fold((0, 0), |(sum, count), score| (sum + score.min(100), count + 1));
    (count > 0).then(|| u8::try_from((sum + count / 2) / count).unwrap_or(100))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;
    use crate::storage::conversations::tests::conversation_of;
    use colloquy_agents::scenario::Level;
    use serde_json::json;

    fn said_at(seconds: i64, sender: Sender) -> Message {
        let at = Timestamp::from_millis(seconds * 1000);
        Message::new(ConversationId::from_text("conv_1"), sender, "x", at)
    }

    #[test]
    fn only_gaps_of_at_most_a_minute_count_as_practice() {
        let times = [0, 10, 70, 131, 191];
        let messages: Vec<Message> = times.into_iter().map(|at| said_at(at, Sender::User)).collect();
        let measures = Measures::of(&messages);
        assert_eq!(measures.practice, Duration::from_secs(10 + 60 + 60));
        assert_eq!(measures.minutes(), 2);
        assert_eq!(measures.messages, 5);
    }

    #[test]
    fn what_others_write_is_no_practice_of_the_learner() {
        let senders = [Sender::Ai, Sender::Ai, Sender::System, Sender::Ai];
        let mut messages: Vec<Message> = (0..)
            .zip(senders)
            .map(|(at, sender)| said_at(at * 30, sender))
            .collect();
        let measures = Measures::of(&messages);
        assert_eq!((measures.practice, measures.messages), (Duration::ZERO, 3));
        // A note between two messages splits no gap.
        messages.insert(3, said_at(60, Sender::User));
        let measures = Measures::of(&messages);
        assert_eq!((measures.practice, measures.messages), (Duration::from_secs(60), 4));
    }

    #[test]
    fn an_empty_conversation_is_worth_nothing_and_has_no_scores() {
        let measures = Measures::of(&[said_at(0, Sender::Ai)]);
        assert_eq!((measures.practice, measures.minutes()), (Duration::ZERO, 0));
        assert_eq!(measures.grammar_score, None);
    }

    #[test]
    fn scores_are_the_mean_of_what_was_measured_in_the_learners_messages() {
        let mut messages = vec![
            said_at(0, Sender::User),
            said_at(1, Sender::User),
            said_at(2, Sender::User),
        ];
        messages[0].analysis = Some(json!({"grammar_score": 80, "pronunciation_score": null}));
        messages[1].analysis = Some(json!({"grammar_score": 85}));
        let measures = Measures::of(&messages);
        assert_eq!(measures.grammar_score, Some(83));
        assert_eq!(measures.pronunciation_score, None);
    }

    #[test]
    fn confidence_grows_with_the_fluency_of_later_turns() {
        let turns = |scores: &[u64]| -> Vec<Message> {
            let turns = (0..).zip(scores).map(|(at, score)| {
                let mut said = said_at(at, Sender::User);
                said.analysis = Some(json!({"fluency_score": score}));
                said
            });
            turns.collect()
        };
        let mut messages = turns(&[50, 60, 70, 75]);
        assert_eq!(confidence_improvement(&messages), Some(18));
        messages.insert(1, said_at(0, Sender::User));
        assert_eq!(
            confidence_improvement(&messages),
            Some(18),
            "what was typed says nothing"
        );
        assert_eq!(confidence_improvement(&turns(&[80, 70, 60, 50, 40])), Some(-25));
        assert_eq!(confidence_improvement(&turns(&[50, 60, 70])), None);
    }

    #[test]
    fn mistakes_are_given_afterwards_unless_nobody_wants_to_hear_of_them() {
        let error = |word: &str, right: &str, kind: &str| json!({"type": kind, "word": word, "suggestion": right, "explanation": "So it is.", "audio_example": null});
        let mut messages = vec![
            said_at(0, Sender::User),
            said_at(1, Sender::Ai),
            said_at(2, Sender::User),
        ];
        messages[0].analysis =
            Some(json!({"errors": [error("un table", "une table", "grammar"), error("bon", "…", "pronunciation")]}));
        messages[2].analysis =
            Some(json!({"errors": [error("un table", "une table", "grammar"), error("je vas", "je vais", "grammar")]}));
        let found = corrections(&messages);
        let pairs: Vec<(&str, &str)> = found
            .iter()
            .map(|one| (one.wrong.as_str(), one.right.as_str()))
            .collect();
        assert_eq!(pairs, [("un table", "une table"), ("je vas", "je vais")]);
        assert_eq!(
            (&found[0].message_id, &found[1].message_id),
            (&messages[0].id, &messages[2].id)
        );

        let mut conversation = conversation_of(&UserId::new());
        for (policy, given) in [
            (CorrectionPolicy::After, found.clone()),
            (CorrectionPolicy::Inline, found),
            (CorrectionPolicy::Off, Vec::new()),
        ] {
            conversation.correction = policy;
            let ending = Ending::of(
                &conversation,
                &messages,
                Gains::default(),
                Vec::new(),
                Timestamp::from_millis(9),
            );
            assert_eq!(ending.summary.corrections, given, "{policy:?}");
        }
    }

    #[test]
    fn other_topics_are_recommended_the_easiest_first_and_then_those_of_the_same_category() {
        let topic = |id: &str| Topic {
            icon: String::new(),
            id: id.to_owned(),
            name: id.to_uppercase(),
            difficulty: Level::Beginner,
            duration_minutes: 5,
            description: format!("about {id}"),
        };
        let category = |id: &str, topics: &[&str]| Category {
            id: id.to_owned(),
            name: id.to_owned(),
            icon: String::new(),
            topics: topics.iter().map(|id| topic(id)).collect(),
        };
        let categories = [category("one", &["a"]), category("two", &["b", "c"])];
        assert_eq!(recommendations("b", &categories), ["Try C: about c", "Try A: about a"]);
        assert!(recommendations("b", &[]).is_empty());
        let mut harder = categories;
        harder[1].topics[1].difficulty = Level::Advanced;
        assert_eq!(recommendations("b", &harder), ["Try A: about a", "Try C: about c"]);
    }
}
