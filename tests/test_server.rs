//! A program of its own for each test: started in this process, on any free port, with a directory that is removed.

use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;
use std::time::Duration;

use crate::description::{Answered, Description};
use crate::fresh_database;
use colloquy::accounts::signing_key::{FILE, SigningKey};
use colloquy::config::Config;
use colloquy::server::{Running, Server, StartError};
use colloquy_loadtest::api::{self, Api};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Connection};
use tempfile::TempDir;

/// The program under test.
pub struct TestServer {
    pub running: Running,
    client: reqwest::Client,
    data_dir: TempDir,
    variables: BTreeMap<String, String>,
    rejoin: Option<Duration>,
}

/// How it shall be set up.
pub struct Builder {
    data_dir: TempDir,
    variables: BTreeMap<String, String>,
    rejoin: Option<Duration>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

/// A key that signs tokens. Making one takes long: one for all tests.
pub fn signing_key() -> &'static str {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        SigningKey::load_or_create(dir.path()).unwrap();
        fs::read_to_string(dir.path().join(FILE)).unwrap()
    })
}

impl Builder {
    /// With `TEST_DATABASE_URL` and `TEST_REDIS_URL`, each program gets an empty database of its own on that server, in place
    /// of a SQLite file, and its own part of that Redis. What was set stays: two programs may share.
    async fn on_the_servers_under_test(mut self) -> Self {
        if !self.variables.contains_key("DATABASE_URL")
            && let Some(url) = fresh_database::url().await
        {
            self = self.set("DATABASE_URL", &url);
        }
        if !self.variables.contains_key("REDIS_URL")
            && let Ok(url) = std::env::var("TEST_REDIS_URL")
        {
            let prefix = format!("test:{}:", uuid::Uuid::new_v4().simple());
            self = self.set("REDIS_URL", &url).set("REDIS_PREFIX", &prefix);
        }
        self
    }

    /// Sets a variable.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Shortens the wait for whoever may come back to a call.
    pub fn rejoin(mut self, rejoin: Duration) -> Self {
        self.rejoin = Some(rejoin);
        self
    }

    /// Starts the program.
    pub async fn start(self) -> TestServer {
        self.try_start().await.unwrap()
    }

    /// Starts the program, or tells why it doesn't.
    pub async fn try_start(self) -> Result<TestServer, StartError> {
        let this = self.on_the_servers_under_test().await;
        let key_file = this.data_dir.path().join(FILE);
        if !key_file.exists() {
            fs::write(key_file, signing_key()).unwrap();
        }
        let mut config = Config::from_lookup(|name| this.variables.get(name).cloned()).unwrap();
        config.rtc.rejoin = this.rejoin.unwrap_or(config.rtc.rejoin);
        // A second time it has no effect, and needs none.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(TestServer {
            running: Server::start(config).await?,
            client: reqwest::Client::new(),
            data_dir: this.data_dir,
            variables: this.variables,
            rejoin: this.rejoin,
        })
    }
}

impl TestServer {
    /// A program with default settings, but on free ports and in a directory of its own.
    pub fn builder() -> Builder {
        let data_dir = tempfile::tempdir().unwrap();
        let variables = [
            ("HOST", "127.0.0.1"),
            ("PORT", "0"),
            ("TUTOR_PORT", "0"),
            ("RTC_UDP_PORT", "0"),
            ("RTC_TCP_PORT", "0"),
            ("MEDIA_THREADS", "1"),
            // Tests ask more in a second than people in an hour; those of the limits switch them on.
            ("RATE_LIMITS", "off"),
            ("DATA_DIR", data_dir.path().to_str().unwrap()),
        ];
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Builder {
            variables: variables.map(owned).into(),
            rejoin: None,
            data_dir,
        }
    }

    /// One whose engines follow a script.
    pub fn scripted() -> Builder {
        let engines = ["STT", "LLM", "TTS"];
        engines
            .into_iter()
            .fold(Self::builder(), |builder, engine| builder.set(engine, "scripted"))
    }

    /// Starts one with default settings.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Stops the program, and gives what is needed to start it again on what it kept.
    pub async fn stop(self) -> Builder {
        self.running.stop().await;
        Builder {
            data_dir: self.data_dir,
            variables: self.variables,
            rejoin: self.rejoin,
        }
    }

    /// What a query finds in its database, for what no request tells.
    pub async fn rows(&self, query: &'static str) -> Vec<AnyRow> {
        let file = || format!("sqlite://{}/colloquy.db", self.data_dir.path().display());
        let url = self.variables.get("DATABASE_URL").cloned().unwrap_or_else(file);
        let mut connection = AnyConnection::connect(&url).await.unwrap();
        sqlx::query(query).fetch_all(&mut connection).await.unwrap()
    }

    /// A variable that it was started with.
    pub fn variable(&self, name: &str) -> &str {
        &self.variables[name]
    }

    /// A request, not yet sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("http://{}{path}", self.running.http_addr))
    }

    /// `GET` with a credential.
    pub async fn get(&self, token: &str, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path).bearer_auth(token)).await
    }

    /// Sends a JSON body with a credential, by any method.
    pub async fn send(&self, token: &str, method: Method, path: &str, body: &Value) -> Answer {
        Answer::to(self.request(method, path).bearer_auth(token).json(body)).await
    }

    /// `POST` of a JSON body with a credential.
    pub async fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        Answer::to(self.request(Method::POST, path).bearer_auth(token).json(body)).await
    }

    /// A new guest, for calls over the wire.
    pub async fn caller(&self) -> Api {
        let http = api::http_client().expect("an HTTP client");
        let base = format!("http://{}", self.running.http_addr);
        Api::guest(http, &base).await.expect("a guest")
    }

    /// The token of a new guest.
    pub async fn guest(&self) -> String {
        let answer = Answer::to(self.request(Method::POST, "/v1/guests")).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// The id of a new conversation.
    pub async fn conversation(&self, token: &str) -> String {
        let body = json!({"topic": "restaurant", "language": "french"});
        let answer = self.post(token, "/v1/conversations", &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["id"].as_str().unwrap().to_owned()
    }
}

impl Answer {
    /// Sends a request and reads the answer, which must be one that the description of the API tells of.
    pub async fn to(request: RequestBuilder) -> Self {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = client.execute(request).await.unwrap();
        let this = Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        };
        let answered = Answered {
            status: this.status,
            headers: &this.headers,
            text: &this.text,
        };
        if let Err(reason) = Description::of_the_program().check(&method, &path, answered) {
            panic!("{method} {path} is not answered as described: {reason}\n{this:?}");
        }
        this
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header.
    pub fn header(&self, name: &str) -> &str {
        let value = self
            .headers
            .get(name)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"));
        value.to_str().unwrap()
    }

    /// Checks that it is an error of document 000's shape, and gives its details.
    pub fn error(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/json");
        let error = self.json()["error"].clone();
        assert_eq!(error["code"], code);
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()));
        assert_eq!(error["request_id"], self.header("x-request-id"));
        assert!(error["request_id"].as_str().unwrap().starts_with("req_"));
        assert!(error["details"].is_object());
        error
    }
}
