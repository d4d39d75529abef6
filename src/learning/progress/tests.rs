use super::*;
use crate::learning::calendar::DAY_MILLIS;
use crate::learning::practice::tests::practice_of;
use proptest::prelude::*;

fn on_day(number: i64, grammar: Option<u64>, minutes: u32) -> Practice {
    let mut practice = practice_of(
        &UserId::from_text("user_1"),
        Timestamp::from_millis(number * DAY_MILLIS + 5),
    );
    practice.minutes = minutes;
    if let Some(score) = grammar {
        practice.grammar.add(score);
    }
    practice
}

fn progress(records: Records) -> Progress {
    let now = Timestamp::from_millis(19_797 * DAY_MILLIS + 1234);
    let window = Period::Week.window(now, now);
    Progress::of(
        UserId::from_text("user_1"),
        Some("fr".to_owned()),
        Period::Week,
        window,
        records,
    )
}

#[test]
fn nothing_is_invented_where_nothing_was_practised() {
    let progress = progress(Records::default());
    assert_eq!(progress.start_date.to_string(), "2024-03-08T00:00:00Z");
    assert_eq!(progress.end_date.to_string(), "2024-03-15T23:59:59Z");
    assert_eq!(progress.overall_stats.conversations_completed, 0);
    assert_eq!(progress.overall_stats.proficiency_improvement, None);
    assert_eq!(progress.skill_breakdown.grammar.current_score, None);
    assert_eq!(progress.skill_breakdown.vocabulary.retention_rate, None);
    assert_eq!(progress.skill_breakdown.fluency.complexity_level, None);
    assert!(progress.daily_breakdown.is_empty());
}

#[test]
fn days_are_summed_up_in_order_and_the_whole_is_their_sum() {
    let progress = progress(Records {
        practices: vec![
            on_day(19_796, Some(80), 10),
            on_day(19_796, Some(90), 5),
            on_day(19_797, None, 7),
        ],
        xp_by_day: vec![(19_797, 28), (19_796, 110)],
        ..Records::default()
    });
    let shown = serde_json::to_value(&progress.daily_breakdown).unwrap();
    let expected = serde_json::json!([
        {"date": "2024-03-14", "conversations": 2, "minutes": 15, "xp": 110, "grammar_score": 85, "pronunciation_score": null},
        {"date": "2024-03-15", "conversations": 1, "minutes": 7, "xp": 28, "grammar_score": null, "pronunciation_score": null},
    ]);
    assert_eq!(shown, expected);
    let overall = &progress.overall_stats;
    assert_eq!(
        (
            overall.conversations_completed,
            overall.total_time_minutes,
            overall.xp_earned
        ),
        (3, 22, 138)
    );
    assert_eq!(progress.conversations_completed, 3);
}

#[test]
fn improvement_is_against_the_window_before_or_else_within_this_one() {
    let practices = vec![
        on_day(19_790, Some(70), 1),
        on_day(19_792, None, 1),
        on_day(19_797, Some(81), 1),
    ];
    let within = progress(Records {
        practices: practices.clone(),
        ..Records::default()
    });
    assert_eq!(within.skill_breakdown.grammar.improvement, Some(11));
    assert_eq!(within.overall_stats.proficiency_improvement, Some(11.0));
    let mut before = Before::default();
    before.grammar.add(70);
    let against = progress(Records {
        practices,
        before,
        ..Records::default()
    });
    assert_eq!(against.skill_breakdown.grammar.improvement, Some(6));
    assert_eq!(against.overall_stats.proficiency_improvement, Some(5.5));
    let one = progress(Records {
        practices: vec![on_day(19_797, Some(81), 1)],
        ..Records::default()
    });
    assert_eq!(one.skill_breakdown.grammar.improvement, None);
}

#[test]
fn areas_are_weak_or_strong_by_what_happened_more_often() {
    let mut first = on_day(19_797, None, 1);
    let area = |right, wrong| Area { right, wrong };
    first.areas.grammar = BTreeMap::from([
        ("gender_agreement".to_owned(), area(1, 2)),
        ("present_tense".to_owned(), area(5, 1)),
        ("word_order".to_owned(), area(1, 1)),
    ]);
    let mut second = first.clone();
    second.areas.pronunciation = BTreeMap::from([("r_sound".to_owned(), area(0, 3))]);
    let shown = progress(Records {
        practices: vec![first, second],
        ..Records::default()
    })
    .skill_breakdown;
    assert_eq!(shown.grammar.weak_areas, ["gender_agreement"]);
    assert_eq!(shown.grammar.strong_areas, ["present_tense"]);
    assert_eq!(shown.weak_areas, ["gender_agreement", "r_sound"]);
}

#[test]
fn answers_that_come_sooner_and_harder_words_show() {
    let mut practice = on_day(19_797, None, 1);
    practice.response.add(850);
    practice.complexity.add(100);
    practice.fluency.add(61);
    practice.fluency.add(70);
    practice.complexity.add(0);
    let mut before = Before::default();
    before.response.add(1000);
    let shown = progress(Records {
        practices: vec![practice],
        before,
        ..Records::default()
    });
    let fluency = shown.skill_breakdown.fluency;
    assert_eq!(fluency.response_time_improvement, Some(15));
    assert_eq!(fluency.complexity_level, Some("beginner_high"));
    assert_eq!(fluency.conversation_confidence, Some(66));
}

proptest! {
    #[test]
    fn the_days_always_add_up(
        practices in prop::collection::vec((19_790_i64..19_798, 0_u32..500), 0..40),
        xp in prop::collection::vec((19_790_i64..19_798, 0_u64..500), 0..40),
    ) {
        let total: u64 = xp.iter().map(|(_, xp)| xp).sum();
        let minutes: u32 = practices.iter().map(|(_, minutes)| minutes).sum();
        let shown = progress(Records {
            practices: practices.iter().map(|(day, minutes)| on_day(*day, None, *minutes)).collect(),
            xp_by_day: xp,
            ..Records::default()
        });
        prop_assert_eq!(shown.overall_stats.xp_earned, total);
        prop_assert_eq!(shown.overall_stats.total_time_minutes, minutes);
        prop_assert_eq!(shown.daily_breakdown.iter().map(|day| day.xp).sum::<u64>(), total);
        prop_assert!(shown.daily_breakdown.windows(2).all(|pair| pair[0].date < pair[1].date));
    }
}
