//! Organisations: who is in them, and whose things their keys may read.

use std::time::Duration;

use serde_json::{Map, Value};

use super::email::EmailAddress;
use super::scope::Scopes;
use super::{AccountError, Accounts, Principal, opaque};
use crate::clock::Timestamp;
use crate::config::Secret;
use crate::ids::{ConversationId, InvitationId, OrganisationId, UserId};
use crate::storage::StorageError;
use crate::storage::invitations::Invitation;
use crate::storage::organisations::{MemberRole, Organisation};
use crate::storage::users::{User, UserKind};

/// Whom an invitation is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invitee {
    /// A user.
    User(UserId),
    /// Whoever has that address, or gets it, and shows the secret of the invitation: addresses are not verified.
    Email(EmailAddress),
}

/// How long an invitation can be accepted.
pub const INVITATION_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Organisations that one person may belong to who founds another, and invitations that one organisation may have open.
const MOST: i64 = 100;

/// Begins the secret of an invitation.
const TOKEN_PREFIX: &str = "cli_";

/// The keys of document 000's examples that say for whom a conversation is.
const NAMING: [&str; 2] = ["student_id", "team_member"];

const TOO_MANY_INVITATIONS: AccountError = AccountError::Forbidden("no more than 100 invitations can be open at once");

const NONE: AccountError = AccountError::NotFound("there is no such organisation");

impl Accounts {
    /// Founds an organisation, of which whoever asks is the owner.
    ///
    /// # Errors
    /// When they are no person, or in too many already.
    pub async fn found(
        &self,
        principal: &Principal,
        name: String,
        now: Timestamp,
    ) -> Result<Organisation, AccountError> {
        self.require_person(principal)?;
        self.add_organisation(name, Some(&principal.user.id), now).await
    }

    /// Founds an organisation, whoever asks: for the operator.
    ///
    /// # Errors
    /// When its owner is in too many already, or it can't be written.
    pub async fn add_organisation(
        &self,
        name: String,
        owner: Option<&UserId>,
        now: Timestamp,
    ) -> Result<Organisation, AccountError> {
        let mut account = User::guest(now);
        account.kind = UserKind::User;
        account.name.clone_from(&name);
        let organisation = Organisation {
            id: OrganisationId::new(),
            account_id: account.id.clone(),
            name,
            created_at: now,
        };
        let added = self.database.add_organisation(&organisation, &account, owner, MOST);
        if !added.await? {
            return Err(AccountError::Forbidden(
                "nobody can belong to more than 100 organisations",
            ));
        }
        tracing::info!(organisation_id = %organisation.id, "organisation founded");
        Ok(organisation)
    }

    /// An organisation that whoever asks may look into: its members and its own keys.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] for everyone else.
    pub async fn organisation_for(
        &self,
        principal: &Principal,
        id: &OrganisationId,
    ) -> Result<(Organisation, Option<MemberRole>), AccountError> {
        let organisation = self.database.organisation(id).await?.ok_or(NONE)?;
        if principal.organisation.as_ref() == Some(id) {
            return Ok((organisation, None));
        }
        let role = self.database.member_role(id, &principal.user.id).await?;
        Ok((organisation, Some(role.ok_or(NONE)?)))
    }

    /// An organisation that whoever asks may change: a person who owns it, by their own hand.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] for strangers, [`AccountError::Forbidden`] for members.
    pub async fn organisation_owned(
        &self,
        principal: &Principal,
        id: &OrganisationId,
    ) -> Result<Organisation, AccountError> {
        match self.organisation_for(principal, id).await? {
            (organisation, Some(MemberRole::Owner)) => {
                self.require_person(principal)?;
                Ok(organisation)
            }
            _ => Err(AccountError::Forbidden("only an owner of the organisation may do that")),
        }
    }

    /// Invites someone. Of an id that nobody has, nothing is told: the invitation is never accepted. One to an address comes
    /// with the secret that accepts it, which is told only now.
    ///
    /// # Errors
    /// When too many invitations are open.
    pub async fn invite(
        &self,
        organisation: &Organisation,
        invitee: Invitee,
        role: MemberRole,
        now: Timestamp,
    ) -> Result<(Invitation, Option<Secret>), AccountError> {
        let mut invitation = Invitation {
            id: InvitationId::new(),
            organisation_id: organisation.id.clone(),
            user_id: None,
            email: None,
            role,
            created_at: now,
            expires_at: now.plus(INVITATION_LIFETIME),
        };
        let token = match invitee {
            Invitee::Email(email) => {
                invitation.email = Some(email.as_str().to_owned());
                Some(opaque::random::<32>(TOKEN_PREFIX))
            }
            Invitee::User(id) => {
                let is_known = self.database.user(&id).await?.is_some();
                invitation.user_id = Some(id);
                if !is_known {
                    let open = self.database.invitations_into(&organisation.id, now).await?;
                    let is_room = open.len() < usize::try_from(MOST).unwrap_or(usize::MAX);
                    return is_room.then_some((invitation, None)).ok_or(TOO_MANY_INVITATIONS);
                }
                None
            }
        };
        let hash = token.as_deref().map(opaque::hash);
        if !self.database.add_invitation(&invitation, hash.as_deref(), MOST).await? {
            return Err(TOO_MANY_INVITATIONS);
        }
        Ok((invitation, token.map(Secret::new)))
    }

