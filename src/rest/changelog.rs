//! `GET /changelog`: what has changed, as Markdown for programs and as a page for people.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use pulldown_cmark::{Parser, html};

use super::health::prefers_html;
use super::resource;

const CHANGELOG: &str = include_str!("../../CHANGELOG.md");

/// Adds the paths of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        resource("/changelog", [Method::GET, Method::HEAD])
            .route(web::get().to(changelog))
            .route(web::head().to(changelog)),
    );
}

/// `GET /changelog`
pub async fn changelog(request: HttpRequest) -> HttpResponse {
    let accept = request.headers().get(header::ACCEPT);
    let wants_page = accept.and_then(|accept| accept.to_str().ok()).is_some_and(prefers_html);
    let (content_type, body) = if wants_page {
        ("text/html; charset=utf-8", page())
    } else {
        ("text/markdown; charset=utf-8", CHANGELOG.to_owned())
    };
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::VARY, "Accept"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(body)
}

fn page() -> String {
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Changelog</title><main>",
    );
    html::push_html(&mut page, Parser::new(CHANGELOG));
    page.push_str("</main></html>");
    page
}
