//! How something does that stands in no chain: a service that is asked beside it, and which nobody stands in for.

use std::fmt;
use std::sync::Arc;

use tokio::time::Instant;

use super::{ChainObserver, FailureClass, Service};

/// Tells an observer of each request as a chain does of its engines'.
#[derive(Clone)]
pub(crate) struct Watch {
    service: Service,
    name: &'static str,
    observer: Arc<dyn ChainObserver>,
}

impl Watch {
    /// Nobody is told yet.
    pub(crate) fn new(service: Service, name: &'static str) -> Self {
        let observer = Arc::new(());
        Self {
            service,
            name,
            observer,
        }
    }

    /// Tells this one from now on.
    pub(crate) fn tell(&mut self, observer: Arc<dyn ChainObserver>) {
        self.observer = observer;
    }

    /// Does one request. Dropped before it is done, it was given up.
    pub(crate) async fn over<T, E>(
        &self,
        request: impl Future<Output = Result<T, E>>,
        class: impl Fn(&E) -> FailureClass,
    ) -> Result<T, E> {
        self.observer.attempted(self.service, self.name);
        let mut waiting = Waiting(Some(self));
        let started = Instant::now();
        let result = request.await;
        waiting.0 = None;
        match &result {
            Ok(_) => {
                let after = started.elapsed();
                self.observer.first_result(self.service, self.name, after);
                self.observer.done(self.service, self.name, after);
            }
            Err(error) => self.observer.failed(self.service, self.name, class(error)),
        }
        result
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watch").field(&self.service).field(&self.name).finish()
    }
}

/// A request that is not done.
struct Waiting<'a>(Option<&'a Watch>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(watch) = self.0 {
            watch
                .observer
                .failed(watch.service, watch.name, FailureClass::Abandoned);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt;

    use super::super::fakes::{Told, broken};
    use super::*;
    use crate::engine::EngineError;

    #[tokio::test(start_paused = true)]
    async fn each_request_is_told_with_how_it_ended() {
        let told = Arc::new(Told::default());
        let mut watch = Watch::new(Service::Tool, "trains");
        watch.tell(told.clone());
        let good = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok::<_, EngineError>(())
        };
        assert_eq!(watch.over(good, FailureClass::of).await, Ok(()));
        let bad = std::future::ready(Err::<(), _>(broken()));
        assert_eq!(watch.over(bad, FailureClass::of).await, Err(broken()));
        let given_up = watch.over(std::future::pending::<Result<(), EngineError>>(), FailureClass::of);
        assert_eq!(given_up.now_or_never(), None);
        assert_eq!(
            told.take(),
            [
                "Tool trains asked",
                "Tool trains first after 300 ms",
                "Tool trains asked",
                "Tool trains Failed",
                "Tool trains asked",
                "Tool trains Abandoned"
            ]
        );
    }
}
