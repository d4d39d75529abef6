//! The Bearer credential of a request (RFC 6750).

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};

use super::Services;
use super::error::ApiError;
use crate::accounts::Principal;
use crate::clock::Timestamp;
use crate::storage::transcript::State;

/// Whoever sent the request; without a valid credential, the request is refused.
#[derive(Clone, Debug)]
pub struct Bearer(pub Principal);

impl FromRequest for Bearer {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let services = request.app_data::<web::Data<Services>>().cloned();
        let credential = shown_by(request);
        Box::pin(async move {
            let services = services.ok_or(ApiError::Internal)?;
            let credential = credential.ok_or(ApiError::Unauthorized)?;
            let principal = services.accounts.authenticate(&credential, Timestamp::now()).await?;
            Ok(Self(principal))
        })
    }
}

/// Whoever sent the request, where nobody needs a credential. One that is not valid is refused all the same.
#[derive(Clone, Debug)]
pub struct OptionalBearer(pub Option<Principal>);

impl FromRequest for OptionalBearer {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !request.headers().contains_key(header::AUTHORIZATION) {
            return Box::pin(std::future::ready(Ok(Self(None))));
        }
        let bearer = Bearer::from_request(request, payload);
        Box::pin(async move { bearer.await.map(|Bearer(principal)| Self(Some(principal))) })
    }
}

/// Whoever sent the request, as [`Bearer`] tells it, and by the same lookup whether a conversation of theirs is in that state.
///
/// # Errors
/// Without a valid credential.
pub async fn bearer_asking(
    services: &Services,
    request: &HttpRequest,
    state: Option<State<'_>>,
) -> Result<(Principal, bool), ApiError> {
    let credential = shown_by(request).ok_or(ApiError::Unauthorized)?;
    let now = Timestamp::now();
    Ok(services.accounts.authenticate_asking(&credential, state, now).await?)
}

/// The credential that a request shows in its header.
pub fn shown_by(request: &HttpRequest) -> Option<String> {
    let header = request.headers().get(header::AUTHORIZATION)?;
    credential(header.to_str().ok()?).map(str::to_owned)
}

/// The credential in `Bearer <credential>`; the scheme in any case.
pub(super) fn credential(header: &str) -> Option<&str> {
    let (scheme, credential) = header.trim().split_once(' ')?;
    let credential = credential.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !credential.is_empty()).then_some(credential)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bearer_credentials_are_read() {
        assert_eq!(credential("Bearer abc"), Some("abc"));
        assert_eq!(credential("bearer  a.b.c "), Some("a.b.c"));
        for header in ["", "Bearer", "Bearer ", "Basic abc", "abc"] {
            assert_eq!(credential(header), None, "{header:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_credential_is_a_part_of_its_header_without_space_around(header: String) {
            if let Some(found) = credential(&header) {
                proptest::prop_assert!(header.contains(found));
                proptest::prop_assert_eq!(found, found.trim());
            }
        }
    }
}
