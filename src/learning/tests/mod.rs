//! Endings, and what they come to, on a real database and a simulated clock.

mod endings;
mod records;

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::Learning;
use super::achievements::Catalogue;
use super::leaderboards::{Kind, Leaderboards};
use super::practice::Subject;
use super::streak::Streak;
use crate::clock::Timestamp;
use crate::conversations::summary::Ending;
use crate::ids::UserId;
use crate::presence::boards::local::LocalBoards;
use crate::storage::Database;
use crate::storage::conversations::Conversation;
use crate::storage::conversations::tests::conversation_of;
use crate::storage::messages::{Message, Sender};
use crate::storage::profile::ProfileChange;
use crate::storage::tests::{database, database_of_two};
use crate::storage::users::User;

/// A node with everyone's records.
struct Node {
    database: Database,
    learning: Learning,
    _dir: Option<TempDir>,
}

impl Node {
    async fn start() -> Self {
        let (database, dir) = database().await;
        Self::on(database, Some(dir))
    }

    async fn two() -> (Self, Self) {
        let (one, other, dir) = database_of_two().await;
        (Self::on(one, Some(dir)), Self::on(other, None))
    }

    fn on(database: Database, dir: Option<TempDir>) -> Self {
        let boards = Leaderboards::new(database.clone(), Arc::new(LocalBoards::default()));
        Self {
            learning: Learning::new(database.clone(), Catalogue::built_in(), boards),
            database,
            _dir: dir,
        }
    }

    async fn user(&self, name: &str) -> User {
        let user = User::with_email(&format!("{name}@example.com"), at("2024-01-01T00:00:00Z"));
        self.database.add_user(&user).await.unwrap();
        user
    }

    /// A conversation of so many minutes that was over at `until`, with a word every minute and the learner speaking last, and
    /// its messages.
    async fn talk(&self, user: &UserId, minutes: i64, until: Timestamp) -> (Conversation, Vec<Message>) {
        let mut conversation = conversation_of(user);
        conversation.topics_covered = vec!["welcoming_guests".to_owned()];
        conversation.created_at = until.earlier(Duration::from_secs(minutes.unsigned_abs() * 60));
        let said = |minute: i64| {
            let sender = if minute % 2 == 1 || minute == minutes {
                Sender::User
            } else {
                Sender::Ai
            };
            let at = conversation
                .created_at
                .plus(Duration::from_secs(minute.unsigned_abs() * 60));
            Message::new(conversation.id.clone(), sender, format!("words {minute}"), at)
        };
        let opener = Message::new(conversation.id.clone(), Sender::Ai, "Bonsoir", conversation.created_at);
        self.database.add_conversation(&conversation, &opener).await.unwrap();
        let messages = [vec![opener], (1..=minutes).map(said).collect()].concat();
        (conversation, messages)
    }

    async fn end(&self, (conversation, messages): &(Conversation, Vec<Message>), now: Timestamp) -> Option<Ending> {
        let subject = Subject {
            scenario: Some("restaurant".to_owned()),
            category: Some("food".to_owned()),
        };
        self.learning
            .end(conversation, messages, subject, Vec::new(), now)
            .await
            .unwrap()
    }

    /// Practises for so many minutes until then.
    async fn practise(&self, user: &UserId, minutes: i64, until: &str) -> Ending {
        let talk = self.talk(user, minutes, at(until)).await;
        self.end(&talk, at(until)).await.unwrap()
    }

    async fn streak(&self, user: &UserId, now: &str) -> u32 {
        let zone = self.database.user(user).await.unwrap().unwrap().time_zone;
        let totals = self.database.totals(user).await.unwrap();
        Streak::at(totals.last_day.as_ref(), at(now), &zone).days
    }

    async fn move_to(&self, user: &UserId, zone: &str) {
        let change = ProfileChange {
            time_zone: Some(zone.to_owned()),
            ..ProfileChange::default()
        };
        self.database.change_profile(user, &change).await.unwrap();
    }

    async fn standings(&self, kind: Kind, now: &str) -> Vec<(UserId, u64)> {
        let boards = &self.learning.leaderboards;
        let standings = boards
            .standings(kind, Some("french"), &UserId::new(), 10, at(now))
            .await
            .unwrap();
        standings
            .leaders
            .into_iter()
            .map(|place| (place.user, place.xp))
            .collect()
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}
