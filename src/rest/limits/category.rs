//! What a request counts as, told from its method and path.

use actix_web::http::Method;

use crate::config::LimitsConfig;
use crate::presence::gcra::Window;
use crate::rest::face::Face;

/// What is not counted; `/session` since every page of ours asks for it.
const UNCOUNTED: [&str; 6] = [
    "/health",
    "/metrics",
    "/changelog",
    "/openapi.json",
    "/favicon.ico",
    "/session",
];

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Category {
    Auth,
    Conversations,
    Voice,
    Progress,
    General,
    Address,
}

impl Category {
    /// What a request counts as; `None` if it is not counted.
    pub(super) fn of(method: &Method, path: &str, is_for_html: bool) -> Option<Self> {
        let is_under = |prefix: &str| {
            path.strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if *method == Method::OPTIONS
            || UNCOUNTED.contains(&path)
            || ["/assets", "/docs", "/.well-known"].into_iter().any(is_under)
        {
            return None;
        }
        match Face::of(path) {
            Face::Session | Face::Flat => return Some(Self::Address),
            Face::OAuth if path == "/oauth/jwks" => return None,
            Face::OAuth => return Some(Self::Auth),
            Face::Tutor => return Some(Self::General),
            Face::Platform => {}
        }
        let is_page = *method == Method::GET && !is_under("/v1");
        match path {
            "/ws" => Some(Self::Address),
            "/" if !is_for_html => Some(Self::Address),
            "/v1/guests" => Some(Self::Auth),
            "/login" | "/signup" | "/consent" | "/password" if !is_page => Some(Self::Auth),
            "/v1/users/me/password" => Some(Self::Auth),
            _ if is_page && is_for_html => None,
            // Candidates trickle in by the dozen; the call itself was counted when it was joined.
            _ if is_under("/v1/conversations") && path.contains("/whip/") => Some(Self::General),
            _ if is_under("/v1/conversations") => Some(Self::Conversations),
            _ if is_under("/v1/voice") => Some(Self::Voice),
            _ if is_under("/v1/leaderboards") => Some(Self::Progress),
            _ if is_under("/v1/users") && (path.contains("/progress") || path.contains("/achievements")) => {
                Some(Self::Progress)
            }
            _ => Some(Self::General),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Conversations => "conversations",
            Self::Voice => "voice",
            Self::Progress => "progress",
            Self::General => "general",
            Self::Address => "address",
        }
    }

    pub(super) fn windows(self, limits: &LimitsConfig) -> &[Window] {
        match self {
            Self::Auth => &limits.auth,
            Self::Conversations => &limits.conversations,
            Self::Voice => &limits.voice,
            Self::Progress => &limits.progress,
            Self::General => &limits.general,
            Self::Address => &limits.address,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_counts_as_what_it_is() {
        use Category::{Address, Auth, Conversations, General, Progress, Voice};
        for (method, path, category) in [
            (Method::GET, "/health", None),
            (Method::GET, "/metrics", None),
            (Method::GET, "/assets/page.js", None),
            (Method::GET, "/changelog", None),
            (Method::GET, "/session", None),
            (Method::POST, "/session/token", Some(General)),
            (Method::POST, "/oauth/token", Some(Auth)),
            (Method::GET, "/oauth/jwks", None),
            (Method::POST, "/v1/guests", Some(Auth)),
            (Method::POST, "/login", Some(Auth)),
            (Method::POST, "/password", Some(Auth)),
            (Method::POST, "/v1/users/me/password", Some(Auth)),
            (Method::POST, "/v1/guests/user_1/claim", Some(General)),
            (Method::POST, "/v1/conversations", Some(Conversations)),
            (Method::GET, "/v1/conversations/conv_1/messages", Some(Conversations)),
            (Method::POST, "/v1/conversations/conv_1/whip", Some(Conversations)),
            (Method::PATCH, "/v1/conversations/conv_1/whip/1", Some(General)),
            (Method::POST, "/v1/voice/analyze", Some(Voice)),
            (Method::GET, "/v1/users/me/progress", Some(Progress)),
            (Method::GET, "/v1/users/me/achievements", Some(Progress)),
            (Method::GET, "/v1/leaderboards", Some(Progress)),
            (Method::GET, "/v1/users/me", Some(General)),
            (Method::GET, "/v1/nowhere", Some(General)),
            (Method::GET, "/nowhere", Some(General)),
            (Method::GET, "/", Some(Address)),
            (Method::GET, "/ws", Some(Address)),
            (Method::POST, "/api/session/start", Some(Address)),
            (Method::GET, "/api/conversations", Some(Address)),
            (Method::POST, "/livekit/start-conversation", Some(General)),
            (Method::OPTIONS, "/v1/conversations", None),
        ] {
            assert_eq!(Category::of(&method, path, false), category, "{method} {path}");
        }
        assert_eq!(Category::of(&Method::GET, "/", true), None);
        assert_eq!(Category::of(&Method::GET, "/settings", true), None);
        assert_eq!(Category::of(&Method::GET, "/v1/users/me", true), Some(General));
    }
}
