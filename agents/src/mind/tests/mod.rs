//! Conversations in simulated time, by subject.

mod answering;
mod correcting;
mod interrupting;
mod joining;
mod leaving;
mod repeating;
mod unheard;
mod waiting;

use std::time::{Duration, Instant};

use super::*;
use crate::engine::{Act, Fit, Occasion, ReplyPiece, Transcript, WordTiming};
use crate::scenario::Script;

/// A conversation in simulated time.
struct Talk {
    mind: Mind,
    now: Instant,
}

impl Talk {
    fn new() -> Self {
        Self {
            mind: Mind::new(MindConfig::new(Script::sample(), Language::English)),
            now: Instant::now(),
        }
    }

    /// A conversation whose opener was heard.
    fn opened() -> Self {
        let mut talk = Self::new();
        talk.put(Input::Joined);
        talk.reply(1, "Bonsoir !", 0);
        talk.say(1, 0, &["Bonsoir"]);
        talk.put(Input::PlayoutFinished { generation: 1 });
        talk
    }

    /// A conversation in which the learner has said "Pour deux" and hears the reply, every word 200 ms long.
    fn answered() -> Self {
        let mut talk = Self::opened();
        talk.turn(1, "Pour deux");
        talk.reply(2, "Très bien. Une table près de la fenêtre ?", 1);
        talk.say(2, 0, &["Très", "bien"]);
        talk.say(2, 1, &["Une", "table", "près", "de", "la", "fenêtre"]);
        talk
    }

    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
    }

    fn put(&mut self, input: Input) -> Vec<String> {
        self.mind.handle_input(input, self.now);
        self.outputs()
    }

    /// Lets the next timer expire.
    fn expire(&mut self) -> Vec<String> {
        self.now = self.mind.poll_timeout().expect("a timer is armed");
        self.mind.handle_timeout(self.now);
        self.outputs()
    }

    fn outputs(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.mind.poll_output())
            .map(|output| shown(&output))
            .collect()
    }

    fn turn(&mut self, utterance: u64, text: &str) -> Vec<String> {
        let mut outputs = self.put(Input::SpeechStarted {
            utterance,
            first_voiced: self.now,
        });
        outputs.extend(self.end_turn(utterance, text));
        outputs
    }

    fn end_turn(&mut self, utterance: u64, text: &str) -> Vec<String> {
        let last_voiced = self.now;
        self.pass(180);
        let mut outputs = self.put(Input::TurnEnded { utterance, last_voiced });
        self.pass(12);
        outputs.extend(self.put(Input::Final {
            utterance,
            transcript: said(text),
        }));
        outputs
    }

    fn barge_in(&mut self, utterance: u64) -> Vec<String> {
        let mut outputs = self.put(Input::BargeIn);
        outputs.extend(self.put(Input::SpeechStarted {
            utterance,
            first_voiced: self.now,
        }));
        outputs
    }

    fn view(&mut self, utterance: u64, text: &str, fit: Fit) -> Vec<String> {
        self.put(Input::View {
            utterance,
            transcript: said(text),
            fit,
        })
    }

    fn text(&mut self, generation: u64, text: &str) -> Vec<String> {
        self.put(Input::Reply {
            generation,
            piece: ReplyPiece::Text(text.to_owned()),
        })
    }

    fn done(&mut self, generation: u64, step: usize) -> Vec<String> {
        let progress = Progress {
            step,
            ..Progress::default()
        };
        self.put(Input::Reply {
            generation,
            piece: ReplyPiece::Done { progress },
        })
    }

    fn reply(&mut self, generation: u64, text: &str, step: usize) -> Vec<String> {
        let mut outputs = self.text(generation, text);
        outputs.extend(self.done(generation, step));
        outputs
    }

    /// The voice says a phrase in words of 200 ms, and the first one begins to be heard 60 ms later.
    fn say(&mut self, generation: u64, phrase: usize, words: &[&str]) -> Vec<String> {
        let words: Vec<_> = (0..)
            .zip(words)
            .map(|(i, word)| WordTiming {
                word: (*word).to_owned(),
                start: ms(i * 200),
                end: ms(i * 200 + 200),
            })
            .collect();
        let duration = words.last().map_or(Duration::ZERO, |word| word.end);
        let mut outputs = self.put(Input::SpeechMade {
            generation,
            phrase,
            duration,
            words,
        });
        outputs.extend(self.put(Input::SpeechEnded { generation, phrase }));
        if phrase == 0 {
            self.pass(60);
            outputs.extend(self.put(Input::PlayoutStarted { generation }));
        }
        outputs
    }

    fn flushed(&mut self, generation: u64, played: &[u64]) -> Vec<String> {
        let played = played.iter().map(|played| ms(*played)).enumerate().collect();
        self.put(Input::Flushed { generation, played })
    }

    fn history(&self) -> Vec<String> {
        let said = |utterance: &Utterance| format!("{:?}: {}", utterance.speaker, utterance.text);
        self.mind.history().iter().map(said).collect()
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn said(text: &str) -> Transcript {
    Transcript {
        text: text.to_owned(),
        confidence: 0.9,
        ..Transcript::default()
    }
}

fn shown(output: &Output) -> String {
    match output {
        Output::Listen { .. } => "listen".to_owned(),
        Output::Ask { generation, request } => {
            let occasion = match &request.occasion {
                Occasion::Opener => "opener".to_owned(),
                Occasion::Answer(transcript) => format!("answer '{}'", transcript.text),
                Occasion::Idle => "idle".to_owned(),
            };
            format!(
                "ask {generation}: {occasion} at {} after {}",
                request.progress.step,
                request.history.len()
            )
        }
        Output::CancelAsk { generation } => format!("cancel {generation}"),
        Output::Speak {
            generation,
            phrase,
            text,
            ..
        } => format!("speak {generation}.{phrase} '{text}'"),
        Output::FinishSpeech { generation } => format!("finish {generation}"),
        Output::PauseSpeech { generation } => format!("pause {generation}"),
        Output::ResumeSpeech { generation } => format!("resume {generation}"),
        Output::FlushSpeech { generation } => format!("flush {generation}"),
        Output::State(state) => format!("{state:?}"),
        Output::Transcript { id, text, is_final, .. } => {
            format!("heard #{} '{text}'{}", id.0, if *is_final { "" } else { " ..." })
        }
        Output::Reply {
            id, text, interrupted, ..
        } => format!("reply #{} '{text}'{}", id.0, if *interrupted { " cut" } else { "" }),
        Output::Hint { .. } => "hint".to_owned(),
        Output::Latency(l) => format!("latency {}+{}+{}+{}={}", l.end_of_turn, l.stt, l.llm, l.tts, l.total),
        Output::Record(record) => format!(
            "record #{} {:?} '{}' at {}",
            record.id.0, record.speaker, record.text, record.progress.step
        ),
        Output::Trouble(trouble) => format!("trouble {trouble:?}"),
        Output::Completed => "completed".to_owned(),
        Output::Ended { reason } => format!("ended {reason:?}"),
    }
}
