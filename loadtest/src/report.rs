//! Percentiles and the JSON report.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::conversation::{Outcome, Turn};

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
    /// Agent packets received.
    pub packets: u64,
    /// Agent packets missing from the sequence numbers received.
    pub lost: u64,
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
    /// Sums up what `callers` callers saw.
    pub fn of(callers: usize, outcomes: &[Outcome], errors: &[String]) -> Self {
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
            unaccounted_ms: Spread::of(turns().filter_map(|turn| Some(turn.reply_ms? - turn.server.as_ref()?.total))),
            packets: outcomes.iter().map(|outcome| outcome.packets).sum(),
            lost: outcomes.iter().map(|outcome| outcome.lost).sum(),
        }
    }
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
