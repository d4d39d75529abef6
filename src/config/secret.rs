//! Values of which a part must not be shown.

use colloquy_agents::secret::MASK;

/// The text with the password of `scheme:[//]user:password@host` masked; without a scheme, of `user:password@host`.
pub(super) fn without_password(text: &str) -> String {
    let Some((credentials, host)) = text.rsplit_once('@') else {
        return text.to_owned();
    };
    let Some((first, rest)) = credentials.split_once(':') else {
        return text.to_owned();
    };
    let slashes = if rest.starts_with("//") { "//" } else { "" };
    let has_scheme = !slashes.is_empty() || ["turn", "turns", "stun", "stuns"].contains(&first);
    match rest[slashes.len()..].split_once(':') {
        Some((user, _)) => format!("{first}:{slashes}{user}:{MASK}@{host}"),
        None if has_scheme => text.to_owned(),
        None => format!("{first}:{MASK}@{host}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        // With a sign that no other part of the URL has: "://" is in every URL, secret or not.
        #[test]
        fn no_url_shows_its_password(user in "[a-z]{1,5}", password in "[A-Z0-9][A-Z0-9:@/]{2,11}", scheme in "postgres://|turn:") {
            let text = format!("{scheme}{user}:{password}@host");
            proptest::prop_assert!(!without_password(&text).contains(&password), "{}", text);
        }
    }

    #[test]
    fn only_the_password_is_masked() {
        for (text, shown) in [
            ("sqlite:///data/x.db", "sqlite:///data/x.db"),
            ("postgres://db/x", "postgres://db/x"),
            ("postgres://me@db/x", "postgres://me@db/x"),
            ("postgres://me:p@ss@db/x", "postgres://me:***@db/x"),
            ("turn:me:pass@b.example:3478", "turn:me:***@b.example:3478"),
            ("stun:a.example:3478", "stun:a.example:3478"),
            ("turn:me://pass@b.example", "turn:me:***@b.example"),
            ("me:pass@host", "me:***@host"),
        ] {
            assert_eq!(without_password(text), shown);
        }
    }
}
