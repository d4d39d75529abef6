//! How a run stands, in one line.

use std::time::Duration;

use crate::measure::{Measures, Spread};

/// The line of a run of so many callers, so long after its start.
pub fn line(measures: &Measures, callers: usize, since: Duration) -> String {
    let seconds = since.as_secs();
    let turns = measures.turns;
    let latest = measures
        .timeline
        .moments()
        .iter()
        .rev()
        .find(|moment| !moment.replies.is_empty());
    let replies = latest.and_then(|moment| Spread::of_any(&moment.replies));
    let mut line = format!(
        "{:02}:{:02}  {} of {callers} in calls  {} of {} answered",
        seconds / 60,
        seconds % 60,
        measures.live(),
        turns.answered,
        turns.utterances,
    );
    if let Some(replies) = replies {
        line += &format!("  reply p95 {:.0} ms", replies.p95);
    }
    if let Some(late) = measures.heard.lateness.spread() {
        line += &format!("  late p99 {:.1} ms", late.p99);
    }
    for (count, what) in [
        (measures.heard.lost(), "lost"),
        (measures.refusals.len() as u64, "refused"),
        (measures.failed as u64, "failed"),
    ] {
        if count > 0 {
            line += &format!("  {count} {what}");
        }
    }
    line
}
