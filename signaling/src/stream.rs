//! The messages of document 004's WebSocket: sound in small pieces in, transcripts and whole replies out.

use serde::Serialize;
use serde_json::Value;

/// The longest message that is read, in bytes: about a minute and a half of sound in one piece.
pub const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// What the client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamMessage {
    /// It wants to talk.
    StartConversation,
    /// More sound: 16-bit samples, mono, with or without the header of a WAV file, in base64.
    AudioChunk(String),
    /// It has talked enough.
    EndConversation,
}

/// Something is wrong with a message or with what follows from it; the connection stays. Its text is what the client is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// Not a JSON object.
    #[error("Invalid JSON format")]
    InvalidJson,
    /// A `type` that isn't in the vocabulary, or none.
    #[error("Unknown message type: {0}")]
    UnknownType(String),
    /// Sound without a conversation.
    #[error("No active conversation session")]
    NoSession,
    /// Sound that can't be read, or something went wrong with it.
    #[error("Audio processing error: {0}")]
    Processing(String),
    /// More conversations or turns than the address may have for now.
    #[error("Too many requests; please try again in {retry_after} s")]
    TooMany {
        /// Seconds after which to try again.
        retry_after: u64,
    },
}

/// What the client is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StreamEvent<'a> {
    /// The first message.
    ConnectionEstablished {
        /// `conn_0`
        connection_id: &'a str,
        /// For people.
        message: &'static str,
    },
    /// The conversation is open for sound.
    ConversationStarted {
        /// `session_conn_0_1234567890`
        session_id: &'a str,
        /// For people.
        message: &'static str,
    },
    /// What was recognised of the learner's turn so far. Each turn ends with a final one.
    Transcript {
        /// The words; empty in a final one: it was no speech.
        text: &'a str,
        /// Nothing of it will change any more.
        is_final: bool,
        /// The end of the turn was detected.
        turn_detected: bool,
    },
    /// The whole reply.
    AiResponse {
        /// The words.
        text: &'a str,
        /// A WAV file in base64; empty where there is no voice for the language.
        audio_data: &'a str,
    },
    /// The conversation is over.
    ConversationEnded {
        /// For people.
        message: &'static str,
    },
    /// See [`StreamError`].
    Error {
        /// For programs.
        code: &'static str,
        /// For people.
        message: &'a str,
    },
}

/// Letters of an unknown type that are told back.
const SHOWN: usize = 64;

impl StreamMessage {
    /// Reads a message.
    ///
    /// # Errors
    /// When it is none of this vocabulary.
    pub fn parse(bytes: &[u8]) -> Result<Self, StreamError> {
        let Ok(Value::Object(mut fields)) = serde_json::from_slice(bytes) else {
            return Err(StreamError::InvalidJson);
        };
        match fields.get("type").and_then(Value::as_str).unwrap_or_default() {
            "start_conversation" => Ok(Self::StartConversation),
            "end_conversation" => Ok(Self::EndConversation),
            "audio_chunk" => match fields.remove("audio_data") {
                Some(Value::String(data)) => Ok(Self::AudioChunk(data)),
                _ => Err(StreamError::Processing("audio_data must be a string".to_owned())),
            },
            other => Err(StreamError::UnknownType(other.chars().take(SHOWN).collect())),
        }
    }
}

impl StreamError {
    /// The code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidJson => "INVALID_JSON",
            Self::UnknownType(_) => "UNKNOWN_TYPE",
            Self::NoSession => "NO_SESSION",
            Self::Processing(_) => "PROCESSING_ERROR",
            Self::TooMany { .. } => "RATE_LIMITED",
        }
    }

    /// The message's text.
    pub fn to_json(&self) -> String {
        let event = StreamEvent::Error {
            code: self.code(),
            message: &self.to_string(),
        };
        event.to_json()
    }
}

impl StreamEvent<'_> {
    /// The message's text.
    pub fn to_json(&self) -> String {
        // Every key is a string and no value's serialisation fails, so neither does the whole.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parse(text: &str) -> Result<StreamMessage, StreamError> {
        StreamMessage::parse(text.as_bytes())
    }

    #[test]
    fn messages_are_read_as_the_document_shows_them() {
        assert_eq!(
            parse(r#"{"type": "start_conversation"}"#),
            Ok(StreamMessage::StartConversation)
        );
        assert_eq!(
            parse(r#"{"type": "audio_chunk", "audio_data": "AAAA"}"#),
            Ok(StreamMessage::AudioChunk("AAAA".to_owned()))
        );
        assert_eq!(
            parse(r#"{"type": "end_conversation"}"#),
            Ok(StreamMessage::EndConversation)
        );
    }

    #[test]
    fn what_is_wrong_is_told_in_the_words_of_the_document() {
        for (error, code, message) in [
            (parse("{").unwrap_err(), "INVALID_JSON", "Invalid JSON format"),
            (parse("[]").unwrap_err(), "INVALID_JSON", "Invalid JSON format"),
            (
                parse(r#"{"type":"dance"}"#).unwrap_err(),
                "UNKNOWN_TYPE",
                "Unknown message type: dance",
            ),
            (parse("{}").unwrap_err(), "UNKNOWN_TYPE", "Unknown message type: "),
            (StreamError::NoSession, "NO_SESSION", "No active conversation session"),
            (
                parse(r#"{"type":"audio_chunk"}"#).unwrap_err(),
                "PROCESSING_ERROR",
                "Audio processing error: audio_data must be a string",
            ),
        ] {
            let told: Value = serde_json::from_str(&error.to_json()).unwrap();
            assert_eq!(told, json!({"type": "error", "code": code, "message": message}));
        }
    }

    #[test]
    fn events_are_written_as_the_document_shows_them() {
        for (event, expected) in [
            (
                StreamEvent::ConnectionEstablished {
                    connection_id: "conn_0",
                    message: "Connected to Conversational AI",
                },
                json!({"type": "connection_established", "connection_id": "conn_0", "message": "Connected to Conversational AI"}),
            ),
            (
                StreamEvent::ConversationStarted {
                    session_id: "session_conn_0_1234567890",
                    message: "Ready to listen",
                },
                json!({"type": "conversation_started", "session_id": "session_conn_0_1234567890", "message": "Ready to listen"}),
            ),
            (
                StreamEvent::Transcript {
                    text: "Hello, how are you?",
                    is_final: true,
                    turn_detected: false,
                },
                json!({"type": "transcript", "text": "Hello, how are you?", "is_final": true, "turn_detected": false}),
            ),
            (
                StreamEvent::AiResponse {
                    text: "I'm doing well",
                    audio_data: "UklG",
                },
                json!({"type": "ai_response", "text": "I'm doing well", "audio_data": "UklG"}),
            ),
            (
                StreamEvent::ConversationEnded {
                    message: "Conversation ended",
                },
                json!({"type": "conversation_ended", "message": "Conversation ended"}),
            ),
        ] {
            assert_eq!(serde_json::from_str::<Value>(&event.to_json()).unwrap(), expected);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, kind: String) {
            let _ = StreamMessage::parse(&bytes);
            let _ = StreamMessage::parse(json!({"type": kind}).to_string().as_bytes());
        }
    }
}
