//! The messages of document 001's WebSocket: `{type, content}` in, `{conversation_id, content, type}` or `{error}` out.

use serde::Serialize;
use serde_json::Value;

/// The longest message that is read, in bytes: 10 MB of sound in base64, and some room.
pub const MAX_MESSAGE: usize = 14 * 1024 * 1024;

/// What the client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatMessage {
    /// The learner has typed this.
    Text(String),
    /// The learner has said this: a file of sound or raw samples, in base64.
    Audio(String),
}

/// Why a message can't be read. Its text is what the client is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    /// Not a JSON object.
    #[error("Invalid message: it is not a JSON object")]
    NotAnObject,
    /// A `type` other than `text` and `audio`, or none.
    #[error("Invalid message type: {0:?} is neither \"text\" nor \"audio\"")]
    UnknownType(String),
    /// No `content`, or one that is no string.
    #[error("Invalid message: \"content\" must be a string")]
    NoContent,
}

/// What the client is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ChatReply<'a> {
    /// A part of the reply.
    Reply {
        /// In which conversation.
        conversation_id: &'a str,
        /// The words, or a WAV file in base64.
        content: &'a str,
        /// Which of both.
        #[serde(rename = "type")]
        kind: ReplyKind,
    },
    /// Something went wrong; the connection stays.
    Error {
        /// What.
        error: &'a str,
    },
}

/// What the content of a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplyKind {
    /// Words.
    Text,
    /// A WAV file in base64.
    Audio,
}

/// Letters of an unknown type that are told back.
const SHOWN: usize = 64;

impl ChatMessage {
    /// Reads a message.
    ///
    /// # Errors
    /// When it is none of this vocabulary.
    pub fn parse(bytes: &[u8]) -> Result<Self, ChatError> {
        let Ok(Value::Object(mut fields)) = serde_json::from_slice(bytes) else {
            return Err(ChatError::NotAnObject);
        };
        let message = match fields.get("type").and_then(Value::as_str) {
            Some("text") => Self::Text,
            Some("audio") => Self::Audio,
            other => {
                let shown = other.unwrap_or_default().chars().take(SHOWN).collect();
                return Err(ChatError::UnknownType(shown));
            }
        };
        match fields.remove("content") {
            Some(Value::String(content)) => Ok(message(content)),
            _ => Err(ChatError::NoContent),
        }
    }
}

impl ChatReply<'_> {
    /// The message's text.
    pub fn to_json(&self) -> String {
        // Every key is a string and no value's serialisation fails, so neither does the whole.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn messages_are_read_as_the_document_shows_them() {
        let parse = |text: &str| ChatMessage::parse(text.as_bytes());
        assert_eq!(
            parse(r#"{"type": "text", "content": "Hello, how are you?"}"#),
            Ok(ChatMessage::Text("Hello, how are you?".to_owned()))
        );
        assert_eq!(
            parse(r#"{"type": "audio", "content": "UklGRg==", "more": 1}"#),
            Ok(ChatMessage::Audio("UklGRg==".to_owned()))
        );
        for text in ["", "x", "[]", "\"text\"", "{"] {
            assert_eq!(parse(text), Err(ChatError::NotAnObject), "{text}");
        }
        assert_eq!(
            parse(r#"{"type":"video","content":""}"#),
            Err(ChatError::UnknownType("video".to_owned()))
        );
        assert_eq!(parse(r#"{"type":7}"#), Err(ChatError::UnknownType(String::new())));
        for text in [r#"{"type":"text"}"#, r#"{"type":"audio","content":7}"#] {
            assert_eq!(parse(text), Err(ChatError::NoContent), "{text}");
        }
    }

    #[test]
    fn replies_are_written_as_the_document_shows_them() {
        let reply = ChatReply::Reply {
            conversation_id: "conv_1",
            content: "Fine.",
            kind: ReplyKind::Text,
        };
        assert_eq!(
            reply.to_json(),
            r#"{"conversation_id":"conv_1","content":"Fine.","type":"text"}"#
        );
        assert_eq!(ChatReply::Error { error: "no" }.to_json(), r#"{"error":"no"}"#);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, kind: String, content: String) {
            let _ = ChatMessage::parse(&bytes);
            let whole = serde_json::json!({"type": kind, "content": content}).to_string();
            prop_assert_eq!(ChatMessage::parse(whole.as_bytes()).is_ok(), kind == "text" || kind == "audio");
        }
    }
}
