//! Progress: what the records of a window say, as document 000 shows it. What was not measured is null.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::calendar::{Period, Window, day_of_number, utc_date};
use super::practice::{Area, Areas, Practice, Scores};
use crate::clock::Timestamp;
use crate::ids::UserId;

/// What a learner's progress is computed from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Records {
    /// What came of the conversations in the window, the oldest first.
    pub practices: Vec<Practice>,
    /// The scores of the same number of days before.
    pub before: Before,
    /// XP of the window by day; a day is counted from 1970-01-01.
    pub xp_by_day: Vec<(i64, u64)>,
    /// All XP there is, in every language.
    pub xp_total: u64,
    /// Days of the streak.
    pub streak_days: u32,
    /// The decks.
    pub vocabulary: Vocabulary,
}

/// Scores of the window before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// Grammar.
    pub grammar: Scores,
    /// Pronunciation.
    pub pronunciation: Scores,
    /// How long the learner took to answer, in milliseconds.
    pub response: Scores,
}

/// What became of words.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Vocabulary {
    /// How many joined the deck in the window.
    pub words_learned: u32,
    /// How often a word of the deck came up again in the window.
    pub words_reviewed: u32,
    /// How many of a hundred words of the deck the learner would recall now, by FSRS's forgetting curve; null for an empty one.
    pub retention_rate: Option<u8>,
    /// How many joined, by the category of the scenario that taught them.
    pub categories: BTreeMap<String, u32>,
}

/// The answer to `GET /v1/users/me/progress`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Progress {
    /// Whose.
    pub user_id: UserId,
    /// The language as the caller wrote it; `all` when none was asked for.
    pub language: String,
    /// `week`, `month`, `year`, `all`
    pub period: &'static str,
    /// The first moment of the window.
    pub start_date: Timestamp,
    /// Its last second.
    pub end_date: Timestamp,
    /// An alias for client libraries.
    pub conversations_completed: u32,
    /// All XP there is, whatever the window and the language; for client libraries.
    pub xp_total: u64,
    /// Sums.
    pub overall_stats: OverallStats,
    /// Skill by skill.
    pub skill_breakdown: SkillBreakdown,
    /// Day by day: those with practice, the earliest first.
    pub daily_breakdown: Vec<Day>,
}

/// Sums over a window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OverallStats {
    /// Conversations that were ended.
    pub conversations_completed: u32,
    /// Minutes of practice.
    pub total_time_minutes: u32,
    /// XP of practice and achievements.
    pub xp_earned: u64,
    /// The streak as it stands now.
    pub streak_days: u32,
    /// The mean of what grammar and pronunciation gained.
    pub proficiency_improvement: Option<f64>,
}

/// Skill by skill.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SkillBreakdown {
    /// Grammar.
    pub grammar: Skill,
    /// Pronunciation.
    pub pronunciation: Skill,
    /// Words.
    pub vocabulary: Vocabulary,
    /// Speaking.
    pub fluency: Fluency,
    /// The weak areas of all skills; for client libraries.
    pub weak_areas: Vec<String>,
}

/// One skill.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Skill {
    /// The mean of the window, 0 to 100.
    pub current_score: Option<u8>,
    /// What it gained against the window before; if nothing was measured there, from the first conversation of this window to
    /// the last.
    pub improvement: Option<i32>,
    /// What went wrong more often than not, the worst first.
    pub weak_areas: Vec<String>,
    /// What went well more often than not, the best first.
    pub strong_areas: Vec<String>,
}

/// Speaking.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fluency {
    /// 0 to 100. Nothing measures it yet.
    pub conversation_confidence: Option<u8>,
    /// By how many of a hundred parts answers came sooner than in the window before.
    pub response_time_improvement: Option<i32>,
    /// `beginner_low` to `advanced_high`, by the words that the learner used.
    pub complexity_level: Option<&'static str>,
}

/// One day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Day {
    /// In UTC, `2024-03-08`.
    pub date: Date,
    /// Conversations that were ended.
    pub conversations: u32,
    /// Minutes of practice.
    pub minutes: u32,
    /// XP of practice and achievements.
    pub xp: u64,
    /// The mean, 0 to 100.
    pub grammar_score: Option<u8>,
    /// The mean, 0 to 100.
    pub pronunciation_score: Option<u8>,
}

/// No more areas of a skill are named.
const MOST_AREAS: usize = 5;

