//! The dashboard for Grafana shows metrics that there are.

use std::collections::BTreeSet;

use colloquy_loadtest::call::Call;
use reqwest::Method;
use serde_json::Value;

use crate::caller::message;
use crate::test_server::{Answer, TestServer};

/// These are there once an engine has failed, or a provider has told what it counts.
const LATER: [&str; 3] = [
    "colloquy_engine_failures",
    "colloquy_engine_fallbacks",
    "colloquy_engine_usage",
];

/// Every string of a JSON text.
fn strings<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => into.push(text),
        Value::Array(values) => values.iter().for_each(|value| strings(value, into)),
        Value::Object(fields) => fields.values().for_each(|value| strings(value, into)),
        _ => {}
    }
}

/// Names of ours in a query, without what Prometheus adds to them.
fn metrics_of(query: &str) -> impl Iterator<Item = &str> {
    query
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("colloquy_"))
        .map(|name| {
            ["_bucket", "_count", "_sum", "_total"]
                .into_iter()
                .find_map(|suffix| name.strip_suffix(suffix))
                .unwrap_or(name)
        })
}

#[actix_rt::test]
async fn every_metric_of_the_dashboard_for_grafana_is_exported() {
    let dashboard = include_str!("../docs/grafana.json");
    let dashboard: Value = serde_json::from_str(dashboard).unwrap();
    let mut texts = Vec::new();
    strings(&dashboard, &mut texts);
    let shown: BTreeSet<&str> = texts.into_iter().flat_map(metrics_of).collect();
    assert!(shown.len() > 30, "{shown:?}");
    for needed in [
        "heard_score",
        "said_score",
        "round_trip_seconds",
        "packets_lost",
        "concealed_seconds",
    ] {
        assert!(shown.contains(format!("colloquy_live_{needed}").as_str()), "{needed}");
    }

    let server = TestServer::scripted().start().await;
    // Metrics with labels are there once something was counted.
    let api = server.caller().await;
    let conversation = api.create_conversation("restaurant", "french").await.unwrap();
    let mut call = Call::join(&api, &conversation).await.unwrap();
    message(&mut call, "ai_response").await;
    let metrics = Answer::to(server.request(Method::GET, "/metrics")).await.text;
    let is_exported = |name: &&str| metrics.lines().any(|line| line.starts_with(&format!("# TYPE {name} ")));
    let missing: Vec<_> = shown
        .iter()
        .filter(|name| !is_exported(name) && !LATER.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    call.leave().await.unwrap();
    server.stop().await;
}
