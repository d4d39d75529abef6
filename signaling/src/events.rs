//! The vocabulary of the data channel `events`: one JSON object a message, told apart by `type`.
//!
//! Fields that aren't known are ignored, so either side may be newer than the other.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The longest message that is read, in bytes.
pub const MAX_MESSAGE: usize = 16 * 1024;

/// What the server tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerEvent {
    /// Whose turn it is.
    State {
        /// What the agent is doing now.
        state: AgentState,
    },
    /// What was recognised of the person's turn so far. Each turn ends with a final one.
    Transcript {
        /// The turn's message id.
        id: String,
        /// The words.
        text: String,
        /// Nothing of it will change any more.
        is_final: bool,
        /// The end of the turn was detected.
        turn_detected: bool,
        /// The language spoken, as a BCP 47 tag.
        language: String,
    },
    /// What the agent says. Comes when a reply starts, and again with what was heard of it after a barge-in.
    AiResponse {
        /// The reply's message id.
        id: String,
        /// The words.
        text: String,
        /// What the words mean, once known.
        #[serde(default)]
        translation: Option<String>,
        /// The language of the translation as a BCP 47 tag, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        translation_language: Option<String>,
        /// The person spoke up: `text` is what was heard of it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        interrupted: bool,
        /// Words of it that the scenario teaches.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        new_vocabulary: Vec<String>,
        /// What words and phrases of it mean, in the order of the text, as far as the content knows them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        glossary: Vec<Gloss>,
        /// What its lines mean, where each has a translation of its own.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<LineMeaning>,
        /// The grammar that is practised next.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        grammar_patterns: Vec<String>,
        /// What to know about the culture.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cultural_notes: Vec<String>,
        /// What of the person's words it says in the right form.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        correction: Option<Box<Recast>>,
    },
    /// A translation that came after the text that it belongs to.
    Translation {
        /// The message's id.
        id: String,
        /// The words that were translated.
        text: String,
        /// What they mean.
        translation: String,
        /// The language of the translation as a BCP 47 tag.
        translation_language: String,
    },
    /// How the person's turn was, in the shape of `user_message.analysis`.
    Analysis {
        /// The turn's message id.
        id: String,
        /// The analysis, its fields beside `id`.
        #[serde(flatten)]
        analysis: Map<String, Value>,
    },
    /// What the person could say.
    Hint {
        /// What gives away least first.
        replies: Vec<Suggestion>,
    },
    /// Where the time of a turn went, in ms.
    Latency {
        /// The turn's message id.
        id: String,
        /// From the last voiced sample to the decision that the turn is over.
        end_of_turn: f64,
        /// Recognition.
        stt: f64,
        /// Finding the reply's first words.
        llm: f64,
        /// Speaking them.
        tts: f64,
        /// From the last voiced sample to the first packet of the reply.
        total: f64,
        /// Finer parts, by name.
        #[serde(flatten)]
        parts: Map<String, Value>,
    },
    /// How the conversation was, in the shape of its end.
    Summary {
        /// The summary, its fields beside `type`.
        #[serde(flatten)]
        summary: Map<String, Value>,
    },
    /// Something went wrong.
    Error {
        /// For programs.
        code: String,
        /// For people.
        message: String,
    },
}

/// A reply that the person could give, or how it begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// How much of a reply it is.
    #[serde(default)]
    pub grade: Grade,
    /// The words.
    pub text: String,
    /// What they mean, where known.
    #[serde(default)]
    pub translation: Option<String>,
    /// The language of the translation as a BCP 47 tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub translation_language: Option<String>,
}

/// How much of a reply a suggestion gives away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Its first words, with dots.
    Beginning,
    /// One that is shorter or easier.
    Short,
    /// All of it.
    #[default]
    Whole,
}

/// A word or phrase of a text, and what it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gloss {
    /// The word as it is taught, and as it stands in `new_vocabulary` if it is.
    pub word: String,
    /// What it means.
    pub meaning: String,
    /// The language of the meaning as a BCP 47 tag: the person's own, or English where the content has none in it.
    pub meaning_language: String,
    /// Where it begins in the text, in UTF-16 code units, as JavaScript counts.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// A line of a text, and what it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineMeaning {
    /// Where it begins in the text, in UTF-16 code units.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Its translation, in the language of the whole's.
    pub translation: String,
}

