//! Document 002: sessions that take files and give files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use colloquy::audio::{Sound, decode, encode};
use colloquy::calls::{Calls, CallsError};
use colloquy::clock::Timestamp;
use colloquy::ids::ConversationId;
use colloquy::live::exchange::Said;
use colloquy::live::turns::Turn;
use colloquy::storage::conversations::SESSION_LIFETIME;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fresh_database;
use crate::test_server::{Answer, TestServer};
use crate::websocket::recording;

/// "I would like a table for two, please.", recorded by a browser's MediaRecorder.
const ANSWER: &[u8] = include_bytes!("data/sound/answer.webm");
const MEGABYTES_10: usize = 10 * 1024 * 1024;

struct Session {
    id: String,
    audio_url: String,
}

async fn start(server: &TestServer, scenario: &str, language: &str) -> Answer {
    let body = json!({"scenario": scenario, "language": language});
    Answer::to(server.request(Method::POST, "/api/session/start").json(&body)).await
}

async fn started(server: &TestServer, language: &str) -> Session {
    let answer = start(server, "restaurant", language).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    Session {
        id: answer["sessionId"].as_str().unwrap().to_owned(),
        audio_url: answer["audioUrl"].as_str().unwrap().to_owned(),
    }
}

fn form(file: Vec<u8>) -> Form {
    Form::new().part("audio", Part::bytes(file).file_name("recording"))
}

async fn process(server: &TestServer, id: &str, file: &[u8]) -> Answer {
    let path = format!("/api/session/{id}/process");
    Answer::to(server.request(Method::POST, &path).multipart(form(file.to_vec()))).await
}

async fn status(server: &TestServer, id: &str) -> Answer {
    Answer::to(server.request(Method::GET, &format!("/api/session/{id}/status"))).await
}

async fn end(server: &TestServer, id: &str) -> Answer {
    Answer::to(server.request(Method::DELETE, &format!("/api/session/{id}"))).await
}

/// Fetches what a URL of an answer names, from this server.
async fn listen(server: &TestServer, url: &str) -> reqwest::Response {
    let path = &url[url.find("/audio/").unwrap()..];
    server.request(Method::GET, path).send().await.unwrap()
}

fn detail(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/json");
    let body = answer.json();
    let body = body.as_object().unwrap();
    assert_eq!(body.keys().collect::<Vec<_>>(), ["detail"]);
    body["detail"].as_str().unwrap().to_owned()
}

fn keys(answer: &Value) -> Vec<&str> {
    answer.as_object().unwrap().keys().map(String::as_str).collect()
}

/// A stereo WAV file at 48 kHz with that sound.
fn stereo(sound: Sound) -> Vec<u8> {
    let mono = encode::wav(&sound.at(48_000).unwrap());
    let mut file = mono[..44].to_vec();
    let samples = mono[44..].chunks_exact(2).flat_map(|sample| [sample, sample].concat());
    file.extend(samples);
    let length = u32::try_from(file.len()).unwrap();
    file[4..8].copy_from_slice(&(length - 8).to_le_bytes());
    file[22] = 2;
    file[28..32].copy_from_slice(&(48_000u32 * 4).to_le_bytes());
    file[32] = 4;
    file[40..44].copy_from_slice(&(length - 44).to_le_bytes());
    file
}

