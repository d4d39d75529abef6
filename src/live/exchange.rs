//! A turn without a peer: what the learner says goes in whole, and the tutor's whole reply comes out, both recorded. The same
//! agent answers as in a call.

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::engine::{Heard, Listen, ListenRequest, Pace};
use colloquy_agents::language::Language;
use colloquy_agents::mind::MindConfig;
use colloquy_agents::scenario::{Progress, Script};
use colloquy_media::vad;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::conversation::{self, Assessed, JoinError};
use super::lesson::{self, Opener};
use super::line::{self, HangUp, LineEvent};
use super::placement::Place;
use super::port::OpenLine;
use super::record::analysis;
use super::{Call, Lesson, Live};
use crate::clock::Timestamp;
use crate::conversations::{ConversationError, Conversations};
use crate::ids::ConversationId;
use crate::presence::fleet::FleetError;
use crate::storage::StorageError;
use crate::storage::conversations::Conversation;
use crate::storage::messages::{Message, Sender};

pub use super::line::Said;

/// One turn and its answer, both stored already.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// The learner's, as recognised or typed. Empty, and not stored, when there was no speech in the recording.
    pub heard: Message,
    /// The tutor's.
    pub reply: Message,
    /// How fast it is to be spoken.
    pub pace: Pace,
    /// Where the scenario stands now; none in an open talk.
    pub step: Option<StepView>,
    /// Whether the scenario is played to its end.
    pub is_complete: bool,
    /// The learner's turns so far.
    pub exchanges: u32,
}

/// A step of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepView {
    /// `taking_drink_order`
    pub id: String,
    /// `Taking Drink Order`
    pub name: String,
}

/// Why a turn was not answered.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The conversation is over, or nobody's.
    #[error(transparent)]
    Conversation(#[from] ConversationError),
    /// Nothing was said.
    #[error("the message is empty")]
    Empty,
    /// More than a turn can hold.
    #[error("a turn can hold {LONGEST_TEXT} characters, or {} seconds of speech", LONGEST_SPEECH.as_secs())]
    TooLong,
    /// Nobody here recognises the language when it is spoken.
    #[error("Spoken {} is not understood here yet: please type your answer", .0.english_name())]
    NoRecogniser(Language),
    /// No dialogue model replied.
    #[error("no reply could be made")]
    Unanswered,
    /// It took too long.
    #[error("the reply took too long")]
    TimedOut,
    /// This node takes no more turns.
    #[error("this server takes no more turns")]
    Closing,
    /// Another node holds the call, and can't be asked.
    #[error(transparent)]
    Elsewhere(#[from] FleetError),
    /// Our fault.
    #[error("the turn could not be taken: {0}")]
    Failed(String),
}

/// Characters of a typed turn.
pub const LONGEST_TEXT: usize = 4_000;
/// A recorded turn.
pub const LONGEST_SPEECH: Duration = Duration::from_secs(120);
const RATE: usize = colloquy_media::HEARD_RATE as usize;
/// How long recognisers and dialogue models may take together, with all their fallbacks.
const PATIENCE: Duration = Duration::from_secs(30);
/// The same in a call, where the reply counts when it was played.
const CALL_PATIENCE: Duration = Duration::from_secs(90);
/// How much longer a turn may take to be assessed than to be answered.
const ASSESSMENT: Duration = Duration::from_secs(1);
/// How long somebody may take to be connected to a call.
const CONNECTING: Duration = Duration::from_secs(5);
const CONNECTING_STEP: Duration = Duration::from_millis(250);
/// Events that wait for whoever holds a line.
const EVENTS: usize = 64;
/// What is kept before the first and after the last voice of a recording, in samples: 400 ms.
const MARGIN: usize = RATE * 2 / 5;
/// What is put there where the recording begins or ends with the voice: 200 ms. Whoever holds a key to talk cuts into the word, and
/// without room it is heard badly.
const ROOM: usize = RATE / 5;

/// A line that is held until this is dropped.
#[derive(Debug)]
pub struct Held {
    /// What goes in.
    pub line: actix::Addr<line::Line>,
    /// What comes out.
    pub events: mpsc::Receiver<LineEvent>,
    /// What the conversation is about.
    pub script: Arc<Script>,
}

/// What came of a turn.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The learner's message, if they said anything.
    pub heard: Option<Message>,
    /// The tutor's.
    pub reply: Message,
    /// Where the scenario stands now.
    pub progress: Progress,
}

