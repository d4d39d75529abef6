//! What records come to: streaks, boards, progress, claims.

use std::time::Duration;

use super::{Node, at};
use crate::learning::calendar::Period;
use crate::learning::leaderboards::Kind;
use crate::storage::messages::{Message, Sender};
use crate::storage::users::User;

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
async fn every_day_on_which_the_learner_spoke_counts_in_whatever_order_conversations_end() {
    let node = Node::start().await;
    let user = node.user("ann").await.id;
    // Homework of six days, and beside it something else on the third.
    let mut homework = node.talk(&user, 0, at("2024-03-10T12:00:00Z")).await;
    for day in 10..16 {
        let spoken = at(&format!("2024-03-{day}T18:00:00Z"));
        homework
            .1
            .push(Message::new(homework.0.id.clone(), Sender::User, "x", spoken));
    }
    node.practise(&user, 1, "2024-03-12T12:00:00Z").await;
    assert_eq!(node.streak(&user, "2024-03-12T12:00:00Z").await, 1);
    node.end(&homework, at("2024-03-15T20:00:00Z")).await.unwrap();
    assert_eq!(node.streak(&user, "2024-03-15T20:00:00Z").await, 6);
    let ending = node.practise(&user, 1, "2024-03-16T12:00:00Z").await;
    assert!(ending.summary.achievements.contains(&"week_streak_1".to_owned()));
    assert_eq!(node.database.totals(&user).await.unwrap().last_day.unwrap().freezes, 1);
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
    // Nothing was taken out of the ledger: what was paid twice stays with the guest, who is on no board.
    assert_eq!(node.database.xp(&guest.id).await.unwrap(), 50 + 20);
}
