//! The report of a small run.

use std::time::Instant;

use super::*;
use colloquy_media::floor::Floor;

use crate::caller::Observation;
use crate::measure::{Arrivals, Heard, Packet, Timeline};
use crate::repair::Repair;
use crate::scrape::ServerHistogram;
use crate::surface::Mix;
use crate::thresholds::Thresholds;
use crate::turn::{Latency, Turn};
use crate::watch::Sample;

fn plan() -> Plan {
    Plan {
        callers: 2,
        ramp: 10.0,
        length: Some(Duration::from_secs(60)),
        answers: Vec::new(),
        behaviour: Behaviour::people(Duration::from_millis(400)),
        mix: Mix::default(),
        conditions: Conditions::default(),
        repair: Repair::default(),
        seed: 7,
    }
}

fn measures() -> Measures {
    let start = Instant::now();
    let mut measures = Measures::new(start);
    let turn = |reply_ms: f64, heard: &str| Turn {
        said: "Deux".to_owned(),
        heard: Some(heard.to_owned()),
        reply_ms: Some(reply_ms),
        answered: true,
        server: Some(Latency {
            total: 175.0,
            ..Latency::default()
        }),
        ..Turn::default()
    };
    for observation in [
        Observation::Joined(50.0),
        Observation::FirstAudio(70.0),
        Observation::Turn(turn(180.0, "deux")),
        Observation::Turn(turn(196.0, "douze <& trois")),
        Observation::BargeIn(210.0),
        Observation::Refused(4.0),
        Observation::Failed("the <call> was closed".to_owned()),
        Observation::Conversation(Duration::from_secs(10)),
    ] {
        measures.observe(Surface::Whip, "conv", observation, start + Duration::from_secs(2));
    }
    measures.observe(Surface::Whip, "conv", Observation::Turn(Turn::default()), start);
    let (mut heard, mut arrivals) = (Heard::default(), Arrivals::default());
    for number in [0u16, 1, 3] {
        let packet = Packet {
            sequence: number,
            timestamp: u32::from(number) * 960,
            marker: number == 0,
            bytes: 90,
        };
        let at = start + Duration::from_millis(u64::from(number) * 20);
        arrivals.handle(&mut heard, &packet, at);
    }
    measures.add_heard(&heard, start);
    measures
}

fn report() -> Report {
    let beside = Beside {
        target: ["http://here".to_owned(), "restaurant".to_owned(), "french".to_owned()],
        took: Duration::from_secs(20),
        threads: vec![0.25],
        ..Beside::default()
    };
    Report::of(&plan(), &measures(), beside)
}

/// A report in which everything was measured.
pub(crate) fn full_report() -> Report {
    let spread = Some(Spread::of([1.0, 2.0]));
    let histogram = Some(ServerHistogram {
        count: 2,
        p50: 1.0,
        p95: 2.0,
        p99: 2.0,
    });
    let floor = Floor {
        decode: Duration::from_micros(20),
        encode: Duration::from_micros(100),
    };
    let sample = |number: u32| Sample {
        at_s: f64::from(number) * 10.0,
        rss_mb: Some(60.0),
        pressure: Some(0.0),
        ..Sample::default()
    };
    let beside = Beside {
        took: Duration::from_secs(200),
        server: Some(ServerCost {
            memory_mb_a_call: Some(0.4),
            ..ServerCost::default()
        }),
        metrics: Some(ServerMetrics {
            frame_lateness_ms: histogram,
            ..ServerMetrics::default()
        }),
        rest: Some(RestReport {
            took_ms: spread,
            ..RestReport::default()
        }),
        samples: Samples((0..20).map(sample).collect()),
        left_behind: Some(LeftBehind::default()),
        log: Some(LogReport {
            complaints: vec![("it <took> long".to_owned(), 3)],
            ..LogReport::default()
        }),
        floor: Some(CodecCost {
            cores: 1,
            floors: [floor; 2],
        }),
        ..Beside::default()
    };
    Report::of(&plan(), &measures(), beside)
}

