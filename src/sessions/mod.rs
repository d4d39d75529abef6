//! Document 002: a conversation that takes files and gives files, and is over after half an hour without a turn.
//!
//! A session is a conversation of the same agent, with a row beside it. All that is known of it stands in the database and
//! under `AUDIO_DIR`, so whichever node is asked can answer. Its id is its credential.

mod closing;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::engine::{Pace, SpeakRequest};
use colloquy_agents::language::Language;
use uuid::Uuid;

use crate::audio::{AudioName, AudioStore, VoiceError, Voicing};
use crate::calls::Calls;
use crate::clock::Timestamp;
use crate::content::{Content, ScenarioName};
use crate::conversations::{ConversationError, Conversations, NewConversation};
use crate::ids::{ConversationId, UserId};
use crate::live::Live;
use crate::live::exchange::{ExchangeError, Said};
use crate::storage::conversations::{Conversation, Surface};
use crate::storage::sessions::Session;
use crate::storage::users::User;
use crate::storage::{Database, StorageError};

/// All sessions; clones share them.
#[derive(Clone)]
pub struct Sessions {
    /// Where they stand.
    pub database: Database,
    /// Their conversations.
    pub conversations: Conversations,
    /// Scenarios.
    pub content: Arc<dyn Content>,
    /// Takes their turns.
    pub live: Live,
    /// Says what the tutor says.
    pub voicing: Voicing,
    /// Where that is kept.
    pub audio: AudioStore,
}

/// A session that has begun.
#[derive(Clone, Debug, PartialEq)]
pub struct Started {
    /// Its id.
    pub id: ConversationId,
    /// What the tutor says first.
    pub message: String,
    /// The file in which it is heard; none where there is no voice.
    pub audio: Option<AudioName>,
    /// Its scenario, as people call it.
    pub scenario: ScenarioName,
}

/// A turn that was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Processed {
    /// What the tutor says.
    pub message: String,
    /// The file in which it is heard; none where there is no voice.
    pub audio: Option<AudioName>,
    /// Where the scenario stands now.
    pub standing: Standing,
}

/// Where a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// `taking_drink_order`
    pub step: String,
    /// `Taking Drink Order`
    pub step_name: String,
    /// Whether the scenario is played to its end.
    pub is_complete: bool,
}

