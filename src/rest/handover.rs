//! A live call stays with its node: what concerns it and comes to another node is handed over to the one that holds it.

use std::sync::LazyLock;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError, web};

use super::Services;
use super::body::whole;
use super::client::Client;
use super::error::ApiError;
use crate::ids::ConversationId;
use crate::presence::nodes::Node;

/// Marks what was handed over once, so that it is not handed on.
const HANDED_OVER: &str = "x-colloquy-handed-over";
/// The largest body that is handed over, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Headers of a request that its meaning depends on.
const ASKED: [&str; 6] = [
    "authorization",
    "content-type",
    "accept",
    "if-match",
    "idempotency-key",
    "x-forwarded-proto",
];
/// Headers of an answer that are about the connection, or are added here.
const OWN: [&str; 8] = [
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "transfer-encoding",
    "upgrade",
    "vary",
    "content-encoding",
];

static CLIENT: LazyLock<Result<reqwest::Client, reqwest::Error>> = LazyLock::new(|| {
    // A second time it has no effect, and needs none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        // Each worker has a runtime of its own, which an idle connection may not outlive.
        .pool_max_idle_per_host(0)
        .build()
});

/// Hands a request over to the node that holds the call it is about, if that is another one.
pub async fn to_holder(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let Some(node) = holder(&request).await else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let answer = hand_over(&mut request, &node).await;
    let answer = answer.unwrap_or_else(|error| error.error_response());
    Ok(request.into_response(answer))
}

/// The other node that holds the call that a request is about.
async fn holder(request: &ServiceRequest) -> Option<Node> {
    let services = request.app_data::<web::Data<Services>>()?;
    services.presence.redis.as_ref()?;
    let conversation = concerned(request.method(), request.match_info().as_str())?;
    if request.headers().contains_key(HANDED_OVER) {
        return None;
    }
    let nodes = &services.presence.nodes;
    // When nobody can tell, it is tried here.
    let holder = nodes.holder(&conversation).await.ok().flatten();
    holder.filter(|node| node.id != nodes.here().id)
}

/// The conversation whose call a request is about.
fn concerned(method: &Method, path: &str) -> Option<ConversationId> {
    let (id, action) = path.strip_prefix("/v1/conversations/")?.split_once('/')?;
    let is_about_call = match *method {
        Method::POST => ["messages", "end", "whip"].contains(&action),
        Method::PATCH | Method::DELETE => action.starts_with("whip/"),
        _ => false,
    };
    is_about_call.then(|| ConversationId::parse(id)).flatten()
}

async fn hand_over(request: &mut ServiceRequest, node: &Node) -> Result<HttpResponse, ApiError> {
    let url = node.url.as_deref().ok_or_else(|| ApiError::Elsewhere(String::new()))?;
    let client = CLIENT.as_ref().map_err(|_| ApiError::Internal)?;
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes());
    let method = method.map_err(|_| ApiError::Internal)?;
    let mut handed = client.request(method, format!("{url}{path}")).header(HANDED_OVER, "1");
    for name in ASKED {
        if let Some(value) = request.headers().get(name) {
            handed = handed.header(name, value.as_bytes());
        }
    }
    if let Some(sender) = request.extensions().get::<Client>() {
        handed = handed.header("x-forwarded-for", sender.address.to_string());
    }
    let body = request
        .extract::<web::Payload>()
        .await
        .map_err(|_| ApiError::Internal)?;
    let body = whole(body, LARGEST).await?;
    let answer = handed.body(body).send().await;
    let answer = answer.map_err(|error| {
        tracing::warn!(node = node.id, %error, "the node that holds a call does not answer");
        ApiError::Unavailable
    })?;
    let status = actix_web::http::StatusCode::from_u16(answer.status().as_u16());
    let mut response = HttpResponse::build(status.map_err(|_| ApiError::Internal)?);
    for (name, value) in answer.headers() {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value)
            && !OWN.contains(&name.as_str())
        {
            response.append_header((name, value));
        }
    }
    let body = answer.bytes().await.map_err(|_| ApiError::Unavailable)?;
    Ok(response.body(BoxBody::new(body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_about_a_call_is_handed_over() {
        for (method, path, is_concerned) in [
            (Method::POST, "/v1/conversations/conv_1/messages", true),
            (Method::POST, "/v1/conversations/conv_1/end", true),
            (Method::POST, "/v1/conversations/conv_1/whip", true),
            (Method::PATCH, "/v1/conversations/conv_1/whip/1", true),
            (Method::DELETE, "/v1/conversations/conv_1/whip/1", true),
            (Method::GET, "/v1/conversations/conv_1/messages", false),
            (Method::POST, "/v1/conversations", false),
            (Method::POST, "/v1/conversations/a%20b/end", false),
        ] {
            assert_eq!(concerned(&method, path).is_some(), is_concerned, "{method} {path}");
        }
    }
}
