//! Rate limits of document 000 for each credential, of documents 002 to 004 for each address, told in every answer.

use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, ResponseError, web};
use sha2::{Digest, Sha256};

use super::Services;
use super::client::Client;
use super::error::ApiError;
use super::face::Face;
use super::health::prefers_html;
use super::principal::credential;
use crate::clock::Timestamp;
use crate::config::LimitsConfig;
use crate::presence::gcra::{Standing, Window};

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Category {
    Auth,
    Conversations,
    Voice,
    Progress,
    General,
    Address,
}

impl Category {
    /// What a request counts as; `None` if it is not counted.
    fn of(method: &Method, path: &str, is_for_html: bool) -> Option<Self> {
        let is_under = |prefix: &str| {
            path.strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if *method == Method::OPTIONS
            || ["/health", "/metrics", "/changelog", "/openapi.json", "/favicon.ico"].contains(&path)
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
            "/login" | "/signup" | "/consent" if !is_page => Some(Self::Auth),
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

    fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Conversations => "conversations",
            Self::Voice => "voice",
            Self::Progress => "progress",
            Self::General => "general",
            Self::Address => "address",
        }
    }

    fn windows(self, limits: &LimitsConfig) -> &[Window] {
        match self {
            Self::Auth => &limits.auth,
            Self::Conversations => &limits.conversations,
            Self::Voice => &limits.voice,
            Self::Progress => &limits.progress,
            Self::General => &limits.general,
            Self::Address => &limits.address,
        }
    }

    /// Whose share it is: a credential's, whatever it turns out to be worth, or an address's.
    fn key(self, request: &ServiceRequest) -> String {
        let header = request.headers().get(header::AUTHORIZATION);
        let credential = header.and_then(|header| credential(header.to_str().ok()?));
        let name = self.name();
        match credential {
            Some(credential) if self != Self::Address => {
                let digest = Sha256::digest(credential);
                let bits = digest
                    .iter()
                    .take(16)
                    .fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
                format!("{name}:{bits:032x}")
            }
            _ => match request.extensions().get::<Client>() {
                Some(client) => format!("{name}:{}", client.network()),
                None => format!("{name}:unknown"),
            },
        }
    }
}

/// Counts a request, refuses it when there were too many, and tells where its sender stands.
pub async fn enforce(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let Some(services) = request.app_data::<web::Data<Services>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let accept = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    let is_for_html = accept.is_some_and(prefers_html);
    let Some(category) = Category::of(request.method(), request.path(), is_for_html) else {
        let mut response = next.call(request).await?.map_into_boxed_body();
        tell_unlimited(response.headers_mut(), &services.http.limits);
        return Ok(response);
    };
    let windows = category.windows(&services.http.limits);
    let decision = services.presence.limits.spend(&category.key(&request), windows).await;
    let is_refused = !decision.is_allowed && services.http.limits.are_on;
    let mut response = if is_refused {
        let retry_after = seconds(decision.retry_after()).max(1);
        tracing::debug!(category = category.name(), retry_after, "too many requests");
        request.into_response(ApiError::RateLimited { retry_after }.error_response())
    } else {
        next.call(request).await?.map_into_boxed_body()
    };
    tell(response.headers_mut(), windows, &decision.standings, Timestamp::now());
    Ok(response)
}

/// Tells those who hear no more, such as a preflight of CORS, what the limits are.
pub fn tell_unlimited(headers: &mut HeaderMap, limits: &LimitsConfig) {
    if headers.contains_key(LIMIT) {
        return;
    }
    let full = Category::General.windows(limits);
    let standings: Vec<Standing> = full.iter().map(|window| window.standing(0, 0)).collect();
    tell(headers, full, &standings, Timestamp::now());
}

const LIMIT: &str = "x-ratelimit-limit";
const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";
/// draft-ietf-httpapi-ratelimit-headers-10
const POLICY: &str = "ratelimit-policy";
const STATE: &str = "ratelimit";

/// The headers that tell of limits, for pages of other origins to read.
pub fn headers() -> [HeaderName; 5] {
    [LIMIT, REMAINING, RESET, POLICY, STATE].map(HeaderName::from_static)
}

fn tell(headers: &mut HeaderMap, windows: &[Window], standings: &[Standing], now: Timestamp) {
    let Some(longest) = standings.first() else { return };
    let mut set = |name, value: HeaderValue| headers.insert(HeaderName::from_static(name), value);
    let reset = now.plus(longest.full_after).as_millis().saturating_add(999) / 1000;
    set(LIMIT, longest.limit.into());
    set(REMAINING, longest.remaining.into());
    set(RESET, reset.into());
    let policies = windows.iter().map(|window| {
        let Window { name, capacity, .. } = window;
        format!("\"{name}\";q={capacity};w={}", seconds(window.span()))
    });
    let states = windows.iter().zip(standings).map(|(window, standing)| {
        let (name, left) = (window.name, standing.remaining);
        format!("\"{name}\";r={left};t={}", seconds(standing.full_after))
    });
    for (name, text) in [
        (POLICY, policies.collect::<Vec<_>>().join(", ")),
        (STATE, states.collect::<Vec<_>>().join(", ")),
    ] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            set(name, value);
        }
    }
}

/// Whole seconds, rounded up: nobody shall come too early.
fn seconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(u64::MAX)
}

/// Counts a WebSocket of document 004; it counts until what this gives is dropped.
///
/// # Errors
/// [`ApiError::RateLimited`] when the address holds as many as it may.
pub async fn socket(services: &Services, client: &Client) -> Result<crate::presence::sockets::OpenSocket, ApiError> {
    let most = if services.http.limits.are_on {
        services.http.limits.sockets
    } else {
        usize::MAX
    };
    let open = services.presence.sockets.open(client.network(), most).await;
    open.ok_or(ApiError::RateLimited { retry_after: 60 })
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
            (Method::POST, "/oauth/token", Some(Auth)),
            (Method::GET, "/oauth/jwks", None),
            (Method::POST, "/v1/guests", Some(Auth)),
            (Method::POST, "/login", Some(Auth)),
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

    #[test]
    fn headers_report_the_longer_window_and_name_both() {
        let hour = Window::new("hour", 60, Duration::from_secs(3600), 60);
        let minute = Window::new("minute", 10, Duration::from_secs(60), 10);
        let bucket = hour.spend(0, 1).unwrap();
        let standings = [hour.standing(bucket, 1), minute.standing(0, 1)];
        let mut headers = HeaderMap::new();
        tell(
            &mut headers,
            &[hour, minute],
            &standings,
            Timestamp::from_millis(1_647_360_000_001),
        );
        let header = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header(LIMIT), "60");
        assert_eq!(header(REMAINING), "59");
        assert_eq!(header(RESET), "1647360061");
        assert_eq!(header(POLICY), "\"hour\";q=60;w=3600, \"minute\";q=10;w=60");
        assert_eq!(header(STATE), "\"hour\";r=59;t=60, \"minute\";r=10;t=0");
    }
}