#[test]
fn what_was_seen_of_the_server_is_told_in_the_table_and_on_the_page() {
    let report = full_report();
    let text = table(&report);
    for told in [
        "of the codec floor",
        "+0.0 MB (+0.0%) of 60 MB",
        "server: left behind",
        "logged 3 times: it <took> long",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let page = page(&report, &Timeline::new(Instant::now()));
    assert!(
        page.contains("memory") && page.contains("it &lt;took&gt; long"),
        "{page}"
    );
    assert_eq!(report.joined_a_minute, Some(0.3));
}

#[test]
fn of_a_server_that_hears_nothing_no_transcript_is_judged() {
    let beside = Beside {
        is_deaf: true,
        ..Beside::default()
    };
    let deaf = Report::of(&plan(), &measures(), beside);
    assert_eq!((deaf.transcribed_exactly, deaf.transcribed_percent), (None, None));
    assert!(deaf.misheard.is_empty());
    let hearing = report();
    assert_eq!(hearing.transcribed_exactly, Some(1));
    assert!(!hearing.misheard.is_empty() && hearing.transcribed_percent.is_some());
}

#[test]
fn a_report_counts_what_was_seen_and_has_no_figure_for_what_was_not() {
    let json = serde_json::to_value(report()).expect("JSON");
    assert_eq!(
        (&json["joined"], &json["refused"], &json["failed"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!((&json["utterances"], &json["answered"]), (&3.into(), &2.into()));
    assert_eq!(json["voice_to_voice_ms"]["p95"], 196.0);
    assert_eq!(
        (&json["accounted"], &json["unaccounted_ms"]["max"]),
        (&1.into(), &21.0.into())
    );
    assert_eq!(json["lost"], 1);
    assert_eq!(json["concealed_ms"], 20);
    assert_eq!(json["lost_percent"], 25.0);
    assert_eq!(json["misheard"][0]["said"], "Deux");
    // Three packets of speech in ten seconds.
    assert!((json["agent_talking_percent"].as_f64().expect("a figure") - 0.6).abs() < 1e-9);
    for unmeasured in ["rebind_gap_ms", "chat_reply_ms", "rest", "metrics", "server_cost"] {
        assert!(json[unmeasured].is_null(), "{unmeasured}");
    }
    assert_eq!(json["own"]["is_bottleneck"], false);
}

#[test]
fn a_run_without_limits_passes_when_nothing_failed_and_all_was_answered() {
    let mut report = report();
    assert!(!report.passes());
    report.failed = 0;
    assert!(!report.passes(), "an utterance was not answered");
    report.turns.answered = report.turns.utterances;
    assert!(report.passes());
}

#[test]
fn a_run_with_limits_passes_by_them() {
    let mut report = report();
    for (most, passes) in [(200, true), (195, false)] {
        let limits =
            Thresholds::parse(&format!("[[limit]]\nfigure = 'voice_to_voice_ms.p95'\nmax = {most}")).expect("limits");
        report.limits = limits.judge(&serde_json::to_value(&report).expect("JSON"), None);
        assert_eq!(report.passes(), passes);
        assert_eq!(table(&report).contains("FAIL"), !passes);
    }
}

#[test]
fn the_load_test_says_when_it_is_the_bottleneck() {
    let mut measures = measures();
    for _ in 0..100 {
        measures.clock_late.record(8.0);
    }
    let report = Report::of(
        &plan(),
        &measures,
        Beside {
            threads: vec![0.5, 0.9],
            ..Beside::default()
        },
    );
    assert!(report.own.is_bottleneck);
    assert_eq!(report.own.why.len(), 2, "{:?}", report.own.why);
    assert!(table(&report).contains("bottleneck") && page(&report, &measures.timeline).contains("bottleneck"));
}

#[test]
fn the_page_stands_alone_and_shows_every_chart() {
    let measures = measures();
    let html = page(&report(), &measures.timeline);
    assert_eq!(html.matches("<svg").count(), 10);
    for title in [
        "Joining",
        "Voice to voice",
        "Barge-in",
        "Lateness",
        "lost",
        "Concealed",
        "Turns",
        "Errors",
    ] {
        assert!(html.contains(title), "{title}");
    }
    for foreign in ["<script", "src=", "href=", "@import", "url("] {
        assert!(!html.contains(foreign), "{foreign}");
    }
    assert!(html.contains("the &lt;call&gt; was closed") && !html.contains("<call>"));
}

#[test]
fn the_line_of_progress_tells_what_matters() {
    let line = progress_line(&measures(), 2, Duration::from_secs(65));
    assert_eq!(
        line,
        "01:05  0 of 2 in calls  2 of 3 answered  reply p95 196 ms  late p99 0.0 ms  1 lost  1 refused  1 failed"
    );
}
