//! `GET /v1/leaderboards`: who gained most XP, of all or of an organisation.

use std::collections::HashMap;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Services;
use super::error::ApiError;
use super::principal::Bearer;
use super::query::{Query, language, limit};
use super::resource;
use crate::accounts::Principal;
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;
use crate::ids::{OrganisationId, UserId};
use crate::learning::calendar::{Window, utc_date};
use crate::learning::leaderboards::Kind;
use crate::learning::streak::Streak;
use crate::learning::xp::level;
use crate::presence::boards::{Place, Ranking, Standings};
use crate::storage::contest::Entrant;

/// Which board is asked for.
#[derive(Debug, Deserialize)]
pub struct BoardQuery {
    r#type: Option<String>,
    language: Option<String>,
    limit: Option<i64>,
    team_id: Option<String>,
    period: Option<String>,
}

/// Whose board it is.
enum Among {
    Everyone,
    Team(OrganisationId),
}

const NO_TEAM: ApiError = ApiError::NotFound("there is no such team");

/// Adds the paths of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(resource("/v1/leaderboards", [Method::GET]).route(web::get().to(leaderboard)));
}

/// `GET /v1/leaderboards`
pub async fn leaderboard(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    Query(query): Query<BoardQuery>,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::ReadProgress)?;
    let limit = limit(query.limit, 50, 100)?;
    let (shown, name) = language(query.language)?.unzip();
    let span = span(query.period.as_deref())?;
    let named = query
        .team_id
        .as_deref()
        .map(|id| OrganisationId::parse(id).ok_or(NO_TEAM));
    let named = named.transpose()?;
    let (among, kind) = match query.r#type.as_deref() {
        Some("team") => (Among::Team(team(&services, &principal, named).await?), span),
        asked => {
            let kind = Kind::parse(asked.unwrap_or("weekly")).ok_or_else(|| ApiError::InvalidField {
                field: "type",
                reason: "must be weekly, monthly, all_time or team".to_owned(),
            })?;
            (Among::Everyone, kind)
        }
    };
    let now = Timestamp::now();
    let viewer = &principal.user.id;
    let boards = &services.conversations.learning().leaderboards;
    let mut attempts = 0;
    let (standings, entrants) = loop {
        let standings = match &among {
            Among::Everyone => boards.standings(kind, name, viewer, limit as usize, now).await?,
            Among::Team(team) => {
                let members = services.database.gains_of_members(team, name, kind.window(now)).await?;
                Ranking::of_all(members).standings(viewer, limit as usize)
            }
        };
        let shown = standings.leaders.iter().map(|place| &place.user).chain([viewer]);
        let ids: Vec<&UserId> = shown.collect();
        let entrants = services.database.entrants(&ids, name, kind.window(now)).await?;
        let entrants: HashMap<UserId, Entrant> = entrants
            .into_iter()
            .map(|entrant| (entrant.id.clone(), entrant))
            .collect();
        let gone: Vec<&&UserId> = ids.iter().filter(|id| !entrants.contains_key(**id)).collect();
        attempts += 1;
        if gone.is_empty() || attempts > 1 {
            break (standings, entrants);
        }
        // They left where no board was told: at another node, or on the command line.
        for gone in gone {
            boards.forget(gone).await;
        }
    };
    let leaders = standings.leaders.iter().filter_map(|place| {
        let entrant = entrants.get(&place.user)?;
        Some(leader(place, entrant, &among, now))
    });
    let leaders: Vec<Value> = leaders.collect();
    let window = match kind.window(now) {
        Some(window) => window,
        None => Window {
            first: utc_date(services.database.first_gain().await?.unwrap_or(now)),
            last: utc_date(now),
        },
    };
    let mut board = json!({
        "leaderboard_type": match among { Among::Everyone => kind.as_str(), Among::Team(_) => "team" },
        "language": shown.as_deref().unwrap_or("all"),
        "period": format!("{} to {}", window.first, window.last),
        "user_rank": standings.own.as_ref().map(|own| own.rank),
        "total_participants": standings.total,
        "leaders": leaders,
        "user_stats": user_stats(&standings, entrants.get(viewer), now),
    });
    if let Among::Team(team) = among {
        board["team_id"] = json!(team);
    }
    Ok(HttpResponse::Ok().json(board))
}

