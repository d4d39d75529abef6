//! Conversations as document 003 keeps them: what its clients say of them, beside what all conversations have.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{ConversationId, UserId};
use crate::storage::messages::Sender;

/// A conversation, with what a client of document 003 says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct FlatConversation {
    /// Which one: a UUID of version 4.
    pub id: ConversationId,
    /// Whose it is.
    pub owner: Owner,
    /// When it was made.
    pub started_at: Timestamp,
    /// What can be changed.
    pub details: Details,
    /// How many messages there are: those that are stored, and by how many the client's own count differs.
    pub message_count: i64,
}

/// Whose a conversation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A person with an account.
    User(UserId),
    /// A guest with a token.
    TokenGuest(UserId),
    /// A guest with nothing but a name, for whom the id of a conversation is the key to it.
    NamedGuest(String),
}

/// What a client says of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Details {
    /// The language, as the client wrote it.
    pub target_language_id: String,
    /// What to call it.
    pub title: Option<String>,
    /// How it is held.
    pub mode: Mode,
    /// Which voice is preferred.
    pub voice: Option<String>,
    /// What it is about.
    pub scenario_id: Option<String>,
    /// Whether the learner is new.
    pub is_onboarding: bool,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How long it took.
    pub duration_seconds: Option<i64>,
    /// How much was spoken, as a decimal number.
    pub audio_seconds: Option<String>,
    /// 1 to 5.
    pub comfort_rating: Option<i64>,
    /// How engaged the learner was.
    pub engagement_level: Option<Engagement>,
}

/// What a client wants otherwise; `None` leaves it, `Some(None)` clears it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DetailsChange {
    /// What to call it.
    pub title: Option<Option<String>>,
    /// How it is held.
    pub mode: Option<Mode>,
    /// Which voice is preferred.
    pub voice: Option<Option<String>>,
    /// What it is about.
    pub scenario_id: Option<Option<String>>,
    /// Whether the learner is new.
    pub is_onboarding: Option<bool>,
    /// When it ended.
    pub ended_at: Option<Option<Timestamp>>,
    /// How long it took.
    pub duration_seconds: Option<Option<i64>>,
    /// How much was spoken.
    pub audio_seconds: Option<Option<String>>,
    /// 1 to 5.
    pub comfort_rating: Option<Option<i64>>,
    /// How engaged the learner was.
    pub engagement_level: Option<Option<Engagement>>,
}

/// One sitting at a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Which one.
    pub id: String,
    /// "desktop", "mobile"
    pub device_type: String,
}

/// What a client says of a sitting at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionEnd {
    /// Which one; the newest when left out.
    pub id: Option<String>,
    /// Whether it went on longer than planned; what was said before stays when left out.
    pub was_extended: Option<bool>,
    /// How often; what was said before stays when left out.
    pub extensions_used: Option<i64>,
}

/// How a conversation is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Message by message.
    #[default]
    Traditional,
    /// By voice, live.
    Realtime,
}

/// How engaged a learner was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engagement {
    /// Little.
    Low,
    /// Somewhat.
    Medium,
    /// Very.
    High,
}

/// Who said something, in the words of document 003.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The tutor.
    Assistant,
    /// The learner.
    User,
    /// The client itself.
    System,
}

/// A part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many at most.
    pub limit: i64,
    /// How many to leave out.
    pub offset: i64,
}

/// Where a part of a list is in the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// The first is 1.
    pub page: i64,
    /// How many a page has.
    pub limit: i64,
    /// How many there are.
    pub total: i64,
    /// How many pages.
    pub total_pages: i64,
    /// Whether there is a page after it.
    pub has_next: bool,
    /// Whether there is one before it.
    pub has_prev: bool,
}

impl DetailsChange {
    /// Makes the change.
    pub fn apply(self, details: &mut Details) {
        let Self {
            title,
            mode,
            voice,
            scenario_id,
            is_onboarding,
            ended_at,
            duration_seconds,
            audio_seconds,
            comfort_rating,
            engagement_level,
        } = self;
        put(&mut details.title, title);
        put(&mut details.mode, mode);
        put(&mut details.voice, voice);
        put(&mut details.scenario_id, scenario_id);
        put(&mut details.is_onboarding, is_onboarding);
        put(&mut details.ended_at, ended_at);
        put(&mut details.duration_seconds, duration_seconds);
        put(&mut details.audio_seconds, audio_seconds);
        put(&mut details.comfort_rating, comfort_rating);
        put(&mut details.engagement_level, engagement_level);
    }
}

