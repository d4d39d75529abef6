//! Traces, as a collector of OpenTelemetry gets them.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use colloquy_loadtest::call::Call;
use serde_json::json;

use crate::caller::{message, reply};
use crate::program::{Program, scripted};

/// A batch of spans.
struct Batch {
    path: String,
    key: String,
    content_type: String,
    body: Vec<u8>,
}

impl Batch {
    fn holds(&self, name: &str) -> bool {
        self.body.windows(name.len()).any(|window| window == name.as_bytes())
    }
}

#[actix_rt::test]
async fn a_collector_gets_requests_calls_and_turns_and_the_last_of_them_at_the_end() {
    let batches = Arc::new(Mutex::new(Vec::new()));
    let got = Arc::clone(&batches);
    let collector = HttpServer::new(move || {
        let got = Arc::clone(&got);
        App::new().default_service(web::to(move |request: HttpRequest, body: web::Bytes| {
            let header = |name| {
                request
                    .headers()
                    .get(name)
                    .map(|value| value.to_str().unwrap().to_owned())
            };
            got.lock().unwrap().push(Batch {
                path: request.path().to_owned(),
                key: header("x-key").unwrap_or_default(),
                content_type: header("content-type").unwrap_or_default(),
                body: body.to_vec(),
            });
            async { HttpResponse::Ok() }
        }))
    })
    .workers(1)
    .disable_signals()
    .bind("127.0.0.1:0")
    .unwrap();
    let endpoint = format!("http://{}/", collector.addrs()[0]);
    let collector = collector.run();
    let handle = collector.handle();
    actix_rt::spawn(collector);

    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(
        scripted(&dir)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
            .env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=let-me-in")
            .env("OTEL_SERVICE_NAME", "tutors-of-paris"),
    );
    let api = program.guest().await;
    let conversation = api.create_conversation("restaurant", "french").await.unwrap();
    let mut call = Call::join(&api, &conversation).await.unwrap();
    message(&mut call, "ai_response").await;
    call.send_message(&json!({"type": "text", "content": "Une table pour deux, s'il vous plaît"}))
        .await
        .unwrap();
    reply(&mut call).await;
    message(&mut call, "latency").await;
    call.leave().await.unwrap();
    api.end(&conversation).await.unwrap();
    program.terminate();
    let (_, log) = actix_web::rt::task::spawn_blocking(|| program.wait()).await.unwrap();
    assert!(!log.iter().any(|line| line.contains("let-me-in")), "{log:?}");

    let batches = batches.lock().unwrap();
    assert!(!batches.is_empty());
    for batch in batches.iter() {
        assert_eq!((batch.path.as_str(), batch.key.as_str()), ("/v1/traces", "let-me-in"));
        assert_eq!(batch.content_type, "application/x-protobuf");
    }
    for name in [
        "tutors-of-paris",
        "/v1/conversations",
        "conversation_id",
        "end_of_turn",
        "turn.reply",
        "llm",
        "tts",
    ] {
        assert!(batches.iter().any(|batch| batch.holds(name)), "no {name}");
    }
    // What was said is nobody's business but theirs.
    assert!(!batches.iter().any(|batch| batch.holds("table pour deux")));
    handle.stop(true).await;
}
