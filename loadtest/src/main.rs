//! `colloquy-loadtest`: points callers at a server and tells what they saw.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use colloquy_loadtest::answers;
use colloquy_loadtest::api;
use colloquy_loadtest::options::{Callers, Options};
use colloquy_loadtest::plan::Plan;
use colloquy_loadtest::report::table;
use colloquy_loadtest::run::{Instruments, Run};
use colloquy_loadtest::thresholds::Thresholds;
use colloquy_loadtest::transport::{Access, Credential};
use serde_json::Value;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(error) => {
            eprintln!("colloquy-loadtest: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs all callers; true when the run passes.
async fn run(options: Options) -> Result<bool, Box<dyn std::error::Error>> {
    // Whatever can't be read is known before anybody calls.
    let thresholds = match &options.thresholds {
        Some(path) => Some(Thresholds::parse(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))?),
        None => None,
    };
    let baseline: Option<Value> = match &options.baseline {
        Some(path) => Some(serde_json::from_str(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))?),
        None => None,
    };
    if thresholds.as_ref().is_some_and(Thresholds::needs_baseline) && baseline.is_none() {
        return Err("a limit of how much a figure may grow needs --baseline REPORT".into());
    }
    let mut clips = match &options.voices {
        Some(folder) => answers::recorded(folder)?,
        None => answers::spoken(&options.scenario, &options.language, options.answers.as_deref())?,
    };
    clips.truncate(options.turns.unwrap_or(usize::MAX));
    let base = options.url.trim_end_matches('/').to_owned();
    let metrics = options.metrics.clone().map(|url| match url.is_empty() {
        true => format!("{base}/metrics"),
        false => url,
    });
    if options.scripted {
        clips = clips.iter().map(|clip| Arc::new(clip.in_one_breath())).collect();
    }
    if matches!(options.callers, Callers::Share(_)) && metrics.is_none() {
        return Err("a part of the callers that the server carries can't be found without --metrics".into());
    }
    let mut run = Run {
        plan: Plan {
            callers: match options.callers {
                Callers::Number(callers) => callers,
                Callers::Share(_) => 0,
            },
            ramp: options.ramp,
            length: options.length(),
            answers: clips,
            behaviour: options.behaviour(),
            mix: options.mix.clone(),
            conditions: options.network,
            repair: options.repair,
            seed: options.seed,
        },
        access: Access {
            http: match &options.ca {
                Some(path) => api::http_client_trusting(read(path)?.as_bytes())?,
                None => api::http_client()?,
            },
            base,
            topic: options.scenario.clone(),
            language: options.language.clone(),
            credential: options.token.clone().map_or(Credential::Guests, Credential::Token),
        },
        threads: usize::from(options.threads),
        instruments: Instruments {
            rest: options.rest,
            server_pid: options.server_pid,
            metrics,
            sample_every: Some(options.sample_every),
            log: options.server_log.clone(),
            left_behind: options.left_behind,
            floor: options.floor,
        },
        is_scripted: options.scripted,
        until_refused: false,
    };
    let capacity = match options.callers {
        Callers::Share(share) => {
            let capacity = run.capacity().await?;
            run.plan.callers = ((capacity.callers as f64 * share) as usize).max(1);
            Some(capacity)
        }
        Callers::Number(_) => None,
    };
    let mut done = run.run().await?;
    done.report.capacity = capacity;
    if let Some(thresholds) = thresholds {
        done.report.limits = thresholds.judge(&serde_json::to_value(&done.report)?, baseline.as_ref());
    }
    if let Some(path) = &options.json {
        let json = serde_json::to_string_pretty(&done.report)? + "\n";
        match path.as_os_str() == "-" {
            true => print!("{json}"),
            false => fs::write(path, json)?,
        }
    }
    if let Some(path) = &options.html {
        fs::write(path, done.page())?;
    }
    // Whoever reads the report from standard output reads it alone.
    match options.json.as_ref().is_some_and(|path| path.as_os_str() == "-") {
        true => eprint!("{}", table(&done.report)),
        false => print!("{}", table(&done.report)),
    }
    Ok(done.report.passes())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
