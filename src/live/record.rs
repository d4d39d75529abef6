//! From the mind's words to the wire's and the storage's: message numbers become ids, instants become times.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use colloquy_agents::assessment::vocabulary;
use colloquy_agents::correction::{Correction, Slip};
use colloquy_agents::engine::{self, Speaker};
use colloquy_agents::language::Language;
use colloquy_agents::mind::{self, Output, State, Trouble};
use colloquy_agents::scenario::{self, Script};
use colloquy_signaling::events::{AgentState, Gloss, Grade, LineMeaning, Recast, ServerEvent, Suggestion};
use serde_json::{Map, Value, json};

use crate::clock::Timestamp;
use crate::ids::{ConversationId, MessageId};
use crate::storage::event::Event;
use crate::storage::messages::{Message, Sender};
use crate::storage::writer::Writer;

/// Names the messages of one conversation, and keeps them.
pub struct Recorder {
    conversation: ConversationId,
    script: Arc<Script>,
    /// The language of the translations of what the tutor says, where it is known.
    translated_into: Option<Language>,
    writer: Writer,
    ids: HashMap<mind::MessageId, MessageId>,
    /// The opener, as long as it was made with the conversation and never heard.
    unheard_opener: Option<MessageId>,
    /// When the message before began.
    last: Timestamp,
}

/// What became of a message.
#[derive(Debug)]
pub struct Recorded {
    /// The message, unless it is the opener, which was there before.
    pub message: Option<Message>,
    /// What the learner is told of it: what they said themselves is understood, and so translated, only by now.
    pub event: Option<ServerEvent>,
}

impl Recorder {
    /// A recorder of a conversation. `translated_into` is the language of the dialogue model's translations, and
    /// `unheard_opener` the message that it was made with, unless that was heard before.
    pub fn new(
        conversation: ConversationId,
        script: Arc<Script>,
        translated_into: Option<Language>,
        writer: Writer,
        unheard_opener: Option<MessageId>,
    ) -> Self {
        Self {
            conversation,
            script,
            translated_into,
            writer,
            ids: HashMap::new(),
            unheard_opener,
            last: Timestamp::default(),
        }
    }

    /// The conversation whose messages it keeps.
    pub fn conversation(&self) -> &ConversationId {
        &self.conversation
    }

    /// Where it keeps them.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// The words of a message of the learner's that no dictionary has to know.
    pub fn known_words(&self, record: &mind::Record) -> Vec<String> {
        self.script.known_words(&record.progress, &record.text)
    }

    /// How many words of a text are those that the scenario teaches.
    pub fn taught_words(&self, text: &str) -> usize {
        self.script.taught_words(text).len()
    }

    /// Keeps a message, and where the scenario stands after it.
    pub fn record(&mut self, record: &mind::Record) -> Recorded {
        if record.speaker == Speaker::Learner {
            // Whoever answers before they heard the opener has read it: it was in the answer to their first request.
            self.unheard_opener = None;
        }
        let is_opener = self.unheard_opener.is_some();
        let id = self.name(record.id, record.speaker);
        let translation = Some(record.translation.clone()).filter(|translation| !translation.is_empty());
        let told = translation.as_ref().filter(|_| record.speaker == Speaker::Learner);
        let told = told.map(|translation| ServerEvent::Translation {
            id: id.as_str().to_owned(),
            text: record.text.clone(),
            translation: translation.clone(),
            translation_language: Language::English.tag().to_owned(),
        });
        let latency = record.latency.map(|latency| {
            json!({
                "end_of_turn": latency.end_of_turn,
                "stt": latency.stt,
                "llm": latency.llm,
                "tts": latency.tts,
                "total": latency.total,
            })
        });
        // Of the learner's messages it is they who took a while.
        let response = record.response.map(|took| json!({ "response": millis(took) }));
        let latency = latency.or(response);
        // Two clocks are read, so an answer and its reply within a millisecond could change places.
        self.last = timestamp_of(record.started).max(self.last);
        let message = if is_opener {
            self.unheard_opener = None;
            self.writer.record(Event::Heard {
                conversation_id: self.conversation.clone(),
                message_id: id,
                content: record.text.clone(),
                translation,
                interrupted: record.intended.is_some(),
            });
            None
        } else {
            let message = Message {
                id,
                conversation_id: self.conversation.clone(),
                sender: match record.speaker {
                    Speaker::Agent => Sender::Ai,
                    Speaker::Learner => Sender::User,
                },
                content: record.text.clone(),
                translation,
                interrupted: record.intended.is_some(),
                analysis: self.analysis(record),
                insights: insights(record),
                latency,
                audio_url: None,
                created_at: self.last,
            };
            self.writer.record(Event::Said {
                message: message.clone(),
            });
            Some(message)
        };
        if let Ok(progress) = serde_json::to_value(&record.progress) {
            self.writer.record(Event::Advanced {
                conversation_id: self.conversation.clone(),
                topics_covered: self.script.steps_covered(&record.progress),
                progress,
            });
        }
        Recorded { message, event: told }
    }