#[actix_web::test]
async fn a_session_is_played_from_its_start_to_its_end() {
    let audio_dir = tempfile::tempdir().unwrap();
    let server = TestServer::scripted()
        .set("AUDIO_DIR", audio_dir.path().to_str().unwrap())
        .start()
        .await;
    let answer = start(&server, "restaurant", "french").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let session = answer.json();
    assert_eq!(keys(&session), ["audioUrl", "message", "scenario", "sessionId"]);
    assert_eq!(
        session["scenario"],
        json!({"title": "Dining at a Restaurant", "role": "waiter"})
    );
    let id = session["sessionId"].as_str().unwrap();
    assert_eq!(Uuid::parse_str(id).unwrap().get_version_num(), 4);
    assert_eq!(id.len(), 36);
    let base = format!("http://{}/audio/{id}", server.running.http_addr);
    assert_eq!(session["audioUrl"], format!("{base}/initial.mp3"));
    let directory: PathBuf = audio_dir.path().join(id);
    assert!(directory.join("initial.mp3").is_file());

    let begun = status(&server, id).await.json();
    assert_eq!(
        keys(&begun),
        ["currentStep", "exchangeCount", "isActive", "isComplete", "stepName"]
    );
    assert_eq!((&begun["isActive"], &begun["exchangeCount"]), (&json!(true), &json!(0)));

    for number in 1..=2 {
        let answer = process(&server, id, ANSWER).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let turn = answer.json();
        assert_eq!(keys(&turn), ["audioUrl", "currentStep", "isComplete", "message"]);
        assert!(!turn["message"].as_str().unwrap().is_empty());
        assert_eq!(turn["audioUrl"], format!("{base}/response_{number:03}.mp3"));
        assert_eq!(turn["isComplete"], false);
        let file = listen(&server, turn["audioUrl"].as_str().unwrap()).await;
        assert_eq!(file.headers()["content-type"], "audio/mpeg");
        let sound = decode(&file.bytes().await.unwrap()).unwrap();
        assert_eq!(sound.rate, 44_100);
        let after = status(&server, id).await.json();
        assert_eq!(after["exchangeCount"], number);
        assert_eq!(after["currentStep"], turn["currentStep"]);
        assert_eq!(after["stepName"], title_case(turn["currentStep"].as_str().unwrap()));
    }
    assert!(directory.join("response_002.mp3").is_file());

    let ended = end(&server, id).await;
    assert_eq!(ended.status, 200, "{}", ended.text);
    assert_eq!(ended.json(), json!({"message": "Session ended successfully"}));
    assert!(!directory.exists());
    detail(&status(&server, id).await, 404);
    detail(&process(&server, id, ANSWER).await, 404);
    detail(&end(&server, id).await, 404);
    assert_eq!(listen(&server, &format!("{base}/initial.mp3")).await.status(), 404);
    let id = ConversationId::from_text(id);
    let conversation = server.running.database.conversation(&id).await.unwrap();
    assert!(conversation.is_none(), "nobody can ask for it any more");
}

/// `taking_drink_order` as a person reads it.
fn title_case(step: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    step.split('_').map(word).collect::<Vec<_>>().join(" ")
}

#[actix_web::test]
async fn a_dinner_is_ordered_and_paid_by_files() {
    let server = TestServer::start().await;
    let session = started(&server, "french").await;
    let answers = include_str!("../loadtest/answers/restaurant.french.txt");
    let answers: Vec<&str> = answers.lines().filter(|line| !line.is_empty()).collect();
    let mut steps = vec![status(&server, &session.id).await.json()["currentStep"].clone()];
    for (index, answer) in answers.iter().enumerate() {
        let is_last = index + 1 == answers.len();
        let sound = recording(answer, "french");
        let turn = process(&server, &session.id, &encode::wav(&sound)).await;
        assert_eq!(turn.status, 200, "{}", turn.text);
        let turn = turn.json();
        assert_eq!(turn["isComplete"], is_last, "{answer}: {turn}");
        let after = status(&server, &session.id).await.json();
        assert_eq!(
            (&after["isComplete"], &after["isActive"]),
            (&json!(is_last), &json!(true))
        );
        assert_eq!(after["exchangeCount"], index + 1);
        assert_eq!(after["stepName"], title_case(turn["currentStep"].as_str().unwrap()));
        steps.push(turn["currentStep"].clone());
    }
    steps.dedup();
    assert!(steps.len() >= 6, "{steps:?}");
}

#[actix_web::test]
async fn a_recording_that_arrives_slowly_finds_its_session_still_there() {
    let server = TestServer::scripted().start().await;
    let session = started(&server, "french").await;
    let id = ConversationId::from_text(session.id.as_str());
    let almost_over = "UPDATE sessions SET last_activity = last_activity - 1790000";
    server.rows(almost_over).await;
    let body = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let slow = server
        .request(Method::POST, &format!("/api/session/{}/process", session.id))
        .header("Content-Type", "multipart/form-data; boundary=x")
        .body(reqwest::Body::wrap_stream(body));
    let sending = actix_rt::spawn(slow.send());
    let (sessions, calls) = (&server.running.sessions, server.running.calls.as_ref());
    let is_entered = async || {
        let session = server.running.database.session(&id).await.unwrap().unwrap();
        Timestamp::now().since(session.last_activity) < Duration::from_secs(600)
    };
    while !is_entered().await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let later = Timestamp::now().plus(Duration::from_secs(120));
    assert_eq!(sessions.sweep(calls, later).await.unwrap(), 0);
    sending.abort();
    assert_eq!(process(&server, &session.id, ANSWER).await.status, 200);
}

