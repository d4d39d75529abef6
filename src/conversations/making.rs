//! Conversations made: by what is asked for, and by what is known of the person.

use colloquy_agents::correction::CorrectionPolicy;
use colloquy_agents::language::Language;
use colloquy_agents::scenario::Level;
use serde_json::{Map, Value};

use super::{ConversationError, Conversations, NewConversation, NewSubject};
use crate::clock::Timestamp;
use crate::content::{Opening, Subject};
use crate::ids::{ConversationId, UserId};
use crate::learning::review;
use crate::storage::conversations::{Conversation, Status};
use crate::storage::messages::{Message, Sender};
use crate::storage::users::User;

impl Conversations {
    /// Makes a conversation, and the tutor's first message.
    pub async fn create(
        &self,
        owner: &User,
        new: NewConversation,
        now: Timestamp,
    ) -> Result<(Conversation, Message), ConversationError> {
        let (conversation, opener) = self.prepare(owner, new, now).await?;
        self.database.add_conversation(&conversation, &opener).await?;
        let Conversation { id, language, .. } = &conversation;
        tracing::info!(conversation_id = %id.logged(), language = language.as_str(), "conversation made");
        Ok((conversation, opener))
    }

    /// The same, not kept yet. Words of their deck that are due and fit it are named in its context.
    ///
    /// # Errors
    /// When the language can't be practised, or their deck not be read.
    pub async fn prepare(
        &self,
        owner: &User,
        new: NewConversation,
        now: Timestamp,
    ) -> Result<(Conversation, Message), ConversationError> {
        let requested_language = new
            .language
            .unwrap_or_else(|| owner.preferences.target_language.clone());
        let unknown_language = || ConversationError::UnknownLanguage(requested_language.clone());
        let language = Language::parse(&requested_language).ok_or_else(unknown_language)?;
        // A guest has no preferences to set: the page says it with each conversation.
        let native_language = new
            .context
            .get("native_language")
            .and_then(Value::as_str)
            .and_then(Language::parse)
            .or_else(|| Language::parse(&owner.preferences.native_language))
            .unwrap_or(Language::English);
        let difficulty = new
            .difficulty
            .unwrap_or_else(|| owner.preferences.proficiency_level.clone());
        let by_level = || CorrectionPolicy::of_level(Level::parse(&difficulty).unwrap_or_default());
        let correction = new.correction.or(owner.preferences.correction).unwrap_or_else(by_level);
        let subject = Subject {
            topic: &new.topic,
            language,
            native_language,
            difficulty: &difficulty,
        };
        let opening = self.content.opening(&subject).ok_or_else(unknown_language)?;
        // Only what is typed is spelled. If something is, all the same, a dictionary is read then.
        if new.surface.is_typed_in() {
            self.assessments.read_ahead(language);
        }
        let Opening {
            persona,
            text,
            translation,
            context: mut place,
        } = opening;
        self.bring_up(&owner.id, &subject, &mut place, now).await?;
        // The caller's own words win over the scenario's.
        place.extend(new.context);
        let conversation = Conversation {
            id: new.id.unwrap_or_else(ConversationId::new),
            owner_id: owner.id.clone(),
            status: Status::Active,
            topic: new.topic,
            language: language.name().to_owned(),
            requested_language,
            native_language: native_language.name().to_owned(),
            difficulty,
            correction,
            scenario: new.scenario,
            persona,
            context: place,
            progress: None,
            topics_covered: Vec::new(),
            feedback: None,
            surface: new.surface,
            organisation_id: new.organisation,
            created_at: now,
            last_turn_at: now,
            ended_at: None,
        };
        let mut opener = Message::new(conversation.id.clone(), Sender::Ai, text, now);
        opener.translation = translation;
        Ok((conversation, opener))
    }

