//! `/v1/organisations`: teams, schools, companies.

use actix_web::http::{Method, header};
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Services;
use super::api_keys::{self, KeyRequest};
use super::body::Json;
use super::error::ApiError;
use super::principal::Bearer;
use super::query::{Query, limit};
use super::resource;
use super::text::{required, within};
use crate::accounts::email::EmailAddress;
use crate::accounts::organisations::Invitee;
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;
use crate::ids::{InvitationId, OrganisationId, UserId};
use crate::storage::invitations::Invitation;
use crate::storage::organisations::{Member, MemberRole, Organisation};

/// The body of `POST /v1/organisations`.
#[derive(Debug, Deserialize)]
pub struct FoundRequest {
    name: Option<String>,
}

/// The body of `POST /v1/organisations/{id}/members`.
#[derive(Debug, Deserialize)]
pub struct InviteRequest {
    email: Option<String>,
    user_id: Option<String>,
    role: Option<String>,
}

/// The body of `POST /v1/organisations/{id}/invitation`.
#[derive(Deserialize)]
pub struct JoinRequest {
    token: Option<String>,
}

/// The query of `GET /v1/organisations/{id}/members`.
#[derive(Debug, Deserialize)]
pub struct MembersQuery {
    after: Option<String>,
    limit: Option<i64>,
}

/// Characters that a name may have.
const NAME_LIMIT: usize = 100;
/// Characters that the token of an invitation may have.
const TOKEN_LIMIT: usize = 100;
/// Members that one answer has, unless fewer are asked for.
const PAGE: u32 = 100;

/// Adds the paths of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            resource("/v1/organisations", [Method::GET, Method::POST])
                .route(web::get().to(list))
                .route(web::post().to(found)),
        )
        .service(
            resource("/v1/organisations/{id}/members", [Method::GET, Method::POST])
                .route(web::get().to(members))
                .route(web::post().to(invite)),
        )
        .service(
            resource("/v1/organisations/{id}/members/{user_id}", [Method::DELETE])
                .route(web::delete().to(remove_member)),
        )
        .service(
            resource("/v1/organisations/{id}/invitation", [Method::POST, Method::DELETE])
                .route(web::post().to(join))
                .route(web::delete().to(decline)),
        )
        .service(
            resource("/v1/organisations/{id}/invitations/{invitation}", [Method::DELETE])
                .route(web::delete().to(take_back)),
        )
        .service(
            resource("/v1/organisations/{id}/api-keys", [Method::GET, Method::POST])
                .route(web::get().to(keys))
                .route(web::post().to(create_key)),
        )
        .service(
            resource("/v1/organisations/{id}/api-keys/{key}", [Method::DELETE]).route(web::delete().to(revoke_key)),
        );
}

/// `GET /v1/organisations`: those that someone belongs to, and those that have invited them.
pub async fn list(services: web::Data<Services>, Bearer(principal): Bearer) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::ReadProfile)?;
    let memberships = match &principal.organisation {
        Some(id) => {
            let organisation = services.database.organisation(id).await?;
            organisation
                .into_iter()
                .map(|organisation| (organisation, None))
                .collect()
        }
        None => {
            let memberships = services.database.memberships(&principal.user.id).await?;
            let with_role = |(organisation, role)| (organisation, Some(role));
            memberships.into_iter().map(with_role).collect::<Vec<_>>()
        }
    };
    let invitations = services
        .database
        .invitations_of(&principal.user.id, Timestamp::now())
        .await?;
    Ok(HttpResponse::Ok().json(json!({
        "organisations": memberships.iter().map(|(organisation, role)| shown(organisation, *role)).collect::<Vec<_>>(),
        "invitations": invitations.iter().map(|(organisation, invitation)| json!({
            "organisation_id": organisation.id,
            "name": organisation.name,
            "role": invitation.role.as_str(),
            "created_at": invitation.created_at,
            "expires_at": invitation.expires_at,
        })).collect::<Vec<_>>(),
    })))
}

/// `POST /v1/organisations`
pub async fn found(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    Json(request): Json<FoundRequest>,
) -> Result<HttpResponse, ApiError> {
    let name = required("name", request.name, NAME_LIMIT)?;
    let organisation = services.accounts.found(&principal, name, Timestamp::now()).await?;
    Ok(HttpResponse::Created().json(shown(&organisation, Some(MemberRole::Owner))))
}

/// `GET /v1/organisations/{id}/members`: for members and the organisation's own keys. Only owners and keys see addresses,
/// and who has not answered yet.
pub async fn members(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
    Query(query): Query<MembersQuery>,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::ReadProfile)?;
    let id = named(&id)?;
    let (_, role) = services.accounts.organisation_for(&principal, &id).await?;
    let after = query.after.as_deref().unwrap_or_default();
    if !after.is_empty() && UserId::parse(after).is_none() {
        return Err(ApiError::InvalidField {
            field: "after",
            reason: "is no id".to_owned(),
        });
    }
    let limit = i64::from(limit(query.limit, PAGE, PAGE)?);
    let members = services.database.members(&id, after, limit + 1).await?;
    let sees_all = role != Some(MemberRole::Member);
    let page = &members[..members.len().min(usize::try_from(limit).unwrap_or(0))];
    let invitations = if sees_all {
        services.database.invitations_into(&id, Timestamp::now()).await?
    } else {
        Vec::new()
    };
    Ok(HttpResponse::Ok().json(json!({
        "organisation_id": id,
        "members": page.iter().map(|member| shown_member(member, sees_all)).collect::<Vec<_>>(),
        "next": (members.len() > page.len()).then(|| page.last().map(|member| &member.user.id)),
        "invitations": invitations.iter().map(shown_invitation).collect::<Vec<_>>(),
    })))
}

