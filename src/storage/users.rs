//! Users and guests.

use colloquy_agents::correction::CorrectionPolicy;
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;

use super::direct::Argument::Text;
use super::record::Record;
use super::transcript::{State, is_at};
use super::{Database, StorageError, corrupt, document, text};
use crate::clock::Timestamp;
use crate::ids::{GrantId, UserId};

/// A person, with an account or without.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// Who it is.
    pub id: UserId,
    /// Whether there is an account.
    pub kind: UserKind,
    /// The address, in lower case; guests have none.
    pub email: Option<String>,
    /// What to call them.
    pub name: String,
    /// What they prefer.
    pub preferences: Preferences,
    /// When they came.
    pub created_at: Timestamp,
    /// When they were last seen, give or take some minutes.
    pub last_active: Timestamp,
    /// What they may do beside what everyone may.
    pub role: Role,
    /// Where their picture is.
    pub avatar_url: Option<String>,
    /// Where their days begin and end: a name of the IANA time zone database.
    pub time_zone: String,
    /// What they have subscribed to.
    pub subscription: Subscription,
    /// Of a guest: the user to whom everything went.
    pub claimed_by: Option<UserId>,
}

/// What a person may do beside what everyone may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing more.
    User,
    /// See to other people's accounts and to the server.
    Admin,
}

/// What a person has subscribed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// "free", "premium"
    pub plan: String,
    /// "active"
    pub status: String,
    /// When it ends; `None` if it does not.
    pub expires_at: Option<Timestamp>,
}

/// Whether there is an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserKind {
    /// Yes.
    User,
    /// No: a visitor who tries it.
    Guest,
}

/// What a person prefers, used where a request leaves it open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// The language to practise, as the person wrote it: an English name or a BCP-47 tag.
    pub target_language: String,
    /// The language to translate to, likewise.
    pub native_language: String,
    /// How well the person speaks.
    pub proficiency_level: String,
    /// Minutes of practice a day.
    pub daily_goal: u32,
    /// Ids of topics.
    pub preferred_topics: Vec<String>,
    /// What is done about mistakes; as suits the level, where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<CorrectionPolicy>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            target_language: "spanish".to_owned(),
            native_language: "english".to_owned(),
            proficiency_level: "beginner".to_owned(),
            daily_goal: 15,
            preferred_topics: Vec::new(),
            correction: None,
        }
    }
}

impl Default for Subscription {
    fn default() -> Self {
        Self {
            plan: "free".to_owned(),
            status: "active".to_owned(),
            expires_at: None,
        }
    }
}

impl User {
    /// A new visitor.
    pub fn guest(now: Timestamp) -> Self {
        Self {
            id: UserId::new(),
            kind: UserKind::Guest,
            email: None,
            name: "Guest".to_owned(),
            preferences: Preferences::default(),
            created_at: now,
            last_active: now,
            role: Role::User,
            avatar_url: None,
            time_zone: "UTC".to_owned(),
            subscription: Subscription::default(),
            claimed_by: None,
        }
    }

    /// A new user, named after the address: `jane.doe@example.com` is Jane Doe.
    pub fn with_email(email: &str, now: Timestamp) -> Self {
        let local = email.split('@').next().unwrap_or_default();
        let words: Vec<String> = local
            .split(['.', '_', '-', '+'])
            .filter(|word| !word.is_empty())
            .map(|word| {
                let mut letters = word.chars();
                let first = letters.next().map(char::to_uppercase);
                first.into_iter().flatten().chain(letters).collect()
            })
            .collect();
        Self {
            kind: UserKind::User,
            email: Some(email.to_lowercase()),
            name: words.join(" "),
            ..Self::guest(now)
        }
    }

    /// Reads the columns of `users`.
    pub(super) fn from_row(row: &(impl Record + ?Sized)) -> Result<Self, StorageError> {
        let kind = row.text("kind")?;
        let role = row.text("role")?;
        let expires_at = row.optional_number("subscription_expires_at")?;
        let claimed_by = row.optional_text("claimed_by")?;
        Ok(Self {
            id: UserId::from_text(row.text("id")?),
            kind: UserKind::parse(&kind)?,
            email: row.optional_text("email")?,
            name: row.text("name")?,
            preferences: document(row, "preferences")?,
            created_at: Timestamp::from_millis(row.number("created_at")?),
            last_active: Timestamp::from_millis(row.number("last_active")?),
            role: Role::parse(&role).ok_or_else(|| corrupt("role", &role))?,
            avatar_url: row.optional_text("avatar_url")?,
            time_zone: row.text("time_zone")?,
            subscription: Subscription {
                plan: row.text("plan")?,
                status: row.text("subscription_status")?,
                expires_at: expires_at.map(Timestamp::from_millis),
            },
            claimed_by: claimed_by.map(UserId::from_text),
        })
    }
}

impl Role {
    /// As stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    /// Reads what [`Role::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::User, Self::Admin].into_iter().find(|role| role.as_str() == text)
    }
}

impl UserKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Guest => "guest",
        }
    }

    fn parse(text: &str) -> Result<Self, StorageError> {
        match text {
            "user" => Ok(Self::User),
            "guest" => Ok(Self::Guest),
            other => Err(corrupt("kind", other)),
        }
    }
}

impl Database {
    /// Adds a user unless the address is taken; tells whether it was added.
    pub async fn add_user(&self, user: &User) -> Result<bool, StorageError> {
        let mut connection = self.pool.acquire().await?;
        insert_user(&mut connection, user).await
    }

    /// The user of that id.
    pub async fn user(&self, id: &UserId) -> Result<Option<User>, StorageError> {
        let found = self
            .read("SELECT * FROM users WHERE id = $1", &[Text(id.as_str())], |row| {
                User::from_row(row)
            })
            .await?;
        Ok(found.into_iter().next())
    }

