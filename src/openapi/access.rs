//! API keys and organisations.

use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::endpoint::{Endpoint, delete, get, one, post};
use super::values;
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;

const KEYS: &str = "API keys";
const ORGANISATIONS: &str = "Organisations";

/// What a key shall be good for.
#[derive(ToSchema)]
struct NewApiKey {
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\u0000]*\S[^\u0000]*$")]
    name: String,
    /// A list, or one text with spaces or commas. Without them, all that the person has but `admin`.
    #[schema(schema_with = scopes)]
    scopes: Option<Vec<String>>,
    /// Without it, it is good until it is revoked.
    expires_at: Option<Timestamp>,
}

pub(super) fn scopes() -> RefOr<Schema> {
    values::or_null(values::scopes())
}

/// A key, without the key itself.
#[derive(ToSchema)]
struct ApiKeyView {
    #[schema(pattern = "^key_")]
    id: String,
    name: String,
    /// What the key begins with.
    prefix: String,
    scopes: Vec<String>,
    /// `issued` or `configured`.
    origin: String,
    #[schema(required)]
    organisation_id: Option<String>,
    created_at: Timestamp,
    #[schema(required)]
    expires_at: Option<Timestamp>,
}

/// A key that was just made.
#[derive(ToSchema)]
struct IssuedApiKey {
    #[schema(pattern = "^key_")]
    id: String,
    name: String,
    prefix: String,
    scopes: Vec<String>,
    origin: String,
    #[schema(required)]
    organisation_id: Option<String>,
    created_at: Timestamp,
    #[schema(required)]
    expires_at: Option<Timestamp>,
    /// The key itself. It is told this once.
    key: String,
}

/// All keys.
#[derive(ToSchema)]
struct ApiKeyList {
    api_keys: Vec<ApiKeyView>,
}

/// An organisation to be.
#[derive(ToSchema)]
struct NewOrganisation {
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\u0000]*\S[^\u0000]*$")]
    name: String,
}

/// A team, a school, a company.
#[derive(ToSchema)]
struct OrganisationView {
    #[schema(pattern = "^org_")]
    id: String,
    name: String,
    /// `owner` or `member`; null for the organisation's own key.
    #[schema(required)]
    role: Option<String>,
    created_at: Timestamp,
}

/// Where somebody belongs.
#[derive(ToSchema)]
struct OrganisationList {
    organisations: Vec<OrganisationView>,
    invitations: Vec<InvitationToMe>,
}

/// An invitation, as whoever is invited sees it.
#[derive(ToSchema)]
struct InvitationToMe {
    organisation_id: String,
    name: String,
    role: String,
    created_at: Timestamp,
    expires_at: Timestamp,
}

/// Whom to invite: an address or a user, not both.
#[derive(ToSchema)]
struct Invite {
    #[schema(
        max_length = 254,
        pattern = r"^[^@\s\u0000]+@[^@\s\u0000]+\.[^@\s\u0000]+$",
        example = "jane.doe@example.com"
    )]
    email: Option<String>,
    #[schema(max_length = 64, pattern = "^[A-Za-z0-9_-]+$")]
    user_id: Option<String>,
    /// `member` unless said otherwise.
    #[schema(schema_with = member_role)]
    role: Option<String>,
}

fn member_role() -> RefOr<Schema> {
    values::or_null(values::choice(&["owner", "member"]))
}

/// What shows that somebody was invited by an address.
#[derive(ToSchema)]
struct Acceptance {
    /// The invitation's; whoever was invited by an id needs none.
    #[schema(max_length = 100)]
    token: Option<String>,
}

/// An invitation, as owners see it.
#[derive(ToSchema)]
struct InvitationView {
    #[schema(pattern = "^inv_")]
    id: String,
    #[schema(required)]
    user_id: Option<String>,
    #[schema(required)]
    email: Option<String>,
    role: String,
    status: String,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// Of one to an address, told this once: whoever is meant accepts the invitation with it.
    #[schema(nullable = false)]
    token: Option<String>,
}

