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
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::{Stream, stream};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::Services;
use super::body::whole;
use super::client::Client;
use super::error::ApiError;
use super::principal::credential;
use crate::accounts::Credential;
use crate::clock::Timestamp;
use crate::storage::idempotency::{KeyName, Reservation};

/// The header of requests.
pub const KEY: &str = "idempotency-key";
/// The header of answers that were given before.
pub const REPLAYED: &str = "idempotent-replayed";

/// Characters that a key may have.
const LONGEST_KEY: usize = 255;
/// How long a request belongs to whoever does it; if they die, it can be done again after that.
const LOCK: Duration = Duration::from_secs(120);
/// How often that is renewed while it is being done: turns wait for each other, and batches are long.
const RENEW_EVERY: Duration = Duration::from_secs(40);
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
    /// Until when the key is ours.
    until: Timestamp,
}

/// Whether a request has a key.
pub fn has_key(request: &mut ServiceRequest) -> bool {
    request.headers().contains_key(KEY)
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
    if !applies(request.method(), request.match_info().as_str()) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let mut ticket = match reserve(&services, &mut request, &key).await {
        Ok(Reserved::Fresh(ticket)) => ticket,
        Ok(Reserved::Nobodys) => return Ok(next.call(request).await?.map_into_boxed_body()),
        Ok(Reserved::Answered(answer)) => return Ok(request.into_response(answer)),
        Err(error) => return Ok(request.into_response(error.error_response())),
    };
    let work = next.call(request);
    match while_held(work, async || renew(&services, &mut ticket).await).await {
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
    let Some(sender) = Sender::of(services, request).await? else {
        return Ok(Reserved::Nobodys);
    };
    let body = whole(request.take_payload(), LARGEST_REQUEST).await?;
    let is_told = sender.may_be_told(request.match_info().as_str(), &body);
    let mut fingerprint = Sha256::new();
    for part in [request.method().as_str(), &request.uri().to_string()] {
        fingerprint.update(part);
        fingerprint.update([0]);
    }
    fingerprint.update(&body);
    let fingerprint = hexadecimal(&fingerprint.finalize());
    request.set_payload(payload(body));
    if !is_told {
        return Ok(Reserved::Nobodys);
    }

    let of_sender = |purpose: &str| {
        let mut hash = Sha256::new();
        for part in [purpose, &sender.scope, &sender.credential] {
            hash.update(part);
            hash.update([0]);
        }
        hash.chain_update(key).finalize()
    };
    let now = Timestamp::now();
    let ticket = Ticket {
        secret: of_sender("answer").into(),
        until: now.plus(LOCK),
        name: KeyName {
            hash: hexadecimal(&of_sender("key")),
            scope: sender.scope,
        },
    };
    let reservation = services
        .database
        .reserve_key(&ticket.name, &fingerprint, ticket.until, now)
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

/// Who sent a request.
struct Sender {
    /// The user; without a credential, the address.
    scope: String,
    /// What they showed. An answer is told again only to whoever shows the same: it may hold what their other keys, and the
    /// applications that they let in, may not see.
    credential: String,
}

impl Sender {
    async fn of(services: &Services, request: &ServiceRequest) -> Result<Option<Self>, ApiError> {
        let header = request.headers().get(header::AUTHORIZATION);
        let Some(bearer) = header.and_then(|header| credential(header.to_str().ok()?)) else {
            let client = request.extensions().get::<Client>().copied();
            return Ok(client.map(|client| Self {
                scope: format!("address:{}", client.network()),
                credential: String::new(),
            }));
        };
        match services.accounts.authenticate(bearer, Timestamp::now()).await {
            Ok(principal) => Ok(Some(Self {
                scope: principal.user.id.to_string(),
                credential: match &principal.credential {
                    Credential::Guest => "guest".to_owned(),
                    Credential::Session { grant, .. } | Credential::Application { grant, .. } => grant.to_string(),
                    Credential::ApiKey(key) => key.to_string(),
                },
            })),
            Err(error) => match ApiError::from(error) {
                ApiError::Unauthorized => Ok(None),
                error => Err(error),
            },
        }
    }

    /// Whether an answer can be told again to whoever sends the same. Of people without a credential behind one address, only
    /// to who names themselves: a new guest's name is told in the answer, and opens what they say.
    fn may_be_told(&self, path: &str, body: &[u8]) -> bool {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Named {
            guest_id: Option<String>,
        }
        if !self.credential.is_empty() || path != "/api/conversations" {
            return true;
        }
        serde_json::from_slice(body).is_ok_and(|named: Named| named.guest_id.is_some_and(|id| !id.trim().is_empty()))
    }
}

/// Waits for something to be done, and calls `renew` every [`RENEW_EVERY`] meanwhile.
async fn while_held<T>(work: impl Future<Output = T>, mut renew: impl AsyncFnMut()) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        match timeout(RENEW_EVERY, &mut work).await {
            Ok(done) => return done,
            Err(_) => renew().await,
        }
    }
}

async fn renew(services: &Services, ticket: &mut Ticket) {
    let until = Timestamp::now().plus(LOCK);
    match services.database.renew_key(&ticket.name, ticket.until, until).await {
        Ok(true) => ticket.until = until,
        Ok(false) => tracing::warn!("a request took so long that another one with its Idempotency-Key is under way"),
        // It is ours for a while yet.
        Err(error) => tracing::warn!(%error, "a key can't be kept for now"),
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
        let kept = services
            .database
            .keep_answer(&ticket.name, ticket.until, status.as_u16(), &sealed)
            .await;
        match kept {
            Ok(true) => {}
            Ok(false) => tracing::warn!("an answer is not kept: its Idempotency-Key is another request's by now"),
            Err(error) => {
                tracing::warn!(%error, "an answer is not kept; a repeated request would be refused for a while");
            }
        }
    } else {
        forget(services, ticket).await;
    }
    ServiceResponse::new(request, response.set_body(BoxBody::new(body)))
}

async fn forget(services: &Services, ticket: &Ticket) {
    if let Err(error) = services.database.forget_key(&ticket.name, ticket.until).await {
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
            until: Timestamp::from_millis(0),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_kept_for_as_long_as_its_request_takes() {
        let mut renewed = Vec::new();
        let began = tokio::time::Instant::now();
        let work = async {
            tokio::time::sleep(Duration::from_secs(300)).await;
            "done"
        };
        assert_eq!(while_held(work, async || renewed.push(began.elapsed())).await, "done");
        assert_eq!(renewed.len(), 7);
        // Twice in vain, and there is still time.
        assert!(renewed.windows(3).all(|times| times[2] - times[0] < LOCK));
    }

    #[test]
    fn an_answer_that_names_a_new_guest_is_told_once() {
        let sender = |credential: &str| Sender {
            scope: "address:192.0.2.1".to_owned(),
            credential: credential.to_owned(),
        };
        for (path, body, is_told) in [
            ("/api/conversations", r#"{"targetLanguageId":"ja"}"#, false),
            ("/api/conversations", r#"{"guestId":" "}"#, false),
            ("/api/conversations", "no JSON", false),
            ("/api/conversations", r#"{"guestId":"guest_1"}"#, true),
            ("/api/conversation-end", r#"{"conversationId":"x"}"#, true),
        ] {
            assert_eq!(sender("").may_be_told(path, body.as_bytes()), is_told, "{path} {body}");
            assert!(sender("grant_1").may_be_told(path, body.as_bytes()), "{path} {body}");
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
