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
    /// How many of a hundred words of the deck that came up again since they were met the learner would recall now, by FSRS's
    /// forgetting curve; null without any.
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
    /// Conversations that were ended and in which the learner said something.
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
    /// 0 to 100: the mean of how fluently was spoken.
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
    /// Conversations that were ended and in which the learner said something.
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
        // Those in which the learner said something: what is counted here is what boards and achievements count.
        let practices: Vec<Practice> = practices.into_iter().filter(|practice| practice.turns > 0).collect();
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
                    conversation_confidence: practices
                        .iter()
                        .map(|practice| practice.fluency)
                        .sum::<Scores>()
                        .score(),
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
mod tests;
