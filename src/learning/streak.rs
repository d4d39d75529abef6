//! Streaks: how many days in a row someone practised.
//!
//! - A day is a calendar day in the learner's time zone at the moment of practice.
//! - A **freeze** saves a streak over one missed day, by itself. Every seventh day of a streak earns one; at most two are
//!   held. A streak that more days were missed than there are freezes is over, and its freezes with it.
//! - **Changing the time zone earns nothing**: between two days that count, midnight must have passed both in the zone of the
//!   earlier one and in the present one, and the date must be a later one. Nor does it cost anything: of these three ways to
//!   count the days between, the shortest is taken.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::calendar::{date_in, days_between, time_zone};
use crate::clock::Timestamp;

/// A day of practice, with the streak as it stood when it was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PracticeDay {
    /// Which day, in the time zone.
    pub date: Date,
    /// The learner's IANA time zone then.
    pub time_zone: String,
    /// When practice was first noted on it.
    pub practised_at: Timestamp,
    /// Days in a row, this one included; days that a freeze saved don't count.
    pub streak: u32,
    /// Freezes held after it.
    pub freezes: u32,
}

/// A streak at some moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streak {
    /// Days in a row.
    pub days: u32,
    /// Freezes left.
    pub freezes: u32,
}

/// So many days of a streak earn a freeze.
const DAYS_PER_FREEZE: u32 = 7;
/// No more are held.
const MOST_FREEZES: u32 = 2;

impl PracticeDay {
    /// The day that practice at that moment adds after the `last` one; `None` if it adds none. A time zone that is not known
    /// is taken for UTC.
    pub fn after(last: Option<&Self>, at: Timestamp, zone: &str) -> Option<Self> {
        let date = date_in(at, &zone_or_utc(zone));
        let new = |Streak { days, freezes }| Self {
            date,
            time_zone: zone.to_owned(),
            practised_at: at,
            streak: days,
            freezes,
        };
        let Some(last) = last else {
            return Some(new(Streak { days: 1, freezes: 0 }));
        };
        if last.days_until(at, zone) < 1 {
            return None;
        }
        let before = Streak::at(Some(last), at, zone);
        let days = before.days + 1;
        let earned = u32::from(days.is_multiple_of(DAYS_PER_FREEZE));
        let freezes = (before.freezes + earned).min(MOST_FREEZES);
        Some(new(Streak { days, freezes }))
    }

    /// How many days have begun since, counted in the way that finds the fewest.
    fn days_until(&self, at: Timestamp, zone: &str) -> i64 {
        let here = zone_or_utc(zone);
        let date = date_in(at, &here);
        let dates = days_between(self.date, date);
        if zone == self.time_zone {
            return dates;
        }
        let there = zone_or_utc(&self.time_zone);
        let midnights_there = days_between(self.date, date_in(at, &there));
        let midnights_here = days_between(date_in(self.practised_at, &here), date);
        dates.min(midnights_there).min(midnights_here)
    }
}

/// The days that practice at these moments, the earliest first, adds after the `last` one.
pub fn following(last: Option<&PracticeDay>, moments: &[Timestamp], zone: &str) -> Vec<PracticeDay> {
    let mut days: Vec<PracticeDay> = Vec::new();
    for at in moments {
        days.extend(PracticeDay::after(days.last().or(last), *at, zone));
    }
    days
}

/// The days of practice at these moments, the earliest first, each by itself: to be [`merged`] with others.
pub fn on_dates_of(moments: &[Timestamp], zone: &str) -> Vec<PracticeDay> {
    let here = zone_or_utc(zone);
    let mut days: Vec<PracticeDay> = moments
        .iter()
        .map(|at| PracticeDay {
            date: date_in(*at, &here),
            time_zone: zone.to_owned(),
            practised_at: *at,
            streak: 1,
            freezes: 0,
        })
        .collect();
    days.dedup_by_key(|day| day.date);
    days
}

/// The days that remain when those of two records are put together, as if one person had practised on all of them.
pub fn merged(mut days: Vec<PracticeDay>) -> Vec<PracticeDay> {
    days.sort_by_key(|day| day.practised_at);
    let mut merged: Vec<PracticeDay> = Vec::with_capacity(days.len());
    for day in days {
        merged.extend(PracticeDay::after(merged.last(), day.practised_at, &day.time_zone));
    }
    merged
}

impl Streak {
    /// The streak at a moment, by the last day of practice. Today is not missed yet.
    pub fn at(last: Option<&PracticeDay>, now: Timestamp, zone: &str) -> Self {
        let Some(last) = last else {
            return Self::default();
        };
        let missed = u32::try_from(last.days_until(now, zone) - 1).unwrap_or(0);
        match last.freezes.checked_sub(missed) {
            Some(freezes) => Self {
                days: last.streak,
                freezes,
            },
            None => Self::default(),
        }
    }
}