    /// The user of that id, and whether a conversation of theirs is in that state. One lookup.
    pub async fn user_asking(
        &self,
        id: &UserId,
        state: Option<State<'_>>,
    ) -> Result<Option<(User, bool)>, StorageError> {
        let statements = [
            "SELECT * FROM users WHERE id = $1",
            concat!("SELECT users.*", is_at!("$2", "$3"), " FROM users WHERE id = $1"),
        ];
        self.read_asking(statements, &[Text(id.as_str())], state, |row| User::from_row(row))
            .await
    }

    /// The same, if what they allowed stands. One lookup, since every request with a token makes it.
    pub async fn user_of_grant(
        &self,
        id: &UserId,
        grant: &GrantId,
        state: Option<State<'_>>,
    ) -> Result<Option<(User, bool)>, StorageError> {
        macro_rules! statement {
            ($more:expr) => {
                concat!(
                    "SELECT users.*",
                    $more,
                    " FROM grants JOIN users ON users.id = grants.user_id ",
                    "WHERE grants.id = $2 AND grants.revoked_at IS NULL AND users.id = $1"
                )
            };
        }
        let statements = [statement!(""), statement!(is_at!("$3", "$4"))];
        let arguments = [Text(id.as_str()), Text(grant.as_str())];
        self.read_asking(statements, &arguments, state, |row| User::from_row(row))
            .await
    }

    /// The user of that address.
    pub async fn user_with_email(&self, email: &str) -> Result<Option<User>, StorageError> {
        let row = sqlx::query("SELECT * FROM users WHERE email = $1")
            .bind(email.to_lowercase())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(User::from_row).transpose()
    }

    /// All users that are no guests, the oldest first, after that one.
    pub async fn users(&self, after: Option<&User>, limit: i64) -> Result<Vec<User>, StorageError> {
        let rows = sqlx::query(
            "SELECT * FROM users WHERE kind = 'user' AND (created_at > $1 OR (created_at = $1 AND id > $2)) \
             ORDER BY created_at, id LIMIT $3",
        )
        .bind(after.map_or(i64::MIN, |user| user.created_at.as_millis()))
        .bind(after.map_or("", |user| user.id.as_str()))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(User::from_row).collect()
    }

    /// Changes what a user may do.
    pub async fn set_role(&self, id: &UserId, role: Role) -> Result<(), StorageError> {
        sqlx::query("UPDATE users SET role = $2 WHERE id = $1")
            .bind(id.as_str())
            .bind(role.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Removes a user and everything of theirs; tells whether there was one.
    pub async fn remove_user(&self, id: &UserId) -> Result<bool, StorageError> {
        let done = sqlx::query("DELETE FROM users WHERE id = $1")
            .bind(id.as_str())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes that the user was here.
    pub async fn touch_user(&self, id: &UserId, now: Timestamp) -> Result<(), StorageError> {
        sqlx::query("UPDATE users SET last_active = $2 WHERE id = $1 AND last_active < $2")
            .bind(id.as_str())
            .bind(now.as_millis())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Adds a user, as part of a transaction, unless the address is taken; tells whether it was added.
pub(super) async fn insert_user(connection: &mut AnyConnection, user: &User) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "INSERT INTO users (id, kind, email, name, preferences, created_at, last_active, role, avatar_url, time_zone, \
         plan, subscription_status, subscription_expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (email) DO NOTHING",
    )
    .bind(user.id.as_str())
    .bind(user.kind.as_str())
    .bind(user.email.as_deref())
    .bind(&user.name)
    .bind(text(&user.preferences))
    .bind(user.created_at.as_millis())
    .bind(user.last_active.as_millis())
    .bind(user.role.as_str())
    .bind(user.avatar_url.as_deref())
    .bind(&user.time_zone)
    .bind(&user.subscription.plan)
    .bind(&user.subscription.status)
    .bind(user.subscription.expires_at.map(Timestamp::as_millis))
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::tests::database;

    #[tokio::test]
    async fn a_user_is_read_back_as_written_by_id_and_by_address_in_any_case() {
        let (database, _dir) = database().await;
        let mut user = User::with_email("Jane.DOE@example.com", Timestamp::from_millis(5));
        assert_eq!(user.name, "Jane DOE");
        assert_eq!((user.role, user.time_zone.as_str()), (Role::User, "UTC"));
        user.role = Role::Admin;
        user.avatar_url = Some("https://example.com/jane.jpg".to_owned());
        user.time_zone = "Europe/Paris".to_owned();
        user.subscription = Subscription {
            plan: "premium".to_owned(),
            status: "cancelled".to_owned(),
            expires_at: Some(Timestamp::from_millis(7)),
        };
        database.add_user(&user).await.unwrap();
        assert_eq!(database.user(&user.id).await.unwrap().as_ref(), Some(&user));
        let found = database.user_with_email("jane.doe@EXAMPLE.com").await.unwrap();
        assert_eq!(found, Some(user));
        assert_eq!(database.user(&UserId::new()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn an_address_belongs_to_one_user_and_guests_need_none() {
        let (database, _dir) = database().await;
        let now = Timestamp::from_millis(5);
        let first = User::with_email("a@example.com", now);
        assert!(database.add_user(&first).await.unwrap());
        let second = User::with_email("A@example.com", now);
        assert!(!database.add_user(&second).await.unwrap());
        assert_eq!(database.user_with_email("a@example.com").await.unwrap(), Some(first));
        database.add_user(&User::guest(now)).await.unwrap();
        database.add_user(&User::guest(now)).await.unwrap();
    }
}
