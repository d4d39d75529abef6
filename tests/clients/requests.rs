//! Document 000: its requests as they are written there, one after the other, and answers of the shape that it shows.

use colloquy::audio::encode;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::document::{PLATFORM, examples};
use super::shape::fits;
use crate::forms::Forms;
use crate::test_server::{Answer, TestServer};
use crate::websocket::recording;

/// A request as the document writes it.
struct Written {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Written {
    /// Reads method and path, headers with the query among them, an empty line, and the body.
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines().map(str::trim);
        let (method, path) = lines.next().unwrap().split_once(' ').unwrap();
        let mut path = path.to_owned();
        let mut headers = Vec::new();
        for line in lines {
            match line.split_once(": ") {
                Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
                None => path += line,
            }
        }
        Self {
            method: method.parse().unwrap(),
            path,
            headers,
            body: body.to_owned(),
        }
    }

    /// The same as a request to the server.
    fn request(self, server: &TestServer) -> RequestBuilder {
        let mut request = server.request(self.method, &format!("/v1{}", self.path));
        let mut is_form = false;
        for (name, value) in self.headers {
            is_form |= value == "multipart/form-data";
            if value != "multipart/form-data" {
                request = request.header(name, value);
            }
        }
        if is_form {
            request.multipart(form(&self.body))
        } else if self.body.is_empty() {
            request
        } else {
            request.body(self.body)
        }
    }
}

/// A form whose lines name a file in brackets or a text in quotes.
fn form(lines: &str) -> Form {
    let said = encode::wav(&recording("Bonjour, comment allez-vous?", "french"));
    let fields = lines.lines().map(|line| line.split_once(": ").unwrap());
    fields.fold(Form::new(), |form, (name, value)| {
        let (name, file) = (name.to_owned(), value.strip_prefix('['));
        match file.and_then(|file| file.strip_suffix(']')) {
            Some(file) => form.part(name, Part::bytes(said.clone()).file_name(file.to_owned())),
            None => form.text(name, value.trim_matches('"').to_owned()),
        }
    })
}

/// Sends the request under a heading with what its placeholders stand for; the answer must have the shape of the example.
async fn send(server: &TestServer, heading: &str, status: u16, placeholders: &[(&str, &str)]) -> Value {
    let mut text = examples(PLATFORM, heading, "http").remove(0);
    for (placeholder, value) in placeholders {
        text = text.replace(placeholder, value);
    }
    let written = Written::read(&text);
    assert!(
        !format!("{}{:?}", written.path, written.headers).contains('{'),
        "{text}"
    );
    let answer = Answer::to(written.request(server)).await;
    assert_eq!(answer.status, status, "{heading}: {}", answer.text);
    assert_eq!(answer.header("content-type"), "application/json");
    for limit in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] {
        assert!(answer.header(limit).parse::<u64>().is_ok(), "{heading}: {limit}");
    }
    let shown = examples(PLATFORM, heading, "json").remove(0);
    let example: Value = serde_json::from_str(&shown).unwrap();
    let told = answer.json();
    if let Err(difference) = fits(&told, &example, "") {
        panic!("{heading}: {difference}\n{told:#}");
    }
    told
}

/// What `shown` lists of categories and their topics, and `told` doesn't, with every field that is shown.
fn without(shown: &Value, told: &Value) -> Vec<Value> {
    let list = |value: &Value, name: &str| value[name].as_array().unwrap().clone();
    let has = |told: &Value, shown: &Value| {
        let mut fields = shown.as_object().unwrap().iter();
        fields.all(|(name, value)| name == "topics" || told[name] == *value)
    };
    let told = list(told, "categories");
    let missing = list(shown, "categories").into_iter().flat_map(|category| {
        let Some(found) = told.iter().find(|told| has(told, &category)) else {
            return vec![category];
        };
        let found = list(found, "topics");
        let topics = list(&category, "topics").into_iter();
        topics
            .filter(|topic| !found.iter().any(|told| has(told, topic)))
            .collect()
    });
    missing.collect()
}