/// The one thing of the person's words that a reply says in the right form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recast {
    /// The person's message.
    pub message_id: String,
    /// The person's own words in it.
    pub wrong: String,
    /// Those that belong in their place; empty where none do.
    pub right: String,
    /// Why, for the person.
    pub explanation: String,
}

/// What the agent is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// It is the person's turn.
    Listening,
    /// The turn is over and the reply is being made.
    Thinking,
    /// The reply is being spoken.
    Speaking,
}

impl ServerEvent {
    /// The message's text.
    pub fn to_json(&self) -> String {
        // Every key is a string and no value's serialisation fails, so neither does the whole.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What the client tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientEvent {
    /// The person has typed instead of speaking.
    Text {
        /// The words.
        content: String,
    },
    /// Be quiet.
    Interrupt,
    /// "Let me think": don't take the turn while it is on.
    Hold {
        /// Whether the person wants to be waited for.
        on: bool,
    },
    /// Say something again.
    Repeat {
        /// Which of the agent's messages in this call; the last one, if left out.
        #[serde(default)]
        id: Option<String>,
        /// How fast; slowly, if left out.
        #[serde(default)]
        pace: Pace,
    },
    /// Suggest what the person could say.
    Hint,
    /// The person leaves.
    End,
}

/// How fast something is said again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Slower than the agent speaks to this person.
    #[default]
    Slow,
    /// As the agent speaks to this person.
    Natural,
}

/// The names of [`ClientEvent`]s.
const CLIENT_TYPES: [&str; 6] = ["text", "interrupt", "hold", "repeat", "hint", "end"];

/// Why a client's message can't be read. [`answer`](Self::answer) is what to reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Longer than [`MAX_MESSAGE`].
    #[error("Message longer than {MAX_MESSAGE} bytes")]
    TooLong,
    /// Not a JSON object.
    #[error("Invalid JSON format")]
    InvalidJson,
    /// A `type` that isn't in the vocabulary, or none.
    #[error("Unknown message type: {0}")]
    UnknownType(String),
    /// A known type whose fields don't fit.
    #[error("Invalid {kind} message: {reason}")]
    InvalidFields {
        /// The message's `type`.
        kind: &'static str,
        /// What doesn't fit.
        reason: String,
    },
}

impl MessageError {
    /// The code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "MESSAGE_TOO_LONG",
            Self::InvalidJson => "INVALID_JSON",
            Self::UnknownType(_) => "UNKNOWN_TYPE",
            Self::InvalidFields { .. } => "INVALID_MESSAGE",
        }
    }

    /// The event that tells the client.
    pub fn answer(&self) -> ServerEvent {
        ServerEvent::Error {
            code: self.code().to_owned(),
            message: self.to_string(),
        }
    }
}

