//! What an engine is: one trait each for listening, thinking, speaking and assessing.
//!
//! Every engine answers with a stream or a future. Dropping it cancels the work. Nothing here blocks: an engine that computes
//! for more than a millisecond does so on its own bounded pool and hands results over a channel.

mod transcript;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use tokio::sync::mpsc;

pub use colloquy_media::turn::Fit;
pub use transcript::{OwnWords, Transcript, UNHEARD, WordTiming, Wording};

use crate::assessment::speech::Assessment;
use crate::correction::{Correction, Guidance};
use crate::language::Language;
use crate::melody::Melody;
use crate::scenario::{Progress, Script};

/// The rate of all speech that engines hear, in Hz.
pub const HEARD_RATE: u32 = 16_000;

/// A stream of results that is cancelled by dropping it.
pub type Results<T> = BoxStream<'static, Result<T, EngineError>>;

/// Why an engine failed.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum EngineError {
    /// It can't do what was asked, ever: a language it has no voice for, a missing program or key.
    #[error("{engine} can't do this: {reason}")]
    Unsupported {
        /// The engine's name.
        engine: &'static str,
        /// What is missing.
        reason: String,
    },
    /// It refused or broke; the same request will fail again.
    #[error("{engine} failed: {reason}")]
    Failed {
        /// The engine's name.
        engine: &'static str,
        /// What it said.
        reason: String,
    },
    /// It won't say this, by its own rules of what may be said. That tells nothing of its health.
    #[error("{engine} refuses: {reason}")]
    Refused {
        /// The engine's name.
        engine: &'static str,
        /// The rule.
        reason: String,
    },
    /// It is away, overloaded or slow; a later request may succeed.
    #[error("{engine} is unavailable: {reason}")]
    Unavailable {
        /// The engine's name.
        engine: &'static str,
        /// What was seen.
        reason: String,
    },
    /// It has had too many requests and says when it will take more.
    #[error("{engine} has had enough for {} s: {reason}", .rest.as_secs())]
    Resting {
        /// The engine's name.
        engine: &'static str,
        /// What it said.
        reason: String,
        /// How long it wants to be left alone.
        rest: Duration,
    },
}

impl EngineError {
    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Resting { .. })
    }
}

/// What a listener should expect to hear.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expected {
    /// The answers that the step of the scenario expects.
    pub phrases: Vec<ExpectedPhrase>,
    /// Words of the scenario, for an open guess at an answer that is none of the phrases.
    pub vocabulary: Vec<String>,
}

impl Expected {
    /// Whether a phrase, by its number, is a short answer: the name of a value and little else, which nobody suggests.
    pub fn is_short(&self, phrase: usize) -> bool {
        let first = self.phrases[phrase].instead_of;
        first.is_some_and(|first| self.phrases[first].instead_of == Some(first))
    }
}

/// One expected answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedPhrase {
    /// As written and shown.
    pub text: String,
    /// As read aloud by the embedded voice, where the writing system needs it (pinyin).
    pub spoken: Option<String>,
    /// Whether it ends the conversation: then it must clearly win over all others.
    pub leaves: bool,
    /// The phrase, by its number, that this one is but for a value that it names ("three" for "four"). Those come after all others. Of
    /// short answers ([`Expected::is_short`]) it is the first that names a value of the same kind; that one names itself.
    pub instead_of: Option<usize>,
}

/// One utterance to recognise.
#[derive(Clone, Debug)]
pub struct ListenRequest {
    /// The language that is practised.
    pub language: Language,
    /// What the conversation expects now.
    pub expected: Arc<Expected>,
}

/// What a listener is told.
#[derive(Clone, Debug)]
pub enum Listen {
    /// The next samples, mono at [`HEARD_RATE`]; the pre-roll comes first.
    Audio(Arc<[i16]>),
    /// The speaker paused: answer with a [`Heard::View`] of everything up to here, also when they go on meanwhile. When
    /// pauses follow each other fast, only the newest needs an answer.
    Pause {
        /// The number of the pause in the utterance; they rise.
        pause: u32,
    },
    /// The turn is over: answer with [`Heard::Final`] and end the stream.
    End,
}

/// What a listener says.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// A guess while the person is still speaking; each replaces the one before.
    Partial {
        /// The guess.
        text: String,
    },
    /// The answer to [`Listen::Pause`].
    View {
        /// The pause that was asked about.
        pause: u32,
        /// What was said up to the pause.
        transcript: Transcript,
        /// How it fits what is expected.
        fit: Fit,
    },
    /// What was said in the whole turn.
    Final(Transcript),
}

/// The recogniser: speech to text.
pub trait Stt: Send + Sync + 'static {
    /// A short lower-case name for logs and metrics.
    fn name(&self) -> &'static str;
    /// Whether it recognises the language.
    fn recognises(&self, _language: Language) -> bool {
        true
    }
    /// Recognises one utterance, whose audio arrives on `input`. A closed `input` without [`Listen::End`] cancels.
    fn listen(&self, request: ListenRequest, input: mpsc::Receiver<Listen>) -> Results<Heard>;
    /// Makes ready in the background for what will be expected next, so that who listens first doesn't wait. Returns at once;
    /// what goes wrong shows when listening.
    fn prepare(&self, _language: Language, _expected: Arc<Expected>) {}
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The agent.
    Agent,
    /// The person who learns.
    Learner,
}

/// One message of the conversation as it was heard: the agent's are cut to what was played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utterance {
    /// Who said it.
    pub speaker: Speaker,
    /// The words.
    pub text: String,
}

