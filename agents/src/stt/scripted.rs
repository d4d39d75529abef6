//! A recogniser for tests and load tests, which hears the same answer in any speech.

use tokio::sync::mpsc;

use crate::engine::{Fit, Heard, Listen, ListenRequest, Results, Stt, Transcript};
use crate::produce::produce;

/// Hears [`ScriptedStt::ANSWER`] as a complete answer, at once, whatever is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScriptedStt;

impl ScriptedStt {
    /// What it hears.
    pub const ANSWER: &'static str = "I would like a table for two, please.";
}

impl Stt for ScriptedStt {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn listen(&self, request: ListenRequest, mut input: mpsc::Receiver<Listen>) -> Results<Heard> {
        produce(move |emit| async move {
            let mut transcript = Transcript::default();
            while let Some(message) = input.recv().await {
                match message {
                    Listen::Audio(samples) => {
                        if transcript.text.is_empty() && !samples.is_empty() {
                            transcript = answer(&request);
                        }
                    }
                    Listen::Pause { pause } => {
                        let transcript = transcript.clone();
                        let fit = if transcript.text.is_empty() {
                            Fit::Unlisted { open: false }
                        } else {
                            Fit::Complete
                        };
                        emit.send(Heard::View { pause, transcript, fit }).await;
                    }
                    Listen::End => {
                        emit.send(Heard::Final(transcript)).await;
                        break;
                    }
                }
            }
            Ok(())
        })
    }
}

fn answer(request: &ListenRequest) -> Transcript {
    let phrases = &request.expected.phrases;
    Transcript {
        text: ScriptedStt::ANSWER.to_owned(),
        phrase: phrases.iter().position(|phrase| phrase.text == ScriptedStt::ANSWER),
        confidence: 1.0,
        ..Transcript::default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::StreamExt;

    use super::*;
    use crate::engine::Expected;
    use crate::language::Language;

    async fn hear(messages: &[Listen]) -> Vec<Heard> {
        let (sender, input) = mpsc::channel(8);
        for message in messages {
            sender.send(message.clone()).await.expect("it fits");
        }
        drop(sender);
        let request = ListenRequest {
            language: Language::English,
            expected: Arc::new(Expected::default()),
        };
        let heard = ScriptedStt.listen(request, input);
        heard.map(|heard| heard.expect("it never fails")).collect().await
    }

    #[tokio::test]
    async fn any_speech_is_the_complete_answer() {
        let transcript = Transcript {
            text: "I would like a table for two, please.".to_owned(),
            phrase: None,
            confidence: 1.0,
            ..Transcript::default()
        };
        let view = Heard::View {
            pause: 1,
            transcript: transcript.clone(),
            fit: Fit::Complete,
        };
        let audio = Listen::Audio(Arc::new([1; 320]));
        assert_eq!(
            hear(&[audio.clone(), Listen::Pause { pause: 1 }, audio, Listen::End]).await,
            [view, Heard::Final(transcript)]
        );
    }

    #[tokio::test]
    async fn no_audio_is_no_answer_and_a_closed_input_cancels() {
        assert_eq!(hear(&[Listen::End]).await, [Heard::Final(Transcript::default())]);
        assert_eq!(hear(&[Listen::Audio(Arc::new([1; 320]))]).await, []);
    }
}
