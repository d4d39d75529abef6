//! What is done about accounts every now and then: new signing keys are read, and what has expired is forgotten, guests too.

use std::path::PathBuf;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval};

use super::key_ring::KeyRing;
use super::{Accounts, GUEST_LIFETIME};
use crate::audio::AudioStore;
use crate::clock::Timestamp;
use crate::storage::idempotency::KEPT;

/// How often the keys are read; well below [`NOTICE`](super::key_ring::NOTICE).
const KEYS_EVERY: Duration = Duration::from_secs(60);

/// How often, in rounds of [`KEYS_EVERY`], what has expired is forgotten.
const FORGET_EVERY: u32 = 60;

/// How long what has expired is kept: clocks of several nodes differ.
const GRACE: Duration = Duration::from_secs(24 * 60 * 60);
const _: () = assert!(
    GRACE.as_secs() >= KEPT.as_secs(),
    "answers that may be asked for are kept"
);

/// Starts it, with the keys of that directory. It goes on until it is aborted.
pub fn start(accounts: Accounts, audio: AudioStore, key_dir: PathBuf) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut ticks = interval(KEYS_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first comes at once, when the keys have just been read.
        ticks.tick().await;
        let mut round: u32 = 0;
        loop {
            ticks.tick().await;
            round = round.wrapping_add(1);
            let dir = key_dir.clone();
            match spawn_blocking(move || KeyRing::load(&dir)).await {
                Ok(Ok(keys)) => accounts.tokens.use_keys(keys),
                Ok(Err(error)) => tracing::error!(%error, "signing keys can't be read; those in use stay in use"),
                Err(error) => tracing::error!(%error, "reading signing keys failed"),
            }
            if round.is_multiple_of(FORGET_EVERY) {
                forget(&accounts, &audio, Timestamp::now()).await;
            }
        }
    })
}

async fn forget(accounts: &Accounts, audio: &AudioStore, now: Timestamp) {
    if let Err(error) = accounts.database.forget_expired(now.earlier(GRACE)).await {
        tracing::warn!(%error, "what has expired can't be removed now");
    }
    match accounts.forget_guests(audio, now.earlier(GUEST_LIFETIME + GRACE)).await {
        Ok(0) => {}
        Ok(guests) => tracing::info!(guests, "guests of whom nothing was heard are removed"),
        Err(error) => tracing::warn!(%error, "guests of whom nothing was heard can't be removed now"),
    }
}
