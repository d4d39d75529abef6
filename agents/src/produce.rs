//! A stream of results written as straight-line code.
//!
//! [`produce`] runs one future inside the stream itself: nothing is spawned, so dropping the stream drops the future at the
//! point where it waits, and with it every request, process and permit that it holds.

use std::future::Future;
use std::task::Poll;

use futures::StreamExt;
use futures::stream;
use tokio::sync::mpsc;

use crate::engine::{EngineError, Results};

/// Where the future puts its results.
pub(crate) struct Emit<T>(mpsc::Sender<T>);

impl<T> Emit<T> {
    /// Hands one result to the reader of the stream; waits while the reader is [`AHEAD`] results behind.
    pub(crate) async fn send(&self, result: T) {
        // Sending fails only when the stream is gone, and this future with it.
        let _ = self.0.send(result).await;
    }
}

/// Makes a stream of what `work` emits; an error that it returns is the last item.
pub(crate) fn produce<T, W, F>(work: W) -> Results<T>
where
    T: Send + 'static,
    W: FnOnce(Emit<T>) -> F,
    F: Future<Output = Result<(), EngineError>> + Send + 'static,
{
    let (sender, mut results) = mpsc::channel(AHEAD);
    let mut work = Some(Box::pin(work(Emit(sender))));
    let mut failure = None;
    stream::poll_fn(move |context| {
        if let Some(running) = &mut work
            && let Poll::Ready(outcome) = running.as_mut().poll(context)
        {
            // Dropping the future closes the channel.
            work = None;
            failure = outcome.err();
        }
        match results.poll_recv(context) {
            Poll::Ready(Some(result)) => Poll::Ready(Some(Ok(result))),
            Poll::Ready(None) => Poll::Ready(failure.take().map(Err)),
            Poll::Pending => Poll::Pending,
        }
    })
    .boxed()
}

/// How many results may wait for the reader.
const AHEAD: usize = 8;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn broken() -> EngineError {
        EngineError::Failed {
            engine: "test",
            reason: "broken".to_owned(),
        }
    }

    #[tokio::test]
    async fn results_come_in_order_and_the_error_last() {
        let stream = produce(|emit| async move {
            for number in 0..20 {
                emit.send(number).await;
            }
            Err(broken())
        });
        let all: Vec<_> = stream.collect().await;
        let expected: Vec<_> = (0..20).map(Ok).chain([Err(broken())]).collect();
        assert_eq!(all, expected);
    }

    #[tokio::test]
    async fn an_ended_stream_stays_ended() {
        let mut stream = produce::<u8, _, _>(|_| async { Err(broken()) });
        assert_eq!(stream.next().await, Some(Err(broken())));
        assert_eq!(stream.next().await, None);
        assert_eq!(stream.next().await, None);
    }

    #[tokio::test]
    async fn dropping_the_stream_drops_the_work() {
        let held = Arc::new(());
        let inside = Arc::clone(&held);
        let mut stream = produce(|emit| async move {
            emit.send(1).await;
            std::future::pending::<()>().await;
            drop(inside);
            Ok(())
        });
        assert_eq!(stream.next().await, Some(Ok(1)));
        assert_eq!(Arc::strong_count(&held), 2);
        drop(stream);
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
