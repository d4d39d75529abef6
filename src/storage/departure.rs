//! The transaction in which someone goes, with everything of theirs.

use sqlx::{AnyConnection, Row};

use super::ending::lock_learner;
use super::organisations::{Organisation, is_last_owner, lock_organisation};
use super::{Database, StorageError};
use crate::ids::{ConversationId, OrganisationId, UserId};

/// Who goes when a user goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Departing {
    /// The user, and the accounts of the organisations that nobody else is in.
    Accounts(Vec<UserId>),
    /// Nobody: others are in that organisation, and none of them owns it.
    OwnerNeeded(Organisation),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Departure {
    /// They are gone. These were their conversations.
    Gone(Vec<ConversationId>),
    /// Nobody is gone.
    OwnerNeeded(Organisation),
    /// There is no such user.
    Unknown,
}

impl Database {
    /// Who would go with a user as things are.
    pub async fn departing(&self, user: &UserId) -> Result<Departing, StorageError> {
        departing(&mut *self.pool.acquire().await?, user).await
    }

    /// Removes a user and everything of theirs, with the organisations that nobody else is in.
    pub async fn depart(&self, user: &UserId) -> Result<Departure, StorageError> {
        let mut transaction = self.pool.begin().await?;
        lock_learner(&mut transaction, user).await?;
        // What is found about who owns them is true until they are gone. One after another, in one order for all.
        for organisation in organisations_of(&mut transaction, user).await? {
            lock_organisation(&mut transaction, &organisation.id).await?;
        }
        let accounts = match departing(&mut transaction, user).await? {
            Departing::Accounts(accounts) => accounts,
            Departing::OwnerNeeded(organisation) => return Ok(Departure::OwnerNeeded(organisation)),
        };
        let mut conversations = Vec::new();
        let mut is_known = false;
        for account in &accounts {
            let rows = sqlx::query("SELECT id FROM conversations WHERE owner_id = $1 ORDER BY created_at, id")
                .bind(account.as_str())
                .fetch_all(&mut *transaction)
                .await?;
            for row in rows {
                conversations.push(ConversationId::from_text(row.try_get::<String, _>("id")?));
            }
            // These refer to nobody: addresses have some, too.
            sqlx::query("DELETE FROM idempotency_keys WHERE scope = $1")
                .bind(account.as_str())
                .execute(&mut *transaction)
                .await?;
            let removed = sqlx::query("DELETE FROM users WHERE id = $1")
                .bind(account.as_str())
                .execute(&mut *transaction)
                .await?;
            is_known |= removed.rows_affected() == 1 && account == user;
        }
        transaction.commit().await?;
        Ok(if is_known {
            Departure::Gone(conversations)
        } else {
            Departure::Unknown
        })
    }
}

async fn departing(connection: &mut AnyConnection, user: &UserId) -> Result<Departing, StorageError> {
    let mut accounts = Vec::new();
    for organisation in organisations_of(connection, user).await? {
        if has_others(connection, &organisation.id, user).await? {
            if is_last_owner(connection, &organisation.id, user).await? {
                return Ok(Departing::OwnerNeeded(organisation));
            }
        } else {
            accounts.push(organisation.account_id);
        }
    }
    accounts.push(user.clone());
    Ok(Departing::Accounts(accounts))
}

async fn organisations_of(connection: &mut AnyConnection, user: &UserId) -> Result<Vec<Organisation>, StorageError> {
    let rows = sqlx::query(
        "SELECT organisations.* FROM organisation_members AS members \
         JOIN organisations ON organisations.id = members.organisation_id \
         WHERE members.user_id = $1 ORDER BY organisations.id",
    )
    .bind(user.as_str())
    .fetch_all(connection)
    .await?;
    rows.iter().map(Organisation::from_row).collect()
}