    /// Joins an organisation that has invited whoever asks, or, with the secret of the invitation, their address.
    ///
    /// # Errors
    /// When it has not.
    pub async fn join(
        &self,
        principal: &Principal,
        id: &OrganisationId,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Organisation, AccountError> {
        self.require_person(principal)?;
        let hash = token.map(opaque::hash);
        let accepted = self
            .database
            .accept_invitation(id, &principal.user, hash.as_deref(), now);
        if !accepted.await? {
            return Err(NONE);
        }
        tracing::info!(organisation_id = %id, user_id = %principal.user.id, "member joined");
        self.database.organisation(id).await?.ok_or(NONE)
    }

    /// Removes a member: an owner removes anyone, and everyone may leave. The last owner stays.
    ///
    /// # Errors
    /// When whoever asks may not, or there is no such member.
    pub async fn remove_member(
        &self,
        principal: &Principal,
        id: &OrganisationId,
        member: &UserId,
    ) -> Result<(), AccountError> {
        self.require_person(principal)?;
        let (_, role) = self.organisation_for(principal, id).await?;
        if *member != principal.user.id && role != Some(MemberRole::Owner) {
            return Err(AccountError::Forbidden("only an owner of the organisation may do that"));
        }
        if self.database.member_role(id, member).await?.is_none() {
            return Err(AccountError::NotFound("there is no such member"));
        }
        if self.database.remove_member(id, member).await? {
            Ok(())
        } else {
            Err(AccountError::Forbidden(
                "the last owner can't leave; name another first",
            ))
        }
    }

    /// Whether whoever asks may read what is a user's: the user, and the keys of organisations that the user belongs to.
    ///
    /// # Errors
    /// When nobody could look.
    pub async fn may_read(&self, principal: &Principal, user: &UserId) -> Result<bool, StorageError> {
        if principal.user.id == *user {
            return Ok(true);
        }
        match &principal.organisation {
            Some(organisation) => Ok(self.database.member_role(organisation, user).await?.is_some()),
            None => Ok(false),
        }
    }

    /// The organisation whose key it is, or the one that the person joined first.
    ///
    /// # Errors
    /// When nobody could look.
    pub async fn team(&self, principal: &Principal) -> Result<Option<OrganisationId>, StorageError> {
        if let Some(organisation) = &principal.organisation {
            return Ok(Some(organisation.clone()));
        }
        let memberships = self.database.memberships(&principal.user.id).await?;
        Ok(memberships.into_iter().next().map(|(organisation, _)| organisation.id))
    }

    /// To whom a new conversation belongs: whoever makes it, or the member whom an organisation's key names in its context.
    /// A name that is no member's is only a word.
    ///
    /// # Errors
    /// When nobody could look.
    pub async fn owner_of_new(
        &self,
        principal: &Principal,
        context: &Map<String, Value>,
    ) -> Result<User, StorageError> {
        let Some(organisation) = &principal.organisation else {
            return Ok(principal.user.clone());
        };
        let names = NAMING.into_iter().filter_map(|key| context.get(key)?.as_str());
        for name in names.filter(|name| UserId::parse(name).is_some() || EmailAddress::parse(name).is_some()) {
            if let Some(member) = self.database.member_named(organisation, name).await? {
                return Ok(member);
            }
        }
        Ok(principal.user.clone())
    }

    /// As whom whoever asks reads a conversation: an organisation's key as the member for whom it made the conversation,
    /// everyone else as themselves.
    ///
    /// # Errors
    /// When nobody could look.
    pub async fn reader_of(
        &self,
        principal: &Principal,
        conversation: &ConversationId,
    ) -> Result<UserId, StorageError> {
        let member = match &principal.organisation {
            Some(organisation) => self.database.member_in_conversation(organisation, conversation).await?,
            None => None,
        };
        Ok(member.unwrap_or_else(|| principal.user.id.clone()))
    }

    /// Refuses whoever is no person who acts by their own hand: guests, applications, organisations; and credentials that are
    /// not good for everything, since the keys of an organisation are.
    pub(super) fn require_person(&self, principal: &Principal) -> Result<(), AccountError> {
        principal.require_account()?;
        principal.require_no_application()?;
        if principal.organisation.is_some() {
            return Err(AccountError::Forbidden("an organisation's key may not do that"));
        }
        if !Scopes::PERSONAL.iter().all(|scope| principal.scopes.contains(scope)) {
            return Err(AccountError::Forbidden(
                "this needs a credential with every personal scope",
            ));
        }
        Ok(())
    }
}
