//! The deck: words that a learner met, scheduled by FSRS-6 (Ye 2022, <https://github.com/open-spaced-repetition>) with its
//! default parameters.
//!
//! A conversation is a review of each word of the deck that came up in it, and of each new one. Nobody is asked how hard it
//! was; what happened says it:
//!
//! | what happened | FSRS rating |
//! |---|---|
//! | the tutor said it, the learner didn't | 2, hard: it was met in context, nobody knows whether it was recalled |
//! | the learner said it after the tutor had, or in a conversation that was to bring it up | 3, good: it was prompted |
//! | the learner said it before the tutor did | 4, easy: it came by itself |
//!
//! A word joins the deck when a reply of the tutor that teaches it (`learning_insights.new_vocabulary`) is heard.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fsrs::{FSRS, FSRS6_DEFAULT_DECAY, MemoryState, NextStates, current_retrievability};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::calendar::DAY_MILLIS;
use super::words::{find, key, words};
use crate::clock::Timestamp;
use crate::storage::messages::{Message, Sender};

/// A word of a deck.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// What is compared; unique in a deck.
    pub word: String,
    /// As it was met.
    pub shown: String,
    /// The category of the scenario where it was first met.
    pub category: Option<String>,
    /// How well it is remembered.
    pub memory: Memory,
    /// How often it came up.
    pub reviews: u32,
    /// In how many conversations the learner said it.
    pub uses: u32,
    /// When it joined the deck.
    pub first_met_at: Timestamp,
    /// When it last came up.
    pub last_reviewed_at: Timestamp,
    /// When it should come up again: recall is expected to have fallen to nine in ten.
    pub due_at: Timestamp,
}

/// How well a word is remembered, in FSRS's terms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Days until recall falls to nine in ten.
    pub stability: f32,
    /// 1 to 10.
    pub difficulty: f32,
}

/// What happened to a word in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Encounter {
    /// The tutor said it, the learner didn't.
    Heard,
    /// The learner said it after the tutor had, or after a hint.
    Repeated,
    /// The learner said it first.
    Recalled,
}

/// A word that came up in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// What is compared.
    pub word: String,
    /// As it was written.
    pub shown: String,
    /// What happened.
    pub encounter: Encounter,
    /// Whether a reply taught it: then it may join the deck.
    pub is_taught: bool,
}

/// A word shall come up again when recall is expected to have fallen to this.
const RETENTION: f32 = 0.9;
/// No word sleeps longer, in days.
const LONGEST_INTERVAL: f32 = 365.0;
/// Characters of the longest expression that joins a deck.
pub(super) const LONGEST_WORD: usize = 100;

static SCHEDULER: LazyLock<FSRS> = LazyLock::new(FSRS::default);

impl Encounter {
    /// FSRS's rating, 1 to 4.
    pub fn rating(self) -> u8 {
        match self {
            Self::Heard => 2,
            Self::Repeated => 3,
            Self::Recalled => 4,
        }
    }

    /// Whether the learner said it.
    pub fn is_use(self) -> bool {
        self != Self::Heard
    }
}

/// What came up in a conversation (its messages, the oldest first) of a deck's words and of those that its replies taught.
/// `reviewed`: the words that it was to bring up; what was shown of them in hints is no message.
pub fn met(messages: &[Message], deck: &[String], reviewed: &[String]) -> Vec<Met> {
    let reviewed: Vec<String> = reviewed.iter().map(|word| key(word)).collect();
    let taught = messages
        .iter()
        .filter(|message| message.sender == Sender::Ai)
        .flat_map(|message| taught_by(message).map(|word| (key(word), word)))
        .filter(|(word, _)| !word.is_empty() && word.chars().count() <= LONGEST_WORD);
    let mut candidates: BTreeMap<String, (String, bool)> =
        deck.iter().map(|word| (word.clone(), (word.clone(), false))).collect();
    candidates.extend(taught.map(|(word, shown)| (word, (shown.to_owned(), true))));

    let said: Vec<(Sender, Vec<String>)> = messages
        .iter()
        .map(|message| (message.sender, words(&message.content)))
        .collect();
    let first_said = |by: Sender, expression: &[String]| {
        said.iter()
            .position(|(sender, text)| *sender == by && find(text, expression).is_some())
    };
    candidates
        .into_iter()
        .filter_map(|(word, (shown, is_taught))| {
            let expression = words(&word);
            let encounter = match (
                first_said(Sender::Ai, &expression),
                first_said(Sender::User, &expression),
            ) {
                (None, None) => return None,
                (Some(_), None) => Encounter::Heard,
                (Some(tutor), Some(learner)) if tutor < learner => Encounter::Repeated,
                (_, Some(_)) if reviewed.contains(&word) => Encounter::Repeated,
                (_, Some(_)) => Encounter::Recalled,
            };
            Some(Met {
                word,
                shown,
                encounter,
                is_taught,
            })
        })
        .collect()
}

