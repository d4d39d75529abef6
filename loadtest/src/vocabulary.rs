//! The messages of the `events` channel that a caller acts on.

use serde::Deserialize;
use serde_json::Value;

use crate::caller::Input;
use crate::turn::Latency;

/// What a message means to a caller; nothing, for most.
pub fn input(message: &Value) -> Option<Input> {
    let text = || message["text"].as_str().unwrap_or_default().to_owned();
    match message["type"].as_str()? {
        "state" => Some(Input::Listening(message["state"] == "listening")),
        "transcript" if message["is_final"] == true => Some(Input::Transcript(text())),
        "latency" => Latency::deserialize(message).ok().map(Input::Latency),
        "ai_response" if message["interrupted"] != true => Some(Input::Words(text())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn messages_mean_what_the_caller_must_know() {
        let said = |message: Value| format!("{:?}", input(&message));
        assert_eq!(
            said(json!({"type": "state", "state": "listening"})),
            "Some(Listening(true))"
        );
        assert_eq!(
            said(json!({"type": "state", "state": "speaking"})),
            "Some(Listening(false))"
        );
        assert_eq!(
            said(json!({"type": "transcript", "text": "Deux", "is_final": false})),
            "None"
        );
        assert_eq!(
            said(json!({"type": "transcript", "text": "Deux", "is_final": true})),
            "Some(Transcript(\"Deux\"))"
        );
        assert_eq!(
            said(json!({"type": "ai_response", "text": "Très b", "interrupted": true})),
            "None"
        );
        assert_eq!(
            said(json!({"type": "ai_response", "text": "Bien"})),
            "Some(Words(\"Bien\"))"
        );
        let latency =
            json!({"type": "latency", "end_of_turn": 175, "stt": 0, "llm": 0, "tts": 1, "total": 176, "other": 5});
        assert!(matches!(input(&latency), Some(Input::Latency(latency)) if latency.total == 176.0));
        for other in [
            json!({"type": "latency"}),
            json!({"type": "hint"}),
            json!([]),
            json!({"type": 5}),
        ] {
            assert_eq!(said(other), "None");
        }
    }
}
