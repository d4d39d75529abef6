//! A conversation read to be passed on: nothing of it is copied or parsed that need not be. All of it is of one moment.

use super::conversations::{Status, Surface};
use super::direct::Argument::Text;
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
}

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
             CAST(CASE WHEN c.progress IS NULL THEN 0 ELSE 1 END AS BIGINT), c.topics_covered \
             FROM conversations c LEFT JOIN messages m ON m.conversation_id = c.id \
             WHERE c.id = $1 AND c.owner_id = $2 ORDER BY m.created_at, m.id",
            &[Text(id.as_str()), Text(owner.as_str())],
            |row| render(&Heading::read(row)?, Line::read(row)?.as_ref()),
        )
        .await
    }
}

fn text<'a>(row: &'a dyn Record, index: usize, column: &'static str) -> Result<&'a str, StorageError> {
    row.text_at(index, column)?.ok_or_else(|| corrupt(column, "NULL"))
}

fn number(row: &dyn Record, index: usize, column: &'static str) -> Result<i64, StorageError> {
    row.number_at(index, column)?.ok_or_else(|| corrupt(column, "NULL"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::conversations::tests::conversation_of;
    use crate::storage::event::{Event, Sink};
    use crate::storage::messages::Message;
    use crate::storage::tests::database;
    use crate::storage::users::User;
    use serde_json::json;

    #[tokio::test]
    async fn a_transcript_shows_what_was_written_to_its_owner_alone() {
        let (database, _dir) = database().await;
        let user = User::guest(Timestamp::from_millis(0));
        database.add_user(&user).await.unwrap();
        let conversation = conversation_of(&user.id);
        let id = &conversation.id;
        let opener = Message::new(id.clone(), Sender::Ai, "Bonsoir !", conversation.created_at);
        database.add_conversation(&conversation, &opener).await.unwrap();
        let mut answer = Message::new(id.clone(), Sender::User, "Une table", Timestamp::from_millis(5000));
        answer.translation = Some("A table".to_owned());
        answer.interrupted = true;
        answer.analysis = Some(json!({"grammar_score": 80}));
        answer.latency = Some(json!({"response": 1200}));
        answer.audio_url = Some("https://example.com/a.mp3".to_owned());
        let advanced = Event::Advanced {
            conversation_id: id.clone(),
            progress: json!({"step": 1}),
            topics_covered: vec!["greeting".to_owned()],
        };
        let said = Event::Said {
            message: answer.clone(),
        };
        database.apply(&[said, advanced]).await.unwrap();

        let read = database.transcript(&user.id, id, |heading, line| {
            assert_eq!((heading.status, heading.surface), (Status::Active, Surface::Platform));
            assert_eq!((heading.language, heading.native_language), ("french", "english"));
            assert!(heading.has_progress);
            assert_eq!(heading.topics_covered, "[\"greeting\"]");
            let line = line.unwrap();
            let document = |text: Option<&str>| text.map(|text| serde_json::from_str(text).unwrap());
            Ok(Message {
                id: crate::ids::MessageId::from_text(line.id),
                conversation_id: id.clone(),
                sender: line.sender,
                content: line.content.to_owned(),
                translation: line.translation.map(str::to_owned),
                interrupted: line.interrupted,
                analysis: document(line.analysis),
                insights: None,
                latency: document(line.latency),
                audio_url: line.audio_url.map(str::to_owned),
                created_at: line.created_at,
            })
        });
        assert_eq!(read.await.unwrap(), [opener, answer]);
        let other = database.transcript(&UserId::new(), id, |_, _| Ok(())).await;
        assert_eq!(other.unwrap(), []);
        let none = database
            .transcript(&user.id, &ConversationId::new(), |_, _| Ok(()))
            .await;
        assert_eq!(none.unwrap(), []);
    }
}
