//! What Deepgram says of a turn, put together. Pure.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::engine::{Transcript, WordTiming};
use crate::language::Language;

/// A message of the provider.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Message {
    /// What is said in a stretch of the sound.
    Results(Segment),
    /// Everything was told: the stream ends.
    Metadata,
    /// It gives up.
    Error(String),
    /// Something that is of no interest here.
    Other,
}

/// What is said in a stretch of the sound.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Segment {
    text: String,
    confidence: f64,
    words: Vec<WordTiming>,
    /// Where the stretch ends, from the start of the turn.
    end: Duration,
    /// Whether it stays so.
    is_final: bool,
    /// Whether it answers a `Finalize`.
    pub(super) from_finalize: bool,
}

/// The shape of `Results`.
#[derive(Deserialize)]
struct Results {
    channel: Channel,
    #[serde(default)]
    start: f64,
    #[serde(default)]
    duration: f64,
    #[serde(default)]
    is_final: bool,
    #[serde(default)]
    from_finalize: bool,
}

#[derive(Deserialize)]
struct Channel {
    #[serde(default)]
    alternatives: Vec<Alternative>,
}

#[derive(Deserialize)]
struct Alternative {
    transcript: String,
    #[serde(default)]
    confidence: f64,
    #[serde(default)]
    words: Vec<Word>,
}

#[derive(Deserialize)]
struct Word {
    word: String,
    punctuated_word: Option<String>,
    /// In seconds.
    start: f64,
    end: f64,
}

/// Reads a message.
pub(super) fn parse(text: &str) -> Result<Message, serde_json::Error> {
    let message: Value = serde_json::from_str(text)?;
    Ok(match message["type"].as_str() {
        Some("Results") => Message::Results(segment(Results::deserialize(message)?)),
        Some("Metadata") => Message::Metadata,
        Some("Error") => {
            let said = ["description", "message", "err_msg"].into_iter();
            let said = said.filter_map(|field| message[field].as_str()).next();
            Message::Error(said.unwrap_or("an error").to_owned())
        }
        _ => Message::Other,
    })
}

fn segment(results: Results) -> Segment {
    let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).ok();
    let best = results.channel.alternatives.into_iter().next();
    let (text, confidence, words) = best.map_or_else(Default::default, |best| {
        (best.transcript.trim().to_owned(), best.confidence, best.words)
    });
    let timing = |word: Word| {
        let (start, end) = (seconds(word.start)?, seconds(word.end)?);
        (start <= end).then(|| WordTiming {
            word: word.punctuated_word.unwrap_or(word.word),
            start,
            end,
        })
    };
    Segment {
        text,
        confidence: if confidence.is_nan() {
            0.0
        } else {
            confidence.clamp(0.0, 1.0)
        },
        words: words.into_iter().filter_map(timing).collect(),
        end: seconds(results.start + results.duration).unwrap_or_default(),
        is_final: results.is_final,
        from_finalize: results.from_finalize,
    }
}

/// The segments of a turn.
#[derive(Debug)]
pub(super) struct Segments {
    language: Language,
    finals: Vec<Segment>,
    /// What comes after the last final one, as far as it is guessed.
    interim: Option<Segment>,
    /// How far the sound is known for good.
    settled: Duration,
    /// How far it was listened to at all.
    reached: Duration,
}

impl Segments {
    pub(super) fn new(language: Language) -> Self {
        Self {
            language,
            finals: Vec::new(),
            interim: None,
            settled: Duration::ZERO,
            reached: Duration::ZERO,
        }
    }

    /// Takes the next segment. Returns whether the text is another now.
    pub(super) fn handle(&mut self, segment: Segment) -> bool {
        let before = self.text();
        self.reached = self.reached.max(segment.end);
        if segment.is_final {
            self.settled = self.settled.max(segment.end);
            self.interim = None;
            if !segment.text.is_empty() {
                self.finals.push(segment);
            }
        } else {
            self.interim = (!segment.text.is_empty()).then_some(segment);
        }
        self.text() != before
    }

    /// Whether everything up to here is known for good.
    pub(super) fn is_settled(&self, until: Duration) -> bool {
        !self.settled.is_zero() && self.settled + SLACK >= until
    }

    /// Whether it was listened to nearly everything up to here: what is missing is the silence of a pause.
    pub(super) fn is_reached(&self, until: Duration) -> bool {
        !self.reached.is_zero() && self.reached + PAUSE >= until
    }

    /// All text so far.
    pub(super) fn text(&self) -> String {
        // These two are written without spaces.
        let space = match self.language {
            Language::Chinese | Language::Japanese => "",
            _ => " ",
        };
        let texts: Vec<&str> = self.all().map(|segment| segment.text.as_str()).collect();
        texts.join(space)
    }

