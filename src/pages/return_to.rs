//! Where people go once they have signed in: only to our own paths, whatever the link that brought them says.

/// The path to go on to; `/` when that is none of ours.
pub fn own(path: Option<&str>) -> &str {
    path.filter(|path| is_own(path)).unwrap_or("/")
}

/// Longest accepted path, in bytes: a request of an application with everything it may say.
const LIMIT: usize = 8 * 1024;

/// Whether browsers read it as a path of this host: `//host` and `/\host` are none, and tabs and line ends are taken out
/// before they look.
fn is_own(path: &str) -> bool {
    let mut bytes = path.bytes();
    path.len() <= LIMIT
        && bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_host_are_gone_on_to() {
        for path in ["/", "/settings", "/oauth/authorize?client_id=x&scope=a%20b", "/a//b"] {
            assert_eq!(own(Some(path)), path);
        }
        for path in [
            "",
            "settings",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "javascript:alert(1)",
            "/a\\b",
            "/é",
            "/a b",
        ] {
            assert_eq!(own(Some(path)), "/", "{path:?}");
        }
        assert_eq!(own(None), "/");
        assert_eq!(own(Some(&format!("/{}", "x".repeat(9000)))), "/");
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_gone_on_to_stays_on_this_host(path: String) {
            let base = url::Url::parse("https://talk.example/login").unwrap();
            let there = base.join(own(Some(&path))).unwrap();
            proptest::prop_assert_eq!(there.host_str(), Some("talk.example"));
        }
    }
}
