//! The report for the terminal.

use std::fmt::Write as _;

use super::Report;
use crate::measure::Spread;

/// The whole table.
pub fn table(report: &Report) -> String {
    let mut text = String::new();
    for (name, value) in counts(report) {
        let _ = writeln!(text, "{name:<30}{value}");
    }
    let _ = writeln!(
        text,
        "\n{:<44}{:>8}{:>10}{:>10}{:>10}{:>10}",
        "ms", "count", "p50", "p95", "p99", "max"
    );
    for (name, spread) in spreads(report) {
        let Some(spread) = spread else { continue };
        let _ = write!(text, "{name:<44}{:>8}", spread.count);
        for value in [spread.p50, spread.p95, spread.p99, spread.max] {
            match value.is_nan() {
                true => text.push_str("         -"),
                false => _ = write!(text, "{value:>10.1}"),
            }
        }
        text.push('\n');
    }
    for (why, count) in &report.errors {
        let _ = writeln!(text, "\nfailed {count} times: {why}");
    }
    for (complaint, count) in report.log.iter().flat_map(|log| &log.complaints) {
        let _ = writeln!(text, "\nlogged {count} times: {complaint}");
    }
    for why in &report.own.why {
        let _ = writeln!(text, "\nThe load test itself is the bottleneck: {why}.");
    }
    if !report.limits.is_empty() {
        text.push('\n');
    }
    for verdict in &report.limits {
        let passed = if verdict.passed { "pass" } else { "FAIL" };
        let _ = writeln!(
            text,
            "{passed}  {} is {}: {}",
            verdict.figure,
            verdict.shown(),
            verdict.limit
        );
    }
    text
}

/// What is counted, by name.
pub(super) fn counts(report: &Report) -> Vec<(&'static str, String)> {
    let percent = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}%"));
    let turns = &report.turns;
    let mut counts = vec![
        (
            "callers, at once at most",
            format!("{}, {}", report.callers, report.most_at_once),
        ),
        (
            "joined, again, refused",
            format!("{}, {}, {}", report.joined, report.rejoined, report.refused),
        ),
        (
            "conversations, failures",
            format!("{}, {}", report.conversations, report.failed),
        ),
        (
            "utterances, answered",
            format!(
                "{}, {} ({})",
                turns.utterances,
                turns.answered,
                percent(report.answered_percent)
            ),
        ),
        (
            "hesitating, interrupting",
            format!("{}, {}", turns.hesitating, turns.interrupting),
        ),
        ("cut off", turns.cut_off.to_string()),
        (
            "transcribed exactly",
            report.transcribed_exactly.map_or_else(
                || "-".to_owned(),
                |exactly| format!("{exactly} ({})", percent(report.transcribed_percent)),
            ),
        ),
        (
            "agent packets, lost",
            format!("{}, {} ({})", report.packets, report.lost, percent(report.lost_percent)),
        ),
        (
            "concealed",
            format!(
                "{} ms ({} of the speech)",
                report.concealed_ms,
                percent(report.concealed_percent)
            ),
        ),
        ("agent talking", percent(report.agent_talking_percent)),
        ("accounted", format!("{} turns within 20 ms", report.accounted)),
    ];
    if report.network_up.lost + report.network_down.lost > 0 {
        let (up, down) = (report.network_up, report.network_down);
        counts.push((
            "network: lost up, down",
            format!("{} of {}, {} of {}", up.lost, up.sent, down.lost, down.sent),
        ));
    }
    if let Some(cost) = &report.server_cost {
        counts.push((
            "server: CPU, memory",
            format!(
                "{:.1} s ({} of a core a call), {:.0} MB at most, {:.0} MB before ({} MB a call)",
                cost.cpu_s,
                percent(cost.core_percent_a_call),
                cost.rss_peak_mb,
                cost.rss_before_mb,
                cost.memory_mb_a_call
                    .map_or_else(|| "-".to_owned(), |memory| format!("{memory:.2}")),
            ),
        ));
    }
    if let Some(cpu_s) = report.own.cpu_s {
        let threads: Vec<String> = report
            .own
            .threads_busy_percent
            .iter()
            .map(|busy| format!("{busy:.0}%"))
            .collect();
        counts.push((
            "load test: CPU, threads busy",
            format!(
                "{cpu_s:.1} s ({} of a core a call), {}",
                percent(report.own.core_percent_a_call),
                threads.join(" ")
            ),
        ));
    }
    counts.extend(watched(report));
    if let Some(rest) = &report.rest {
        counts.push((
            "requests, failed, skipped",
            format!("{}, {}, {}", rest.made, rest.failed, rest.skipped),
        ));
    }
    counts
}

