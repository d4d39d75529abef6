//! Live calls, document 004, and the server itself.

use serde_json::json;
use utoipa::ToSchema;

use super::content::raw;
use super::endpoint::{Endpoint, HTML, TEXT, binary, delete, get, options, page, patch, post};
use super::values;
use crate::accounts::scope::Scope;

const CALLS: &str = "Calls";
const SOCKET: &str = "Document 004: WebSocket";
const SERVER: &str = "Server";

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// An offer or an answer of WebRTC.
#[derive(ToSchema)]
struct Description {
    /// `offer` or `answer`.
    r#type: String,
    sdp: String,
}

/// Whether the server is well.
#[derive(ToSchema)]
struct Health {
    /// `healthy` or `unhealthy`.
    status: String,
    services: HealthServices,
    active_connections: u64,
}

/// What it can do.
#[derive(ToSchema)]
struct HealthServices {
    ai_service: bool,
    audio_processor: bool,
    /// Whether it can speak.
    audio_pipeline: bool,
}

/// That the server is there.
#[derive(ToSchema)]
struct Greeting {
    message: String,
    status: String,
}

/// Where pages of others call.
#[derive(ToSchema)]
struct PageSettings {
    api_url: String,
    ws_url: String,
    sample_rate: u32,
    debug: bool,
}

/// This document.
#[derive(ToSchema)]
struct Description31 {
    openapi: String,
    info: serde_json::Map<String, serde_json::Value>,
    paths: serde_json::Map<String, serde_json::Value>,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    [calls(), server()].into_iter().flatten().collect()
}

fn calls() -> Vec<Endpoint> {
    let id = || values::id("conv_789012");
    let peer = || values::peer();
    let scopes = [Scope::ManageConversations];
    let (offer, answer) = (session("actpass"), session("passive"));
    let (offer, answer) = (offer.as_str(), answer.as_str());
    let endpoints = vec![
        post(
            "/v1/conversations/{id}/whip",
            "joinCall",
            "Join the call of a conversation by WHIP (RFC 9725)",
        )
        .scoped(&scopes)
        .part("id", id(), "The conversation.")
        .takes_of(SDP, raw(offer))
        .takes::<Description>(json!({ "type": "offer", "sdp": offer }))
        .answers_of(201, "The answer.", SDP, raw(answer))
        .answers::<Description>(201, "The answer.", json!({ "type": "answer", "sdp": answer }))
        .tells(201, "Location", "The peer, to trickle to and to leave by.")
        .tells(201, "ETag", "The ICE session.")
        .refuses(&[404, 410, 415, 421, 422]),
        options("/v1/conversations/{id}/whip", "describeCall", "What is taken there")
            .part("id", id(), "The conversation.")
            .answers_with(204, "Offers are.", &[("Accept-Post", "The media type of an offer.")])
            .answers_nothing(200, "A preflight of CORS is answered.")
            .refuses(&[400, 404]),
        patch(
            "/v1/conversations/{id}/whip/{peer}",
            "trickle",
            "Trickle candidates, or restart ICE",
        )
        .scoped(&scopes)
        .part("id", id(), "The conversation.")
        .part("peer", peer(), "The peer.")
        .header(
            "If-Match",
            values::visible(1, 200),
            "The ICE session, or `*` to restart.",
        )
        .takes_of(
            FRAGMENT,
            raw("a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"),
        )
        .answers_of(200, "ICE was restarted.", FRAGMENT, raw("a=ice-ufrag:abcd\r\n"))
        .answers_nothing(204, "The candidates are taken.")
        .refuses(&[404, 412, 415, 421, 428]),
        delete("/v1/conversations/{id}/whip/{peer}", "leaveCall", "Leave the call")
            .scoped(&scopes)
            .part("id", id(), "The conversation.")
            .part("peer", peer(), "The peer.")
            .answers_nothing(200, "They have left.")
            .refuses(&[404, 421]),
        options(
            "/v1/conversations/{id}/whip/{peer}",
            "describePeer",
            "What is taken there",
        )
        .part("id", id(), "The conversation.")
        .part("peer", peer(), "The peer.")
        .answers_with(
            204,
            "Fragments are.",
            &[("Accept-Patch", "The media type of a fragment.")],
        )
        .answers_nothing(200, "A preflight of CORS is answered.")
        .refuses(&[400, 404]),
    ];
    endpoints.into_iter().map(|endpoint| endpoint.tag(CALLS)).collect()
}

