//! Days: which one it is in a time zone, and the windows of days that progress and boards look at.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};

use crate::clock::Timestamp;

/// The time zone of an IANA name (`Europe/Paris`); `None` if there is none of that name.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    // Names of the database have fewer characters; anything longer isn't looked up.
    (!name.is_empty() && name.len() <= 64)
        .then(|| TimeZone::get(name).ok())
        .flatten()
}

/// The calendar day of a moment in a time zone.
pub fn date_in(at: Timestamp, zone: &TimeZone) -> Date {
    let millis = at.as_millis().clamp(0, LAST_MILLI);
    jiff::Timestamp::from_millisecond(millis)
        .expect("the years 1970 to 9998 are on jiff's calendar")
        .to_zoned(zone.clone())
        .date()
}

/// The calendar day of a moment in UTC.
pub fn utc_date(at: Timestamp) -> Date {
    date_in(at, &TimeZone::UTC)
}

/// How many days `later` is after `earlier`; negative if it is before.
pub fn days_between(earlier: Date, later: Date) -> i64 {
    day_number(later) - day_number(earlier)
}

/// Days since 1970-01-01.
pub fn day_number(date: Date) -> i64 {
    let since = date.since(EPOCH).unwrap_or_default();
    i64::from(since.get_days())
}

/// The day so many days after 1970-01-01.
pub fn day_of_number(number: i64) -> Date {
    EPOCH.saturating_add(Span::new().days(number.clamp(0, day_number(Date::MAX))))
}

/// Some days in a row, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first.
    pub first: Date,
    /// The last; it belongs to the window.
    pub last: Date,
}

/// What a request for progress looks back on. Except for `All`, a rolling window that ends today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Seven days ago until today, eight dates.
    Week,
    /// Thirty days ago until today.
    Month,
    /// 365 days ago until today.
    Year,
    /// Since the person came.
    All,
}

impl Window {
    /// The window of the day so many days ago, until today.
    pub fn last_days(days: i64, now: Timestamp) -> Self {
        let last = utc_date(now);
        Self {
            first: last.saturating_sub(days.days()),
            last,
        }
    }

    /// The calendar month of a moment.
    pub fn month_of(now: Timestamp) -> Self {
        let today = utc_date(now);
        Self {
            first: today.first_of_month(),
            last: today.last_of_month(),
        }
    }

    /// The same number of days right before.
    pub fn before(self) -> Self {
        let days = days_between(self.first, self.last) + 1;
        Self {
            first: self.first.saturating_sub(days.days()),
            last: self.last.saturating_sub(days.days()),
        }
    }

    /// Its first moment.
    pub fn start(self) -> Timestamp {
        Timestamp::from_millis(day_number(self.first) * DAY_MILLIS)
    }

    /// Its last second.
    pub fn last_second(self) -> Timestamp {
        Timestamp::from_millis((day_number(self.last) + 1) * DAY_MILLIS - 1000)
    }

    /// The first moment after it.
    pub fn end(self) -> Timestamp {
        Timestamp::from_millis((day_number(self.last) + 1) * DAY_MILLIS)
    }
}

impl Period {
    /// Reads `week`, `month`, `year` or `all`.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Week, Self::Month, Self::Year, Self::All]
            .into_iter()
            .find(|period| period.as_str() == text)
    }

    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
            Self::All => "all",
        }
    }

    /// The days of it, for someone who came then.
    pub fn window(self, came: Timestamp, now: Timestamp) -> Window {
        match self {
            Self::Week => Window::last_days(WEEK, now),
            Self::Month => Window::last_days(30, now),
            Self::Year => Window::last_days(365, now),
            Self::All => {
                let last = utc_date(now);
                Window {
                    first: utc_date(came).min(last),
                    last,
                }
            }
        }
    }
}

/// How many days back a week goes: today is in it, too.
pub const WEEK: i64 = 7;
/// A day in UTC, in milliseconds.
pub const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

const EPOCH: Date = Date::constant(1970, 1, 1);
/// The end of the year 9998: in no time zone is that beyond the calendar.
const LAST_MILLI: i64 = 253_370_764_799_999;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn a_moment_falls_on_different_days_in_different_zones() {
        let moment = at("2024-03-15T23:30:00Z");
        let day = |zone: &str| date_in(moment, &time_zone(zone).unwrap());
        assert_eq!(day("UTC"), date(2024, 3, 15));
        assert_eq!(day("Europe/Paris"), date(2024, 3, 16));
        assert_eq!(day("America/Los_Angeles"), date(2024, 3, 15));
    }

    #[test]
    fn names_that_are_no_zone_are_none() {
        for name in ["", "Mars/Olympus", "Europe/Paris/../x", "\0", &"x".repeat(1000)] {
            assert!(time_zone(name).is_none(), "{name:?}");
        }
    }

    #[test]
    fn a_week_is_seven_days_ago_until_today_as_in_the_document() {
        let now = at("2024-03-15T14:22:00Z");
        let week = Period::Week.window(at("2024-01-15T10:30:00Z"), now);
        assert_eq!(week.start().to_string(), "2024-03-08T00:00:00Z");
        assert_eq!(week.last_second().to_string(), "2024-03-15T23:59:59Z");
        assert_eq!(week.end().to_string(), "2024-03-16T00:00:00Z");
        assert_eq!(week.before().start().to_string(), "2024-02-29T00:00:00Z");
        assert_eq!(week.before().end(), week.start());
        let all = Period::All.window(at("2024-01-15T10:30:00Z"), now);
        assert_eq!(all.start().to_string(), "2024-01-15T00:00:00Z");
    }

    #[test]
    fn a_month_is_that_of_the_calendar() {
        let month = Window::month_of(at("2024-02-29T23:59:59.999Z"));
        assert_eq!((month.first, month.last), (date(2024, 2, 1), date(2024, 2, 29)));
        let next = Window::month_of(at("2024-03-01T00:00:00Z"));
        assert_eq!((next.first, next.last), (date(2024, 3, 1), date(2024, 3, 31)));
    }

    proptest! {
        #[test]
        fn days_are_numbered_one_after_the_other(number in 0_i64..2_900_000) {
            prop_assert_eq!(day_number(day_of_number(number)), number);
        }

        #[test]
        fn every_moment_is_on_some_day(millis: i64) {
            utc_date(Timestamp::from_millis(millis));
            date_in(Timestamp::from_millis(millis), &time_zone("Pacific/Kiritimati").unwrap());
        }
    }
}
