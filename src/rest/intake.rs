//! Bodies come in within limits of time, whatever reads them.

use std::io;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use futures::stream::{self, StreamExt};
use tokio::time::{Instant, timeout_at};

/// How long nothing may arrive of a body.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// How long a body may take altogether.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// Whether a request has a body. What comes over a WebSocket is none, and has all the time in the world. A body of HTTP/2 needs
/// no header that tells of it.
pub fn has_body(request: &mut ServiceRequest) -> bool {
    let payload = request.take_payload();
    let is_body = !matches!(payload, Payload::None) && !is_socket(request);
    request.set_payload(payload);
    is_body
}

/// Gives up on bodies that come too slowly.
pub async fn hurry(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let payload = request.take_payload();
    request.set_payload(timed(payload));
    next.call(request).await
}

/// Whether a request opens a WebSocket. That it says so is not enough: anyone could.
fn is_socket(request: &ServiceRequest) -> bool {
    let path = request.match_info().as_str();
    request.method() == Method::GET && (path == "/ws" || path.starts_with("/livekit/ws/chat/"))
}

fn timed(payload: Payload) -> Payload {
    let deadline = Instant::now() + LONGEST;
    let chunks = stream::unfold(Some(payload), move |payload| async move {
        let mut payload = payload?;
        let until = deadline.min(Instant::now() + LONGEST_PAUSE);
        match timeout_at(until, payload.next()).await {
            Ok(Some(Ok(chunk))) => Some((Ok(chunk), Some(payload))),
            Ok(Some(Err(error))) => Some((Err(error), None)),
            Ok(None) => None,
            Err(_) => Some((Err(PayloadError::Io(io::ErrorKind::TimedOut.into())), None)),
        }
    });
    // The reader of forms asks once more after the end.
    Payload::from(Box::pin(chunks.fuse()) as std::pin::Pin<Box<dyn futures::Stream<Item = _>>>)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rest::only_for::only_for;
    use actix_web::dev::Service;
    use actix_web::http::header;
    use actix_web::middleware::from_fn;
    use actix_web::test::TestRequest;
    use actix_web::web::{self, Bytes};
    use actix_web::{App, HttpResponse};

    #[tokio::test]
    async fn a_body_that_is_over_stays_over() {
        let mut body = timed(Payload::from(Bytes::from_static(b"x")));
        assert_eq!(body.next().await.unwrap().unwrap(), "x");
        assert!(body.next().await.is_none() && body.next().await.is_none());
    }

    fn unhurried(pauses: Vec<u64>) -> Payload {
        let chunks = stream::iter(pauses).then(|pause| async move {
            tokio::time::sleep(Duration::from_secs(pause)).await;
            Ok::<_, PayloadError>(Bytes::from_static(b"x"))
        });
        Payload::from(Box::pin(chunks) as std::pin::Pin<Box<dyn futures::Stream<Item = _>>>)
    }

    fn slow(pauses: Vec<u64>) -> Payload {
        timed(unhurried(pauses))
    }

    async fn read(payload: Payload) -> (usize, bool) {
        let chunks: Vec<Result<Bytes, PayloadError>> = payload.collect().await;
        let is_whole = chunks.iter().all(Result::is_ok);
        (chunks.iter().filter(|chunk| chunk.is_ok()).count(), is_whole)
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_pause_but_not_for_long() {
        assert_eq!(read(slow(vec![1, 14, 14])).await, (3, true));
        assert_eq!(read(slow(vec![1, 16, 1])).await, (1, false));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_has_ended_stays_ended() {
        let mut body = slow(vec![1]);
        assert!(body.next().await.is_some());
        for _ in 0..2 {
            assert!(body.next().await.is_none());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_is_given_up_after_a_while() {
        let (chunks, is_whole) = read(slow(vec![11; 60])).await;
        assert!(!is_whole);
        assert_eq!(chunks, 27);
    }

    /// The status of a request whose body pauses for 16 s.
    async fn status(method: Method, path: &str, upgrade: bool) -> u16 {
        let read = |mut body: web::Payload| async move {
            while let Some(chunk) = body.next().await {
                if chunk.is_err() {
                    return HttpResponse::RequestTimeout().finish();
                }
            }
            HttpResponse::Ok().finish()
        };
        let app = App::new()
            .wrap(only_for(has_body, from_fn(hurry)))
            .wrap_fn(|mut request, service| {
                // Without a header that tells of it, as HTTP/2 has it.
                request.set_payload(unhurried(vec![1, 16]));
                service.call(request)
            })
            .default_service(web::to(read));
        let app = actix_web::test::init_service(app).await;
        let mut request = TestRequest::default().method(method).uri(path);
        if upgrade {
            request = request.insert_header((header::UPGRADE, "x"));
        }
        actix_web::test::call_service(&app, request.to_request())
            .await
            .status()
            .as_u16()
    }

    #[actix_web::test]
    async fn nobody_gets_more_time_by_a_header_or_for_want_of_one() {
        tokio::time::pause();
        assert_eq!(status(Method::POST, "/v1/conversations", false).await, 408);
        assert_eq!(status(Method::POST, "/v1/conversations", true).await, 408);
        assert_eq!(status(Method::POST, "/ws", true).await, 408);
        assert_eq!(status(Method::GET, "/ws", true).await, 200);
        assert_eq!(status(Method::GET, "/livekit/ws/chat/conv_1", true).await, 200);
    }
}
