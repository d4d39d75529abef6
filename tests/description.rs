//! The description of the API, against which every answer that a test reads is held. What the program answers and what it says
//! that it answers are written apart from each other; here they meet.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use colloquy::openapi::document;
use jsonschema::{Registry, Validator};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// The description, with what was made of it so far.
pub struct Description {
    document: Value,
    registry: Registry<'static>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// What came back.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    pub status: u16,
    pub headers: &'a HeaderMap,
    pub text: &'a str,
}

/// How the description is named within itself.
const NAME: &str = "urn:colloquy:description";
/// An error that is answered before anybody looks where a request goes.
const INSECURE: &str = "HTTPS is required here";

impl Description {
    /// That of the program.
    pub fn of_the_program() -> &'static Self {
        static DESCRIPTION: LazyLock<Description> = LazyLock::new(|| {
            let document = document();
            let registry = Registry::new().add(NAME, document.clone());
            Description {
                registry: registry.and_then(|registry| registry.prepare()).unwrap(),
                document,
                validators: Mutex::default(),
            }
        });
        &DESCRIPTION
    }

    /// Tells what about an answer is not described. Paths that are none of the API's (pages, and what is not there) may answer
    /// what they like.
    pub fn check(&self, method: &Method, path: &str, answered: Answered<'_>) -> Result<(), String> {
        let Some(template) = self.template(path) else {
            return Ok(());
        };
        let item = &self.document["paths"][template];
        let verb = method.as_str().to_lowercase();
        if !item[&verb].is_object() {
            // Preflights of CORS are answered everywhere.
            let is_refused = answered.status >= 400 || method == Method::OPTIONS;
            return expect(is_refused, || format!("{template} describes no {method}"));
        }
        let pointer = format!("/paths/{}/{verb}/responses/{}", escaped(template), answered.status);
        let (pointer, response) = self.resolve(pointer);
        let Some(response) = response else {
            let is_insecure = answered.status == 403 && answered.text.contains(INSECURE);
            return expect(is_insecure, || "the status is not described".to_owned());
        };
        self.check_headers(response, answered.headers)?;
        if *method == Method::HEAD {
            return Ok(());
        }
        self.check_body(&pointer, response, answered)
    }

    /// The path of the description that another one is an instance of: of several the one with the most words of its own.
    fn template(&self, path: &str) -> Option<&str> {
        let templates = self.document["paths"]
            .as_object()
            .into_iter()
            .flat_map(|paths| paths.keys());
        let matching = templates.filter(|template| is_instance(path, template));
        matching
            .min_by_key(|template| template.matches('{').count())
            .map(String::as_str)
    }

    /// What a pointer points to, and where that stands: behind a reference, if there is one.
    fn resolve(&self, pointer: String) -> (String, Option<&Value>) {
        let found = self.document.pointer(&pointer);
        match found.and_then(|found| found["$ref"].as_str()) {
            Some(reference) => {
                let pointer = reference.trim_start_matches('#').to_owned();
                let found = self.document.pointer(&pointer);
                (pointer, found)
            }
            None => (pointer, found),
        }
    }

    fn check_headers(&self, response: &Value, headers: &HeaderMap) -> Result<(), String> {
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let header = match header["$ref"].as_str() {
                Some(reference) => self.document.pointer(reference.trim_start_matches('#')),
                None => Some(header),
            };
            let is_required = header.is_some_and(|header| header["required"] == true);
            expect(headers.contains_key(name) || !is_required, || {
                format!("{name} is missing")
            })?;
        }
        Ok(())
    }

    fn check_body(&self, pointer: &str, response: &Value, answered: Answered<'_>) -> Result<(), String> {
        let Some(contents) = response["content"].as_object().filter(|contents| !contents.is_empty()) else {
            return expect(answered.text.is_empty(), || "no body is described".to_owned());
        };
        let told = answered.headers.get("content-type").and_then(|told| told.to_str().ok());
        let told = told.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if contents.contains_key("*/*") {
            return Ok(());
        }
        expect(contents.contains_key(told), || format!("no {told:?} is described"))?;
        if told != "application/json" && !told.ends_with("+json") {
            return Ok(());
        }
        let body: Value = serde_json::from_str(answered.text).map_err(|error| error.to_string())?;
        let validator = self.validator(&format!("{pointer}/content/{}/schema", escaped(told)));
        let misfits: Vec<String> = validator
            .iter_errors(&body)
            .map(|misfit| format!("{}: {misfit}", misfit.instance_path()))
            .collect();
        expect(misfits.is_empty(), || misfits.join("\n"))
    }

    fn validator(&self, pointer: &str) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap();
        let validator = validators.entry(pointer.to_owned()).or_insert_with(|| {
            // As a part of a URI, the pointer is escaped once more (RFC 6901 section 6).
            let pointer = pointer.replace('{', "%7B").replace('}', "%7D");
            let validator = jsonschema::options()
                .with_registry(&self.registry)
                .should_validate_formats(true)
                .build(&json!({ "$ref": format!("{NAME}#{pointer}") }));
            Arc::new(validator.unwrap())
        });
        validator.clone()
    }
}

