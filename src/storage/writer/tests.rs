use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tempfile::TempDir;

use super::*;
use crate::ids::MessageId;

/// A database that can be switched off, and stalled.
#[derive(Default)]
struct FakeDatabase {
    stored: Mutex<Vec<Event>>,
    is_away: AtomicBool,
    is_stalled: AtomicBool,
}

#[async_trait]
impl Sink for FakeDatabase {
    async fn apply(&self, events: &[Event]) -> Result<usize, StorageError> {
        if self.is_stalled.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.is_away.load(Ordering::SeqCst) {
            return Err(StorageError::Unavailable(sqlx::Error::PoolClosed));
        }
        self.stored.lock().unwrap().extend_from_slice(events);
        Ok(0)
    }
}

struct Fixture {
    database: Arc<FakeDatabase>,
    metrics: Arc<WriterMetrics>,
    dir: TempDir,
}

impl Fixture {
    fn new() -> Self {
        Self {
            database: Arc::default(),
            metrics: Arc::default(),
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn start(&self) -> (Writer, JoinHandle<()>) {
        let spool = Spool::open(self.dir.path()).unwrap();
        Writer::start(self.database.clone(), spool, self.metrics.clone()).unwrap()
    }

    fn stored(&self) -> Vec<Event> {
        self.database.stored.lock().unwrap().clone()
    }

    fn spooled_files(&self) -> usize {
        std::fs::read_dir(self.dir.path()).unwrap().count()
    }
}

fn event(number: usize) -> Event {
    Event::Heard {
        conversation_id: ConversationId::from_text("conv_1"),
        message_id: MessageId::from_text(format!("msg_{number}")),
        content: String::new(),
        translation: None,
        interrupted: false,
    }
}

fn events(numbers: std::ops::Range<usize>) -> Vec<Event> {
    numbers.map(event).collect()
}

#[tokio::test(start_paused = true)]
async fn after_a_flush_everything_recorded_is_stored_in_order() {
    let fixture = Fixture::new();
    let (writer, _task) = fixture.start();
    for number in 0..1000 {
        writer.record(event(number));
    }
    assert!(writer.flush().await);
    assert_eq!(fixture.stored(), events(0..1000));
    assert_eq!(fixture.metrics.stored.get(), 1000);
    assert_eq!(fixture.spooled_files(), 0);
    assert!(writer.flush().await);
}

#[tokio::test(start_paused = true)]
async fn while_the_database_is_away_events_wait_on_disk_and_are_replayed_in_order() {
    let fixture = Fixture::new();
    let (writer, _task) = fixture.start();
    writer.record(event(0));
    assert!(writer.flush().await);
    fixture.database.is_away.store(true, Ordering::SeqCst);
    for number in 1..700 {
        writer.record(event(number));
    }
    assert!(!writer.flush().await);
    assert_eq!(fixture.metrics.away.get(), 1);
    for number in 700..1500 {
        writer.record(event(number));
    }
    assert!(!writer.flush().await);
    assert_eq!(fixture.stored(), events(0..1));
    assert!(fixture.spooled_files() > 0);

    fixture.database.is_away.store(false, Ordering::SeqCst);
    tokio::time::sleep(LAST_RETRY).await;
    writer.record(event(1500));
    assert!(writer.flush().await);
    assert_eq!(fixture.stored(), events(0..1501));
    assert_eq!(fixture.metrics.replayed.get(), 1499);
    assert_eq!(fixture.metrics.dropped.get(), 0);
    assert_eq!(fixture.metrics.away.get(), 0);
    assert_eq!(fixture.spooled_files(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_hangs_counts_as_away() {
    let fixture = Fixture::new();
    let (writer, _task) = fixture.start();
    fixture.database.is_stalled.store(true, Ordering::SeqCst);
    writer.record(event(0));
    assert!(!writer.flush().await);
    assert_eq!(fixture.metrics.spooled.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn more_than_memory_holds_goes_to_disk_while_a_batch_is_under_way_and_order_holds() {
    let fixture = Fixture::new();
    let (writer, _task) = fixture.start();
    fixture.database.is_stalled.store(true, Ordering::SeqCst);
    let count = BATCH + PENDING + 1000;
    for number in 0..count {
        writer.record(event(number));
        if number % 1000 == 0 {
            tokio::task::yield_now().await;
        }
    }
    tokio::time::sleep(PATIENCE / 2).await;
    assert!(
        fixture.metrics.spooled.get() > 0,
        "memory is full before the batch fails"
    );
    fixture.database.is_stalled.store(false, Ordering::SeqCst);
    tokio::time::sleep(PATIENCE + LAST_RETRY).await;
    assert!(writer.flush().await);
    assert_eq!(fixture.stored(), events(0..count));
    assert_eq!(fixture.metrics.dropped.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_run_left_on_disk_is_stored_first() {
    let fixture = Fixture::new();
    fixture.database.is_away.store(true, Ordering::SeqCst);
    let (writer, task) = fixture.start();
    writer.record(event(0));
    writer.record(event(1));
    drop(writer);
    task.await.unwrap();
    assert!(fixture.spooled_files() > 0);

    fixture.database.is_away.store(false, Ordering::SeqCst);
    let (writer, task) = fixture.start();
    writer.record(event(2));
    drop(writer);
    task.await.unwrap();
    assert_eq!(fixture.stored(), events(0..3));
    assert_eq!(fixture.spooled_files(), 0);
}

#[tokio::test(start_paused = true)]
async fn when_the_queue_is_full_the_caller_is_not_held_and_the_loss_is_counted() {
    let fixture = Fixture::new();
    let (writer, _task) = fixture.start();
    // The task has had no chance to run yet.
    for number in 0..QUEUE + 10 {
        writer.record(event(number));
    }
    assert_eq!(fixture.metrics.dropped.get(), 10);
    assert!(writer.flush().await);
    assert_eq!(fixture.stored(), events(0..QUEUE));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_once_everything_is_settled_also_after_events_were_lost() {
    let fixture = Fixture::new();
    let (writer, _task) = fixture.start();
    assert!(writer.progress.is_settled());
    for number in 0..QUEUE + 10 {
        writer.record(event(number));
    }
    assert_eq!(fixture.metrics.dropped.get(), 10);
    assert!(!writer.progress.is_settled());
    assert!(writer.flush().await);
    tokio::task::yield_now().await;
    assert!(writer.progress.is_settled());
    assert_eq!(fixture.stored(), events(0..QUEUE));
    writer.record(event(QUEUE));
    assert!(!writer.progress.is_settled());
    assert!(writer.flush().await);
    assert_eq!(fixture.stored().len(), QUEUE + 1);
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_run_left_is_not_settled_before_it_is_replayed() {
    let fixture = Fixture::new();
    fixture.database.is_away.store(true, Ordering::SeqCst);
    let (writer, task) = fixture.start();
    writer.record(event(0));
    assert!(!writer.flush().await);
    drop(writer);
    task.abort();
    let _ = task.await;

    fixture.database.is_away.store(false, Ordering::SeqCst);
    let (writer, _task) = fixture.start();
    assert!(!writer.progress.is_settled());
    assert!(writer.flush().await);
    assert_eq!(fixture.stored(), events(0..1));
    tokio::task::yield_now().await;
    assert!(writer.progress.is_settled());
}