/// Why the agent speaks now.
#[derive(Clone, Debug, PartialEq)]
pub enum Occasion {
    /// The conversation begins.
    Opener,
    /// The learner said something.
    Answer(Transcript),
    /// Nobody has said anything for a while.
    Idle,
}

/// One reply to make.
#[derive(Clone, Debug)]
pub struct ReplyRequest {
    /// The scenario in the language that is practised.
    pub script: Arc<Script>,
    /// How far the scenario has come, this occasion not yet counted.
    pub progress: Progress,
    /// The learner's own language, for translations.
    pub native_language: Language,
    /// What was said so far, oldest first, this occasion not included.
    pub history: Vec<Utterance>,
    /// Why the agent speaks.
    pub occasion: Occasion,
    /// How the learner is guided.
    pub guidance: Guidance,
}

/// What there is to learn from a reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Insights {
    /// Words of it that the scenario teaches.
    pub vocabulary: Vec<String>,
    /// The grammar that the step which it opens practises, in English.
    pub grammar: Vec<String>,
    /// What to know about the culture there.
    pub notes: Vec<String>,
    /// What of the learner's words it says in the right form.
    pub correction: Option<Box<Correction>>,
    /// What its lines mean, as far as each has a translation of its own.
    pub lines: Vec<LineMeaning>,
}

/// A line of a reply, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineMeaning {
    /// Where it stands in the reply, in bytes.
    pub at: Range<usize>,
    /// Its translation.
    pub translation: String,
}

impl Insights {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.vocabulary.is_empty()
            && self.grammar.is_empty()
            && self.notes.is_empty()
            && self.correction.is_none()
            && self.lines.is_empty()
    }
}

/// Something that a reply does beside being said, once it is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The conversation ends with it.
    EndConversation,
    /// Answers that would fit are shown.
    GiveHint,
}

/// A piece of a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum ReplyPiece {
    /// More of its text.
    Text(String),
    /// The words so far end a phrase, which is said now: if there are more, they take a while.
    PhraseEnd,
    /// A phrase that fills the time while something is looked up. It is said, as are the words before it, but they are no reply.
    /// It may be empty, where those words say it already.
    Aside(String),
    /// Something that it does.
    Act(Act),
    /// Its translation into the learner's language, once it is known.
    Translation(String),
    /// What there is to learn from it, if anything.
    Insights(Insights),
    /// It is whole; the stream ends.
    Done {
        /// Where the scenario stands if this reply is given.
        progress: Progress,
    },
}

/// The dialogue model: what to say.
pub trait Llm: Send + Sync + 'static {
    /// A short lower-case name for logs and metrics.
    fn name(&self) -> &'static str;
    /// The language of its translations for a learner with this native language, as far as one can tell before a reply is
    /// made. The scenarios themselves are translated into English only.
    fn translates_into(&self, _native: Language) -> Option<Language> {
        Some(Language::English)
    }
    /// Makes one reply. It has no effect until the caller keeps the [`ReplyPiece::Done`] progress, so a reply may be
    /// prepared during a pause and thrown away.
    fn reply(&self, request: ReplyRequest) -> Results<ReplyPiece>;
}

/// How fast to speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pace {
    /// As a native speaker would.
    #[default]
    Natural,
    /// For a beginner.
    Slow,
    /// For somebody who wants to hear each word.
    Slower,
}

impl Pace {
    /// The next slower one, if there is one.
    pub fn slower(self) -> Self {
        match self {
            Self::Natural => Self::Slow,
            Self::Slow | Self::Slower => Self::Slower,
        }
    }
}

/// One phrase to say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SpeakRequest {
    /// The language of the text.
    pub language: Language,
    /// What to say.
    pub text: String,
    /// How fast.
    pub pace: Pace,
    /// How its melody goes, where that is what it is said for: an exercise teaches it. None leaves it to the voice. So do voices that
    /// can't be told.
    pub melody: Option<Melody>,
}

/// A piece of speech.
#[derive(Clone, Debug)]
pub struct SpeechChunk {
    /// The next samples, mono.
    pub pcm: Arc<[i16]>,
    /// Their rate in Hz, the same for all chunks of a phrase.
    pub rate: u32,
    /// Timings of words, measured from the start of the phrase; may come with any chunk, each word once.
    pub words: Vec<WordTiming>,
}

/// The voice: text to speech.
pub trait Tts: Send + Sync + 'static {
    /// A short lower-case name for logs and metrics.
    fn name(&self) -> &'static str;
    /// Whether it has a voice for the language.
    fn speaks(&self, language: Language) -> bool;
    /// Whether the same request always gives the same speech at no cost, so that it is worth keeping encoded.
    fn is_cacheable(&self) -> bool;
    /// Says one phrase.
    fn speak(&self, request: SpeakRequest) -> Results<SpeechChunk>;
}

/// One utterance to assess.
#[derive(Clone, Debug)]
pub struct AssessRequest {
    /// The language of the text.
    pub language: Language,
    /// What should have been said.
    pub reference: Arc<str>,
    /// What was said, mono at [`HEARD_RATE`].
    pub pcm: Arc<[i16]>,
}

/// The assessor: how well something was said.
pub trait Assessor: Send + Sync + 'static {
    /// A short lower-case name for logs and metrics.
    fn name(&self) -> &'static str;
    /// Whether it can judge the language.
    fn assesses(&self, language: Language) -> bool;
    /// Assesses one utterance. It ends by itself in bounded time, with an error if need be: what computes can't be cut off by dropping
    /// this, so whoever asks keeps room for it until it has answered.
    fn assess(&self, request: AssessRequest) -> BoxFuture<'static, Result<Assessment, EngineError>>;
}
