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

/// Whoever sent the request; without a valid credential, the request is refused.
#[derive(Clone, Debug)]
pub struct Bearer(pub Principal);

impl FromRequest for Bearer {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let services = request.app_data::<web::Data<Services>>().cloned();
        let header = request.headers().get(header::AUTHORIZATION);
        let credential = header
            .and_then(|header| credential(header.to_str().ok()?))
            .map(str::to_owned);
        Box::pin(async move {
            let services = services.ok_or(ApiError::Internal)?;
            let credential = credential.ok_or(ApiError::Unauthorized)?;
            let principal = services.accounts.authenticate(&credential, Timestamp::now()).await?;
            Ok(Self(principal))
        })
    }
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
