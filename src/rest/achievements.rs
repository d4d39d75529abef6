//! `GET /v1/users/me/achievements`: what someone achieved, and what there is yet to achieve.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::Services;
use super::error::ApiError;
use super::principal::Bearer;
use super::resource;
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;
use crate::learning::achievements::{Achievement, Catalogue, Tallies};
use crate::storage::achievements::Earned;

/// Adds the paths of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(resource("/v1/users/me/achievements", [Method::GET]).route(web::get().to(achievements)));
}

/// `GET /v1/users/me/achievements`
pub async fn achievements(services: web::Data<Services>, Bearer(principal): Bearer) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::ReadProgress)?;
    let user = &principal.user;
    let earned = services.database.earned(&user.id).await?;
    let tallies = services
        .database
        .tallies(&user.id, &user.time_zone, Timestamp::now())
        .await?;
    let catalogue = services.conversations.learning().achievements();
    Ok(HttpResponse::Ok().json(json!({
        "user_id": user.id,
        "total_achievements": earned.len(),
        "total_xp_from_achievements": earned.iter().map(|earned| u64::from(earned.xp_reward)).sum::<u64>(),
        "achievements": earned.iter().map(|earned| shown(catalogue, earned)).collect::<Vec<_>>(),
        "available_achievements": available(catalogue, &earned, &tallies),
    })))
}

/// What someone achieved; what it was worth is what it was worth then.
fn shown(catalogue: &Catalogue, earned: &Earned) -> Value {
    let id = &earned.achievement_id;
    let mut shown = match catalogue.named(id) {
        Some(achievement) => document(achievement),
        // It was taken out of the list since; whoever earned it keeps it.
        None => json!({"id": id, "name": id, "description": "", "icon": "🏅", "category": "milestone"}),
    };
    shown["xp_reward"] = earned.xp_reward.into();
    shown["earned_at"] = json!(earned.earned_at);
    shown
}

fn available(catalogue: &Catalogue, earned: &[Earned], tallies: &Tallies) -> Vec<Value> {
    let is_earned = |achievement: &&Achievement| earned.iter().any(|earned| earned.achievement_id == achievement.id);
    catalogue
        .all()
        .iter()
        .filter(|achievement| !is_earned(achievement))
        .map(|achievement| {
            let mut shown = document(achievement);
            shown["progress"] = json!(achievement.rule.standing(tallies));
            shown
        })
        .collect()
}

fn document(achievement: &Achievement) -> Value {
    json!({
        "id": achievement.id,
        "name": achievement.name,
        "description": achievement.description,
        "icon": achievement.icon,
        "xp_reward": achievement.xp_reward,
        "category": achievement.category,
    })
}
