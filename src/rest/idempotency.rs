//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a request that is sent again, since its answer was lost,
//! is not done again, but answered again.
//!
//! Answers may hold secrets that are told but once. They are kept encrypted with what only the key gives, and of the key only
//! a hash is kept: who has the database alone reads none of them, as long as keys are hard to guess.

use std::pin::Pin;
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody, to_bytes};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::{Stream, StreamExt, stream};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Services;
use super::client::Client;
use super::error::ApiError;
use super::principal::credential;
use crate::clock::Timestamp;
use crate::storage::idempotency::{KeyName, Reservation};

/// The header of requests.
pub const KEY: &str = "idempotency-key";
/// The header of answers that were given before.
pub const REPLAYED: &str = "idempotent-replayed";

/// Characters that a key may have.
const LONGEST_KEY: usize = 255;
/// How long a request may be under way before it is taken for dead.
const LOCK: Duration = Duration::from_secs(120);
/// The largest body of a request with a key, in bytes: sound as base64 is the largest there is.
const LARGEST_REQUEST: usize = 16 * 1024 * 1024;
/// The largest answer that is kept, in bytes.
const LARGEST_ANSWER: u64 = 1024 * 1024;

/// What is kept of an answer, beside its status.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Answer {
    headers: Vec<(String, String)>,
    body: String,
}

/// Headers that belong to an answer rather than to the moment it is given.
const KEPT_HEADERS: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::LOCATION,
    header::CACHE_CONTROL,
    header::ETAG,
    header::LINK,
];

/// A request that is being done for the first time.
struct Ticket {
    name: KeyName,
    secret: [u8; 32],
}

/// Answers a request again that was answered before, or keeps its answer.
pub async fn replay(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let key = request.headers().get(KEY).cloned();
    let services = request.app_data::<web::Data<Services>>().cloned();
    let (Some(key), Some(services)) = (key, services) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    if !applies(request.method(), request.path()) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let ticket = match reserve(&services, &mut request, &key).await {
        Ok(Reserved::Fresh(ticket)) => ticket,
        Ok(Reserved::Nobodys) => return Ok(next.call(request).await?.map_into_boxed_body()),
        Ok(Reserved::Answered(answer)) => return Ok(request.into_response(answer)),
        Err(error) => return Ok(request.into_response(error.error_response())),
    };
    match next.call(request).await {
        Ok(response) => Ok(keep(&services, &ticket, response.map_into_boxed_body()).await),
        Err(error) => {
            forget(&services, &ticket).await;
            Err(error)
        }
    }
}

/// Whether a request is one that makes something.
fn applies(method: &Method, path: &str) -> bool {
    let creates = [
        "/v1/conversations",
        "/v1/webhooks",
        "/v1/api-keys",
        "/v1/batch",
        "/api/conversations",
        "/api/conversation-messages",
        "/api/conversation-end",
    ];
    let acts = |prefix: &str, suffixes: &[&str]| {
        path.strip_prefix(prefix)
            .and_then(|rest| rest.split_once('/'))
            .is_some_and(|(_, action)| suffixes.contains(&action))
    };
    *method == Method::POST
        && (creates.contains(&path)
            || acts("/v1/conversations/", &["messages", "end"])
            || acts("/v1/webhooks/deliveries/", &["replay"]))
}

enum Reserved {
    Fresh(Ticket),
    Answered(HttpResponse),
    /// Whoever sent it can't be told: they will be refused.
    Nobodys,
}

async fn reserve(services: &Services, request: &mut ServiceRequest, key: &HeaderValue) -> Result<Reserved, ApiError> {
    let key = key.to_str().ok().map(str::trim);
    let key = key
        .filter(|key| (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()))
        .ok_or_else(|| {
            ApiError::InvalidRequest(format!(
                "The Idempotency-Key must have 1 to {LONGEST_KEY} visible characters of ASCII"
            ))
        })?;
    let Some(scope) = scope(services, request).await? else {
        return Ok(Reserved::Nobodys);
    };
    let body = collect(request.take_payload()).await?;
    let mut fingerprint = Sha256::new();
    for part in [request.method().as_str(), &request.uri().to_string()] {
        fingerprint.update(part);
        fingerprint.update([0]);
    }
    fingerprint.update(&body);
    let fingerprint = hexadecimal(&fingerprint.finalize());
    request.set_payload(payload(body));

    let ticket = Ticket {
        secret: Sha256::new()
            .chain_update("answer\0")
            .chain_update(&scope)
            .chain_update([0])
            .chain_update(key)
            .finalize()
            .into(),
        name: KeyName {
            scope,
            hash: hexadecimal(&Sha256::digest(key)),
        },
    };
    let now = Timestamp::now();
    // Now and then, what is over is swept out.
    if rand::random::<u8>() == 0 {
        services.database.prune_keys(now).await?;
    }
    let reservation = services
        .database
        .reserve_key(&ticket.name, &fingerprint, now.plus(LOCK), now)
        .await?;
    match reservation {
        Reservation::Fresh => Ok(Reserved::Fresh(ticket)),
        Reservation::UnderWay => Err(ApiError::Conflict(
            "A request with this Idempotency-Key is under way".to_owned(),
        )),
        Reservation::Different => Err(ApiError::Misused(
            "This Idempotency-Key was used for another request".to_owned(),
        )),
        Reservation::Done { status, answer } => {
            let answer = ticket.open(&answer).ok_or(ApiError::Internal)?;
            Ok(Reserved::Answered(answer.response(status)))
        }
    }
}

