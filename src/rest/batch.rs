//! `POST /v1/batch`: several requests in one. Each is answered as if it had come alone, one after the other.

use std::rc::Rc;

use actix_http::Request;
use actix_service::{IntoServiceFactory, Service, ServiceFactory};
use actix_web::body::{BoxBody, to_bytes};
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, Uri};
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};
use futures::future::LocalBoxFuture;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::application::inner;
use super::body::Json;
use super::client::Client;
use super::error::ApiError;
use super::idempotency::payload;
use super::principal::Bearer;
use super::{Services, resource};

/// The body of `POST /v1/batch`.
#[derive(Debug, Deserialize)]
pub struct BatchRequest {
    requests: Option<Vec<PartRequest>>,
}

#[derive(Debug, Deserialize)]
struct PartRequest {
    id: Option<String>,
    method: Option<String>,
    path: Option<String>,
    body: Option<Value>,
}

/// A request of a batch that makes sense.
#[derive(Debug)]
struct Part {
    id: String,
    method: Method,
    uri: Uri,
    body: Option<Value>,
}

/// Requests of one batch.
const MOST: usize = 20;
/// Characters that an id may have.
const LONGEST_ID: usize = 100;
/// Characters that a path may have.
const LONGEST_PATH: usize = 2048;

/// Marks a request as a part of a batch.
#[derive(Clone, Copy, Debug)]
struct IsPart;

type Call = Rc<dyn Fn(Request) -> LocalBoxFuture<'static, Result<ServiceResponse<BoxBody>, Error>>>;

/// What answers the parts of batches, made for each thread when it is first needed.
#[derive(Default)]
pub struct Parts(OnceCell<Call>);

/// Adds the paths of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(resource("/v1/batch", [Method::POST]).route(web::post().to(run)));
}

/// `POST /v1/batch`
pub async fn run(
    services: web::Data<Services>,
    parts: Option<web::Data<Parts>>,
    _bearer: Bearer,
    client: Client,
    whole: HttpRequest,
    Json(request): Json<BatchRequest>,
) -> Result<HttpResponse, ApiError> {
    let parts = parts
        .filter(|_| !whole.extensions().contains::<IsPart>())
        .ok_or_else(|| ApiError::InvalidRequest("A batch can't hold a batch".to_owned()))?;
    let requests = request.parse()?;
    let call = parts.0.get_or_try_init(|| make(services)).await?;
    let mut responses = Vec::with_capacity(requests.len());
    for part in requests {
        let id = part.id.clone();
        let response = match call(part.request(&whole, client)).await {
            Ok(response) => response.into_parts().1,
            Err(error) => error.error_response(),
        };
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body()).await.map_err(|_| ApiError::Internal)?;
        responses.push(json!({ "id": id, "status": status, "body": shown(&body) }));
    }
    Ok(HttpResponse::Ok().json(json!({ "responses": responses })))
}

async fn make(services: web::Data<Services>) -> Result<Call, ApiError> {
    let service = inner(services).into_factory().new_service(AppConfig::default()).await;
    let service = Rc::new(service.map_err(|()| ApiError::Internal)?);
    Ok(Rc::new(move |request| {
        let service = Rc::clone(&service);
        Box::pin(async move { Ok(service.call(request).await?.map_into_boxed_body()) })
    }))
}

/// A body as JSON; what is none, as text.
fn shown(body: &Bytes) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}

impl BatchRequest {
    fn parse(self) -> Result<Vec<Part>, ApiError> {
        let requests = self.requests.unwrap_or_default();
        if !(1..=MOST).contains(&requests.len()) {
            return Err(ApiError::InvalidField {
                field: "requests",
                reason: format!("must hold 1 to {MOST} requests"),
            });
        }
        requests.into_iter().map(PartRequest::parse).collect()
    }
}

impl PartRequest {
    fn parse(self) -> Result<Part, ApiError> {
        let invalid = |field, reason: &str| ApiError::InvalidField {
            field,
            reason: reason.to_owned(),
        };
        let id = self.id.filter(|id| (1..=LONGEST_ID).contains(&id.chars().count()));
        let method = self.method.map(|method| method.to_ascii_uppercase());
        let method = match method.as_deref() {
            Some("GET") => Method::GET,
            Some("POST") => Method::POST,
            Some("PUT") => Method::PUT,
            Some("PATCH") => Method::PATCH,
            Some("DELETE") => Method::DELETE,
            _ => return Err(invalid("requests.method", "must be GET, POST, PUT, PATCH or DELETE")),
        };
        let path = self
            .path
            .filter(|path| path.starts_with("/v1/") && path.len() <= LONGEST_PATH);
        let uri = path.and_then(|path| path.parse::<Uri>().ok());
        Ok(Part {
            id: id.ok_or_else(|| invalid("requests.id", "must be a text of at most 100 characters"))?,
            method,
            uri: uri.ok_or_else(|| invalid("requests.path", "must begin with /v1/"))?,
            body: self.body,
        })
    }
}

impl Part {
    /// The request that this part stands for, from the sender of the whole.
    fn request(self, whole: &HttpRequest, client: Client) -> Request {
        let body = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        let (mut request, _) = Request::new().replace_payload(payload(Bytes::from(body)));
        let head = request.head_mut();
        head.method = self.method;
        head.uri = self.uri;
        head.peer_addr = whole.peer_addr();
        for name in [header::AUTHORIZATION, header::HOST, header::ACCEPT] {
            if let Some(value) = whole.headers().get(&name) {
                head.headers.insert(name, value.clone());
            }
        }
        if self.body.is_some() {
            let json = HeaderValue::from_static("application/json");
            head.headers.insert(header::CONTENT_TYPE, json);
        }
        request.extensions_mut().insert(client);
        request.extensions_mut().insert(IsPart);
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(requests: Value) -> Result<Vec<Part>, ApiError> {
        serde_json::from_value::<BatchRequest>(json!({ "requests": requests }))
            .unwrap()
            .parse()
    }

    #[test]
    fn a_batch_holds_one_to_twenty_requests_under_v1() {
        let part = json!({"id": "a", "method": "get", "path": "/v1/users/me?x=1"});
        let parts = parse(json!([part])).unwrap();
        assert_eq!(parts[0].method, Method::GET);
        assert_eq!(parts[0].uri.query(), Some("x=1"));
        assert!(parse(json!(vec![part.clone(); 20])).is_ok());
        assert!(parse(json!(vec![part; 21])).is_err());
        for bad in [
            json!([]),
            json!([{"method": "GET", "path": "/v1/users/me"}]),
            json!([{"id": "a", "method": "TRACE", "path": "/v1/users/me"}]),
            json!([{"id": "a", "method": "GET", "path": "/oauth/token"}]),
            json!([{"id": "a", "method": "GET", "path": "http://elsewhere/v1/users/me"}]),
            json!([{"id": "a", "method": "GET", "path": "/v1/a b"}]),
        ] {
            assert!(parse(bad.clone()).is_err(), "{bad}");
        }
    }
}
