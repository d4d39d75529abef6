//! Percentiles and the JSON report.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::conversation::{Latency, Outcome, Turn};
use crate::server_process::ServerCost;

/// Turns whose parts are told one by one.
const MOST_TOLD: usize = 10;
/// The account of a turn is right when it misses no more than this, in ms: one frame.
const ACCOUNTED_MS: f64 = 20.0;

/// The spread of one measured quantity, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// How many values there were.
    pub count: usize,
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Largest value.
    pub max: f64,
}

impl Spread {
    /// The spread of `values`, by the nearest-rank method. All zero when there are none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let rank = |share: f64| {
            let position = (share * sorted.len() as f64).ceil() as usize;
            sorted.get(position.saturating_sub(1)).copied().unwrap_or_default()
        };
        Self {
            count: sorted.len(),
            p50: rank(0.50),
            p95: rank(0.95),
            p99: rank(0.99),
            max: sorted.last().copied().unwrap_or_default(),
        }
    }
}

/// What all callers together saw.
#[derive(Debug, Serialize)]
pub struct Report {
    /// How many callers were started.
    pub callers: usize,
    /// How many got a call.
    pub joined: usize,
    /// How many callers ended on an error, with the first few reasons.
    pub failed: usize,
    /// The first few reasons.
    pub errors: Vec<String>,
    /// POST of the offer -> connected.
    pub connect_ms: Spread,
    /// POST of the offer -> first agent audio.
    pub join_ms: Spread,
    /// Utterances said to the end.
    pub utterances: usize,
    /// Of these, answered with speech.
    pub answered: usize,
    /// Of these, talked over by the agent before they were out.
    pub cut_off: usize,
    /// Of these, transcribed exactly as said (case and punctuation aside).
    pub transcribed_exactly: usize,
    /// What was heard in place of what was said, with how often, the most frequent first.
    pub misheard: Vec<Misheard>,
    /// Last voiced sample sent -> first packet of the reply.
    pub voice_to_voice_ms: Spread,
    /// The server's own account of the same turns.
    pub server: ServerShare,
    /// Measured voice-to-voice less the server's total, turn by turn: network, pacing and what the account misses.
    pub unaccounted_ms: Spread,
    /// Turns of which the server's total and the measurement differ by at most 20 ms.
    pub accounted: usize,
    /// The turns of which they differ most, part by part.
    pub least_accounted: Vec<Accounted>,
    /// What the server used, if it runs on this machine and its process is known.
    pub server_cost: Option<ServerCost>,
    /// Agent packets received.
    pub packets: u64,
    /// Agent packets missing from the sequence numbers received.
    pub lost: u64,
}

/// A turn's time, as the caller measured it and as the server accounts for it, in ms.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Accounted {
    /// The conversation.
    pub conversation: String,
    /// Which of its turns, from 0.
    pub turn: usize,
    /// Last voiced sample sent -> first packet of the reply.
    pub reply_ms: f64,
    /// -> first packet marked as the beginning of speech.
    pub marked_ms: Option<f64>,
    /// How late the caller's own clock was with the last voiced sample.
    pub sent_late_ms: f64,
    /// The server's account.
    pub server: Latency,
}

/// An utterance that was transcribed as something else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Misheard {
    /// How often.
    pub count: usize,
    /// What was said.
    pub said: String,
    /// The transcript; none came when it is null.
    pub heard: Option<String>,
}

/// The `latency` events, part by part.
#[derive(Debug, Default, Serialize)]
pub struct ServerShare {
    /// Last voiced sample -> the turn is over.
    pub end_of_turn_ms: Spread,
    /// -> its transcript is there.
    pub stt_ms: Spread,
    /// -> the first words of the reply are there.
    pub llm_ms: Spread,
    /// -> the first sound of the reply is there.
    pub tts_ms: Spread,
    /// The whole.
    pub total_ms: Spread,
}

