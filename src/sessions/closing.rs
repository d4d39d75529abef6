//! The end of sessions: asked for, or after half an hour without a turn.

use super::{SessionError, Sessions};
use crate::calls::Calls;
use crate::clock::Timestamp;
use crate::conversations::ConversationError;
use crate::storage::conversations::{Conversation, SESSION_LIFETIME};
use crate::storage::sessions::Session;

/// Sessions that are closed at one go.
const BATCH: u32 = 64;

impl Sessions {
    /// Closes all sessions that are over, and tells how many they were. Several nodes may do so at once.
    ///
    /// # Errors
    /// When the database or the disk refuses; what is left is closed the next time.
    pub async fn sweep(&self, calls: &dyn Calls, now: Timestamp) -> Result<usize, SessionError> {
        let latest = now.earlier(SESSION_LIFETIME);
        let mut closed = 0;
        loop {
            let idle = self.database.idle_sessions(latest, BATCH).await?;
            let count = idle.len();
            for session in idle {
                let Some(conversation) = self.database.conversation(&session.id).await? else {
                    continue;
                };
                if self.close(&session, &conversation, calls, latest, now).await? {
                    closed += 1;
                }
            }
            if count < BATCH as usize {
                return Ok(closed);
            }
        }
    }

    /// Closes a session unless something was done in it after `not_after`; false if it was, or if it is closed already.
    pub(super) async fn close(
        &self,
        session: &Session,
        conversation: &Conversation,
        calls: &dyn Calls,
        not_after: Timestamp,
        now: Timestamp,
    ) -> Result<bool, SessionError> {
        let id = &session.id;
        let mut silence = None;
        if session.has_own_guest {
            // Nobody will ever ask what it came to. Until it is gone, nobody says more in it.
            silence = Some(calls.end(id).await.map_err(ConversationError::from)?);
            calls.farewell(id, None).await;
            self.conversations.writer().flush().await;
        } else {
            match self.conversations.conclude(calls, id, now).await {
                Ok(_) | Err(ConversationError::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // The files first: a row that is left is found again, a file that is left is not.
        self.audio.remove(id).await?;
        let is_closed = self
            .database
            .remove_session(session, &conversation.owner_id, not_after)
            .await?;
        drop(silence);
        if is_closed {
            tracing::info!(conversation_id = %id, "session closed");
        }
        Ok(is_closed)
    }
}
