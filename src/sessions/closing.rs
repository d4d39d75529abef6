//! The end of sessions: asked for, or after half an hour without a turn.

use super::{SessionError, Sessions};
use crate::calls::Calls;
use crate::clock::Timestamp;
use crate::conversations::ConversationError;
use crate::storage::conversations::SESSION_LIFETIME;
use crate::storage::sessions::Session;

/// Sessions that are closed at one go.
const BATCH: u32 = 64;

impl Sessions {
    /// Closes all sessions that are over, and tells how many they were. Several nodes may do so at once. One that can't be
    /// closed keeps none of the others from it, and is tried again the next time.
    ///
    /// # Errors
    /// When nobody can look which they are.
    pub async fn sweep(&self, calls: &dyn Calls, now: Timestamp) -> Result<usize, SessionError> {
        let latest = now.earlier(SESSION_LIFETIME);
        let mut closed = 0;
        let mut left = 0;
        loop {
            // Those that are left are the first ones again.
            let idle = self.database.idle_sessions(latest, left, BATCH).await?;
            let closed_before = closed;
            for session in &idle {
                match self.close(session, calls, latest, now).await {
                    Ok(is_closed) => closed += usize::from(is_closed),
                    Err(error) => {
                        tracing::warn!(conversation_id = %session.id.logged(), %error, "a session can't be closed")
                    }
                }
            }
            if idle.len() < BATCH as usize {
                return Ok(closed);
            }
            left += u32::try_from(idle.len() - (closed - closed_before)).unwrap_or(BATCH);
        }
    }

    /// Closes a session unless something was done in it after `not_after`; false if it was, or if it is closed already.
    pub(super) async fn close(
        &self,
        session: &Session,
        calls: &dyn Calls,
        not_after: Timestamp,
        now: Timestamp,
    ) -> Result<bool, SessionError> {
        let id = &session.id;
        if !self.database.begin_closing_session(id, not_after).await? {
            return Ok(false);
        }
        let closed = self.close_marked(session, calls, now).await;
        if closed.is_err() {
            // It goes on, and can be ended again at once.
            self.database.keep_session_open(id).await?;
        }
        closed
    }

    async fn close_marked(&self, session: &Session, calls: &dyn Calls, now: Timestamp) -> Result<bool, SessionError> {
        let id = &session.id;
        let Some(conversation) = self.database.conversation(id).await? else {
            return Ok(false);
        };
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
        let is_closed = self.database.remove_session(session, &conversation.owner_id).await?;
        drop(silence);
        if is_closed {
            tracing::info!(conversation_id = %id.logged(), "session closed");
        }
        Ok(is_closed)
    }
}
