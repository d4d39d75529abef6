//! Pages of plain HTML: to sign up, to sign in and out, to choose another password, and to let an application in. They work without JavaScript.
//!
//! | module | what lives there |
//! |---|---|
//! | [`visitor`] | the cookie, who is signed in with it, and the token that every form carries |
//! | [`login`], [`signup`], [`password`], [`consent`] | the pages |
//! | [`return_to`] | where people go from there |

pub mod consent;
pub mod login;
pub mod password;
pub mod return_to;
pub mod signup;
pub mod visitor;

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError, web};
use askama::Template;

use crate::rest::error::ApiError;
use crate::rest::face::Face;
use crate::rest::health::prefers_html;
use crate::rest::resource;
use crate::storage::StorageError;

/// Adds the paths of all pages.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            resource("/login", [Method::GET, Method::POST])
                .route(web::get().to(login::show))
                .route(web::post().to(login::submit)),
        )
        .service(
            resource("/logout", [Method::GET, Method::POST])
                .route(web::get().to(login::show_logout))
                .route(web::post().to(login::logout)),
        )
        .service(
            resource("/signup", [Method::GET, Method::POST])
                .route(web::get().to(signup::show))
                .route(web::post().to(signup::submit)),
        )
        .service(
            resource("/password", [Method::GET, Method::POST])
                .route(web::get().to(password::show))
                .route(web::post().to(password::submit)),
        )
        .service(resource("/oauth/authorize", [Method::GET]).route(web::get().to(consent::show)))
        .service(resource("/consent", [Method::POST]).route(web::post().to(consent::decide)));
}

/// A form may have so many bytes.
const FORM_LIMIT: usize = 64 * 1024;

/// Everything comes from here, nobody may frame it, and forms end here.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
                      frame-ancestors 'none'; form-action 'self'";

/// A page that can't be shown, as a page.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct PageError(#[from] ApiError);

impl From<StorageError> for PageError {
    fn from(error: StorageError) -> Self {
        Self(error.into())
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.0.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        let title = match self.0.status_code() {
            status if status.is_server_error() => "Something went wrong",
            StatusCode::FORBIDDEN => "That did not work",
            StatusCode::TOO_MANY_REQUESTS => "That was too fast",
            _ => "That can't be done",
        };
        let mut page = message(self.0.status_code(), title, &self.0.to_string());
        if let Some(wait) = self.0.error_response().headers().get(header::RETRY_AFTER) {
            page.headers_mut().insert(header::RETRY_AFTER, wait.clone());
        }
        page
    }
}

/// The answer to a request that is refused before anybody looks at it: a page for people, an error for programs.
pub fn refused(request: ServiceRequest, error: ApiError) -> ServiceResponse {
    let accept = request.headers().get(header::ACCEPT);
    let is_for_people = accept.is_some_and(|accept| accept.to_str().is_ok_and(prefers_html));
    let response = if is_for_people && is_page(request.match_info().as_str()) {
        PageError::from(error).error_response()
    } else {
        error.error_response()
    };
    request.into_response(response)
}

/// Whether people look at what a path shows, rather than programs.
fn is_page(path: &str) -> bool {
    path == "/oauth/authorize" || (Face::of(path) == Face::Platform && path != "/ws" && !path.starts_with("/v1/"))
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    title: &'a str,
    text: &'a str,
}

/// A page that only says something.
fn message(status: StatusCode, title: &str, text: &str) -> HttpResponse {
    page(HttpResponse::build(status), POLICY, &Message { title, text })
}

/// A page with the headers that all of them have. `policy` is its Content-Security-Policy.
fn page(mut response: HttpResponseBuilder, policy: &str, template: &impl Template) -> HttpResponse {
    let Ok(html) = template.render() else {
        tracing::error!("a page can't be rendered");
        return HttpResponse::InternalServerError().finish();
    };
    guard(&mut response);
    if let Ok(policy) = HeaderValue::from_str(policy) {
        response.insert_header((header::CONTENT_SECURITY_POLICY, policy));
    }
    response.content_type("text/html; charset=utf-8").body(html)
}

/// The way on to another page. Nothing about this one goes along.
fn redirect(status: StatusCode, location: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    guard(&mut response);
    response.insert_header((header::LOCATION, location));
    response
}

fn guard(response: &mut HttpResponseBuilder) {
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"));
}
