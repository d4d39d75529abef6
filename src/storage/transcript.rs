//! A conversation read to be passed on: nothing of it is copied or parsed that need not be. All of it is of one moment.

use super::conversations::{Status, Surface};
use super::direct::Argument::{self, Text};
use super::messages::Sender;
use super::record::Record;
use super::{Database, StorageError, corrupt};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, UserId};

/// What a transcript says about its conversation.
#[derive(Clone, Copy, Debug)]
pub struct Heading<'a> {
    /// Whether it goes on.
    pub status: Status,
    /// The language that is practised, as an English name.
    pub language: &'a str,
    /// The learner's own language, as an English name.
    pub native_language: &'a str,
    /// Through which document it was made.
    pub surface: Surface,
    /// Whether its script has gone on from its start.
    pub has_progress: bool,
    /// Names of the parts that were gone through: a JSON list.
    pub topics_covered: &'a str,
    /// The name of the state that the whole transcript is of; empty if that has none.
    pub revision: &'a str,
}

/// A state of a conversation, which may be past.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// Which conversation.
    pub conversation: &'a ConversationId,
    /// The name of the state: see [`Heading::revision`].
    pub revision: &'a str,
}

/// A column of a statement that reads from `users`: whether that conversation is the user's, and still in the state of that name.
macro_rules! is_at {
    ($conversation:literal, $revision:literal) => {
        concat!(
            ", CAST(CASE WHEN EXISTS (SELECT 1 FROM conversations WHERE conversations.id = ",
            $conversation,
            " AND conversations.owner_id = users.id AND conversations.revision = ",
            $revision,
            ") THEN 1 ELSE 0 END AS BIGINT) AS is_at"
        )
    };
}

pub(super) use is_at;

/// A message of a transcript. See [`super::messages::Message`].
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Which one.
    pub id: &'a str,
    /// Who said it.
    pub sender: Sender,
    /// The words.
    pub content: &'a str,
    /// In the learner's own language.
    pub translation: Option<&'a str>,
    /// Whether the learner broke in.
    pub interrupted: bool,
    /// What was found about the learner's words, as JSON.
    pub analysis: Option<&'a str>,
    /// How long each part of the turn took, as JSON.
    pub latency: Option<&'a str>,
    /// Where a client said that it can be heard.
    pub audio_url: Option<&'a str>,
    /// When it began.
    pub created_at: Timestamp,
}

impl<'a> Heading<'a> {
    fn read(row: &'a dyn Record) -> Result<Self, StorageError> {
        Ok(Self {
            status: Status::parse(text(row, 9, "status")?)?,
            language: text(row, 10, "language")?,
            native_language: text(row, 11, "native_language")?,
            surface: Surface::parse(text(row, 12, "surface")?)?,
            has_progress: number(row, 13, "progress")? != 0,
            topics_covered: text(row, 14, "topics_covered")?,
            revision: text(row, 15, "revision")?,
        })
    }
}

impl<'a> Line<'a> {
    /// None of a conversation in which nothing was said.
    fn read(row: &'a dyn Record) -> Result<Option<Self>, StorageError> {
        let Some(id) = row.text_at(0, "id")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            id,
            sender: Sender::parse(text(row, 1, "sender")?)?,
            content: text(row, 2, "content")?,
            translation: row.text_at(3, "translation")?,
            interrupted: number(row, 4, "interrupted")? != 0,
            analysis: row.text_at(5, "analysis")?,
            latency: row.text_at(6, "latency")?,
            audio_url: row.text_at(7, "audio_url")?,
            created_at: Timestamp::from_millis(number(row, 8, "created_at")?),
        }))
    }
}

impl Database {
    /// Everything that was said in a conversation, the oldest first, each as `render` makes of it, which may be called in vain;
    /// nothing if it is not that owner's.
    pub async fn transcript<T>(
        &self,
        owner: &UserId,
        id: &ConversationId,
        render: impl Fn(&Heading<'_>, Option<&Line<'_>>) -> Result<T, StorageError>,
    ) -> Result<Vec<T>, StorageError> {
        self.read(
            "SELECT m.id, m.sender, m.content, m.translation, m.interrupted, m.analysis, m.latency, m.audio_url, m.created_at, \
             c.status, c.language, c.native_language, c.surface, \
             CAST(CASE WHEN c.progress IS NULL THEN 0 ELSE 1 END AS BIGINT), c.topics_covered, c.revision \
             FROM conversations c LEFT JOIN messages m ON m.conversation_id = c.id \
             WHERE c.id = $1 AND c.owner_id = $2 ORDER BY m.created_at, m.id",
            &[Text(id.as_str()), Text(owner.as_str())],
            |row| render(&Heading::read(row)?, Line::read(row)?.as_ref()),
        )
        .await
    }

    /// Whether that conversation is that owner's, and still in the state of that name: its transcript is what it was then.
    pub async fn is_at(&self, owner: &UserId, state: State<'_>) -> Result<bool, StorageError> {
        let found = self
            .read(
                "SELECT 1 FROM conversations WHERE id = $1 AND owner_id = $2 AND revision = $3",
                &[
                    Text(state.conversation.as_str()),
                    Text(owner.as_str()),
                    Text(state.revision),
                ],
                |_| Ok(()),
            )
            .await?;
        Ok(!found.is_empty())
    }

    /// The one row that a statement about a user finds, and whether a conversation is theirs and in that state, which `asking`
    /// tells in the same lookup, by [`is_at`]; its last two arguments are the state.
    pub(super) async fn read_asking<T>(
        &self,
        [plain, asking]: [&'static str; 2],
        arguments: &[Argument<'_>],
        state: Option<State<'_>>,
        read: impl Fn(&dyn Record) -> Result<T, StorageError>,
    ) -> Result<Option<(T, bool)>, StorageError> {
        let found = match state {
            None => self.read(plain, arguments, |row| Ok((read(row)?, false))).await?,
            Some(State { conversation, revision }) => {
                let state = [Text(conversation.as_str()), Text(revision)];
                let arguments = [arguments, &state].concat();
                self.read(asking, &arguments, |row| Ok((read(row)?, row.number("is_at")? != 0)))
                    .await?
            }
        };
        Ok(found.into_iter().next())
    }
}

fn text<'a>(row: &'a dyn Record, index: usize, column: &'static str) -> Result<&'a str, StorageError> {
    row.text_at(index, column)?.ok_or_else(|| corrupt(column, "NULL"))
}

fn number(row: &dyn Record, index: usize, column: &'static str) -> Result<i64, StorageError> {
    row.number_at(index, column)?.ok_or_else(|| corrupt(column, "NULL"))
}

#[cfg(test)]
mod tests;
