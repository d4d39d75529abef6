//! Where this program is, seen from outside, and whether a browser asks from one of its own pages.

use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpMessage, HttpRequest, web};

use super::Services;
use super::client::Client;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// How the outside reaches this program: `PUBLIC_URL`, or the scheme and the Host of the request. No slash at the end.
pub fn of(request: &HttpRequest) -> String {
    let services = request.app_data::<web::Data<Services>>();
    let public = services.and_then(|services| services.public_url.clone());
    public.unwrap_or_else(|| asked(request))
}

/// Whether the outside reaches it by https.
pub fn is_secure(request: &HttpRequest) -> bool {
    of(request).starts_with("https://")
}

/// Whether a page of ours sent the request, as far as the browser says: other programs say nothing, and then whatever else
/// is asked of them decides.
pub fn is_own(request: &HttpRequest) -> bool {
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(SEC_FETCH_SITE) {
        // None of a page: the person typed the address, or loads the page again.
        return matches!(site, "same-origin" | "none");
    }
    match text(header::ORIGIN) {
        // A page without a referrer says null about itself, too.
        None | Some("null") => true,
        Some(origin) => origin == of(request) || origin == asked(request),
    }
}

/// The scheme and the Host of the request.
fn asked(request: &HttpRequest) -> String {
    let client = request.extensions().get::<Client>().copied();
    let is_https = client.map_or_else(|| request.app_config().secure(), |client| client.is_https);
    let scheme = if is_https { "https" } else { "http" };
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| request.uri().authority().map(|authority| authority.as_str()));
    format!("{scheme}://{}", host.unwrap_or("localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn the_browser_says_whose_page_asks() {
        for (headers, is_own) in [
            (vec![], true),
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "none")], true),
            (vec![("sec-fetch-site", "same-origin"), ("origin", "null")], true),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "cross-site"), ("origin", "null")], false),
            (vec![("origin", "http://talk.example:8000")], true),
            (vec![("origin", "http://evil.example")], false),
            (vec![("origin", "https://talk.example:8000")], false),
        ] {
            let request = TestRequest::default().insert_header((header::HOST, "talk.example:8000"));
            let request = headers
                .iter()
                .fold(request, |request, header| request.insert_header(*header));
            assert_eq!(super::is_own(&request.to_http_request()), is_own, "{headers:?}");
        }
    }
}
