//! `/health` and `/`, as document 004 shows them; `/` is the page for whoever prefers HTML.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use colloquy_agents::chain::LinkStatus;
use serde_json::{Value, json};

use super::{Services, assets};
use crate::live::engines::Chains;

/// What this program can do.
#[derive(Clone)]
pub struct Readiness {
    /// Whether it can speak, found at start.
    pub can_speak: bool,
    /// The engines, which are asked each time.
    pub chains: Chains,
}

/// `GET /health`: 503 when requests can't be served.
///
/// A service is there as long as one of its engines did its work when it was last asked: when a provider is away, the embedded
/// engine goes on in its stead. Without any, the program still serves what is no conversation, so that alone is no 503.
pub async fn health(services: web::Data<Services>) -> HttpResponse {
    let is_ready = match services.database.ping().await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%error, "not healthy");
            false
        }
    };
    let readiness = &services.readiness;
    let mut response = if is_ready {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    response.insert_header((header::CACHE_CONTROL, "no-store")).json(json!({
        "status": if is_ready { "healthy" } else { "unhealthy" },
        "services": able(readiness.can_speak, &readiness.chains.status()),
        "active_connections": services.calls.active() + services.websockets.open(),
    }))
}

/// The services by the names of document 004. `chains`: the engines that listen, think and speak.
fn able(can_speak: bool, chains: &[Vec<LinkStatus>; 3]) -> Value {
    let [hears, thinks, speaks] = chains.each_ref().map(|chain| chain.iter().any(|engine| engine.is_up));
    json!({
        "ai_service": thinks,
        "audio_processor": hears,
        "audio_pipeline": can_speak && speaks,
    })
}

/// `GET /config.json`: where pages call.
pub async fn page_config(services: web::Data<Services>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .json(&services.page)
}

/// `GET /`
pub async fn root(request: HttpRequest) -> HttpResponse {
    let accept = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(prefers_html)
        && let Some(page) = assets::page(&request)
    {
        return page;
    }
    HttpResponse::Ok().insert_header((header::VARY, "Accept")).json(json!({
        "message": "Conversational AI Backend is running",
        "status": "healthy",
    }))
}

/// Whether an Accept header likes HTML better than JSON (RFC 9110, section 12.5.1).
pub fn prefers_html(accept: &str) -> bool {
    quality(accept, "text", "html") > quality(accept, "application", "json")
}

/// How much a media type is liked, 0 to 1: the most specific range that covers it counts.
fn quality(accept: &str, main: &str, sub: &str) -> f32 {
    let ranges = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let (range_main, range_sub) = parts.next()?.split_once('/')?;
        let specificity = match (range_main, range_sub) {
            (m, s) if m.eq_ignore_ascii_case(main) && s.eq_ignore_ascii_case(sub) => 2,
            (m, "*") if m.eq_ignore_ascii_case(main) => 1,
            ("*", "*") => 0,
            _ => return None,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let weight = weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
        // "nan" and "inf" parse, too.
        let weight = if (0.0..=1.0).contains(&weight) { weight } else { 0.0 };
        Some((specificity, weight))
    });
    ranges
        .max_by_key(|(specificity, _)| *specificity)
        .map_or(0.0, |(_, weight)| weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_there_while_one_of_its_engines_works() {
        let chain = |up: [bool; 2]| -> Vec<LinkStatus> {
            let engine = |(name, is_up)| LinkStatus { name, is_up };
            ["elevenlabs", "embedded"].into_iter().zip(up).map(engine).collect()
        };
        let (well, away, gone) = (chain([true, true]), chain([false, true]), chain([false, false]));
        for (can_speak, chains, [thinks, hears, speaks]) in [
            (true, [well.clone(), well.clone(), well.clone()], [true, true, true]),
            (true, [away.clone(), away.clone(), away.clone()], [true, true, true]),
            (false, [well.clone(), well.clone(), well.clone()], [true, true, false]),
            (true, [gone.clone(), well.clone(), well.clone()], [true, false, true]),
            (true, [well.clone(), gone.clone(), well.clone()], [false, true, true]),
            (true, [well.clone(), well, gone], [true, true, false]),
        ] {
            assert_eq!(
                able(can_speak, &chains),
                json!({"ai_service": thinks, "audio_processor": hears, "audio_pipeline": speaks}),
                "{chains:?}"
            );
        }
    }

    #[test]
    fn browsers_get_the_page_and_programs_get_json() {
        for accept in [
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "text/html",
            "TEXT/HTML",
            "application/json;q=0.5, text/*",
        ] {
            assert!(prefers_html(accept), "{accept}");
        }
        for accept in [
            "",
            "*/*",
            "application/json",
            "text/html;q=0.5, application/json",
            "text/html;q=0, */*",
            "application/json, text/html",
            "nonsense",
            "text/html;q=x",
        ] {
            assert!(!prefers_html(accept), "{accept}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_header_gives_a_quality_from_0_to_1(accept: String) {
            proptest::prop_assert!((0.0..=1.0).contains(&quality(&accept, "text", "html")));
        }

        #[test]
        fn weights_are_read_whatever_they_are(weight: f32) {
            let accept = format!("text/html;q={weight}");
            proptest::prop_assert!((0.0..=1.0).contains(&quality(&accept, "text", "html")));
        }
    }
}
