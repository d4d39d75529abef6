//! The queue from live conversations to storage: whoever records an event never waits.
//!
//! One task takes events off a bounded queue and stores them in batches, one at a time. While a batch is under way a
//! bounded number waits in memory. When that is full, or the database is away, events go to the [`Spool`] instead, and
//! from then on all of them do until it is empty again, so that their order holds. The database is tried again after 1 s,
//! then 2 s, up to 30 s. Only if the disk stands still, too, the queue fills up, and events are dropped and counted.
//!
//! The task touches files, so it must not share a thread with packets.

mod depths;

use std::collections::{BTreeSet, VecDeque};
use std::future::Future;
use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use self::depths::Depths;
use super::StorageError;
use super::event::{Event, Sink};
use super::spool::Spool;
use crate::ids::ConversationId;

/// The near end of the queue; clones share it.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: mpsc::Sender<Command>,
    progress: Arc<Progress>,
    metrics: Arc<WriterMetrics>,
}

/// How far events have come, by their numbers, for whoever wants to know without asking the task.
#[derive(Debug)]
struct Progress {
    /// The number of the next event to be recorded.
    recorded: AtomicU64,
    /// All events below that number are where they will stay.
    settled: AtomicU64,
}

/// What the writer counts.
#[derive(Debug, Default)]
pub struct WriterMetrics {
    /// Events stored.
    pub stored: Counter,
    /// Events put into the spool.
    pub spooled: Counter,
    /// Events stored out of the spool.
    pub replayed: Counter,
    /// Events lost: the queue was full, the disk failed, or a spooled line was damaged.
    pub dropped: Counter,
    /// Events that the database refused for good.
    pub rejected: Counter,
    /// 1 while the database is away.
    pub away: Gauge,
    /// How many events wait in memory when a batch of them begins.
    pub waiting: Depths,
}

/// Events that the queue holds.
const QUEUE: usize = 4096;
/// Events that wait in memory while a batch is under way.
const PENDING: usize = 4096;
/// Events in a batch.
const BATCH: usize = 256;
/// A batch that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(5);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(30);

impl Writer {
    /// Starts the task. It ends when all clones of the writer are gone and everything is stored or spooled.
    pub fn start(sink: Arc<dyn Sink>, spool: Spool, metrics: Arc<WriterMetrics>) -> io::Result<(Self, JoinHandle<()>)> {
        let (queue, inbox) = mpsc::channel(QUEUE);
        let next = spool.next_number()?;
        let progress = Arc::new(Progress {
            recorded: AtomicU64::new(next),
            settled: AtomicU64::new(spool.first().unwrap_or(next)),
        });
        let task = Task {
            sink,
            inbox,
            next,
            progress: progress.clone(),
            under_way: None,
            spool,
            pending: VecDeque::new(),
            flushes: Vec::new(),
            retry: None,
            delay: FIRST_RETRY,
            metrics: metrics.clone(),
        };
        let handle = tokio::spawn(task.run());
        Ok((
            Self {
                queue,
                progress,
                metrics,
            },
            handle,
        ))
    }

    /// Records an event. Never waits.
    pub fn record(&self, event: Event) {
        // Counted before it is on its way, so that nobody takes it for settled meanwhile.
        self.progress.recorded.fetch_add(1, Ordering::SeqCst);
        if let Err(TrySendError::Full(command) | TrySendError::Closed(command)) =
            self.queue.try_send(Command::Record(Box::new(event)))
        {
            self.progress.recorded.fetch_sub(1, Ordering::SeqCst);
            self.metrics.dropped.inc();
            if let Command::Record(event) = command {
                let id = event.conversation_id();
                tracing::error!(conversation_id = %id.logged(), "an event is lost: the storage queue is full or closed");
            }
        }
    }

    /// Waits until everything recorded before is stored. `false` if it is only spooled, since the database is away.
    pub async fn flush(&self) -> bool {
        // Nearly always nothing is on its way, and then there is nobody to wait for.
        if self.progress.is_settled() {
            return true;
        }
        let (done, answer) = oneshot::channel();
        self.queue.send(Command::Flush(done)).await.is_ok() && answer.await.unwrap_or(false)
    }
}

