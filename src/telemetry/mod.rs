//! What the program says about itself: log lines on standard error, and traces where a collector is named.

pub mod traces;

use std::io;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use self::traces::{Traces, TracesError};
use crate::config::{LogConfig, LogFormat, TracesConfig};

/// Starts logging and tracing, for the whole process; a second time has no effect. Traces that were not sent yet are sent when
/// what it gives is dropped.
///
/// # Errors
/// When traces can't be sent as they are to be.
pub fn start(log: &LogConfig, traces: &TracesConfig) -> Result<Option<Traces>, TracesError> {
    // Libraries say much about every packet and statement; below warnings, they are heard at TRACE only. The WebRTC core warns
    // of every extension of a healthy browser's handshake, and of whatever a stranger sends; Symphonia of whatever is uploaded.
    let filter = match log.level {
        "info" | "debug" => format!(
            "warn,rtc=error,symphonia=error,colloquy={0},colloquy_agents={0},colloquy_signaling={0}",
            log.level
        ),
        level => level.to_owned(),
    };
    let lines = fmt::layer().with_writer(io::stderr).with_target(false);
    let lines = match log.format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let traces = Traces::start(traces)?;
    // Tests start several servers in one process.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(EnvFilter::new(filter)))
        .with(traces.as_ref().map(Traces::layer))
        .try_init();
    Ok(traces)
}
