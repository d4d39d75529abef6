//! Requests beside the calls, as people make who look at their progress while others talk: an open loop at a fixed rate, so
//! that a slow server is asked no less often. A request's time counts from when it was due.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::api::{Api, ApiError};
use crate::measure::{Histogram, Spread};
use crate::transport::{Access, Credential};

/// Learners who ask; each has a conversation with something in it.
const LEARNERS: usize = 4;
/// Requests under way at once; what is due beyond is not made, and counted.
const MOST_AT_ONCE: usize = 64;

/// What is asked for, in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    History,
    Conversations,
    Progress,
    Leaderboard,
}

const QUESTIONS: [Question; 4] = [
    Question::History,
    Question::Progress,
    Question::Leaderboard,
    Question::Conversations,
];

/// What came of one kind of request.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Answers {
    /// What was asked for.
    pub path: &'static str,
    /// Requests that were answered well.
    pub answered: usize,
    /// From when it was due to the end of its answer.
    pub took_ms: Option<Spread>,
}

/// What came of all requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RestReport {
    /// Requests a second that were to be made.
    pub rate: f64,
    /// Requests made.
    pub made: usize,
    /// Of these, failed.
    pub failed: usize,
    /// Why the first of these failed.
    pub error: Option<String>,
    /// Requests that were not made, because too many waited for their answers.
    pub skipped: usize,
    /// All of them.
    pub took_ms: Option<Spread>,
    /// Each kind.
    pub paths: Vec<Answers>,
}

impl Question {
    /// The path, as the report calls it.
    fn name(self) -> &'static str {
        match self {
            Self::History => "GET /v1/conversations/{id}/messages",
            Self::Conversations => "GET /v1/conversations",
            Self::Progress => "GET /v1/users/me/progress",
            Self::Leaderboard => "GET /v1/leaderboards",
        }
    }

    fn path(self, conversation: &str) -> String {
        match self {
            Self::History => format!("/v1/conversations/{conversation}/messages"),
            Self::Conversations => "/v1/conversations".to_owned(),
            Self::Progress => "/v1/users/me/progress".to_owned(),
            Self::Leaderboard => "/v1/leaderboards".to_owned(),
        }
    }
}

/// Asks `rate` times a second until `stop` is set.
///
/// # Errors
/// When the learners can't be set up.
pub async fn ask(access: Arc<Access>, rate: f64, stop: Arc<AtomicBool>) -> Result<RestReport, ApiError> {
    let mut learners = Vec::new();
    for _ in 0..LEARNERS {
        let api = match &access.credential {
            Credential::Guests => Api::guest(access.http.clone(), &access.base).await?,
            Credential::Token(token) => Api::with_token(access.http.clone(), &access.base, token),
        };
        let conversation = api.create_conversation(&access.topic, &access.language).await?;
        api.say(&conversation, "?").await?;
        learners.push((api, conversation));
    }
    let room = Arc::new(Semaphore::new(MOST_AT_ONCE));
    let mut ticks = interval(Duration::from_secs_f64(1.0 / rate.clamp(0.1, 10_000.0)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut under_way = JoinSet::new();
    let mut tally = Tally::new(rate);
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let due = ticks.tick().await.into_std();
        while let Some(done) = under_way.try_join_next() {
            tally.count(done.ok());
        }
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
            tally.report.skipped += 1;
            continue;
        };
        let question = number % QUESTIONS.len();
        let (api, conversation) = learners[number / QUESTIONS.len() % LEARNERS].clone();
        number += 1;
        under_way.spawn(async move {
            let asked = api.read(&QUESTIONS[question].path(&conversation)).await;
            drop(permit);
            (question, due.elapsed(), asked)
        });
    }
    while let Some(done) = under_way.join_next().await {
        tally.count(done.ok());
    }
    for (api, conversation) in &learners {
        api.end(conversation).await?;
    }
    Ok(tally.report())
}

struct Tally {
    all: Histogram,
    each: [Histogram; QUESTIONS.len()],
    report: RestReport,
}

impl Tally {
    fn new(rate: f64) -> Self {
        Self {
            all: Histogram::new(),
            each: std::array::from_fn(|_| Histogram::new()),
            report: RestReport {
                rate,
                ..RestReport::default()
            },
        }
    }

    /// Counts a request; one whose task is gone has failed.
    fn count(&mut self, done: Option<(usize, Duration, Result<(), ApiError>)>) {
        self.report.made += 1;
        match done {
            Some((question, took, Ok(()))) => {
                let took = took.as_secs_f64() * 1000.0;
                self.all.record(took);
                self.each[question].record(took);
            }
            other => {
                self.report.failed += 1;
                let why = other.and_then(|(_, _, asked)| asked.err());
                self.report
                    .error
                    .get_or_insert_with(|| why.map_or_else(|| "it broke off".to_owned(), |why| why.to_string()));
            }
        }
    }

    fn report(self) -> RestReport {
        let paths = QUESTIONS.iter().zip(&self.each).map(|(question, took)| Answers {
            path: question.name(),
            answered: usize::try_from(took.count()).unwrap_or(usize::MAX),
            took_ms: took.spread(),
        });
        RestReport {
            took_ms: self.all.spread(),
            paths: paths.collect(),
            ..self.report
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::api::http_client;
    use crate::fake;

    #[tokio::test]
    async fn every_kind_of_request_is_made_and_counted() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let access = Arc::new(Access {
            http: http_client().expect("a client"),
            base: fake::server(|request| {
                ASKED.fetch_add(usize::from(request.starts_with("GET ")), Ordering::Relaxed);
                match request.starts_with("GET /v1/leaderboards") {
                    true => fake::answer("500 Internal Server Error", "{}"),
                    false => fake::answer("200 OK", r#"{"access_token":"t","id":"c"}"#),
                }
            })
            .await,
            topic: "restaurant".to_owned(),
            language: "french".to_owned(),
            credential: Credential::Guests,
        });
        let stop = Arc::new(AtomicBool::new(false));
        let asking = ask(access, 400.0, Arc::clone(&stop));
        // Enough was asked once each kind was asked for twice, however long that takes.
        let enough = async {
            while ASKED.load(Ordering::Relaxed) < 8 {
                tokio::task::yield_now().await;
            }
            stop.store(true, Ordering::Relaxed);
        };
        let (report, ()) = tokio::join!(asking, enough);
        let report = report.expect("learners");
        assert!(report.made >= 8, "{report:?}");
        assert_eq!(report.paths.len(), 4);
        for answers in &report.paths {
            assert_eq!(
                answers.answered == 0,
                answers.path.ends_with("leaderboards"),
                "{report:?}"
            );
        }
        assert!(report.failed > 0 && report.error.as_deref().is_some_and(|error| error.contains("500")));
        assert_eq!(report.took_ms.map(|took| took.count), Some(report.made - report.failed));
    }
}