/// Why something can't be done in a session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// There is none of that id, it is over, or it is someone else's.
    #[error("Session not found")]
    NotFound,
    /// There is no scenario of that name.
    #[error("Invalid scenario: {0:?}")]
    UnknownScenario(String),
    /// The turn was not answered.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// Its conversation can't be made or read.
    #[error(transparent)]
    Conversation(#[from] ConversationError),
    /// Nobody could look.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Its files can't be removed.
    #[error("the files can't be removed: {0}")]
    Disk(#[from] io::Error),
}

/// The file of the tutor's first words.
const INITIAL: &str = "initial";

impl Sessions {
    /// Begins a session, of a user or of a guest made for it.
    ///
    /// # Errors
    /// When the scenario or the language is not known, or nothing can be stored.
    pub async fn start(
        &self,
        owner: Option<User>,
        scenario: String,
        language: String,
        now: Timestamp,
    ) -> Result<Started, SessionError> {
        let Some(named) = self.content.named(&scenario) else {
            return Err(SessionError::UnknownScenario(scenario));
        };
        if Language::parse(&language).is_none() {
            return Err(ConversationError::UnknownLanguage(language).into());
        }
        let has_own_guest = owner.is_none();
        let owner = owner.unwrap_or_else(|| User::guest(now));
        let new = NewConversation {
            id: Some(ConversationId::from_text(Uuid::new_v4().to_string())),
            surface: Surface::Session,
            organisation: None,
            topic: scenario,
            language: Some(language),
            difficulty: None,
            correction: None,
            scenario: None,
            context: serde_json::Map::new(),
        };
        let (conversation, opener) = self.conversations.prepare(&owner, new, now).await?;
        let session = Session {
            id: conversation.id.clone(),
            has_own_guest,
            audio_counter: 0,
            created_at: now,
            last_activity: now,
            is_closing: false,
        };
        self.database
            .add_session(has_own_guest.then_some(&owner), &conversation, &opener, &session)
            .await?;
        tracing::info!(language = conversation.language.as_str(), "session begun");
        let pace = self.conversations.pace_of(&conversation);
        let audio = self.voice(&conversation, INITIAL, &opener.content, pace).await;
        Ok(Started {
            id: conversation.id,
            message: opener.content,
            audio,
            scenario: named,
        })
    }

    /// The session of that id, as whoever asks may know of it: its owner, or everyone if it was begun without a credential.
    ///
    /// # Errors
    /// When there is none.
    pub async fn find(
        &self,
        id: &ConversationId,
        caller: Option<&UserId>,
        now: Timestamp,
    ) -> Result<(Session, Conversation), SessionError> {
        let (session, conversation) = self.alive(id, now).await?;
        if !session.has_own_guest && caller != Some(&conversation.owner_id) {
            return Err(SessionError::NotFound);
        }
        Ok((session, conversation))
    }

    /// The session of that id, whoever asks: its files are for everyone who knows their address.
    ///
    /// # Errors
    /// When there is none, or it is over.
    pub async fn alive(&self, id: &ConversationId, now: Timestamp) -> Result<(Session, Conversation), SessionError> {
        let session = self.database.session(id).await?.filter(|session| session.is_alive(now));
        let session = session.ok_or(SessionError::NotFound)?;
        let conversation = self.database.conversation(id).await?.filter(|it| it.is_open(now));
        Ok((session, conversation.ok_or(SessionError::NotFound)?))
    }

    /// The session of that id, in which somebody is about to take a turn: it is not over while their file arrives.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub async fn enter(
        &self,
        id: &ConversationId,
        caller: Option<&UserId>,
        now: Timestamp,
    ) -> Result<Conversation, SessionError> {
        let (_, conversation) = self.find(id, caller, now).await?;
        if !self.database.touch_session(id, now).await? {
            return Err(SessionError::NotFound);
        }
        Ok(conversation)
    }

    /// Takes a turn: what the learner says in, the tutor's answer out.
    ///
    /// # Errors
    /// When the session is gone, or the turn is not answered.
    pub async fn process(
        &self,
        conversation: &Conversation,
        said: Said,
        now: impl Fn() -> Timestamp,
    ) -> Result<Processed, SessionError> {
        let id = &conversation.id;
        // A turn may take a while: it must not end the session that it is a part of.
        if !self.database.touch_session(id, now()).await? {
            return Err(SessionError::NotFound);
        }
        let exchange = self.live.exchange(conversation, said).await?;
        let number = self.database.count_reply(id, now()).await?;
        let number = number.ok_or(SessionError::NotFound)?;
        let name = format!("response_{number:03}");
        let audio = self
            .voice(conversation, &name, &exchange.reply.content, exchange.pace)
            .await;
        if self
            .database
            .session(id)
            .await?
            .is_none_or(|session| session.is_closing)
        {
            // It was ended meanwhile, and the file came after the end.
            self.audio.remove(id).await?;
            return Err(SessionError::NotFound);
        }
        let conversation = self.database.conversation(id).await?.ok_or(SessionError::NotFound)?;
        let mut standing = self.standing(&conversation);
        standing.is_complete |= exchange.is_complete;
        Ok(Processed {
            message: exchange.reply.content,
            audio,
            standing,
        })
    }

    /// Where a session stands.
    pub fn standing(&self, conversation: &Conversation) -> Standing {
        let progress = Conversations::progress_of(conversation);
        let script = self.conversations.script_of(conversation);
        let script = script.as_deref();
        Standing {
            step: script.map_or_else(String::new, |script| script.step_id(&progress).to_owned()),
            step_name: script.map_or_else(String::new, |script| script.step_name(&progress)),
            is_complete: script.is_some_and(|script| script.is_complete(&progress)),
        }
    }

    /// Ends a session: its files go, and with a guest of its own everything that was said.
    ///
    /// # Errors
    /// When it is gone already, or nothing can be stored.
    pub async fn end(&self, session: &Session, calls: &dyn Calls, now: Timestamp) -> Result<(), SessionError> {
        let whenever = Timestamp::from_millis(i64::MAX);
        if self.close(session, calls, whenever, now).await? {
            Ok(())
        } else {
            Err(SessionError::NotFound)
        }
    }

    /// Keeps what the tutor says as a file. Without a voice there is none, and the text has to do.
    async fn voice(&self, conversation: &Conversation, name: &str, text: &str, pace: Pace) -> Option<AudioName> {
        let language = Language::parse(&conversation.language)?;
        let name = AudioName::of(&conversation.id, name)?;
        let request = SpeakRequest {
            language,
            text: text.to_owned(),
            pace,
            melody: None,
        };
        let written = match self.voicing.mp3(request).await {
            Ok(file) => self.audio.write(&name, file).await.map_err(VoiceError::from),
            Err(error) => Err(error),
        };
        match written {
            Ok(()) => Some(name),
            Err(VoiceError::NoVoice(_)) => None,
            Err(error) => {
                tracing::warn!(conversation_id = %conversation.id.logged(), %error, "a reply is text only");
                None
            }
        }
    }
}

/// How often sessions are looked through for those that are over.
pub const SWEEP_EVERY: Duration = Duration::from_secs(60);
