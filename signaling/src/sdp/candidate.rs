//! ICE candidates (RFC 8839 section 5.1, RFC 6544 section 4.5).

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::lines::is_token;
use crate::Transport;

/// One `candidate` attribute, of whatever type, without its related address and extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Groups candidates of the same kind and base.
    pub foundation: String,
    /// 1 for RTP, 2 for RTCP when not multiplexed.
    pub component: u16,
    /// UDP or TCP.
    pub transport: Transport,
    /// Higher is preferred.
    pub priority: u32,
    /// Where, as a literal or a name.
    pub address: CandidateAddress,
    /// The port; 9 for active TCP candidates.
    pub port: u16,
    /// `host`, `srflx`, `prflx` or `relay`.
    pub kind: String,
    /// `active`, `passive` or `so` for TCP.
    pub tcp_type: Option<String>,
}

/// A candidate's connection address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CandidateAddress {
    /// A literal address.
    Ip(IpAddr),
    /// A name, in browsers an mDNS one that hides the address.
    Name(String),
}

/// Why a text is no candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an ICE candidate: {0}")]
pub struct CandidateError(&'static str);

impl Candidate {
    /// Our own host candidate. `preference` orders candidates of one transport, higher first.
    pub fn host(transport: Transport, address: SocketAddr, preference: u16) -> Self {
        // RFC 8445 section 5.1.2.1 with the type preference of host candidates; RFC 6544 section 4.2 wants TCP below UDP.
        let type_preference: u32 = match transport {
            Transport::Udp => 126,
            Transport::Tcp => 90,
        };
        Self {
            foundation: match transport {
                Transport::Udp => format!("{}", 1000 + u32::from(u16::MAX - preference)),
                Transport::Tcp => format!("{}", 2000 + u32::from(u16::MAX - preference)),
            },
            component: 1,
            transport,
            priority: (type_preference << 24) | (u32::from(preference) << 8) | 255,
            address: CandidateAddress::Ip(address.ip()),
            port: address.port(),
            kind: "host".to_owned(),
            tcp_type: match transport {
                Transport::Udp => None,
                Transport::Tcp => Some("passive".to_owned()),
            },
        }
    }

    /// Reads an attribute's value, with or without `candidate:` before it.
    pub fn parse(text: &str) -> Result<Self, CandidateError> {
        let text = text.strip_prefix("candidate:").unwrap_or(text);
        let mut words = text.split_ascii_whitespace();
        let mut next = |what| words.next().ok_or(CandidateError(what));
        let foundation = next("no foundation")?;
        if foundation.len() > 32 || !is_token(&foundation.replace('/', "+")) {
            return Err(CandidateError("bad foundation"));
        }
        let component = number(next("no component")?)?;
        let transport = match next("no transport")? {
            word if word.eq_ignore_ascii_case("udp") => Transport::Udp,
            word if word.eq_ignore_ascii_case("tcp") => Transport::Tcp,
            _ => return Err(CandidateError("unknown transport")),
        };
        let priority = number(next("no priority")?)?;
        let address = next("no address")?;
        let address = match address.parse() {
            Ok(ip) => CandidateAddress::Ip(ip),
            Err(_) if address.len() <= 253 && is_token(address) => CandidateAddress::Name(address.to_owned()),
            Err(_) => return Err(CandidateError("bad address")),
        };
        let port = number(next("no port")?)?;
        if next("no type")? != "typ" {
            return Err(CandidateError("no type"));
        }
        let kind = next("no type")?;
        if !["host", "srflx", "prflx", "relay"].contains(&kind) {
            return Err(CandidateError("unknown type"));
        }
        let mut tcp_type = None;
        while let (Some(name), Some(value)) = (words.next(), words.next()) {
            if name == "tcptype" && is_token(value) {
                tcp_type = Some(value.to_owned());
            }
        }
        Ok(Self {
            foundation: foundation.to_owned(),
            component,
            transport,
            priority,
            address,
            port,
            kind: kind.to_owned(),
            tcp_type,
        })
    }

    /// Whether checks can be sent to it: UDP, one component, a literal unicast address and a real port. Names are not
    /// resolved, and TCP is passive here, so the other side opens it.
    pub fn is_reachable(&self) -> bool {
        let CandidateAddress::Ip(ip) = self.address else {
            return false;
        };
        self.transport == Transport::Udp
            && self.component == 1
            && self.port != 0
            && !ip.is_unspecified()
            && !ip.is_multicast()
    }
}

impl fmt::Display for Candidate {
    /// The attribute with its name, `candidate:...`. Related addresses are left out: nothing here uses them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = match self.transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        };
        write!(
            f,
            "candidate:{} {} {transport} {} ",
            self.foundation, self.component, self.priority
        )?;
        match &self.address {
            CandidateAddress::Ip(ip) => write!(f, "{ip}")?,
            CandidateAddress::Name(name) => f.write_str(name)?,
        }
        write!(f, " {} typ {}", self.port, self.kind)?;
        if matches!(self.kind.as_str(), "srflx" | "prflx" | "relay") {
            // The grammar makes these two mandatory for reflexive and relayed candidates.
            f.write_str(" raddr 0.0.0.0 rport 0")?;
        }
        if let Some(tcp_type) = &self.tcp_type {
            write!(f, " tcptype {tcp_type}")?;
        }
        Ok(())
    }
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T, CandidateError> {
    word.parse().map_err(|_| CandidateError("not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_browsers_candidates_are_read() {
        let host = Candidate::parse(
            "candidate:1467250027 1 udp 2122260223 192.168.0.196 46243 typ host generation 0 ufrag EEtu network-id 1",
        )
        .unwrap();
        assert!(host.is_reachable());
        assert_eq!(
            host.to_string(),
            "candidate:1467250027 1 udp 2122260223 192.168.0.196 46243 typ host"
        );

        let mdns = Candidate::parse("candidate:1 1 UDP 2122 b5a5f2e4-3f2b.local 5000 typ host").unwrap();
        assert_eq!(mdns.address, CandidateAddress::Name("b5a5f2e4-3f2b.local".to_owned()));
        assert!(!mdns.is_reachable());

        let active = Candidate::parse("1 1 tcp 1518280447 10.0.0.1 9 typ host tcptype active generation 0").unwrap();
        assert_eq!(active.tcp_type.as_deref(), Some("active"));
        assert!(!active.is_reachable());

        let reflexive =
            Candidate::parse("candidate:2 1 udp 1686052607 203.0.113.9 6000 typ srflx raddr 10.0.0.1 rport 5000")
                .unwrap();
        assert!(reflexive.is_reachable());
    }

    #[test]
    fn udp_is_preferred_to_tcp_and_earlier_addresses_to_later_ones() {
        let address = "10.0.0.1:7882".parse().unwrap();
        let first = Candidate::host(Transport::Udp, address, 65535);
        let second = Candidate::host(Transport::Udp, address, 65534);
        let tcp = Candidate::host(Transport::Tcp, address, 65535);
        assert!(first.priority > second.priority && second.priority > tcp.priority);
        assert_ne!(first.foundation, second.foundation);
        assert_eq!(Candidate::parse(&tcp.to_string()).unwrap(), tcp);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics_and_what_is_read_reads_again(
            text in "(candidate:)?[a-z0-9]{1,5} [0-9]{1,3} (udp|tcp|x) [0-9]{1,11} [0-9a-z.:]{0,20} [0-9]{1,6} typ (host|srflx|z)( tcptype [a-z]{0,3})?",
            noise in ".{0,80}",
        ) {
            let _ = Candidate::parse(&noise);
            if let Ok(candidate) = Candidate::parse(&text) {
                prop_assert_eq!(Candidate::parse(&candidate.to_string()).unwrap(), candidate);
            }
        }
    }
}