/// What was seen of the server by time and after, by name.
fn watched(report: &Report) -> Vec<(&'static str, String)> {
    let mut counts = Vec::new();
    if let Some(capacity) = &report.capacity {
        let (callers, at_once) = (capacity.callers, capacity.at_once);
        counts.push((
            "the server's capacity",
            format!("{callers} callers, {at_once} conversations at once"),
        ));
    }
    if let Some(floor) = &report.floor {
        counts.push((
            "of the codec floor",
            format!(
                "{} of {:.0} conversations = {:.1}% (decode {:.1} us, encode {:.1} us, {:.1} us at the least effort)",
                floor.carried,
                floor.conversations,
                floor.carried_percent,
                floor.decode_us,
                floor.encode_us,
                floor.encode_least_us,
            ),
        ));
    }
    if let Some(growth) = &report.memory_growth {
        counts.push((
            "server: growth of memory",
            format!(
                "{:+.1} MB ({:+.1}%) of {:.0} MB in {:.0} s",
                growth.mb, growth.percent, growth.from_mb, growth.over_s
            ),
        ));
    }
    if let Some(left) = &report.left_behind {
        let alive = [left.conversations, left.agents, left.lines].map(|alive| shown(alive, 0));
        let more = [left.descriptors, left.threads].map(|more| shown(more.map(|more| more as f64), 0));
        counts.push((
            "server: left behind",
            format!(
                "{} conversations, {} agents, {} lines, {} descriptors, {} threads, {} MB, after {:.0} s",
                alive[0],
                alive[1],
                alive[2],
                more[0],
                more[1],
                shown(left.memory_mb, 1),
                left.after_s
            ),
        ));
    }
    if let Some(log) = &report.log {
        let (errors, warnings, lines) = (log.errors, log.warnings, log.lines);
        counts.push((
            "server: log",
            format!(
                "{errors} errors, {warnings} warnings, {} refusals in {lines} lines",
                log.refusals
            ),
        ));
    }
    counts
}

fn shown(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}

/// What is spread, by name.
pub(super) fn spreads(report: &Report) -> Vec<(&'static str, Option<Spread>)> {
    let server = &report.server;
    let counted = |histogram: Option<crate::scrape::ServerHistogram>| {
        histogram.map(|histogram| Spread {
            count: usize::try_from(histogram.count).unwrap_or(usize::MAX),
            p50: histogram.p50,
            p95: histogram.p95,
            p99: histogram.p99,
            max: f64::NAN,
        })
    };
    let metrics = report.metrics.as_ref();
    vec![
        ("voice to voice", report.voice_to_voice_ms),
        ("the server's account of it", server.total_ms),
        ("- until the turn was over", server.end_of_turn_ms),
        ("- until its transcript", server.stt_ms),
        ("- until the first phrase of the reply", server.llm_ms),
        ("- until its first packet", server.tts_ms),
        ("unaccounted", report.unaccounted_ms),
        ("barge-in", report.barge_in_ms),
        ("reply over document 001's WebSocket", report.chat_reply_ms),
        ("reply over document 004's WebSocket", report.stream_reply_ms),
        ("joining: offer to connected", report.connect_ms),
        ("joining: offer to the first packet", report.join_ms),
        ("joining by WebSocket", report.socket_connect_ms),
        ("joining again: offer to connected", report.rejoin_ms),
        ("new address to the next packet", report.rebind_gap_ms),
        ("refusals", report.refusal_ms),
        ("lateness of the agent's packets", report.lateness_ms),
        ("requests", report.rest.as_ref().and_then(|rest| rest.took_ms)),
        (
            "server's frames of speech (/metrics)",
            counted(metrics.and_then(|metrics| metrics.frame_lateness_ms)),
        ),
        (
            "server's deadlines (/metrics)",
            counted(metrics.and_then(|metrics| metrics.lateness_ms)),
        ),
        (
            "server's requests (/metrics)",
            counted(metrics.and_then(|metrics| metrics.request_ms)),
        ),
        ("lateness of the load test", report.own.clock_late_ms),
    ]
}
