//! The OpenAPI 3.1 document of all surfaces, at `/openapi.json`, and the page that shows it, at `/docs`.
//!
//! Each module describes some paths: one `Endpoint` a method, with the shapes of everything that goes in and comes
//! out. The examples are those of the five documents. Tests hold the list of paths against the routes of the server, every
//! answer that any test of the whole program reads against the shapes (`tests/description.rs`), and what thousands of made-up
//! requests get against them (schemathesis).

// The shapes are described, never made: that they are those of the answers is for the tests to tell.
#![allow(dead_code)]

mod access;
mod administration;
mod content;
mod conversations;
mod endpoint;
mod errors;
mod flat;
mod messages;
mod oauth;
mod progress;
mod service;
mod tutor;
mod users;
mod values;
pub mod viewer;
mod webhooks;

use std::sync::LazyLock;

use actix_web::http::{Method, header};
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};
use utoipa::openapi::security::{AuthorizationCode, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Scopes, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem, PathsBuilder,
    Server,
};

use self::endpoint::{BEARER, Endpoint, OAUTH};
use self::errors::LIMIT_HEADERS;
use crate::accounts::scope::Scope;
use crate::rest::resource;

/// Adds the paths of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/openapi.json", [Method::GET]).route(web::get().to(serve)))
        .configure(viewer::routes);
}

/// `GET /openapi.json`
async fn serve() -> HttpResponse {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(TEXT.as_str())
}

/// The document, as JSON.
pub fn document() -> Value {
    let mut document = serde_json::to_value(describe()).expect("a description has texts for keys");
    // Every answer has these headers; utoipa has no word for it.
    for (name, _) in LIMIT_HEADERS {
        document["components"]["headers"][name]["required"] = json!(true);
    }
    document
}

fn describe() -> OpenApi {
    let endpoints = [
        users::endpoints(),
        conversations::endpoints(),
        messages::endpoints(),
        service::endpoints(),
        content::endpoints(),
        progress::endpoints(),
        access::endpoints(),
        administration::endpoints(),
        webhooks::endpoints(),
        oauth::endpoints(),
        tutor::endpoints(),
        flat::endpoints(),
    ];
    let mut components = errors::describe(ComponentsBuilder::new());
    let mut paths = PathsBuilder::new();
    for endpoint in endpoints.into_iter().flatten() {
        let Endpoint {
            method, path, schemas, ..
        } = &endpoint;
        let (method, path) = (method.clone(), *path);
        components = components.schemas_from_iter(schemas.clone());
        paths = paths.path(path, PathItem::new(method, endpoint.build()));
    }
    let mut events = PathsBuilder::new();
    for (name, sent) in webhooks::events_sent() {
        let (item, schemas) = webhooks::received(sent);
        components = components.schemas_from_iter(schemas);
        events = events.path(name, item);
    }
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Colloquy")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(ABOUT))
                .license(Some(
                    LicenseBuilder::new()
                        .name("Apache-2.0")
                        .identifier(Some("Apache-2.0"))
                        .build(),
                ))
                .contact(Some(ContactBuilder::new().name(Some("The Colloquy authors")).build())),
        )
        .servers(Some([Server::new("/")]))
        .paths(paths)
        .webhooks(Some(events))
        .components(Some(security(components).build()))
        .build()
}

fn security(components: ComponentsBuilder) -> ComponentsBuilder {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "An access token of OAuth 2.0, an API key, or the token of a guest.",
        ))
        .build();
    let scopes = Scope::ALL.map(|scope| (scope.as_str(), about(scope)));
    let flow = AuthorizationCode::with_refresh_url(
        "/oauth/authorize",
        "/oauth/token",
        Scopes::from_iter(scopes),
        "/oauth/token",
    );
    components
        .security_scheme(BEARER, SecurityScheme::Http(bearer))
        .security_scheme(
            OAUTH,
            SecurityScheme::OAuth2(OAuth2::new([Flow::AuthorizationCode(flow)])),
        )
}

fn about(scope: Scope) -> &'static str {
    match scope {
        Scope::ReadProfile => "The profile and its preferences.",
        Scope::ManageConversations => "Conversations, their calls and messages, and the voice.",
        Scope::ReadProgress => "Progress, achievements, leaderboards.",
        Scope::Admin => "Other people's accounts, and the server.",
    }
}

const ABOUT: &str = "Spoken conversations with an AI tutor, over WebRTC, WebSockets and REST.\n\n\
    One server answers five documents at once: the platform (`/v1`, `/oauth`), the tutor (`/livekit`), voice sessions \
    (`/api/session`), conversations in envelopes (`/api/conversation...`), and the WebSocket (`/ws`). Each has its own shape of \
    errors; whoever names `application/problem+json` in `Accept` gets problem details (RFC 9457) everywhere.\n\n\
    Every answer tells in `X-RateLimit-*` where its receiver stands, and has an `X-Request-Id`.";