impl Live {
    /// Takes a whole turn in a conversation, and waits for its answer. Turns of one conversation follow each other. Where
    /// somebody is in a call of that conversation, they hear the answer there, too.
    pub async fn exchange(&self, conversation: &Conversation, said: Said) -> Result<Exchange, ExchangeError> {
        let language = Language::parse(&conversation.language);
        if let (Said::Speech(_), Some(language)) = (&said, language)
            && !self.engines().stt.recognises(language)
        {
            return Err(ExchangeError::NoRecogniser(language));
        }
        let said = prepared(said).await?;
        let conversations = self.conversations().ok_or(ExchangeError::Closing)?;
        let id = &conversation.id;
        let _turn = self.take_turn(id).await.ok_or(ExchangeError::TimedOut)?;
        // What was said before it was this turn's time has changed it.
        let conversation = conversations.open(&conversation.owner_id, id, Timestamp::now()).await?;
        let lesson = lesson::prepare(&conversations, self.engines(), &conversation, Opener::Read).await?;
        let script = lesson.mind.script.clone();
        let exchanges = lesson.exchanges;
        let outcome = self.take(id, lesson, said).await.map_err(|error| match error {
            // It can be taken up again elsewhere.
            ExchangeError::Conversation(ConversationError::Ended) if self.is_closing() => ExchangeError::Closing,
            error => error,
        })?;
        self.flush(id).await;
        let Outcome { heard, reply, progress } = outcome;
        Ok(Exchange {
            exchanges: u32::try_from(exchanges + usize::from(heard.is_some())).unwrap_or(u32::MAX),
            heard: heard.unwrap_or_else(|| nothing(id, &script, reply.created_at)),
            reply,
            pace: script.pace(&progress),
            step: step(&script, &progress),
            is_complete: script.is_complete(&progress),
        })
    }

    /// Opens a line for sound that comes as it is spoken.
    pub async fn line(&self, conversation: &Conversation) -> Result<Held, JoinError> {
        let conversations = self.conversations().ok_or(JoinError::Closing)?;
        let lesson = lesson::prepare(&conversations, self.engines(), conversation, Opener::Read).await?;
        // Listening is what costs; a turn that is handed in whole is taken in any case.
        let place = self.place().await?;
        self.open_line(lesson, Some(place)).await
    }

    /// `listening_on`: the place where it listens; without one it has no ear.
    async fn open_line(&self, lesson: Lesson, listening_on: Option<Place>) -> Result<Held, JoinError> {
        if self.is_closing() {
            return Err(JoinError::Closing);
        }
        let call = self.next_call();
        let has_ear = listening_on.is_some();
        let script = lesson.mind.script.clone();
        let (sender, events) = mpsc::channel(EVENTS);
        let open = OpenLine {
            call,
            lesson: Lesson {
                mind: unhurried(lesson.mind, !has_ear),
                ..lesson
            },
            engines: self.0.engines.clone(),
            has_ear,
            events: sender,
        };
        // Lines without an ear come and go too fast to be weighed: they take turns.
        let in_turn = call as usize % self.0.ports.len();
        let arbiter = listening_on.as_ref().map_or(in_turn, |place| place.thread);
        let port = &self.0.ports[arbiter];
        let line = port.send(open).await.map_err(|_| JoinError::Closing)??;
        Ok(Held { line, events, script })
    }

    /// Takes a turn where the conversation is held: in its call, on whichever node, or over a line of its own.
    async fn take(&self, id: &ConversationId, lesson: Lesson, said: Said) -> Result<Outcome, ExchangeError> {
        if let Some(call) = self.attended(id).await? {
            let text = self.in_words(&lesson, &said).await?;
            return self.take_in_call(&call, text).await;
        }
        let Some(elsewhere) = self.elsewhere(id).await else {
            return self.take_alone(lesson, said).await;
        };
        let text = self.in_words(&lesson, &said).await?;
        match elsewhere.take(text).await? {
            Some(outcome) => Ok(outcome),
            // A line of its own judges how it was said, too.
            None => self.take_alone(lesson, said).await,
        }
    }

