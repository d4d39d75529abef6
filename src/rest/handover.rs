//! A live call stays with its node: the requests of WHIP that come to another node are handed over, as they are, to the one that
//! holds it. What else concerns a call is asked of that node by an errand (`live::elsewhere`).

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError, web};

use super::body::whole;
use super::client::Client;
use super::error::ApiError;
use super::{Services, node};
use crate::ids::ConversationId;
use crate::presence::fleet::{Fleet, TICKET};
use crate::presence::nodes::Node;
use crate::presence::redis::tickets::{Sender, Ticket};

/// Marks a request that another node has handed over.
#[derive(Clone, Copy, Debug)]
struct IsHandedOver;

/// The largest body that is handed over, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

/// Headers of a request that its meaning depends on.
const ASKED: [&str; 5] = ["authorization", "content-type", "accept", "if-match", "idempotency-key"];
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

/// Whether a request shows a ticket, good or not.
pub fn has_ticket(request: &mut ServiceRequest) -> bool {
    request.headers().contains_key(TICKET)
}

/// Takes the ticket of a request that comes from another node. One that is handed over comes from whoever sent it there; what
/// the node itself asks for is done at once. Whoever else shows something in place of a ticket shows nothing.
pub async fn recognise(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let shown = request.headers_mut().remove(TICKET).next();
    let shown = shown.as_ref().and_then(|shown| shown.to_str().ok());
    let services = request.app_data::<web::Data<Services>>();
    let fleet = services.and_then(|services| services.presence.fleet.clone());
    if let (Some(shown), Some(fleet)) = (shown, fleet) {
        match fleet.redeem(shown, request.method().as_str(), target(&request)).await {
            Some(Ticket {
                sender: Some(sender), ..
            }) => stand_for(&mut request, sender),
            Some(Ticket { sender: None, .. }) => {
                let answer = node::run(&mut request).await;
                let answer = answer.unwrap_or_else(|error| error.error_response());
                return Ok(request.into_response(answer));
            }
            None => tracing::debug!("a request shows a ticket that is not good"),
        }
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// From here on the request is as it came to the first node. Whether it may come in the clear was decided there.
fn stand_for(request: &mut ServiceRequest, sender: Sender) {
    let Sender {
        address,
        is_https,
        host,
    } = sender;
    request.extensions_mut().insert(IsHandedOver);
    request.extensions_mut().insert(Client {
        address,
        is_https,
        is_said_plain: false,
    });
    if let Some(host) = host.and_then(|host| HeaderValue::from_str(&host).ok()) {
        request.headers_mut().insert(header::HOST, host);
    }
}

/// Whether a request negotiates a call.
pub fn is_about_call(request: &mut ServiceRequest) -> bool {
    concerned(request.method(), request.match_info().as_str()).is_some()
}

/// Hands a request over to the node that holds the call it is about, if that is another one.
pub async fn to_holder(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let Some((fleet, node)) = holder(&request).await else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let answer = hand_over(&mut request, &fleet, &node).await;
    let answer = answer.unwrap_or_else(|error| error.error_response());
    Ok(request.into_response(answer))
}

/// The other node that holds the call that a request is about. When nobody can tell, it is tried here.
async fn holder(request: &ServiceRequest) -> Option<(Fleet, Node)> {
    let services = request.app_data::<web::Data<Services>>()?;
    let fleet = services.presence.fleet.clone()?;
    let conversation = concerned(request.method(), request.match_info().as_str())?;
    // What was handed over once is not handed on.
    if request.extensions().contains::<IsHandedOver>() {
        return None;
    }
    let node = fleet.holder(&conversation).await?;
    Some((fleet, node))
}

/// The conversation whose call a request negotiates. Whatever else is done in a call is asked of its node in so many words
/// ([`crate::live::elsewhere`]), since it comes in many ways.
fn concerned(method: &Method, path: &str) -> Option<ConversationId> {
    let (id, action) = path.strip_prefix("/v1/conversations/")?.split_once('/')?;
    let is_about_call = match *method {
        Method::POST => action == "whip",
        Method::PATCH | Method::DELETE => action.starts_with("whip/"),
        _ => false,
    };
    is_about_call.then(|| ConversationId::parse(id)).flatten()
}

/// The path of a request with its query.
fn target(request: &ServiceRequest) -> &str {
    request.uri().path_and_query().map_or("/", |path| path.as_str())
}

async fn hand_over(request: &mut ServiceRequest, fleet: &Fleet, holder: &Node) -> Result<HttpResponse, ApiError> {
    let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes());
    let method = method.map_err(|_| ApiError::Internal)?;
    let sender = request.extensions().get::<Client>().map(|client| Sender {
        address: client.address,
        is_https: client.is_https,
        host: request
            .headers()
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .map(str::to_owned),
    });
    let body = request
        .extract::<web::Payload>()
        .await
        .map_err(|_| ApiError::Internal)?;
    let body = whole(body, LARGEST).await?;
    // Only now: a ticket is not good for long.
    let mut handed = fleet.request(holder, method, target(request), sender).await?;
    for name in ASKED {
        if let Some(value) = request.headers().get(name) {
            handed = handed.header(name, value.as_bytes());
        }
    }
    let answer = handed.body(body).send().await;
    let answer = answer.map_err(|error| {
        tracing::warn!(node = holder.id, %error, "the node that holds a call does not answer");
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
    fn only_what_negotiates_a_call_is_handed_over() {
        for (method, path, is_concerned) in [
            (Method::POST, "/v1/conversations/conv_1/messages", false),
            (Method::POST, "/v1/conversations/conv_1/end", false),
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
