//! Who is at the other end: its address, and whether it came over HTTPS, also when proxies stand between.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use ipnet::IpNet;

use super::error::ApiError;

/// The other end of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// Whether it came over HTTPS.
    pub is_https: bool,
    /// Whether a proxy says that it came over plain HTTP.
    pub is_said_plain: bool,
}

static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

impl Client {
    /// The other end of a request, as its connection and the proxies in `trusted` tell.
    pub fn of(request: &ServiceRequest, trusted: &[IpNet]) -> Self {
        let peer = request
            .peer_addr()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        Self::seen(peer, request.app_config().secure(), request.headers(), trusted)
    }

    fn seen(peer: IpAddr, is_secure: bool, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
        let hops = headers.get_all(&FORWARDED_FOR).filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = hops.flat_map(|value| value.split(',')).map(str::trim).collect();
        let mut address = peer.to_canonical();
        let is_proxied = is_trusted(address);
        // From the nearest on, until one that is no proxy of ours, or makes no sense.
        for hop in hops.iter().rev() {
            if !is_trusted(address) {
                break;
            }
            let Some(further) = address_of(hop) else { break };
            address = further.to_canonical();
        }
        let scheme = headers.get_all(&FORWARDED_PROTO).last();
        let scheme = scheme.and_then(|value| value.to_str().ok()?.rsplit(',').next());
        let says = |name: &str| scheme.is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case(name));
        Self {
            address,
            is_https: if is_proxied && scheme.is_some() {
                says("https")
            } else {
                is_secure
            },
            is_said_plain: says("http"),
        }
    }

    /// What counts as one address: of IPv6, the network that one household has.
    pub fn network(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(_) => self.address,
            IpAddr::V6(address) => {
                let prefix = address.to_bits() & (u128::MAX << 64);
                IpAddr::V6(Ipv6Addr::from_bits(prefix))
            }
        }
    }
}

impl FromRequest for Client {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // Told to every request before anything else is done with it.
        ready(request.extensions().get::<Self>().copied().ok_or(ApiError::Internal))
    }
}

/// An address, perhaps with a port, perhaps in brackets.
fn address_of(hop: &str) -> Option<IpAddr> {
    if let Ok(address) = hop.parse() {
        return Some(address);
    }
    if let Ok(socket) = hop.parse::<std::net::SocketAddr>() {
        return Some(socket.ip());
    }
    hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn seen(peer: &str, forwarded: &[&str], scheme: &str, trusted: &[&str]) -> Client {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR.clone(), HeaderValue::from_str(value).unwrap());
        }
        if !scheme.is_empty() {
            headers.append(FORWARDED_PROTO.clone(), HeaderValue::from_str(scheme).unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        Client::seen(peer.parse().unwrap(), false, &headers, &trusted)
    }

    #[test]
    fn only_what_trusted_proxies_say_is_believed() {
        let proxies = ["10.0.0.0/8"];
        for (peer, forwarded, address) in [
            ("203.0.113.9", vec!["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec!["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.1", vec!["198.51.100.1"], "198.51.100.1"),
            // What the client itself wrote stands to the left of what our proxies saw.
            ("10.0.0.1", vec!["1.1.1.1, 198.51.100.1, 10.0.0.7"], "198.51.100.1"),
            ("10.0.0.1", vec!["1.1.1.1", "198.51.100.1:4711"], "198.51.100.1"),
            ("10.0.0.1", vec!["[2001:db8::1]:80"], "2001:db8::1"),
            ("10.0.0.1", vec!["nonsense"], "10.0.0.1"),
            ("10.0.0.1", vec!["10.0.0.2"], "10.0.0.2"),
        ] {
            let client = seen(peer, &forwarded, "", &proxies);
            assert_eq!(
                client.address,
                address.parse::<IpAddr>().unwrap(),
                "{peer} {forwarded:?}"
            );
        }
    }

    #[test]
    fn https_is_believed_of_trusted_proxies_and_plain_http_of_anyone() {
        let proxies = ["10.0.0.0/8"];
        assert!(seen("10.0.0.1", &[], "https", &proxies).is_https);
        assert!(seen("10.0.0.1", &[], "http, https", &proxies).is_https);
        assert!(!seen("203.0.113.9", &[], "https", &proxies).is_https);
        assert!(seen("203.0.113.9", &[], "http", &proxies).is_said_plain);
        assert!(!seen("203.0.113.9", &[], "", &proxies).is_said_plain);
    }

    #[test]
    fn a_household_of_ipv6_counts_as_one_address() {
        let one = seen("2001:db8:1:2:3:4:5:6", &[], "", &[]).network();
        assert_eq!(one, seen("2001:db8:1:2::9", &[], "", &[]).network());
        assert_ne!(one, seen("2001:db8:1:3::9", &[], "", &[]).network());
    }

    proptest::proptest! {
        #[test]
        fn any_hop_is_read_or_refused(hop: String) {
            let _ = address_of(&hop);
        }
    }
}
