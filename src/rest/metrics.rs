//! `/metrics`, in the text format that Prometheus reads.

use std::time::Duration;

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpResponse, web};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use super::Services;
use super::error::ApiError;

/// What is counted about requests.
#[derive(Clone, Debug)]
pub struct HttpMetrics {
    requests: Family<RequestLabels, Counter>,
    seconds: Histogram,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    /// The pattern of the route, so that ids make no new series.
    path: String,
    status: u16,
}

impl HttpMetrics {
    /// Metrics that are part of the registry.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            seconds: Histogram::new(exponential_buckets(0.001, 2.0, 14)),
        };
        let http = registry.sub_registry_with_prefix("http");
        http.register("requests", "Requests answered", metrics.requests.clone());
        http.register(
            "request_seconds",
            "Time from request to answer",
            metrics.seconds.clone(),
        );
        metrics
    }

    /// Counts a request. Methods and paths that we don't know share one series.
    pub(super) fn observe(&self, method: &Method, path: Option<String>, status: StatusCode, took: Duration) {
        let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
        let method = known.into_iter().find(|known| *known == method.as_str());
        let labels = RequestLabels {
            method: method.unwrap_or("other"),
            path: path.unwrap_or_else(|| "other".to_owned()),
            status: status.as_u16(),
        };
        self.requests.get_or_create(&labels).inc();
        self.seconds.observe(took.as_secs_f64());
    }
}

/// `GET /metrics`
pub async fn metrics(services: web::Data<Services>) -> Result<HttpResponse, ApiError> {
    let mut text = String::new();
    encode(&mut text, &services.registry).map_err(|error| {
        tracing::error!(%error, "the metrics can't be written");
        ApiError::Internal
    })?;
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .body(text))
}
