//! Where traces go, by the variables that OpenTelemetry gives their names.

use super::{ConfigError, Environment, Secret};

/// Traces.
#[derive(Clone, Debug)]
pub struct TracesConfig {
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` \[none\]: the collector, such as `http://localhost:4318`; empty: no traces are made.
    pub endpoint: Option<String>,
    /// `OTEL_EXPORTER_OTLP_HEADERS` \[none\]: `name=value` pairs that the collector wants.
    pub headers: Vec<(String, Secret)>,
    /// `OTEL_SERVICE_NAME` \[colloquy\]: what this program is called in traces.
    pub service_name: String,
}

impl TracesConfig {
    /// Reads its variables.
    pub fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            endpoint: environment.optional(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                None,
                "a URL such as http://localhost:4318, or empty",
                |text| {
                    let url = url::Url::parse(text).ok()?;
                    let is_http = matches!(url.scheme(), "http" | "https") && url.host().is_some();
                    is_http.then(|| text.trim_end_matches('/').to_owned())
                },
            )?,
            headers: environment.secret_list("OTEL_EXPORTER_OTLP_HEADERS", "pairs such as name=value", |text| {
                let (name, value) = text.split_once('=')?;
                (!name.is_empty()).then(|| (name.to_owned(), Secret::new(value)))
            })?,
            service_name: environment.required("OTEL_SERVICE_NAME", "colloquy", "a name", |text| {
                (!text.is_empty()).then(|| text.to_owned())
            })?,
        })
    }
}
