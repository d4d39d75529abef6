//! The recogniser of ElevenLabs, Scribe: `POST /v1/speech-to-text` with the turn as one WAV file.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::multipart::{Form, Part};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::recorded::{Transcriber, listen, seconds};
use crate::chain::Service;
use crate::elevenlabs::{ElevenLabsServer, NAME};
use crate::engine::{EngineError, HEARD_RATE, Heard, Listen, ListenRequest, Results, Stt, Transcript, WordTiming};
use crate::language::Language;
use crate::produce::produce;
use crate::usage::Unit;
use crate::wav;

/// A recogniser over the network. Its confidence is the geometric mean of its words' probabilities.
#[derive(Clone, Debug)]
pub struct ElevenLabsStt {
    server: Arc<ElevenLabsServer>,
}

impl ElevenLabsStt {
    /// The recogniser of this provider.
    pub fn new(server: Arc<ElevenLabsServer>) -> Self {
        Self { server }
    }
}

impl Stt for ElevenLabsStt {
    fn name(&self) -> &'static str {
        NAME
    }

    fn listen(&self, request: ListenRequest, input: mpsc::Receiver<Listen>) -> Results<Heard> {
        let transcriber = self.clone();
        produce(move |emit| listen(transcriber, request, input, emit))
    }
}

/// The part of the answer that is used.
#[derive(Deserialize)]
struct Transcription {
    text: String,
    words: Option<Vec<Token>>,
}

/// A word, or what is between two.
#[derive(Deserialize)]
struct Token {
    text: String,
    #[serde(rename = "type")]
    kind: String,
    /// In seconds.
    start: Option<f64>,
    end: Option<f64>,
    /// The natural logarithm of its probability.
    logprob: Option<f64>,
}

impl Transcriber for ElevenLabsStt {
    fn transcribe(&self, samples: &[i16], language: Language) -> BoxFuture<'static, Result<Transcript, EngineError>> {
        let server = Arc::clone(&self.server);
        let file = wav::encode(samples, HEARD_RATE);
        let length = seconds(samples);
        async move {
            let (model, server) = (server.config().stt_model.clone(), server.connection());
            let part = Part::bytes(file)
                .file_name("turn.wav")
                .mime_str("audio/wav")
                .map_err(|error| server.failed(error.to_string()))?;
            let form = Form::new()
                .text("model_id", model)
                .text("language_code", language.tag())
                // A cough is no word, and there is one speaker.
                .text("tag_audio_events", "false")
                .text("diarize", "false")
                .text("timestamps_granularity", "word")
                .part("file", part);
            server.used(Service::Stt, Unit::AudioSeconds, length);
            let mut answer = server.send(server.post("v1/speech-to-text").multipart(form)).await?;
            let body = answer.whole(LONGEST_ANSWER).await?;
            let transcription = serde_json::from_slice(&body)
                .map_err(|error| server.failed(format!("its transcription can't be read: {error}")))?;
            Ok(transcript(transcription))
        }
        .boxed()
    }
}

fn transcript(heard: Transcription) -> Transcript {
    let text = heard.text.trim().to_owned();
    if text.is_empty() {
        return Transcript::default();
    }
    let tokens = heard.words.unwrap_or_default();
    let words: Vec<&Token> = tokens.iter().filter(|token| token.kind == "word").collect();
    let probabilities: Vec<f64> = words.iter().filter_map(|word| word.logprob).collect();
    let mean = probabilities.iter().sum::<f64>() / probabilities.len().max(1) as f64;
    let confidence = mean.exp() as f32;
    let seconds = |seconds: Option<f64>| Duration::try_from_secs_f64(seconds?).ok();
    let timing = |word: &Token| {
        let (start, end) = (seconds(word.start)?, seconds(word.end)?);
        (start <= end).then(|| WordTiming {
            word: word.text.clone(),
            start,
            end,
        })
    };
    Transcript {
        text,
        phrase: None,
        confidence: if confidence.is_nan() {
            0.0
        } else {
            confidence.clamp(0.0, 1.0)
        },
        words: words.into_iter().filter_map(timing).collect(),
        ..Transcript::default()
    }
}

const LONGEST_ANSWER: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn of(value: serde_json::Value) -> Transcript {
        transcript(serde_json::from_value(value).expect("it has the shape"))
    }

    #[test]
    fn words_have_times_and_the_text_is_as_sure_as_they_are() {
        let token = |text, kind, start, end, logprob| json!({"text": text, "type": kind, "start": start, "end": end, "logprob": logprob});
        let heard = of(
            json!({"language_code": "fra", "language_probability": 0.98, "text": " Deux personnes. ", "words": [
                token("Deux", "word", 0.1, 0.35, 0.5_f64.ln()),
                token(" ", "spacing", 0.35, 0.4, -9.0),
                token("personnes.", "word", 0.4, 0.9, 0.125_f64.ln()),
                token("(rire)", "audio_event", 0.9, 1.2, -9.0),
            ]}),
        );
        assert_eq!((heard.text.as_str(), heard.phrase), ("Deux personnes.", None));
        assert!((heard.confidence - 0.25).abs() < 1e-6, "{}", heard.confidence);
        let timing = |word: &str, start, end| WordTiming {
            word: word.to_owned(),
            start: Duration::from_millis(start),
            end: Duration::from_millis(end),
        };
        assert_eq!(heard.words, [timing("Deux", 100, 350), timing("personnes.", 400, 900)]);
    }

    #[test]
    fn a_text_without_words_is_sure_and_no_text_is_not() {
        let heard = of(json!({"text": "Oui", "words": null}));
        assert_eq!(
            (heard.text.as_str(), heard.confidence, heard.words.len()),
            ("Oui", 1.0, 0)
        );
        assert_eq!(of(json!({"text": "  ", "words": []})), Transcript::default());
    }

    proptest! {
        #[test]
        fn any_numbers_give_a_confidence_from_0_to_1_and_times_in_order(
            numbers in proptest::collection::vec((proptest::option::of(any::<f64>()), any::<f64>(), any::<f64>()), 0..6),
        ) {
            let words = numbers.into_iter().map(|(logprob, start, end)| Token {
                text: "mot".to_owned(),
                kind: "word".to_owned(),
                start: Some(start),
                end: Some(end),
                logprob,
            });
            let heard = transcript(Transcription { text: "mot".to_owned(), words: Some(words.collect()) });
            prop_assert!((0.0..=1.0).contains(&heard.confidence));
            prop_assert!(heard.words.iter().all(|word| word.start <= word.end));
        }

        #[test]
        fn arbitrary_answers_never_panic(text: String, shape in 0usize..4) {
            let quoted = serde_json::Value::String(text.clone()).to_string();
            let body = [
                text,
                format!("{{\"text\":{quoted}}}"),
                format!("{{\"text\":{quoted},\"words\":{quoted}}}"),
                format!("{{\"text\":{quoted},\"words\":[{{\"text\":{quoted},\"type\":\"word\"}}]}}"),
            ];
            if let Ok(heard) = serde_json::from_str(&body[shape]) {
                transcript(heard);
            }
        }
    }
}
