//! Document 004: a conversation by sound alone at `/ws`, without an account.

mod ear;
mod stream;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use colloquy_agents::language::Language;
use colloquy_signaling::stream::MAX_MESSAGE;
use serde::Deserialize;
use tracing::Instrument;

use self::stream::Stream;
use super::client::Client;
use super::error::ApiError;
use super::limits::{self, Meter};
use super::query::Query;
use super::text::within;
use super::{Services, resource};

/// What the URL may carry.
#[derive(Deserialize)]
struct StreamQuery {
    language: Option<String>,
    scenario: Option<String>,
}

/// Characters that a language or a scenario may have.
const NAME_LIMIT: usize = 200;

/// Adds the route.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(resource("/ws", [Method::GET]).route(web::get().to(connect)));
}

/// `GET /ws?language=&scenario=`
async fn connect(
    services: web::Data<Services>,
    Query(query): Query<StreamQuery>,
    client: Client,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let StreamQuery { language, scenario } = query;
    let language = match within("language", language, NAME_LIMIT)? {
        Some(name) => Language::parse(&name).ok_or(ApiError::InvalidLanguage(name))?,
        None => Language::English,
    };
    let scenario = within("scenario", scenario, NAME_LIMIT)?;
    let counted = limits::socket(&services, &client).await?;
    let (response, socket) = services
        .websockets
        .accept(&request, body, MAX_MESSAGE, services.live.closing())?;
    let connection = services.websockets.number();
    let span = tracing::error_span!(parent: None, "websocket", connection);
    let stream = Stream::new(services, connection, language, scenario, Meter::of_address(&client));
    let held = async move {
        stream.hold(socket).await;
        drop(counted);
    };
    actix_rt::spawn(held.instrument(span));
    Ok(response)
}
