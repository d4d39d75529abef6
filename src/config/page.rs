//! What pages are told of where they call: document 004's variables of the frontend.

use serde::Serialize;
use url::Url;

use super::{ConfigError, Environment, flag};

/// Served at `/config.json`.
#[derive(Clone, Debug, Serialize)]
pub struct PageConfig {
    /// `NEXT_PUBLIC_API_URL` \[`http://localhost:8000`\]: where the API answers.
    pub api_url: String,
    /// `NEXT_PUBLIC_WS_URL` \[`ws://localhost:8000/ws`\]: where the WebSocket does.
    pub ws_url: String,
    /// `NEXT_PUBLIC_SAMPLE_RATE` \[16000\]: the rate of recorded sound, in Hz.
    pub sample_rate: u32,
    /// `NEXT_PUBLIC_DEBUG` \[true\]: whether the page tells what it does.
    pub debug: bool,
}

/// Where the API is unless it is said. Our own pages then call where they came from.
const HERE: &str = "http://localhost:8000";

impl PageConfig {
    /// The origin that our own pages call, if it is not where they came from.
    pub fn other_origin(&self) -> Option<String> {
        let url = Url::parse(&self.api_url).ok().filter(|_| self.api_url != HERE)?;
        Some(url.origin().ascii_serialization())
    }

    /// Reads its variables.
    pub fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let url = |name, default, schemes: [&'static str; 2]| {
            let expected = format!("a URL that starts with {} or {}", schemes[0], schemes[1]);
            environment.required(name, default, &expected, move |text| {
                let is_url = schemes
                    .iter()
                    .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
                is_url.then(|| text.to_owned())
            })
        };
        Ok(Self {
            api_url: url("NEXT_PUBLIC_API_URL", HERE, ["http://", "https://"])?,
            ws_url: url("NEXT_PUBLIC_WS_URL", "ws://localhost:8000/ws", ["ws://", "wss://"])?,
            sample_rate: environment.number("NEXT_PUBLIC_SAMPLE_RATE", "16000", "a rate in Hz")?,
            debug: environment.required("NEXT_PUBLIC_DEBUG", "true", "true or false", flag)?,
        })
    }
}