/// Members of an organisation.
#[derive(ToSchema)]
struct MemberList {
    organisation_id: String,
    members: Vec<MemberView>,
    /// The `after` of the next page; null at the end.
    #[schema(required)]
    next: Option<String>,
    invitations: Vec<InvitationView>,
}

/// A member.
#[derive(ToSchema)]
struct MemberView {
    user_id: String,
    name: String,
    role: String,
    joined_at: Timestamp,
    /// For owners and keys alone.
    email: Option<String>,
}

const ORGANISATION: &str = "org_0191d5f24f2c7c3e8e1a000000000000";
const USER: &str = "user_123456";

pub(super) fn endpoints() -> Vec<Endpoint> {
    [keys(), organisations(), members()].into_iter().flatten().collect()
}

fn keys() -> Vec<Endpoint> {
    let endpoints = vec![
        get("/v1/api-keys", "listApiKeys", "List one's API keys")
            .bearer()
            .answers::<ApiKeyList>(
                200,
                "The keys, without the keys themselves.",
                json!({ "api_keys": [key(false)] }),
            )
            .refuses(&[403]),
        post("/v1/api-keys", "createApiKey", "Make an API key")
            .bearer()
            .idempotent()
            .takes::<NewApiKey>(json!({ "name": "Our school", "scopes": ["manage_conversations"] }))
            .answers::<IssuedApiKey>(201, "The key, told this once.", key(true))
            .refuses(&[403]),
        delete("/v1/api-keys/{id}", "revokeApiKey", "Revoke an API key, at once")
            .bearer()
            .part(
                "id",
                values::id("key_0191d5f24f2c7c3e8e1a000000000000"),
                "The key's id.",
            )
            .answers_nothing(204, "It is void.")
            .refuses(&[403, 404]),
    ];
    endpoints.into_iter().map(|endpoint| endpoint.tag(KEYS)).collect()
}

fn organisations() -> Vec<Endpoint> {
    let id = || values::id(ORGANISATION);
    let endpoints = vec![
        get(
            "/v1/organisations",
            "listOrganisations",
            "List the organisations that somebody belongs to",
        )
        .scoped(&[Scope::ReadProfile])
        .answers::<OrganisationList>(
            200,
            "The organisations, and the invitations into others.",
            json!({
                "organisations": [organisation()],
                "invitations": []
            }),
        ),
        post("/v1/organisations", "createOrganisation", "Found an organisation")
            .bearer()
            .takes::<NewOrganisation>(one("name", "Our school"))
            .answers::<OrganisationView>(201, "The organisation; its founder is an owner.", organisation())
            .refuses(&[403]),
        post(
            "/v1/organisations/{id}/invitation",
            "acceptInvitation",
            "Accept an invitation",
        )
        .bearer()
        .part("id", id(), "The organisation.")
        .may_take::<Acceptance>(json!({ "token": "cli_dGhpcyBpcyBubyBzZWNyZXQgb2YgYW55Ym9keSBhdCBhbGw" }))
        .answers::<OrganisationView>(200, "The organisation, of which one is a member now.", organisation())
        .refuses(&[403, 404]),
        delete(
            "/v1/organisations/{id}/invitation",
            "declineInvitation",
            "Decline an invitation",
        )
        .bearer()
        .part("id", id(), "The organisation.")
        .answers_nothing(204, "It is declined.")
        .refuses(&[403, 404]),
        get(
            "/v1/organisations/{id}/api-keys",
            "listOrganisationKeys",
            "List the keys of an organisation",
        )
        .bearer()
        .part("id", id(), "The organisation.")
        .answers::<ApiKeyList>(200, "The keys, without the keys themselves.", json!({ "api_keys": [] }))
        .refuses(&[403, 404]),
        post(
            "/v1/organisations/{id}/api-keys",
            "createOrganisationKey",
            "Make a key that reads what is the members'",
        )
        .bearer()
        .part("id", id(), "The organisation.")
        .takes::<NewApiKey>(one("name", "Our school"))
        .answers::<IssuedApiKey>(201, "The key, told this once.", key(true))
        .refuses(&[403, 404]),
        delete(
            "/v1/organisations/{id}/api-keys/{key}",
            "revokeOrganisationKey",
            "Revoke a key of an organisation",
        )
        .bearer()
        .part("id", id(), "The organisation.")
        .part(
            "key",
            values::id("key_0191d5f24f2c7c3e8e1a000000000000"),
            "The key's id.",
        )
        .answers_nothing(204, "It is void.")
        .refuses(&[403, 404]),
    ];
    endpoints
        .into_iter()
        .map(|endpoint| endpoint.tag(ORGANISATIONS))
        .collect()
}

