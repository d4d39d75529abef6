//! Every request has an id: on each log line, in `X-Request-Id`, and in any error.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use tracing::{Instrument, Span, field};
use uuid::Uuid;

use super::Services;
use super::client::Client;
use super::face::{self, Face};
use crate::ids::{ConversationId, RequestId, digest};

/// The header that carries the id.
pub const HEADER: &str = "x-request-id";
static NAME: HeaderName = HeaderName::from_static(HEADER);

tokio::task_local! {
    static REQUEST: Context;
}

/// What is known of the request under way, wherever it is answered.
#[derive(Clone, Debug)]
pub struct Context {
    /// Its id.
    pub id: RequestId,
    /// Whose rules its path follows.
    pub face: Face,
    /// Whether it asks for errors as problem details (RFC 9457).
    pub wants_problem: bool,
    /// Whether it shows a credential, good or not.
    pub shows_credential: bool,
}

impl Context {
    fn of(request: &ServiceRequest) -> Self {
        let accept = request.headers().get(header::ACCEPT);
        let accept = accept.and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        Self {
            id: RequestId::unordered(),
            face: Face::of(request.match_info().as_str()),
            wants_problem: face::wants_problem(accept),
            shows_credential: request.headers().contains_key(header::AUTHORIZATION),
        }
    }
}

/// The request under way.
pub fn current() -> Context {
    REQUEST.try_with(Clone::clone).unwrap_or_else(|_| Context {
        id: RequestId::new(),
        face: Face::Platform,
        wants_problem: false,
        shows_credential: false,
    })
}

/// The id of the request under way.
pub fn current_id() -> RequestId {
    current().id
}

/// Notes that the request under way is about that conversation.
pub fn concerns(conversation: &ConversationId) {
    Span::current().record("conversation_id", field::display(conversation.logged()));
}

/// Gives the request its id and span, and counts it. The query is not logged: it may hold a token; nor is what opens something
/// in the path.
pub async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let context = Context::of(&request);
    let id = context.id.clone();
    // Of the highest level, so that the ids are on every line whatever LOG_LEVEL hides.
    let span = tracing::error_span!(
        "request",
        request_id = %id,
        conversation_id = field::Empty,
        method = %request.method(),
        path = %logged(request.match_info().as_str()),
    );
    let header = HeaderValue::from_str(id.as_str()).expect("ids are letters and digits");
    REQUEST
        .scope(
            context,
            async move {
                request.extensions_mut().insert(id);
                let services = request.app_data::<web::Data<Services>>().cloned();
                // A part of a batch has its sender's already.
                if let Some(services) = &services
                    && !request.extensions().contains::<Client>()
                {
                    let client = Client::of(&request, &services.http.trusted_proxies);
                    request.extensions_mut().insert(client);
                }
                let method = request.method().clone();
                let began = Instant::now();
                let mut response = next.call(request).await?;
                let status = response.status();
                let took = began.elapsed();
                if let Some(services) = services {
                    let path = response.request().match_pattern();
                    services.http_metrics.observe(&method, path, status, took);
                }
                if status.is_server_error() {
                    tracing::warn!(status = status.as_u16(), ?took, "request failed");
                } else {
                    tracing::debug!(status = status.as_u16(), ?took, "request done");
                }
                // What another node answered has the id of its request there, as any error in it does.
                let headers = response.headers_mut();
                if !headers.contains_key(&NAME) {
                    headers.insert(NAME.clone(), header);
                }
                Ok(response)
            }
            .instrument(span),
        )
        .await
}

/// A path as it may stand in logs: whoever knows the id of a session (document 002) or the URL of a file can use it.
fn logged(path: &str) -> String {
    let mut logged = String::with_capacity(path.len());
    let mut before = [""; 2];
    for (at, segment) in path.split('/').enumerate() {
        if at > 0 {
            logged.push('/');
        }
        let opens = match before {
            ["api", "session"] => segment != "start",
            [_, "audio"] | ["audio", _] => true,
            _ => Uuid::try_parse(segment).is_ok(),
        };
        if opens && !segment.is_empty() {
            logged.push_str(&digest(segment));
        } else if segment.bytes().all(|byte| byte.is_ascii_graphic()) {
            logged.push_str(segment);
        } else {
            // Whatever stands there, a line of the log stays one line.
            logged.extend(segment.escape_debug());
        }
        before = [before[1], segment];
    }
    logged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_something_is_not_logged() {
        let uuid = "0191d5f2-4f2c-4c3e-8e1a-000000000000";
        let hidden = digest(uuid);
        for (path, expected) in [
            ("/v1/users/me".to_owned(), "/v1/users/me".to_owned()),
            (
                "/v1/conversations/conv_1/whip/2".to_owned(),
                "/v1/conversations/conv_1/whip/2".to_owned(),
            ),
            ("/api/session/start".to_owned(), "/api/session/start".to_owned()),
            (
                format!("/api/session/{uuid}/process"),
                format!("/api/session/{hidden}/process"),
            ),
            ("/api/session/x".to_owned(), format!("/api/session/{}", digest("x"))),
            (
                format!("/v1/conversations/{uuid}/messages"),
                format!("/v1/conversations/{hidden}/messages"),
            ),
            (
                "/audio/conv_1/msg_1.mp3".to_owned(),
                format!("/audio/{}/{}", digest("conv_1"), digest("msg_1.mp3")),
            ),
            ("/".to_owned(), "/".to_owned()),
            ("/a\n\u{1b}[1m".to_owned(), "/a\\n\\u{1b}[1m".to_owned()),
        ] {
            assert_eq!(logged(&path), expected, "{path:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_path_is_logged_in_one_line(path: String) {
            let logged = logged(&path);
            proptest::prop_assert!(!logged.contains(char::is_control), "{logged:?}");
        }
    }
}