async fn has_others(
    connection: &mut AnyConnection,
    organisation: &OrganisationId,
    user: &UserId,
) -> Result<bool, sqlx::Error> {
    let other =
        sqlx::query("SELECT user_id FROM organisation_members WHERE organisation_id = $1 AND user_id <> $2 LIMIT 1")
            .bind(organisation.as_str())
            .bind(user.as_str())
            .fetch_optional(connection)
            .await?;
    Ok(other.is_some())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::Timestamp;
    use crate::storage::conversations::tests::conversation_of;
    use crate::storage::idempotency::{KeyName, Reservation};
    use crate::storage::messages::{Message, Sender};
    use crate::storage::organisations::MemberRole;
    use crate::storage::tests::database;
    use crate::storage::users::User;

    const NOW: Timestamp = Timestamp::from_millis(1000);

    async fn person(database: &Database, name: &str) -> User {
        let user = User::with_email(&format!("{name}@example.com"), NOW);
        database.add_user(&user).await.unwrap();
        user
    }

    /// An organisation with its owner.
    async fn organisation(database: &Database, owner: &User) -> Organisation {
        let mut account = User::guest(NOW);
        account.kind = crate::storage::users::UserKind::User;
        let organisation = Organisation {
            id: OrganisationId::new(),
            account_id: account.id.clone(),
            name: "School".to_owned(),
            created_at: NOW,
        };
        let added = database.add_organisation(&organisation, &account, Some(&owner.id), 1);
        assert!(added.await.unwrap());
        organisation
    }

    async fn conversation(database: &Database, owner: &UserId) -> ConversationId {
        let conversation = conversation_of(owner);
        let opener = Message::new(conversation.id.clone(), Sender::Ai, "x", NOW);
        database.add_conversation(&conversation, &opener).await.unwrap();
        conversation.id
    }

    #[tokio::test]
    async fn who_is_alone_in_an_organisation_takes_it_along_with_its_conversations() {
        let (database, _dir) = database().await;
        let ann = person(&database, "ann").await;
        let school = organisation(&database, &ann).await;
        let of_school = conversation(&database, &school.account_id).await;
        let of_ann = conversation(&database, &ann.id).await;
        let accounts = vec![school.account_id.clone(), ann.id.clone()];
        assert_eq!(
            database.departing(&ann.id).await.unwrap(),
            Departing::Accounts(accounts)
        );
        let gone = database.depart(&ann.id).await.unwrap();
        assert_eq!(gone, Departure::Gone(vec![of_school.clone(), of_ann]));
        assert_eq!(database.organisation(&school.id).await.unwrap(), None);
        assert!(database.conversation(&of_school).await.unwrap().is_none());
        assert_eq!(database.depart(&ann.id).await.unwrap(), Departure::Unknown);
    }

    #[tokio::test]
    async fn the_last_owner_of_others_stays_until_another_is_named() {
        let (database, _dir) = database().await;
        let (ann, bob) = (person(&database, "ann").await, person(&database, "bob").await);
        let school = organisation(&database, &ann).await;
        let role = async |user: &User, role| database.add_member(&school.id, &user.id, role, NOW).await.unwrap();
        assert!(role(&bob, MemberRole::Member).await);
        let needed = Departure::OwnerNeeded(school.clone());
        assert_eq!(database.depart(&ann.id).await.unwrap(), needed);
        assert!(database.user(&ann.id).await.unwrap().is_some());
        assert!(!role(&ann, MemberRole::Member).await, "nobody would own it");

        assert!(role(&bob, MemberRole::Owner).await);
        assert_eq!(database.depart(&ann.id).await.unwrap(), Departure::Gone(Vec::new()));
        let left = database.member_role(&school.id, &bob.id).await.unwrap();
        assert_eq!(left, Some(MemberRole::Owner));
    }

    #[tokio::test]
    async fn of_two_owners_who_leave_or_go_at_once_one_stays() {
        let (database, _dir) = database().await;
        for round in 0..8 {
            let ann = person(&database, &format!("ann{round}")).await;
            let bob = person(&database, &format!("bob{round}")).await;
            let carol = person(&database, &format!("carol{round}")).await;
            let school = organisation(&database, &ann).await;
            for (user, role) in [(&bob, MemberRole::Owner), (&carol, MemberRole::Member)] {
                assert!(database.add_member(&school.id, &user.id, role, NOW).await.unwrap());
            }
            if round % 2 == 0 {
                let (one, other) = tokio::join!(
                    database.remove_member(&school.id, &ann.id),
                    database.remove_member(&school.id, &bob.id)
                );
                assert!(one.unwrap() != other.unwrap(), "one of them left");
            } else {
                let (one, other) = tokio::join!(database.depart(&ann.id), database.depart(&bob.id));
                let gone = [one.unwrap(), other.unwrap()];
                let gone = gone.iter().filter(|departure| matches!(departure, Departure::Gone(_)));
                assert_eq!(gone.count(), 1);
            }
        }
    }

    #[tokio::test]
    async fn answers_that_were_kept_for_someone_go_along_and_those_for_others_stay() {
        let (database, _dir) = database().await;
        let (ann, bob) = (person(&database, "ann").await, person(&database, "bob").await);
        let name = |scope: String| KeyName {
            scope,
            hash: "ab".to_owned(),
        };
        let names = [name(ann.id.to_string()), name(bob.id.to_string())];
        let until = NOW.plus(Duration::from_secs(60));
        for name in &names {
            database.reserve_key(name, "one", until, NOW).await.unwrap();
        }
        database.depart(&ann.id).await.unwrap();
        let mut found = Vec::new();
        for name in &names {
            found.push(database.reserve_key(name, "one", until, NOW).await.unwrap());
        }
        assert_eq!(found, [Reservation::Fresh, Reservation::UnderWay]);
    }
}
