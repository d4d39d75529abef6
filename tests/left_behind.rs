//! Nothing is left behind: memory, sockets, threads and actors after many calls.

use std::time::{Duration, Instant};

use colloquy_loadtest::api::Api;
use colloquy_loadtest::call::Call;
use futures::future::join_all;
use serde_json::json;

use crate::caller::message;
use crate::program::{Footprint, Program, metric, scripted};

/// Calls at once.
const WAVE: usize = 20;
/// How long a conversation waits for a caller who may come back, and then some on a busy machine.
const ABANDONED: Duration = Duration::from_secs(90);
/// What memory may have grown by after two hundred calls, in kB: 40 kB a call, a quarter of what its peer alone holds.
const GROWTH: u64 = 8 * 1024;

/// Descriptors that may have come in the meantime: the pool opens connections to the database when it is busy, and keeps
/// them. What calls leave behind is far more, as each way to go is taken by fifty of the two hundred.
const POOL: usize = 16;

/// How a caller goes.
#[derive(Clone, Copy)]
enum Exit {
    Delete,
    DataChannel,
    Vanish,
    Rest,
}

#[actix_rt::test]
async fn two_hundred_calls_leave_memory_sockets_threads_and_actors_where_they_were() {
    let dir = tempfile::tempdir().unwrap();
    // However late it gets: what is left behind is asked here, and not how much it carries.
    let program = Program::start(scripted(&dir).env("MAX_FRAME_LATENESS_MS", "60000"));
    let api = program.guest().await;
    // The first two hundred bring memory to its height: callers who vanish are waited for, and the allocator keeps what it
    // once had. The next two hundred must need no more.
    two_hundred(&api).await;
    let before = at_rest(&program, None).await;
    two_hundred(&api).await;
    let after = at_rest(&program, Some(before)).await;
    println!("before: {before:?}, after: {after:?}");
    assert!(after.rss <= before.rss + GROWTH, "{before:?}, then {after:?}");
    let metrics = program.metrics().await;
    assert_eq!(metric(&metrics, "colloquy_live_peers_ended_total"), 400.0, "{metrics}");
}

/// Ten waves, with all ways to go mixed.
async fn two_hundred(api: &Api) {
    let kinds = [Exit::Delete, Exit::DataChannel, Exit::Vanish, Exit::Rest];
    for _ in 0..10 {
        wave(api, |caller| kinds[caller % kinds.len()]).await;
    }
}

/// Callers join together, hear the agent begin and leave, each as it does.
async fn wave(api: &Api, exit: impl Fn(usize) -> Exit) {
    let calls = (0..WAVE).map(|caller| one_call(api, exit(caller)));
    join_all(calls).await;
}

async fn one_call(api: &Api, exit: Exit) {
    let conversation = api.create_conversation("restaurant", "english").await.unwrap();
    let mut call = Call::join(api, &conversation).await.unwrap();
    message(&mut call, "ai_response").await;
    match exit {
        Exit::Delete => call.leave().await.unwrap(),
        Exit::DataChannel => {
            call.send_message(&json!({"type": "end"})).await.unwrap();
            message(&mut call, "summary").await;
            call.vanish().await.unwrap();
        }
        Exit::Vanish => call.vanish().await.unwrap(),
        Exit::Rest => {
            api.end(&conversation).await.unwrap();
            message(&mut call, "summary").await;
            call.vanish().await.unwrap();
        }
    }
}

/// What the program holds once all calls are over, and no more sockets (but for the pool's) and threads than before are open.
async fn at_rest(program: &Program, before: Option<Footprint>) -> Footprint {
    let started = Instant::now();
    loop {
        let metrics = program.metrics().await;
        let alive = ["conversations", "agents"].map(|what| metric(&metrics, &format!("colloquy_live_{what}")));
        let footprint = program.footprint();
        let is_back = before.is_none_or(|before| {
            footprint.descriptors <= before.descriptors + POOL && footprint.threads <= before.threads
        });
        if alive == [0.0, 0.0] && is_back {
            return footprint;
        }
        assert!(
            started.elapsed() < ABANDONED,
            "alive: {alive:?}; {before:?}, now {footprint:?}"
        );
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
