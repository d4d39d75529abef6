//! Pages of other origins: who may call, and what the others are told.

use actix_cors::{Cors, CorsError};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};

use super::error::{ApiError, sentence};
use super::request::HEADER;
use super::{idempotency, limits};

/// Which pages of other origins may call: with any method and header, and with credentials, as document 002 has it.
pub fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allow_any_method()
        .allow_any_header()
        .expose_headers([
            header::LOCATION,
            header::LINK,
            header::ETAG,
            header::RETRY_AFTER,
            header::ACCEPT_RANGES,
            header::CONTENT_RANGE,
            header::HeaderName::from_static(HEADER),
            header::HeaderName::from_static(idempotency::REPLAYED),
        ])
        .expose_headers(limits::headers())
        .max_age(3600);
    // Any page at all may call, but not in the name of whoever looks at it.
    if origins.iter().any(|origin| origin == "*") {
        return cors.allow_any_origin();
    }
    origins
        .iter()
        .fold(cors, |cors, origin| cors.allowed_origin(origin))
        .supports_credentials()
}

/// Whether a page of another origin may ask: it says so, or asks for leave before it does.
pub fn tells_origin(request: &mut ServiceRequest) -> bool {
    request.headers().contains_key(header::ORIGIN) || request.method() == Method::OPTIONS
}

/// Tells caches that the answer to a request which doesn't tell its origin is none for pages of other origins.
pub fn vary(headers: &mut HeaderMap) {
    const BY_ORIGIN: &str = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
    let value = match headers.get(header::VARY).map(HeaderValue::to_str) {
        Some(Ok(others)) => HeaderValue::try_from(format!("{others}, {BY_ORIGIN}")).ok(),
        _ => None,
    };
    let value = value.unwrap_or(const { HeaderValue::from_static(BY_ORIGIN) });
    headers.insert(header::VARY, value);
}

/// Gives a preflight that is refused the shape of all other errors: a browser only sees that no header allows the call, whoever
/// looks for the reason finds it. To pages that may not call, nothing else is promised either.
pub async fn explain_refusal(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut response = next.call(request).await?;
    if !response.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        for promise in [
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
        ] {
            response.headers_mut().remove(promise);
        }
    }
    let refusal = response.response().error().and_then(Error::as_error::<CorsError>);
    match refusal.map(|refusal| ApiError::InvalidRequest(sentence(refusal))) {
        Some(error) => Ok(response.into_response(error.error_response())),
        None => Ok(response.map_into_boxed_body()),
    }
}
