//! The dialogue model of an OpenAI-compatible server: `POST /chat/completions`, streamed as server-sent events.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::chat::{CallDelta, ChatLlm, ChatWire, Delta, Entry};
use super::structured::{Question, StructuredWire};
use crate::engine::EngineError;
use crate::http::Connection;
use crate::openai::{OpenAiConfig, OpenAiServer};
use crate::tools::{ToolCall, ToolSpec};

/// The dialogue model of an OpenAI-compatible server.
pub type OpenAiLlm = ChatLlm<OpenAiConfig>;

impl ChatWire for OpenAiServer {
    fn connection(&self) -> &Connection {
        self.connection()
    }

    fn request(&self, chat: &[Entry], tools: &[ToolSpec], may_call: bool) -> RequestBuilder {
        let config = self.config();
        let mut body = json!({
            "model": config.llm_model,
            "messages": chat.iter().map(message).collect::<Vec<_>>(),
            "stream": true,
        });
        if config.tells_usage {
            body["stream_options"] = json!({ "include_usage": true });
        }
        if !tools.is_empty() {
            body["tools"] = tools.iter().map(function).collect();
            if !may_call {
                body["tool_choice"] = "none".into();
            }
        }
        self.connection().post("chat/completions").json(&body)
    }

    fn parse(&self, data: &str) -> Result<Delta, EngineError> {
        parse_event(self.connection(), data)
    }

    fn tells_usage_last(&self) -> bool {
        self.config().tells_usage
    }
}

impl StructuredWire for OpenAiServer {
    fn connection(&self) -> &Connection {
        self.connection()
    }

    fn request(&self, question: &Question, with_schema: bool) -> RequestBuilder {
        let format = match with_schema {
            true => json!({
                "type": "json_schema",
                "json_schema": { "name": question.name, "strict": true, "schema": question.schema },
            }),
            false => json!({ "type": "json_object" }),
        };
        let body = json!({
            "model": self.config().llm_model,
            "messages": [
                { "role": "system", "content": question.instructions },
                { "role": "user", "content": question.data.to_string() },
            ],
            "response_format": format,
            "temperature": 0,
        });
        self.connection().post("chat/completions").json(&body)
    }

    fn parse(&self, body: &Value) -> Result<Delta, EngineError> {
        let server = self.connection();
        if !body["error"].is_null() {
            return Err(server.reported(body));
        }
        let choice = &body["choices"][0];
        if choice["finish_reason"] == "content_filter" || choice["message"]["refusal"].is_string() {
            return Err(server.refused("it won't answer this"));
        }
        Ok(Delta {
            text: choice["message"]["content"].as_str().unwrap_or_default().to_owned(),
            usage: usage(body),
            ..Delta::default()
        })
    }
}

/// The tokens that a body tells of.
fn usage(body: &Value) -> Option<(u64, u64)> {
    let tokens = |name: &str| body["usage"][name].as_u64();
    tokens("prompt_tokens").zip(tokens("completion_tokens"))
}

fn function(tool: &ToolSpec) -> Value {
    json!({
        "type": "function",
        "function": { "name": tool.name, "description": tool.description, "parameters": tool.parameters },
    })
}

fn message(entry: &Entry) -> Value {
    match entry {
        Entry::Message(message) => json!(message),
        Entry::Calls { text, calls } => {
            let call = |call: &ToolCall| {
                let function = json!({ "name": call.name, "arguments": call.arguments });
                json!({ "id": call.id, "type": "function", "function": function })
            };
            let calls: Vec<Value> = calls.iter().map(call).collect();
            let text = (!text.is_empty()).then_some(text);
            json!({ "role": "assistant", "content": text, "tool_calls": calls })
        }
        Entry::Result { call, result } => {
            json!({ "role": "tool", "tool_call_id": call.id, "content": result.to_string() })
        }
    }
}

