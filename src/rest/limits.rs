//! Rate limits of document 000 for each credential, of documents 002 to 004 for each address, told in every answer. Credentials
//! that may be guesses are counted by address, too.

mod category;
mod share;

use std::fmt::Write;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use self::category::Category;
use self::share::{Share, of_credential};
use super::Services;
use super::client::Client;
use super::error::ApiError;
use super::health::prefers_html;
use crate::clock::Timestamp;
use crate::config::LimitsConfig;
use crate::pages;
use crate::presence::gcra::{Standing, Window};

/// Counts a request, refuses it when there were too many, and tells where its sender stands.
pub async fn enforce(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(services) = request.app_data::<web::Data<Services>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let accept = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    let is_for_html = accept.is_some_and(prefers_html);
    let path = request.match_info().as_str();
    let Some(category) = Category::of(request.method(), path, is_for_html) else {
        let mut response = next.call(request).await?.map_into_boxed_body();
        tell_unlimited(response.headers_mut(), &services.http.limits);
        return Ok(response);
    };
    let limits = &services.http.limits;
    let share = Share::of(category, &mut request, &services).await;
    let (mut windows, mut decision) = (category.windows(limits), None);
    if let Some(guesser) = &share.guesser {
        let guess = services.presence.limits.spend(guesser, &limits.auth).await;
        if limits.are_on && !guess.is_allowed {
            (windows, decision) = (&limits.auth, Some(guess));
        }
    }
    let decision = match decision {
        Some(refusal) => refusal,
        None => services.presence.limits.spend(&share.key, windows).await,
    };
    let mut response = if limits.are_on && !decision.is_allowed {
        let retry_after = seconds(decision.retry_after()).max(1);
        tracing::debug!(category = category.name(), retry_after, "too many requests");
        pages::refused(request, ApiError::RateLimited { retry_after })
    } else {
        next.call(request).await?.map_into_boxed_body()
    };
    tell(response.headers_mut(), windows, &decision.standings, Timestamp::now());
    Ok(response)
}

/// Tells those who hear no more, such as a preflight of CORS, what the limits are.
pub fn tell_unlimited(headers: &mut HeaderMap, limits: &LimitsConfig) {
    if headers.contains_key(&LIMIT) {
        return;
    }
    let full = Category::General.windows(limits);
    let standings: Vec<Standing> = full.iter().map(|window| window.standing(0, 0)).collect();
    tell(headers, full, &standings, Timestamp::now());
}

static LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
static REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
static RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
/// draft-ietf-httpapi-ratelimit-headers-10
static POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
static STATE: HeaderName = HeaderName::from_static("ratelimit");

/// The headers that tell of limits, for pages of other origins to read.
pub fn headers() -> [HeaderName; 5] {
    [&LIMIT, &REMAINING, &RESET, &POLICY, &STATE].map(HeaderName::clone)
}

/// Bytes that telling of two windows takes, more or less.
const TOLD: usize = 64;

fn tell(headers: &mut HeaderMap, windows: &[Window], standings: &[Standing], now: Timestamp) {
    let Some(longest) = standings.first() else { return };
    let mut set = |name: &HeaderName, value: HeaderValue| headers.insert(name.clone(), value);
    let reset = now.plus(longest.full_after).as_millis().saturating_add(999) / 1000;
    set(&LIMIT, longest.limit.into());
    set(&REMAINING, longest.remaining.into());
    set(&RESET, reset.into());
    let (mut policies, mut states) = (String::with_capacity(TOLD), String::with_capacity(TOLD));
    for (window, standing) in windows.iter().zip(standings) {
        let separator = if policies.is_empty() { "" } else { ", " };
        let Window { name, capacity, .. } = window;
        let (span, left, full) = (seconds(window.span()), standing.remaining, seconds(standing.full_after));
        // A String takes whatever is written.
        let _ = write!(policies, "{separator}\"{name}\";q={capacity};w={span}");
        let _ = write!(states, "{separator}\"{name}\";r={left};t={full}");
    }
    for (name, text) in [(&POLICY, policies), (&STATE, states)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            set(name, value);
        }
    }
}

/// Whole seconds, rounded up: nobody shall come too early.
fn seconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(u64::MAX)
}

/// Counts a WebSocket of document 001 or 004; it counts until what this gives is dropped.
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

/// Counts what somebody does over a connection that was counted when it was opened: a turn, or a conversation that begins.
/// As requests of document 001 count for their credential, those of document 004 for their address.
#[derive(Clone, Debug)]
pub struct Meter {
    category: Category,
    key: String,
}

impl Meter {
    /// One for whoever shows that credential.
    pub fn of_credential(credential: &str) -> Self {
        let category = Category::General;
        Self {
            category,
            key: of_credential(category.name(), credential),
        }
    }

    /// One for whoever comes from that address.
    pub fn of_address(client: &Client) -> Self {
        let category = Category::Address;
        Self {
            category,
            key: format!("{}:{}", category.name(), client.network()),
        }
    }

    /// Counts one more.
    ///
    /// # Errors
    /// [`ApiError::RateLimited`] when there were too many.
    pub async fn spend(&self, services: &Services) -> Result<(), ApiError> {
        let limits = &services.http.limits;
        let windows = self.category.windows(limits);
        let decision = services.presence.limits.spend(&self.key, windows).await;
        if decision.is_allowed || !limits.are_on {
            return Ok(());
        }
        Err(ApiError::RateLimited {
            retry_after: seconds(decision.retry_after()).max(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let header = |name: &HeaderName| headers.get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header(&LIMIT), "60");
        assert_eq!(header(&REMAINING), "59");
        assert_eq!(header(&RESET), "1647360061");
        assert_eq!(header(&POLICY), "\"hour\";q=60;w=3600, \"minute\";q=10;w=60");
        assert_eq!(header(&STATE), "\"hour\";r=59;t=60, \"minute\";r=10;t=0");
    }
}
