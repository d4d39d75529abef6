//! Log lines on standard error.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::{LogConfig, LogFormat};

/// Starts logging, for the whole process; a second time has no effect.
pub fn start(config: &LogConfig) {
    // Libraries say much about every packet and statement; below warnings, they are heard at TRACE only. The WebRTC core warns
    // of every extension of a healthy browser's handshake, and of whatever a stranger sends; Symphonia of whatever is uploaded.
    let filter = match config.level {
        "info" | "debug" => format!(
            "warn,rtc=error,symphonia=error,colloquy={0},colloquy_agents={0},colloquy_signaling={0}",
            config.level
        ),
        level => level.to_owned(),
    };
    let lines = fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(io::stderr)
        .with_target(false);
    // Tests start several servers in one process.
    let _ = match config.format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}