/// `POST /v1/organisations/{id}/members`: invites someone, who becomes a member by accepting. Whoever invites an address hands the
/// `token` on to the person who is meant.
pub async fn invite(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
    Json(request): Json<InviteRequest>,
) -> Result<HttpResponse, ApiError> {
    let organisation = services.accounts.organisation_owned(&principal, &named(&id)?).await?;
    let (invitee, role) = request.parse()?;
    let (invitation, token) = services
        .accounts
        .invite(&organisation, invitee, role, Timestamp::now())
        .await?;
    let mut told = shown_invitation(&invitation);
    if let Some(token) = token {
        // Told this once.
        told["token"] = json!(token.expose());
    }
    Ok(HttpResponse::Accepted()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(told))
}

/// `DELETE /v1/organisations/{id}/members/{user_id}`: an owner removes someone, or someone leaves (`me`).
pub async fn remove_member(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (id, member) = path.into_inner();
    let member = match member.as_str() {
        "me" => principal.user.id.clone(),
        member => UserId::parse(member).ok_or(ApiError::NotFound("there is no such member"))?,
    };
    services
        .accounts
        .remove_member(&principal, &named(&id)?, &member)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /v1/organisations/{id}/invitation`: accepts the invitation; one to an address with its token.
pub async fn join(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
    Json(request): Json<JoinRequest>,
) -> Result<HttpResponse, ApiError> {
    let id = named(&id)?;
    let token = within("token", request.token, TOKEN_LIMIT)?;
    let organisation = services
        .accounts
        .join(&principal, &id, token.as_deref(), Timestamp::now())
        .await?;
    let role = services.database.member_role(&id, &principal.user.id).await?;
    Ok(HttpResponse::Ok().json(shown(&organisation, role)))
}

/// `DELETE /v1/organisations/{id}/invitation`: declines it.
pub async fn decline(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    principal.require_account()?;
    if services
        .database
        .decline_invitation(&named(&id)?, &principal.user.id)
        .await?
    {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(ApiError::NotFound("there is no such invitation"))
    }
}

/// `DELETE /v1/organisations/{id}/invitations/{invitation}`: an owner takes it back.
pub async fn take_back(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (id, invitation) = path.into_inner();
    let organisation = services.accounts.organisation_owned(&principal, &named(&id)?).await?;
    let none = ApiError::NotFound("there is no such invitation");
    let Some(invitation) = InvitationId::parse(&invitation) else {
        return Err(none);
    };
    if services
        .database
        .remove_invitation(&organisation.id, &invitation)
        .await?
    {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(none)
    }
}

/// `GET /v1/organisations/{id}/api-keys`
pub async fn keys(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let organisation = services.accounts.organisation_owned(&principal, &named(&id)?).await?;
    let keys = services.accounts.keys(&organisation.account_id).await?;
    Ok(HttpResponse::Ok().json(json!({ "api_keys": keys.iter().map(api_keys::shown).collect::<Vec<_>>() })))
}

/// `POST /v1/organisations/{id}/api-keys`
pub async fn create_key(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
    Json(request): Json<KeyRequest>,
) -> Result<HttpResponse, ApiError> {
    let organisation = services.accounts.organisation_owned(&principal, &named(&id)?).await?;
    let issued = services
        .accounts
        .issue_organisation_key(&organisation, request.parse()?, Timestamp::now())
        .await?;
    Ok(api_keys::told(&issued))
}

/// `DELETE /v1/organisations/{id}/api-keys/{key}`
pub async fn revoke_key(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (id, key) = path.into_inner();
    let organisation = services.accounts.organisation_owned(&principal, &named(&id)?).await?;
    let key = api_keys::named(&key)?;
    services.accounts.revoke_key(&organisation.account_id, &key).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn named(id: &str) -> Result<OrganisationId, ApiError> {
    OrganisationId::parse(id).ok_or(ApiError::NotFound("there is no such organisation"))
}

fn shown(organisation: &Organisation, role: Option<MemberRole>) -> Value {
    json!({
        "id": organisation.id,
        "name": organisation.name,
        "role": role.map(MemberRole::as_str),
        "created_at": organisation.created_at,
    })
}

fn shown_member(member: &Member, with_address: bool) -> Value {
    let mut shown = json!({
        "user_id": member.user.id,
        "name": member.user.name,
        "role": member.role.as_str(),
        "joined_at": member.joined_at,
    });
    if with_address {
        shown["email"] = json!(member.user.email);
    }
    shown
}

fn shown_invitation(invitation: &Invitation) -> Value {
    json!({
        "id": invitation.id,
        "user_id": invitation.user_id,
        "email": invitation.email,
        "role": invitation.role.as_str(),
        "status": "invited",
        "created_at": invitation.created_at,
        "expires_at": invitation.expires_at,
    })
}

impl InviteRequest {
    fn parse(self) -> Result<(Invitee, MemberRole), ApiError> {
        let invalid = |field: &'static str, reason: &str| ApiError::InvalidField {
            field,
            reason: reason.to_owned(),
        };
        let role = match self.role.as_deref() {
            None => MemberRole::Member,
            Some(role) => MemberRole::parse(role).ok_or_else(|| invalid("role", "is neither owner nor member"))?,
        };
        let invitee = match (self.email, self.user_id) {
            (Some(email), None) => {
                let email = EmailAddress::parse(&email).ok_or_else(|| invalid("email", "is no address"))?;
                Invitee::Email(email)
            }
            (None, Some(id)) => {
                Invitee::User(UserId::parse(&id).ok_or_else(|| invalid("user_id", "is no id of a user"))?)
            }
            _ => return Err(invalid("email", "or 'user_id' is required, and not both")),
        };
        Ok((invitee, role))
    }
}
