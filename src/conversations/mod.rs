//! Conversations, apart from how they reach the program: made, read back, ended.

mod making;
pub mod summary;

use std::sync::Arc;

use colloquy_agents::correction::CorrectionPolicy;
use colloquy_agents::engine::Pace;
use colloquy_agents::language::Language;
use colloquy_agents::scenario::{Progress, Script};
use serde_json::{Map, Value};

use crate::assessment::turns::Assessments;
use crate::calls::{Calls, CallsError};
use crate::clock::Timestamp;
use crate::content::{Category, Content, Subject};
use crate::ids::{ConversationId, OrganisationId, UserId};
use crate::learning::{Learning, practice, review};
use crate::storage::conversations::{Conversation, Feedback, Persona, Surface};
use crate::storage::messages::{MOST_MESSAGES, Message};
use crate::storage::transcript::{Heading, Line, State};
use crate::storage::writer::Writer;
use crate::storage::{Database, StorageError};
use summary::{Ending, recommendations};

/// All conversations; clones share them.
#[derive(Clone)]
pub struct Conversations {
    database: Database,
    writer: Writer,
    content: Arc<dyn Content>,
    learning: Learning,
    assessments: Assessments,
}

/// What a conversation shall be like; what is left out comes from the person's preferences.
#[derive(Clone, Debug)]
pub struct NewConversation {
    /// Its id, where the document that makes it has ids of its own shape; `conv_...` otherwise.
    pub id: Option<ConversationId>,
    /// Through which document it is made.
    pub surface: Surface,
    /// The organisation whose key makes it.
    pub organisation: Option<OrganisationId>,
    /// Any words.
    pub topic: String,
    /// English name or BCP-47 tag.
    pub language: Option<String>,
    /// Any words.
    pub difficulty: Option<String>,
    /// What is done about the learner's mistakes.
    pub correction: Option<CorrectionPolicy>,
    /// Any words.
    pub scenario: Option<String>,
    /// Whatever the caller wants to find again.
    pub context: Map<String, Value>,
}

/// Something else that a conversation shall be about from now on.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSubject {
    /// Any words.
    pub topic: String,
    /// Whom the tutor plays then.
    pub persona: Persona,
    /// What there is to go by then.
    pub context: Map<String, Value>,
}

