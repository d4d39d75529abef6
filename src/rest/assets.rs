//! The pages, embedded in the program: `web/index.html` at `/`, `web/settings.html` at `/settings` and so on, everything else
//! of `web/` at `/assets/`.

use std::sync::LazyLock;

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use sha2::{Digest, Sha256};

use super::error::ApiError;
use super::{Services, resource};

/// A file of `web/`, with its entity tag.
struct Asset {
    name: &'static str,
    bytes: &'static [u8],
    etag: String,
}

// `FILES: &[(&str, &[u8])]`, written by build.rs.
include!(concat!(env!("OUT_DIR"), "/web.rs"));

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let asset = |(name, bytes): &(&'static str, &'static [u8])| Asset {
        name,
        bytes,
        // Weak, since the answer may be compressed on its way.
        etag: format!("W/\"{}\"", hexadecimal(&Sha256::digest(bytes)[..12])),
    };
    FILES.iter().map(asset).collect()
});

const PAGE: &str = "index.html";

/// Pages beside the talk. They hold nothing of anybody: their scripts ask for it.
const DASHBOARD: [&str; 5] = ["settings", "progress", "achievements", "leaderboard", "history"];

/// Everything comes from here, but the page may talk to itself. Styles that its scripts set are none of a policy's business.
const PAGE_POLICY: &str = "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; style-src 'self'; \
                           object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Adds the assets, and the pages beside the talk.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        resource("/assets/{name}", [Method::GET, Method::HEAD])
            .route(web::get().to(asset))
            .route(web::head().to(asset)),
    );
    for page in DASHBOARD {
        let show = move |request: HttpRequest| async move { beside(&request, page) };
        config.service(
            resource(&format!("/{page}"), [Method::GET, Method::HEAD])
                .route(web::get().to(show))
                .route(web::head().to(show)),
        );
    }
}

/// `GET /assets/{name}`
pub async fn asset(request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, ApiError> {
    find(&name)
        .filter(|asset| !asset.name.ends_with(".html"))
        .map(|asset| serve(&request, asset))
        .ok_or(ApiError::NotFound("there is no such file"))
}

/// The page of the talk; `None` in a program that was built without one.
pub fn page(request: &HttpRequest) -> Option<HttpResponse> {
    let mut response = document(request, PAGE)?;
    response
        .headers_mut()
        .insert(header::VARY, header::HeaderValue::from_static("Accept"));
    Some(response)
}

fn beside(request: &HttpRequest, page: &str) -> Result<HttpResponse, ApiError> {
    document(request, &format!("{page}.html")).ok_or(ApiError::NotFound("there is no such page"))
}

fn document(request: &HttpRequest, name: &str) -> Option<HttpResponse> {
    let mut response = serve(request, find(name)?);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy(request));
    headers.insert(header::REFERRER_POLICY, header::HeaderValue::from_static("no-referrer"));
    Some(response)
}

/// The policy of the pages, which may also call where the operator says that the API is.
fn policy(request: &HttpRequest) -> header::HeaderValue {
    let services = request.app_data::<web::Data<Services>>();
    let api = services.and_then(|services| services.page.other_origin());
    api.and_then(|api| header::HeaderValue::try_from(format!("{PAGE_POLICY}; connect-src 'self' {api}")).ok())
        .unwrap_or(header::HeaderValue::from_static(PAGE_POLICY))
}

fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// The file, or 304 if the client has it. Names carry no version, so every use is checked.
fn serve(request: &HttpRequest, asset: &'static Asset) -> HttpResponse {
    let known = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok());
    let is_known = known.is_some_and(|tags| tags == "*" || tags.split(',').any(|tag| is_same(tag, &asset.etag)));
    let mut response = if is_known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((header::ETAG, asset.etag.as_str()))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if is_known {
        return response.finish();
    }
    response
        .insert_header((header::CONTENT_TYPE, content_type(asset.name)))
        .body(asset.bytes)
}

/// Compares entity tags weakly (RFC 9110, section 8.8.3.2).
fn is_same(one: &str, other: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    opaque(one) == opaque(other)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::to_bytes;
    use actix_web::http::StatusCode;
    use actix_web::test::TestRequest;

    static STYLE: LazyLock<Asset> = LazyLock::new(|| Asset {
        name: "style.css",
        bytes: b"body {}",
        etag: "W/\"12ab\"".to_owned(),
    });

    #[actix_web::test]
    async fn a_file_is_served_with_its_type_and_tag_and_must_be_checked_again() {
        let response = serve(&TestRequest::default().to_http_request(), &STYLE);
        assert_eq!(response.status(), StatusCode::OK);
        let header = |name| response.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header(header::CONTENT_TYPE), "text/css; charset=utf-8");
        assert_eq!(header(header::ETAG), "W/\"12ab\"");
        assert_eq!(header(header::CACHE_CONTROL), "no-cache");
        assert_eq!(header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(to_bytes(response.into_body()).await.unwrap(), "body {}");
    }

    #[actix_web::test]
    async fn who_has_the_file_gets_no_copy() {
        for (tags, status) in [
            ("W/\"12ab\"", StatusCode::NOT_MODIFIED),
            ("\"x\", \"12ab\"", StatusCode::NOT_MODIFIED),
            ("*", StatusCode::NOT_MODIFIED),
            ("\"x\"", StatusCode::OK),
            ("", StatusCode::OK),
        ] {
            let request = TestRequest::default().insert_header((header::IF_NONE_MATCH, tags));
            let response = serve(&request.to_http_request(), &STYLE);
            assert_eq!(response.status(), status, "{tags}");
        }
    }
}