    async fn take_alone(&self, lesson: Lesson, said: Said) -> Result<Outcome, ExchangeError> {
        let mut held = self.open_line(lesson, None).await?;
        held.line.do_send(said);
        timeout(PATIENCE, outcome(&mut held.events))
            .await
            .map_err(|_| ExchangeError::TimedOut)?
    }

    /// In a call, speech is taken for what it says, and how it was said isn't judged: the call has its own ear for what is spoken in
    /// it.
    async fn in_words(&self, lesson: &Lesson, said: &Said) -> Result<String, ExchangeError> {
        let text = match said {
            Said::Text(text) | Said::Read { text, .. } => text.clone(),
            Said::Speech(samples) => timeout(PATIENCE, self.recognise(lesson, samples))
                .await
                .map_err(|_| ExchangeError::TimedOut)??,
        };
        if text.is_empty() {
            return Err(ExchangeError::Empty);
        }
        Ok(text)
    }

    pub(super) async fn take_in_call(&self, call: &Call, text: String) -> Result<Outcome, ExchangeError> {
        let (watcher, mut events) = mpsc::channel(EVENTS);
        let turn = conversation::Turn { text, watcher };
        call.conversation
            .send(turn)
            .await
            .map_err(|_| ExchangeError::Failed("the call has just ended".to_owned()))?;
        timeout(CALL_PATIENCE, outcome(&mut events))
            .await
            .map_err(|_| ExchangeError::TimedOut)?
    }

    async fn recognise(&self, lesson: &Lesson, samples: &[i16]) -> Result<String, ExchangeError> {
        let script = &lesson.mind.script;
        let request = ListenRequest {
            language: script.language(),
            expected: script.expected(&lesson.mind.progress).into(),
        };
        let (sound, input) = mpsc::channel(2);
        let mut heard = self.engines().stt.listen(request, input);
        let feed = async move {
            // It fails when the recogniser has; then that tells why.
            let _ = sound.send(Listen::Audio(samples.into())).await;
            let _ = sound.send(Listen::End).await;
        };
        let listen = async {
            while let Some(heard) = heard.next().await {
                if let Heard::Final(transcript) = heard.map_err(|error| ExchangeError::Failed(error.to_string()))? {
                    return Ok(transcript.text);
                }
            }
            Err(ExchangeError::Failed("the recogniser has no final word".to_owned()))
        };
        let ((), text) = futures::join!(feed, listen);
        text
    }

    /// The call of a conversation, if somebody is in it. One that everybody has left is closed: the turn goes on without it.
    pub(super) async fn attended(&self, id: &ConversationId) -> Result<Option<Call>, ExchangeError> {
        let mut waited = Duration::ZERO;
        while let Some(call) = self.find(id) {
            match call.conversation.send(conversation::Attendance).await {
                Ok(conversation::Attended::Here) => return Ok(Some(call)),
                Ok(conversation::Attended::Empty) => {
                    self.conclude(id, &call).await;
                    call.conversation.do_send(conversation::Farewell { event: None });
                    self.forget(id, call.number);
                }
                // Somebody is about to be connected, or to be lost.
                Ok(conversation::Attended::Connecting) if waited < CONNECTING => {
                    tokio::time::sleep(CONNECTING_STEP).await;
                    waited += CONNECTING_STEP;
                }
                Ok(conversation::Attended::Connecting) => return Err(ExchangeError::TimedOut),
                Err(_) => self.forget(id, call.number),
            }
        }
        Ok(None)
    }

    fn conversations(&self) -> Option<Conversations> {
        self.0.conversations.get().cloned()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.line.do_send(HangUp);
    }
}

/// What can be taken of what was said. Of a recording, the part with voice in it.
async fn prepared(said: Said) -> Result<Said, ExchangeError> {
    match said {
        Said::Text(text) => Ok(Said::Text(written(&text)?)),
        Said::Speech(samples) => Ok(Said::Speech(voiced(samples).await?)),
        Said::Read { text, samples } => {
            let text = written(&text)?;
            let samples = voiced(samples).await?;
            match samples.is_empty() {
                true => Ok(Said::Text(text)),
                false => Ok(Said::Read { text, samples }),
            }
        }
    }
}

