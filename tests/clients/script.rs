//! A client under way: a script of this directory in a process of its own, with which a test talks by lines.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::packages::{SCRIPTS, installed, python};
use crate::test_server::TestServer;

/// Nothing takes so long, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const ERRORS: &str = "stderr.txt";

/// A script that is still to be started, in a directory of its own.
pub struct Script {
    directory: TempDir,
    command: Command,
}

/// A script that runs. Dropped, it is killed.
pub struct Client {
    directory: TempDir,
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Script {
    /// A script by its file name: `.mjs` for Node, `.py` for Python. It finds the server in the variable `BASE`.
    pub async fn new(name: &str, server: &TestServer) -> Self {
        let packages = installed().await;
        let interpreter = match name.rsplit_once('.') {
            Some((_, "mjs")) => PathBuf::from("node"),
            Some((_, "py")) => python(packages),
            _ => panic!("{name}"),
        };
        // Below the packages, where Node looks for them.
        let directory = TempDir::new_in(packages).unwrap();
        for file in fs::read_dir(SCRIPTS).unwrap().map(Result::unwrap) {
            let extension = file.path().extension().map(ToOwned::to_owned);
            if extension.is_some_and(|extension| ["mjs", "py", "toml"].iter().any(|known| extension == *known)) {
                fs::copy(file.path(), directory.path().join(file.file_name())).unwrap();
            }
        }
        let mut command = Command::new(interpreter);
        command
            .arg(name)
            .current_dir(directory.path())
            .env("BASE", format!("http://{}", server.running.http_addr))
            .env("NO_PROXY", "*")
            .env("PYTHONUNBUFFERED", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(directory.path().join(ERRORS)).unwrap())
            .kill_on_drop(true);
        Self { directory, command }
    }

    /// Sets a variable.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Puts a file beside the script.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.directory.path().join(name), content).unwrap();
        self
    }

    /// Starts it.
    pub fn start(mut self) -> Client {
        let mut child = self.command.spawn().unwrap_or_else(|error| {
            panic!(
                "{:?}: {error}. `make test-packages` installs what it needs.",
                self.command
            )
        });
        Client {
            directory: self.directory,
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
        }
    }
}

impl Client {
    /// The next line that it prints.
    pub async fn line(&mut self) -> String {
        let line = self.try_line().await;
        line.unwrap_or_else(|| panic!("it ended: {}", self.errors()))
    }

    /// The next line, which is JSON.
    pub async fn told(&mut self) -> Value {
        let line = self.line().await;
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Gives it a line of JSON to read.
    pub async fn tell(&mut self, value: &Value) {
        let line = format!("{value}\n");
        self.input.write_all(line.as_bytes()).await.unwrap();
        self.input.flush().await.unwrap();
    }

    /// The lines that it still prints until it ends well.
    pub async fn end(mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = self.try_line().await {
            lines.push(line);
        }
        let status = timeout(PATIENCE, self.child.wait())
            .await
            .expect("it doesn't end")
            .unwrap();
        assert!(status.success(), "{status}: {lines:#?}\n{}", self.errors());
        lines
    }

    async fn try_line(&mut self) -> Option<String> {
        let line = timeout(PATIENCE, self.output.next_line()).await;
        line.unwrap_or_else(|_| panic!("nothing comes: {}", self.errors()))
            .unwrap()
    }

    fn errors(&self) -> String {
        fs::read_to_string(self.directory.path().join(ERRORS)).unwrap_or_default()
    }
}
