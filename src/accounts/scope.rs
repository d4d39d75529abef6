//! What a credential may be used for (RFC 6749 section 3.3).

use std::fmt;

use serde::{Serialize, Serializer};

/// One permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// `read_profile`: the profile and its preferences.
    ReadProfile,
    /// `manage_conversations`: conversations, their calls and messages, and the voice.
    ManageConversations,
    /// `read_progress`: progress, achievements, leaderboards.
    ReadProgress,
    /// `admin`: other people's accounts, and the server.
    Admin,
}

/// Some permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scope {
    /// All there are.
    pub const ALL: [Self; 4] = [
        Self::ReadProfile,
        Self::ManageConversations,
        Self::ReadProgress,
        Self::Admin,
    ];

    /// As written in requests and tokens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadProfile => "read_profile",
            Self::ManageConversations => "manage_conversations",
            Self::ReadProgress => "read_progress",
            Self::Admin => "admin",
        }
    }

    /// A scope by its name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Scopes {
    /// None.
    pub const NONE: Self = Self(0);
    /// Everything but `admin`.
    pub const PERSONAL: Self = Self(0b0111);

    /// Reads a list that is separated by spaces or commas.
    ///
    /// # Errors
    /// The first word that is no scope.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.split([' ', ','])
            .filter(|word| !word.is_empty())
            .try_fold(Self::NONE, |scopes, word| {
                let scope = Scope::parse(word).ok_or_else(|| word.to_owned())?;
                Ok(scopes.with(scope))
            })
    }

    /// These and one more.
    #[must_use]
    pub fn with(self, scope: Scope) -> Self {
        Self(self.0 | scope.bit())
    }

    /// Those that are in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether it is one of these.
    pub fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }
}

/// Separated by spaces.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Scope::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_with_commas_or_spaces_and_written_with_spaces() {
        let commas = Scopes::parse("read_profile,manage_conversations").unwrap();
        assert_eq!(Scopes::parse("manage_conversations read_profile").unwrap(), commas);
        assert_eq!(commas.to_string(), "read_profile manage_conversations");
        assert_eq!(Scopes::parse("").unwrap(), Scopes::NONE);
        assert_eq!(Scopes::parse("read_profile fly").unwrap_err(), "fly");
    }

    #[test]
    fn personal_scopes_are_all_but_admin() {
        let personal: Vec<&str> = Scopes::PERSONAL.iter().map(Scope::as_str).collect();
        assert_eq!(personal, ["read_profile", "manage_conversations", "read_progress"]);
    }
}
