//! Where the program listens, and what it calls itself.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;

use super::{ConfigError, Environment, LimitsConfig};

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
    /// `TRUSTED_PROXIES` \[none\]: what requests from these networks say of whom they are for (`X-Forwarded-For`) and how
    /// they came (`X-Forwarded-Proto`) is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// `REQUIRE_HTTPS` \[off\]: whether plain HTTP is refused, except from this machine.
    pub require_https: bool,
    /// `TLS_CERT` and `TLS_KEY` \[none\]: with both, `PORT` speaks HTTPS.
    pub tls: Option<TlsFiles>,
    /// `TRUST_USER_ID` \[off\]: whether document 003's `userId` is believed without a credential. For development only.
    pub trust_user_id: bool,
    /// How often things may be done.
    pub limits: LimitsConfig,
}

/// PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and those that lead to its root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl HttpConfig {
    /// Where somebody on this machine finds the page of a program that listens on `address`; browsers give the microphone to `localhost`, and to
    /// other plain addresses not.
    pub fn page(&self, address: SocketAddr) -> String {
        let is_here = address.ip().is_unspecified() || address.ip().is_loopback();
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        match &self.public_url {
            Some(url) => url.clone(),
            None if is_here => format!("{scheme}://localhost:{}", address.port()),
            None => format!("{scheme}://{address}"),
        }
    }

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
            trusted_proxies: networks(environment, "TRUSTED_PROXIES")?,
            require_https: environment.switch("REQUIRE_HTTPS", false)?,
            tls: tls(environment)?,
            trust_user_id: environment.switch("TRUST_USER_ID", false)?,
            limits: LimitsConfig::from_env(environment)?,
        })
    }
}

/// A list of networks, or of single addresses.
pub(super) fn networks(environment: &Environment<'_>, name: &'static str) -> Result<Vec<IpNet>, ConfigError> {
    environment.list(name, "", "networks or addresses such as 10.0.0.0/8", |text| {
        text.parse()
            .ok()
            .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
    })
}

fn tls(environment: &Environment<'_>) -> Result<Option<TlsFiles>, ConfigError> {
    let file = |name| environment.optional(name, None, "a PEM file", |text| Some(PathBuf::from(text)));
    let lacks = |variable, other| ConfigError {
        variable,
        shown: String::new(),
        expected: format!("set, since {other} is"),
    };
    match (file("TLS_CERT")?, file("TLS_KEY")?) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
        (Some(_), None) => Err(lacks("TLS_KEY", "TLS_CERT")),
        (None, Some(_)) => Err(lacks("TLS_CERT", "TLS_KEY")),
    }
}

pub(super) fn is_web_url(text: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
}