fn written(text: &str) -> Result<String, ExchangeError> {
    let text = text.trim().replace('\0', "");
    match text.chars().count() {
        0 => Err(ExchangeError::Empty),
        1..=LONGEST_TEXT => Ok(text),
        _ => Err(ExchangeError::TooLong),
    }
}

async fn voiced(samples: Vec<i16>) -> Result<Vec<i16>, ExchangeError> {
    if samples.len() / RATE > LONGEST_SPEECH.as_secs() as usize {
        return Err(ExchangeError::TooLong);
    }
    // It takes a while to go through a long one.
    let voiced = tokio::task::spawn_blocking(move || vad::voice_in_room(&samples, MARGIN, ROOM));
    voiced.await.map_err(|error| ExchangeError::Failed(error.to_string()))
}

/// Nobody is waiting at the other end of the line as in a call: the agent doesn't speak up by itself, recordings take as long as
/// they take, and whoever hands one in is answered even if there is no word in it.
fn unhurried(mind: MindConfig, is_recorded: bool) -> MindConfig {
    MindConfig {
        idle_prompts: 0,
        answers_silence: is_recorded,
        recognition_timeout: PATIENCE,
        ..mind
    }
}

/// Waits for the learner's message, then for the tutor's, and for a while for what is told about the learner's.
async fn outcome(events: &mut mpsc::Receiver<LineEvent>) -> Result<Outcome, ExchangeError> {
    let (mut outcome, mut assessed) = said_and_answered(events).await?;
    let Some(heard) = &mut outcome.heard else {
        return Ok(outcome);
    };
    let deadline = Instant::now() + ASSESSMENT;
    while assessed.as_ref().is_none_or(|assessed| !assessed.is_all_of(&heard.id)) {
        match timeout_at(deadline, events.recv()).await {
            Ok(Some(LineEvent::Assessed(told))) => assessed = Some(told),
            Ok(Some(_)) => {}
            // What is told later is kept with the message.
            Ok(None) | Err(_) => break,
        }
    }
    if let Some(Assessed {
        id,
        analysis: Some(analysis),
        ..
    }) = assessed
        && id == heard.id
    {
        heard.analysis = Some(Value::Object(*analysis));
    }
    Ok(outcome)
}

async fn said_and_answered(
    events: &mut mpsc::Receiver<LineEvent>,
) -> Result<(Outcome, Option<Assessed>), ExchangeError> {
    let mut heard = None;
    let mut assessed = None;
    let mut is_heard = false;
    while let Some(event) = events.recv().await {
        match event {
            LineEvent::Transcript {
                text, is_final: true, ..
            } => is_heard |= text.is_empty(),
            LineEvent::Transcript { .. } => {}
            LineEvent::Recorded { message, .. } if message.sender == Sender::User => {
                is_heard = true;
                heard = Some(*message);
            }
            LineEvent::Recorded { message, progress } if is_heard => {
                let outcome = Outcome {
                    heard,
                    reply: *message,
                    progress: *progress,
                };
                return Ok((outcome, assessed));
            }
            LineEvent::Recorded { .. } => {}
            LineEvent::Assessed(told) => assessed = Some(told),
            LineEvent::Unanswered => return Err(ExchangeError::Unanswered),
            // It was asked before whether there is one.
            LineEvent::Unrecognised => return Err(ExchangeError::Failed("the recogniser is gone".to_owned())),
            LineEvent::Ended(_) => return Err(ConversationError::Ended.into()),
        }
    }
    Err(ExchangeError::Failed("the line broke off".to_owned()))
}

/// What a learner said who said nothing.
fn nothing(conversation: &ConversationId, script: &Script, at: Timestamp) -> Message {
    Message {
        analysis: Some(analysis("", &[], None, script)),
        ..Message::new(conversation.clone(), Sender::User, "", at)
    }
}

fn step(script: &Script, progress: &Progress) -> Option<StepView> {
    (!script.is_open_talk()).then(|| StepView {
        id: script.step_id(progress).to_owned(),
        name: script.step_name(progress),
    })
}

impl From<JoinError> for ExchangeError {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::Closing => Self::Closing,
            JoinError::Overlong => ConversationError::Overlong.into(),
            error => Self::Failed(error.to_string()),
        }
    }
}

impl From<StorageError> for ExchangeError {
    fn from(error: StorageError) -> Self {
        ConversationError::from(error).into()
    }
}
