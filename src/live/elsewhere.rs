//! Calls that other nodes hold: what is to be done in them is done there.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Live;
use super::conversation::{self, Farewell};
use super::exchange::{ExchangeError, Outcome};
use crate::conversations::ConversationError;
use crate::ids::ConversationId;
use crate::presence::fleet::{Fleet, FleetError};
use crate::presence::nodes::Node;

/// What one node wants done in a call that another one holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "errand", rename_all = "snake_case")]
pub enum Errand {
    /// Nothing more is to be said; whatever was said is to be recorded.
    Conclude,
    /// The peers are told how it was, and closed.
    Farewell {
        /// The summary, if there is one.
        summary: Option<Value>,
    },
    /// The learner takes a turn from outside. Whoever sends this has the right to.
    Turn {
        /// What they say.
        text: String,
    },
}

/// What became of an [`Errand`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "snake_case")]
pub enum Report {
    /// It is done.
    Done,
    /// The turn is taken and answered, and both are recorded.
    Taken {
        /// What came of it.
        outcome: Box<Outcome>,
    },
    /// Nobody is in the call: the turn can be taken anywhere.
    Nobody,
    /// The turn was not answered.
    Refused {
        /// Why.
        refusal: Refusal,
    },
}

/// Why a turn in a call elsewhere was not answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The conversation is over.
    Ended,
    /// No dialogue model replied.
    Unanswered,
    /// It took too long.
    TimedOut,
    /// That node takes no more turns.
    Closing,
    /// Its fault.
    Failed(String),
}

/// The path at which a node is asked about the call of a conversation; the body is the [`Errand`].
pub const PATH: &str = "/node/calls";

impl Live {
    /// Does here what another node wants done.
    pub async fn run(&self, id: &ConversationId, errand: Errand) -> Report {
        match errand {
            Errand::Conclude => {
                self.conclude_here(id).await;
                Report::Done
            }
            Errand::Farewell { summary } => {
                self.farewell_here(id, summary);
                Report::Done
            }
            Errand::Turn { text } => match self.take_here(id, text).await {
                Ok(Some(outcome)) => Report::Taken {
                    outcome: Box::new(outcome),
                },
                Ok(None) => Report::Nobody,
                Err(error) => Report::Refused { refusal: error.into() },
            },
        }
    }

    /// The other node that holds the call of a conversation.
    pub(super) async fn elsewhere(&self, id: &ConversationId) -> Option<Elsewhere> {
        let fleet = self.0.fleet.get()?.clone()?;
        let node = fleet.holder(id).await?;
        Some(Elsewhere {
            fleet,
            node,
            id: id.clone(),
        })
    }

    /// Ends what is said in the call of a conversation that is held here, and has it recorded.
    pub(super) async fn conclude_here(&self, id: &ConversationId) {
        if let Some(call) = self.find(id) {
            self.conclude(id, &call).await;
            // What was said last is summed up with what is told about it.
            self.engines().assessments.settle(Some(id)).await;
            self.flush(id).await;
        }
    }

    pub(super) fn farewell_here(&self, id: &ConversationId, summary: Option<Value>) -> bool {
        let call = self.find(id);
        if let Some(call) = &call {
            call.conversation.do_send(Farewell {
                event: Some(conversation::ending_event(summary)),
            });
        }
        call.is_some()
    }

    async fn take_here(&self, id: &ConversationId, text: String) -> Result<Option<Outcome>, ExchangeError> {
        let Some(call) = self.attended(id).await? else {
            return Ok(None);
        };
        let outcome = self.take_in_call(&call, text).await?;
        self.flush(id).await;
        Ok(Some(outcome))
    }
}

/// A call that another node holds.
pub(super) struct Elsewhere {
    fleet: Fleet,
    node: Node,
    id: ConversationId,
}

impl Elsewhere {
    /// Has something done there.
    pub(super) async fn send(&self, errand: &Errand) -> Result<Report, FleetError> {
        let path = format!("{PATH}/{}", self.id);
        self.fleet.ask(&self.node, &path, errand).await
    }

    /// Has a turn taken there; none if nobody is in the call.
    pub(super) async fn take(&self, text: String) -> Result<Option<Outcome>, ExchangeError> {
        match self.send(&Errand::Turn { text }).await? {
            Report::Taken { outcome } => Ok(Some(*outcome)),
            Report::Nobody => Ok(None),
            Report::Refused { refusal } => Err(refusal.into()),
            Report::Done => Err(ExchangeError::Failed(
                "the other node speaks of something else".to_owned(),
            )),
        }
    }
}

impl From<ExchangeError> for Refusal {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Conversation(ConversationError::Ended) => Self::Ended,
            ExchangeError::Unanswered => Self::Unanswered,
            ExchangeError::TimedOut => Self::TimedOut,
            ExchangeError::Closing => Self::Closing,
            error => Self::Failed(error.to_string()),
        }
    }
}

impl From<Refusal> for ExchangeError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Ended => ConversationError::Ended.into(),
            Refusal::Unanswered => Self::Unanswered,
            Refusal::TimedOut => Self::TimedOut,
            Refusal::Closing => Self::Closing,
            Refusal::Failed(reason) => Self::Failed(reason),
        }
    }
}