fn parse_event(server: &Connection, data: &str) -> Result<Delta, EngineError> {
    if data.trim() == "[DONE]" {
        return Ok(Delta {
            is_last: true,
            ..Delta::default()
        });
    }
    let chunk: Value =
        serde_json::from_str(data).map_err(|error| server.failed(format!("its reply can't be read: {error}")))?;
    if !chunk["error"].is_null() {
        return Err(server.reported(&chunk));
    }
    let choice = &chunk["choices"][0];
    if choice["finish_reason"] == "content_filter" {
        return Err(server.refused("its content filter cut the reply"));
    }
    let calls = choice["delta"]["tool_calls"].as_array();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let call = |call: &Value| CallDelta {
        // A server that sends calls whole may not number them.
        index: call["index"].as_u64(),
        call: ToolCall {
            id: text(&call["id"]),
            name: text(&call["function"]["name"]),
            arguments: text(&call["function"]["arguments"]),
            raw: Value::Null,
        },
    };
    Ok(Delta {
        text: text(&choice["delta"]["content"]),
        calls: calls.into_iter().flatten().map(call).collect(),
        // The last chunk says why it is the last; not every server sends `[DONE]` after it.
        is_last: choice["finish_reason"].is_string(),
        usage: usage(&chunk),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn server() -> OpenAiServer {
        let config = OpenAiConfig::new("http://localhost/v1", None).expect("the address is a URL");
        OpenAiServer::new(config).expect("it speaks plain HTTP")
    }

    #[test]
    fn only_what_is_said_counts_in_an_event() {
        let server = server();
        for (data, text, is_last) in [
            ("[DONE]", "", true),
            ("{}", "", false),
            ("7", "", false),
            (r#"{"choices":[],"usage":{"total_tokens":9}}"#, "", false),
            (r#"{"choices":[{"delta":{"content":null}}]}"#, "", false),
            (
                r#"{"choices":[{"delta":{"reasoning_content":"hm"}}],"error":null}"#,
                "",
                false,
            ),
            (
                r#"{"choices":[{"delta":{"content":"Oui"},"finish_reason":null}]}"#,
                "Oui",
                false,
            ),
            (
                r#"{"choices":[{"delta":{"content":"."},"finish_reason":"length"}]}"#,
                ".",
                true,
            ),
        ] {
            let delta = parse_event(server.connection(), data).expect("it is JSON");
            assert_eq!((delta.text.as_str(), delta.is_last), (text, is_last), "{data}");
        }
    }

    #[test]
    fn calls_come_in_pieces_and_tokens_are_counted() {
        let server = server();
        let delta = |data: &str| parse_event(server.connection(), data).expect("it is JSON");
        let begun = delta(
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"look","arguments":""}}]}}]}"#,
        );
        let call = &begun.calls[0];
        assert_eq!(
            (call.index, call.call.id.as_str(), call.call.name.as_str()),
            (Some(0), "c1", "look")
        );
        let more = delta(r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}}]}"#);
        assert_eq!(
            (more.calls[0].call.arguments.as_str(), more.calls[0].call.name.as_str()),
            ("{\"a\"", "")
        );
        let used = delta(r#"{"choices":[],"usage":{"prompt_tokens":120,"completion_tokens":9,"total_tokens":129}}"#);
        assert_eq!((used.usage, used.is_last), (Some((120, 9)), false));
        let refused = parse_event(
            server.connection(),
            r#"{"choices":[{"delta":{},"finish_reason":"content_filter"}]}"#,
        );
        assert!(matches!(refused, Err(EngineError::Refused { .. })), "{refused:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn arbitrary_events_never_panic(text: String, shape in 0usize..6) {
            let quoted = Value::String(text.clone()).to_string();
            let data = [
                text,
                format!("{{\"choices\":{quoted}}}"),
                format!("{{\"choices\":[{quoted}]}}"),
                format!("{{\"choices\":[{{\"delta\":{quoted},\"finish_reason\":[]}}]}}"),
                format!("{{\"error\":{quoted}}}"),
                format!("{{\"choices\":[{{\"delta\":{{\"tool_calls\":[{quoted},{{\"function\":{quoted}}}]}}}}],\"usage\":{quoted}}}"),
            ];
            let _ = parse_event(server().connection(), &data[shape]);
        }
    }
}
