//! The dialogue model of Gemini: `POST /v1beta/models/{model}:streamGenerateContent`, streamed as server-sent events.
//!
//! What its rules of safety forbid is an error of its own kind ([`EngineError::Refused`]): the next model answers, and nobody
//! holds it against the provider's health.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::chat::{CallDelta, ChatLlm, ChatWire, Delta, Entry};
use super::structured::{Question, StructuredWire};
use crate::engine::EngineError;
use crate::gemini::{GeminiConfig, GeminiServer};
use crate::http::Connection;
use crate::tools::{ToolCall, ToolSpec};

/// The dialogue model of Gemini.
pub type GeminiLlm = ChatLlm<GeminiConfig>;

impl ChatWire for GeminiServer {
    fn connection(&self) -> &Connection {
        self.connection()
    }

    fn request(&self, chat: &[Entry], tools: &[ToolSpec], may_call: bool) -> RequestBuilder {
        let (instruction, contents) = contents(chat);
        let mut body = json!({ "contents": contents });
        if !instruction.is_empty() {
            body["systemInstruction"] = json!({ "parts": [{ "text": instruction }] });
        }
        if !tools.is_empty() {
            let functions: Vec<Value> = tools.iter().map(function).collect();
            body["tools"] = json!([{ "functionDeclarations": functions }]);
            if !may_call {
                body["toolConfig"] = json!({ "functionCallingConfig": { "mode": "NONE" } });
            }
        }
        post(self, "streamGenerateContent?alt=sse").json(&body)
    }

    fn parse(&self, data: &str) -> Result<Delta, EngineError> {
        parse_event(self.connection(), data)
    }
}

impl StructuredWire for GeminiServer {
    fn connection(&self) -> &Connection {
        self.connection()
    }

    fn request(&self, question: &Question, with_schema: bool) -> RequestBuilder {
        let mut generation = json!({ "responseMimeType": "application/json", "temperature": 0 });
        if with_schema {
            generation["responseSchema"] = known_schema(&question.schema);
        }
        let body = json!({
            "systemInstruction": { "parts": [{ "text": question.instructions }] },
            "contents": [{ "role": "user", "parts": [{ "text": question.data.to_string() }] }],
            "generationConfig": generation,
        });
        post(self, "generateContent").json(&body)
    }

    fn parse(&self, body: &Value) -> Result<Delta, EngineError> {
        read_chunk(self.connection(), body)
    }
}

fn post(server: &GeminiServer, method: &str) -> RequestBuilder {
    let model = server.config().model.as_str();
    server.connection().post(&format!("v1beta/models/{model}:{method}"))
}

/// A schema as `responseSchema` takes it: that is OpenAPI's kind, which knows nothing of additional properties.
fn known_schema(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let known = fields.iter().filter(|(name, _)| *name != "additionalProperties");
            known.map(|(name, value)| (name.clone(), known_schema(value))).collect()
        }
        Value::Array(items) => items.iter().map(known_schema).collect(),
        value => value.clone(),
    }
}

fn function(tool: &ToolSpec) -> Value {
    json!({
        "name": tool.name,
        "description": tool.description,
        // As it is written, in any form of JSON schema; `parameters` knows only some of it.
        "parametersJsonSchema": tool.parameters,
    })
}

