//! From a stored conversation to one that is held live.

use std::sync::Arc;

use colloquy_agents::correction::Note;
use colloquy_agents::engine::{Speaker, Utterance};
use colloquy_agents::language::Language;
use colloquy_agents::mind::MindConfig;
use colloquy_agents::scenario::Level;
use colloquy_media::turn::Patience;
use serde_json::Value;

use super::Lesson;
use super::conversation::JoinError;
use super::engines::Engines;
use super::record::Recorder;
use crate::conversations::Conversations;
use crate::ids::MessageId;
use crate::learning::review::REVIEW_WORDS;
use crate::storage::conversations::{Conversation, Status, Surface};
use crate::storage::listing::LABELS;
use crate::storage::messages::{MOST_MESSAGES, Message, Sender};

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
    if messages.len() >= MOST_MESSAGES {
        return Err(JoinError::Overlong);
    }
    let script = script.ok_or_else(|| failed(format!("no script in {}", conversation.language)))?;
    let native_language = Language::parse(&conversation.native_language).unwrap_or(Language::English);
    let mut mind = MindConfig::new(script.clone(), native_language);
    mind.correction = conversation.correction;
    mind.proofreader = engines.proofreader.clone();
    mind.notes = notes_of(&conversation);
    let level = script.level();
    let exchanges = messages.iter().filter(|message| message.sender == Sender::User).count();
    let unheard_opener = (opener == Opener::Unheard)
        .then(|| opener_alone(&conversation, &messages))
        .flatten();
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

/// The tutor's opener, where it is all that there is: it is still to be heard, and may be cut to what was. The messages of
/// document 003 are its clients' own, also the first.
fn opener_alone(conversation: &Conversation, messages: &[Message]) -> Option<MessageId> {
    match messages {
        [only]
            if only.sender == Sender::Ai
                && conversation.surface != Surface::Flat
                && conversation.progress.is_none() =>
        {
            Some(only.id.clone())
        }
        _ => None,
    }
}

/// What was written about a conversation by whoever made it: the dialogue model may talk about it.
fn notes_of(conversation: &Conversation) -> Arc<[Note]> {
    let scenario = conversation
        .scenario
        .iter()
        .map(|scenario| ("scenario", scenario.clone()));
    let context = conversation.context.iter().filter(|(name, _)| !is_label(name));
    let context = context.filter_map(|(name, value)| {
        let text = match value {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some((name.as_str(), text))
    });
    let notes = scenario.chain(context).filter(|(_, text)| !text.trim().is_empty());
    notes
        .map(|(name, text)| Note {
            name: name.to_owned(),
            text,
        })
        .collect()
}

/// Whether an entry of the context is for finding the conversation again, or told otherwise, and nothing to talk about.
fn is_label(name: &str) -> bool {
    matches!(name, "native_language" | "store_audio" | REVIEW_WORDS) || LABELS.contains(&name)
}

/// How patient the listener is with a learner of this level.
fn patience_of(level: Level) -> Patience {
    match level {
        Level::Beginner => Patience::A2,
        Level::Intermediate => Patience::B1,
        Level::Advanced => Patience::C1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;
    use crate::storage::conversations::tests::conversation_of;

    #[test]
    fn what_was_written_about_a_conversation_are_notes_but_not_what_it_is_found_by() {
        let mut conversation = conversation_of(&UserId::new());
        conversation.scenario = Some("Dinner in Paris".to_owned());
        conversation.context = [
            ("budget", Value::from("moderate")),
            ("due_date", Value::from("2026-12-01")),
            ("menu_items", Value::from(vec!["quiche"])),
            ("native_language", Value::from("english")),
            ("nothing", Value::Null),
            ("review_words", Value::from(vec!["quiche"])),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect();
        let notes = notes_of(&conversation);
        let notes: Vec<(&str, &str)> = notes
            .iter()
            .map(|note| (note.name.as_str(), note.text.as_str()))
            .collect();
        assert_eq!(
            notes,
            [
                ("scenario", "Dinner in Paris"),
                ("budget", "moderate"),
                ("menu_items", "[\"quiche\"]")
            ]
        );
    }

    #[test]
    fn what_a_client_wrote_itself_is_never_the_opener() {
        let conversation = conversation_of(&UserId::new());
        let said = |sender| Message::new(conversation.id.clone(), sender, "x", conversation.created_at);
        let opener = said(Sender::Ai);
        let alone = std::slice::from_ref(&opener);
        assert_eq!(opener_alone(&conversation, alone), Some(opener.id.clone()));
        for sender in [Sender::User, Sender::System] {
            assert_eq!(opener_alone(&conversation, &[said(sender)]), None, "{sender:?}");
        }
        assert_eq!(opener_alone(&conversation, &[opener.clone(), said(Sender::User)]), None);
        let flat = Conversation {
            surface: Surface::Flat,
            ..conversation
        };
        assert_eq!(opener_alone(&flat, alone), None);
    }
}
