//! Identifiers: prefixed, and sortable by the time they were made (UUIDv7).

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use uuid::fmt::Simple;

use crate::clock::Timestamp;

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// What all of them begin with.
            pub const PREFIX: &str = $prefix;

            /// A new one, unlike any other, that sorts after those made before it.
            #[allow(clippy::new_without_default, reason = "a random value is no default")]
            pub fn new() -> Self {
                Self(format!(concat!($prefix, "{}"), Uuid::now_v7().simple()))
            }

            /// Reads one that came from outside: letters, digits, `_` and `-`, at most 64. Whether it names anything is for
            /// storage to say.
            pub fn parse(text: &str) -> Option<Self> {
                let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                (!text.is_empty() && text.len() <= 64 && text.chars().all(is_plain)).then(|| Self(text.to_owned()))
            }

            /// One that came from storage.
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
    /// What a person has allowed: an application, or a browser of theirs.
    GrantId = "grant_";
    /// An application that people let in.
    ClientId = "client_";
    /// A team, a school, a company.
    OrganisationId = "org_";
    /// An invitation into an organisation.
    InvitationId = "inv_";
    /// An entry of the XP ledger.
    XpEntryId = "xp_";
    /// What came of a conversation.
    PracticeId = "prac_";
    /// A review of a word.
    ReviewId = "rev_";
    /// Something that happened, for webhooks.
    EventId = "evt_";
    /// A recording that was measured.
    AnalysisId = "voice_";
    /// A webhook.
    WebhookId = "wh_";
    /// Something that is sent to a webhook.
    DeliveryId = "whd_";
    /// A record of how good somebody's stay in a call was.
    CallRecordId = "callrec_";
    /// One HTTP request.
    RequestId = "req_";
}

impl RequestId {
    /// A new one, as unlike any other as [`RequestId::new`] makes them, but in no order with those of the same millisecond. It
    /// costs less: the system is not asked for random numbers each time.
    pub fn unordered() -> Self {
        let millis = u64::try_from(Timestamp::now().as_millis()).unwrap_or_default();
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid();
        let mut text = String::with_capacity(Self::PREFIX.len() + Simple::LENGTH);
        text.push_str(Self::PREFIX);
        text.push_str(id.simple().encode_lower(&mut [0; Simple::LENGTH]));
        Self(text)
    }
}

impl ConversationId {
    /// As it may stand in logs. Those of documents 002 and 003 are bare UUIDs, and open the conversation to whoever knows them:
    /// the beginning of their hash stands for them.
    pub fn logged(&self) -> Cow<'_, str> {
        if self.0.starts_with(Self::PREFIX) {
            Cow::Borrowed(&self.0)
        } else {
            Cow::Owned(digest(&self.0))
        }
    }
}

/// The beginning of a hash, which stands in logs for what opens something: `sha256:6ca13d52ca70c883`.
pub fn digest(secret: &str) -> String {
    let hash = Sha256::digest(secret);
    hash.iter()
        .take(8)
        .fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_a_conversation_is_not_logged() {
        let plain = ConversationId::new();
        assert_eq!(plain.logged(), plain.as_str());
        let uuid = "0191d5f2-4f2c-4c3e-8e1a-000000000000";
        let logged = ConversationId::from_text(uuid).logged().into_owned();
        assert!(
            logged.starts_with("sha256:") && logged.len() == 23 && !logged.contains("0191d5f2"),
            "{logged}"
        );
        assert_eq!(logged, ConversationId::from_text(uuid).logged());
        // As `printf abc | sha256sum` has it.
        assert_eq!(digest("abc"), "sha256:ba7816bf8f01cfea");
    }

    #[test]
    fn identifiers_carry_their_prefix_and_sort_by_age() {
        let first = MessageId::new();
        let second = MessageId::new();
        assert!(first.as_str().starts_with("msg_"));
        assert!(first < second);
        assert_eq!(MessageId::parse(first.as_str()), Some(first));
    }

    #[test]
    fn what_cant_be_an_identifier_is_none() {
        let uuid = "0191d5f2-4f2c-7c3e-8e1a-000000000000";
        assert_eq!(ConversationId::parse(uuid).unwrap().as_str(), uuid);
        for text in ["", "a b", "a\0", "../x", "é", &"x".repeat(65)] {
            assert_eq!(ConversationId::parse(text), None, "{text:?}");
        }
    }
}