fn taught_by(message: &Message) -> impl Iterator<Item = &str> {
    let words = message
        .insights
        .as_ref()
        .and_then(|insights| insights.get("new_vocabulary"));
    let words = words.and_then(Value::as_array).into_iter().flatten();
    words.filter_map(Value::as_str)
}

/// What became of a word in a conversation.
#[derive(Clone, Debug)]
pub struct CardChange {
    /// Its card after it.
    pub card: Card,
    /// How it came up.
    pub encounter: Encounter,
    /// Whether it was not in the deck before.
    pub is_new: bool,
}

impl Card {
    /// The card of a word after it came up; `card` is the one before, if it was in the deck. `None` for a word that is not and
    /// that nothing taught.
    pub fn after(card: Option<Self>, met: &Met, category: Option<&str>, now: Timestamp) -> Option<Self> {
        let before = card.as_ref().map(|card| (card.memory, card.days_since(now)));
        let (memory, due_at) = schedule(before, met.encounter, now);
        let uses = u32::from(met.encounter.is_use());
        match card {
            Some(card) => Some(Self {
                memory,
                due_at,
                reviews: card.reviews.saturating_add(1),
                uses: card.uses.saturating_add(uses),
                last_reviewed_at: now,
                ..card
            }),
            None => met.is_taught.then(|| Self {
                word: met.word.clone(),
                shown: met.shown.clone(),
                category: category.map(str::to_owned),
                memory,
                reviews: 1,
                uses,
                first_met_at: now,
                last_reviewed_at: now,
                due_at,
            }),
        }
    }

    /// How likely the learner would recall it, 0 to 1, by FSRS's forgetting curve.
    pub fn recall(&self, now: Timestamp) -> f64 {
        recall(self.memory.stability, self.last_reviewed_at, now)
    }

    fn days_since(&self, now: Timestamp) -> u32 {
        let days = now.since(self.last_reviewed_at).as_secs() / (24 * 60 * 60);
        u32::try_from(days).unwrap_or(u32::MAX)
    }
}

/// How likely a word would be recalled, 0 to 1. `stability` is FSRS's, in days; the difficulty has no part in it.
pub fn recall(stability: f32, last_reviewed_at: Timestamp, now: Timestamp) -> f64 {
    let days = now.since(last_reviewed_at).as_secs_f32() / (24.0 * 60.0 * 60.0);
    let memory = Memory {
        stability,
        difficulty: 0.0,
    };
    f64::from(current_retrievability(memory.into(), days, FSRS6_DEFAULT_DECAY)).clamp(0.0, 1.0)
}

fn schedule(before: Option<(Memory, u32)>, encounter: Encounter, now: Timestamp) -> (Memory, Timestamp) {
    let (memory, days) = before.map_or((None, 0), |(memory, days)| (Some(memory.into()), days));
    let next: Option<NextStates> = SCHEDULER.next_states(memory, RETENTION, days).ok();
    // A state that was stored damaged is begun anew.
    let next = next.unwrap_or_else(|| {
        let new = SCHEDULER.next_states(None, RETENTION, 0);
        new.expect("a new card has finite states")
    });
    let state = match encounter {
        Encounter::Heard => next.hard,
        Encounter::Repeated => next.good,
        Encounter::Recalled => next.easy,
    };
    let days = state.interval.clamp(0.0, LONGEST_INTERVAL);
    let interval = (f64::from(days) * DAY_MILLIS as f64) as i64;
    let memory = Memory {
        stability: state.memory.stability,
        difficulty: state.memory.difficulty,
    };
    (memory, Timestamp::from_millis(now.as_millis().saturating_add(interval)))
}

