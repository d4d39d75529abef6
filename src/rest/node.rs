//! What one node asks of another: `POST /node/calls/{id}` with the ticket of a node. To anybody else this path is not there.

use actix_web::dev::ServiceRequest;
use actix_web::{HttpResponse, web};

use super::Services;
use super::body::whole;
use super::error::ApiError;
use crate::ids::ConversationId;
use crate::live::elsewhere::{Errand, PATH};

/// The longest errand, in bytes. The longest of them holds a summary.
const BODY_LIMIT: usize = 1024 * 1024;

/// Does what another node asks for.
///
/// # Errors
/// When it makes no sense: nodes of different versions may meet.
pub(super) async fn run(request: &mut ServiceRequest) -> Result<HttpResponse, ApiError> {
    let id = request.path().strip_prefix(PATH).and_then(|id| id.strip_prefix('/'));
    let id = id.and_then(ConversationId::parse);
    let id = id.ok_or(ApiError::NotFound("there is no such path"))?;
    let services = request.app_data::<web::Data<Services>>().cloned();
    let services = services.ok_or(ApiError::Internal)?;
    let body = request
        .extract::<web::Payload>()
        .await
        .map_err(|_| ApiError::Internal)?;
    let body = whole(body, BODY_LIMIT).await?;
    let errand: Errand = serde_json::from_slice(&body)
        .map_err(|error| ApiError::InvalidRequest(format!("The errand does not fit: {error}")))?;
    Ok(HttpResponse::Ok().json(services.live.run(&id, errand).await))
}
