//! The report as a page that needs nothing else: figures, verdicts, and what happened by time.

mod samples;

use std::fmt::Write as _;

use super::Report;
use super::chart::{Series, chart, escaped};
use super::table::{counts, spreads};
use crate::measure::{Histogram, Moment, Spread, Timeline};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:1240px;margin:2rem auto;padding:0 1rem;color:#1c2430;\
background:#fff}table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .9rem .2rem 0;text-align:left;\
border-bottom:1px solid #dde2ea}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.pass{color:#0a7a3d}\
.fail{color:#b3261e;font-weight:600}main{display:grid;grid-template-columns:repeat(auto-fit,minmax(480px,1fr));gap:1rem}\
figure{margin:0}figcaption{font-weight:600}figcaption span{font-weight:400;margin-left:.6rem}svg{width:100%;height:auto}\
svg text{font-size:11px;fill:#5b6675}.grid{stroke:#dde2ea;fill:none}path.s0{stroke:#1f6feb;fill:none;stroke-width:1.6}\
path.s1{stroke:#d1710a;fill:none;stroke-width:1.6}span.s0{color:#1f6feb}span.s1{color:#d1710a}small{color:#5b6675}";

/// The whole page.
pub fn page(report: &Report, timeline: &Timeline) -> String {
    let mut html = String::new();
    let run = &report.run;
    let title = format!("{} callers of {}", report.callers, run.url);
    let _ = write!(
        html,
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{0}</title><style>{STYLE}</style>\n<h1>{0}</h1>\n<p>{1} in {2}, {3} callers a second, seed {4}, {5:.0} s.</p>\n",
        escaped(&title),
        escaped(&run.scenario),
        escaped(&run.language),
        run.ramp,
        run.seed,
        run.took_s,
    );
    for why in &report.own.why {
        let _ = writeln!(
            html,
            "<p class=\"fail\">The load test itself is the bottleneck: {}.</p>",
            escaped(why)
        );
    }
    verdicts(&mut html, report);
    html.push_str("<main>\n");
    html.push_str(&charts(timeline));
    html.push_str(&samples::charts(&report.samples));
    html.push_str("</main>\n<table>\n");
    for (name, value) in counts(report) {
        let _ = writeln!(html, "<tr><td>{}<td>{}", escaped(name), escaped(&value));
    }
    html.push_str("</table>\n<table><tr><th>ms<th class=\"n\">count<th class=\"n\">p50<th class=\"n\">p95<th class=\"n\">p99<th class=\"n\">max\n");
    for (name, spread) in spreads(report) {
        let Some(Spread {
            count,
            p50,
            p95,
            p99,
            max,
        }) = spread
        else {
            continue;
        };
        let _ = write!(html, "<tr><td>{}<td class=\"n\">{count}", escaped(name));
        for value in [p50, p95, p99, max] {
            match value.is_nan() {
                true => html.push_str("<td>"),
                false => _ = write!(html, "<td class=\"n\">{value:.1}"),
            }
        }
        html.push('\n');
    }
    html.push_str("</table>\n");
    for (why, count) in &report.errors {
        let _ = writeln!(html, "<p class=\"fail\">Failed {count} times: {}</p>", escaped(why));
    }
    for (complaint, count) in report.log.iter().flat_map(|log| &log.complaints) {
        let _ = writeln!(
            html,
            "<p class=\"fail\">Logged {count} times: {}</p>",
            escaped(complaint)
        );
    }
    html.push_str("</html>\n");
    html
}

fn verdicts(html: &mut String, report: &Report) {
    if report.limits.is_empty() {
        return;
    }
    html.push_str("<table><tr><th>limit<th>of<th class=\"n\">is<th>\n");
    for verdict in &report.limits {
        let (class, told) = if verdict.passed {
            ("pass", "pass")
        } else {
            ("fail", "FAIL")
        };
        let _ = writeln!(
            html,
            "<tr><td>{}<td>{}<td class=\"n\">{}<td class=\"{class}\">{told}<td>{}",
            escaped(&verdict.limit),
            escaped(&verdict.figure),
            escaped(&verdict.shown()),
            escaped(verdict.why.as_deref().unwrap_or_default()),
        );
    }
    html.push_str("</table>\n");
}

fn charts(timeline: &Timeline) -> String {
    let moments = timeline.moments();
    let piece_s = timeline.piece().as_secs_f64();
    let values = |of: &dyn Fn(&Moment) -> Option<f64>| -> Vec<Option<f64>> { moments.iter().map(of).collect() };
    let spread = |title: &str, unit: &str, of: &dyn Fn(&Moment) -> Option<Spread>, high: &'static str| {
        let of_high = |spread: Spread| if high == "p99" { spread.p99 } else { spread.p95 };
        let series = [
            Series {
                name: "p50",
                values: values(&|moment| of(moment).map(|spread| spread.p50)),
            },
            Series {
                name: high,
                values: values(&|moment| of(moment).map(of_high)),
            },
        ];
        chart(title, unit, &series, piece_s)
    };
    let count = |title: &str, unit: &str, of: &dyn Fn(&Moment) -> f64| {
        let series = [Series {
            name: "",
            values: values(&|moment| Some(of(moment))),
        }];
        chart(title, unit, &series, piece_s)
    };
    let mut live = 0;
    let in_calls = moments.iter().map(|moment| {
        live += moment.live;
        Some(live as f64)
    });
    let in_calls = [Series {
        name: "",
        values: in_calls.collect(),
    }];
    let answered = [
        Series {
            name: "said",
            values: values(&|moment| Some(moment.utterances as f64)),
        },
        Series {
            name: "answered",
            values: values(&|moment| Some(moment.answered as f64)),
        },
    ];
    [
        chart("Callers in calls", "", &in_calls, piece_s),
        spread(
            "Joining: offer to first sound",
            "ms",
            &|moment| Spread::of_any(&moment.joins),
            "p95",
        ),
        spread("Voice to voice", "ms", &|moment| Spread::of_any(&moment.replies), "p95"),
        spread("Barge-in", "ms", &|moment| Spread::of_any(&moment.barge_ins), "p95"),
        spread(
            "Lateness of the agent's packets",
            "ms",
            &|moment| Histogram::spread(&moment.lateness),
            "p99",
        ),
        count("Agent packets lost", "%", &|moment| {
            100.0 * moment.lost as f64 / (moment.packets + moment.lost).max(1) as f64
        }),
        count("Concealed audio", "ms", &|moment| moment.concealed_ms as f64),
        chart("Turns", "", &answered, piece_s),
        count("Errors", "", &|moment| moment.errors as f64),
        count("Refused", "", &|moment| moment.refused as f64),
    ]
    .concat()
}
