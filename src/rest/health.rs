//! `/health` and `/`, as document 004 shows them; `/` is the page for whoever prefers HTML.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::{Services, assets};

/// What this program can do, found at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// Whether it can speak.
    pub can_speak: bool,
}

/// `GET /health`: 503 when requests can't be served.
pub async fn health(services: web::Data<Services>) -> HttpResponse {
    let is_ready = match services.database.ping().await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%error, "not healthy");
            false
        }
    };
    let mut response = if is_ready {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    response.insert_header((header::CACHE_CONTROL, "no-store")).json(json!({
        "status": if is_ready { "healthy" } else { "unhealthy" },
        "services": {
            "ai_service": true,
            "audio_processor": true,
            "audio_pipeline": services.readiness.can_speak,
        },
        "active_connections": services.calls.active() + services.websockets.open(),
    }))
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
