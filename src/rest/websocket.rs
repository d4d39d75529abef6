//! What WebSockets have in common (RFC 6455): they are counted, kept alive, limited in size, and closed when they are dead, idle,
//! or the program stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Closed, ProtocolError, Session};
use bytes::Bytes;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, timeout};

use super::error::ApiError;

/// How often the other end is asked whether it is there.
const PING_EVERY: Duration = Duration::from_secs(20);
/// Without any sign for so long it isn't.
const DEAD_AFTER: Duration = Duration::from_secs(60);
/// Without any message for so long nobody needs it.
const IDLE_AFTER: Duration = Duration::from_secs(30 * 60);

/// When so much waits to be read that no more fits, how long to wait for room.
const READ_WITHIN: Duration = Duration::from_secs(20);

/// The WebSockets of this node; clones share them.
#[derive(Clone, Debug, Default)]
pub struct WebSockets {
    open: Gauge,
    next: Arc<AtomicU64>,
}

/// One WebSocket. Counts as open until it is dropped.
pub struct WebSocket {
    session: Option<Session>,
    messages: AggregatedMessageStream,
    open: Gauge,
    pings: Interval,
    seen: Instant,
    asked: Instant,
    closing: watch::Receiver<bool>,
}

impl WebSockets {
    /// Makes them countable.
    pub fn register(&self, registry: &mut Registry) {
        let http = registry.sub_registry_with_prefix("http");
        http.register("websockets", "WebSockets open", self.open.clone());
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        usize::try_from(self.open.get()).unwrap_or(0)
    }

    /// A number that no other had.
    pub fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Answers the handshake. Messages of more than `limit` bytes end the connection, and so does `closing`.
    ///
    /// # Errors
    /// When the request is no handshake.
    pub fn accept(
        &self,
        request: &HttpRequest,
        body: web::Payload,
        limit: usize,
        closing: watch::Receiver<bool>,
    ) -> Result<(HttpResponse, WebSocket), ApiError> {
        let (response, session, messages) = actix_ws::handle(request, body)
            .map_err(|error| ApiError::InvalidRequest(format!("A WebSocket handshake is needed: {error}")))?;
        let mut pings = interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.open.inc();
        let now = Instant::now();
        let socket = WebSocket {
            session: Some(session),
            messages: messages
                .max_frame_size(limit)
                .aggregate_continuations()
                .max_continuation_size(limit),
            open: self.open.clone(),
            pings,
            seen: now,
            asked: now,
            closing,
        };
        Ok((response, socket))
    }
}

impl WebSocket {
    /// The next message, text or binary alike; none when the connection is over. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            let event = {
                let closing = &mut self.closing;
                tokio::select! {
                    message = self.messages.recv() => Event::Message(message),
                    now = self.pings.tick() => Event::Ping(now),
                    _ = closing.wait_for(|is_closing| *is_closing) => Event::Closing,
                }
            };
            match event {
                Event::Message(message) => match self.take(message?).await {
                    Taken::Message(bytes) => return Some(bytes),
                    Taken::Sign => {}
                    Taken::End => return None,
                },
                Event::Ping(now) if now - self.seen > DEAD_AFTER => {
                    tracing::debug!("a WebSocket is dead");
                    return None;
                }
                Event::Ping(now) if now - self.asked > IDLE_AFTER => {
                    self.close(CloseCode::Normal, "nothing was said for long").await;
                    return None;
                }
                Event::Ping(_) => {
                    let session = self.session.as_mut()?;
                    if !in_time(session.ping(b"")).await {
                        return None;
                    }
                }
                Event::Closing => {
                    self.close(CloseCode::Away, "the server is shutting down").await;
                    return None;
                }
            }
        }
    }

    /// Sends a message; `false` if the connection is over, or nothing sent through it is read.
    pub async fn send(&mut self, text: String) -> bool {
        match self.session.as_mut() {
            Some(session) => {
                let is_sent = in_time(session.text(text)).await;
                if !is_sent {
                    self.session = None;
                }
                is_sent
            }
            None => false,
        }
    }

    /// Ends the connection.
    pub async fn close(&mut self, code: CloseCode, why: &str) {
        if let Some(session) = self.session.take() {
            let reason = CloseReason {
                code,
                description: Some(why.to_owned()),
            };
            // It may be gone already.
            in_time(session.close(Some(reason))).await;
        }
    }

    async fn take(&mut self, message: Result<AggregatedMessage, ProtocolError>) -> Taken {
        self.seen = Instant::now();
        match message {
            Ok(AggregatedMessage::Text(text)) => {
                self.asked = self.seen;
                Taken::Message(text.into_bytes())
            }
            Ok(AggregatedMessage::Binary(bytes)) => {
                self.asked = self.seen;
                Taken::Message(bytes)
            }
            Ok(AggregatedMessage::Ping(bytes)) => {
                let Some(session) = self.session.as_mut() else {
                    return Taken::End;
                };
                if in_time(session.pong(&bytes)).await {
                    Taken::Sign
                } else {
                    Taken::End
                }
            }
            Ok(AggregatedMessage::Pong(_)) => Taken::Sign,
            Ok(AggregatedMessage::Close(reason)) => {
                if let Some(session) = self.session.take() {
                    in_time(session.close(reason)).await;
                }
                Taken::End
            }
            Err(ProtocolError::Overflow) => {
                self.close(CloseCode::Size, "the message is too long").await;
                Taken::End
            }
            Err(error) => {
                tracing::debug!(%error, "a WebSocket broke");
                self.close(CloseCode::Protocol, "").await;
                Taken::End
            }
        }
    }
}

/// Whether something is sent: nobody waits for long on whoever reads nothing.
async fn in_time(sending: impl Future<Output = Result<(), Closed>>) -> bool {
    match timeout(READ_WITHIN, sending).await {
        Ok(sent) => sent.is_ok(),
        Err(_) => {
            tracing::debug!("a WebSocket is not read");
            false
        }
    }
}

impl Drop for WebSocket {
    fn drop(&mut self) {
        self.open.dec();
    }
}

enum Event {
    Message(Option<Result<AggregatedMessage, ProtocolError>>),
    Ping(Instant),
    Closing,
}

enum Taken {
    Message(Bytes),
    /// It lives, and that is all.
    Sign,
    End,
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[actix_web::test]
    async fn a_connection_that_is_not_read_is_given_up() {
        tokio::time::pause();
        let (_closing, is_closing) = watch::channel(false);
        let mut request = TestRequest::default()
            .insert_header(("connection", "upgrade"))
            .insert_header(("upgrade", "websocket"))
            .insert_header(("sec-websocket-version", "13"))
            .insert_header(("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="))
            .to_srv_request();
        let body = request.extract::<web::Payload>().await.unwrap();
        let sockets = WebSockets::default();
        // Of what is sent through it, nobody takes anything out of the answer.
        let (_answer, mut socket) = sockets.accept(request.request(), body, 1024, is_closing).unwrap();
        let mut sent = 0;
        while socket.send("more".to_owned()).await {
            sent += 1;
            assert!(sent < 1000, "it waits for nobody");
        }
        assert!(sent > 0);
        assert!(!socket.send("more".to_owned()).await);
        drop(socket);
        assert_eq!(sockets.open(), 0);
    }
}
