//! `/docs`: Swagger UI, which comes with the program and loads nothing from elsewhere.

use std::sync::OnceLock;

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use sha2::{Digest, Sha256};

use crate::rest::error::ApiError;
use crate::rest::resource;

/// A file, and its kind.
struct File {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    /// Its entity tag, once it is known.
    tag: OnceLock<String>,
}

const PAGE: &[u8] = include_bytes!("../../web/docs/index.html");

static FILES: [File; 4] = [
    File::new("docs.js", JS, include_bytes!("../../web/docs/docs.js")),
    File::new("docs.css", CSS, include_bytes!("../../web/docs/docs.css")),
    File::new(
        "swagger-ui-bundle.js",
        JS,
        include_bytes!("../../web/vendor/swagger-ui/swagger-ui-bundle.js"),
    ),
    File::new(
        "swagger-ui.css",
        CSS,
        include_bytes!("../../web/vendor/swagger-ui/swagger-ui.css"),
    ),
];

const JS: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

/// Everything comes from here, and only this server can be tried.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Adds the paths of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            resource("/docs", [Method::GET, Method::HEAD])
                .route(web::get().to(page))
                .route(web::head().to(page)),
        )
        .service(
            resource("/docs/{name}", [Method::GET, Method::HEAD])
                .route(web::get().to(file))
                .route(web::head().to(file)),
        );
}

/// `GET /docs`
async fn page() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(PAGE)
}

/// `GET /docs/{name}`
async fn file(request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let file = FILES.iter().find(|file| file.name == name.as_str());
    let file = file.ok_or(ApiError::NotFound("there is no such file"))?;
    let tag = file.tag();
    let known = request.headers().get(header::IF_NONE_MATCH);
    let is_known = known.is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if is_known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, "no-cache"));
    if is_known {
        return Ok(response.finish());
    }
    Ok(response
        .insert_header((header::CONTENT_TYPE, file.content_type))
        .body(file.bytes))
}

impl File {
    const fn new(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        Self {
            name,
            content_type,
            bytes,
            tag: OnceLock::new(),
        }
    }

    /// Weak, since the answer may be compressed on its way.
    fn tag(&self) -> &str {
        self.tag.get_or_init(|| {
            let digest = Sha256::digest(self.bytes);
            let digits: String = digest[..12].iter().map(|byte| format!("{byte:02x}")).collect();
            format!("W/\"{digits}\"")
        })
    }
}
