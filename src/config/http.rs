//! Where the program listens, and what it calls itself.

use super::{ConfigError, Environment};

/// The HTTP side.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// `HOST` \[0.0.0.0\]: the address or name to listen on.
    pub host: String,
    /// `PORT` \[8000\]: the TCP port; 0 takes any free one.
    pub port: u16,
    /// `TUTOR_PORT` \[8081\]: a second TCP port on which the same is answered, where document 001's clients call; empty is
    /// off, 0 takes any free one.
    pub tutor_port: Option<u16>,
    /// `PUBLIC_URL` \[none: the Host of the request\]: how the outside reaches this program, without a slash at the end.
    pub public_url: Option<String>,
    /// `CORS_ORIGINS` \[`http://localhost:3000`\]: pages of these origins may call the API; `*` is any.
    pub cors_origins: Vec<String>,
}

impl HttpConfig {
    /// Reads its variables.
    pub fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            host: environment.required("HOST", "0.0.0.0", "an address or a host name", |text| {
                (!text.is_empty() && !text.contains(char::is_whitespace)).then(|| text.to_owned())
            })?,
            port: environment.number("PORT", "8000", "a port number from 0 to 65535")?,
            tutor_port: environment.optional("TUTOR_PORT", Some("8081"), "a port number, or empty", |text| {
                text.parse().ok()
            })?,
            public_url: environment.optional(
                "PUBLIC_URL",
                None,
                "a URL that starts with http:// or https://",
                |text| is_web_url(text).then(|| text.trim_end_matches('/').to_owned()),
            )?,
            cors_origins: environment.list(
                "CORS_ORIGINS",
                "http://localhost:3000",
                "origins such as https://example.com, or *",
                |text| (text == "*" || is_web_url(text)).then(|| text.trim_end_matches('/').to_owned()),
            )?,
        })
    }
}

pub(super) fn is_web_url(text: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
}