    /// What was said so far. It is as sure as its segments, each as much as it is long.
    pub(super) fn transcript(&self) -> Transcript {
        let text = self.text();
        if text.is_empty() {
            return Transcript::default();
        }
        let length = |segment: &Segment| segment.text.chars().count() as f64;
        let total: f64 = self.all().map(length).sum();
        let sure: f64 = self.all().map(|segment| segment.confidence * length(segment)).sum();
        Transcript {
            text,
            phrase: None,
            confidence: (sure / total) as f32,
            words: self.all().flat_map(|segment| segment.words.iter().cloned()).collect(),
            ..Transcript::default()
        }
    }

    fn all(&self) -> impl Iterator<Item = &Segment> {
        self.finals.iter().chain(&self.interim)
    }
}

/// Times are rounded, and the last samples may not fill a window of the model.
const SLACK: Duration = Duration::from_millis(40);
/// A pause is noticed after 100 ms; a model may hold back some more.
const PAUSE: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn results(text: &str, until: f64, is_final: bool) -> String {
        let words: Vec<Value> = text
            .split_whitespace()
            .map(|word| json!({"word": word.to_lowercase(), "punctuated_word": word, "start": 0.1, "end": 0.4, "confidence": 0.5}))
            .collect();
        json!({
            "type": "Results", "channel_index": [0, 1], "start": 0.0, "duration": until, "is_final": is_final,
            "speech_final": false, "from_finalize": false,
            "channel": {"alternatives": [{"transcript": text, "confidence": 0.5, "words": words}]},
        })
        .to_string()
    }

    fn heard(messages: &[String]) -> Segments {
        let mut segments = Segments::new(Language::French);
        for message in messages {
            let Message::Results(segment) = parse(message).expect("it is JSON") else {
                panic!("{message}");
            };
            segments.handle(segment);
        }
        segments
    }

    #[test]
    fn guesses_replace_each_other_and_what_is_final_stays() {
        let segments = heard(&[
            results("Je", 0.5, false),
            results("Je voudrais", 1.0, true),
            results("un", 1.5, false),
            results("un café.", 2.0, false),
        ]);
        assert_eq!(segments.text(), "Je voudrais un café.");
        let until = Duration::from_secs_f64;
        assert!(segments.is_settled(until(1.03)) && !segments.is_settled(until(1.2)));
        assert!(segments.is_reached(until(2.4)) && !segments.is_reached(until(2.6)));
        let transcript = segments.transcript();
        assert_eq!((transcript.confidence, transcript.words.len()), (0.5, 4));
        assert_eq!(transcript.words[3].word, "café.");
        assert_eq!(heard(&[results("", 1.0, true)]).transcript(), Transcript::default());
    }

    #[test]
    fn other_messages_are_told_apart() {
        for (text, message) in [
            (r#"{"type":"Metadata","duration":1.5}"#, Message::Metadata),
            (
                r#"{"type":"Error","description":"too fast","variant":"x"}"#,
                Message::Error("too fast".to_owned()),
            ),
            (r#"{"type":"SpeechStarted","timestamp":0.1}"#, Message::Other),
            ("[]", Message::Other),
        ] {
            assert_eq!(parse(text).expect("it is JSON"), message);
        }
        for text in [
            "",
            "{",
            r#"{"type":"Results"}"#,
            r#"{"type":"Results","channel":{"alternatives":3}}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_numbers_give_a_confidence_from_0_to_1_and_times_in_order(
            numbers in proptest::collection::vec((any::<f64>(), any::<f64>(), any::<f64>(), any::<bool>()), 0..6),
        ) {
            let mut segments = Segments::new(Language::Japanese);
            for (start, duration, confidence, is_final) in numbers {
                let word = Word { word: "語".to_owned(), punctuated_word: None, start, end: duration };
                let alternatives = vec![Alternative { transcript: "語".to_owned(), confidence, words: vec![word] }];
                let channel = Channel { alternatives };
                segments.handle(segment(Results { channel, start, duration, is_final, from_finalize: false }));
            }
            let transcript = segments.transcript();
            prop_assert!((0.0..=1.0).contains(&transcript.confidence));
            prop_assert!(transcript.words.iter().all(|word| word.start <= word.end));
        }

        #[test]
        fn arbitrary_messages_never_panic(text: String, shape in 0usize..5) {
            let quoted = Value::String(text.clone()).to_string();
            let message = [
                text,
                format!("{{\"type\":{quoted}}}"),
                format!("{{\"type\":\"Results\",\"channel\":{quoted}}}"),
                format!("{{\"type\":\"Results\",\"channel\":{{\"alternatives\":[{{\"transcript\":{quoted}}}]}}}}"),
                format!("{{\"type\":\"Error\",\"description\":{quoted}}}"),
            ];
            let _ = parse(&message[shape]);
        }
    }
}
