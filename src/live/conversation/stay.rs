//! What is kept of somebody's stay in a call, for those who run the server.

use std::time::Duration;

use colloquy_media::quality::{Heard, Quality, Said};
use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::ids::{CallRecordId, ConversationId};
use crate::storage::call_records::CallRecord;

/// The record of a stay that ends at `left_at`. None if they were never connected.
pub(super) fn record(
    conversation: &ConversationId,
    joined_at: Timestamp,
    left_at: Timestamp,
    quality: &Quality,
) -> Option<CallRecord> {
    if quality.round_trip.is_none() && quality.heard.expected == 0 {
        return None;
    }
    let scores = [quality.heard.score, quality.said.score];
    let score = scores.into_iter().flatten().min_by(f64::total_cmp);
    Some(CallRecord {
        id: CallRecordId::new(),
        conversation_id: conversation.clone(),
        joined_at,
        left_at,
        score: score.map(|score| (score * 100.0).round() as i64),
        quality: json!({
            "round_trip_ms": quality.round_trip.map(milliseconds),
            "longest_round_trip_ms": quality.longest_round_trip.map(milliseconds),
            "heard": heard(&quality.heard),
            "said": said(&quality.said),
        }),
    })
}

fn heard(heard: &Heard) -> Value {
    json!({
        "expected": heard.expected,
        "lost": heard.lost,
        "late": heard.late,
        "restored": heard.restored,
        "resent": heard.resent,
        "recovered": heard.recovered,
        "concealed_ms": milliseconds(heard.concealed),
        "jitter_ms": milliseconds(heard.jitter),
        "delay_ms": heard.delay.map(milliseconds),
        "score": heard.score.map(hundredths),
    })
}

fn said(said: &Said) -> Value {
    json!({
        "expected": said.expected,
        "lost": said.lost,
        "jitter_ms": milliseconds(said.jitter),
        "delay_ms": said.delay.map(milliseconds),
        "score": said.score.map(hundredths),
    })
}

/// In tenths.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

fn hundredths(score: f64) -> f64 {
    (score * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(quality: Quality) -> Option<CallRecord> {
        let at = Timestamp::from_millis;
        record(&ConversationId::from_text("conv_1"), at(1000), at(61_000), &quality)
    }

    #[test]
    fn the_lower_score_of_both_ways_stands_for_a_stay() {
        let mut quality = Quality {
            round_trip: Some(Duration::from_micros(48_260)),
            ..Quality::default()
        };
        quality.heard.expected = 3000;
        assert_eq!(kept(quality).unwrap().score, None);
        quality.heard.score = Some(4.338);
        assert_eq!(kept(quality).unwrap().score, Some(434));
        quality.said.score = Some(3.2);
        let record = kept(quality).unwrap();
        assert_eq!(record.score, Some(320));
        assert_eq!(record.quality["round_trip_ms"], 48.3);
        assert_eq!(record.quality["longest_round_trip_ms"], Value::Null);
        assert_eq!(record.quality["heard"]["expected"], 3000);
        assert_eq!(record.quality["heard"]["score"], 4.34);
    }

    #[test]
    fn nothing_is_kept_of_whoever_was_never_connected() {
        assert_eq!(kept(Quality::default()), None);
    }
}
