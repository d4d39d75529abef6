//! The dialogue model of an OpenAI-compatible server: `POST /chat/completions`, streamed as server-sent events.
//!
//! The translation is asked for in the same reply, after a separator: it needs no second request, and since it comes last the
//! speech doesn't wait for it. A model that forgets it costs the translation, never the reply.
//!
//! The scenario's own answer to the learner is made too: its progress keeps the expected answers in step with the story, and its
//! line tells the model where the story goes.

use std::sync::Arc;

use serde_json::{Value, json};

use super::prompt::{Message, Scene, Turn, messages};
use super::split::Split;
use crate::engine::{EngineError, Insights, Llm, Occasion, ReplyPiece, ReplyRequest, Results};
use crate::http::Connection;
use crate::language::Language;
use crate::openai::OpenAiServer;
use crate::produce::{Emit, produce};
use crate::sse::SseParser;

/// A dialogue model over the network.
#[derive(Clone, Debug)]
pub struct OpenAiLlm {
    server: Arc<OpenAiServer>,
}

impl OpenAiLlm {
    /// The dialogue model of this server.
    pub fn new(server: Arc<OpenAiServer>) -> Self {
        Self { server }
    }
}

impl Llm for OpenAiLlm {
    fn name(&self) -> &'static str {
        self.server.config().name
    }

    fn translates_into(&self, native: Language) -> Option<Language> {
        Some(native)
    }

    fn reply(&self, request: ReplyRequest) -> Results<ReplyPiece> {
        let server = Arc::clone(&self.server);
        produce(move |emit| async move {
            let (line, progress) = match &request.occasion {
                Occasion::Opener => (request.script.opener(), request.progress.clone()),
                Occasion::Answer(answer) => request.script.respond(&request.progress, answer),
                Occasion::Idle => request.script.idle(&request.progress),
            };
            let messages = messages(&Turn {
                scene: &Scene::of(&request.script, &progress),
                line: &line.text,
                language: request.script.language(),
                native_language: request.native_language,
                history: &request.history,
                occasion: &request.occasion,
                guidance: &request.guidance,
            });
            let said = chat(&server, &messages, &emit).await?;
            // The step is the scenario's; the words are its own.
            let insights = Insights {
                vocabulary: request.script.taught_words(&said),
                // Whether it did as it was told shows in its words.
                correction: request
                    .guidance
                    .correction
                    .filter(|correction| correction.is_said_in(&said))
                    .map(Box::new),
                lines: Vec::new(),
                ..line.insights
            };
            if !insights.is_empty() {
                emit.send(ReplyPiece::Insights(insights)).await;
            }
            emit.send(ReplyPiece::Done { progress }).await;
            Ok(())
        })
    }
}

/// Emits the text of the reply as it comes, and its translation at the end. Returns the whole text.
async fn chat(server: &OpenAiServer, messages: &[Message], emit: &Emit<ReplyPiece>) -> Result<String, EngineError> {
    let body = json!({
        "model": server.config().llm_model,
        "messages": messages,
        "stream": true,
    });
    let server = server.connection();
    let mut answer = server.send(server.post("chat/completions").json(&body)).await?;
    let mut events = SseParser::default();
    let mut split = Split::default();
    let mut length = 0;
    let mut ended = false;
    let mut said = String::new();
    while !ended && length < LONGEST_REPLY {
        let Some(bytes) = answer.next().await? else {
            return Err(server.unavailable("its reply was cut"));
        };
        events
            .handle_bytes(&bytes)
            .map_err(|error| server.failed(error.to_string()))?;
        while let Some(event) = events.poll_event() {
            let delta = parse_event(server, &event.data)?;
            length += delta.text.len();
            ended |= delta.is_last;
            let text = split.push(&delta.text);
            if !text.is_empty() {
                said.push_str(&text);
                emit.send(ReplyPiece::Text(text)).await;
            }
        }
    }
    let (rest, translation) = split.finish();
    if !rest.is_empty() {
        said.push_str(&rest);
        emit.send(ReplyPiece::Text(rest)).await;
    }
    if said.is_empty() {
        return Err(server.failed("its reply is empty"));
    }
    if let Some(translation) = translation {
        emit.send(ReplyPiece::Translation(translation)).await;
    }
    Ok(said)
}

/// What one event of the stream brings.
#[derive(Debug, Default)]
struct Delta {
    text: String,
    is_last: bool,
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
    Ok(Delta {
        text: choice["delta"]["content"].as_str().unwrap_or_default().to_owned(),
        // The last chunk says why it is the last; not every server sends `[DONE]` after it.
        is_last: choice["finish_reason"].is_string(),
    })
}

/// In bytes, its translation included. A model that doesn't stop is stopped here, and its connection closed.
const LONGEST_REPLY: usize = 8 << 10;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::openai::OpenAiConfig;

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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn arbitrary_events_never_panic(text: String, shape in 0usize..5) {
            let quoted = Value::String(text.clone()).to_string();
            let data = [
                text,
                format!("{{\"choices\":{quoted}}}"),
                format!("{{\"choices\":[{quoted}]}}"),
                format!("{{\"choices\":[{{\"delta\":{quoted},\"finish_reason\":[]}}]}}"),
                format!("{{\"error\":{quoted}}}"),
            ];
            let _ = parse_event(server().connection(), &data[shape]);
        }
    }
}