impl ClientEvent {
    /// Reads a message.
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        if text.len() > MAX_MESSAGE {
            return Err(MessageError::TooLong);
        }
        let value: Value = serde_json::from_str(text).map_err(|_| MessageError::InvalidJson)?;
        let Value::Object(fields) = &value else {
            return Err(MessageError::InvalidJson);
        };
        let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
        let Some(kind) = CLIENT_TYPES.into_iter().find(|known| *known == kind) else {
            // The type is echoed, so it is cut: nobody's vocabulary has names this long.
            return Err(MessageError::UnknownType(kind.chars().take(64).collect()));
        };
        serde_json::from_value(value).map_err(|error| MessageError::InvalidFields {
            kind,
            reason: error.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn server_events_are_written_as_the_contract_has_them() {
        let cases = [
            (
                ServerEvent::State {
                    state: AgentState::Thinking,
                },
                json!({"type": "state", "state": "thinking"}),
            ),
            (
                ServerEvent::Transcript {
                    id: "msg_1".into(),
                    text: "une table".into(),
                    is_final: true,
                    turn_detected: true,
                    language: "fr".into(),
                },
                json!({"type": "transcript", "id": "msg_1", "text": "une table", "is_final": true, "turn_detected": true, "language": "fr"}),
            ),
            (
                ServerEvent::AiResponse {
                    id: "msg_2".into(),
                    text: "Bonsoir".into(),
                    translation: Some("Good evening".into()),
                    translation_language: Some("en".into()),
                    interrupted: false,
                    new_vocabulary: vec!["bonsoir".into()],
                    glossary: vec![Gloss {
                        word: "bonsoir".into(),
                        meaning: "good evening".into(),
                        meaning_language: "en".into(),
                        start: 0,
                        end: 7,
                    }],
                    lines: vec![LineMeaning {
                        start: 0,
                        end: 7,
                        translation: "Good evening".into(),
                    }],
                    grammar_patterns: vec!["pour + number".into()],
                    cultural_notes: vec!["People greet first.".into()],
                    correction: Some(Box::new(Recast {
                        message_id: "msg_1".into(),
                        wrong: "un table".into(),
                        right: "une table".into(),
                        explanation: "“table” is feminine.".into(),
                    })),
                },
                json!({
                    "type": "ai_response", "id": "msg_2", "text": "Bonsoir", "translation": "Good evening",
                    "translation_language": "en", "new_vocabulary": ["bonsoir"],
                    "glossary": [{"word": "bonsoir", "meaning": "good evening", "meaning_language": "en", "start": 0, "end": 7}],
                    "lines": [{"start": 0, "end": 7, "translation": "Good evening"}], "grammar_patterns": ["pour + number"], "cultural_notes": ["People greet first."],
                    "correction": {"message_id": "msg_1", "wrong": "un table", "right": "une table", "explanation": "“table” is feminine."}
                }),
            ),
            (
                ServerEvent::AiResponse {
                    id: "msg_2".into(),
                    text: "Bon".into(),
                    translation: None,
                    translation_language: None,
                    interrupted: true,
                    new_vocabulary: Vec::new(),
                    glossary: Vec::new(),
                    lines: Vec::new(),
                    grammar_patterns: Vec::new(),
                    cultural_notes: Vec::new(),
                    correction: None,
                },
                json!({"type": "ai_response", "id": "msg_2", "text": "Bon", "translation": null, "interrupted": true}),
            ),
            (
                ServerEvent::Translation {
                    id: "msg_2".into(),
                    text: "Bonsoir".into(),
                    translation: "Good evening".into(),
                    translation_language: "en".into(),
                },
                json!({"type": "translation", "id": "msg_2", "text": "Bonsoir", "translation": "Good evening", "translation_language": "en"}),
            ),
            (
                ServerEvent::Analysis {
                    id: "msg_1".into(),
                    analysis: object(json!({"pronunciation_score": 87})),
                },
                json!({"type": "analysis", "id": "msg_1", "pronunciation_score": 87}),
            ),
            (
                ServerEvent::Hint {
                    replies: vec![
                        Suggestion {
                            grade: Grade::Whole,
                            text: "Oui".into(),
                            translation: Some("Yes".into()),
                            translation_language: Some("en".into()),
                        },
                        Suggestion {
                            grade: Grade::Beginning,
                            text: "Non".into(),
                            translation: None,
                            translation_language: None,
                        },
                    ],
                },
                json!({"type": "hint", "replies": [{"grade": "whole", "text": "Oui", "translation": "Yes", "translation_language": "en"}, {"grade": "beginning", "text": "Non", "translation": null}]}),
            ),
            (
                ServerEvent::Latency {
                    id: "msg_1".into(),
                    end_of_turn: 180.0,
                    stt: 20.5,
                    llm: 1.0,
                    tts: 30.0,
                    total: 231.5,
                    parts: object(json!({"queue": 2.5})),
                },
                json!({"type": "latency", "id": "msg_1", "end_of_turn": 180.0, "stt": 20.5, "llm": 1.0, "tts": 30.0, "total": 231.5, "queue": 2.5}),
            ),
            (
                ServerEvent::Summary {
                    summary: object(json!({"duration": 60})),
                },
                json!({"type": "summary", "duration": 60}),
            ),
            (
                MessageError::UnknownType("x".into()).answer(),
                json!({"type": "error", "code": "UNKNOWN_TYPE", "message": "Unknown message type: x"}),
            ),
        ];
        for (event, expected) in cases {
            let text = event.to_json();
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
            assert_eq!(serde_json::from_str::<ServerEvent>(&text).unwrap(), event);
        }
    }

    #[test]
    fn client_events_are_read_and_unknown_fields_ignored() {
        let read = |text| ClientEvent::parse(text).unwrap();
        assert_eq!(
            read(r#"{"type":"text","content":"hola","at":3}"#),
            ClientEvent::Text { content: "hola".into() }
        );
        assert_eq!(read(r#"{"type":"interrupt"}"#), ClientEvent::Interrupt);
        assert_eq!(read(r#"{"type":"interrupt","why":"because"}"#), ClientEvent::Interrupt);
        assert_eq!(read(r#"{"on":true,"type":"hold"}"#), ClientEvent::Hold { on: true });
        assert_eq!(read(r#"{"type":"hint"}"#), ClientEvent::Hint);
        assert_eq!(read(r#"{"type":"end"}"#), ClientEvent::End);
        let slow = ClientEvent::Repeat {
            id: None,
            pace: Pace::Slow,
        };
        assert_eq!(read(r#"{"type":"repeat"}"#), slow);
        assert_eq!(read(r#"{"type":"repeat","id":null,"pace":"slow"}"#), slow);
        assert_eq!(
            read(r#"{"type":"repeat","id":"msg_1","pace":"natural"}"#),
            ClientEvent::Repeat {
                id: Some("msg_1".into()),
                pace: Pace::Natural
            }
        );
    }

    #[test]
    fn what_cannot_be_read_has_a_code() {
        let code = |text: &str| ClientEvent::parse(text).unwrap_err().code();
        assert_eq!(code("{"), "INVALID_JSON");
        assert_eq!(code("[1]"), "INVALID_JSON");
        assert_eq!(code("{}"), "UNKNOWN_TYPE");
        assert_eq!(code(r#"{"type":7}"#), "UNKNOWN_TYPE");
        assert_eq!(code(r#"{"type":"x"}"#), "UNKNOWN_TYPE");
        assert_eq!(code(r#"{"type":"hold"}"#), "INVALID_MESSAGE");
        assert_eq!(code(r#"{"type":"repeat","pace":"fast"}"#), "INVALID_MESSAGE");
        assert_eq!(code(r#"{"type":"text","content":[]}"#), "INVALID_MESSAGE");
        let long = format!(r#"{{"type":"text","content":"{}"}}"#, "a".repeat(MAX_MESSAGE));
        assert_eq!(code(&long), "MESSAGE_TOO_LONG");
        let nested = "[".repeat(MAX_MESSAGE);
        assert_eq!(code(&nested), "INVALID_JSON");
    }

    #[test]
    fn an_unknown_type_is_echoed_only_in_part() {
        let text = format!(r#"{{"type":"{}"}}"#, "é".repeat(1000));
        assert_eq!(
            ClientEvent::parse(&text),
            Err(MessageError::UnknownType("é".repeat(64)))
        );
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in ".{0,200}", kind in "(text|hold|interrupt|end|[a-z]{0,5})", value in "(true|1|\"a\"|\\[\\]|null)") {
            let _ = ClientEvent::parse(&text);
            let _ = ClientEvent::parse(&format!(r#"{{"type":"{kind}","content":{value},"on":{value}}}"#));
        }

        #[test]
        fn what_is_written_is_read_back(content in ".{0,100}", on in any::<bool>()) {
            for event in [ClientEvent::Text { content }, ClientEvent::Hold { on }] {
                let text = serde_json::to_string(&event).unwrap();
                prop_assert_eq!(ClientEvent::parse(&text), Ok(event));
            }
        }
    }
}
