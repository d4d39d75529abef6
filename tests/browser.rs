//! Headless Chromium with a microphone that says what a test wants, when it wants.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};

/// How long a page may take to show what it must.
const PATIENCE: Duration = Duration::from_secs(30);

/// Replaces the microphone by a loudspeaker that the test holds in front of it.
const MICROPHONE: &str = r"
    const context = new AudioContext({ sampleRate: 48000 });
    const microphone = context.createMediaStreamDestination();
    navigator.mediaDevices.getUserMedia = async () => microphone.stream.clone();
    window.say = async (base64) => {
        await context.resume();
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const source = context.createBufferSource();
        source.buffer = await context.decodeAudioData(bytes.buffer);
        source.connect(microphone);
        source.start();
        await new Promise((resolve) => { source.onended = resolve; });
    };
";

/// A running browser with one page; it is closed when dropped.
pub struct Browser {
    driver: Child,
    profile: tempfile::TempDir,
    /// The WebDriver session.
    pub page: Client,
}

impl Browser {
    /// Starts Chromium at a window size in CSS pixels.
    pub async fn start(width: u32, height: u32) -> Self {
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed (make test installs it)");
        let profile = tempfile::tempdir().expect("a temporary directory");
        let mut capabilities = Capabilities::new();
        capabilities.insert(
            "goog:chromeOptions".to_owned(),
            json!({"args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
                "--autoplay-policy=no-user-gesture-required",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                format!("--window-size={width},{height}"),
                format!("--user-data-dir={}", profile.path().display()),
            ]}),
        );
        capabilities.insert("goog:loggingPrefs".to_owned(), json!({"browser": "ALL"}));
        let url = format!("http://127.0.0.1:{port}");
        let started = Instant::now();
        let page = loop {
            let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
            match builder.capabilities(capabilities.clone()).connect(&url).await {
                Ok(page) => break page,
                Err(error) if started.elapsed() > PATIENCE => panic!("no browser: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        };
        Self {
            driver,
            profile,
            page,
        }
    }

    /// Opens a page with the test's microphone.
    pub async fn open(&self, url: &str) {
        self.page.goto(url).await.expect("the page opens");
        self.run(MICROPHONE).await;
    }

    /// Runs a script in the page and returns what it returns.
    pub async fn run(&self, script: &str) -> Value {
        self.page
            .execute(script, Vec::new())
            .await
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Says a WAV file into the microphone, to its end.
    pub async fn say(&self, wav: &[u8]) {
        let script = "const [base64, done] = arguments; say(base64).then(() => done(null), (e) => done(String(e)));";
        let said = self
            .page
            .execute_async(script, vec![json!(STANDARD.encode(wav))])
            .await
            .expect("the clip is played");
        assert_eq!(said, Value::Null, "the clip could not be played");
    }

    /// Clicks the element with this `data-testid`.
    pub async fn click(&self, id: &str) {
        let element = self
            .page
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(&format!("[data-testid={id}]")))
            .await
            .unwrap_or_else(|error| panic!("no element {id}: {error}"));
        element
            .click()
            .await
            .unwrap_or_else(|error| panic!("{id} can't be clicked: {error}"));
    }

    /// Polls a script until it returns something truthy, and returns that.
    pub async fn until(&self, what: &str, script: &str) -> Value {
        let started = Instant::now();
        loop {
            let value = self.run(script).await;
            let is_truthy = !matches!(value, Value::Null | Value::Bool(false)) && value != json!("");
            if is_truthy {
                return value;
            }
            if started.elapsed() > PATIENCE {
                let captions = self.run("return document.body.innerText").await;
                panic!("still waiting for {what}; the page says:\n{captions}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The page as a PNG.
    pub async fn screenshot(&self) -> Vec<u8> {
        self.page.screenshot().await.expect("a screenshot")
    }

    /// Ends the session and the driver.
    pub async fn close(mut self) {
        let _ = self.page.clone().close().await;
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        drop(self.profile);
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}
