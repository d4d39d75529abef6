//! What a dialogue model may call.
//!
//! Two kinds of tools: acts of the conversation, which cost nothing, and services that the operator names
//! ([`HttpTool`]). The model decides when to call one; what it is called with is checked against the tool's schema, and what the
//! tool answers is given to the model as a value, never as an instruction.
//!
//! A reply may be prepared and thrown away: acts are done only once it was heard, services should only look things up.

mod calling;
mod file;
mod http;

use std::sync::Arc;

use serde_json::Value;

pub use file::ToolsError;
pub use http::HttpTool;

pub(crate) use calling::Calling;

use crate::chain::ChainObserver;

/// A tool as a model is told of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ToolSpec {
    /// By which it is called, and known in metrics.
    pub name: &'static str,
    /// What it does and when to call it.
    pub description: String,
    /// The JSON schema of its arguments.
    pub parameters: Value,
}

/// A call that a model makes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ToolCall {
    /// By which its result is known, if the provider has such.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Its arguments: JSON, if the model wrote any.
    pub arguments: String,
    /// The call as the provider wrote it, where it wants it back like that.
    pub raw: Value,
}

/// The services of the operator; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Tools {
    services: Arc<[HttpTool]>,
}

impl Tools {
    /// Reads them from a file's text: a JSON array of `{"name", "description", "parameters", "url"}`, and if wanted `"headers"`
    /// and `"timeout_ms"`.
    ///
    /// # Errors
    /// When the text is not of this shape, or a tool can't be used.
    pub fn parse(text: &str) -> Result<Self, ToolsError> {
        let services = file::parse(text)?.into();
        Ok(Self { services })
    }

    /// The same, of which is told how they do, each by its name.
    pub fn observed(self, observer: &Arc<dyn ChainObserver>) -> Self {
        let observed = |tool: &HttpTool| tool.clone().observed(Arc::clone(observer));
        let services = self.services.iter().map(observed).collect();
        Self { services }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.services.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }

    pub(crate) fn services(&self) -> &[HttpTool] {
        &self.services
    }
}
