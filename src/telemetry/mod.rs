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
    let lines = fmt::layer().with_writer(io::stderr).with_target(false);
    let lines = match log.format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let traces = Traces::start(traces)?;
    // Tests start several servers in one process.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(EnvFilter::new(filter(log.level))))
        .with(traces.as_ref().map(Traces::layer))
        .try_init();
    Ok(traces)
}

/// What is told at a level.
///
/// Libraries say much about every packet and statement; below warnings, they are heard at TRACE only. The WebRTC core warns of every
/// extension of a healthy browser's handshake, and of whatever a stranger sends; Symphonia of whatever is uploaded. SCTP calls it an
/// error when a peer takes its leave (ABORT, as aiortc does in every call): what else becomes of a peer, the call tells itself.
fn filter(level: &str) -> String {
    let peers = match level {
        "info" => "rtc=error,rtc_sctp=off",
        "debug" => "rtc=error",
        level => return level.to_owned(),
    };
    format!("warn,{peers},symphonia=error,colloquy={level},colloquy_agents={level},colloquy_signaling={level}")
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn told(level: &str) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(EnvFilter::new(filter(level))));
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!(target: "rtc_sctp::association", "handle_inbound got err: abort chunk");
            tracing::error!(target: "rtc_ice::agent", "no candidate pair");
            tracing::info!(target: "colloquy::live", "a call began");
            tracing::info!(target: "sqlx::query", "select 1");
        });
        let lines = lines.0.lock().unwrap().clone();
        String::from_utf8(lines).unwrap()
    }

    #[test]
    fn a_peer_that_takes_its_leave_is_no_error() {
        let info = told("info");
        assert!(!info.contains("abort chunk") && !info.contains("select"), "{info}");
        assert!(
            info.contains("no candidate pair") && info.contains("a call began"),
            "{info}"
        );
        assert!(told("debug").contains("abort chunk"));
        assert!(!told("warn").contains("a call began"));
    }
}
