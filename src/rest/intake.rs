//! Bodies come in within limits of time, whatever reads them.

use std::io;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use futures::stream::{self, StreamExt};
use tokio::time::{Instant, timeout_at};

/// How long nothing may arrive of a body.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// How long a body may take altogether.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// Gives up on bodies that come too slowly.
pub async fn hurry(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let headers = request.headers();
    let has_body = headers.contains_key(header::CONTENT_LENGTH) || headers.contains_key(header::TRANSFER_ENCODING);
    // What comes after an upgrade is no body, and has all the time in the world.
    if has_body && !headers.contains_key(header::UPGRADE) {
        let payload = timed(request.take_payload());
        request.set_payload(payload);
    }
    next.call(request).await
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
    use actix_web::web::Bytes;

    #[tokio::test]
    async fn a_body_that_is_over_stays_over() {
        let mut body = timed(Payload::from(Bytes::from_static(b"x")));
        assert_eq!(body.next().await.unwrap().unwrap(), "x");
        assert!(body.next().await.is_none() && body.next().await.is_none());
    }

    fn slow(pauses: Vec<u64>) -> Payload {
        let chunks = stream::iter(pauses).then(|pause| async move {
            tokio::time::sleep(Duration::from_secs(pause)).await;
            Ok::<_, PayloadError>(Bytes::from_static(b"x"))
        });
        timed(Payload::from(
            Box::pin(chunks) as std::pin::Pin<Box<dyn futures::Stream<Item = _>>>
        ))
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
}
