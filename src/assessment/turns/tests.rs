//! Turns assessed in simulated time.

use colloquy_agents::assessment::language::Evidence;
use colloquy_agents::assessment::speech::WordVerdict;
use colloquy_agents::engine::Assessor;
use colloquy_agents::scenario::Level;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::super::judges::tests::turn;
use super::super::sounds::tests::{assessment, coach, word};
use super::*;

/// Takes its time, and counts how many it has in hand.
struct Scripted {
    takes: Duration,
    in_hand: Arc<Semaphore>,
}

impl Assessor for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }
    fn assesses(&self, language: Language) -> bool {
        language == Language::French
    }
    fn assess(&self, request: AssessRequest) -> BoxFuture<'static, Result<Assessment, EngineError>> {
        let (takes, in_hand) = (self.takes, Arc::clone(&self.in_hand));
        async move {
            let _one = in_hand.try_acquire().expect("no more than there are slots");
            tokio::time::sleep(takes).await;
            let word = word(&request.reference, 20, WordVerdict::Mispronunciation, &[("y", 10)]);
            Ok(assessment(vec![word]))
        }
        .boxed()
    }
}

/// Two slots; a check and an assessor that take so long.
fn assessments(check: Duration, sound: Duration) -> Assessments {
    let check: Check = Arc::new(move |request| {
        let remarks = Remarks {
            findings: Vec::new(),
            grammar_score: (!request.is_typed).then_some(90),
            vocabulary_level: Level::Intermediate,
            evidence: Evidence::default(),
        };
        async move {
            tokio::time::sleep(check).await;
            remarks
        }
        .boxed()
    });
    let assessor = Scripted {
        takes: sound,
        in_hand: Arc::new(Semaphore::new(2)),
    };
    let judges = Judges {
        assessor: Some(Arc::new(assessor)),
        check: Some(check),
        read_ahead: None,
        coach: coach(),
        base: Some("https://example.com".to_owned()),
    };
    let (thread, _) = oneshot::channel();
    Assessments::on(Handle::current(), thread, Slots::new(2), judges, Arc::default())
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// What is told of a turn whose reply begins at once, and when.
async fn told(assessments: &Assessments, turn: Turn) -> Vec<(Told, Duration)> {
    let asked = Instant::now();
    let UnderAssessment { reply, told } = assessments.assess(turn).expect("there is room");
    drop(reply);
    all(told, asked).await
}

async fn all(mut receiver: mpsc::Receiver<Told>, asked: Instant) -> Vec<(Told, Duration)> {
    let mut all = Vec::new();
    while let Some(told) = receiver.recv().await {
        all.push((told, asked.elapsed()));
    }
    all
}

fn scores(told: &Told) -> (&Value, &Value) {
    (&told.analysis["grammar_score"], &told.analysis["pronunciation_score"])
}

fn rue() -> Turn {
    turn("rue", Language::French)
}

#[tokio::test(start_paused = true)]
async fn text_and_sound_make_one_analysis() {
    let assessments = assessments(ms(10), ms(20));
    let all = told(&assessments, rue()).await;
    let [(whole, after)] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert_eq!((whole.is_whole, *after), (true, ms(20)));
    assert_eq!(scores(whole), (&90.into(), &72.into()));
    assert_eq!(whole.analysis["errors"][0]["word"], "rue");
    let example = |analysis: &Map<String, Value>| analysis["errors"][0]["audio_example"].clone();
    assert_eq!(example(&whole.analysis), "/audio/phonemes/fr-0079.mp3");
    let outside = assessments.told(whole.analysis.clone());
    assert_eq!(example(&outside), "https://example.com/audio/phonemes/fr-0079.mp3");
    // Nobody can judge the sounds of Japanese, and nothing sounds that was typed.
    let japanese = told(&assessments, turn("通り", Language::Japanese)).await;
    assert_eq!(scores(&japanese[0].0), (&90.into(), &Value::Null));
    let typed = Turn {
        sound: Vec::new(),
        is_typed: true,
        ..rue()
    };
    let typed = told(&assessments, typed).await;
    assert_eq!(scores(&typed[0].0), (&Value::Null, &Value::Null));
    assert_eq!(typed[0].1, ms(10));
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_the_learners_own_language_is_named_at_once_and_not_judged() {
    let own = Turn {
        answered_in: Some(Language::English),
        ..turn("The street", Language::French)
    };
    let told = told(&assessments(ms(500), ms(500)), own).await;
    assert_eq!((told.len(), told[0].1), (1, Duration::ZERO));
    assert_eq!(told[0].0.analysis["answered_in"], "english");
    assert_eq!(scores(&told[0].0), (&Value::Null, &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn what_is_known_is_told_within_a_second_and_the_rest_when_it_is() {
    // The service that checks texts is slow: the sound is there.
    let slow_check = told(&assessments(ms(5000), ms(100)), rue()).await;
    let moments: Vec<(bool, Duration)> = slow_check.iter().map(|(told, at)| (told.is_whole, *at)).collect();
    assert_eq!(moments, [(false, DEADLINE), (true, ms(5000))]);
    assert_eq!(scores(&slow_check[0].0), (&Value::Null, &72.into()));
    assert_eq!(scores(&slow_check[1].0), (&90.into(), &72.into()));
    // The sound is long: the words are there.
    let slow_sound = told(&assessments(ms(100), ms(3000)), rue()).await;
    let moments: Vec<(bool, Duration)> = slow_sound.iter().map(|(told, at)| (told.is_whole, *at)).collect();
    assert_eq!(moments, [(false, DEADLINE), (true, ms(3000))]);
    assert_eq!(scores(&slow_sound[0].0), (&90.into(), &Value::Null));
    assert!(DEADLINE < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn sounds_are_assessed_while_services_are_waited_for() {
    let assessments = assessments(ms(700), ms(100));
    let asked = Instant::now();
    let mut turns = Vec::new();
    for _ in 0..10 {
        let UnderAssessment { reply, told } = assessments.assess(rue()).unwrap();
        drop(reply);
        turns.push(all(told, asked));
    }
    // Ten sounds on two slots take half a second: the slots are free while all ten wait for their words.
    for told in futures::future::join_all(turns).await {
        let moments: Vec<(bool, Duration)> = told.iter().map(|(told, at)| (told.is_whole, *at)).collect();
        assert_eq!(moments, [(true, ms(700))]);
        assert_eq!(scores(&told[0].0), (&90.into(), &72.into()));
    }
}

#[tokio::test(start_paused = true)]
async fn the_sound_waits_for_the_reply_to_begin_but_not_for_long() {
    let assessments = assessments(ms(10), ms(20));
    let asked = Instant::now();
    let UnderAssessment { reply, told } = assessments.assess(rue()).unwrap();
    let begins = async {
        tokio::time::sleep(ms(250)).await;
        drop(reply);
    };
    let (told, ()) = futures::join!(all(told, asked), begins);
    assert_eq!(told[0].1, ms(270));
    let asked = Instant::now();
    let UnderAssessment { reply: _never, told } = assessments.assess(rue()).unwrap();
    assert_eq!(all(told, asked).await[0].1, REPLY_BEGINS + ms(20));
}

#[tokio::test(start_paused = true)]
async fn what_is_too_much_is_not_assessed_and_counted() {
    let assessments = assessments(ms(100), ms(100));
    let mut waiting = Vec::new();
    for _ in 0..2 * ROOM + 5 {
        waiting.extend(assessments.assess(rue()));
    }
    assert_eq!((waiting.len(), assessments.metrics.dropped.get()), (2 * ROOM, 5));
    for UnderAssessment { reply, told } in waiting {
        drop(reply);
        assert_eq!(scores(&all(told, Instant::now()).await.last().unwrap().0).1, 72);
    }
    assert!(assessments.assess(rue()).is_some(), "there is room again");
}

#[tokio::test(start_paused = true)]
async fn recordings_do_not_keep_turns_waiting() {
    let assessments = assessments(Duration::ZERO, ms(400));
    let pcm: Arc<[i16]> = [1, 2, 3].into();
    let reading: Vec<_> = (0..16)
        .map(|_| {
            let (assessments, pcm) = (assessments.clone(), Arc::clone(&pcm));
            tokio::spawn(async move {
                let slot = assessments.recording().await.ok()?;
                assessments.read_aloud(&slot, "rue", Language::French, pcm).await.ok()?
            })
        })
        .collect();
    tokio::task::yield_now().await;
    // One more than may wait is refused at once.
    assert_eq!(assessments.recording().await.unwrap_err(), Busy);
    assert_eq!(assessments.metrics.refused.get(), 1);
    let all = told(&assessments, rue()).await;
    assert_eq!((all.len(), all[0].1), (1, ms(400)), "one slot is free for it");
    // Of the others all are assessed that have their turn in time.
    let mut assessed = 0;
    for recording in reading {
        assessed += usize::from(recording.await.unwrap().is_some());
    }
    assert!((10..16).contains(&assessed), "{assessed}");
}

#[tokio::test(start_paused = true)]
async fn whoever_ends_a_conversation_waits_for_its_turns_a_second_at_most() {
    let assessments = assessments(Duration::ZERO, Duration::ZERO);
    let conversation = ConversationId::from_text("conv_1");
    let under_way = assessments.under_way(&conversation);
    let began = Instant::now();
    let ends = async {
        tokio::time::sleep(ms(300)).await;
        drop(under_way);
    };
    futures::join!(assessments.settle(Some(&conversation)), ends);
    assert_eq!(began.elapsed(), ms(300));
    let _never = assessments.under_way(&conversation);
    assessments.settle(Some(&conversation)).await;
    assert_eq!(began.elapsed(), ms(300) + SETTLING);
}

/// Computes on another thread, each for as long as it is not let go.
struct Stubborn {
    begun: mpsc::UnboundedSender<()>,
    go: Arc<std::sync::Mutex<std::sync::mpsc::Receiver<()>>>,
}

impl Assessor for Stubborn {
    fn name(&self) -> &'static str {
        "stubborn"
    }
    fn assesses(&self, _: Language) -> bool {
        true
    }
    fn assess(&self, _: AssessRequest) -> BoxFuture<'static, Result<Assessment, EngineError>> {
        let (begun, go) = (self.begun.clone(), Arc::clone(&self.go));
        let work = tokio::task::spawn_blocking(move || {
            begun.send(()).expect("the test waits for it");
            // Let go, or the test is over.
            let _ = go.lock().unwrap().recv();
        });
        async move {
            work.await.expect("it computes");
            Ok(assessment(Vec::new()))
        }
        .boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_computes_for_too_long_keeps_its_slot_and_the_learner_is_told_without_it() {
    let mut assessments = assessments(Duration::ZERO, Duration::ZERO);
    let (begin, mut begun) = mpsc::unbounded_channel();
    let (let_go, go) = std::sync::mpsc::channel();
    assessments.judges.assessor = Some(Arc::new(Stubborn {
        begun: begin,
        go: Arc::new(std::sync::Mutex::new(go)),
    }));
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let UnderAssessment { reply, told } = assessments.assess(rue()).expect("there is room");
        drop(reply);
        waiting.push(told);
        begun.recv().await.expect("it computes");
    }
    // By itself time stands still while something computes.
    tokio::time::advance(ms(1)).await;
    for after in [DEADLINE, PATIENCE] {
        tokio::time::advance(after).await;
        for told in &mut waiting {
            let told = told.recv().await.expect("the learner is told");
            assert_eq!(scores(&told), (&90.into(), &Value::Null));
            assert_eq!(told.is_whole, after == PATIENCE);
        }
    }
    assert_eq!(assessments.metrics.late.get(), 2);
    // However long it takes.
    tokio::time::advance(Duration::from_secs(3600)).await;
    assert!(
        assessments.slots.of_turn().now_or_never().is_none(),
        "both still compute"
    );
    let_go.send(()).unwrap();
    let _slot = assessments.slots.of_turn().await;
    assert!(
        assessments.slots.of_turn().now_or_never().is_none(),
        "the other one still computes"
    );
}
