//! A value that must not be shown.

use std::fmt;

/// A key or password. `Debug` masks it; only [`Secret::expose`] tells.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// What is shown in place of a secret.
pub(super) const MASK: &str = "***";

/// The text with the password of `scheme:[//]user:password@host` masked.
pub(super) fn without_password(text: &str) -> String {
    let Some((credentials, host)) = text.rsplit_once('@') else {
        return text.to_owned();
    };
    let user_starts = match credentials.split_once("://") {
        Some((scheme, _)) => scheme.len() + 3,
        None => credentials.find(':').map_or(0, |colon| colon + 1),
    };
    match credentials[user_starts..].split_once(':') {
        Some((user, _)) => format!("{}{user}:{MASK}@{host}", &credentials[..user_starts]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_is_masked() {
        for (text, shown) in [
            ("sqlite:///data/x.db", "sqlite:///data/x.db"),
            ("postgres://db/x", "postgres://db/x"),
            ("postgres://me@db/x", "postgres://me@db/x"),
            ("postgres://me:p@ss@db/x", "postgres://me:***@db/x"),
            ("turn:me:pass@b.example:3478", "turn:me:***@b.example:3478"),
            ("stun:a.example:3478", "stun:a.example:3478"),
        ] {
            assert_eq!(without_password(text), shown);
        }
    }
}