#[actix_web::test]
async fn the_documents_requests_are_answered_as_it_shows() {
    let server = TestServer::start().await;
    let person = Forms::of(&server, "jane.doe@example.com").await;
    let token = person.bearer().await;
    let access = ("{access_token}", token.as_str());

    let me = send(&server, "Get User Profile", 200, &[access]).await;
    assert_eq!(me["email"], "jane.doe@example.com");
    let changed = send(&server, "Update User Preferences", 200, &[access]).await;
    assert_eq!(changed["id"], me["id"]);
    assert_eq!(changed["preferences"]["target_language"], "french");
    assert_eq!(
        changed["preferences"]["preferred_topics"],
        json!(["cooking", "family", "hobbies"])
    );

    let made = send(&server, "Start New Conversation", 201, &[access]).await;
    assert_eq!(made["status"], "active");
    assert_eq!(made["context"]["dietary_restrictions"], json!(["vegetarian"]));
    let id = made["id"].as_str().unwrap();
    let on = [access, ("{conversation_id}", id)];
    let turn = send(&server, "Send Message in Conversation", 200, &on).await;
    assert_eq!(turn["conversation_id"], id);
    let history = send(&server, "Get Conversation History", 200, &on).await;
    let senders = history["messages"].as_array().unwrap();
    assert!(
        senders
            .iter()
            .map(|message| &message["sender"])
            .eq(["ai", "user", "ai"]),
        "{history}"
    );
    let ended = send(&server, "End Conversation", 200, &on).await;
    assert_eq!(ended["status"], "completed");

    let progress = send(&server, "Get Learning Progress", 200, &[access]).await;
    assert_eq!(progress["overall_stats"]["conversations_completed"], 1);
    let achievements = send(&server, "Get Achievement Data", 200, &[access]).await;
    assert_eq!(achievements["user_id"], me["id"]);
    let analysis = send(&server, "Upload Audio for Analysis", 200, &[access]).await;
    assert_eq!(analysis["text"], "Bonjour, comment allez-vous?");
    let exercises = send(&server, "Get Pronunciation Practice Exercises", 200, &[access]).await;
    assert!(!exercises["exercises"].as_array().unwrap().is_empty());
    let board = send(&server, "Get Leaderboard", 200, &[access]).await;
    assert_eq!(board["leaderboard_type"], "weekly");
    let topics = send(&server, "Get Available Conversation Topics", 200, &[access]).await;
    assert_eq!(topics["level"], "intermediate");
    let shown = examples(PLATFORM, "Get Available Conversation Topics", "json").remove(0);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(without(&shown, &topics), Vec::<Value>::new(), "{topics:#}");

    // The example of an error, and an API key in place of a token.
    let scopes = json!(["read_profile", "manage_conversations", "read_progress"]);
    let key = server
        .post(&token, "/v1/api-keys", &json!({"name": "Examples", "scopes": scopes}))
        .await;
    assert_eq!(key.status, 201, "{}", key.text);
    let key = key.json()["key"].as_str().unwrap().to_owned();
    let path = "/v1/content/topics?language=klingon";
    let written = examples(PLATFORM, "API Key Authentication (Alternative)", "http").remove(0);
    let (name, value) = written.trim().split_once(": ").unwrap();
    let value = value.replace("YOUR_API_KEY", &key);
    let refused = Answer::to(server.request(Method::GET, path).header(name, value)).await;
    let error: Value = serde_json::from_str(&examples(PLATFORM, "Error Responses", "json").remove(0)).unwrap();
    assert_eq!(refused.status, 400);
    assert_eq!(fits(&refused.json(), &error, ""), Ok(()), "{}", refused.text);
    for field in ["code", "message"] {
        assert_eq!(refused.json()["error"][field], error["error"][field]);
    }
    server.stop().await;
}