/// The instruction, and the chat as turns of `user` and `model`, who alternate; a user begins.
fn contents(chat: &[Entry]) -> (String, Vec<Value>) {
    let mut instruction = String::new();
    let mut turns: Vec<(&'static str, Vec<Value>)> = Vec::new();
    let mut add = |role: &'static str, parts: Vec<Value>| {
        if turns.is_empty() && role == "model" {
            // The model opened the conversation: somebody had come in.
            turns.push(("user", vec![json!({ "text": "[comes in]" })]));
        }
        match turns.last_mut() {
            Some((last, before)) if *last == role => before.extend(parts),
            _ => turns.push((role, parts)),
        }
    };
    for entry in chat {
        match entry {
            Entry::Message(message) => match message.role {
                "system" => instruction.push_str(&message.content),
                "assistant" => add("model", vec![json!({ "text": message.content })]),
                _ => add("user", vec![json!({ "text": message.content })]),
            },
            Entry::Calls { text, calls } => {
                let text = (!text.is_empty()).then(|| json!({ "text": text }));
                // A call goes back as it came: it bears the signature of the thoughts behind it.
                let parts = text.into_iter().chain(calls.iter().map(|call| call.raw.clone()));
                add("model", parts.collect());
            }
            Entry::Result { call, result } => {
                let mut response = json!({ "name": call.name, "response": result });
                if !call.id.is_empty() {
                    response["id"] = call.id.as_str().into();
                }
                add("user", vec![json!({ "functionResponse": response })]);
            }
        }
    }
    let turn = |(role, parts): (&str, Vec<Value>)| json!({ "role": role, "parts": parts });
    (instruction, turns.into_iter().map(turn).collect())
}

fn parse_event(server: &Connection, data: &str) -> Result<Delta, EngineError> {
    let chunk: Value =
        serde_json::from_str(data).map_err(|error| server.failed(format!("its reply can't be read: {error}")))?;
    read_chunk(server, &chunk)
}

/// A whole answer has the same shape.
fn read_chunk(server: &Connection, chunk: &Value) -> Result<Delta, EngineError> {
    if !chunk["error"].is_null() {
        return Err(reported(server, chunk));
    }
    if let Some(reason) = chunk["promptFeedback"]["blockReason"].as_str() {
        return Err(server.refused(format!("what was said is blocked: {reason}")));
    }
    let candidate = &chunk["candidates"][0];
    let is_last = match candidate["finishReason"].as_str() {
        None | Some("FINISH_REASON_UNSPECIFIED") => false,
        Some("STOP" | "MAX_TOKENS") => true,
        Some(
            reason @ ("SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "LANGUAGE"
            | "IMAGE_SAFETY"),
        ) => return Err(server.refused(format!("its reply is blocked: {reason}"))),
        Some(reason) => return Err(server.failed(format!("its reply is broken off: {reason}"))),
    };
    let mut delta = Delta {
        is_last,
        ..Delta::default()
    };
    for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
        let call = &part["functionCall"];
        if let Some(name) = call["name"].as_str() {
            let arguments = match &call["args"] {
                Value::Null => "{}".to_owned(),
                arguments => arguments.to_string(),
            };
            let call = ToolCall {
                id: call["id"].as_str().unwrap_or_default().to_owned(),
                name: name.to_owned(),
                arguments,
                raw: part.clone(),
            };
            delta.calls.push(CallDelta { index: None, call });
        } else if part["thought"] != true {
            delta.text.push_str(part["text"].as_str().unwrap_or_default());
        }
    }
    let tokens = |name: &str| chunk["usageMetadata"][name].as_u64();
    let written = tokens("candidatesTokenCount").unwrap_or_default() + tokens("thoughtsTokenCount").unwrap_or_default();
    delta.usage = tokens("promptTokenCount").map(|read| (read, written));
    Ok(delta)
}

