//! Where people are sent back to, with the answer in the query.

use url::{Host, Url, form_urlencoded};

/// Why a redirect URI can't be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    /// It is no absolute URI.
    #[error("is no absolute URI")]
    NotAbsolute,
    /// It has a fragment (RFC 6749 section 3.1.2).
    #[error("has a fragment")]
    Fragment,
    /// It has a user name or a password.
    #[error("has credentials")]
    Credentials,
    /// Others could listen.
    #[error("is neither https, nor http on this machine, nor a private scheme such as com.example.app (RFC 8252)")]
    Scheme,
    /// Too long, or with characters that don't belong.
    #[error("is longer than 2000 characters, or has characters that must be percent-encoded")]
    Text,
}

const LIMIT: usize = 2000;

/// Accepts a URI to be registered.
///
/// # Errors
/// [`RedirectUriError`].
pub fn accept(uri: &str) -> Result<(), RedirectUriError> {
    if uri.len() > LIMIT
        || !uri
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
    {
        return Err(RedirectUriError::Text);
    }
    let parsed = Url::parse(uri).map_err(|_| RedirectUriError::NotAbsolute)?;
    if uri.contains('#') {
        return Err(RedirectUriError::Fragment);
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(RedirectUriError::Credentials);
    }
    match parsed.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(&parsed) || parsed.host_str() == Some("localhost") => Ok(()),
        // A scheme that its owner's domain makes unique; `javascript:` and `data:` have no dot.
        private if private.contains('.') => Ok(()),
        _ => Err(RedirectUriError::Scheme),
    }
}

/// Whether a request may send people to `asked`: letter by letter what was registered, except for the port on the loopback
/// interface, which native applications can't choose (RFC 8252 section 7.3, RFC 9700 section 2.1).
pub fn is_registered(registered: &str, asked: &str) -> bool {
    if registered == asked {
        return true;
    }
    let is_local = Url::parse(registered).is_ok_and(|url| is_loopback(&url));
    // The texts, not what they mean: other paths lead to the same place.
    let around = around_port(registered);
    is_local && around.is_some() && around == around_port(asked) && accept(asked).is_ok()
}

/// What stands before and after the port of an `http` URI, if it has one.
fn around_port(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    Some((host, rest))
}

/// The URI with more in its query, otherwise letter by letter as it is.
pub fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        query.append_pair(name, value);
    }
    let glue = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some((_, query)) if query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{glue}{}", query.finish())
}

/// What a page's policy must name to let a form end there: the origin, or of private schemes the scheme.
pub fn source(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    match url.scheme() {
        "http" | "https" => Some(url.origin().ascii_serialization()),
        scheme => Some(format!("{scheme}:")),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_this_machine_and_private_schemes_can_be_registered() {
        for uri in [
            "https://yourapp.com/callback",
            "https://yourapp.com/callback?tenant=1",
            "http://127.0.0.1/callback",
            "http://[::1]:3000/callback",
            "http://localhost:3000/callback",
            "com.example.app:/callback",
        ] {
            assert_eq!(accept(uri), Ok(()), "{uri}");
        }
        for (uri, reason) in [
            ("callback", RedirectUriError::NotAbsolute),
            ("", RedirectUriError::NotAbsolute),
            ("https://x/#here", RedirectUriError::Fragment),
            ("https://me@x/", RedirectUriError::Credentials),
            ("http://yourapp.com/callback", RedirectUriError::Scheme),
            ("javascript:alert(1)", RedirectUriError::Scheme),
            ("data:text/html,x", RedirectUriError::Scheme),
            ("https://x/a b", RedirectUriError::Text),
            ("https://x/\r\nSet-Cookie:a", RedirectUriError::Text),
        ] {
            assert_eq!(accept(uri), Err(reason), "{uri}");
        }
    }

    #[test]
    fn redirects_match_letter_by_letter_but_for_the_port_on_loopback() {
        for (registered, asked, is_match) in [
            ("https://x/cb", "https://x/cb", true),
            ("https://x/cb", "https://x/cb/", false),
            ("https://x/cb", "https://x/cb?a=1", false),
            ("https://x/cb", "https://x/CB", false),
            ("https://x/cb", "https://x:444/cb", false),
            ("https://x/cb", "https://x/cb/../cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", true),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb", true),
            ("http://127.0.0.1/cb", "http://127.0.0.1:49152/other", false),
            ("http://127.0.0.1/cb", "http://me@127.0.0.1:49152/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:49152/x/../cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:49152/./cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:49152/%63b", false),
            ("http://127.0.0.1/cb", "http://127.1:49152/cb", false),
            ("http://127.0.0.1/cb", "HTTP://127.0.0.1:49152/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", false),
            ("http://127.0.0.1", "http://127.0.0.1:49152", true),
            ("http://127.0.0.1?a", "http://127.0.0.1:49152?a", true),
            ("http://[::1]/cb", "http://[::1]:49152/cb", true),
            ("http://[::1]:3000/cb", "http://[::1]/cb", true),
            ("http://[::1]/cb", "http://[::2]:49152/cb", false),
            ("http://localhost/cb", "http://localhost:49152/cb", false),
        ] {
            assert_eq!(is_registered(registered, asked), is_match, "{registered} {asked}");
        }
    }

    #[test]
    fn answers_are_added_to_the_query() {
        let parameters = [("code", "a b"), ("state", "x&y")];
        for (uri, answer) in [
            ("https://x/cb", "https://x/cb?code=a+b&state=x%26y"),
            ("https://x/cb?t=1", "https://x/cb?t=1&code=a+b&state=x%26y"),
            ("https://x/cb?", "https://x/cb?code=a+b&state=x%26y"),
            ("com.example:/cb", "com.example:/cb?code=a+b&state=x%26y"),
        ] {
            assert_eq!(with_parameters(uri, &parameters), answer);
        }
    }

    #[test]
    fn a_policy_names_the_origin_or_the_scheme() {
        assert_eq!(
            source("https://x.example:444/cb?a").as_deref(),
            Some("https://x.example:444")
        );
        assert_eq!(source("com.example:/cb").as_deref(), Some("com.example:"));
    }

    proptest::proptest! {
        #[test]
        fn any_uri_is_accepted_or_refused_and_matches_itself(uri: String, state: String) {
            let _ = accept(&uri);
            proptest::prop_assert!(is_registered(&uri, &uri));
            if accept(&uri).is_ok() {
                let answered = with_parameters(&uri, &[("state", &state)]);
                let url = Url::parse(&answered).unwrap();
                let found = url.query_pairs().any(|(name, value)| name == "state" && value == state);
                proptest::prop_assert!(found, "{}", answered);
            }
        }
    }
}
