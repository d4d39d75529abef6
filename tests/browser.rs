//! Headless Chromium, driven by WebDriver.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How long a page may take to show what it must, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the page is looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Conversations run in real time: more browsers at once than this would starve each other.
const BROWSERS: usize = 2;

static TURNSTILE: Semaphore = Semaphore::const_new(BROWSERS);

/// A running browser with one page. Chromium and its driver end with it, however the test ends.
pub struct Browser {
    driver: Child,
    profile: TempDir,
    page: Client,
    _turn: SemaphorePermit<'static>,
}

impl Browser {
    /// Starts Chromium at a window size in CSS pixels, once there is room for it.
    pub async fn start(width: u32, height: u32) -> Self {
        let turn = TURNSTILE.acquire().await.expect("the turnstile is never closed");
        let port = free_port();
        let profile = tempfile::tempdir().expect("a temporary directory");
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own, to be ended with everything that it started.
            .process_group(0)
            .spawn()
            .expect("chromedriver is installed (make test installs it)");
        let mut starting = Starting(Some(driver));
        let page = connect(port, &capabilities(width, height, profile.path())).await;
        let driver = starting.0.take().expect("taken only here");
        Self {
            driver,
            profile,
            page,
            _turn: turn,
        }
    }

    /// Opens a page.
    pub async fn open(&self, url: &str) {
        self.page.goto(url).await.expect("the page opens");
    }

    /// Runs a script in the page and returns what it returns.
    pub async fn run(&self, script: &str) -> Value {
        self.page
            .execute(script, Vec::new())
            .await
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Runs a script in the page that calls the last of its arguments when it is done, with what it returns.
    pub async fn run_to_end(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.page
            .execute_async(script, arguments)
            .await
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Clicks the element with this `data-testid`.
    pub async fn click(&self, id: &str) {
        let element = self.find(id).await;
        element
            .click()
            .await
            .unwrap_or_else(|error| panic!("{id} can't be clicked: {error}"));
    }

    /// Chooses a value of the `<select>` with this `data-testid`, once it is offered.
    pub async fn choose(&self, id: &str, value: &str) {
        let option = format!("[data-testid={id}] option[value=\"{value}\"]");
        let started = Instant::now();
        loop {
            self.until(&option, &format!("return document.querySelector('{option}') !== null"))
                .await;
            let element = self.find(id).await;
            match element.select_by_value(value).await {
                Ok(()) => return,
                // The page had just got a new list from the server.
                Err(error) if error.is_stale_element_reference() && started.elapsed() < PATIENCE => {}
                Err(error) => panic!("{value} of {id} can't be chosen: {error}"),
            }
        }
    }

    /// Types a line into the element with this `data-testid`, and the Enter key.
    pub async fn type_line(&self, id: &str, text: &str) {
        let element = self.find(id).await;
        element
            .send_keys(&format!("{text}\n"))
            .await
            .unwrap_or_else(|error| panic!("{id} can't be typed into: {error}"));
    }

    /// Clicks the one element that a CSS selector finds, once it is there.
    pub async fn press(&self, css: &str) {
        let element = self.only(css).await;
        element
            .click()
            .await
            .unwrap_or_else(|error| panic!("{css} can't be clicked: {error}"));
    }

    /// Types a text into a field in place of what it holds.
    pub async fn fill(&self, css: &str, text: &str) {
        let element = self.only(css).await;
        let typed = async {
            element.clear().await?;
            element.send_keys(text).await
        };
        typed
            .await
            .unwrap_or_else(|error| panic!("{css} can't be filled in: {error}"));
    }

    /// The text that an element shows, once it shows any.
    pub async fn text(&self, css: &str) -> String {
        let script = format!("return document.querySelector({})?.innerText.trim()", json!(css));
        let text = self.until(&format!("a text in {css}"), &script).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an element shows a text, among others.
    pub async fn shows(&self, css: &str, text: &str) {
        let script = format!(
            "return document.querySelector({})?.innerText.includes({})",
            json!(css),
            json!(text)
        );
        self.until(&format!("{text:?} in {css}"), &script).await;
    }

    /// Polls a script until it returns something truthy, and returns that.
    pub async fn until(&self, what: &str, script: &str) -> Value {
        let started = Instant::now();
        loop {
            let value = self.run(script).await;
            let is_truthy =
                !matches!(value, Value::Null | Value::Bool(false)) && value != json!("") && value != json!(0);
            if is_truthy {
                return value;
            }
            if started.elapsed() > PATIENCE {
                let text = self.run("return document.body.innerText").await;
                let events = self.run("return window.events?.slice(-12)").await;
                panic!("still waiting for {what}; the page says:\n{text}\nand last it was told:\n{events:#}");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Keeps the page as a PNG, for people to look at: in the directory that `SCREENSHOTS` names, if any.
    pub async fn screenshot(&self, name: &str) {
        if let Some(dir) = std::env::var_os("SCREENSHOTS") {
            let png = self.page.screenshot().await.expect("a screenshot");
            std::fs::write(Path::new(&dir).join(format!("{name}.png")), png).expect("SCREENSHOTS can be written to");
        }
    }

    async fn find(&self, id: &str) -> fantoccini::elements::Element {
        self.only(&format!("[data-testid={id}]")).await
    }

    async fn only(&self, css: &str) -> fantoccini::elements::Element {
        self.page
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(css))
            .await
            .unwrap_or_else(|error| panic!("no element {css}: {error}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Chromium leaves its driver's group. It names itself by a link "host-pid" in its profile.
        let lock = std::fs::read_link(self.profile.path().join("SingletonLock"));
        let pid = lock
            .ok()
            .and_then(|name| Some(name.to_str()?.rsplit_once('-')?.1.to_owned()));
        if let Some(pid) = pid {
            end(&pid);
        }
        end_driver(&mut self.driver);
    }
}

/// A driver that has no session yet.
struct Starting(Option<Child>);

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(driver) = &mut self.0 {
            end_driver(driver);
        }
    }
}

fn end_driver(driver: &mut Child) {
    end(&format!("-{}", driver.id()));
    // It is gone or going: either way there is nothing left to do but to collect it.
    let _ = driver.wait();
}

/// Ends a process, or with a minus a group, by its number.
fn end(pid: &str) {
    let kill = Command::new("kill")
        .args(["-KILL", "--", pid])
        .stderr(Stdio::null())
        .status();
    if let Err(error) = kill {
        eprintln!("{pid} is left running: {error}");
    }
}

async fn connect(port: u16, capabilities: &Capabilities) -> Client {
    let url = format!("http://127.0.0.1:{port}");
    let started = Instant::now();
    loop {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        match builder.capabilities(capabilities.clone()).connect(&url).await {
            Ok(page) => return page,
            Err(error) if started.elapsed() > PATIENCE => panic!("no browser: {error}"),
            Err(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

fn capabilities(width: u32, height: u32, profile: &Path) -> Capabilities {
    let options = json!({"args": [
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
        "--lang=en-US",
        format!("--user-data-dir={}", profile.display()),
    ],
    // Windows can't be as narrow as a phone's.
    "mobileEmulation": {"deviceMetrics": {
        "width": width, "height": height, "pixelRatio": 1, "mobile": width < 600, "touch": width < 600,
    }}});
    [("goog:chromeOptions".to_owned(), options)].into_iter().collect()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}