#[actix_web::test]
async fn every_kind_of_file_is_understood() {
    let server = TestServer::start().await;
    let sound = decode(ANSWER).unwrap();
    let files = [
        ("webm", ANSWER.to_vec()),
        ("ogg", include_bytes!("data/sound/answer.ogg").to_vec()),
        ("mp3", encode::mp3(sound.clone()).unwrap()),
        ("wav", stereo(sound)),
    ];
    for (kind, file) in files {
        let session = started(&server, "english").await;
        let before = status(&server, &session.id).await.json();
        let answer = process(&server, &session.id, &file).await;
        assert_eq!(answer.status, 200, "{kind}: {}", answer.text);
        assert_ne!(
            answer.json()["currentStep"],
            before["currentStep"],
            "{kind}: {}",
            answer.text
        );
    }
}

#[actix_web::test]
async fn any_language_is_spoken_or_at_least_written() {
    let server = TestServer::scripted().start().await;
    for language in ["chinese", "de-AT", "Japanese", "portuguese"] {
        let answer = start(&server, "restaurant", language).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let session = answer.json();
        assert_eq!(session["scenario"]["title"], "Dining at a Restaurant");
        let message = session["message"].as_str().unwrap();
        let is_sign = |c: char| matches!(c, '\u{3041}'..='\u{9fff}');
        let is_asian = ["chinese", "Japanese"].contains(&language);
        assert_eq!(message.chars().any(is_sign), is_asian, "{message}");
    }
}

#[actix_web::test]
async fn what_cant_be_begun_or_heard_is_told_in_the_documents_shape() {
    let server = TestServer::scripted().start().await;
    for (scenario, language) in [("spaceship", "french"), ("restaurant", "klingon"), ("", "french")] {
        detail(&start(&server, scenario, language).await, 400);
    }
    for body in ["{}", "{\"scenario\":\"restaurant\"}", "nonsense", "[1]"] {
        let request = server.request(Method::POST, "/api/session/start").body(body);
        detail(&Answer::to(request).await, 400);
    }
    let session = started(&server, "french").await;
    let path = format!("/api/session/{}/process", session.id);
    let post = || server.request(Method::POST, &path);
    let no_audio = "No audio file provided";
    assert_eq!(detail(&process(&server, &session.id, b"").await, 400), no_audio);
    let other = post().multipart(Form::new().text("sound", "here"));
    assert_eq!(detail(&Answer::to(other).await, 400), no_audio);
    detail(&Answer::to(post().json(&json!({"audio": "x"}))).await, 400);
    detail(&Answer::to(post()).await, 400);
    detail(&process(&server, &session.id, b"This is no sound at all.").await, 400);
    detail(&process(&server, &session.id, &ANSWER[..80]).await, 400);
    let unknown = Uuid::new_v4().to_string();
    for id in [unknown.as_str(), "x", "..%2f..", "%00"] {
        detail(&process(&server, id, ANSWER).await, 404);
        detail(&status(&server, id).await, 404);
        detail(&end(&server, id).await, 404);
    }
    let wrong = Answer::to(server.request(Method::GET, "/api/session/start")).await;
    detail(&wrong, 405);
    // A conversation of another document is no session.
    let token = server.guest().await;
    let conversation = server.conversation(&token).await;
    detail(&status(&server, &conversation).await, 404);
    assert_eq!(status(&server, &session.id).await.json()["exchangeCount"], 0);
}

#[actix_web::test]
async fn ten_megabytes_are_taken_and_one_byte_more_is_not() {
    let server = TestServer::scripted().start().await;
    let session = started(&server, "french").await;
    let mut file = stereo(Sound {
        samples: vec![0; MEGABYTES_10 / 4 - 11],
        rate: 48_000,
    });
    assert_eq!(file.len(), MEGABYTES_10);
    let answer = process(&server, &session.id, &file).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    file.push(0);
    detail(&process(&server, &session.id, &file).await, 413);
    file.resize(3 * MEGABYTES_10, 0);
    detail(&process(&server, &session.id, &file).await, 413);
    detail(&process(&server, &Uuid::new_v4().to_string(), &file).await, 404);
    assert_eq!(status(&server, &session.id).await.json()["exchangeCount"], 1);
}

