use std::time::Duration;

use tokio::time::Instant;

use super::super::fakes::{Act, FakeLlm, Told, broken, unavailable};
use super::*;
use crate::correction::Guidance;
use crate::engine::{Insights, LineMeaning, Occasion};
use crate::language::Language;
use crate::scenario::{Progress, Script};

fn request() -> ReplyRequest {
    ReplyRequest {
        script: Script::sample(),
        progress: Progress::default(),
        native_language: Language::English,
        history: Vec::new(),
        occasion: Occasion::Opener,
        guidance: Guidance::default(),
    }
}

fn text(text: &str) -> Act<ReplyPiece> {
    Act::Give(ReplyPiece::Text(text.to_owned()))
}

fn done(step: usize) -> Act<ReplyPiece> {
    Act::Give(ReplyPiece::Done {
        progress: Progress {
            step,
            ..Progress::default()
        },
    })
}

struct Test {
    chain: FallbackLlm,
    told: Arc<Told>,
}

impl Test {
    fn new(engines: Vec<(&'static str, Vec<Act<ReplyPiece>>)>) -> Self {
        let told = Arc::new(Told::default());
        let engines = engines
            .into_iter()
            .map(|(name, acts)| Arc::new(FakeLlm { name, acts }) as Arc<dyn Llm>)
            .collect();
        Self {
            chain: FallbackLlm::new(engines, ChainConfig::default(), Arc::default(), told.clone()),
            told,
        }
    }

    /// What the reply is, and after how many milliseconds each piece of it came.
    async fn reply(&self) -> Vec<(u64, String)> {
        let started = Instant::now();
        let mut pieces = Vec::new();
        let mut results = self.chain.reply(request());
        while let Some(piece) = results.next().await {
            let shown = match piece {
                Ok(ReplyPiece::Text(text)) => text,
                Ok(ReplyPiece::PhraseEnd) => "|".to_owned(),
                Ok(ReplyPiece::Aside(text)) => format!("<{text}>"),
                Ok(ReplyPiece::Act(act)) => format!("{act:?}"),
                Ok(ReplyPiece::Translation(text)) => format!("({text})"),
                Ok(ReplyPiece::Insights(insights)) => insights.notes.join(" "),
                Ok(ReplyPiece::Done { progress }) => format!("done at {}", progress.step),
                Err(error) => error.to_string(),
            };
            pieces.push((started.elapsed().as_millis() as u64, shown));
        }
        pieces
    }
}

fn at(pieces: &[(u64, &str)]) -> Vec<(u64, String)> {
    pieces.iter().map(|(at, piece)| (*at, (*piece).to_owned())).collect()
}

const EMBEDDED: &str = "Très bien. Une table ?";

fn embedded() -> (&'static str, Vec<Act<ReplyPiece>>) {
    ("embedded", vec![text(EMBEDDED), done(1)])
}

#[tokio::test(start_paused = true)]
async fn the_preferred_model_replies() {
    let test = Test::new(vec![
        (
            "cloud",
            vec![Act::Wait(300), text("Bonsoir"), Act::Wait(1200), text(" !"), done(2)],
        ),
        embedded(),
    ]);
    assert_eq!(test.reply().await, at(&[(1500, "Bonsoir !"), (1500, "done at 2")]));
    assert_eq!(test.told.take(), ["Llm cloud asked", "Llm cloud first after 300 ms"]);
}

#[tokio::test(start_paused = true)]
async fn a_model_that_hangs_is_replaced_in_time() {
    let test = Test::new(vec![("cloud", vec![Act::Hang]), ("other", vec![Act::Hang]), embedded()]);
    assert_eq!(test.reply().await, at(&[(1200, EMBEDDED), (1200, "done at 1")]));
    assert_eq!(
        test.told.take(),
        [
            "Llm cloud asked",
            "Llm cloud TimedOut",
            "Llm embedded asked",
            "Llm cloud -> embedded",
            "Llm embedded first after 0 ms"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_model_that_refuses_is_replaced_at_once() {
    let test = Test::new(vec![("cloud", vec![Act::Fail(broken())]), embedded()]);
    assert_eq!(test.reply().await, at(&[(0, EMBEDDED), (0, "done at 1")]));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_away_is_asked_once_more_while_there_is_time() {
    let test = Test::new(vec![
        ("cloud", vec![Act::Wait(100), Act::Fail(unavailable())]),
        embedded(),
    ]);
    assert_eq!(test.reply().await, at(&[(200, EMBEDDED), (200, "done at 1")]));
    let test = Test::new(vec![
        ("cloud", vec![Act::Wait(500), Act::Fail(unavailable())]),
        embedded(),
    ]);
    assert_eq!(test.reply().await, at(&[(500, EMBEDDED), (500, "done at 1")]));
}

#[tokio::test(start_paused = true)]
async fn what_the_lines_of_a_reply_mean_is_not_told_of_one_that_another_model_began() {
    let explained = || {
        let insights = Insights {
            lines: vec![LineMeaning {
                at: 0..10,
                translation: "Very good".to_owned(),
            }],
            notes: vec!["a note".to_owned()],
            ..Insights::default()
        };
        vec![text(EMBEDDED), Act::Give(ReplyPiece::Insights(insights)), done(1)]
    };
    let lines = |engines| async {
        let pieces: Vec<_> = Test::new(engines).chain.reply(request()).collect().await;
        let insights = pieces.into_iter().find_map(|piece| match piece {
            Ok(ReplyPiece::Insights(insights)) => Some(insights),
            _ => None,
        });
        insights.map(|insights| (insights.lines.len(), insights.notes.len()))
    };
    assert_eq!(lines(vec![("embedded", explained())]).await, Some((1, 1)));
    let begun = vec![text("Bonsoir, je vous en prie, une table"), Act::Fail(broken())];
    assert_eq!(
        lines(vec![("cloud", begun), ("embedded", explained())]).await,
        Some((0, 1))
    );
}

#[tokio::test(start_paused = true)]
async fn a_sentence_that_breaks_off_is_followed_by_a_whole_reply() {
    for end in [Act::Hang, Act::End, Act::Fail(broken())] {
        let wait = if matches!(end, Act::Hang) { 1500 } else { 0 };
        let begun = "Bonsoir. Je vous app";
        let test = Test::new(vec![("cloud", vec![text(begun), end]), embedded()]);
        assert_eq!(
            test.reply().await,
            at(&[(0, begun), (wait, "… "), (wait, EMBEDDED), (wait, "done at 1")])
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_stops_before_its_first_phrase_is_waited_for_little_longer_than_one_that_never_begins() {
    let test = Test::new(vec![
        ("cloud", vec![Act::Wait(1000), text("Je vous"), Act::Hang]),
        embedded(),
    ]);
    // What nobody could have heard is dropped.
    assert_eq!(test.reply().await, at(&[(1600, EMBEDDED), (1600, "done at 1")]));
    // What is spoken gives it time.
    let test = Test::new(vec![
        ("cloud", vec![Act::Wait(1000), text("Très bien. Je vous"), Act::Hang]),
        embedded(),
    ]);
    assert_eq!(
        test.reply().await[..2],
        at(&[(1000, "Très bien. Je vous"), (2500, "… ")])
    );
}

#[tokio::test(start_paused = true)]
async fn a_reply_of_one_phrase_is_given_when_it_is_whole_and_before_what_goes_with_it() {
    let translation = Act::Give(ReplyPiece::Translation("Yes.".to_owned()));
    let test = Test::new(vec![
        (
            "cloud",
            vec![text("Ou"), Act::Wait(100), text("i."), translation, done(2)],
        ),
        embedded(),
    ]);
    assert_eq!(
        test.reply().await,
        at(&[(100, "Oui."), (100, "(Yes.)"), (100, "done at 2")])
    );
}

fn aside(text: &str) -> Act<ReplyPiece> {
    Act::Give(ReplyPiece::Aside(text.to_owned()))
}

fn phrase_end() -> Act<ReplyPiece> {
    Act::Give(ReplyPiece::PhraseEnd)
}

#[tokio::test(start_paused = true)]
async fn words_that_fill_the_time_are_no_reply() {
    let looking = || aside("Un instant.");
    let test = Test::new(vec![
        ("cloud", vec![looking(), Act::Wait(1700), text("Il y en a."), done(2)]),
        embedded(),
    ]);
    let whole = [(0, "<Un instant.>"), (1700, "Il y en a."), (1700, "done at 2")];
    assert_eq!(test.reply().await, at(&whole));
    // It takes 270 ms at least to say, and then nothing is heard for 1.5 s.
    let test = Test::new(vec![("cloud", vec![looking(), Act::Hang]), embedded()]);
    let replaced = [(0, "<Un instant.>"), (1770, " "), (1770, EMBEDDED), (1770, "done at 1")];
    assert_eq!(test.reply().await, at(&replaced));
    // Nor are the words before them.
    for end in [Act::End, Act::Fail(broken())] {
        let begun = vec![text("Je regarde."), aside(""), end];
        let test = Test::new(vec![("cloud", begun), embedded()]);
        let replaced = [(0, "Je regarde."), (0, "<>"), (0, " "), (0, EMBEDDED), (0, "done at 1")];
        assert_eq!(test.reply().await, at(&replaced));
    }
    let begun = vec![text("Je regarde si"), aside(""), Act::Fail(broken())];
    let test = Test::new(vec![("cloud", begun), embedded()]);
    let replaced = [
        (0, "Je regarde si"),
        (0, "<>"),
        (0, "… "),
        (0, EMBEDDED),
        (0, "done at 1"),
    ];
    assert_eq!(test.reply().await, at(&replaced));
}

#[tokio::test(start_paused = true)]
async fn signs_of_work_win_no_time() {
    let working = || [Act::Wait(400), phrase_end()];
    let acts = working().into_iter().chain(working()).chain(working());
    let test = Test::new(vec![("cloud", acts.chain([Act::Hang]).collect()), embedded()]);
    let told = test.reply().await;
    assert_eq!(told[told.len() - 2..], at(&[(1600, EMBEDDED), (1600, "done at 1")]));
    let looking = [aside("Un instant.")].into_iter();
    let acts = looking.chain(working()).chain(working()).chain(working());
    let test = Test::new(vec![("cloud", acts.chain([Act::Hang]).collect()), embedded()]);
    let told = test.reply().await;
    assert_eq!(told[told.len() - 2..], at(&[(1770, EMBEDDED), (1770, "done at 1")]));
}

#[tokio::test(start_paused = true)]
async fn a_phrase_that_the_model_ended_is_given_at_once_and_what_begins_the_next_is_held_back() {
    let begun = vec![
        text("Je regarde"),
        phrase_end(),
        Act::Wait(1500),
        text(" Il"),
        Act::Hang,
    ];
    let test = Test::new(vec![("cloud", begun), embedded()]);
    // Nobody has heard the last word, so it isn't broken off there.
    let told = [
        (0, "Je regarde"),
        (0, "|"),
        (1770, "… "),
        (1770, EMBEDDED),
        (1770, "done at 1"),
    ];
    assert_eq!(test.reply().await, at(&told));
}

#[tokio::test(start_paused = true)]
async fn long_words_give_no_more_time_than_a_mind_waits() {
    let long = "mot ".repeat(100);
    let begun = vec![text(&long), phrase_end(), Act::Hang];
    let told = Test::new(vec![("cloud", begun), embedded()]).reply().await;
    assert_eq!(told.last(), Some(&(2500, "done at 1".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_slow_model_is_let_go_on_but_not_waited_for_in_silence() {
    let mut slow = vec![text("Bonsoir. Je")];
    for _ in 0..10 {
        slow.extend([Act::Wait(400), text(" vous")]);
    }
    // Of its 7 letters in a phrase nothing is heard after 210 ms; the last piece comes at 4 s.
    slow.push(Act::Hang);
    let told = Test::new(vec![("cloud", slow), embedded()]).reply().await;
    let expected = [(4000, " vous"), (4500, "… "), (4500, EMBEDDED), (4500, "done at 1")];
    assert_eq!(told[told.len() - 4..], at(&expected));
}

#[tokio::test(start_paused = true)]
async fn a_sentence_that_is_whole_is_the_reply_and_the_scenario_goes_on() {
    let test = Test::new(vec![
        ("cloud", vec![text("Bonsoir. Vous êtes combien ? "), Act::End]),
        embedded(),
    ]);
    assert_eq!(
        test.reply().await,
        at(&[(0, "Bonsoir. Vous êtes combien ? "), (0, "done at 1")])
    );
}

#[tokio::test(start_paused = true)]
async fn when_all_fail_the_last_error_is_told() {
    let test = Test::new(vec![
        ("cloud", vec![Act::Fail(broken())]),
        ("embedded", vec![Act::Hang]),
    ]);
    assert_eq!(
        test.reply().await,
        at(&[(3000, "embedded is unavailable: no result in time")])
    );
    assert_eq!(
        Test::new(vec![]).reply().await,
        at(&[(0, "chain can't do this: no engine can do this")])
    );
}

#[tokio::test(start_paused = true)]
async fn a_model_that_keeps_failing_is_left_alone_and_then_tried_again() {
    let test = Test::new(vec![("cloud", vec![Act::Hang]), embedded()]);
    for wait in [1200, 200, 200] {
        assert_eq!(test.reply().await[0], (wait, EMBEDDED.to_owned()));
    }
    assert_eq!(test.reply().await[0], (0, EMBEDDED.to_owned()), "its breaker is open");
    tokio::time::advance(Duration::from_secs(5)).await;
    test.told.take();
    assert_eq!(test.reply().await[0], (1200, EMBEDDED.to_owned()));
    assert_eq!(test.told.take()[0], "Llm cloud asked");
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_is_dropped_says_nothing_about_its_model() {
    let test = Test::new(vec![("cloud", vec![Act::Hang]), embedded()]);
    for _ in 0..10 {
        let mut results = test.chain.reply(request());
        assert!(
            tokio::time::timeout(Duration::from_millis(500), results.next())
                .await
                .is_err()
        );
    }
    test.told.take();
    test.reply().await;
    assert_eq!(test.told.take()[0], "Llm cloud asked");
}

/// A model that translates into whatever language the learner speaks.
struct Polyglot;

impl Llm for Polyglot {
    fn name(&self) -> &'static str {
        "polyglot"
    }

    fn translates_into(&self, native: Language) -> Option<Language> {
        Some(native)
    }

    fn reply(&self, _request: ReplyRequest) -> Results<ReplyPiece> {
        stream::empty().boxed()
    }
}

#[test]
fn the_language_of_translations_is_known_where_all_models_agree() {
    let plain = || -> Arc<dyn Llm> {
        Arc::new(FakeLlm {
            name: "plain",
            acts: Vec::new(),
        })
    };
    let into = |engines: Vec<Arc<dyn Llm>>, native| {
        let told = Arc::new(Told::default());
        FallbackLlm::new(engines, ChainConfig::default(), Arc::default(), told).translates_into(native)
    };
    let german = Language::German;
    assert_eq!(into(vec![plain()], german), Some(Language::English));
    assert_eq!(into(vec![Arc::new(Polyglot)], german), Some(german));
    assert_eq!(into(vec![Arc::new(Polyglot), plain()], german), None);
    let english = Language::English;
    assert_eq!(into(vec![Arc::new(Polyglot), plain()], english), Some(english));
}
