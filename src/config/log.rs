//! What the program says about itself.

use super::{ConfigError, Environment};

/// Logging.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// `LOG_LEVEL` \[info\]: error, warning, info, debug, trace or off, in any case.
    pub level: &'static str,
    /// `LOG_FORMAT` \[text\]: text or json.
    pub format: LogFormat,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogConfig {
    /// Reads its variables.
    pub fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            level: environment.required(
                "LOG_LEVEL",
                "info",
                "error, warning, info, debug, trace or off",
                |text| match text.to_ascii_lowercase().as_str() {
                    "error" | "critical" => Some("error"),
                    "warn" | "warning" => Some("warn"),
                    "info" => Some("info"),
                    "debug" => Some("debug"),
                    "trace" => Some("trace"),
                    "off" => Some("off"),
                    _ => None,
                },
            )?,
            format: environment.required("LOG_FORMAT", "text", "text or json", |text| {
                match text.to_ascii_lowercase().as_str() {
                    "text" => Some(LogFormat::Text),
                    "json" => Some(LogFormat::Json),
                    _ => None,
                }
            })?,
        })
    }
}