    fn analysis(&self, record: &mind::Record) -> Option<Value> {
        (record.speaker == Speaker::Learner)
            .then(|| analysis(&record.text, &record.slips, record.answered_in, &self.script))
    }

    /// What the learner is told of an output, if anything.
    pub fn event(&mut self, output: Output) -> Option<ServerEvent> {
        Some(match output {
            Output::State(state) => ServerEvent::State {
                state: match state {
                    State::Listening => AgentState::Listening,
                    State::Thinking => AgentState::Thinking,
                    State::Speaking => AgentState::Speaking,
                },
            },
            Output::Transcript {
                id,
                text,
                is_final,
                turn_detected,
                language,
            } => ServerEvent::Transcript {
                id: self.name(id, Speaker::Learner).as_str().to_owned(),
                text,
                is_final,
                turn_detected,
                language: language.tag().to_owned(),
            },
            Output::Reply {
                id,
                text,
                translation,
                insights,
                interrupted,
                answers,
            } => ServerEvent::AiResponse {
                correction: self.recast(insights.correction, answers),
                id: self.name(id, Speaker::Agent).as_str().to_owned(),
                glossary: glossary(&self.script, &text),
                lines: lines(&text, insights.lines),
                text,
                translation_language: self
                    .translated_into
                    .filter(|_| !translation.is_empty())
                    .map(|language| language.tag().to_owned()),
                translation: Some(translation).filter(|translation| !translation.is_empty()),
                interrupted,
                new_vocabulary: insights.vocabulary,
                grammar_patterns: insights.grammar,
                cultural_notes: insights.notes,
            },
            Output::Hint { replies } => ServerEvent::Hint {
                replies: replies
                    .into_iter()
                    .map(|hint| {
                        let translation = Some(hint.translation).filter(|translation| !translation.is_empty());
                        Suggestion {
                            grade: match hint.grade {
                                scenario::Grade::Beginning => Grade::Beginning,
                                scenario::Grade::Short => Grade::Short,
                                scenario::Grade::Whole => Grade::Whole,
                            },
                            text: hint.text,
                            translation_language: translation.as_ref().map(|_| Language::English.tag().to_owned()),
                            translation,
                        }
                    })
                    .collect(),
            },
            Output::Latency(latency) => ServerEvent::Latency {
                id: self.name(latency.turn, Speaker::Learner).as_str().to_owned(),
                end_of_turn: latency.end_of_turn as f64,
                stt: latency.stt as f64,
                llm: latency.llm as f64,
                tts: latency.tts as f64,
                total: latency.total as f64,
                parts: Map::new(),
            },
            Output::Trouble(trouble) => {
                let unrecognised = || format!("{}: please type your answer", no_recogniser(self.script.language()));
                let (code, message) = match trouble {
                    Trouble::Recognition => ("RECOGNITION_FAILED", "Your words could not be recognised".to_owned()),
                    Trouble::NoRecogniser => (NO_RECOGNISER, unrecognised()),
                    Trouble::Reply => ("REPLY_FAILED", "No reply could be made".to_owned()),
                    Trouble::Speech => (
                        "SPEECH_FAILED",
                        "The reply could not be spoken; it is shown as text".to_owned(),
                    ),
                };
                ServerEvent::Error {
                    code: code.to_owned(),
                    message,
                }
            }
            _ => return None,
        })
    }

