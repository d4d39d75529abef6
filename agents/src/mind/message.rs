//! What goes into the mind and what comes out of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::correction::Slip;
use crate::engine::{Expected, Fit, Insights, Pace, ReplyPiece, ReplyRequest, Speaker, Transcript, WordTiming};
use crate::language::Language;
use crate::scenario::{Hint, Progress};

/// A message of one conversation, numbered in the order in which they were begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u64);

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The learner is on the way: what is said first is prepared meanwhile.
    Joining,
    /// The learner is there: for the first time, or again.
    Joined,
    /// The learner is away: the connection is lost.
    Left,
    /// The learner began to speak.
    SpeechStarted {
        /// The utterance, numbered by the uplink.
        utterance: u64,
        /// When its first voiced sample arrived.
        first_voiced: Instant,
    },
    /// The learner went on after a pause: a reply prepared in it is void.
    SpeechResumed {
        /// The utterance.
        utterance: u64,
    },
    /// The recogniser's guess while the learner speaks.
    Partial {
        /// The utterance.
        utterance: u64,
        /// The guess; it replaces the one before.
        text: String,
    },
    /// The recogniser's view in a pause.
    View {
        /// The utterance.
        utterance: u64,
        /// What was said up to the pause.
        transcript: Transcript,
        /// How it fits what was expected.
        fit: Fit,
    },
    /// The turn detector gave the turn to the agent.
    TurnEnded {
        /// The utterance.
        utterance: u64,
        /// When its last voiced sample arrived.
        last_voiced: Instant,
    },
    /// What was said in the turn.
    Final {
        /// The utterance.
        utterance: u64,
        /// Empty when it was no speech.
        transcript: Transcript,
    },
    /// No recogniser could say what the utterance was.
    RecognitionFailed {
        /// The utterance.
        utterance: u64,
    },
    /// No recogniser knows the language: the utterance stays unheard.
    RecognitionUnavailable {
        /// The utterance.
        utterance: u64,
    },
    /// The learner typed instead of speaking.
    Typed {
        /// What they typed.
        text: String,
    },
    /// A piece of the reply that was asked for.
    Reply {
        /// The generation it was asked with.
        generation: u64,
        /// The piece.
        piece: ReplyPiece,
    },
    /// No dialogue model could reply, or go on with its reply.
    ReplyFailed {
        /// The generation it was asked with.
        generation: u64,
    },
    /// Speech of a phrase was made and handed to the downlink.
    SpeechMade {
        /// The generation of the reply.
        generation: u64,
        /// The phrase, as numbered in [`Output::Speak`].
        phrase: usize,
        /// How much more of it there is now.
        duration: Duration,
        /// Words of it, measured from the start of the phrase, each once.
        words: Vec<WordTiming>,
    },
    /// The speech of a phrase is whole.
    SpeechEnded {
        /// The generation of the reply.
        generation: u64,
        /// The phrase.
        phrase: usize,
    },
    /// No voice could say a phrase, or the rest of it.
    SpeechFailed {
        /// The generation of the reply.
        generation: u64,
        /// The phrase.
        phrase: usize,
    },
    /// The first frame of the reply left.
    PlayoutStarted {
        /// The generation of the reply.
        generation: u64,
    },
    /// How much of a phrase has left so far.
    PlayoutProgress {
        /// The generation of the reply.
        generation: u64,
        /// The phrase.
        phrase: usize,
        /// From its start.
        played: Duration,
    },
    /// Everything of the reply has left, after [`Output::FinishSpeech`].
    PlayoutFinished {
        /// The generation of the reply.
        generation: u64,
    },
    /// The answer to [`Output::FlushSpeech`].
    Flushed {
        /// The generation of the reply.
        generation: u64,
        /// The phrases of which something had left, and how much of it was heard.
        played: Vec<(usize, Duration)>,
    },
    /// The learner seems to speak over the agent. [`Input::SpeechStarted`] may come before or after it, and then the verdict:
    /// [`Input::FalseAlarm`] or [`Input::BargeInConfirmed`].
    BargeIn,
    /// It was a cough, an echo, or no more than "mhm".
    FalseAlarm {
        /// The utterance.
        utterance: u64,
    },
    /// They mean to take the turn.
    BargeInConfirmed {
        /// The utterance.
        utterance: u64,
    },
    /// The learner pressed the button that silences the agent.
    Interrupt,
    /// "Let me think": the learner wants to be waited for, or no longer.
    Hold {
        /// Whether to wait.
        on: bool,
    },
    /// Silence after an unfinished clause.
    NeedsHelp,
    /// The learner asks what they could say.
    WantsHint,
    /// The learner wants to hear something again that the agent said.
    Repeat {
        /// Which message of this talk; the last one, if left out.
        message: Option<MessageId>,
        /// Whether it is to be said more slowly than usual.
        slowly: bool,
    },
    /// Somebody ends the conversation.
    End,
}

