//! The faces of the API: each document has its own shape of errors, told from the path.

use actix_web::HttpResponse;
use actix_web::HttpResponseBuilder;
use actix_web::http::{StatusCode, header};
use serde_json::{Value, json};

use super::error::ApiError;
use super::request;
use crate::clock::Timestamp;

/// Whose rules a path follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// Document 000, and everything that no other document claims.
    Platform,
    /// Document 001: `/livekit/...`
    Tutor,
    /// Document 002: `/api/session/...` and `/audio/...`
    Session,
    /// Document 003: `/api/conversation...`
    Flat,
    /// OAuth 2.0: `/oauth/...`
    OAuth,
}

impl Face {
    /// The face that a path belongs to.
    pub fn of(path: &str) -> Self {
        let is_under = |prefix: &str| {
            path.strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if is_under("/livekit") {
            Self::Tutor
        } else if is_under("/oauth") {
            Self::OAuth
        } else if is_under("/api/session") || is_under("/audio") {
            Self::Session
        } else if is_under("/api") {
            Self::Flat
        } else {
            Self::Platform
        }
    }

    /// An error in this face's own shape.
    pub(super) fn body(self, error: &ApiError) -> Value {
        match self {
            Self::Platform => json!({
                "error": {
                    "code": error.code(),
                    "message": error.to_string(),
                    "details": error.details(),
                    "request_id": request::current_id(),
                }
            }),
            Self::Tutor | Self::Session => json!({ "detail": error.to_string() }),
            Self::Flat => json!({
                "success": false,
                "error": error.to_string(),
                "timestamp": Timestamp::now(),
            }),
            Self::OAuth => json!({ "error": error.oauth_code(), "error_description": error.to_string() }),
        }
    }
}

/// Finishes an answer with an error's body: the face's own, or problem details (RFC 9457) for those who ask for them.
pub(super) fn finish(mut response: HttpResponseBuilder, status: StatusCode, error: &ApiError) -> HttpResponse {
    let context = request::current();
    if context.face == Face::OAuth {
        // RFC 6749 section 5.2 says so of errors, too.
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.insert_header((header::PRAGMA, "no-cache"));
    }
    if !context.wants_problem {
        return response.json(context.face.body(error));
    }
    let problem = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": error.to_string(),
        "code": error.code(),
        "details": error.details(),
        "request_id": context.id,
    });
    response
        .insert_header((header::CONTENT_TYPE, "application/problem+json"))
        .body(problem.to_string())
}

/// Whether an `Accept` header asks for problem details.
pub(super) fn wants_problem(accept: &str) -> bool {
    accept.split(',').any(|range| {
        let media_type = range.split(';').next().unwrap_or_default();
        media_type.trim().eq_ignore_ascii_case("application/problem+json")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_has_its_face() {
        for (path, face) in [
            ("/v1/users/me", Face::Platform),
            ("/", Face::Platform),
            ("/livekit/start-conversation", Face::Tutor),
            ("/livekitten", Face::Platform),
            ("/api/session/start", Face::Session),
            ("/audio/x/initial.mp3", Face::Session),
            ("/api/conversations", Face::Flat),
            ("/api/conversation-end", Face::Flat),
            ("/api/sessions", Face::Flat),
            ("/oauth/token", Face::OAuth),
        ] {
            assert_eq!(Face::of(path), face, "{path}");
        }
    }

    #[test]
    fn problem_details_are_given_to_those_who_name_them() {
        assert!(wants_problem("application/json, application/problem+json;q=0.9"));
        assert!(!wants_problem("*/*"));
        assert!(!wants_problem("application/json"));
    }
}
