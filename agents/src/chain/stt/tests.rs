use std::time::Duration;

use tokio::time::sleep;

use super::super::BreakerConfig;
use super::super::fakes::{FakeStt, Fault, Told};
use super::*;
use crate::engine::Expected;
use crate::language::Language;

/// A limit that falls between two frames.
const CONFIG: ChainConfig = ChainConfig {
    first_result: Duration::from_millis(1510),
    slow_result: Duration::from_millis(210),
    slow_for: Duration::from_secs(5),
    first_phrase: Duration::from_millis(1610),
    last_result: Duration::from_millis(3000),
    stall: Duration::from_millis(1500),
    trickle: Duration::from_millis(500),
    next_words: Duration::from_millis(2500),
    breaker: BreakerConfig {
        failures: 3,
        open_for: Duration::from_secs(5),
        open_for_at_most: Duration::from_secs(120),
    },
};

struct Test {
    chain: FallbackStt,
    told: Arc<Told>,
}

impl Test {
    fn new(faults: &[(&'static str, Fault)]) -> Self {
        let told = Arc::new(Told::default());
        let engine = |&(name, fault): &(&'static str, Fault)| Arc::new(FakeStt { name, fault }) as Arc<dyn Stt>;
        let chain = FallbackStt::new(
            faults.iter().map(engine).collect(),
            CONFIG,
            Arc::default(),
            told.clone(),
        );
        Self { chain, told }
    }

    /// One second of speech, a pause, another second, the end: what is heard, and how many milliseconds after the start.
    async fn listen(&self) -> Vec<(u64, String)> {
        self.listen_to(50).await
    }

    async fn listen_to(&self, frames: usize) -> Vec<(u64, String)> {
        let (sender, receiver) = mpsc::channel(4);
        let request = ListenRequest {
            language: Language::French,
            expected: Arc::new(Expected::default()),
        };
        let mut results = self.chain.listen(request, receiver);
        let started = Instant::now();
        let speaker = tokio::spawn(async move {
            for end in [Listen::Pause { pause: 1 }, Listen::End] {
                for _ in 0..frames {
                    sleep(Duration::from_millis(20)).await;
                    sender.send(Listen::Audio([0; 320].into())).await.ok();
                }
                sender.send(end).await.ok();
            }
            // The receiver of an utterance is dropped by the chain, not by the caller.
            sender.closed().await;
        });
        let mut heard = Vec::new();
        while let Some(result) = results.next().await {
            let text = match result {
                Ok(Heard::Partial { text }) => text,
                Ok(Heard::View { transcript, .. }) => format!("view: {}", transcript.text),
                Ok(Heard::Final(transcript)) => format!("final: {}", transcript.text),
                Err(error) => error.to_string(),
            };
            heard.push((started.elapsed().as_millis() as u64, text));
        }
        drop(results);
        speaker.await.expect("the speaker ends");
        heard
    }
}

fn at(pieces: &[(u64, &str)]) -> Vec<(u64, String)> {
    pieces.iter().map(|(at, piece)| (*at, (*piece).to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn the_preferred_recogniser_hears_everything() {
    let test = Test::new(&[("cloud", Fault::None), ("embedded", Fault::None)]);
    assert_eq!(
        test.listen().await,
        at(&[(1000, "view: cloud heard 16000"), (2000, "final: cloud heard 32000")])
    );
    assert_eq!(test.told.take(), ["Stt cloud asked", "Stt cloud first after 0 ms"]);
}

#[tokio::test(start_paused = true)]
async fn a_recogniser_that_breaks_is_replaced_by_one_that_hears_all_of_it() {
    let test = Test::new(&[("cloud", Fault::BreaksOnAudio), ("embedded", Fault::None)]);
    assert_eq!(
        test.listen().await,
        at(&[
            (1000, "view: embedded heard 16000"),
            (2000, "final: embedded heard 32000")
        ])
    );
    let test = Test::new(&[("cloud", Fault::BreaksAtTheEnd), ("embedded", Fault::None)]);
    assert_eq!(
        test.listen().await,
        at(&[(1000, "view: cloud heard 16000"), (2000, "final: embedded heard 32000")])
    );
    assert_eq!(test.told.take()[2..4], ["Stt cloud Failed", "Stt embedded asked"]);
}

#[tokio::test(start_paused = true)]
async fn a_recogniser_that_hangs_is_replaced_in_time() {
    for fault in [Fault::Hangs, Fault::Deaf] {
        let test = Test::new(&[("cloud", fault), ("embedded", Fault::None)]);
        // It owes a view since 1000 ms, and the end comes meanwhile: one answer does for both, and has no more time.
        assert_eq!(
            test.listen().await,
            at(&[(2510, "final: embedded heard 32000")]),
            "{fault:?}"
        );
        assert_eq!(
            test.told.take()[1..4],
            ["Stt cloud TimedOut", "Stt embedded asked", "Stt cloud -> embedded"]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_view_that_is_owed_too_long_is_asked_of_the_next_one() {
    let test = Test::new(&[("cloud", Fault::Hangs), ("embedded", Fault::None)]);
    assert_eq!(
        test.listen_to(100).await,
        at(&[
            (3510, "view: embedded heard 56000"),
            (4000, "final: embedded heard 64000")
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn two_recognisers_that_hang_share_one_time_limit() {
    let test = Test::new(&[("a", Fault::Hangs), ("b", Fault::Hangs), ("embedded", Fault::None)]);
    assert_eq!(test.listen().await, at(&[(2510, "final: embedded heard 32000")]));
}

#[tokio::test(start_paused = true)]
async fn when_all_fail_the_last_error_is_told() {
    let test = Test::new(&[("cloud", Fault::BreaksOnAudio), ("embedded", Fault::Hangs)]);
    assert_eq!(
        test.listen().await,
        at(&[(5000, "embedded is unavailable: no result in time")])
    );
}

#[tokio::test(start_paused = true)]
async fn at_most_a_minute_is_kept() {
    let test = Test::new(&[("cloud", Fault::BreaksAtTheEnd), ("embedded", Fault::None)]);
    assert_eq!(
        test.listen_to(2000).await,
        at(&[
            (40_000, "view: cloud heard 640000"),
            (80_000, "final: embedded heard 960000")
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn an_input_that_is_closed_cancels() {
    let test = Test::new(&[("cloud", Fault::None)]);
    let (sender, receiver) = mpsc::channel(4);
    let request = ListenRequest {
        language: Language::French,
        expected: Arc::new(Expected::default()),
    };
    let mut results = test.chain.listen(request, receiver);
    drop(sender);
    assert!(results.next().await.is_none());
}

/// Counts what it was told to prepare.
#[derive(Default)]
struct Preparing(std::sync::atomic::AtomicUsize);

impl Stt for Preparing {
    fn name(&self) -> &'static str {
        "preparing"
    }

    fn listen(&self, _request: ListenRequest, _input: mpsc::Receiver<Listen>) -> Results<Heard> {
        stream::empty().boxed()
    }

    fn prepare(&self, _language: Language, expected: Arc<Expected>) {
        self.0
            .fetch_add(expected.phrases.len() + 1, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn all_recognisers_prepare_for_what_is_expected() {
    let engines = [Arc::new(Preparing::default()), Arc::new(Preparing::default())];
    let chain = FallbackStt::new(
        engines.iter().map(|engine| engine.clone() as Arc<dyn Stt>).collect(),
        CONFIG,
        Arc::default(),
        Arc::new(()),
    );
    chain.prepare(Language::French, Arc::default());
    for engine in engines {
        assert_eq!(engine.0.load(std::sync::atomic::Ordering::Relaxed), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_recording_handed_in_at_once_takes_the_time_that_it_takes_to_hear() {
    for (faults, expected) in [
        (
            &[("embedded", Fault::HearsInRealTime)][..],
            (20_000, "final: embedded heard 320000"),
        ),
        (
            // The first gets the time of the recording and its own, the second the same.
            &[("cloud", Fault::Hangs), ("embedded", Fault::HearsInRealTime)][..],
            (40_510, "final: embedded heard 320000"),
        ),
    ] {
        let test = Test::new(faults);
        let (sender, receiver) = mpsc::channel(4);
        let request = ListenRequest {
            language: Language::French,
            expected: Arc::new(Expected::default()),
        };
        let mut results = test.chain.listen(request, receiver);
        let started = Instant::now();
        sender
            .send(Listen::Audio([0; 320_000].into()))
            .await
            .expect("there is room");
        sender.send(Listen::End).await.expect("there is room");
        let heard = match results.next().await {
            Some(Ok(Heard::Final(transcript))) => format!("final: {}", transcript.text),
            other => panic!("{other:?}"),
        };
        assert_eq!((started.elapsed().as_millis() as u64, heard.as_str()), expected);
    }
}