fn expect(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// A key as a part of a pointer (RFC 6901 section 3).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn is_instance(path: &str, template: &str) -> bool {
    let (mut parts, mut wanted) = (path.split('/'), template.split('/'));
    loop {
        match (parts.next(), wanted.next()) {
            (None, None) => return true,
            (Some(part), Some(wanted)) if part == wanted || (wanted.starts_with('{') && !part.is_empty()) => {}
            _ => return false,
        }
    }
}

fn json_headers() -> HeaderMap {
    let limits = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
    let limits = limits.map(|name| (name.parse().unwrap(), "1".parse().unwrap()));
    let mut headers = HeaderMap::from_iter(limits);
    headers.insert("content-type", "application/json".parse().unwrap());
    headers
}

#[test]
fn what_is_not_described_is_told() {
    let description = Description::of_the_program();
    let headers = json_headers();
    let check = |method: Method, path: &str, status: u16, text: &str| {
        let answered = Answered {
            status,
            headers: &headers,
            text,
        };
        description.check(&method, path, answered)
    };
    let done = r#"{"message": "Session ended successfully"}"#;
    let session = "/api/session/123e4567-e89b-42d3-a456-426614174000";
    assert_eq!(check(Method::DELETE, session, 200, done), Ok(()));
    assert_eq!(check(Method::GET, "/nowhere", 200, "what it likes"), Ok(()));
    assert_eq!(check(Method::PUT, session, 405, "{}"), Ok(()));
    for (method, status, text) in [
        // A status, a body that doesn't fit, one that is no JSON, a method.
        (Method::DELETE, 418, done),
        (Method::DELETE, 200, r#"{"message": 1}"#),
        (Method::DELETE, 404, r#"{"error": {}}"#),
        (Method::DELETE, 200, "done"),
        (Method::PUT, 200, done),
    ] {
        assert!(
            check(method.clone(), session, status, text).is_err(),
            "{method} {status} {text}"
        );
    }
    let bare = HeaderMap::new();
    let answered = Answered {
        status: 200,
        headers: &bare,
        text: done,
    };
    let told = description.check(&Method::DELETE, session, answered);
    assert!(told.is_err_and(|told| told.contains("X-RateLimit-Limit")));
}

#[test]
fn a_path_with_more_words_of_its_own_comes_first() {
    let description = Description::of_the_program();
    for (path, template) in [
        ("/v1/users/me/progress", Some("/v1/users/me/progress")),
        ("/v1/users/user_1/progress", Some("/v1/users/{id}/progress")),
        (
            "/v1/webhooks/deliveries/whd_1/replay",
            Some("/v1/webhooks/deliveries/{id}/replay"),
        ),
        ("/v1/users//progress", None),
        ("/", Some("/")),
    ] {
        assert_eq!(description.template(path), template, "{path}");
    }
}