/// A description of a session with one voice each way.
fn session(setup: &str) -> String {
    let fingerprint = "D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F";
    let lines = [
        "v=0",
        "o=- 5228595038118931041 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "c=IN IP4 0.0.0.0",
        "a=mid:0",
        "a=ice-ufrag:EsAw",
        "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
        &format!("a=fingerprint:sha-256 {fingerprint}"),
        &format!("a=setup:{setup}"),
        "a=sendrecv",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 minptime=10;useinbandfec=1",
    ];
    lines.iter().map(|line| format!("{line}\r\n")).collect()
}

fn server() -> Vec<Endpoint> {
    let root = get("/", "getRoot", "Root Endpoint")
        .tag(SOCKET)
        .answers::<Greeting>(
            200,
            "The server is there; for browsers it is the page.",
            json!({
                "message": "Conversational AI Backend is running",
                "status": "healthy"
            }),
        )
        .answers_of(200, "", HTML, page())
        .answers_nothing(304, "The page is what the browser has.");
    let health = get("/health", "getHealth", "Health Check")
        .tag(SOCKET)
        .answers::<Health>(
            200,
            "It is well.",
            json!({
                "status": "healthy",
                "services": { "ai_service": true, "audio_processor": true, "audio_pipeline": true },
                "active_connections": 2
            }),
        )
        .answers::<Health>(
            503,
            "It can't serve.",
            json!({
                "status": "unhealthy",
                "services": { "ai_service": true, "audio_processor": true, "audio_pipeline": true },
                "active_connections": 0
            }),
        );
    let changelog = get("/changelog", "getChangelog", "What has changed")
        .tag(SERVER)
        .answers_of(200, "As Markdown, or as a page for browsers.", "text/markdown", page())
        .answers_of(200, "", HTML, page());
    let asset = get("/assets/{name}", "getAsset", "A file of the page")
        .tag(SERVER)
        .part("name", values::asset(), "Which.")
        .answers_of(200, "The file.", "*/*", binary())
        .answers_nothing(304, "It is what the browser has.")
        .refuses(&[404]);
    let viewer = get("/docs", "getDocs", "This document, to read and to try")
        .tag(SERVER)
        .answers_of(200, "The page.", HTML, page());
    let viewer_file = get("/docs/{name}", "getDocsFile", "A file of that page")
        .tag(SERVER)
        .part("name", values::asset(), "Which.")
        .answers_of(200, "The file.", "*/*", binary())
        .answers_nothing(304, "It is what the browser has.")
        .refuses(&[404]);
    vec![
        root.without_body("headRoot").tag(SOCKET),
        root,
        health.without_body("headHealth").tag(SOCKET),
        health,
        get("/ws", "socket", "WebSocket of a conversation by sound alone")
            .about(
                "Takes `start_conversation`, `audio_chunk` and `end_conversation`; answers with `connection_established`, \
                 `conversation_started`, `transcript`, `ai_response`, `conversation_ended` and `error`.",
            )
            .tag(SOCKET)
            .query("language", values::language_or_blank(), "English unless said otherwise.")
            .query("scenario", values::text(200), "Open talk unless said otherwise.")
            .answers_nothing(101, "The WebSocket is open.")
            .refuses(&[400]),
        changelog.without_body("headChangelog").tag(SERVER),
        changelog,
        asset.without_body("headAsset").tag(SERVER),
        asset,
        get("/config.json", "getPageSettings", "Where pages call")
            .tag(SERVER)
            .answers::<PageSettings>(200, "The settings.", json!({
                "api_url": "http://localhost:8000",
                "ws_url": "ws://localhost:8000/ws",
                "sample_rate": 16000,
                "debug": true
            })),
        get("/metrics", "getMetrics", "Metrics for Prometheus")
            .tag(SERVER)
            .answers_of(200, "The metrics.", "application/openmetrics-text", page())
            .answers_of(200, "", TEXT, page()),
        get("/openapi.json", "getDescription", "This document")
            .tag(SERVER)
            .answers::<Description31>(200, "This document.", json!({ "openapi": "3.1.0", "info": {}, "paths": {} })),
        viewer.without_body("headDocs").tag(SERVER),
        viewer,
        viewer_file.without_body("headDocsFile").tag(SERVER),
        viewer_file,
    ]
}