    /// What of the learner's words a reply says in the right form.
    fn recast(&mut self, correction: Option<Box<Correction>>, answers: Option<mind::MessageId>) -> Option<Box<Recast>> {
        let (correction, message) = (*correction?, answers?);
        Some(Box::new(Recast {
            message_id: self.name(message, Speaker::Learner).as_str().to_owned(),
            wrong: correction.wrong,
            right: correction.right,
            explanation: correction.explanation,
        }))
    }

    /// The mind's number of a message.
    pub fn number_of(&self, id: &str) -> Option<mind::MessageId> {
        let (number, _) = self.ids.iter().find(|(_, named)| named.as_str() == id)?;
        Some(*number)
    }

    /// The id of a message of the mind's.
    fn name(&mut self, id: mind::MessageId, speaker: Speaker) -> MessageId {
        let opener = self.unheard_opener.as_ref().filter(|_| speaker == Speaker::Agent);
        self.ids
            .entry(id)
            .or_insert_with(|| opener.cloned().unwrap_or_else(MessageId::new))
            .clone()
    }
}

/// What words of a text mean.
fn glossary(script: &Script, text: &str) -> Vec<Gloss> {
    let glosses = script.glosses(text).into_iter();
    glosses
        .map(|gloss| Gloss {
            word: gloss.word,
            meaning: gloss.meaning,
            meaning_language: gloss.language.tag().to_owned(),
            start: utf16(text, gloss.at.start),
            end: utf16(text, gloss.at.end),
        })
        .collect()
}

/// What its lines mean; those of a text that was cut end with it.
fn lines(text: &str, lines: Vec<engine::LineMeaning>) -> Vec<LineMeaning> {
    let lines = lines.into_iter().filter(|line| text.get(line.at.clone()).is_some());
    lines
        .map(|line| LineMeaning {
            start: utf16(text, line.at.start),
            end: utf16(text, line.at.end),
            translation: line.translation,
        })
        .collect()
}

/// A place in a text as JavaScript counts; `at` is in bytes.
fn utf16(text: &str, at: usize) -> usize {
    text[..at].encode_utf16().count()
}

/// What can be told about a learner's words at once, as document 000 shows it. The rest is null until it was assessed.
pub(super) fn analysis(text: &str, slips: &[Slip], answered_in: Option<Language>, script: &Script) -> Value {
    let errors: Vec<Value> = slips.iter().filter_map(|slip| error(text, slip)).collect();
    let mut analysis = json!({
        "grammar_score": null,
        "pronunciation_score": null,
        "vocabulary_level": vocabulary::level(text, script),
        "errors": errors,
        "improvements": [],
    });
    if let Some(language) = answered_in {
        analysis["answered_in"] = json!(language);
    }
    analysis
}

/// A mistake as document 000 shows it, and why it is one.
fn error(text: &str, slip: &Slip) -> Option<Value> {
    Some(json!({
        "type": slip.kind,
        "word": slip.wrong(text)?,
        "suggestion": slip.right,
        "explanation": slip.explanation,
        "code": slip.code,
        "rule": slip.rule,
        "audio_example": null,
    }))
}

/// What there is to learn from the tutor's words, as document 000's `learning_insights`.
fn insights(record: &mind::Record) -> Option<Value> {
    let found = &record.insights;
    (record.speaker == Speaker::Agent).then(|| {
        let mut insights = json!({
            "new_vocabulary": found.vocabulary,
            "grammar_patterns": found.grammar,
            "cultural_notes": found.notes,
        });
        if let Some(correction) = &found.correction {
            insights["correction"] = json!({
                "wrong": correction.wrong,
                "right": correction.right,
                "explanation": correction.explanation,
            });
        }
        insights
    })
}

/// Whole milliseconds.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The wall-clock time of an instant of this process.
fn timestamp_of(instant: Instant) -> Timestamp {
    Timestamp::now().earlier(instant.elapsed())
}

/// The code of the error that the learner gets who speaks in a language that nobody here recognises.
pub(super) const NO_RECOGNISER: &str = "RECOGNITION_UNAVAILABLE";

/// What to tell them.
pub fn no_recogniser(language: Language) -> String {
    format!("Spoken {} is not understood here yet", language.english_name())
}
