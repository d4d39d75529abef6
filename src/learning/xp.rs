//! Experience points: what practice is worth, and the level that they make.

use std::time::Duration;

/// XP a minute of measured practice.
const XP_PER_MINUTE: u64 = 4;
/// Level 2 needs twice as many.
const XP_PER_STEP: u64 = 50;

/// What practice is worth: 4 XP a minute, whole points.
pub fn of_practice(practice: Duration) -> u32 {
    u32::try_from(practice.as_secs() * XP_PER_MINUTE / 60).unwrap_or(u32::MAX)
}

/// The level that so many points make: level `n` begins at 50 `n` (`n` - 1) points, so 0, 100, 300, 600, 1000 ...: each takes
/// 100 more than the one before.
pub fn level(xp: u64) -> u32 {
    // The largest n with 50 n (n - 1) <= xp.
    let n = (1 + 4 * (xp / XP_PER_STEP)).isqrt().div_ceil(2);
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_minute_is_worth_four_points() {
        assert_eq!(of_practice(Duration::from_secs(59)), 3);
        assert_eq!(of_practice(Duration::from_secs(60)), 4);
        assert_eq!(of_practice(Duration::from_secs(25 * 60)), 100);
    }

    #[test]
    fn levels_begin_where_the_rule_says() {
        let begins = [
            (0, 1),
            (99, 1),
            (100, 2),
            (299, 2),
            (300, 3),
            (600, 4),
            (1000, 5),
            (10_500, 15),
        ];
        for (xp, expected) in begins {
            assert_eq!(level(xp), expected, "{xp}");
        }
    }

    proptest! {
        #[test]
        fn a_level_is_the_last_one_that_was_reached(xp in 0_u64..1_000_000_000_000) {
            let begin = |n: u64| 50 * n * (n - 1);
            let n = u64::from(level(xp));
            prop_assert!(begin(n) <= xp && xp < begin(n + 1));
        }
    }
}