/// Whose key it is: a user's, or without a credential, an address's.
async fn scope(services: &Services, request: &ServiceRequest) -> Result<Option<String>, ApiError> {
    let header = request.headers().get(header::AUTHORIZATION);
    let Some(credential) = header.and_then(|header| credential(header.to_str().ok()?)) else {
        let client = request.extensions().get::<Client>().copied();
        return Ok(client.map(|client| format!("address:{}", client.network())));
    };
    match services.accounts.authenticate(credential, Timestamp::now()).await {
        Ok(principal) => Ok(Some(principal.user.id.to_string())),
        Err(error) => match ApiError::from(error) {
            ApiError::Unauthorized => Ok(None),
            error => Err(error),
        },
    }
}

async fn keep(services: &Services, ticket: &Ticket, response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let is_small = match response.response().body().size() {
        BodySize::None => true,
        BodySize::Sized(size) => size <= LARGEST_ANSWER,
        BodySize::Stream => false,
    };
    // What went wrong may go right the next time.
    if !is_small || !response.status().is_success() {
        forget(services, ticket).await;
        return response;
    }
    let status = response.status();
    let headers = KEPT_HEADERS.iter().filter_map(|name| {
        let value = response.headers().get(name)?.to_str().ok()?;
        Some((name.to_string(), value.to_owned()))
    });
    let headers = headers.collect();
    let (request, response) = response.into_parts();
    let (response, body) = response.into_parts();
    let Ok(body) = to_bytes(body).await else {
        forget(services, ticket).await;
        return ServiceResponse::new(request, ApiError::Internal.error_response());
    };
    if let Ok(text) = std::str::from_utf8(&body) {
        let answer = Answer {
            headers,
            body: text.to_owned(),
        };
        let sealed = ticket.seal(&answer);
        if let Err(error) = services
            .database
            .keep_answer(&ticket.name, status.as_u16(), &sealed)
            .await
        {
            tracing::warn!(%error, "an answer is not kept; a repeated request would be refused for a while");
        }
    } else {
        forget(services, ticket).await;
    }
    ServiceResponse::new(request, response.set_body(BoxBody::new(body)))
}

async fn forget(services: &Services, ticket: &Ticket) {
    if let Err(error) = services.database.forget_key(&ticket.name).await {
        tracing::warn!(%error, "a key is not given up; it is void for a while");
    }
}

impl Ticket {
    fn cipher(&self) -> LessSafeKey {
        let key = UnboundKey::new(&CHACHA20_POLY1305, &self.secret).expect("the key has the length of a SHA-256");
        LessSafeKey::new(key)
    }

    fn seal(&self, answer: &Answer) -> String {
        let mut text = serde_json::to_vec(answer).expect("an answer is made of texts");
        let nonce: [u8; NONCE_LEN] = rand::random();
        let aad = Aad::from(self.name.scope.as_bytes());
        self.cipher()
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut text)
            .expect("an answer is far shorter than what the cipher takes");
        let mut sealed = nonce.to_vec();
        sealed.append(&mut text);
        STANDARD.encode(sealed)
    }

    fn open(&self, sealed: &str) -> Option<Answer> {
        let sealed = STANDARD.decode(sealed).ok()?;
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let aad = Aad::from(self.name.scope.as_bytes());
        let text = self.cipher().open_in_place(nonce, aad, &mut text).ok()?;
        serde_json::from_slice(text).ok()
    }
}

impl Answer {
    fn response(self, status: u16) -> HttpResponse {
        let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::OK));
        for (name, value) in self.headers {
            response.insert_header((name, value));
        }
        response.insert_header((REPLAYED, "true"));
        response.body(self.body)
    }
}

async fn collect(mut payload: Payload) -> Result<Bytes, ApiError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| match error {
            PayloadError::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => ApiError::TooSlow,
            error => ApiError::InvalidRequest(format!("The body can't be read: {error}")),
        })?;
        if body.len() + chunk.len() > LARGEST_REQUEST {
            return Err(ApiError::TooLarge(LARGEST_REQUEST));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Bytes as a body that is still to be read.
pub(super) fn payload(bytes: Bytes) -> Payload {
    let chunk: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(stream::iter([Ok(bytes)]));
    Payload::from(chunk)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(key: &str) -> Ticket {
        Ticket {
            secret: Sha256::digest(key).into(),
            name: KeyName {
                scope: "user_1".to_owned(),
                hash: String::new(),
            },
        }
    }

    #[test]
    fn an_answer_is_read_by_whoever_has_the_key_alone() {
        let answer = Answer {
            headers: vec![("location".to_owned(), "/x".to_owned())],
            body: "{\"key\":\"secret\"}".to_owned(),
        };
        let sealed = ticket("one").seal(&answer);
        assert!(!sealed.contains("secret"));
        assert_eq!(ticket("one").open(&sealed), Some(answer));
        assert_eq!(ticket("two").open(&sealed), None);
        assert_eq!(ticket("one").open("AAAA"), None);
    }

    #[test]
    fn what_makes_something_can_be_repeated() {
        for path in [
            "/v1/conversations",
            "/v1/conversations/conv_1/messages",
            "/v1/conversations/conv_1/end",
            "/v1/webhooks",
            "/v1/webhooks/deliveries/whd_1/replay",
            "/v1/api-keys",
            "/v1/batch",
            "/api/conversations",
            "/api/conversation-end",
        ] {
            assert!(applies(&Method::POST, path), "{path}");
            assert!(!applies(&Method::GET, path), "{path}");
        }
        for path in [
            "/v1/conversations/conv_1/whip",
            "/v1/guests",
            "/oauth/token",
            "/v1/webhooks/wh_1",
        ] {
            assert!(!applies(&Method::POST, path), "{path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_not_sealed_here_opens_to_nothing(text: String) {
            proptest::prop_assert_eq!(ticket("one").open(&text), None);
        }
    }
}
