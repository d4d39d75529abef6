//! Endings, and what they come to, on a real database and a simulated clock.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::achievements::Catalogue;
use super::calendar::Period;
use super::leaderboards::{Kind, Leaderboards};
use super::practice::Subject;
use super::streak::Streak;
use super::{Learning, xp};
use crate::clock::Timestamp;
use crate::conversations::summary::Ending;
use crate::ids::{ConversationId, UserId};
use crate::presence::boards::local::LocalBoards;
use crate::storage::Database;
use crate::storage::conversations::Conversation;
use crate::storage::conversations::tests::conversation_of;
use crate::storage::messages::{Message, Sender};
use crate::storage::profile::ProfileChange;
use crate::storage::tests::{database, database_of_two};
use crate::storage::users::User;
use crate::storage::vocabulary::After;

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

    /// A conversation of so many minutes that was over at `until`, with the learner speaking last, and its messages.
    async fn talk(&self, user: &UserId, minutes: i64, until: Timestamp) -> (Conversation, Vec<Message>) {
        let mut conversation = conversation_of(user);
        conversation.created_at = until.earlier(Duration::from_secs(minutes.unsigned_abs() * 60));
        let said = |minute: i64| {
            let sender = if (minutes - minute) % 2 == 0 {
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

#[tokio::test]
async fn a_conversation_ended_by_two_nodes_many_times_at_once_counts_once() {
    let (one, other) = Node::two().await;
    let user = one.user("ann").await;
    let now = at("2024-03-15T15:25:00Z");
    let talk = one.talk(&user.id, 25, now).await;
    let nodes = [&one, &other];
    let endings = join_all((0..10).map(|number| nodes[number % 2].end(&talk, now))).await;
    let mut first = endings.into_iter().flatten();
    let ending = first.next().unwrap();
    assert_eq!(first.next(), None);
    assert_eq!(ending.summary.duration_minutes, 25);
    let achieved = ["first_conversation", "first_restaurant_conversation"];
    assert_eq!(ending.summary.achievements, achieved);
    assert_eq!(ending.summary.xp_earned, 25 * 4 + 50 + 20);

    for node in [&one, &other] {
        let kept: Option<Ending> = node.database.ending(&talk.0.id).await.unwrap();
        assert_eq!(kept.as_ref(), Some(&ending));
        assert_eq!(node.database.xp(&user.id).await.unwrap(), 170);
        let totals = node.database.totals(&user.id).await.unwrap();
        assert_eq!((totals.conversations, totals.minutes, totals.xp), (1, 25, 170));
        assert_eq!(totals.last_day.unwrap().streak, 1);
        let earned = node.database.earned(&user.id).await.unwrap();
        let ids: Vec<&str> = earned.iter().map(|earned| earned.achievement_id.as_str()).collect();
        assert_eq!(ids, achieved);
        let events = node.database.outbox_of(&user.id).await.unwrap();
        let names: Vec<&str> = events.iter().map(|(event, _)| event.as_str()).collect();
        assert_eq!(names, ["conversation.completed", "user.progress.updated"]);
    }
}

#[tokio::test]
async fn conversations_of_one_learner_that_end_at_once_share_their_achievements() {
    let (one, other) = Node::two().await;
    let user = one.user("ann").await;
    let now = at("2024-03-15T15:25:00Z");
    let mut talks = Vec::new();
    for _ in 0..6 {
        talks.push(one.talk(&user.id, 5, now).await);
    }
    let nodes = [&one, &other];
    let ends = talks
        .iter()
        .enumerate()
        .map(|(number, talk)| nodes[number % 2].end(talk, now));
    let endings: Vec<Ending> = join_all(ends).await.into_iter().flatten().collect();
    assert_eq!(endings.len(), 6);
    let mut achieved: Vec<&String> = endings.iter().flat_map(|ending| &ending.summary.achievements).collect();
    achieved.sort();
    let expected = [
        "first_conversation",
        "first_restaurant_conversation",
        "restaurant_master",
        "restaurant_novice",
    ];
    assert_eq!(achieved, expected);
    let totals = one.database.totals(&user.id).await.unwrap();
    assert_eq!((totals.conversations, totals.minutes), (6, 30));
    assert_eq!(totals.xp, 6 * 5 * 4 + 50 + 20 + 50 + 150);
    let earned: u32 = endings.iter().map(|ending| ending.summary.xp_earned).sum();
    assert_eq!(u64::from(earned), totals.xp);
    assert_eq!(totals.last_day.unwrap().streak, 1);
}

#[tokio::test]
async fn the_events_are_the_documents() {
    let node = Node::start().await;
    let user = node.user("ann").await;
    let now = at("2024-03-15T15:25:00Z");
    let mut talk = node.talk(&user.id, 2, at("2024-03-14T15:25:00Z")).await;
    talk.1[2].analysis = Some(json!({"grammar_score": 70, "pronunciation_score": null}));
    node.end(&talk, now).await.unwrap();
    let mut talk = node.talk(&user.id, 2, now).await;
    talk.1[2].analysis = Some(json!({"grammar_score": 73, "pronunciation_score": 80}));
    node.end(&talk, now).await.unwrap();
    let events = node.database.outbox_of(&user.id).await.unwrap();
    let id = &talk.0.id;
    let expected: [(&str, Value); 2] = [
        (
            "conversation.completed",
            json!({
                "conversation_id": id, "user_id": user.id, "topic": "restaurant", "language": "fr", "duration_minutes": 2,
                "performance": {"grammar_score": 73, "pronunciation_score": 80, "xp_earned": 8 + 50},
            }),
        ),
        (
            "user.progress.updated",
            json!({
                "user_id": user.id, "conversation_id": id,
                "progress_change": {
                    "xp_gained": 8 + 50, "grammar_improvement": 3, "pronunciation_improvement": null,
                    "new_achievements": ["restaurant_novice"],
                },
            }),
        ),
    ];
    assert_eq!(events[2..], expected.map(|(event, data)| (event.to_owned(), data)));
}

#[tokio::test]
async fn a_conversation_in_which_the_learner_said_nothing_achieves_nothing() {
    let node = Node::start().await;
    let user = node.user("ann").await;
    let ending = node.practise(&user.id, 0, "2024-03-15T15:25:00Z").await;
    assert!(ending.summary.achievements.is_empty());
    assert_eq!(ending.summary.xp_earned, 0);
    assert_eq!(ending.summary.performance.grammar_score, None);
    assert_eq!(node.streak(&user.id, "2024-03-15T15:25:00Z").await, 0);
    // It was completed all the same.
    assert_eq!(node.database.totals(&user.id).await.unwrap().conversations, 1);
}

#[tokio::test]
async fn a_week_of_practice_across_a_change_of_clocks_makes_a_week_warrior() {
    let node = Node::start().await;
    let user = node.user("ann").await;
    node.move_to(&user.id, "Europe/Paris").await;
    // Half past eleven in the evening in Paris, every day; clocks go forward in the night to the 31st.
    let evenings = [
        "2024-03-27T22:30:00Z",
        "2024-03-28T22:30:00Z",
        "2024-03-29T22:30:00Z",
        "2024-03-30T22:30:00Z",
        "2024-03-31T21:30:00Z",
        "2024-04-01T21:30:00Z",
        "2024-04-02T21:30:00Z",
    ];
    let mut achieved = Vec::new();
    for evening in evenings {
        achieved = node.practise(&user.id, 1, evening).await.summary.achievements;
    }
    assert!(achieved.contains(&"week_streak_1".to_owned()), "{achieved:?}");
    assert_eq!(node.streak(&user.id, "2024-04-03T21:59:00Z").await, 7);
    // The 3rd is missed: the freeze that the week has earned is consumed. The 4th is not over yet.
    assert_eq!(node.streak(&user.id, "2024-04-04T21:59:00Z").await, 7);
    assert_eq!(node.streak(&user.id, "2024-04-04T22:00:00Z").await, 0);
}

#[tokio::test]
async fn moving_around_the_world_within_an_hour_is_one_day() {
    let node = Node::start().await;
    let user = node.user("ann").await;
    for zone in [
        "Pacific/Pago_Pago",
        "Pacific/Kiritimati",
        "Europe/Paris",
        "Pacific/Pago_Pago",
    ] {
        node.move_to(&user.id, zone).await;
        node.practise(&user.id, 1, "2024-03-15T10:30:00Z").await;
    }
    assert_eq!(node.streak(&user.id, "2024-03-15T10:30:00Z").await, 1);
}

#[tokio::test]
async fn conversations_kept_for_later_don_t_make_days_of_practice() {
    let node = Node::start().await;
    let user = node.user("ann").await;
    let spoken = at("2024-03-01T12:00:00Z");
    for day in 1..=5 {
        let talk = node.talk(&user.id, 1, spoken).await;
        node.end(&talk, spoken.plus(Duration::from_secs(day * 86_400)))
            .await
            .unwrap();
    }
    assert_eq!(
        node.database.totals(&user.id).await.unwrap().last_day.unwrap().streak,
        1
    );
    assert_eq!(node.streak(&user.id, "2024-03-06T12:00:00Z").await, 0);
}

#[tokio::test]
async fn boards_are_right_at_the_borders_of_weeks_and_months() {
    let node = Node::start().await;
    let (ann, bob) = (node.user("ann").await.id, node.user("bob").await.id);
    node.learning.leaderboards.rebuild().await.unwrap();
    let ann_xp = u64::from(
        node.practise(&ann, 10, "2024-02-29T23:59:59.999Z")
            .await
            .summary
            .xp_earned,
    );
    let bob_xp = u64::from(node.practise(&bob, 20, "2024-03-01T00:00:00Z").await.summary.xp_earned);
    let both = [(bob.clone(), bob_xp), (ann.clone(), ann_xp)];
    let only_bob = [(bob.clone(), bob_xp)];

    assert_eq!(node.standings(Kind::Weekly, "2024-03-07T23:59:59Z").await, both);
    assert_eq!(node.standings(Kind::Weekly, "2024-03-08T00:00:00Z").await, only_bob);
    assert_eq!(node.standings(Kind::Weekly, "2024-03-08T23:59:59Z").await, only_bob);
    assert_eq!(node.standings(Kind::Weekly, "2024-03-09T00:00:00Z").await, []);
    assert_eq!(node.standings(Kind::Monthly, "2024-03-01T00:00:00Z").await, only_bob);
    assert_eq!(node.standings(Kind::Monthly, "2024-03-31T23:59:59Z").await, only_bob);
    assert_eq!(node.standings(Kind::Monthly, "2024-04-01T00:00:00Z").await, []);
    assert_eq!(node.standings(Kind::AllTime, "2030-01-01T00:00:00Z").await, both);
}

#[tokio::test]
async fn boards_say_the_same_from_the_ledger_and_after_they_were_built_anew() {
    let node = Node::start().await;
    let now = "2024-03-15T20:00:00Z";
    for (name, minutes) in [("ann", 5), ("bob", 9), ("cid", 5)] {
        let user = node.user(name).await.id;
        node.practise(&user, minutes, "2024-03-15T15:00:00Z").await;
    }
    // Guests don't appear.
    let guest = User::guest(at(now));
    node.database.add_user(&guest).await.unwrap();
    node.practise(&guest.id, 30, "2024-03-15T15:00:00Z").await;

    let from_the_ledger = node.standings(Kind::Weekly, now).await;
    assert_eq!(from_the_ledger.len(), 3);
    let built = Node::on(node.database.clone(), None);
    built.learning.leaderboards.rebuild().await.unwrap();
    assert_eq!(built.standings(Kind::Weekly, now).await, from_the_ledger);
    node.learning.leaderboards.rebuild().await.unwrap();
    assert_eq!(node.standings(Kind::Weekly, now).await, from_the_ledger);
}

#[tokio::test]
async fn words_that_replies_teach_join_the_deck_and_are_reviewed_when_they_come_up_again() {
    let node = Node::start().await;
    let user = node.user("ann").await.id;
    let teach = |talk: &mut (Conversation, Vec<Message>)| {
        talk.1[0].content = "Bonsoir ! Le plat du jour ou un dessert ?".to_owned();
        talk.1[0].insights = Some(json!({"new_vocabulary": ["le plat du jour", "dessert"]}));
        talk.1[2].content = "LE PLAT DU JOUR, merci".to_owned();
    };
    let first = at("2024-03-15T15:00:00Z");
    let mut talk = node.talk(&user, 2, first).await;
    teach(&mut talk);
    let ending = node.end(&talk, first).await.unwrap();
    assert_eq!(ending.summary.performance.vocabulary_growth, Some(2));

    let second = at("2024-03-16T15:00:00Z");
    let mut talk = node.talk(&user, 2, second).await;
    teach(&mut talk);
    let ending = node.end(&talk, second).await.unwrap();
    assert_eq!(ending.summary.performance.vocabulary_growth, Some(0));

    let deck = node
        .database
        .deck(
            &user,
            "french",
            None,
            &After {
                due_at: 0,
                word: String::new(),
            },
            10,
        )
        .await
        .unwrap();
    let shown: Vec<(&str, u32, u32)> = deck
        .iter()
        .map(|card| (card.shown.as_str(), card.reviews, card.uses))
        .collect();
    assert_eq!(shown, [("dessert", 2, 0), ("le plat du jour", 2, 2)]);
    let after = After {
        due_at: deck[0].due_at.as_millis(),
        word: deck[0].word.clone(),
    };
    assert_eq!(
        node.database.deck(&user, "french", None, &after, 10).await.unwrap(),
        deck[1..]
    );
    assert_eq!(
        node.database
            .deck(&user, "french", Some(second), &After::default(), 10)
            .await
            .unwrap(),
        []
    );
    assert_eq!(
        node.database.deck_size(&user, "french", deck[0].due_at).await.unwrap(),
        (2, 1)
    );

    let window = Period::Week.window(first, second);
    let vocabulary = node
        .database
        .vocabulary(&user, Some("french"), window, second)
        .await
        .unwrap();
    assert_eq!((vocabulary.words_learned, vocabulary.words_reviewed), (2, 2));
    assert_eq!(vocabulary.categories, [("food".to_owned(), 2)].into());
    assert_eq!(vocabulary.retention_rate, Some(100));
    let other = node
        .database
        .vocabulary(&user, Some("german"), window, second)
        .await
        .unwrap();
    assert_eq!((other.words_learned, other.retention_rate), (0, None));
}

#[tokio::test]
async fn progress_is_the_sum_of_the_windows_records() {
    let node = Node::start().await;
    let user = node.user("ann").await;
    let mut xp_earned = 0;
    for (minutes, day) in [
        (3, "2024-03-07"),
        (10, "2024-03-08"),
        (4, "2024-03-08"),
        (7, "2024-03-15"),
    ] {
        let ending = node.practise(&user.id, minutes, &format!("{day}T12:00:00Z")).await;
        if day != "2024-03-07" {
            xp_earned += u64::from(ending.summary.xp_earned);
        }
    }
    let now = at("2024-03-15T14:22:00Z");
    let french = Some(("fr".to_owned(), "french"));
    let progress = node.learning.progress(&user, Period::Week, french, now).await.unwrap();
    assert_eq!(progress.language, "fr");
    let overall = &progress.overall_stats;
    assert_eq!((overall.conversations_completed, overall.total_time_minutes), (3, 21));
    assert_eq!(overall.xp_earned, xp_earned);
    assert_eq!(overall.streak_days, 1);
    let days: Vec<(String, u32)> = progress
        .daily_breakdown
        .iter()
        .map(|day| (day.date.to_string(), day.minutes))
        .collect();
    assert_eq!(days, [("2024-03-08".to_owned(), 14), ("2024-03-15".to_owned(), 7)]);
    let all = node.learning.progress(&user, Period::All, None, now).await.unwrap();
    assert_eq!(all.overall_stats.total_time_minutes, 24);
    assert_eq!(all.overall_stats.xp_earned, all.xp_total);
    let german = Some(("german".to_owned(), "german"));
    let none = node.learning.progress(&user, Period::All, german, now).await.unwrap();
    assert_eq!((none.conversations_completed, none.overall_stats.xp_earned), (0, 0));
}

#[tokio::test]
async fn what_a_guest_practised_counts_for_the_user_once() {
    let node = Node::start().await;
    let user = node.user("ann").await.id;
    let guest = User::guest(at("2024-03-01T00:00:00Z"));
    node.database.add_user(&guest).await.unwrap();
    node.practise(&user, 5, "2024-03-15T12:00:00Z").await;
    node.practise(&guest.id, 5, "2024-03-14T12:00:00Z").await;
    node.practise(&guest.id, 5, "2024-03-15T18:00:00Z").await;
    node.practise(&guest.id, 5, "2024-03-16T12:00:00Z").await;
    node.database.claim_guest(&guest.id, &user).await.unwrap();
    let totals = node.database.totals(&user).await.unwrap();
    assert_eq!((totals.conversations, totals.minutes), (4, 20));
    assert_eq!(totals.last_day.unwrap().streak, 3);
    // First conversation and first restaurant were both's; the guest's second restaurant and third day are new.
    assert_eq!(totals.xp, 4 * 20 + 50 + 20 + 50 + 30);
    let earned: u64 = node
        .database
        .earned(&user)
        .await
        .unwrap()
        .iter()
        .map(|earned| u64::from(earned.xp_reward))
        .sum();
    assert_eq!(totals.xp, 4 * 20 + earned);
}

#[tokio::test]
async fn a_deleted_conversation_leaves_its_numbers() {
    let node = Node::start().await;
    let user = node.user("ann").await.id;
    let talk = node.talk(&user, 5, at("2024-03-15T12:00:00Z")).await;
    node.end(&talk, at("2024-03-15T12:00:00Z")).await.unwrap();
    node.database.remove_row("conversations", talk.0.id.as_str()).await;
    let totals = node.database.totals(&user).await.unwrap();
    assert_eq!((totals.conversations, totals.minutes, totals.xp), (1, 5, 90));
    node.database.remove_row("users", user.as_str()).await;
    assert_eq!(node.database.totals(&user).await.unwrap().conversations, 0);
}

#[tokio::test]
async fn an_ending_that_is_not_committed_has_not_happened() {
    let node = Node::start().await;
    let user = node.user("ann").await.id;
    let now = at("2024-03-15T12:00:00Z");
    let talk = node.talk(&user, 5, now).await;
    let mut transaction = node.database.begin_ending(&talk.0, now).await.unwrap().unwrap();
    transaction.add_xp("practice".to_owned(), 20, now).await.unwrap();
    drop(transaction);
    let ending: Option<Ending> = node.database.ending(&talk.0.id).await.unwrap();
    assert_eq!(ending, None);
    assert_eq!(node.database.xp(&user).await.unwrap(), 0);
    let ended = node.end(&talk, now).await.unwrap();
    assert_eq!(ended.summary.xp_earned, xp::of_practice(Duration::from_secs(300)) + 70);
    let unknown = ConversationId::new();
    assert_eq!(node.database.ending::<Ending>(&unknown).await.unwrap(), None);
}
