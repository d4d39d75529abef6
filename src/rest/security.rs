//! What every answer says about how it may be used, and what is refused before anything else is looked at.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

use super::client::Client;
use super::error::ApiError;
use super::{Services, cross_origin, limits};
use crate::pages;

/// A page without a policy of its own may load its own styles and be framed by nobody.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
                           form-action 'self'; frame-ancestors 'none'";
/// Browsers that came once over HTTPS come so for a year.
const TRANSPORT: &str = "max-age=31536000";

/// Refuses plain HTTP where `REQUIRE_HTTPS` is on, and adds the headers that keep browsers safe.
pub async fn protect(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(services) = request.app_data::<web::Data<Services>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let client = request.extensions().get::<Client>().copied();
    let is_plain = client.is_some_and(|client| is_plain(&client));
    let is_refused = services.http.require_https && is_plain && request.match_info().as_str() != "/health";
    let mut response = if is_refused {
        pages::refused(request, ApiError::Forbidden("HTTPS is required here"))
    } else {
        let tells_origin = cross_origin::tells_origin(&mut request);
        let mut response = next.call(request).await?.map_into_boxed_body();
        if !tells_origin {
            cross_origin::vary(response.headers_mut());
        }
        response
    };
    let headers = response.headers_mut();
    limits::tell_unlimited(headers, &services.http.limits);
    harden(headers, client.is_some_and(|client| client.is_https));
    Ok(response)
}

/// Whether it came in the clear over a network. Whoever is on this machine has none to fear.
fn is_plain(client: &Client) -> bool {
    !client.is_https && (client.is_said_plain || !client.address.is_loopback())
}

fn harden(headers: &mut HeaderMap, is_https: bool) {
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, header::REFERRER_POLICY, "no-referrer");
    let content_type = headers.get(header::CONTENT_TYPE);
    if content_type.is_some_and(|content_type| content_type.as_bytes().starts_with(b"text/html")) {
        set(headers, header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
        set(headers, header::X_FRAME_OPTIONS, "DENY");
    }
    if is_https {
        set(headers, header::STRICT_TRANSPORT_SECURITY, TRANSPORT);
    }
}

/// Whoever answered knew better.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_what_came_so_over_a_network() {
        let client = |address: &str, is_https, is_said_plain| Client {
            address: address.parse().unwrap(),
            is_https,
            is_said_plain,
        };
        assert!(is_plain(&client("203.0.113.1", false, false)));
        assert!(is_plain(&client("127.0.0.1", false, true)));
        assert!(!is_plain(&client("127.0.0.1", false, false)));
        assert!(!is_plain(&client("::1", false, false)));
        assert!(!is_plain(&client("203.0.113.1", true, false)));
    }

    #[test]
    fn pages_get_a_policy_unless_they_have_one() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        harden(&mut headers, true);
        assert_eq!(headers.get(header::CONTENT_SECURITY_POLICY).unwrap(), PAGE_POLICY);
        assert_eq!(headers.get(header::REFERRER_POLICY).unwrap(), "same-origin");
        assert_eq!(headers.get(header::STRICT_TRANSPORT_SECURITY).unwrap(), TRANSPORT);
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        harden(&mut headers, false);
        assert_eq!(headers.len(), 3);
    }
}