impl From<Memory> for MemoryState {
    fn from(memory: Memory) -> Self {
        Self {
            stability: memory.stability,
            difficulty: memory.difficulty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ConversationId;
    use proptest::prelude::*;
    use serde_json::json;

    fn said(sender: Sender, text: &str, taught: &[&str]) -> Message {
        let mut message = Message::new(ConversationId::from_text("conv_1"), sender, text, day(0));
        message.insights = Some(json!({"new_vocabulary": taught, "grammar_patterns": []}));
        message
    }

    fn day(days: i64) -> Timestamp {
        Timestamp::from_millis(days * DAY_MILLIS)
    }

    fn met_word(encounter: Encounter) -> Met {
        Met {
            word: "chèvre".to_owned(),
            shown: "chèvre".to_owned(),
            encounter,
            is_taught: true,
        }
    }

    #[test]
    fn what_happened_to_a_word_says_how_well_it_is_known() {
        let messages = [
            said(Sender::Ai, "Bonsoir ! Je suis votre serveuse.", &["serveuse"]),
            said(Sender::User, "Une carafe d'eau, et l'addition !", &[]),
            said(
                Sender::Ai,
                "Une carafe d'eau. Je suis la serveuse. Un dessert ?",
                &["dessert", "une carafe d'eau"],
            ),
            said(Sender::User, "Oui, un dessert.", &[]),
        ];
        let deck = ["l addition".to_owned(), "voiture".to_owned()];
        let found: Vec<(String, Encounter, bool)> = met(&messages, &deck, &[])
            .into_iter()
            .map(|met| (met.shown, met.encounter, met.is_taught))
            .collect();
        let expected = [
            ("dessert", Encounter::Repeated, true),
            ("l addition", Encounter::Recalled, false),
            ("serveuse", Encounter::Heard, true),
            ("une carafe d'eau", Encounter::Recalled, true),
        ];
        assert_eq!(
            found,
            expected.map(|(word, encounter, taught)| (word.to_owned(), encounter, taught))
        );
    }

    #[test]
    fn a_word_that_the_conversation_was_to_bring_up_did_not_come_by_itself() {
        let messages = [
            said(Sender::Ai, "Et avec ça ?", &[]),
            said(Sender::User, "L'addition !", &[]),
        ];
        let encounter = |reviewed: &[String]| met(&messages, &["l addition".to_owned()], reviewed)[0].encounter;
        assert_eq!(encounter(&[]), Encounter::Recalled);
        assert_eq!(encounter(&["l'addition".to_owned()]), Encounter::Repeated);
    }

    #[test]
    fn words_of_a_reply_that_was_cut_off_before_them_are_not_met() {
        let messages = [said(Sender::Ai, "Un", &["dessert"])];
        assert!(met(&messages, &[], &[]).is_empty());
    }

    #[test]
    fn a_word_joins_the_deck_once_and_sleeps_longer_each_time_it_is_said() {
        let new = Card::after(None, &met_word(Encounter::Heard), Some("food"), day(0)).unwrap();
        assert_eq!((new.reviews, new.uses), (1, 0));
        assert_eq!(new.category.as_deref(), Some("food"));
        assert!(new.due_at > day(1) && new.due_at < day(2), "{}", new.due_at);
        let mut card = new;
        let mut sleep = 0;
        for _ in 0..4 {
            let at = card.due_at;
            card = Card::after(Some(card), &met_word(Encounter::Repeated), None, at).unwrap();
            let next = card.due_at.as_millis() - at.as_millis();
            assert!(next > sleep, "{next} after {sleep}");
            sleep = next;
        }
        assert_eq!((card.reviews, card.uses), (5, 4));
        assert_eq!(card.first_met_at, day(0));
        assert_eq!(card.category.as_deref(), Some("food"));
    }

    #[test]
    fn a_word_that_nothing_taught_does_not_join() {
        let untaught = Met {
            is_taught: false,
            ..met_word(Encounter::Recalled)
        };
        assert_eq!(Card::after(None, &untaught, None, day(0)), None);
    }

    #[test]
    fn recall_falls_to_nine_in_ten_when_a_word_is_due() {
        let card = Card::after(None, &met_word(Encounter::Repeated), None, day(0)).unwrap();
        assert!((card.recall(day(0)) - 1.0).abs() < 1e-6);
        assert!(
            (card.recall(card.due_at) - 0.9).abs() < 0.005,
            "{}",
            card.recall(card.due_at)
        );
        assert!(card.recall(day(1000)) < card.recall(day(100)));
    }

    proptest! {
        #[test]
        fn any_memory_makes_a_card_that_is_due_some_day(
            stability: f32, difficulty: f32, gap in 0_i64..5000, encounter in 0_usize..3,
        ) {
            let encounter = [Encounter::Heard, Encounter::Repeated, Encounter::Recalled][encounter];
            let mut card = Card::after(None, &met_word(Encounter::Heard), None, day(0)).unwrap();
            card.memory = Memory { stability, difficulty };
            let card = Card::after(Some(card), &met_word(encounter), None, day(gap)).unwrap();
            prop_assert!(card.due_at >= day(gap));
            prop_assert!(card.due_at <= day(gap + 366));
        }

        #[test]
        fn whatever_is_said_words_are_met_at_most_once(texts: Vec<String>, deck: Vec<String>) {
            let messages: Vec<Message> = texts.iter().map(|text| said(Sender::Ai, text, &[text])).collect();
            let deck: Vec<String> = deck.iter().map(|word| key(word)).collect();
            let found = met(&messages, &deck, &[]);
            let mut words: Vec<&String> = found.iter().map(|met| &met.word).collect();
            words.dedup();
            prop_assert_eq!(words.len(), found.len());
        }
    }
}
