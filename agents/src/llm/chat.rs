//! A dialogue model over the network, whatever its wire.

use std::sync::Arc;

use reqwest::RequestBuilder;
use serde_json::Value;

use super::prompt::Message;
use super::reply::reply;
use crate::engine::{EngineError, Llm, ReplyPiece, ReplyRequest, Results};
use crate::http::{Connection, Provider, Refusal, Server};
use crate::language::Language;
use crate::produce::produce;
use crate::tools::{ToolCall, ToolSpec, Tools};

/// The wire of a provider's chat, streamed as server-sent events.
pub(super) trait ChatWire: Send + Sync + 'static {
    /// The provider.
    fn connection(&self) -> &Connection;
    /// The request for the next message. `may_call`: whether it may call these tools, or only know of them.
    fn request(&self, chat: &[Entry], tools: &[ToolSpec], may_call: bool) -> RequestBuilder;
    /// Reads one event of the answer.
    fn parse(&self, data: &str) -> Result<Delta, EngineError>;
    /// Whether it tells what was used in an event of its own, after the last one of the answer.
    fn tells_usage_last(&self) -> bool {
        false
    }
}

/// A dialogue model of a provider with settings of this kind.
#[derive(Debug)]
pub struct ChatLlm<C> {
    server: Arc<Server<C>>,
    tools: Tools,
    /// Whether it refused lately to be told of tools.
    refuses_tools: Arc<Refusal>,
}

impl<C> ChatLlm<C> {
    /// The dialogue model of this provider.
    pub fn new(server: Arc<Server<C>>) -> Self {
        Self {
            server,
            tools: Tools::default(),
            refuses_tools: Arc::default(),
        }
    }

    /// The same, which may call the operator's services.
    pub fn with_tools(mut self, tools: Tools) -> Self {
        self.tools = tools;
        self
    }
}

impl<C> Clone for ChatLlm<C> {
    fn clone(&self) -> Self {
        Self {
            server: Arc::clone(&self.server),
            tools: self.tools.clone(),
            refuses_tools: Arc::clone(&self.refuses_tools),
        }
    }
}

impl<C> Llm for ChatLlm<C>
where
    C: Provider + Send + Sync + 'static,
    Server<C>: ChatWire,
{
    fn name(&self) -> &'static str {
        self.server.config().name()
    }

    fn translates_into(&self, native: Language) -> Option<Language> {
        Some(native)
    }

    fn reply(&self, request: ReplyRequest) -> Results<ReplyPiece> {
        let model = self.clone();
        produce(
            move |emit| async move { reply(&*model.server, &model.tools, &model.refuses_tools, request, &emit).await },
        )
    }
}

/// One entry of a chat.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Entry {
    /// What somebody said.
    Message(Message),
    /// What the model said and called.
    Calls {
        /// May be empty.
        text: String,
        /// At least one.
        calls: Vec<ToolCall>,
    },
    /// What a call gave: an object with `result` or `error`.
    Result {
        /// The call.
        call: ToolCall,
        /// What it gave.
        result: Value,
    },
}

/// What one event brings.
#[derive(Debug, Default)]
pub(crate) struct Delta {
    /// More text.
    pub text: String,
    /// More of calls.
    pub calls: Vec<CallDelta>,
    /// Whether nothing but what was used may follow.
    pub is_last: bool,
    /// Tokens read and written in the whole answer so far.
    pub usage: Option<(u64, u64)>,
}

/// A call, or a piece of one.
#[derive(Debug, Default)]
pub(crate) struct CallDelta {
    /// Which call it continues; whole calls have none.
    pub index: Option<u64>,
    /// What is known of it.
    pub call: ToolCall,
}

/// The calls of one message.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<(Option<u64>, ToolCall)>);

impl Calls {
    /// Takes a call, or more of one.
    pub(super) fn push(&mut self, delta: CallDelta) {
        let is_it = |(index, _): &(Option<u64>, ToolCall)| delta.index.is_some() && *index == delta.index;
        if let Some(at) = self.0.iter().position(is_it) {
            let call = &mut self.0[at].1;
            call.id.push_str(&delta.call.id);
            call.name.push_str(&delta.call.name);
            call.arguments.push_str(&delta.call.arguments);
        } else if self.0.len() < MOST_CALLS {
            self.0.push((delta.index, delta.call));
        }
    }

    /// All of them, in the order in which they were begun.
    pub(super) fn finish(self) -> Vec<ToolCall> {
        self.0.into_iter().map(|(_, call)| call).collect()
    }
}

/// In one message.
const MOST_CALLS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(index: Option<u64>, id: &str, name: &str, arguments: &str) -> CallDelta {
        CallDelta {
            index,
            call: ToolCall {
                id: id.to_owned(),
                name: name.to_owned(),
                arguments: arguments.to_owned(),
                raw: Value::Null,
            },
        }
    }

    #[test]
    fn pieces_of_calls_are_put_together_and_whole_ones_are_kept_apart() {
        let mut calls = Calls::default();
        calls.push(delta(Some(0), "a", "look", ""));
        calls.push(delta(Some(1), "b", "end", ""));
        calls.push(delta(Some(0), "", "", "{\"x\""));
        calls.push(delta(Some(0), "", "", ":1}"));
        let made: Vec<_> = calls
            .finish()
            .into_iter()
            .map(|call| (call.id, call.arguments))
            .collect();
        let expected = [("a", "{\"x\":1}"), ("b", "")];
        assert_eq!(
            made,
            expected.map(|(id, arguments)| (id.to_owned(), arguments.to_owned()))
        );
        let mut calls = Calls::default();
        for _ in 0..10 {
            calls.push(delta(None, "", "look", "{}"));
        }
        assert_eq!(calls.finish().len(), MOST_CALLS);
    }
}
