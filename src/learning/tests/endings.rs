//! What an ending writes.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};

use super::{Node, at};
use crate::conversations::summary::Ending;
use crate::ids::ConversationId;
use crate::learning::calendar::Period;
use crate::learning::xp;
use crate::storage::conversations::Conversation;
use crate::storage::messages::Message;
use crate::storage::users::User;
use crate::storage::vocabulary::After;

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
    // It is counted nowhere: boards and achievements don't, either.
    assert_eq!(node.database.totals(&user.id).await.unwrap().conversations, 0);
    let now = at("2024-03-15T15:25:00Z");
    let progress = node.learning.progress(&user, Period::Week, None, now).await.unwrap();
    assert_eq!(progress.overall_stats.conversations_completed, 0);
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
    let window = Period::Week.window(first, first);
    let french = node.database.vocabulary(&user, Some("french"), window, first);
    let vocabulary = french.await.unwrap();
    assert_eq!((vocabulary.words_learned, vocabulary.words_reviewed), (2, 0));
    assert_eq!(vocabulary.retention_rate, None, "nobody knows yet what was kept");

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

#[tokio::test]
async fn what_a_guest_ends_while_they_are_claimed_is_the_users() {
    let node = Node::start().await;
    let user = node.user("ann").await.id;
    let now = at("2024-03-15T12:00:00Z");
    let guest = User::guest(now);
    node.database.add_user(&guest).await.unwrap();
    // Read as the guest's, and then claimed, before the ending began.
    let talk = node.talk(&guest.id, 5, now).await;
    node.database.claim_guest(&guest.id, &user).await.unwrap();
    let ending = node.end(&talk, now).await.unwrap();
    assert_eq!(ending.summary.xp_earned, 20 + 70);
    let totals = node.database.totals(&user).await.unwrap();
    assert_eq!((totals.conversations, totals.minutes, totals.xp), (1, 5, 90));
    assert_eq!(totals.last_day.unwrap().streak, 1);
    assert_eq!(node.database.xp(&guest.id).await.unwrap(), 0);
    assert_eq!(node.database.outbox_of(&guest.id).await.unwrap(), []);
    assert_eq!(node.end(&talk, now).await, None);
}

#[tokio::test]
async fn claims_and_endings_at_once_neither_lose_anything_nor_wait_for_each_other_for_ever() {
    let (one, other) = Node::two().await;
    let user = one.user("ann").await.id;
    let now = at("2024-03-15T12:00:00Z");
    for _ in 0..10 {
        let guest = User::guest(now);
        one.database.add_user(&guest).await.unwrap();
        let talks = [
            one.talk(&guest.id, 5, now).await,
            one.talk(&guest.id, 5, now).await,
            one.talk(&user, 5, now).await,
        ];
        let ends = join_all(talks.iter().map(|talk| one.end(talk, now)));
        let (ended, claimed) = futures::future::join(ends, other.database.claim_guest(&guest.id, &user)).await;
        assert_eq!(ended.iter().flatten().count(), 3);
        claimed.unwrap();
        // What both achieved stays with the guest; practice doesn't.
        let totals = one.database.totals(&guest.id).await.unwrap();
        assert_eq!((totals.conversations, totals.minutes), (0, 0));
    }
    let totals = one.database.totals(&user).await.unwrap();
    assert_eq!((totals.conversations, totals.minutes), (30, 150));
    let earned = one.database.earned(&user).await.unwrap();
    let earned: u64 = earned.iter().map(|earned| u64::from(earned.xp_reward)).sum();
    assert_eq!(totals.xp, 30 * 20 + earned);
}