#[actix_web::test]
async fn half_an_hour_without_a_turn_ends_a_session() {
    let audio_dir = tempfile::tempdir().unwrap();
    let server = TestServer::scripted()
        .set("AUDIO_DIR", audio_dir.path().to_str().unwrap())
        .start()
        .await;
    let session = started(&server, "french").await;
    let (sessions, calls) = (&server.running.sessions, server.running.calls.as_ref());
    let id = ConversationId::from_text(session.id.as_str());
    let directory = audio_dir.path().join(&session.id);
    let second = Duration::from_secs(1);
    let active = Timestamp::now().plus(SESSION_LIFETIME).earlier(60 * second);

    assert_eq!(sessions.sweep(calls, active).await.unwrap(), 0);
    let (_, conversation) = sessions.find(&id, None, active).await.unwrap();
    let said = Said::Text("Une table pour deux".to_owned());
    sessions.process(&conversation, said, || active).await.unwrap();
    let last = active.plus(SESSION_LIFETIME);
    sessions.find(&id, None, last).await.unwrap();
    assert_eq!(sessions.sweep(calls, last).await.unwrap(), 0);
    assert!(directory.exists());

    let over = last.plus(second);
    assert!(
        sessions.find(&id, None, over).await.is_err(),
        "it is over before it is cleaned up"
    );
    assert_eq!(sessions.sweep(calls, over).await.unwrap(), 1);
    assert_eq!(sessions.sweep(calls, over).await.unwrap(), 0);
    assert!(!directory.exists());
    detail(&status(&server, &session.id).await, 404);
    assert_eq!(listen(&server, &session.audio_url).await.status(), 404);
}

/// Calls of which none can be ended.
struct Busy;

#[async_trait]
impl Calls for Busy {
    fn active(&self) -> usize {
        1
    }

    async fn end(&self, _: &ConversationId) -> Result<Turn, CallsError> {
        Err(CallsError::Busy)
    }

    async fn farewell(&self, _: &ConversationId, _: Option<Value>) {}

    async fn close(&self) {}
}

#[actix_web::test]
async fn a_session_that_cant_be_ended_for_now_goes_on_and_is_ended_later() {
    let server = TestServer::scripted().start().await;
    let session = started(&server, "french").await;
    let (sessions, calls) = (&server.running.sessions, server.running.calls.as_ref());
    let over = Timestamp::now().plus(SESSION_LIFETIME + Duration::from_secs(60));
    assert_eq!(sessions.sweep(&Busy, over).await.unwrap(), 0);
    assert_eq!(process(&server, &session.id, ANSWER).await.status, 200);
    let over = Timestamp::now().plus(SESSION_LIFETIME + Duration::from_secs(60));
    assert_eq!(sessions.sweep(&Busy, over).await.unwrap(), 0);
    assert_eq!(sessions.sweep(calls, over).await.unwrap(), 1);
    detail(&status(&server, &session.id).await, 404);
}