impl Report {
    /// Sums up what `callers` callers saw, and what it cost the server.
    pub fn of(callers: usize, outcomes: &[Outcome], errors: &[String], server_cost: Option<ServerCost>) -> Self {
        let turns = || outcomes.iter().flat_map(|outcome| &outcome.turns);
        let server = || turns().filter_map(|turn| turn.server.as_ref());
        Self {
            callers,
            joined: outcomes.len(),
            failed: errors.len(),
            errors: errors.iter().take(5).cloned().collect(),
            connect_ms: Spread::of(outcomes.iter().map(|outcome| outcome.connect_ms)),
            join_ms: Spread::of(outcomes.iter().filter_map(|outcome| outcome.first_audio_ms)),
            utterances: turns().count(),
            answered: turns().filter(|turn| turn.reply_ms.is_some()).count(),
            cut_off: turns().filter(|turn| turn.cut_off).count(),
            transcribed_exactly: turns().filter(|turn| turn.is_transcribed_exactly()).count(),
            misheard: misheard(turns()),
            voice_to_voice_ms: Spread::of(turns().filter_map(|turn| turn.reply_ms)),
            server: ServerShare {
                end_of_turn_ms: Spread::of(server().map(|share| share.end_of_turn)),
                stt_ms: Spread::of(server().map(|share| share.stt)),
                llm_ms: Spread::of(server().map(|share| share.llm)),
                tts_ms: Spread::of(server().map(|share| share.tts)),
                total_ms: Spread::of(server().map(|share| share.total)),
            },
            unaccounted_ms: Spread::of(turns().filter_map(Turn::unaccounted_ms)),
            accounted: turns()
                .filter_map(Turn::unaccounted_ms)
                .filter(|unaccounted| unaccounted.abs() <= ACCOUNTED_MS)
                .count(),
            least_accounted: least_accounted(outcomes),
            server_cost,
            packets: outcomes.iter().map(|outcome| outcome.packets).sum(),
            lost: outcomes.iter().map(|outcome| outcome.lost).sum(),
        }
    }
}

fn least_accounted(outcomes: &[Outcome]) -> Vec<Accounted> {
    let mut turns: Vec<Accounted> = outcomes
        .iter()
        .flat_map(|outcome| outcome.turns.iter().enumerate().map(move |turn| (outcome, turn)))
        .filter_map(|(outcome, (number, turn))| {
            Some(Accounted {
                conversation: outcome.conversation.clone(),
                turn: number,
                reply_ms: turn.reply_ms?,
                marked_ms: turn.marked_ms,
                sent_late_ms: turn.sent_late_ms,
                server: turn.server.clone()?,
            })
        })
        .collect();
    let missed = |turn: &Accounted| (turn.reply_ms - turn.server.total).abs();
    turns.sort_by(|a, b| missed(b).total_cmp(&missed(a)));
    turns.truncate(MOST_TOLD);
    turns
}

fn misheard<'a>(turns: impl Iterator<Item = &'a Turn>) -> Vec<Misheard> {
    let mut counts: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    for turn in turns.filter(|turn| !turn.is_transcribed_exactly()) {
        *counts.entry((&turn.said, turn.heard.as_deref())).or_default() += 1;
    }
    let entry = |((said, heard), count): ((&str, Option<&str>), usize)| Misheard {
        count,
        said: said.to_owned(),
        heard: heard.map(str::to_owned),
    };
    let mut misheard: Vec<Misheard> = counts.into_iter().map(entry).collect();
    misheard.sort_by(|a, b| b.cmp(a));
    misheard
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_turns_that_are_accounted_for_worst_are_told_first() {
        let turn = |reply_ms, total| Turn {
            reply_ms: Some(reply_ms),
            server: Some(Latency {
                total,
                ..Latency::default()
            }),
            ..Turn::default()
        };
        let outcome = Outcome {
            turns: vec![
                turn(180.0, 175.0),
                turn(150.0, 175.0),
                turn(196.0, 175.0),
                Turn::default(),
            ],
            ..Outcome::default()
        };
        let report = Report::of(1, &[outcome], &[], None);
        assert_eq!((report.unaccounted_ms.count, report.accounted), (3, 1));
        let order: Vec<usize> = report.least_accounted.iter().map(|turn| turn.turn).collect();
        assert_eq!(order, [1, 2, 0]);
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let spread = Spread::of((1..=100).rev().map(f64::from));
        assert_eq!(
            spread,
            Spread {
                count: 100,
                p50: 50.0,
                p95: 95.0,
                p99: 99.0,
                max: 100.0
            }
        );
        assert_eq!(Spread::of([7.0]).p50, 7.0);
        assert_eq!(Spread::of([]), Spread::default());
    }
}
