//! Streams that are polled in a span, so that what engines log names the conversation they work for.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;
use tracing::Span;

/// A stream in its span.
#[derive(Debug)]
pub struct InSpan<S> {
    stream: S,
    span: Span,
}

impl<S> InSpan<S> {
    /// Polls `stream` in `span`.
    pub fn new(stream: S, span: Span) -> Self {
        Self { stream, span }
    }
}

impl<S: Stream + Unpin> Stream for InSpan<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = &mut *self;
        let _entered = this.span.enter();
        Pin::new(&mut this.stream).poll_next(context)
    }
}

#[cfg(test)]
mod tests {
    use futures::{StreamExt, stream};

    use super::*;

    #[tokio::test]
    async fn a_stream_runs_in_its_span_and_leaves_it_after_each_item() {
        let _logs = tracing::subscriber::set_default(tracing_subscriber::registry());
        let name = || Span::current().metadata().map(|metadata| metadata.name());
        let names = stream::poll_fn(move |_| Poll::Ready(Some(name())));
        let mut names = InSpan::new(names, tracing::error_span!("conversation"));
        assert_eq!(names.next().await, Some(Some("conversation")));
        assert_eq!(name(), None);
    }
}