#[actix_web::test]
async fn two_instances_answer_for_each_others_sessions() {
    let (audio_dir, data_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let sqlite = format!("sqlite://{}/shared.db?mode=rwc", data_dir.path().display());
    let database = fresh_database::url().await.unwrap_or(sqlite);
    let prefix = format!("test:{}:", Uuid::new_v4().simple());
    let instance = async || {
        let mut builder = TestServer::scripted()
            .set("DATABASE_URL", &database)
            .set("AUDIO_DIR", audio_dir.path().to_str().unwrap());
        if let Ok(redis) = std::env::var("TEST_REDIS_URL") {
            builder = builder.set("REDIS_URL", &redis).set("REDIS_PREFIX", &prefix);
        }
        builder.start().await
    };
    let (one, other) = (instance().await, instance().await);
    let session = started(&one, "french").await;
    assert_eq!(listen(&other, &session.audio_url).await.status(), 200);
    for (number, server) in [(1, &other), (2, &one), (3, &other)] {
        let answer = process(server, &session.id, ANSWER).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let url = answer.json()["audioUrl"].as_str().unwrap().to_owned();
        assert!(url.ends_with(&format!("/response_{number:03}.mp3")), "{url}");
        for server in [&one, &other] {
            assert_eq!(listen(server, &url).await.status(), 200);
            assert_eq!(status(server, &session.id).await.json()["exchangeCount"], number);
        }
    }
    assert_eq!(end(&other, &session.id).await.status, 200);
    detail(&status(&one, &session.id).await, 404);
    assert_eq!(listen(&one, &session.audio_url).await.status(), 404);
    assert!(is_empty(audio_dir.path()));
    one.stop().await;
}

fn is_empty(directory: &Path) -> bool {
    std::fs::read_dir(directory).unwrap().next().is_none()
}

#[actix_web::test]
async fn a_session_with_a_credential_is_the_owners_and_stays_in_their_history() {
    let server = TestServer::scripted()
        .set("API_KEYS", "ann:ann@example.com,bob:bob@example.com")
        .start()
        .await;
    let body = json!({"scenario": "restaurant", "language": "french"});
    let session = server.post("ann", "/api/session/start", &body).await.json();
    let id = session["sessionId"].as_str().unwrap();
    // A browser's player sends no credential.
    let greeting = listen(&server, session["audioUrl"].as_str().unwrap()).await;
    assert_eq!(greeting.status(), 200);
    let path = format!("/api/session/{id}/status");
    detail(&server.get("bob", &path).await, 404);
    detail(&server.get("nobody", &path).await, 401);
    assert_eq!(server.get("ann", &path).await.status, 200);
    detail(&status(&server, id).await, 404);
    detail(&end(&server, id).await, 404);
    let turn = server
        .request(Method::POST, &format!("/api/session/{id}/process"))
        .bearer_auth("ann")
        .multipart(form(ANSWER.to_vec()));
    let turn = Answer::to(turn).await;
    assert_eq!(turn.status, 200);
    let reply = listen(&server, turn.json()["audioUrl"].as_str().unwrap()).await;
    assert_eq!(reply.status(), 200);
    let ended = server.request(Method::DELETE, &format!("/api/session/{id}"));
    assert_eq!(Answer::to(ended.bearer_auth("ann")).await.status, 200);
    let history = server
        .get("ann", &format!("/v1/conversations/{id}/messages"))
        .await
        .json();
    assert_eq!(history["status"], "completed");
    assert_eq!(history["messages"].as_array().unwrap().len(), 3);
    assert!(history["messages"][0]["audio_url"].is_null());
}

#[actix_web::test]
async fn the_documents_own_page_may_call_with_credentials_and_others_may_not() {
    let server = TestServer::start().await;
    let preflight = |path: &str, origin: &'static str, method: &'static str| {
        let request = server
            .request(Method::OPTIONS, path)
            .header("Origin", origin)
            .header("Access-Control-Request-Method", method)
            .header("Access-Control-Request-Headers", "content-type,x-anything");
        Answer::to(request)
    };
    for (path, method) in [
        ("/api/session/start", "POST"),
        ("/api/session/x", "DELETE"),
        ("/v1/users/me/preferences", "PATCH"),
        ("/api/conversations", "PUT"),
        ("/audio/x/initial.mp3", "GET"),
    ] {
        let allowed = preflight(path, "http://localhost:3000", method).await;
        assert_eq!(allowed.status, 200, "{path}");
        assert_eq!(allowed.header("access-control-allow-origin"), "http://localhost:3000");
        assert_eq!(allowed.header("access-control-allow-credentials"), "true");
        assert!(allowed.header("access-control-allow-methods").contains(method));
        assert_eq!(
            allowed.header("access-control-allow-headers"),
            "content-type,x-anything"
        );
        let refused = preflight(path, "http://evil.example", method).await;
        assert!(
            refused
                .headers
                .keys()
                .all(|name| !name.as_str().starts_with("access-control"))
        );
    }
    let call = |origin: &'static str| {
        let request = server
            .request(Method::GET, "/api/session/x/status")
            .header("Origin", origin);
        Answer::to(request)
    };
    let allowed = call("http://localhost:3000").await;
    assert_eq!(allowed.header("access-control-allow-origin"), "http://localhost:3000");
    assert_eq!(allowed.header("access-control-allow-credentials"), "true");
    // Nothing is promised to any other page, with an answer or with a refusal of one.
    for path in ["/api/session/x/status", "/health"] {
        let request = server
            .request(Method::GET, path)
            .header("Origin", "http://evil.example");
        let answer = Answer::to(request).await;
        let mut names = answer.headers.keys();
        assert!(
            names.all(|name| !name.as_str().starts_with("access-control")),
            "{answer:?}"
        );
    }
}
