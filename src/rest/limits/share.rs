//! Whose share a request takes: a credential's, or an address's.

use actix_web::HttpMessage;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::{Method, header};
use actix_web::web::{Bytes, BytesMut};
use futures::{StreamExt, stream};
use sha2::{Digest, Sha256};

use super::category::Category;
use crate::clock::Timestamp;
use crate::pages::visitor;
use crate::rest::Services;
use crate::rest::client::Client;
use crate::rest::oauth;
use crate::rest::principal::credential;

/// Whose share a request takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Share {
    /// Whoever else takes of the same.
    pub(super) key: String,
    /// The address that pays for a credential that may be a guess; whoever guesses shows another one each time.
    pub(super) guesser: Option<String>,
}

impl Share {
    /// Tells it before anybody has looked whether the credential is good. To tell who asks for tokens, the body is read.
    pub(super) async fn of(category: Category, request: &mut ServiceRequest, services: &Services) -> Self {
        let name = category.name();
        let address = match request.extensions().get::<Client>() {
            Some(client) => client.network().to_string(),
            None => "unknown".to_owned(),
        };
        let by_address = format!("{name}:{address}");
        if category == Category::Auth {
            // Nobody has shown yet who they are, but for applications that have shown it before.
            let known = known_client(request, services).await;
            return Self {
                key: known.map_or(by_address, |client| format!("{name}:{client}")),
                guesser: None,
            };
        }
        let header = request.headers().get(header::AUTHORIZATION);
        let credential = header.and_then(|header| credential(header.to_str().ok()?));
        let Some(credential) = credential else {
            let known = known_cookie(request, services);
            return Self {
                key: known.map_or(by_address, |cookie| of_credential(name, &cookie)),
                guesser: None,
            };
        };
        let is_guess = services.accounts.is_guess(credential, Timestamp::now());
        Self {
            key: match category {
                Category::Address => by_address,
                _ => of_credential(name, credential),
            },
            guesser: is_guess.then(|| format!("guess:{address}")),
        }
    }
}

/// The share of a credential, by a hash of it.
pub(super) fn of_credential(name: &str, credential: &str) -> String {
    let digest = Sha256::digest(credential);
    let bits = digest
        .iter()
        .take(16)
        .fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    format!("{name}:{bits:032x}")
}

/// The cookie with which a page of ours asks for a token, if it was good before.
fn known_cookie(request: &ServiceRequest, services: &Services) -> Option<String> {
    if request.match_info().as_str() != "/session/token" {
        return None;
    }
    let cookie = visitor::cookie_of(request.request())?;
    services.accounts.is_known_cookie(&cookie).then_some(cookie)
}

/// The application that asks for a token or about one, if it shows a secret that was right before.
async fn known_client(request: &mut ServiceRequest, services: &Services) -> Option<String> {
    let is_of_programs = oauth::FOR_CLIENTS.contains(&request.match_info().as_str());
    if request.method() != Method::POST || !is_of_programs {
        return None;
    }
    let body = peek(request, oauth::LIMIT).await?;
    let (_, credentials) = oauth::understood(request.request(), &body).ok()?;
    services.oauth.known(&credentials).map(ToString::to_string)
}

/// The body of a request, which whoever reads it next finds as it was; `None` if it breaks off or is longer.
async fn peek(request: &mut ServiceRequest, limit: usize) -> Option<Bytes> {
    let mut payload = request.take_payload();
    let mut chunks: Vec<Result<Bytes, PayloadError>> = Vec::new();
    let mut body = BytesMut::new();
    let is_whole = loop {
        match payload.next().await {
            None => break true,
            Some(Ok(chunk)) => {
                body.extend_from_slice(&chunk);
                chunks.push(Ok(chunk));
                if body.len() > limit {
                    break false;
                }
            }
            Some(Err(error)) => {
                chunks.push(Err(error));
                break false;
            }
        }
    };
    let again = stream::iter(chunks).chain(payload);
    request.set_payload(Payload::from(
        Box::pin(again) as std::pin::Pin<Box<dyn futures::Stream<Item = _>>>
    ));
    is_whole.then(|| body.freeze())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[actix_web::test]
    async fn a_body_that_was_looked_at_is_still_there() {
        for (limit, seen) in [(5, Some("words")), (4, None)] {
            let mut request = TestRequest::default().set_payload("words").to_srv_request();
            let peeked = peek(&mut request, limit).await;
            assert_eq!(peeked.as_deref(), seen.map(str::as_bytes));
            let chunks: Vec<Bytes> = request.take_payload().map(Result::unwrap).collect().await;
            assert_eq!(chunks.concat(), b"words");
        }
    }
}
