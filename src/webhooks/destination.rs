//! Where webhooks may go: to public addresses over HTTPS, so that nobody reaches through this server what only it can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use reqwest::Url;

/// Why nothing may be sent to a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// It is none, or too long.
    #[error("is no URL of at most {LONGEST_URL} characters")]
    Malformed,
    /// It is not HTTPS.
    #[error("must begin with https://")]
    Insecure,
    /// It has a user or password in it, which logs would show.
    #[error("must not hold a user or password")]
    Credentials,
    /// Its host is not public.
    #[error("must lead to a public address")]
    Private,
}

/// Characters that a URL may have.
pub const LONGEST_URL: usize = 2048;

/// Networks that are not public, or lead to such: the special-purpose registries of IANA (RFC 6890).
const PRIVATE_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];
/// The same within 2000::/3; whatever is outside is not public. Tunnels (Teredo, 6to4) may lead to private IPv4.
const PRIVATE_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Reads a URL to which webhooks may be sent, as far as can be told without looking its host up.
///
/// # Errors
/// When nothing may be sent there.
pub fn check(text: &str, allow: &[IpNet]) -> Result<Url, DestinationError> {
    if text.chars().count() > LONGEST_URL || text.contains(char::is_control) {
        return Err(DestinationError::Malformed);
    }
    let url = Url::parse(text.trim()).map_err(|_| DestinationError::Malformed)?;
    let host = url.host_str().filter(|host| !host.is_empty());
    let host = host.ok_or(DestinationError::Malformed)?;
    let is_secure = match url.scheme() {
        "https" => true,
        "http" if !allow.is_empty() => false,
        _ => return Err(DestinationError::Insecure),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(DestinationError::Credentials);
    }
    match literal(host) {
        Some(address) if !may_reach(address, is_secure, allow) => Err(DestinationError::Private),
        None if allow.is_empty() && is_local_name(host) => Err(DestinationError::Private),
        _ => Ok(url),
    }
}

/// Whether something may be sent to an address.
pub fn may_reach(address: IpAddr, is_secure: bool, allow: &[IpNet]) -> bool {
    let address = address.to_canonical();
    allow.iter().any(|network| network.contains(&address)) || (is_secure && is_public(address))
}

/// The address that a host is, if it is no name.
pub fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !PRIVATE_V4.iter().any(|(network, bits)| {
            let shift = 32 - bits;
            address.to_bits() >> shift == network.to_bits() >> shift
        }),
        IpAddr::V6(address) => {
            let is_within = |network: Ipv6Addr, bits: u32| {
                let shift = 128 - bits;
                address.to_bits() >> shift == network.to_bits() >> shift
            };
            is_within(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)
                && !PRIVATE_V6.iter().any(|(network, bits)| is_within(*network, *bits))
        }
    }
}

fn is_local_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_under = |suffix: &str| host == suffix || host.ends_with(&format!(".{suffix}"));
    ["localhost", "local", "internal", "home.arpa"]
        .into_iter()
        .any(is_under)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.31.255.255",
            "192.0.0.8",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "64:ff9b::a00:1",
            "2001:0:a00:1::",
            "2002:7f00:1::",
            "2001:db8::1",
            "ff02::1",
            "::7f00:1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "2a00::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn urls_lead_to_public_hosts_over_https() {
        for (url, error) in [
            ("example.com", DestinationError::Malformed),
            ("ftp://example.com", DestinationError::Insecure),
            ("http://example.com", DestinationError::Insecure),
            ("https://me:secret@example.com", DestinationError::Credentials),
            ("https://127.0.0.1/x", DestinationError::Private),
            ("https://2130706433/", DestinationError::Private),
            ("https://0x7f.1/", DestinationError::Private),
            ("https://[::ffff:a00:1]/", DestinationError::Private),
            ("https://localhost:8000/", DestinationError::Private),
            ("https://LOCALHOST./", DestinationError::Private),
            ("https://metadata.google.internal/", DestinationError::Private),
        ] {
            assert_eq!(check(url, &[]).unwrap_err(), error, "{url}");
        }
        assert_eq!(
            check("https://example.com/a?b=c", &[]).unwrap().as_str(),
            "https://example.com/a?b=c"
        );
    }

    #[test]
    fn what_is_allowed_is_reached_over_plain_http_too() {
        let allow: [IpNet; 1] = ["127.0.0.0/8".parse().unwrap()];
        assert!(check("http://127.0.0.1:9/", &allow).is_ok());
        assert!(check("http://localhost:9/", &allow).is_ok());
        assert!(check("https://1.1.1.1/", &allow).is_ok());
        assert_eq!(check("http://1.1.1.1/", &allow), Err(DestinationError::Private));
        assert_eq!(check("http://10.0.0.1/", &allow), Err(DestinationError::Private));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_url_or_refused(text: String) {
            if let Ok(url) = check(&text, &[]) {
                proptest::prop_assert_eq!(url.scheme(), "https");
            }
        }

        #[test]
        fn an_ipv4_address_is_as_public_as_when_it_is_mapped_to_ipv6(bits: u32) {
            let v4 = Ipv4Addr::from_bits(bits);
            proptest::prop_assert_eq!(is_public(v4.into()), is_public(v4.to_ipv6_mapped().into()));
        }
    }
}
