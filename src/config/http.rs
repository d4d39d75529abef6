//! Where the program listens, and what it calls itself.

use super::{ConfigError, Environment};

/// The HTTP side.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// `HOST` \[0.0.0.0\]: the address or name to listen on.
    pub host: String,
    /// `PORT` \[8000\]: the TCP port; 0 takes any free one.
    pub port: u16,
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
