//! A dialogue model for tests and load tests, which always says the same.

use futures::{StreamExt, stream};

use crate::engine::{Llm, ReplyPiece, ReplyRequest, Results};

/// Says [`ScriptedLlm::REPLY`] on every occasion, at once; the scenario stays where it is, so that a call lasts as long as its
/// caller likes.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScriptedLlm;

impl ScriptedLlm {
    /// What it says.
    pub const REPLY: &'static str = "Of course, please follow me to your table.";
}

impl Llm for ScriptedLlm {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn reply(&self, request: ReplyRequest) -> Results<ReplyPiece> {
        let text = ReplyPiece::Text(Self::REPLY.to_owned());
        let progress = request.progress;
        stream::iter([Ok(text), Ok(ReplyPiece::Done { progress })]).boxed()
    }
}
