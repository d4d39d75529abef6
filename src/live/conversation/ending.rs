//! How a conversation comes to its end: from inside, from outside, and with a goodbye.

use std::time::{Duration, Instant};

use actix::prelude::*;
use colloquy_agents::mind::Input;
use colloquy_signaling::events::ServerEvent;
use serde_json::{Map, Value};
use tokio::sync::oneshot;
use tracing::Instrument;

use super::Conversation;
use super::inbox::{Conclude, Farewell};
use crate::clock::Timestamp;
use crate::live::agent::Heard;

/// How long goodbyes may take to leave before the peers are closed.
const GOODBYE: Duration = Duration::from_millis(250);

/// Where a conversation is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It goes on.
    Live,
    /// The mind was told to end.
    Concluding,
    /// The mind is done.
    Concluded,
    /// Goodbyes are leaving.
    Parting,
}

impl Conversation {
    /// Ends the conversation from inside: the summary is made, and everybody hears it, or that there is none.
    pub(super) fn wind_up(&mut self, ctx: &mut Context<Self>) {
        let is_over = !matches!(self.phase, Phase::Live | Phase::Concluded);
        if is_over || std::mem::replace(&mut self.is_winding_up, true) {
            return;
        }
        let (conversations, live, id) = (
            self.parts.conversations.clone(),
            self.parts.live.clone(),
            self.parts.id.clone(),
        );
        let conclusion = async move {
            if let Err(error) = conversations.conclude(&live, &id, Timestamp::now()).await {
                tracing::error!(%error, "the conversation could not be concluded");
            }
        };
        ctx.spawn(conclusion.instrument(self.parts.span.clone()).into_actor(self));
    }

    fn conclude(&mut self, done: oneshot::Sender<()>) {
        match self.phase {
            Phase::Live => {
                self.phase = Phase::Concluding;
                self.waiting.push(done);
                self.inform(Heard::Fact(Input::End));
            }
            Phase::Concluding => self.waiting.push(done),
            // Nobody listening for the answer any more is no trouble.
            Phase::Concluded | Phase::Parting => {
                let _ = done.send(());
            }
        }
    }
}

impl Handler<Conclude> for Conversation {
    type Result = ();

    fn handle(&mut self, conclude: Conclude, _: &mut Self::Context) {
        let _entered = self.enter_span();
        self.conclude(conclude.done);
    }
}

impl Handler<Farewell> for Conversation {
    type Result = ();

    fn handle(&mut self, farewell: Farewell, ctx: &mut Self::Context) {
        let _entered = self.enter_span();
        let now = Instant::now();
        self.phase = Phase::Parting;
        for done in self.waiting.drain(..) {
            let _ = done.send(());
        }
        if let Some(event) = farewell.event {
            self.tell_everybody(&event, now);
        }
        self.drive(now, ctx);
        ctx.run_later(GOODBYE, |_, ctx| ctx.stop());
    }
}

/// The last event of a conversation that has ended; without a summary, it can be ended again later.
pub fn ending_event(summary: Option<Value>) -> ServerEvent {
    match summary {
        Some(Value::Object(summary)) => ServerEvent::Summary { summary },
        Some(other) => ServerEvent::Summary {
            summary: Map::from_iter([("summary".to_owned(), other)]),
        },
        None => ServerEvent::Error {
            code: "SUMMARY_FAILED".to_owned(),
            message: "The conversation could not be summed up for the moment; nothing that was said is lost".to_owned(),
        },
    }
}
