//! Unrolling of RTP sequence numbers and timestamps (RFC 3550) into counts that never wrap.

/// Continues a 16-bit RTP sequence number as a 64-bit count.
///
/// A number less than half the range away from the highest one seen is taken as ahead of it or behind it, so wraps and
/// reordering are told apart.
#[derive(Clone, Debug, Default)]
pub struct SequenceUnroller {
    highest: Option<u64>,
}

impl SequenceUnroller {
    /// The count that `sequence` stands for.
    pub fn unroll(&mut self, sequence: u16) -> u64 {
        // The first lap starts at one wrap, so that packets older than the first one have a count too.
        let Some(highest) = self.highest else {
            let first = (1 << 16) + u64::from(sequence);
            self.highest = Some(first);
            return first;
        };
        let step = sequence.wrapping_sub(highest as u16) as i16;
        let count = highest.saturating_add_signed(i64::from(step));
        self.highest = Some(highest.max(count));
        count
    }

    /// The distance of `sequence` from the highest number seen; 0 before the first.
    pub fn distance(&self, sequence: u16) -> i16 {
        self.highest
            .map_or(0, |highest| sequence.wrapping_sub(highest as u16) as i16)
    }
}

/// Continues a 32-bit RTP timestamp as a 64-bit count of clock ticks.
#[derive(Clone, Debug, Default)]
pub struct TimestampUnroller {
    highest: Option<u64>,
}

impl TimestampUnroller {
    /// The count that `timestamp` stands for.
    pub fn unroll(&mut self, timestamp: u32) -> u64 {
        let Some(highest) = self.highest else {
            let first = (1 << 32) + u64::from(timestamp);
            self.highest = Some(first);
            return first;
        };
        let step = timestamp.wrapping_sub(highest as u32) as i32;
        let count = highest.saturating_add_signed(i64::from(step));
        self.highest = Some(highest.max(count));
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sequence_numbers_go_on_across_a_wrap() {
        let mut unroller = SequenceUnroller::default();
        let first = unroller.unroll(65_534);
        let counts: Vec<u64> = [65_535, 0, 1].into_iter().map(|n| unroller.unroll(n) - first).collect();
        assert_eq!(counts, [1, 2, 3]);
    }

    #[test]
    fn a_packet_from_before_the_wrap_is_still_behind() {
        let mut unroller = SequenceUnroller::default();
        let first = unroller.unroll(0);
        assert_eq!(unroller.unroll(65_535), first - 1);
        assert_eq!(unroller.unroll(1), first + 1);
    }

    #[test]
    fn timestamps_go_on_across_a_wrap_and_back() {
        let mut unroller = TimestampUnroller::default();
        let first = unroller.unroll(u32::MAX - 959);
        assert_eq!(unroller.unroll(0), first + 960);
        assert_eq!(unroller.unroll(u32::MAX - 959), first);
        assert_eq!(unroller.unroll(960), first + 1920);
    }

    proptest! {
        /// Any walk of steps under half the range is followed exactly.
        #[test]
        fn sequence_walks_are_followed(start: u16, steps in prop::collection::vec(-100i64..20_000, 1..200)) {
            let mut unroller = SequenceUnroller::default();
            let mut truth = unroller.unroll(start) as i64;
            let mut highest = truth;
            for step in steps {
                truth = (highest + step).max(0);
                prop_assert_eq!(unroller.unroll(truth as u16), truth as u64);
                highest = highest.max(truth);
            }
        }

        #[test]
        fn timestamp_walks_are_followed(start: u32, steps in prop::collection::vec(-100_000i64..1_000_000_000, 1..200)) {
            let mut unroller = TimestampUnroller::default();
            let mut highest = unroller.unroll(start) as i64;
            for step in steps {
                let truth = highest + step;
                prop_assert_eq!(unroller.unroll(truth as u32), truth as u64);
                highest = highest.max(truth);
            }
        }
    }
}
