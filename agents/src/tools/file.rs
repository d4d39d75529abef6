//! The file in which an operator names services.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;

use super::ToolSpec;
use super::calling::Calling;
use super::http::HttpTool;

/// Why the services can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ToolsError {
    /// The text is no JSON of the right shape.
    #[error("not a list of tools: {0}")]
    Shape(#[from] serde_json::Error),
    /// A tool can't be used.
    #[error("tool {name}: {reason}")]
    Tool {
        /// Its name as written.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    description: String,
    parameters: Value,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    timeout_ms: Option<u64>,
}

pub(super) fn parse(text: &str) -> Result<Vec<HttpTool>, ToolsError> {
    let entries: Vec<Entry> = serde_json::from_str(text)?;
    let mut names: BTreeSet<String> = Calling::RESERVED.iter().map(|name| (*name).to_owned()).collect();
    let mut tools = Vec::new();
    for entry in entries {
        let name = entry.name.clone();
        let is_new = names.insert(name.clone());
        let tool = if is_new {
            tool(entry)
        } else {
            Err("there is another of this name".to_owned())
        };
        tools.push(tool.map_err(|reason| ToolsError::Tool { name, reason })?);
    }
    Ok(tools)
}

fn tool(entry: Entry) -> Result<HttpTool, String> {
    let is_name = entry.name.len() <= 64
        && entry.name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && entry
            .name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name {
        return Err("its name must be up to 64 letters, digits and underscores, a letter first".to_owned());
    }
    if entry.description.trim().is_empty() || entry.description.len() > LONGEST_DESCRIPTION {
        return Err(format!("its description must have 1 to {LONGEST_DESCRIPTION} bytes"));
    }
    if entry.parameters["type"] != "object" {
        return Err("its parameters must be a JSON schema of type object".to_owned());
    }
    // Nothing is read from elsewhere: a schema that refers to another file is refused.
    let validator = jsonschema::validator_for(&entry.parameters)
        .map_err(|error| format!("its parameters are no JSON schema: {error}"))?;
    let url = Url::parse(&entry.url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or("its url must begin with http:// or https://")?;
    let timeout = Duration::from_millis(entry.timeout_ms.unwrap_or(DEFAULT_TIMEOUT));
    if timeout.is_zero() || timeout > LONGEST_TIMEOUT {
        return Err(format!("its timeout_ms must be 1 to {}", LONGEST_TIMEOUT.as_millis()));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in &entry.headers {
        let read = (HeaderName::try_from(name), HeaderValue::try_from(value));
        // What a header says may be a key.
        let (Ok(name), Ok(mut value)) = read else {
            return Err(format!("its header {name} can't be sent"));
        };
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    let spec = ToolSpec {
        // The file is read once, at the start, and its tools live as long as the program.
        name: entry.name.leak(),
        description: entry.description,
        parameters: entry.parameters,
    };
    HttpTool::new(spec, validator, url, headers, timeout).map_err(|error| error.to_string())
}

const LONGEST_DESCRIPTION: usize = 1024;
/// In milliseconds.
const DEFAULT_TIMEOUT: u64 = 700;
/// A reply waits for it, and after it for the model's next words: together no longer than a chain waits for both.
const LONGEST_TIMEOUT: Duration = Duration::from_millis(800);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn entry() -> Value {
        json!({
            "name": "opening_hours", "description": "When a shop is open.", "url": "https://shops.example/hours?v=1",
            "parameters": {"type": "object", "properties": {"shop": {"type": "string"}}, "required": ["shop"]},
            "headers": {"Authorization": "Bearer tell-nobody"},
        })
    }

    fn with(field: &str, value: Value) -> String {
        let mut entry = entry();
        entry[field] = value;
        json!([entry]).to_string()
    }

    #[test]
    fn a_tool_is_read_and_its_headers_are_never_shown() {
        let tools = parse(&json!([entry()]).to_string()).unwrap();
        assert_eq!(tools.len(), 1);
        assert_eq!(tools[0].spec().name, "opening_hours");
        assert!(!format!("{tools:?}").contains("tell-nobody"));
        assert_eq!(parse("[]").unwrap().len(), 0);
    }

    #[test]
    fn a_tool_that_cant_be_used_is_named_with_the_reason() {
        for (field, value, reason) in [
            ("name", json!("a b"), "its name must be"),
            ("name", json!("end_conversation"), "there is another of this name"),
            ("description", json!(" "), "its description must have"),
            ("parameters", json!({"type": "string"}), "of type object"),
            (
                "parameters",
                json!({"type": "object", "properties": 7}),
                "are no JSON schema",
            ),
            (
                "parameters",
                json!({"type": "object", "$ref": "https://elsewhere.example/schema"}),
                "are no JSON schema",
            ),
            ("url", json!("file:///etc/passwd"), "its url must begin"),
            ("timeout_ms", json!(0), "its timeout_ms must be"),
            ("timeout_ms", json!(801), "its timeout_ms must be"),
            ("headers", json!({"a b": "c"}), "can't be sent"),
        ] {
            let error = parse(&with(field, value.clone())).unwrap_err().to_string();
            assert!(error.starts_with("tool ") && error.contains(reason), "{value}: {error}");
        }
        for text in ["", "{}", "[{}]", &with("more", json!(1))] {
            assert!(matches!(parse(text), Err(ToolsError::Shape(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_files_never_panic(text: String, field in 0usize..4) {
            let field = ["name", "description", "url", "parameters"][field];
            let _ = (parse(&text), parse(&with(field, json!(text))));
        }
    }
}
