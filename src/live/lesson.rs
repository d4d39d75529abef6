//! From a stored conversation to one that is held live.

use colloquy_agents::engine::{Speaker, Utterance};
use colloquy_agents::language::Language;
use colloquy_agents::mind::MindConfig;
use colloquy_agents::scenario::Level;
use colloquy_media::turn::Patience;

use super::Lesson;
use super::conversation::JoinError;
use super::engines::Engines;
use super::record::Recorder;
use crate::conversations::Conversations;
use crate::storage::conversations::{Conversation, Status};
use crate::storage::messages::Sender;

/// Whether the learner knows the tutor's first words when the conversation is taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opener {
    /// They are still to be said.
    Unheard,
    /// They were read in the answer to the request that made the conversation.
    Read,
}

/// Prepares a conversation to be held, from the beginning or from where it was left.
pub async fn prepare(
    conversations: &Conversations,
    engines: &Engines,
    conversation: &Conversation,
    opener: Opener,
) -> Result<Lesson, JoinError> {
    let failed = |reason: String| JoinError::Failed(reason);
    let (conversation, script, messages) = conversations
        .take_up(&conversation.id)
        .await
        .map_err(|error| failed(error.to_string()))?;
    if conversation.status == Status::Completed {
        // It has just ended, while its turn was waited for.
        return Err(JoinError::Ending);
    }
    let script = script.ok_or_else(|| failed(format!("no script in {}", conversation.language)))?;
    let native_language = Language::parse(&conversation.native_language).unwrap_or(Language::English);
    let mut mind = MindConfig::new(script.clone(), native_language);
    let level = script.level();
    let exchanges = messages.iter().filter(|message| message.sender == Sender::User).count();
    // The opener alone, and nothing said yet: it is still to be heard.
    let unheard_opener = match messages.as_slice() {
        [first] if conversation.progress.is_none() && opener == Opener::Unheard => Some(first.id.clone()),
        _ => None,
    };
    if unheard_opener.is_none() {
        mind.history = messages
            .iter()
            .filter_map(|message| {
                let speaker = match message.sender {
                    Sender::Ai => Speaker::Agent,
                    Sender::User => Speaker::Learner,
                    Sender::System => return None,
                };
                let text = message.content.clone();
                Some(Utterance { speaker, text })
            })
            .collect();
    }
    if let Some(progress) = &conversation.progress {
        mind.progress =
            serde_json::from_value(progress.clone()).map_err(|error| failed(format!("its progress: {error}")))?;
    }
    Ok(Lesson {
        id: conversation.id.clone(),
        mind,
        patience: patience_of(level),
        exchanges,
        recorder: Recorder::new(
            conversation.id.clone(),
            script,
            engines.llm.translates_into(native_language),
            conversations.writer().clone(),
            unheard_opener,
        ),
    })
}

/// How patient the listener is with a learner of this level.
fn patience_of(level: Level) -> Patience {
    match level {
        Level::Beginner => Patience::A2,
        Level::Intermediate => Patience::B1,
        Level::Advanced => Patience::C1,
    }
}