/// Why something can't be done with a conversation.
#[derive(Debug, thiserror::Error)]
pub enum ConversationError {
    /// There is none of that id, or it is someone else's.
    #[error("there is no such conversation")]
    NotFound,
    /// It has ended, or nothing was said in it for too long.
    #[error("the conversation has ended")]
    Ended,
    /// It is as long as one may become.
    #[error("the conversation has {MOST_MESSAGES} messages, and takes no more; begin another")]
    Overlong,
    /// The language can't be practised.
    #[error("the language {0:?} can't be practised")]
    UnknownLanguage(String),
    /// It can't be ended for now.
    #[error(transparent)]
    Calls(#[from] CallsError),
    /// Nobody could look.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Conversations {
    /// Conversations of a database, with events of live ones still in that writer. What is said in them will be judged by `assessments`.
    pub fn new(
        database: Database,
        writer: Writer,
        content: Arc<dyn Content>,
        learning: Learning,
        assessments: Assessments,
    ) -> Self {
        Self {
            database,
            writer,
            content,
            learning,
            assessments,
        }
    }

    /// The conversation of that id, if it is this person's.
    pub async fn owned(&self, owner: &UserId, id: &ConversationId) -> Result<Conversation, ConversationError> {
        let conversation = self.database.conversation(id).await?;
        conversation
            .filter(|conversation| conversation.owner_id == *owner)
            .ok_or(ConversationError::NotFound)
    }

    /// The same, if more can be said in it.
    pub async fn open(
        &self,
        owner: &UserId,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<Conversation, ConversationError> {
        let conversation = self.owned(owner, id).await?;
        if conversation.is_open(now) {
            Ok(conversation)
        } else {
            Err(ConversationError::Ended)
        }
    }

    /// Everything that was said, up to this moment, each as `render` makes of it, which may be called in vain.
    pub async fn transcript<T>(
        &self,
        owner: &UserId,
        id: &ConversationId,
        render: impl Fn(&Heading<'_>, Option<&Line<'_>>) -> Result<T, StorageError>,
    ) -> Result<Vec<T>, ConversationError> {
        self.written(id).await;
        let transcript = self.database.transcript(owner, id, render).await?;
        if transcript.is_empty() {
            return Err(ConversationError::NotFound);
        }
        Ok(transcript)
    }

    /// Whether a conversation is that owner's, and still in that state.
    pub async fn is_at(&self, owner: &UserId, state: State<'_>) -> Result<bool, StorageError> {
        self.database.is_at(owner, state).await
    }

    /// Ends a conversation and sums it up; again, it gives the same. Nobody may be about to say more in it: see
    /// [`Calls::end`].
    pub async fn complete(&self, id: &ConversationId, now: Timestamp) -> Result<Ending, ConversationError> {
        let messages = self.everything_said(id).await?;
        let conversation = self
            .database
            .conversation(id)
            .await?
            .ok_or(ConversationError::NotFound)?;
        if let Some(ending) = self.database.ending(id).await? {
            return Ok(ending);
        }
        let recommendations = recommendations(&conversation.topic, &self.categories(&conversation));
        let subject = self.subject_of(&conversation.topic);
        if let Some(ending) = self
            .learning
            .end(&conversation, &messages, subject, recommendations, now)
            .await?
        {
            return Ok(ending);
        }
        // Someone else ended it meanwhile: theirs counts.
        self.database.ending(id).await?.ok_or(ConversationError::NotFound)
    }

    fn categories(&self, conversation: &Conversation) -> Vec<Category> {
        let language = Language::parse(&conversation.language);
        language.map_or_else(Vec::new, |language| {
            self.content.categories(language, Some(&conversation.difficulty))
        })
    }

    /// Which scenario a conversation counts for: the one that its topic means, also where it is not played in the language.
    fn subject_of(&self, topic: &str) -> practice::Subject {
        let scenario = self.content.scenario_of(topic);
        let category = scenario.as_ref().and_then(|scenario| {
            let mut categories = Language::ALL
                .iter()
                .flat_map(|language| self.content.categories(*language, None));
            categories.find(|category| category.topics.iter().any(|topic| topic.id == *scenario))
        });
        practice::Subject {
            scenario,
            category: category.map(|category| category.id),
        }
    }

    /// Ends a conversation together with its call: what was said is recorded, summed up, and told to whoever is in the call.
    pub async fn conclude(
        &self,
        calls: &dyn Calls,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<Ending, ConversationError> {
        // Held to the end: a turn that waits finds the conversation ended, and is not taken behind the summary's back.
        let _silence = match calls.end(id).await {
            Ok(silence) => silence,
            Err(error) => {
                if error == CallsError::Busy {
                    calls.farewell(id, None).await;
                }
                return Err(error.into());
            }
        };
        let ending = self.complete(id, now).await;
        // Nothing more is said in the call either way: nobody shall be left in it.
        let summary = ending
            .as_ref()
            .ok()
            .and_then(|ending| serde_json::to_value(ending).ok());
        calls.farewell(id, summary).await;
        ending
    }

    /// A conversation as it stands, what it is about, as its tutor plays it, and everything that was said in it.
    pub async fn take_up(
        &self,
        id: &ConversationId,
    ) -> Result<(Conversation, Option<Arc<Script>>, Vec<Message>), ConversationError> {
        let messages = self.everything_said(id).await?;
        // Read after what was said is stored: with it the script went on.
        let conversation = self
            .database
            .conversation(id)
            .await?
            .ok_or(ConversationError::NotFound)?;
        let script = self.script_of(&conversation);
        Ok((conversation, script, messages))
    }

    /// What a conversation is about, as its tutor plays it.
    pub fn script_of(&self, conversation: &Conversation) -> Option<Arc<Script>> {
        let script = self.content.script(&Subject {
            topic: &conversation.topic,
            language: Language::parse(&conversation.language)?,
            native_language: Language::parse(&conversation.native_language).unwrap_or(Language::English),
            difficulty: &conversation.difficulty,
        })?;
        let review = review::of_context(&conversation.context);
        Some(match review.is_empty() {
            true => script,
            false => Arc::new(Script::clone(&script).for_review(&review)),
        })
    }

    /// How far its script has come.
    pub fn progress_of(conversation: &Conversation) -> Progress {
        let progress = conversation.progress.clone();
        progress
            .and_then(|progress| serde_json::from_value(progress).ok())
            .unwrap_or_default()
    }

    /// How fast its tutor speaks now.
    pub fn pace_of(&self, conversation: &Conversation) -> Pace {
        let script = self.script_of(conversation);
        script.map_or_else(Pace::default, |script| script.pace(&Self::progress_of(conversation)))
    }

    /// What learners' practice comes to.
    pub fn learning(&self) -> &Learning {
        &self.learning
    }

    /// Where events of its live conversations go.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Keeps what the person thought of it.
    pub async fn rate(&self, id: &ConversationId, feedback: &Feedback) -> Result<(), ConversationError> {
        Ok(self.database.set_feedback(id, feedback).await?)
    }

    async fn everything_said(&self, id: &ConversationId) -> Result<Vec<Message>, StorageError> {
        self.written(id).await;
        self.database.messages(id).await
    }

    /// Waits until what was said so far can be read back.
    pub async fn written(&self, id: &ConversationId) {
        if !self.writer.flush().await {
            tracing::warn!(conversation_id = %id.logged(), "reading a history while events still wait on disk");
        }
    }
}
