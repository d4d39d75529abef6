//! Processes of espeak-ng that were started ahead: each has read its voice and waits for its text.
//!
//! A process says one phrase and ends, so that nothing of one phrase can get into another. Starting one forks the whole program,
//! which is no work for a thread that also sends packets: it is done on the runtime's blocking threads, ahead of time where the
//! voice was asked for before.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::process::{Child, Command};
use tokio::runtime::Handle;

use crate::engine::Pace;

/// What a process is started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reader {
    /// The name of the voice.
    pub voice: &'static str,
    pub pace: Pace,
}

/// The processes that wait for a text. Clones share them; with the last one they are killed.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    program: Arc<OsString>,
    /// Where processes are started and their pipes are watched, whoever speaks through them.
    runtime: Handle,
    /// Locked to take one out or to put one in, never while one is started.
    spare: Arc<Mutex<Spare>>,
}

#[derive(Debug, Default)]
struct Spare {
    /// The oldest first.
    waiting: VecDeque<(Reader, Child)>,
    /// What is being started.
    starting: Vec<Reader>,
}

impl Pool {
    /// An empty pool, whose processes belong to the runtime that this is called in.
    pub(super) fn new(program: OsString) -> Self {
        Self {
            program: Arc::new(program),
            runtime: Handle::current(),
            spare: Arc::default(),
        }
    }

    /// A process that waits for its text; it is killed when it is dropped. Starts the next ones in the background.
    pub(super) async fn take(&self, reader: Reader) -> io::Result<Child> {
        let (spare, missing) = self.spare().take(reader);
        if missing > 0 {
            let pool = self.clone();
            self.runtime.spawn_blocking(move || {
                for _ in 0..missing {
                    pool.add(reader);
                }
            });
        }
        if let Some(process) = spare {
            return Ok(process);
        }
        let program = Arc::clone(&self.program);
        let started = self.runtime.spawn_blocking(move || start(&program, reader));
        started.await.map_err(io::Error::other)?
    }

    /// Starts a process that waits. Blocks.
    fn add(&self, reader: Reader) {
        let process = start(&self.program, reader);
        self.spare().add(reader, process);
    }

    fn spare(&self) -> std::sync::MutexGuard<'_, Spare> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spare {
    /// A process that waits and is still alive, and how many of its kind are to be started: they are counted as if they were.
    fn take(&mut self, reader: Reader) -> (Option<Child>, usize) {
        let mut taken = None;
        while taken.is_none()
            && let Some(at) = self.waiting.iter().position(|(of, _)| *of == reader)
        {
            // One that has ended by itself is no use.
            taken = self
                .waiting
                .remove(at)
                .and_then(|(_, mut process)| matches!(process.try_wait(), Ok(None)).then_some(process));
        }
        let waiting = self.waiting.iter().filter(|(of, _)| *of == reader).count();
        let starting = self.starting.iter().filter(|of| **of == reader).count();
        let missing = SPARE.saturating_sub(waiting + starting);
        self.starting.extend(std::iter::repeat_n(reader, missing));
        (taken, missing)
    }

    fn add(&mut self, reader: Reader, process: io::Result<Child>) {
        if let Some(at) = self.starting.iter().position(|of| *of == reader) {
            self.starting.swap_remove(at);
        }
        // If it can't be started, the phrase that needs it will say so.
        let Ok(process) = process else {
            return;
        };
        self.waiting.push_back((reader, process));
        if self.waiting.len() > SPARE_AT_MOST {
            self.waiting.pop_front();
        }
    }
}

fn start(program: &OsString, reader: Reader) -> io::Result<Child> {
    let words_per_minute = match reader.pace {
        Pace::Natural => NATURAL_WORDS_PER_MINUTE,
        Pace::Slow => SLOW_WORDS_PER_MINUTE,
        Pace::Slower => SLOWER_WORDS_PER_MINUTE,
    };
    Command::new(program)
        .args([
            "--stdin",
            "--stdout",
            "-b",
            "1",
            "-v",
            reader.voice,
            "-s",
            words_per_minute,
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

/// As the program counts; without the silence that is trimmed it is some 20% more.
const NATURAL_WORDS_PER_MINUTE: &str = "155";
const SLOW_WORDS_PER_MINUTE: &str = "115";
/// Near the least that the program takes, 80.
const SLOWER_WORDS_PER_MINUTE: &str = "85";
/// Processes of a voice and pace that wait, once they were asked for.
const SPARE: usize = 2;
/// Processes that wait, of all voices.
const SPARE_AT_MOST: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(voice: &'static str) -> Reader {
        Reader {
            voice,
            pace: Pace::Natural,
        }
    }

    fn waiting(pool: &Pool, reader: Reader) -> Vec<Option<u32>> {
        let spare = pool.spare();
        let of_kind = spare.waiting.iter().filter(|(of, _)| *of == reader);
        of_kind.map(|(_, process)| process.id()).collect()
    }

    fn fill(pool: &Pool, reader: Reader) {
        for _ in 0..SPARE {
            pool.add(reader);
        }
    }

    /// Any program that waits for its input will do. It is written once: a test that wrote it again would pull it from under
    /// the others.
    fn patient() -> Pool {
        static PATH: std::sync::OnceLock<std::path::PathBuf> = std::sync::OnceLock::new();
        let path = PATH.get_or_init(|| {
            let path = std::env::temp_dir().join(format!("colloquy-{}-patient", std::process::id()));
            let script = "printf '#!/bin/sh\\nexec cat' > \"$1\" && chmod +x \"$1\"";
            let status = std::process::Command::new("sh")
                .args(["-c", script, "sh"])
                .arg(&path)
                .status();
            assert!(status.is_ok_and(|status| status.success()));
            path
        });
        Pool::new(path.into())
    }

    #[tokio::test]
    async fn spare_processes_are_taken_first_and_replaced() {
        let pool = patient();
        let (french, german) = (reader("fr-fr"), reader("de"));
        fill(&pool, french);
        let before = waiting(&pool, french);
        assert_eq!(before.len(), SPARE);
        let process = pool.take(french).await.unwrap();
        assert_eq!(process.id(), before[0]);
        assert!(pool.take(german).await.is_ok());
        while waiting(&pool, french).len() < SPARE || waiting(&pool, german).len() < SPARE {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_spare_process_that_has_ended_is_not_taken() {
        let pool = patient();
        let french = reader("fr-fr");
        fill(&pool, french);
        let dead = {
            let mut spare = pool.spare();
            let (_, process) = &mut spare.waiting[0];
            process.start_kill().unwrap();
            process.id()
        };
        while matches!(pool.spare().waiting[0].1.try_wait(), Ok(None)) {
            tokio::task::yield_now().await;
        }
        assert_ne!(pool.take(french).await.unwrap().id(), dead);
    }

    #[tokio::test]
    async fn no_more_than_so_many_wait_and_those_of_the_last_voices() {
        let pool = patient();
        let voices = ["a", "b", "c", "d", "e", "f", "g"];
        for voice in voices {
            fill(&pool, reader(voice));
        }
        assert_eq!(pool.spare().waiting.len(), SPARE_AT_MOST);
        assert_eq!(waiting(&pool, reader("a")), []);
        assert_eq!(waiting(&pool, reader("g")).len(), SPARE);
    }

    #[tokio::test]
    async fn a_program_that_is_missing_is_an_error() {
        let pool = Pool::new("/nowhere/espeak-ng".into());
        assert!(pool.take(reader("de")).await.is_err());
    }
}