impl Progress {
    /// Whether everything that was recorded before is where it will stay.
    fn is_settled(&self) -> bool {
        // In this order: what is recorded in between doesn't matter.
        let recorded = self.recorded.load(Ordering::SeqCst);
        self.settled.load(Ordering::SeqCst) >= recorded
    }
}

impl WriterMetrics {
    /// Makes the metrics known.
    pub fn register(&self, registry: &mut Registry) {
        let storage = registry.sub_registry_with_prefix("storage");
        storage.register("events_stored", "Events stored", self.stored.clone());
        storage.register("events_spooled", "Events put into the spool", self.spooled.clone());
        storage.register(
            "events_replayed",
            "Events stored out of the spool",
            self.replayed.clone(),
        );
        storage.register("events_dropped", "Events lost", self.dropped.clone());
        storage.register(
            "events_rejected",
            "Events that the database refused",
            self.rejected.clone(),
        );
        storage.register(
            "queue",
            "Events that wait in memory when a batch of them begins",
            self.waiting.histogram(),
        );
        storage.register("away", "1 while the database is away", self.away.clone());
    }
}

#[derive(Debug)]
enum Command {
    Record(Box<Event>),
    Flush(oneshot::Sender<bool>),
}

/// The far end of the queue.
struct Task {
    sink: Arc<dyn Sink>,
    inbox: mpsc::Receiver<Command>,
    spool: Spool,
    /// The number of the next event to arrive.
    next: u64,
    progress: Arc<Progress>,
    /// The number of the first event of the batch under way.
    under_way: Option<u64>,
    /// Events in memory with their numbers; empty while the spool holds any.
    pending: VecDeque<(u64, Event)>,
    /// Who waits for all events below a number to be stored.
    flushes: Vec<(u64, oneshot::Sender<bool>)>,
    /// When to try the database again; `Some` while it is away.
    retry: Option<Instant>,
    delay: Duration,
    metrics: Arc<WriterMetrics>,
}

/// Events on their way to the database.
struct Batch {
    first: u64,
    events: Vec<Event>,
    is_spooled: bool,
}

type Work = Pin<Box<dyn Future<Output = (Batch, Result<usize, StorageError>)> + Send>>;

impl Task {
    async fn run(mut self) {
        let mut arrived = Vec::with_capacity(BATCH);
        let mut work: Option<Work> = None;
        let mut is_open = true;
        while is_open || work.is_some() || self.has_work() {
            if work.is_none() && self.has_work() {
                self.metrics.waiting.observe(self.pending.len());
                let batch = self.next_batch();
                self.under_way = batch.as_ref().map(|batch| batch.first);
                work = batch.map(|batch| self.store(batch));
            }
            let retry = self.retry;
            tokio::select! {
                count = self.inbox.recv_many(&mut arrived, BATCH), if is_open => {
                    is_open = count > 0;
                    arrived.drain(..).for_each(|command| self.accept(command, work.is_some()));
                }
                (batch, result) = async { work.as_mut().expect("guarded by the precondition").await }, if work.is_some() => {
                    work = None;
                    self.under_way = None;
                    self.finish(batch, result);
                }
                () = async { sleep_until(retry.expect("guarded by the precondition")).await }, if retry.is_some() => {
                    self.retry = None;
                }
            }
            self.progress.settled.store(self.outstanding(), Ordering::SeqCst);
        }
    }

    /// The number of the first event that waits for the database, or of the next to arrive.
    fn outstanding(&self) -> u64 {
        let waiting = self.pending.front().map(|(number, _)| *number);
        self.under_way.or(waiting).or(self.spool.first()).unwrap_or(self.next)
    }

    /// Whether something waits for the database, and the database may be tried now.
    fn has_work(&self) -> bool {
        self.retry.is_none() && !(self.pending.is_empty() && self.spool.is_empty())
    }

