//! The program as a process of its own, with its log, its sockets and its memory.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use colloquy::accounts::signing_key::FILE;
use colloquy_loadtest::api::{self, Api};
use tempfile::TempDir;

use crate::test_server::signing_key;

/// How long a start may take on a busy machine, the making of a key included.
const START: Duration = Duration::from_secs(60);

/// A program under way. Dropped, it is killed.
pub struct Program {
    child: Child,
    base: String,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

/// What a process holds.
#[derive(Clone, Copy, Debug)]
pub struct Footprint {
    /// Resident memory in kB.
    pub rss: u64,
    /// Open file descriptors.
    pub descriptors: usize,
    pub threads: usize,
}

/// The program on free ports, keeping its things in a directory, not yet started.
pub fn command(data_dir: &TempDir) -> Command {
    let key_file = data_dir.path().join(FILE);
    if !key_file.exists() {
        fs::write(key_file, signing_key()).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_colloquy"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOST", "127.0.0.1")
        .env("PORT", "0")
        .env("TUTOR_PORT", "")
        .env("RTC_UDP_PORT", "0")
        .env("RTC_TCP_PORT", "0")
        .env("RTC_ADDRESSES", "127.0.0.1")
        .env("RATE_LIMITS", "off")
        .env("DATA_DIR", data_dir.path());
    command
}

/// The same with engines that give fixed answers at once.
pub fn scripted(data_dir: &TempDir) -> Command {
    let mut command = command(data_dir);
    command
        .env("STT", "scripted")
        .env("LLM", "scripted")
        .env("TTS", "scripted");
    command
}

impl Program {
    /// Starts it and waits until it is ready.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let written = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                written.lock().unwrap().push(line);
            }
        });
        let mut program = Self {
            child,
            base: String::new(),
            log,
            reader: Some(reader),
        };
        let deadline = Instant::now() + START;
        loop {
            let ready = program.log().into_iter().find(|line| line.contains("ready"));
            let address = ready.as_deref().and_then(|line| line.split("http_addr=").nth(1));
            if let Some(address) = address.and_then(|rest| rest.split_whitespace().next()) {
                program.base = format!("http://{address}");
                return program;
            }
            assert!(
                program.child.try_wait().unwrap().is_none() && Instant::now() < deadline,
                "not ready: {:?}",
                program.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where it answers: `http://host:port`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A new guest of it.
    pub async fn guest(&self) -> Api {
        let http = api::http_client().expect("an HTTP client");
        Api::guest(http, &self.base).await.expect("a guest")
    }

    /// What it has logged so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Its metrics in the text format of Prometheus.
    pub async fn metrics(&self) -> String {
        let client = api::http_client().expect("an HTTP client");
        let answer = client.get(format!("{}/metrics", self.base)).send().await.unwrap();
        answer.text().await.unwrap()
    }

    /// What it holds now.
    pub fn footprint(&self) -> Footprint {
        let proc = format!("/proc/{}", self.child.id());
        let status = fs::read_to_string(format!("{proc}/status")).unwrap();
        let rss = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok())
            .unwrap();
        let count = |what: &str| fs::read_dir(format!("{proc}/{what}")).unwrap().count();
        Footprint {
            rss,
            descriptors: count("fd"),
            threads: count("task"),
        }
    }

    /// Asks it to stop, as an operator does.
    pub fn terminate(&self) {
        let sent = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until it has stopped; gives all that it has logged.
    pub fn wait(mut self) -> (ExitStatus, Vec<String>) {
        let status = self.child.wait().unwrap();
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        (status, self.log())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have stopped by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A metric by its name, all its labels together; 0 when it isn't there.
pub fn metric(metrics: &str, name: &str) -> f64 {
    metrics
        .lines()
        .filter_map(|line| {
            let rest = line.strip_prefix(name)?;
            let value = match rest.strip_prefix('{') {
                Some(labelled) => labelled.split_once("} ")?.1,
                None => rest.strip_prefix(' ')?,
            };
            Some(value.trim().parse::<f64>().unwrap())
        })
        .sum()
}