impl Progress {
    /// What the records say.
    pub fn of(user_id: UserId, language: Option<String>, period: Period, window: Window, records: Records) -> Self {
        let Records {
            practices,
            before,
            xp_by_day,
            xp_total,
            streak_days,
            vocabulary,
        } = records;
        let days = daily(&practices, &xp_by_day);
        let grammar_gain = gain(&practices, |practice| practice.grammar, before.grammar);
        let pronunciation_gain = gain(&practices, |practice| practice.pronunciation, before.pronunciation);
        let mut areas = Areas::default();
        practices.iter().for_each(|practice| areas.merge(&practice.areas));
        let grammar = skill(&practices, |practice| practice.grammar, grammar_gain, &areas.grammar);
        let pronunciation = skill(
            &practices,
            |practice| practice.pronunciation,
            pronunciation_gain,
            &areas.pronunciation,
        );
        let conversations_completed = days.iter().map(|day| day.conversations).sum();
        Self {
            user_id,
            language: language.unwrap_or_else(|| "all".to_owned()),
            period: period.as_str(),
            start_date: window.start(),
            end_date: window.last_second(),
            conversations_completed,
            xp_total,
            overall_stats: OverallStats {
                conversations_completed,
                total_time_minutes: days.iter().map(|day| day.minutes).sum(),
                xp_earned: days.iter().map(|day| day.xp).sum(),
                streak_days,
                proficiency_improvement: mean_of(&[grammar_gain, pronunciation_gain]),
            },
            skill_breakdown: SkillBreakdown {
                weak_areas: [grammar.weak_areas.as_slice(), &pronunciation.weak_areas].concat(),
                grammar,
                pronunciation,
                vocabulary,
                fluency: Fluency {
                    conversation_confidence: None,
                    response_time_improvement: sooner(
                        before.response,
                        practices.iter().map(|practice| practice.response).sum(),
                    ),
                    complexity_level: practices
                        .iter()
                        .map(|practice| practice.complexity)
                        .sum::<Scores>()
                        .mean()
                        .map(complexity_level),
                },
            },
            daily_breakdown: days,
        }
    }
}

fn daily(practices: &[Practice], xp_by_day: &[(i64, u64)]) -> Vec<Day> {
    #[derive(Default)]
    struct Sums {
        conversations: u32,
        minutes: u32,
        xp: u64,
        grammar: Scores,
        pronunciation: Scores,
    }
    let mut days: BTreeMap<Date, Sums> = BTreeMap::new();
    for practice in practices {
        let day = days.entry(utc_date(practice.created_at)).or_default();
        day.conversations += 1;
        day.minutes = day.minutes.saturating_add(practice.minutes);
        day.grammar = day.grammar + practice.grammar;
        day.pronunciation = day.pronunciation + practice.pronunciation;
    }
    for (number, xp) in xp_by_day {
        days.entry(day_of_number(*number)).or_default().xp += xp;
    }
    days.into_iter()
        .map(|(date, sums)| Day {
            date,
            conversations: sums.conversations,
            minutes: sums.minutes,
            xp: sums.xp,
            grammar_score: sums.grammar.score(),
            pronunciation_score: sums.pronunciation.score(),
        })
        .collect()
}

fn skill(
    practices: &[Practice],
    scores: impl Fn(&Practice) -> Scores,
    gain: Option<f64>,
    areas: &BTreeMap<String, Area>,
) -> Skill {
    let ranked = |is_weak: bool| {
        let balance = |area: &Area| {
            let balance = i64::from(area.right) - i64::from(area.wrong);
            if is_weak { -balance } else { balance }
        };
        let mut named: Vec<(&String, i64)> = areas.iter().map(|(name, area)| (name, balance(area))).collect();
        named.retain(|(_, balance)| *balance > 0);
        // The sort is stable: areas that are level stay in alphabetical order.
        named.sort_by_key(|(_, balance)| -balance);
        let names = named.into_iter().take(MOST_AREAS);
        names.map(|(name, _)| name.clone()).collect()
    };
    Skill {
        current_score: practices.iter().map(scores).sum::<Scores>().score(),
        improvement: gain.map(rounded),
        weak_areas: ranked(true),
        strong_areas: ranked(false),
    }
}

/// What a score gained against the window before, or within this one.
fn gain(practices: &[Practice], scores: impl Fn(&Practice) -> Scores, before: Scores) -> Option<f64> {
    let now = practices.iter().map(&scores).sum::<Scores>().mean()?;
    if let Some(before) = before.mean() {
        return Some(now - before);
    }
    let mut means = practices.iter().filter_map(|practice| scores(practice).mean());
    let first = means.next()?;
    Some(means.next_back()? - first)
}

fn mean_of(gains: &[Option<f64>]) -> Option<f64> {
    let measured: Vec<f64> = gains.iter().copied().flatten().collect();
    let count = measured.len() as f64;
    (!measured.is_empty()).then(|| (measured.iter().sum::<f64>() / count * 10.0).round() / 10.0)
}

fn sooner(before: Scores, now: Scores) -> Option<i32> {
    let (before, now) = (before.mean()?, now.mean()?);
    (before > 0.0).then(|| rounded((before - now) / before * 100.0))
}

fn complexity_level(mean: f64) -> &'static str {
    match mean {
        ..33.0 => "beginner_low",
        ..67.0 => "beginner_high",
        ..=100.0 => "intermediate_low",
        ..133.0 => "intermediate_high",
        ..167.0 => "advanced_low",
        _ => "advanced_high",
    }
}

fn rounded(value: f64) -> i32 {
    value.round() as i32
}

#[cfg(test)]
mod tests {
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
}
