//! The control plane over HTTP: document 000's paths, `/`, `/health`, `/metrics` and the page.

pub mod account;
pub mod achievements;
pub mod admin;
pub mod api_keys;
pub mod application;
pub mod applications;
pub mod assets;
pub mod audio;
pub mod base64;
pub mod batch;
pub mod body;
pub mod changelog;
pub mod client;
pub mod content;
pub mod conversations;
pub mod cross_origin;
pub mod error;
pub mod face;
pub mod flat;
pub mod guests;
pub mod handover;
pub mod health;
pub mod history;
pub mod idempotency;
pub mod intake;
pub mod leaderboards;
pub mod limits;
pub mod messages;
pub mod metrics;
mod node;
pub mod oauth;
pub mod only_for;
pub mod organisations;
pub mod origin;
pub mod principal;
pub mod progress;
pub mod query;
pub mod request;
pub mod security;
pub mod session;
pub mod sessions;
pub mod socket;
pub mod text;
pub mod tls;
pub mod tutor;
pub mod upload;
pub mod users;
pub mod voice;
pub mod webhooks;
pub mod websocket;
pub mod whip;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{Resource, web};
use colloquy_signaling::whip::IceServer;
use prometheus_client::registry::Registry;

use crate::accounts::Accounts;
use crate::accounts::token::Tokens;
use crate::assessment::turns::Assessments;
use crate::audio::{AudioStore, Voicing};
use crate::calls::Calls;
use crate::config::{HttpConfig, PageConfig, StreamingConfig};
use crate::content::{Content, Exercises, Phonemes};
use crate::conversations::Conversations;
use crate::live::Live;
use crate::oauth::AuthorizationServer;
use crate::openapi;
use crate::pages;
use crate::presence::Presence;
use crate::sessions::Sessions;
use crate::storage::Database;
use crate::voice::Analyst;
use crate::webhooks::Webhooks;
use error::ApiError;
use health::Readiness;
use metrics::HttpMetrics;
use websocket::WebSockets;

/// What requests need.
pub struct Services {
    /// Who someone is.
    pub accounts: Accounts,
    /// Applications that people let in.
    pub oauth: AuthorizationServer,
    /// The keys that sign tokens.
    pub tokens: Tokens,
    /// `PUBLIC_URL`
    pub public_url: Option<String>,
    /// Conversations.
    pub conversations: Conversations,
    /// What was answered of their histories.
    pub histories: history::Kept,
    /// Live calls of this node.
    pub calls: Arc<dyn Calls>,
    /// The same, to join them.
    pub live: Live,
    /// Told to callers who join.
    pub ice_servers: Vec<IceServer>,
    /// Scenarios.
    pub content: Arc<dyn Content>,
    /// Exercises.
    pub exercises: Arc<Exercises>,
    /// The sounds of each language, and how they are made.
    pub phonemes: Arc<Phonemes>,
    /// The voice, for files.
    pub voicing: Voicing,
    /// Files of sound.
    pub audio: AudioStore,
    /// Sessions of document 002.
    pub sessions: Sessions,
    /// What measures how someone speaks.
    pub analyst: Analyst,
    /// What tells learners how they say things.
    pub assessments: Assessments,
    /// WebSockets.
    pub websockets: WebSockets,
    /// How the sound of document 004 comes.
    pub streaming: StreamingConfig,
    /// What the page is told of where it calls.
    pub page: PageConfig,
    /// Asked whether it answers.
    pub database: Database,
    /// What all nodes know together.
    pub presence: Presence,
    /// How HTTP is set up.
    pub http: HttpConfig,
    /// Webhooks.
    pub webhooks: Webhooks,
    /// What this program can do.
    pub readiness: Readiness,
    /// Every metric there is.
    pub registry: Arc<Registry>,
    /// Those of HTTP.
    pub http_metrics: HttpMetrics,
}

/// The largest JSON body, in bytes.
pub const BODY_LIMIT: usize = 256 * 1024;

/// Adds all routes. `app_data` must hold [`Services`].
pub fn routes(config: &mut web::ServiceConfig) {
    config
        // Paths are tried in their order: what is asked most comes first.
        .service(
            resource("/v1/conversations", [Method::GET, Method::POST])
                .route(web::get().to(conversations::list))
                .route(web::post().to(conversations::create)),
        )
        .service(
            resource("/v1/conversations/{id}/messages", [Method::GET, Method::POST])
                .route(web::get().to(history::history))
                .route(web::post().to(messages::say)),
        )
        .configure(account::routes)
        .configure(users::routes)
        .service(
            resource("/", [Method::GET, Method::HEAD])
                .route(web::get().to(health::root))
                .route(web::head().to(health::root)),
        )
        .service(
            resource("/health", [Method::GET, Method::HEAD])
                .route(web::get().to(health::health))
                .route(web::head().to(health::health)),
        )
        .service(resource("/config.json", [Method::GET]).route(web::get().to(health::page_config)))
        .service(resource("/metrics", [Method::GET]).route(web::get().to(metrics::metrics)))
        .configure(assets::routes)
        .configure(guests::routes)
        .configure(admin::routes)
        .configure(api_keys::routes)
        .configure(applications::routes)
        .configure(achievements::routes)
        .configure(progress::routes)
        .configure(leaderboards::routes)
        .configure(batch::routes)
        .configure(changelog::routes)
        .configure(flat::routes)
        .configure(webhooks::routes)
        .configure(oauth::routes)
        .configure(openapi::routes)
        .configure(organisations::routes)
        .configure(session::routes)
        .configure(pages::routes)
        .service(resource("/v1/conversations/{id}/end", [Method::POST]).route(web::post().to(conversations::end)))
        .service(
            resource("/v1/conversations/{id}/whip", [Method::POST, Method::OPTIONS])
                .route(web::post().to(whip::join))
                .route(web::method(Method::OPTIONS).to(whip::options)),
        )
        .service(
            resource(
                "/v1/conversations/{id}/whip/{peer}",
                [Method::PATCH, Method::DELETE, Method::OPTIONS],
            )
            .route(web::method(Method::OPTIONS).to(whip::peer_options))
            .route(web::patch().to(whip::patch))
            .route(web::delete().to(whip::leave)),
        )
        .configure(audio::routes)
        .configure(sessions::routes)
        .configure(voice::routes)
        .configure(tutor::routes)
        .configure(socket::routes)
        .service(resource("/v1/content/topics", [Method::GET]).route(web::get().to(content::topics)))
        .service(resource("/v1/content/languages", [Method::GET]).route(web::get().to(content::languages)))
        .default_service(web::to(|| async {
            Err::<String, _>(ApiError::NotFound("there is no such path"))
        }));
}

/// What a path with a part that can't be read gets: nothing is there.
pub fn paths() -> web::PathConfig {
    web::PathConfig::default().error_handler(|_, _| ApiError::NotFound("there is no such path").into())
}

/// A path that answers other methods than `allowed` with 405.
pub fn resource<const N: usize>(path: &str, allowed: [Method; N]) -> Resource {
    web::resource(path).default_service(web::to(move || {
        let error = ApiError::MethodNotAllowed(allowed.to_vec());
        async move { Err::<String, _>(error) }
    }))
}
