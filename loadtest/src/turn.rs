//! One utterance and what became of it.

use serde::{Deserialize, Serialize};

/// One utterance and what became of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// What was said.
    pub said: String,
    /// The final transcript of it; of several, all that was heard.
    pub heard: Option<String>,
    /// Last voiced sample sent -> first packet of the reply, in ms.
    pub reply_ms: Option<f64>,
    /// Last voiced sample sent -> first packet that the server marks as the beginning of speech, in ms. Speech may begin
    /// with silence.
    pub marked_ms: Option<f64>,
    /// How late this caller's own clock was with the last voiced sample, in ms.
    pub sent_late_ms: f64,
    /// The server's own account.
    pub server: Option<Latency>,
    /// Whether the agent began to speak before the answer was out: a false end of turn.
    pub cut_off: bool,
    /// Whether a reply came, timed or not: what answers half an answer has no time.
    pub answered: bool,
    /// Whether it was said with a pause in its middle.
    pub hesitating: bool,
    /// Whether it was begun over the agent.
    pub interrupting: bool,
}

/// A `latency` event, in ms.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Latency {
    /// Last voiced sample -> the turn is over.
    pub end_of_turn: f64,
    /// -> its transcript.
    pub stt: f64,
    /// -> the first words of the reply.
    pub llm: f64,
    /// -> the first sound of the reply.
    pub tts: f64,
    /// The whole.
    pub total: f64,
}

impl Turn {
    /// A final transcript came. An utterance in which the agent saw several has several.
    pub fn hear(&mut self, text: &str) {
        match &mut self.heard {
            Some(heard) if !heard.is_empty() && !text.is_empty() => {
                heard.push(' ');
                heard.push_str(text);
            }
            Some(heard) if !heard.is_empty() => {}
            other => *other = Some(text.to_owned()),
        }
    }

    /// What the server's account misses of what this caller measured, in ms.
    pub fn unaccounted_ms(&self) -> Option<f64> {
        Some(self.reply_ms? - self.server.as_ref()?.total)
    }

    /// Whether the transcript is what was said, case and punctuation aside.
    pub fn is_transcribed_exactly(&self) -> bool {
        let bare = |text: &str| -> String {
            text.chars()
                .filter(|letter| letter.is_alphanumeric())
                .flat_map(char::to_lowercase)
                .collect()
        };
        self.heard
            .as_deref()
            .is_some_and(|heard| bare(heard) == bare(&self.said))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_heard_in_pieces_is_told_together() {
        let mut turn = Turn::default();
        let heard: Vec<_> = ["", "Un grand", "", "s'il vous plaît"]
            .into_iter()
            .map(|text| {
                turn.hear(text);
                turn.heard.clone().unwrap_or_default()
            })
            .collect();
        assert_eq!(heard, ["", "Un grand", "Un grand", "Un grand s'il vous plaît"]);
    }

    #[test]
    fn a_transcript_is_compared_without_case_and_punctuation() {
        let turn = |heard: &str| Turn {
            said: "Une table pour deux, s'il vous plaît.".to_owned(),
            heard: Some(heard.to_owned()),
            ..Turn::default()
        };
        assert!(turn("une table pour deux s'il vous plaît").is_transcribed_exactly());
        assert!(!turn("une table pour douze s'il vous plaît").is_transcribed_exactly());
        assert!(!Turn::default().is_transcribed_exactly(), "no transcript came");
    }
}