    fn accept(&mut self, command: Command, is_busy: bool) {
        match command {
            Command::Record(event) => {
                let number = self.next;
                self.next += 1;
                if self.spool.is_empty() && self.retry.is_none() && self.pending.len() < PENDING {
                    self.pending.push_back((number, *event));
                } else {
                    self.spill();
                    self.append(number, &event);
                }
            }
            Command::Flush(done) => {
                let is_idle = !is_busy && self.pending.is_empty() && self.spool.is_empty();
                if is_idle || self.retry.is_some() {
                    // Whoever asked may have gone; then nobody is told.
                    let _ = done.send(is_idle);
                } else {
                    self.flushes.push((self.next, done));
                }
            }
        }
    }

    fn next_batch(&mut self) -> Option<Batch> {
        let Some(first) = self.spool.first() else {
            let first = self.pending.front()?.0;
            let count = self.pending.len().min(BATCH);
            return Some(Batch {
                first,
                events: self.pending.drain(..count).map(|(_, event)| event).collect(),
                is_spooled: false,
            });
        };
        match self.spool.read(first) {
            Ok(segment) => {
                if segment.damaged > 0 {
                    tracing::error!(lines = segment.damaged, "spooled events can't be read and are dropped");
                    self.metrics.dropped.inc_by(segment.damaged as u64);
                }
                Some(Batch {
                    first,
                    events: segment.events,
                    is_spooled: true,
                })
            }
            Err(error) => {
                tracing::error!(%error, "the spool can't be read; trying again");
                self.retry = Some(Instant::now() + LAST_RETRY);
                None
            }
        }
    }

    fn store(&self, batch: Batch) -> Work {
        let sink = self.sink.clone();
        Box::pin(async move {
            let result = timeout(PATIENCE, sink.apply(&batch.events))
                .await
                .unwrap_or(Err(StorageError::Unavailable(sqlx::Error::PoolTimedOut)));
            (batch, result)
        })
    }

    fn finish(&mut self, batch: Batch, result: Result<usize, StorageError>) {
        match result {
            Ok(rejected) => self.stored(&batch, rejected),
            Err(error) => self.failed(batch, &error),
        }
    }

    fn stored(&mut self, batch: &Batch, rejected: usize) {
        if self.metrics.away.set(0) != 0 {
            tracing::info!("the database is back");
        }
        self.delay = FIRST_RETRY;
        let count = (batch.events.len() - rejected) as u64;
        self.metrics.rejected.inc_by(rejected as u64);
        self.metrics.stored.inc_by(count);
        if batch.is_spooled {
            self.metrics.replayed.inc_by(count);
            if let Err(error) = self.spool.remove(batch.first) {
                tracing::error!(%error, "a replayed segment of the spool can't be removed");
            }
        }
        let done = self.outstanding();
        for (number, waiter) in mem::take(&mut self.flushes) {
            if number <= done {
                let _ = waiter.send(true);
            } else {
                self.flushes.push((number, waiter));
            }
        }
    }

    fn failed(&mut self, batch: Batch, error: &StorageError) {
        if self.metrics.away.set(1) == 0 {
            tracing::error!(%error, "the database is away; events wait on disk");
        }
        if !batch.is_spooled {
            match self.spool.prepend(batch.first, &batch.events) {
                Ok(()) => {
                    self.metrics.spooled.inc_by(batch.events.len() as u64);
                }
                Err(error) => self.lost(&batch.events, &error),
            }
        }
        self.spill();
        self.retry = Some(Instant::now() + self.delay);
        self.delay = (self.delay * 2).min(LAST_RETRY);
        for (_, waiter) in self.flushes.drain(..) {
            let _ = waiter.send(false);
        }
    }

    /// Moves what waits in memory to disk.
    fn spill(&mut self) {
        for (number, event) in mem::take(&mut self.pending) {
            self.append(number, &event);
        }
    }

    fn append(&mut self, number: u64, event: &Event) {
        match self.spool.append(number, event) {
            Ok(()) => {
                self.metrics.spooled.inc();
            }
            Err(error) => self.lost(std::slice::from_ref(event), &error),
        }
    }

    fn lost(&self, events: &[Event], error: &io::Error) {
        self.metrics.dropped.inc_by(events.len() as u64);
        let conversations: BTreeSet<&ConversationId> = events.iter().map(Event::conversation_id).collect();
        for id in conversations {
            tracing::error!(conversation_id = %id.logged(), %error, "events are lost: the spool can't be written");
        }
    }
}

#[cfg(test)]
mod tests;
