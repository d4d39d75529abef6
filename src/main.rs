//! `colloquy` serves; `colloquy config` shows what is in force.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use colloquy::config::Config;
use colloquy::server::{Server, StartError};
use colloquy::telemetry;
use tokio::signal::unix::{SignalKind, signal};

/// Spoken conversations with AI tutors. Serves unless told otherwise; set up by environment variables.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print every variable with the value in force, secrets masked.
    Config,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = Config::from_env()
        .map_err(|error| error.to_string())
        .and_then(|config| match arguments.command {
            Some(Command::Config) => print(&config).map_err(|error| error.to_string()),
            None => serve(config),
        });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Some errors draw pictures or are many; whoever started it gets one line.
            let lines: Vec<&str> = error.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            eprintln!("colloquy: {}", lines.join("; "));
            ExitCode::FAILURE
        }
    }
}

fn print(config: &Config) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for setting in config.settings() {
        let origin = if setting.is_set { "" } else { "  # default" };
        writeln!(out, "{}={}{origin}", setting.name, setting.shown)?;
    }
    Ok(())
}

fn serve(config: Config) -> Result<(), String> {
    telemetry::start(&config.log);
    actix_rt::System::new().block_on(async {
        let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
        let running = Server::start(config)
            .await
            .map_err(|error: StartError| error.to_string())?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        running.stop().await;
        Ok(())
    })
}
