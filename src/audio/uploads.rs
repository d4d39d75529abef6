//! What learners say is not kept, unless the owner of the conversation asked for it: `custom_context.store_audio`.

use std::io;

use serde_json::Value;

use super::{AudioStore, STORED_RATE, Sound, encode};
use crate::ids::MessageId;
use crate::storage::conversations::Conversation;

/// Whether the owner of a conversation asked to have what is said in it kept.
pub fn are_kept(conversation: &Conversation) -> bool {
    conversation.context.get("store_audio") == Some(&Value::Bool(true))
}

/// Keeps the sound of a message as a WAV file: mono at [`STORED_RATE`]. It goes with the conversation.
///
/// # Errors
/// When it can't be converted, or the disk refuses.
pub async fn keep(
    store: &AudioStore,
    conversation: &Conversation,
    message: &MessageId,
    sound: Sound,
) -> io::Result<()> {
    let wav = tokio::task::spawn_blocking(move || sound.at(STORED_RATE).map(|sound| encode::wav(&sound)));
    let wav = wav.await.map_err(io::Error::other)?.map_err(io::Error::other)?;
    store.keep_upload(&conversation.id, message.as_str(), wav).await
}
