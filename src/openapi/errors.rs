//! What is answered when something is not done: one shape a document, and problem details for those who ask for them.

use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{ComponentsBuilder, ContentBuilder, HeaderBuilder, Ref, RefOr, ResponseBuilder, Schema};

use super::endpoint::{HTML, JSON, page, with_limits};
use super::values;
use crate::clock::Timestamp;
use crate::rest::face::Face;

/// The headers of every answer that tell of rate limits.
pub(super) const LIMIT_HEADERS: [(&str, &str); 3] = [
    (
        "X-RateLimit-Limit",
        "How many requests the longest of the limits that hold here allows.",
    ),
    ("X-RateLimit-Remaining", "How many of them are left."),
    ("X-RateLimit-Reset", "When all of them are back, in seconds since 1970."),
];

const PROBLEM: &str = "application/problem+json";

/// Every status that a request may be refused with.
const STATUSES: [(u16, &str, &str, &str, &str); 17] = [
    // Status, name, what it means, code of document 000, code of OAuth.
    (
        400,
        "BadRequest",
        "The request makes no sense, or names a language or a sound that can't be dealt with.",
        "INVALID_LANGUAGE",
        "invalid_request",
    ),
    (
        401,
        "Unauthorized",
        "There is no valid credential.",
        "UNAUTHORIZED",
        "invalid_client",
    ),
    (
        403,
        "Forbidden",
        "The credential is good, but not for this.",
        "FORBIDDEN",
        "access_denied",
    ),
    (
        404,
        "NotFound",
        "There is no such thing, or it is someone else's.",
        "NOT_FOUND",
        "invalid_request",
    ),
    (
        408,
        "RequestTimeout",
        "The body came too slowly.",
        "REQUEST_TIMEOUT",
        "invalid_request",
    ),
    (
        409,
        "Conflict",
        "Something is in the way: the same is under way, or there is as much as there may be.",
        "CONFLICT",
        "invalid_request",
    ),
    (
        410,
        "Gone",
        "The conversation has ended, or nothing was said in it for too long.",
        "CONVERSATION_EXPIRED",
        "invalid_request",
    ),
    (
        412,
        "PreconditionFailed",
        "What the request supposes does not hold.",
        "PRECONDITION_FAILED",
        "invalid_request",
    ),
    (
        413,
        "PayloadTooLarge",
        "The body is too large.",
        "PAYLOAD_TOO_LARGE",
        "invalid_request",
    ),
    (
        415,
        "UnsupportedMediaType",
        "The body is of another kind than is read here.",
        "UNSUPPORTED_MEDIA_TYPE",
        "invalid_request",
    ),
    (
        421,
        "MisdirectedRequest",
        "The call is held by another node that can't be reached from here.",
        "HELD_ELSEWHERE",
        "invalid_request",
    ),
    (
        422,
        "UnprocessableContent",
        "It can be read, but nothing can be done with it; or its Idempotency-Key belongs to another request.",
        "IDEMPOTENCY_KEY_REUSED",
        "invalid_request",
    ),
    (
        426,
        "UpgradeRequired",
        "It is a WebSocket that answers here.",
        "INVALID_REQUEST",
        "invalid_request",
    ),
    (
        428,
        "PreconditionRequired",
        "The request must say what it supposes.",
        "PRECONDITION_REQUIRED",
        "invalid_request",
    ),
    (
        429,
        "TooManyRequests",
        "There were too many requests; Retry-After tells when to try again.",
        "RATE_LIMITED",
        "temporarily_unavailable",
    ),
    (
        500,
        "InternalError",
        "Something went wrong on the server's side.",
        "INTERNAL_ERROR",
        "server_error",
    ),
    (
        503,
        "Unavailable",
        "It can't be done for the moment; Retry-After tells when to try again.",
        "SERVICE_UNAVAILABLE",
        "temporarily_unavailable",
    ),
];

/// An error of document 000, and of all paths that no other document claims.
#[derive(ToSchema)]
pub(super) struct PlatformError {
    error: PlatformErrorDetails,
}

/// What went wrong.
#[derive(ToSchema)]
pub(super) struct PlatformErrorDetails {
    /// For programs.
    #[schema(example = "INVALID_LANGUAGE", pattern = "^[A-Z][A-Z_]+$")]
    code: String,
    /// For people.
    #[schema(example = "The specified language 'klingon' is not supported")]
    message: String,
    /// What programs may want to know beside the code.
    details: serde_json::Map<String, Value>,
    /// Names the request in the server's log.
    #[schema(example = "req_abc123def456", pattern = "^req_")]
    request_id: String,
}

/// An error of documents 001 and 002.
#[derive(ToSchema)]
pub(super) struct DetailError {
    /// What went wrong.
    #[schema(example = "Session not found")]
    detail: String,
}

/// An error of document 003.
#[derive(ToSchema)]
pub(super) struct FlatError {
    /// Never.
    #[schema(schema_with = never)]
    success: bool,
    /// What went wrong.
    #[schema(example = "Error description")]
    error: String,
    /// When.
    timestamp: Timestamp,
}

