use super::*;
use crate::accounts::scope::Scopes;
use crate::ids::GrantId;
use crate::storage::api_keys::ConfiguredHash;
use crate::storage::conversations::Conversation;
use crate::storage::conversations::tests::conversation_of;
use crate::storage::event::{Event, Sink};
use crate::storage::grants::Grant;
use crate::storage::messages::Message;
use crate::storage::tests::{database, database_of_two};
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

/// A conversation of a new user, with an opener and an answer.
async fn spoken(database: &Database) -> (User, Conversation, [Message; 2]) {
    let user = User::guest(Timestamp::from_millis(0));
    database.add_user(&user).await.unwrap();
    let conversation = conversation_of(&user.id);
    let id = &conversation.id;
    let opener = Message::new(id.clone(), Sender::Ai, "Bonsoir !", conversation.created_at);
    database.add_conversation(&conversation, &opener).await.unwrap();
    let answer = Message::new(id.clone(), Sender::User, "Une table", Timestamp::from_millis(5000));
    let said = Event::Said {
        message: answer.clone(),
    };
    database.apply(&[said]).await.unwrap();
    (user, conversation, [opener, answer])
}

fn state<'a>(conversation: &'a ConversationId, revision: &'a str) -> State<'a> {
    State { conversation, revision }
}

/// The name of the state of a conversation.
async fn revision(database: &Database, owner: &UserId, id: &ConversationId) -> String {
    let named = database.transcript(owner, id, |heading, _| Ok(heading.revision.to_owned()));
    named.await.unwrap().pop().unwrap()
}