fn zone_or_utc(name: &str) -> TimeZone {
    time_zone(name).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const PARIS: &str = "Europe/Paris";

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    /// The days that practice at these moments adds.
    fn days(moments: impl IntoIterator<Item = (Timestamp, &'static str)>) -> Vec<PracticeDay> {
        let mut days: Vec<PracticeDay> = Vec::new();
        for (moment, zone) in moments {
            days.extend(PracticeDay::after(days.last(), moment, zone));
        }
        days
    }

    fn daily(from: &str, count: i64, zone: &'static str) -> Vec<PracticeDay> {
        let first = at(from).as_millis();
        days((0..count).map(|day| (Timestamp::from_millis(first + day * 86_400_000), zone)))
    }

    #[test]
    fn a_day_counts_once_and_midnight_is_the_learners() {
        let found = days([
            (at("2024-03-15T21:00:00Z"), PARIS),
            (at("2024-03-15T22:59:59Z"), PARIS),
            (at("2024-03-15T23:00:00Z"), PARIS),
        ]);
        let dates: Vec<String> = found.iter().map(|day| day.date.to_string()).collect();
        assert_eq!(dates, ["2024-03-15", "2024-03-16"]);
        assert_eq!(found[1].streak, 2);
    }

    #[test]
    fn a_streak_lives_through_today_and_ends_when_a_day_was_missed() {
        let found = daily("2024-03-10T12:00:00Z", 3, "UTC");
        let streak = |now: &str| Streak::at(found.last(), at(now), "UTC").days;
        assert_eq!(streak("2024-03-12T23:59:59Z"), 3);
        assert_eq!(streak("2024-03-13T23:59:59Z"), 3);
        assert_eq!(streak("2024-03-14T00:00:00Z"), 0);
        let again = PracticeDay::after(found.last(), at("2024-03-14T08:00:00Z"), "UTC").unwrap();
        assert_eq!((again.streak, again.freezes), (1, 0));
    }

    #[test]
    fn every_seventh_day_earns_a_freeze_and_two_are_held() {
        let freezes: Vec<u32> = daily("2024-01-01T12:00:00Z", 28, "UTC")
            .iter()
            .map(|day| day.freezes)
            .collect();
        let expected = [[0; 6].as_slice(), &[1; 7], &[2; 15]].concat();
        assert_eq!(freezes, expected);
    }

    #[test]
    fn a_freeze_is_consumed_by_itself_when_a_day_was_missed() {
        let found = daily("2024-01-01T12:00:00Z", 7, "UTC");
        let last = found.last();
        // The 8th is missed.
        let streak = |now: &str| Streak::at(last, at(now), "UTC");
        assert_eq!(streak("2024-01-08T20:00:00Z"), Streak { days: 7, freezes: 1 });
        assert_eq!(streak("2024-01-09T20:00:00Z"), Streak { days: 7, freezes: 0 });
        assert_eq!(streak("2024-01-10T00:00:00Z"), Streak::default());
        let saved = PracticeDay::after(last, at("2024-01-09T20:00:00Z"), "UTC").unwrap();
        assert_eq!((saved.streak, saved.freezes), (8, 0));
        let over = PracticeDay::after(last, at("2024-01-10T20:00:00Z"), "UTC").unwrap();
        assert_eq!((over.streak, over.freezes), (1, 0));
    }

    #[test]
    fn days_of_23_and_25_hours_are_days() {
        // Clocks in Paris went forward on 2024-03-31 and back on 2024-10-27.
        for night in ["2024-03-29T21:30:00Z", "2024-10-25T21:30:00Z"] {
            let found = daily(night, 4, PARIS);
            assert_eq!(found.len(), 4, "{night}");
            assert_eq!(found.last().unwrap().streak, 4, "{night}");
        }
        // 23:30 in winter, then 00:15 in summer, 23 hours and 45 minutes later by the clock on the wall.
        let found = days([
            (at("2024-03-30T22:30:00Z"), PARIS),
            (at("2024-03-31T21:59:00Z"), PARIS),
            (at("2024-03-31T22:15:00Z"), PARIS),
        ]);
        let dates: Vec<String> = found.iter().map(|day| day.date.to_string()).collect();
        assert_eq!(dates, ["2024-03-30", "2024-03-31", "2024-04-01"]);
    }

    #[test]
    fn changing_the_zone_does_not_earn_two_days_out_of_one() {
        let noon = at("2024-03-15T11:00:00Z");
        let found = days([(noon, "Pacific/Pago_Pago"), (noon, "Pacific/Kiritimati"), (noon, "UTC")]);
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn going_back_and_forth_between_midnights_earns_nothing_either() {
        // Midnight in Kiritimati is at 10:00 UTC.
        let (here, there) = ("UTC", "Pacific/Kiritimati");
        let mut moments = Vec::new();
        for cycle in 0..10 {
            let hour = |hours: i64| Timestamp::from_millis((474_000 + cycle * 72 + hours) * 3_600_000);
            moments.extend([(hour(0), here), (hour(24), there), (hour(34), there), (hour(58), here)]);
        }
        // Thirty days, and the one by which Kiritimati is ahead.
        assert!(days(moments).len() <= 31);
    }

    #[test]
    fn travellers_keep_their_streak_in_both_directions() {
        let found = days([
            (at("2024-03-10T18:00:00Z"), "America/Los_Angeles"),
            // The evening of the 12th in Tokyo, of the 11th in California.
            (at("2024-03-12T05:00:00Z"), "Asia/Tokyo"),
            (at("2024-03-13T05:00:00Z"), "Asia/Tokyo"),
            (at("2024-03-14T18:00:00Z"), "America/Los_Angeles"),
        ]);
        let streaks: Vec<u32> = found.iter().map(|day| day.streak).collect();
        assert_eq!(streaks, [1, 2, 3, 4]);
    }

    #[test]
    fn days_of_two_records_make_one_streak() {
        let mut both = daily("2024-03-10T20:00:00Z", 3, "UTC");
        both.extend(daily("2024-03-12T08:00:00Z", 3, "UTC"));
        let merged = merged(both);
        assert_eq!(merged, days(merged.iter().map(|day| (day.practised_at, "UTC"))));
        assert_eq!(merged.len(), 5);
        assert_eq!(merged.last().unwrap().streak, 5);
    }

    #[test]
    fn a_zone_that_is_not_known_is_taken_for_utc() {
        let day = PracticeDay::after(None, at("2024-03-15T23:30:00Z"), "Mars/Olympus").unwrap();
        assert_eq!(day.date.to_string(), "2024-03-15");
    }

    /// The same rules, day by day: a reference to compare with.
    fn by_the_calendar(dates: &BTreeSet<i64>, today: i64) -> Streak {
        let (mut streak, mut freezes) = (0, 0);
        let Some(&first) = dates.first() else {
            return Streak::default();
        };
        for day in first..=today {
            if dates.contains(&day) {
                streak += 1;
                if streak % 7 == 0 {
                    freezes = (freezes + 1).min(2);
                }
            } else if day < today && streak > 0 {
                if freezes > 0 {
                    freezes -= 1;
                } else {
                    streak = 0;
                }
            }
        }
        if streak == 0 {
            return Streak::default();
        }
        Streak { days: streak, freezes }
    }

    proptest! {
        #[test]
        fn streaks_are_those_of_a_calendar(gaps in prop::collection::vec(0_i64..40, 1..60), idle in 0_i64..80) {
            let mut hour = 474_000;
            let mut dates = BTreeSet::new();
            let (mut last, mut count): (Option<PracticeDay>, _) = (None, 0);
            for gap in gaps {
                hour += gap;
                dates.insert(hour / 24);
                let moment = Timestamp::from_millis(hour * 3_600_000);
                if let Some(day) = PracticeDay::after(last.as_ref(), moment, "UTC") {
                    last = Some(day);
                    count += 1;
                }
            }
            let now = Timestamp::from_millis((hour + idle) * 3_600_000);
            prop_assert_eq!(count, dates.len());
            prop_assert_eq!(Streak::at(last.as_ref(), now, "UTC"), by_the_calendar(&dates, (hour + idle) / 24));
        }

        #[test]
        fn whatever_the_zones_days_don_t_come_faster_than_the_sun(
            steps in prop::collection::vec((0_i64..30, 0_usize..5), 1..80),
        ) {
            const ZONES: [&str; 5] =
                ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "America/St_Johns"];
            let first = 474_000;
            let mut hour = first;
            let (mut last, mut count): (Option<PracticeDay>, _) = (None, 0);
            for (gap, zone) in steps {
                hour += gap;
                let moment = Timestamp::from_millis(hour * 3_600_000);
                if let Some(day) = PracticeDay::after(last.as_ref(), moment, ZONES[zone]) {
                    prop_assert!(last.as_ref().is_none_or(|last| last.practised_at < day.practised_at));
                    last = Some(day);
                    count += 1;
                }
            }
            // From the last zone on earth to the first it is another day and an hour further, once.
            let most = (hour - first + 25) / 24 + 2;
            prop_assert!(count <= most);
        }
    }
}
