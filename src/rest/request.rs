//! Every request has an id: on each log line, in `X-Request-Id`, and in any error.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use tracing::{Instrument, Span, field};

use super::Services;
use super::client::Client;
use super::face::{self, Face};
use crate::ids::{ConversationId, RequestId};

/// The header that carries the id.
pub const HEADER: &str = "x-request-id";

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
}

impl Context {
    fn of(request: &ServiceRequest) -> Self {
        let accept = request.headers().get(header::ACCEPT);
        let accept = accept.and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        Self {
            id: RequestId::new(),
            face: Face::of(request.path()),
            wants_problem: face::wants_problem(accept),
        }
    }
}

/// The request under way.
pub fn current() -> Context {
    REQUEST.try_with(Clone::clone).unwrap_or_else(|_| Context {
        id: RequestId::new(),
        face: Face::Platform,
        wants_problem: false,
    })
}

/// The id of the request under way.
pub fn current_id() -> RequestId {
    current().id
}

/// Notes that the request under way is about that conversation.
pub fn concerns(conversation: &ConversationId) {
    Span::current().record("conversation_id", field::display(conversation));
}

/// Gives the request its id and span, and counts it. The query is not logged: it may hold a token.
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
        path = request.path(),
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
                let name = HeaderName::from_static(HEADER);
                if !headers.contains_key(&name) {
                    headers.insert(name, header);
                }
                Ok(response)
            }
            .instrument(span),
        )
        .await
}