    /// What a conversation is like when it is about something else.
    ///
    /// # Errors
    /// When its language can't be practised any more, or the learner's deck not be read.
    pub async fn about(
        &self,
        conversation: &Conversation,
        topic: String,
        now: Timestamp,
    ) -> Result<NewSubject, ConversationError> {
        let unknown_language = || ConversationError::UnknownLanguage(conversation.language.clone());
        let subject = Subject {
            topic: &topic,
            language: Language::parse(&conversation.language).ok_or_else(unknown_language)?,
            native_language: Language::parse(&conversation.native_language).unwrap_or(Language::English),
            difficulty: &conversation.difficulty,
        };
        let opening = self.content.opening(&subject).ok_or_else(unknown_language)?;
        let Opening {
            persona, mut context, ..
        } = opening;
        self.bring_up(&conversation.owner_id, &subject, &mut context, now)
            .await?;
        Ok(NewSubject {
            topic,
            persona,
            context,
        })
    }

    /// Names the words of the learner's deck that are due and fit the conversation in its context.
    async fn bring_up(
        &self,
        owner: &UserId,
        subject: &Subject<'_>,
        context: &mut Map<String, Value>,
        now: Timestamp,
    ) -> Result<(), ConversationError> {
        let due = self
            .database
            .due_words(owner, subject.language.name(), now, review::LOOKED_THROUGH)
            .await?;
        // Nearly always there are none, and then nobody has to look.
        if let Some(script) = self.content.script(subject).filter(|_| !due.is_empty()) {
            let category = self.subject_of(subject.topic).category;
            let words = review::fitting(&due, &script, category.as_deref());
            if !words.is_empty() {
                context.insert(review::REVIEW_WORDS.to_owned(), words.into());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use colloquy_agents::scenario;

    use super::*;
    use crate::assessment::judges::Judges;
    use crate::assessment::sounds::tests::coach;
    use crate::assessment::turns::Assessments;
    use crate::learning::Learning;
    use crate::learning::achievements;
    use crate::learning::leaderboards::Leaderboards;
    use crate::presence::boards::local::LocalBoards;
    use crate::storage::conversations::Surface;
    use crate::storage::spool::Spool;
    use crate::storage::tests::database;
    use crate::storage::writer::Writer;

    #[tokio::test]
    async fn dictionaries_are_read_ahead_where_turns_are_typed() {
        let (database, dir) = database().await;
        let read: Arc<Mutex<Vec<Language>>> = Arc::default();
        let reading = Arc::clone(&read);
        let judges = Judges {
            assessor: None,
            check: None,
            read_ahead: Some(Arc::new(move |language| reading.lock().unwrap().push(language))),
            coach: coach(),
            base: None,
        };
        let spool = Spool::open(&dir.path().join("spool")).unwrap();
        let (writer, _task) = Writer::start(Arc::new(database.clone()), spool, Arc::default()).unwrap();
        let boards = Leaderboards::new(database.clone(), Arc::new(LocalBoards::default()));
        let conversations = Conversations::new(
            database.clone(),
            writer,
            Arc::new(scenario::Catalogue::built_in()),
            Learning::new(database, achievements::Catalogue::built_in(), boards),
            Assessments::start(judges, Arc::default()).unwrap(),
        );
        let now = Timestamp::now();
        for (surface, is_read) in [
            (Surface::Platform, true),
            (Surface::Tutor, true),
            (Surface::Flat, true),
            (Surface::Session, false),
            (Surface::Socket, false),
        ] {
            let new = NewConversation {
                id: None,
                surface,
                organisation: None,
                topic: "restaurant".to_owned(),
                language: Some("german".to_owned()),
                difficulty: None,
                correction: None,
                scenario: None,
                context: Map::new(),
            };
            conversations.prepare(&User::guest(now), new, now).await.unwrap();
            let read = std::mem::take(&mut *read.lock().unwrap());
            let german: &[Language] = if is_read { &[Language::German] } else { &[] };
            assert_eq!(read, german, "{surface:?}");
        }
    }
}
