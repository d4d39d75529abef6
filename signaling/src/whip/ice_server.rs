//! STUN and TURN servers that clients are told of (RFC 9725 section 4.6).

use serde::Serialize;

/// One STUN or TURN server, in the form of a browser's `RTCIceServer` when serialised.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct IceServer {
    /// `stun:host:port` (RFC 7064) or `turn:host:port?transport=udp` (RFC 7065).
    pub urls: String,
    /// For TURN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// For TURN. A secret, though one that clients get.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// Why a setting names no server. The entry itself isn't repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IceServerError {
    /// Not one of `stun`, `stuns`, `turn`, `turns`.
    #[error("an ICE server starts with stun:, stuns:, turn: or turns:")]
    Scheme,
    /// No host, a port that is no number, or characters that a URL can't hold.
    #[error("an ICE server needs a host and may have a port")]
    Address,
    /// `user:password@` is missing for TURN, or present for STUN.
    #[error("a TURN server needs user:password@ before its host, a STUN server has none")]
    Credentials,
}

impl IceServer {
    /// Reads one entry of `ICE_SERVERS`: `stun:host[:port]` or `turn:user:password@host[:port][?transport=udp|tcp]`. The user
    /// ends at the first colon and the password at the last `@`.
    pub fn parse(entry: &str) -> Result<Self, IceServerError> {
        let (scheme, rest) = entry.trim().split_once(':').ok_or(IceServerError::Scheme)?;
        let is_turn = match scheme {
            "stun" | "stuns" => false,
            "turn" | "turns" => true,
            _ => return Err(IceServerError::Scheme),
        };
        let (credentials, address) = match rest.rsplit_once('@') {
            Some((credentials, address)) => (Some(credentials), address),
            None => (None, rest),
        };
        let credentials = match (is_turn, credentials) {
            (false, None) => None,
            (true, Some(credentials)) => {
                let (username, credential) = credentials.split_once(':').ok_or(IceServerError::Credentials)?;
                let plain = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
                if !plain(username) || !plain(credential) {
                    return Err(IceServerError::Credentials);
                }
                Some((username.to_owned(), credential.to_owned()))
            }
            _ => return Err(IceServerError::Credentials),
        };
        if !is_address(address, is_turn) {
            return Err(IceServerError::Address);
        }
        let (username, credential) = credentials.unzip();
        Ok(Self {
            urls: format!("{scheme}:{address}"),
            username,
            credential,
        })
    }

    /// The value of a `Link` header.
    pub fn link(&self) -> String {
        let mut link = format!("<{}>; rel=\"ice-server\"", self.urls);
        if let (Some(username), Some(credential)) = (&self.username, &self.credential) {
            link.push_str(&format!(
                "; username=\"{}\"; credential=\"{}\"; credential-type=\"password\"",
                quoted(username),
                quoted(credential)
            ));
        }
        link
    }
}

impl std::fmt::Debug for IceServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceServer")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

/// `host[:port]`, with `?transport=` for TURN. Hosts are names, IPv4 or bracketed IPv6.
fn is_address(address: &str, is_turn: bool) -> bool {
    let (address, query) = match address.split_once('?') {
        Some((address, query)) => (address, Some(query)),
        None => (address, None),
    };
    let query_fits = match query {
        None => true,
        Some(query) => is_turn && matches!(query, "transport=udp" | "transport=tcp"),
    };
    let (host_fits, port) = match address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((ip, rest)) => (ip.parse::<std::net::Ipv6Addr>().is_ok(), rest),
        None => {
            let (host, port) = address.split_at(address.find(':').unwrap_or(address.len()));
            let fits = !host.is_empty()
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
            (fits, port)
        }
    };
    let port_fits = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port != 0));
    query_fits && host_fits && port_fits
}

/// The inside of a quoted-string (RFC 9110 section 5.6.4).
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn servers_become_links() {
        let link = |entry| IceServer::parse(entry).unwrap().link();
        assert_eq!(
            link("stun:stun.example.net:3478"),
            "<stun:stun.example.net:3478>; rel=\"ice-server\""
        );
        assert_eq!(
            link("turn:user:pa:ss@w\"ord@[2001:db8::1]:443?transport=tcp"),
            "<turn:[2001:db8::1]:443?transport=tcp>; rel=\"ice-server\"; username=\"user\"; \
             credential=\"pa:ss@w\\\"ord\"; credential-type=\"password\""
        );
    }

    #[test]
    fn servers_serialise_as_browsers_take_them() {
        let turn = IceServer::parse(" turns:u:p@turn.example.net ").unwrap();
        assert_eq!(
            serde_json::to_string(&turn).unwrap(),
            r#"{"urls":"turns:turn.example.net","username":"u","credential":"p"}"#
        );
        assert!(!format!("{turn:?}").contains("\"p\""));
    }

    #[test]
    fn entries_that_name_no_server_are_refused() {
        let error = |entry| IceServer::parse(entry).unwrap_err();
        for entry in ["", "stun.example.net", "http:host", "stun"] {
            assert_eq!(error(entry), IceServerError::Scheme);
        }
        for entry in [
            "turn:host",
            "turn:user@host",
            "turn::p@host",
            "stun:u:p@host",
            "turn:u:\n@host",
        ] {
            assert_eq!(error(entry), IceServerError::Credentials);
        }
        for entry in [
            "stun:",
            "stun:host:0",
            "stun:ho st",
            "stun:host:x",
            "stun:host?transport=udp",
            "stun:[::1",
            "stun:h>",
        ] {
            assert_eq!(error(entry), IceServerError::Address);
        }
    }

    proptest! {
        #[test]
        fn a_link_never_holds_a_line_break(entry in "(stun|turn):.{0,40}") {
            if let Ok(server) = IceServer::parse(&entry) {
                prop_assert!(!server.link().contains(['\r', '\n']));
            }
        }
    }
}