/// An error in the stream: some pass by themselves.
fn reported(server: &Connection, body: &Value) -> EngineError {
    let said = body["error"]["message"].as_str().unwrap_or("an error");
    match body["error"]["status"].as_str() {
        Some("UNAVAILABLE" | "INTERNAL" | "RESOURCE_EXHAUSTED" | "DEADLINE_EXCEEDED" | "ABORTED") => {
            server.unavailable(format!("it reported: {said}"))
        }
        _ => server.reported(body),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::prompt::Message;
    use super::*;

    fn server() -> GeminiServer {
        let config = GeminiConfig::new("http://localhost", None).expect("the address is a URL");
        GeminiServer::new(config).expect("it speaks plain HTTP")
    }

    fn said(role: &'static str, content: &str) -> Entry {
        let content = content.to_owned();
        Entry::Message(Message { role, content })
    }

    #[test]
    fn turns_alternate_and_a_call_goes_back_as_it_came() {
        let raw = json!({"functionCall": {"name": "look", "args": {}}, "thoughtSignature": "c2ln"});
        let call = ToolCall {
            id: "f1".to_owned(),
            name: "look".to_owned(),
            arguments: "{}".to_owned(),
            raw: raw.clone(),
        };
        let chat = [
            said("system", "You are Marie."),
            said("assistant", "Bonsoir !"),
            said("user", "Bonsoir."),
            said("user", "Pour deux."),
            Entry::Calls {
                text: "Un instant.".to_owned(),
                calls: vec![call.clone()],
            },
            Entry::Result {
                call,
                result: json!({"result": 3}),
            },
        ];
        let (instruction, contents) = contents(&chat);
        assert_eq!(instruction, "You are Marie.");
        assert_eq!(
            Value::Array(contents),
            json!([
                {"role": "user", "parts": [{"text": "[comes in]"}]},
                {"role": "model", "parts": [{"text": "Bonsoir !"}]},
                {"role": "user", "parts": [{"text": "Bonsoir."}, {"text": "Pour deux."}]},
                {"role": "model", "parts": [{"text": "Un instant."}, raw]},
                {"role": "user", "parts": [
                    {"functionResponse": {"name": "look", "id": "f1", "response": {"result": 3}}},
                ]},
            ])
        );
    }

    #[test]
    fn text_calls_tokens_and_the_end_are_read_and_thoughts_are_not_said() {
        let server = server();
        let data = json!({
            "candidates": [{"content": {"role": "model", "parts": [
                {"text": "Hm, a table.", "thought": true},
                {"text": "Bien "},
                {"text": "sûr."},
                {"functionCall": {"name": "look", "args": {"n": 2}}},
            ]}, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 50, "candidatesTokenCount": 7, "thoughtsTokenCount": 3, "totalTokenCount": 60},
        });
        let delta = parse_event(server.connection(), &data.to_string()).expect("it is a chunk");
        assert_eq!(
            (delta.text.as_str(), delta.is_last, delta.usage),
            ("Bien sûr.", true, Some((50, 10)))
        );
        let call = &delta.calls[0].call;
        assert_eq!((call.name.as_str(), call.arguments.as_str()), ("look", "{\"n\":2}"));
    }

    #[test]
    fn what_is_blocked_is_refused_and_what_breaks_fails() {
        let server = server();
        let error = |data: Value| parse_event(server.connection(), &data.to_string()).expect_err("it is an error");
        let ended = |reason: &str| json!({"candidates": [{"finishReason": reason}]});
        for data in [
            json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}),
            ended("SAFETY"),
            ended("RECITATION"),
        ] {
            assert!(matches!(error(data.clone()), EngineError::Refused { .. }), "{data}");
        }
        for data in [
            ended("MALFORMED_FUNCTION_CALL"),
            ended("OTHER"),
            json!({"error": {"code": 400, "message": "API key not valid", "status": "INVALID_ARGUMENT"}}),
        ] {
            assert!(matches!(error(data.clone()), EngineError::Failed { .. }), "{data}");
        }
        let overloaded = error(json!({"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}));
        assert!(overloaded.is_retryable());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn arbitrary_events_never_panic(text: String, shape in 0usize..6) {
            let quoted = Value::String(text.clone()).to_string();
            let data = [
                text,
                format!("{{\"candidates\":{quoted}}}"),
                format!("{{\"candidates\":[{{\"finishReason\":{quoted},\"content\":{quoted}}}]}}"),
                format!("{{\"candidates\":[{{\"content\":{{\"parts\":[{quoted},{{\"functionCall\":{quoted}}}]}}}}]}}"),
                format!("{{\"error\":{quoted}}}"),
                format!("{{\"usageMetadata\":{quoted},\"promptFeedback\":{quoted}}}"),
            ];
            let _ = parse_event(server().connection(), &data[shape]);
        }
    }
}
