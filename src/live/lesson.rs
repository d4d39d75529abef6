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
use crate::storage::conversations::Conversation;
use crate::storage::messages::Sender;

/// Prepares a conversation to be held, from the beginning or from where it was left.
pub async fn prepare(
    conversations: &Conversations,
    engines: &Engines,
    conversation: &Conversation,
) -> Result<Lesson, JoinError> {
    let failed = |reason: String| JoinError::Failed(reason);
    let (script, messages) = conversations
        .take_up(conversation)
        .await
        .map_err(|error| failed(error.to_string()))?;
    let script = script.ok_or_else(|| failed(format!("no script in {}", conversation.language)))?;
    let native_language = Language::parse(&conversation.native_language).unwrap_or(Language::English);
    let mut mind = MindConfig::new(script.clone(), native_language);
    let level = script.level();
    // The opener alone, and nothing said yet: it is still to be heard.
    let unheard_opener = match messages.as_slice() {
        [opener] if conversation.progress.is_none() => Some(opener.id.clone()),
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