/// The organisation that is meant, if whoever asks belongs to it.
async fn team(
    services: &Services,
    principal: &Principal,
    named: Option<OrganisationId>,
) -> Result<OrganisationId, ApiError> {
    let team = match named {
        Some(named) => named,
        None => services
            .accounts
            .team(principal)
            .await?
            .ok_or_else(|| ApiError::InvalidField {
                field: "team_id",
                reason: "is required".to_owned(),
            })?,
    };
    let is_theirs = principal.organisation.as_ref() == Some(&team)
        || services
            .database
            .member_role(&team, &principal.user.id)
            .await?
            .is_some();
    is_theirs.then_some(team).ok_or(NO_TEAM)
}

/// The time that a team's board is about.
fn span(period: Option<&str>) -> Result<Kind, ApiError> {
    match period {
        None | Some("month" | "monthly") => Ok(Kind::Monthly),
        Some("week" | "weekly") => Ok(Kind::Weekly),
        Some("all" | "all_time") => Ok(Kind::AllTime),
        Some(_) => Err(ApiError::InvalidField {
            field: "period",
            reason: "must be week, month or all".to_owned(),
        }),
    }
}

fn leader(place: &Place, entrant: &Entrant, among: &Among, now: Timestamp) -> Value {
    let mut shown = json!({
        "rank": place.rank,
        "user": {
            "id": entrant.id,
            "name": abbreviated(&entrant.name),
            "avatar_url": entrant.avatar_url,
            "level": level(entrant.xp_total),
        },
        "xp": place.xp,
        "conversations": entrant.conversations,
        "streak": streak(entrant, now),
    });
    if let Among::Team(_) = among {
        shown["avg_performance_score"] = json!(entrant.performance.score());
        shown["business_scenarios_completed"] = json!(entrant.business);
    }
    shown
}

fn user_stats(standings: &Standings, entrant: Option<&Entrant>, now: Timestamp) -> Value {
    json!({
        "rank": standings.own.as_ref().map(|own| own.rank),
        "xp": standings.own.as_ref().map_or(0, |own| own.xp),
        "conversations": entrant.map_or(0, |entrant| entrant.conversations),
        "streak": entrant.map_or(0, |entrant| streak(entrant, now)),
        "xp_to_next_rank": standings.xp_to_next_rank(),
    })
}

fn streak(entrant: &Entrant, now: Timestamp) -> u32 {
    Streak::at(entrant.last_day.as_ref(), now, &entrant.time_zone).days
}

/// A name that doesn't tell strangers who someone is: "Alex Morgan" is "Alex M."
fn abbreviated(name: &str) -> String {
    // An address is never shown.
    let name = name.split('@').next().unwrap_or_default();
    let mut words = name.split_whitespace();
    let first = words.next().unwrap_or("Learner");
    match words.next_back().and_then(|last| last.chars().next()) {
        Some(initial) => format!("{first} {}.", initial.to_uppercase()),
        None => first.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_abbreviated() {
        for (name, shown) in [
            ("Alex Morgan", "Alex M."),
            ("alex de la cruz", "alex C."),
            ("Alex", "Alex"),
            (" ", "Learner"),
            ("alex.morgan@example.com", "alex.morgan"),
            ("Éva  Ízé", "Éva Í."),
            ("李 明", "李 明."),
        ] {
            assert_eq!(abbreviated(name), shown);
        }
    }

    proptest! {
        #[test]
        fn only_the_first_word_is_shown_whole(name: String) {
            let shown = abbreviated(&name);
            prop_assert!(!shown.is_empty());
            prop_assert!(!shown.contains('@'));
            prop_assert!(shown.split_whitespace().count() <= 2);
        }
    }
}