fn members() -> Vec<Endpoint> {
    let id = || values::id(ORGANISATION);
    let endpoints = vec![
        get(
            "/v1/organisations/{id}/members",
            "listMembers",
            "List the members of an organisation",
        )
        .scoped(&[Scope::ReadProfile])
        .part("id", id(), "The organisation.")
        .query(
            "after",
            values::either(values::id(USER), values::choice(&[""])),
            "The `next` of the page before.",
        )
        .query("limit", values::limit(100, 100), "How many.")
        .answers::<MemberList>(
            200,
            "A page of the list.",
            json!({
                "organisation_id": ORGANISATION,
                "members": [{
                    "user_id": USER,
                    "name": "Jane Doe",
                    "role": "owner",
                    "joined_at": "2024-03-15T14:22:00Z",
                    "email": "jane.doe@example.com"
                }],
                "next": null,
                "invitations": []
            }),
        )
        .refuses(&[400, 404]),
        post("/v1/organisations/{id}/members", "inviteMember", "Invite somebody")
            .bearer()
            .part("id", id(), "The organisation.")
            .takes::<Invite>(one("email", "jane.doe@example.com"))
            .answers::<InvitationView>(
                202,
                "They are invited; whether they have an account is not told.",
                json!({
                    "id": "inv_0191d5f24f2c7c3e8e1a000000000000",
                    "user_id": null,
                    "email": "jane.doe@example.com",
                    "role": "member",
                    "status": "invited",
                    "created_at": "2024-03-15T14:22:00Z",
                    "expires_at": "2024-03-29T14:22:00Z",
                    "token": "cli_dGhpcyBpcyBubyBzZWNyZXQgb2YgYW55Ym9keSBhdCBhbGw"
                }),
            )
            .refuses(&[403, 404]),
        delete(
            "/v1/organisations/{id}/members/{user_id}",
            "removeMember",
            "Remove a member, or leave",
        )
        .bearer()
        .part("id", id(), "The organisation.")
        .part("user_id", values::id("me"), "Who; `me` is whoever asks.")
        .answers_nothing(204, "They are no member any more.")
        .refuses(&[403, 404]),
        delete(
            "/v1/organisations/{id}/invitations/{invitation}",
            "withdrawInvitation",
            "Take an invitation back",
        )
        .bearer()
        .part("id", id(), "The organisation.")
        .part(
            "invitation",
            values::id("inv_0191d5f24f2c7c3e8e1a000000000000"),
            "The invitation.",
        )
        .answers_nothing(204, "It is taken back.")
        .refuses(&[403, 404]),
    ];
    endpoints
        .into_iter()
        .map(|endpoint| endpoint.tag(ORGANISATIONS))
        .collect()
}

fn key(is_new: bool) -> Value {
    let mut key = json!({
        "id": "key_0191d5f24f2c7c3e8e1a000000000000",
        "name": "Our school",
        "prefix": "clq_4f2c",
        "scopes": ["manage_conversations"],
        "origin": "issued",
        "organisation_id": null,
        "created_at": "2024-03-15T14:22:00Z",
        "expires_at": null
    });
    if is_new {
        key["key"] = json!("clq_4f2c...");
    }
    key
}

fn organisation() -> Value {
    json!({ "id": ORGANISATION, "name": "Our school", "role": "owner", "created_at": "2024-03-15T14:22:00Z" })
}
