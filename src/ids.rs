//! Identifiers: prefixed, and sortable by the time they were made (UUIDv7).

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A new one, unlike any other, that sorts after those made before it.
            #[allow(clippy::new_without_default, reason = "a random value is no default")]
            pub fn new() -> Self {
                Self(format!(concat!($prefix, "{}"), Uuid::now_v7().simple()))
            }

            /// One that came from outside or from storage; whether it names anything is for storage to say.
            pub fn from_text(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// As written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

identifiers! {
    /// A user or a guest.
    UserId = "user_";
    /// A conversation.
    ConversationId = "conv_";
    /// A message of a conversation.
    MessageId = "msg_";
    /// An API key, not the key itself.
    ApiKeyId = "key_";
    /// An entry of the XP ledger.
    XpEntryId = "xp_";
    /// One HTTP request.
    RequestId = "req_";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_carry_their_prefix_and_sort_by_age() {
        let first = MessageId::new();
        let second = MessageId::new();
        assert!(first.as_str().starts_with("msg_"));
        assert!(first < second);
    }
}