#[tokio::test]
async fn whatever_is_written_by_whomever_makes_another_state_of_it() {
    let (ours, theirs, _dir) = database_of_two().await;
    let (user, Conversation { id, .. }, [opener, answer]) = spoken(&theirs).await;
    let (another_user, another, _) = spoken(&theirs).await;
    let mut states = vec![revision(&ours, &user.id, &id).await];
    let state_of_another = revision(&ours, &another_user.id, &another.id).await;

    let heard = Event::Heard {
        conversation_id: id.clone(),
        message_id: opener.id.clone(),
        content: "Bon".to_owned(),
        translation: None,
        interrupted: true,
    };
    let advanced = Event::Advanced {
        conversation_id: id.clone(),
        progress: json!({"step": 1}),
        topics_covered: vec!["greeting".to_owned()],
    };
    let said = Message::new(id.clone(), Sender::Ai, "Bien sûr.", Timestamp::from_millis(6000));
    let last = said.id.clone();
    for event in [
        heard,
        advanced,
        Event::Said { message: said.clone() },
        Event::Said { message: said },
    ] {
        theirs.apply(&[event]).await.unwrap();
        states.push(revision(&ours, &user.id, &id).await);
    }
    theirs.reword_message(&answer.id, "Deux tables", None).await.unwrap();
    states.push(revision(&ours, &user.id, &id).await);
    theirs.delete_message(&last).await.unwrap();
    states.push(revision(&ours, &user.id, &id).await);
    // Each column that a transcript shows, and by whatever tool.
    for change in [
        "UPDATE messages SET sender = 'system' WHERE id = $1",
        "UPDATE messages SET content = 'x' WHERE id = $1",
        "UPDATE messages SET translation = 'x' WHERE id = $1",
        "UPDATE messages SET interrupted = 1 WHERE id = $1",
        "UPDATE messages SET analysis = '{}' WHERE id = $1",
        "UPDATE messages SET latency = '{}' WHERE id = $1",
        "UPDATE messages SET audio_url = 'x' WHERE id = $1",
        "UPDATE messages SET created_at = 7 WHERE id = $1",
        "UPDATE messages SET id = 'x' WHERE id = $1",
        "UPDATE conversations SET status = 'completed' WHERE id = $1",
        "UPDATE conversations SET language = 'german' WHERE id = $1",
        "UPDATE conversations SET native_language = 'german' WHERE id = $1",
        "UPDATE conversations SET surface = 'session' WHERE id = $1",
        "UPDATE conversations SET progress = NULL WHERE id = $1",
        "UPDATE conversations SET topics_covered = '[]' WHERE id = $1",
        "DELETE FROM messages WHERE conversation_id = $1 AND sender = 'system'",
    ] {
        let of_message = change.starts_with("UPDATE messages");
        let whose = if of_message { answer.id.as_str() } else { id.as_str() };
        let done = sqlx::query(change).bind(whose).execute(&theirs.pool).await.unwrap();
        assert_eq!(done.rows_affected(), 1, "{change}");
        states.push(revision(&ours, &user.id, &id).await);
    }

    let current = states.last().unwrap();
    assert!(ours.is_at(&user.id, state(&id, current)).await.unwrap());
    for (index, name) in states.iter().enumerate() {
        assert!(!name.is_empty() && !states[..index].contains(name), "{index}");
        assert_eq!(ours.is_at(&user.id, state(&id, name)).await.unwrap(), name == current);
        assert!(!ours.is_at(&another_user.id, state(&id, name)).await.unwrap());
    }
    // Nothing of it concerns others.
    assert!(
        ours.is_at(&another_user.id, state(&another.id, &state_of_another))
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_message_that_changes_hands_makes_another_state_of_both_conversations() {
    let (ours, theirs, _dir) = database_of_two().await;
    let (from, one, [_, answer]) = spoken(&theirs).await;
    let (to, other, _) = spoken(&theirs).await;
    let before = (
        revision(&ours, &from.id, &one.id).await,
        revision(&ours, &to.id, &other.id).await,
    );
    sqlx::query("UPDATE messages SET conversation_id = $1 WHERE id = $2")
        .bind(other.id.as_str())
        .bind(answer.id.as_str())
        .execute(&theirs.pool)
        .await
        .unwrap();
    assert!(!ours.is_at(&from.id, state(&one.id, &before.0)).await.unwrap());
    assert!(!ours.is_at(&to.id, state(&other.id, &before.1)).await.unwrap());
}

#[tokio::test]
async fn a_conversation_is_at_no_state_once_it_is_someone_elses_or_gone() {
    let (ours, theirs, _dir) = database_of_two().await;
    let (guest, conversation, [opener, _]) = spoken(&theirs).await;
    let id = &conversation.id;
    let user = User::with_email("ann@example.com", Timestamp::from_millis(0));
    theirs.add_user(&user).await.unwrap();
    let before = revision(&ours, &guest.id, id).await;
    theirs.claim_guest(&guest.id, &user.id).await.unwrap();
    assert!(!ours.is_at(&guest.id, state(id, &before)).await.unwrap());
    assert!(!ours.is_at(&user.id, state(id, &before)).await.unwrap());
    let claimed = revision(&ours, &user.id, id).await;
    assert!(ours.is_at(&user.id, state(id, &claimed)).await.unwrap());
    theirs.delete_conversation(id).await.unwrap();
    assert!(!ours.is_at(&user.id, state(id, &claimed)).await.unwrap());

    // One of the same id is another.
    let owner_id = user.id.clone();
    let again = Conversation {
        owner_id,
        ..conversation
    };
    theirs.add_conversation(&again, &opener).await.unwrap();
    let anew = revision(&ours, &user.id, &again.id).await;
    assert!(!anew.is_empty() && anew != claimed && anew != before);
    assert!(!ours.is_at(&user.id, state(&again.id, &claimed)).await.unwrap());
}

#[tokio::test]
async fn a_table_that_is_emptied_leaves_no_state_as_it_was() {
    let (ours, theirs, _dir) = database_of_two().await;
    let (user, Conversation { id, .. }, _) = spoken(&theirs).await;
    let before = revision(&ours, &user.id, &id).await;
    // SQLite has no TRUNCATE, but does the same of this where no trigger stands in the way.
    let is_sqlite = ours.direct.is_some();
    let empty = if is_sqlite {
        "DELETE FROM messages"
    } else {
        "TRUNCATE messages"
    };
    sqlx::query(empty).execute(&theirs.pool).await.unwrap();
    assert!(!ours.is_at(&user.id, state(&id, &before)).await.unwrap());
    assert_ne!(revision(&ours, &user.id, &id).await, before);
}

#[tokio::test]
async fn what_is_not_committed_yet_is_no_state_of_it() {
    let (ours, theirs, _dir) = database_of_two().await;
    let (user, Conversation { id, .. }, [_, answer]) = spoken(&theirs).await;
    let before = revision(&ours, &user.id, &id).await;
    let mut transaction = theirs.pool.begin().await.unwrap();
    sqlx::query("UPDATE messages SET content = 'x' WHERE id = $1")
        .bind(answer.id.as_str())
        .execute(&mut *transaction)
        .await
        .unwrap();
    assert!(ours.is_at(&user.id, state(&id, &before)).await.unwrap());
    transaction.rollback().await.unwrap();
    assert!(ours.is_at(&user.id, state(&id, &before)).await.unwrap());
}

#[tokio::test]
async fn whoever_shows_a_credential_is_told_by_the_same_lookup_of_what_is_theirs_alone() {
    let (database, _dir) = database().await;
    let (user, conversation, _) = spoken(&database).await;
    let (other, of_other, _) = spoken(&database).await;
    let now = Timestamp::from_millis(7);
    let grant = Grant {
        id: GrantId::new(),
        user_id: user.id.clone(),
        client_id: None,
        scopes: Scopes::PERSONAL,
        signed_in_at: now,
        created_at: now,
        revoked_at: None,
    };
    database.add_browser_session(&grant, "cookie", now).await.unwrap();
    let key = ConfiguredHash {
        user_id: user.id.clone(),
        hash: "key".to_owned(),
        prefix: "k".to_owned(),
    };
    database.replace_configured_keys(&[key], now).await.unwrap();

    let current = revision(&database, &user.id, &conversation.id).await;
    let of_others = revision(&database, &other.id, &of_other.id).await;
    for (asked, is_at) in [
        (None, false),
        (Some(state(&conversation.id, &current)), true),
        (Some(state(&conversation.id, &of_others)), false),
        (Some(state(&conversation.id, "")), false),
        (Some(state(&of_other.id, &of_others)), false),
        (Some(state(&of_other.id, &current)), false),
        (Some(state(&ConversationId::new(), &current)), false),
    ] {
        let found = Some((user.clone(), is_at));
        assert_eq!(database.user_asking(&user.id, asked).await.unwrap(), found, "{asked:?}");
        let by_grant = database.user_of_grant(&user.id, &grant.id, asked).await.unwrap();
        assert_eq!(by_grant, found, "{asked:?}");
        let by_key = database.key_holder("key", asked, now).await.unwrap();
        assert_eq!(by_key.map(|(holder, is_at)| (holder.user, is_at)), found, "{asked:?}");
    }

    // A conversation doesn't open what a credential doesn't.
    let asked = Some(state(&conversation.id, &current));
    database.revoke_grant(&grant.id, now).await.unwrap();
    database.replace_configured_keys(&[], now).await.unwrap();
    assert_eq!(database.user_of_grant(&user.id, &grant.id, asked).await.unwrap(), None);
    assert!(database.key_holder("key", asked, now).await.unwrap().is_none());
}
