//! `colloquy` serves; its subcommands see to what is kept.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use colloquy::cli::{self, Arguments, Command};
use colloquy::config::Config;
use colloquy::server::{Server, StartError};
use colloquy::telemetry;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = Config::from_env()
        .map_err(|error| error.to_string())
        .and_then(|config| match arguments.command {
            Some(command) => run(command, &config),
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

fn run(command: Command, config: &Config) -> Result<(), String> {
    let mut out = io::stdout().lock();
    actix_rt::System::new()
        .block_on(cli::run(command, config, &mut out))
        .map_err(|error| error.to_string())
}

fn serve(config: Config) -> Result<(), String> {
    // Held until all is over: what it holds sends the last traces.
    let _traces = telemetry::start(&config.log, &config.traces).map_err(|error| error.to_string())?;
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