/// Something to do or to tell.
#[derive(Clone, Debug)]
pub enum Output {
    /// What the recogniser should expect of utterances that begin from now on.
    Listen {
        /// The expected answers.
        expected: Arc<Expected>,
    },
    /// Ask the dialogue model for a reply.
    Ask {
        /// Names the reply from here on.
        generation: u64,
        /// What to ask.
        request: Box<ReplyRequest>,
    },
    /// Drop what was asked.
    CancelAsk {
        /// The generation it was asked with.
        generation: u64,
    },
    /// Say a phrase, after those before it.
    Speak {
        /// The generation of the reply.
        generation: u64,
        /// Counted from 0 in each reply.
        phrase: usize,
        /// What to say.
        text: String,
        /// How fast.
        pace: Pace,
    },
    /// The reply has no more phrases.
    FinishSpeech {
        /// The generation of the reply.
        generation: u64,
    },
    /// Fall silent within a frame, and keep the rest.
    PauseSpeech {
        /// The generation of the reply.
        generation: u64,
    },
    /// Go on where it stopped.
    ResumeSpeech {
        /// The generation of the reply.
        generation: u64,
    },
    /// Fall silent, drop the rest, cancel its synthesis, and answer with [`Input::Flushed`].
    FlushSpeech {
        /// The generation of the reply.
        generation: u64,
    },
    /// What the agent does now.
    State(State),
    /// What the learner said.
    Transcript {
        /// The message.
        id: MessageId,
        /// What is known of it; each replaces the one before. Empty in a final one: it was no speech.
        text: String,
        /// Whether it stays so. Every turn has one.
        is_final: bool,
        /// Whether the turn is over.
        turn_detected: bool,
        /// The language that is practised.
        language: Language,
    },
    /// What the agent says: when it starts, again when its text has grown, and again when it was cut.
    Reply {
        /// The message.
        id: MessageId,
        /// The text; when `interrupted`, what was heard of it.
        text: String,
        /// Its translation; empty where it is not known.
        translation: String,
        /// What there is to learn from it, once it is known; of one that was cut, no more than a correction that was heard.
        insights: Insights,
        /// Whether it was cut.
        interrupted: bool,
        /// The learner's message that it answers, if it does.
        answers: Option<MessageId>,
    },
    /// Answers that would fit.
    Hint {
        /// What gives away least first.
        replies: Vec<Hint>,
    },
    /// Where the time of a turn went; given when the reply is first heard.
    Latency(Latency),
    /// A message to keep.
    Record(Box<Record>),
    /// Something failed that the learner notices.
    Trouble(Trouble),
    /// The scenario is done and its last word was heard. The conversation may still go on.
    Completed,
    /// It is over: nothing follows.
    Ended {
        /// Why.
        reason: EndReason,
    },
}

/// What the agent does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is the learner's turn.
    Listening,
    /// The learner's turn is over, and no reply is heard yet.
    Thinking,
    /// A reply is heard.
    Speaking,
}

/// Why a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Somebody asked for it.
    Requested,
    /// The scenario was done and goodbyes were said.
    Completed,
}

/// What failed, after every fallback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The learner was not understood by any recogniser.
    Recognition,
    /// Nobody here recognises the language when it is spoken: the learner has to type.
    NoRecogniser,
    /// No dialogue model replied.
    Reply,
    /// No voice spoke: the reply is only written.
    Speech,
}

/// Where the time of one turn went, in whole milliseconds that add up to the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// The learner's message.
    pub turn: MessageId,
    /// The agent's message.
    pub reply: MessageId,
    /// From the arrival of the last voiced sample until the turn was decided; 0 for typed turns.
    pub end_of_turn: u64,
    /// Until the final transcript; 0 for typed turns.
    pub stt: u64,
    /// Until the first phrase was ready to be spoken.
    pub llm: u64,
    /// Until the first frame left.
    pub tts: u64,
    /// From the last voiced sample to the first frame.
    pub total: u64,
}

/// A message as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The message.
    pub id: MessageId,
    /// Who said it.
    pub speaker: Speaker,
    /// What was said; of the agent's, what was heard.
    pub text: String,
    /// Its translation, where it is known and the message is whole.
    pub translation: String,
    /// What there is to learn from it, where it is the agent's and whole.
    pub insights: Insights,
    /// What may be wrong in it, where it is the learner's.
    pub slips: Vec<Slip>,
    /// The learner's own language, where they said it in that.
    pub answered_in: Option<Language>,
    /// What the agent meant to say, when it was cut.
    pub intended: Option<String>,
    /// Whether it was typed.
    pub typed: bool,
    /// The recogniser's transcript of a learner's spoken message.
    pub transcript: Option<Transcript>,
    /// Where the scenario stood when it was said; of the agent's, where it stands after it.
    pub progress: Progress,
    /// When it was begun.
    pub started: Instant,
    /// When it was over.
    pub ended: Instant,
    /// How the agent's reply came about, when it was heard.
    pub latency: Option<Latency>,
    /// How long the learner took to begin to speak after they had heard the agent to its end. Not known of what was typed or
    /// said over the agent, nor where no voice was heard.
    pub response: Option<Duration>,
}