fn put<T>(place: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *place = new;
    }
}

impl Mode {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Traditional => "traditional",
            Self::Realtime => "realtime",
        }
    }

    /// Reads it.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Traditional, Self::Realtime]
            .into_iter()
            .find(|mode| mode.as_str() == text)
    }
}

impl Engagement {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// Reads it.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Low, Self::Medium, Self::High]
            .into_iter()
            .find(|level| level.as_str() == text)
    }
}

impl Role {
    /// Reads it.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "assistant" => Some(Self::Assistant),
            "user" => Some(Self::User),
            "system" => Some(Self::System),
            _ => None,
        }
    }
}

impl From<Role> for Sender {
    fn from(role: Role) -> Self {
        match role {
            Role::Assistant => Self::Ai,
            Role::User => Self::User,
            Role::System => Self::System,
        }
    }
}

impl From<Sender> for Role {
    fn from(sender: Sender) -> Self {
        match sender {
            Sender::Ai => Self::Assistant,
            Sender::User => Self::User,
            Sender::System => Self::System,
        }
    }
}

impl Page {
    /// Where this part is in a list of `total`.
    pub fn within(self, total: i64) -> Pagination {
        let limit = self.limit.max(1);
        // An offset that is no multiple of the limit leaves a shorter page in front.
        let before = pages(self.offset, limit);
        let skipped = self.offset.min(total);
        Pagination {
            page: before.saturating_add(1),
            limit,
            total,
            total_pages: pages(skipped, limit) + pages(total - skipped, limit),
            has_next: self.offset.saturating_add(limit) < total,
            has_prev: self.offset > 0,
        }
    }
}

/// How many pages so many entries take.
fn pages(entries: i64, limit: i64) -> i64 {
    entries / limit + i64::from(entries % limit > 0)
}

/// A number of seconds as decimal text: not negative, finite, at most [`LONGEST`].
pub fn seconds(text: &str) -> Option<f64> {
    let seconds: f64 = text.trim().parse().ok()?;
    (0.0..=LONGEST as f64).contains(&seconds).then_some(seconds)
}

/// The longest time that a client may claim, in seconds.
pub const LONGEST: i64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_documents_own_example_of_pages() {
        let first = Page { limit: 50, offset: 0 }.within(150);
        let expected = serde_json::json!({
            "page": 1, "limit": 50, "total": 150, "totalPages": 3, "hasNext": true, "hasPrev": false,
        });
        assert_eq!(serde_json::to_value(first).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn every_entry_is_on_one_page(limit in 1_i64..100, total in 0_i64..1000) {
            let pages = Page { limit, offset: 0 }.within(total).total_pages;
            let mut seen = 0;
            for page in 0..pages {
                let part = Page { limit, offset: page * limit };
                let pagination = part.within(total);
                prop_assert_eq!(pagination.page, page + 1);
                prop_assert_eq!(pagination.has_next, page + 1 < pages);
                prop_assert_eq!(pagination.has_prev, page > 0);
                seen += (total - part.offset).min(limit);
            }
            prop_assert_eq!(seen, total);
        }

        #[test]
        fn wherever_a_page_begins_its_figures_agree(limit in 1_i64..100, offset in 0_i64..1000, total in 0_i64..1000) {
            let pagination = Page { limit, offset }.within(total);
            prop_assert_eq!(pagination.has_next, pagination.page < pagination.total_pages);
            prop_assert_eq!(pagination.has_prev, pagination.page > 1);
        }

        #[test]
        fn any_text_is_seconds_or_not(text: String) {
            if let Some(seconds) = seconds(&text) {
                prop_assert!(seconds >= 0.0 && seconds.is_finite());
            }
        }
    }

    #[test]
    fn seconds_are_not_negative_and_finite() {
        assert_eq!(seconds("240.5"), Some(240.5));
        for bad in ["-1", "NaN", "inf", "1e300", "", "five"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