/// An error of OAuth 2.0 (RFC 6749 section 5.2).
#[derive(ToSchema)]
pub(super) struct OAuthErrorBody {
    /// For programs.
    #[schema(example = "invalid_grant", pattern = "^[a-z_]+$")]
    error: String,
    /// For developers.
    error_description: String,
}

/// Problem details (RFC 9457), for whoever names application/problem+json in Accept.
#[derive(ToSchema)]
pub(super) struct Problem {
    /// `about:blank`: the status says it all.
    r#type: String,
    /// The status in words.
    title: String,
    /// The status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What went wrong.
    detail: String,
    /// The code of document 000.
    #[schema(pattern = "^[A-Z][A-Z_]+$")]
    code: String,
    /// What programs may want to know beside the code.
    details: serde_json::Map<String, Value>,
    /// Names the request in the server's log.
    #[schema(pattern = "^req_")]
    request_id: String,
}

fn never() -> RefOr<Schema> {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::Type::Boolean)
        .enum_values(Some([false]))
        .into()
}

/// What an error of that status is called among the components.
pub(super) fn name(face: Face, status: u16) -> String {
    let named = STATUSES.iter().find(|(known, ..)| *known == status);
    let (_, name, ..) = named.expect("every status that is refused with is described");
    format!("{}{name}", prefix(face))
}

fn prefix(face: Face) -> &'static str {
    match face {
        Face::Platform => "Platform",
        Face::Tutor => "Tutor",
        Face::Session => "Session",
        Face::Flat => "Flat",
        Face::OAuth => "OAuth",
    }
}

/// Adds all errors, and the headers that every answer has.
pub(super) fn describe(components: ComponentsBuilder) -> ComponentsBuilder {
    let components = with::<PlatformError>(components);
    let components = with::<DetailError>(components);
    let components = with::<FlatError>(components);
    let components = with::<OAuthErrorBody>(components);
    let components = with::<Problem>(components);
    let components = LIMIT_HEADERS.iter().fold(components, |components, (name, about)| {
        let header = HeaderBuilder::new()
            .schema(Some(values::at_least(0)))
            .description(Some(*about));
        components.header(*name, header.build())
    });
    let faces = [Face::Platform, Face::Tutor, Face::Session, Face::Flat, Face::OAuth];
    faces.into_iter().fold(components, |components, face| {
        STATUSES.iter().fold(components, |components, described| {
            components.response(name(face, described.0), response(face, described))
        })
    })
}

/// Adds a shape, and all that it is made of.
fn with<T: ToSchema>(components: ComponentsBuilder) -> ComponentsBuilder {
    let mut schemas = Vec::new();
    T::schemas(&mut schemas);
    components.schemas_from_iter(schemas).schema_from::<T>()
}

fn response(face: Face, described: &(u16, &str, &str, &str, &str)) -> utoipa::openapi::Response {
    let (status, _, about, code, oauth_code) = described;
    let schema = match face {
        Face::Platform => PlatformError::name(),
        Face::Tutor | Face::Session => DetailError::name(),
        Face::Flat => FlatError::name(),
        Face::OAuth => OAuthErrorBody::name(),
    };
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(schema)))
        .example(Some(example(face, *status, about, code, oauth_code)));
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name())));
    let mut response = with_limits(ResponseBuilder::new().description(*about))
        .content(JSON, content.build())
        .content(PROBLEM, problem.build());
    // Pages are refused by a page.
    if *status == 429 && matches!(face, Face::Platform | Face::OAuth) {
        response = response.content(HTML, page());
    }
    if matches!(status, 429 | 503) {
        let header = HeaderBuilder::new()
            .schema(Some(values::at_least(1)))
            .description(Some("Seconds after which to try again."));
        response = response.header("Retry-After", header.build());
    }
    response.build()
}

fn example(face: Face, status: u16, about: &str, code: &str, oauth_code: &str) -> Value {
    match (face, status) {
        // Document 000's own example.
        (Face::Platform, 400) => json!({
            "error": {
                "code": "INVALID_LANGUAGE",
                "message": "The specified language 'klingon' is not supported",
                "details": {
                    "supported_languages": ["english", "spanish", "french", "german", "italian"],
                    "provided_language": "klingon"
                },
                "request_id": "req_abc123def456"
            }
        }),
        (Face::Platform, _) => json!({
            "error": { "code": code, "message": about, "details": {}, "request_id": "req_abc123def456" }
        }),
        (Face::Tutor, 500) => json!({ "detail": "Failed to start conversation" }),
        (Face::Tutor | Face::Session, _) => json!({ "detail": about }),
        (Face::Flat, _) => json!({ "success": false, "error": about, "timestamp": "2025-01-15T10:30:00Z" }),
        (Face::OAuth, _) => json!({ "error": oauth_code, "error_description": about }),
    }
}
