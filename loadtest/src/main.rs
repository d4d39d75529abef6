//! `colloquy-loadtest`: points callers at a server and prints what they saw as JSON.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use colloquy_loadtest::api::{self, Api};
use colloquy_loadtest::clip::{Clip, Voice};
use colloquy_loadtest::conversation::{self, Plan};
use colloquy_loadtest::report::Report;
use colloquy_loadtest::server_process::ServerProcess;

/// Callers that join over WHIP, answer with speech and measure what comes back.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// The server.
    #[arg(long, default_value = "http://localhost:8000")]
    url: String,
    /// How many callers talk at once.
    #[arg(long, default_value_t = 10)]
    callers: usize,
    /// How many callers start a second.
    #[arg(long, default_value_t = 10.0)]
    ramp: f64,
    /// The topic of the conversations.
    #[arg(long, default_value = "restaurant")]
    scenario: String,
    /// Their language.
    #[arg(long, default_value = "french")]
    language: String,
    /// A text file with one answer a line, said in this order. Without it: the answers that come with this program.
    #[arg(long)]
    answers: Option<PathBuf>,
    /// How many of the answers each caller gives; all of them when left out.
    #[arg(long)]
    turns: Option<usize>,
    /// Milliseconds that a caller thinks before it answers.
    #[arg(long, default_value_t = 400)]
    thinking_ms: u64,
    /// The process id of the server, when it runs on this machine: what it costs is reported, too.
    #[arg(long)]
    server_pid: Option<u32>,
    /// Where to write the report; standard output when left out.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(is_clean) if is_clean => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(2),
        Err(error) => {
            eprintln!("colloquy-loadtest: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs all callers; true when every one joined, was answered each time and left without an error.
async fn run(options: Options) -> Result<bool, Box<dyn std::error::Error>> {
    let plan = Plan {
        answers: clips(&options)?,
        topic: options.scenario,
        language: options.language,
        thinking: Duration::from_millis(options.thinking_ms),
    };
    let server = match options.server_pid {
        Some(pid) => Some(ServerProcess::watch(pid).map_err(|error| format!("--server-pid {pid}: {error}"))?),
        None => None,
    };
    let http = api::http_client()?;
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..options.callers {
        let start = Duration::from_secs_f64(caller as f64 / options.ramp.max(0.1));
        let (http, url, plan) = (http.clone(), options.url.clone(), plan.clone());
        callers.spawn(async move {
            tokio::time::sleep(start).await;
            let api = Api::guest(http, &url).await?;
            conversation::hold(&api, &plan).await
        });
    }
    let mut outcomes = Vec::new();
    let mut errors = Vec::new();
    while let Some(ended) = callers.join_next().await {
        match ended? {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => errors.push(error.to_string()),
        }
        eprint!(
            "\r{} of {} callers done",
            outcomes.len() + errors.len(),
            options.callers
        );
    }
    eprintln!();
    let calls = outcomes.iter().map(|outcome| outcome.lasted).sum();
    let cost = match server {
        Some(server) => Some(server.cost(calls).map_err(|error| format!("the server: {error}"))?),
        None => None,
    };
    let report = Report::of(options.callers, &outcomes, &errors, cost);
    let json = serde_json::to_string_pretty(&report)?;
    match options.json {
        Some(path) => std::fs::write(path, json + "\n")?,
        None => println!("{json}"),
    }
    Ok(report.failed == 0 && report.answered == report.utterances)
}

fn clips(options: &Options) -> Result<Vec<Arc<Clip>>, Box<dyn std::error::Error>> {
    let text = match &options.answers {
        Some(path) => std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?,
        None => built_in_answers(&options.scenario, &options.language)
            .ok_or("no answers come with this program for that scenario and language: give --answers FILE")?
            .to_owned(),
    };
    let voice = Voice::of(&options.language).ok_or("no built-in voice for that language")?;
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .take(options.turns.unwrap_or(usize::MAX))
        .map(|line| Ok(Arc::new(Clip::spoken(line, voice)?)))
        .collect()
}

fn built_in_answers(scenario: &str, language: &str) -> Option<&'static str> {
    match (scenario, language) {
        ("restaurant", "french") => Some(include_str!("../answers/restaurant.french.txt")),
        ("restaurant", "english") => Some(include_str!("../answers/restaurant.english.txt")),
        _ => None,
    }
}
