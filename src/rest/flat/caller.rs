//! Who asks through document 003: a Bearer credential tells, or a guest's name, or knowing the id of a conversation.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use uuid::Uuid;

use super::super::Services;
use super::super::error::ApiError;
use super::super::principal::Bearer;
use super::super::text::within;
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;
use crate::flat::Owner;
use crate::ids::UserId;
use crate::storage::users::User;

/// Whoever sent the request: somebody with a credential, or nobody in particular. A bad credential is refused.
#[derive(Clone, Debug)]
pub struct Caller(Option<User>);

/// For whom something is done.
#[derive(Clone, Debug)]
pub enum Actor {
    /// A person, with an account or a guest's token.
    Person(Box<User>),
    /// A guest of that name.
    Guest(String),
}

/// Characters that a name may have.
const NAME_LIMIT: usize = 128;

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !request.headers().contains_key(header::AUTHORIZATION) {
            return Box::pin(async { Ok(Self(None)) });
        }
        let bearer = Bearer::from_request(request, payload);
        Box::pin(async move {
            let Bearer(principal) = bearer.await?;
            principal.require(Scope::ManageConversations)?;
            Ok(Self(Some(principal.user)))
        })
    }
}

impl Caller {
    /// Whether a conversation of that owner is theirs to see. The id of a conversation is long and random: for guests who
    /// have nothing else, knowing it is enough.
    pub fn may_see(&self, owner: &Owner, trusts: bool) -> bool {
        match (owner, &self.0) {
            (Owner::NamedGuest(_), _) => true,
            (Owner::User(owner) | Owner::TokenGuest(owner), Some(caller)) => caller.id == *owner,
            (Owner::User(_) | Owner::TokenGuest(_), None) => trusts,
        }
    }

    /// Whether they may name that user as who asks.
    ///
    /// # Errors
    /// When it is not who their credential belongs to, or they have none.
    pub fn named(&self, user_id: Option<&str>, trusts: bool) -> Result<(), ApiError> {
        match (user_id, &self.0) {
            (None, _) => Ok(()),
            (Some(named), Some(caller)) if named == caller.id.as_str() => Ok(()),
            (Some(_), Some(_)) => Err(ApiError::Forbidden("'userId' is not who the credential belongs to")),
            (Some(_), None) if trusts => Ok(()),
            (Some(_), None) => Err(ApiError::Unauthorized),
        }
    }

    /// For whom they ask, given the ids that they name; `None` if they name none.
    ///
    /// # Errors
    /// When they name somebody whom they can't show to be.
    pub async fn actor(
        self,
        services: &Services,
        user_id: Option<String>,
        guest_id: Option<String>,
    ) -> Result<Option<Actor>, ApiError> {
        let user_id = within("userId", user_id, NAME_LIMIT)?;
        let guest_id = within("guestId", guest_id, NAME_LIMIT)?;
        self.named(user_id.as_deref(), services.http.trust_user_id)?;
        if let Some(caller) = self.0 {
            return Ok(Some(Actor::Person(Box::new(caller))));
        }
        if let Some(named) = user_id {
            let user = services.database.user(&UserId::from_text(named)).await?;
            let user = user.ok_or(ApiError::NotFound("there is no such user"))?;
            return Ok(Some(Actor::Person(Box::new(user))));
        }
        match guest_id {
            // Whoever has a token must show it: their id alone is no secret. Nor is it told which ids there are.
            Some(name) if name.starts_with(UserId::PREFIX) => Err(ApiError::Unauthorized),
            name => Ok(name.map(Actor::Guest)),
        }
    }
}

impl Actor {
    /// A guest with a name that nobody can guess.
    pub fn new_guest() -> Self {
        Self::Guest(format!("guest_{}", Uuid::new_v4().simple()))
    }

    /// The user whose conversations they are; a guest who is new is made.
    ///
    /// # Errors
    /// When storage can't be written.
    pub async fn user(&self, services: &Services, now: Timestamp) -> Result<User, ApiError> {
        match self {
            Self::Person(user) => Ok((**user).clone()),
            Self::Guest(name) => {
                let id = services.database.flat_guest_or_new(name, now).await?;
                services.database.user(&id).await?.ok_or(ApiError::Internal)
            }
        }
    }

    /// The same, without making anybody.
    ///
    /// # Errors
    /// When storage can't be read.
    pub async fn known(&self, services: &Services) -> Result<Option<UserId>, ApiError> {
        match self {
            Self::Person(user) => Ok(Some(user.id.clone())),
            Self::Guest(name) => Ok(services.database.flat_guest(name).await?),
        }
    }
}
