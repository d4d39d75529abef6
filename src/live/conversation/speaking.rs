//! What goes to the people: the agent's speech, and the account of how much of it was heard.

use std::time::{Duration, Instant};

use actix::prelude::*;
use colloquy_agents::mind::{EndReason, Input};
use colloquy_media::downlink::{DownlinkEvent, PlayError};
use colloquy_signaling::events::ServerEvent;

use super::Conversation;
use super::ending::Phase;
use super::inbox::Order;
use crate::live::agent::Heard;
use crate::live::line::LineEvent;

/// Between two reports of playout to the agent.
const REPORT_INTERVAL: Duration = Duration::from_millis(200);

impl Conversation {
    pub(super) fn handle_downlink_event(&mut self, event: DownlinkEvent) {
        let input = match event {
            DownlinkEvent::Started { generation, .. } => {
                self.agent_speaks(true);
                Input::PlayoutStarted { generation }
            }
            DownlinkEvent::PhraseStarted { generation, phrase, .. } => Input::PlayoutProgress {
                generation,
                phrase: phrase as usize,
                played: Duration::ZERO,
            },
            DownlinkEvent::Finished { generation, played, at } => {
                self.agent_speaks(false);
                return self.finish_reply(generation, played, at);
            }
        };
        self.inform(Heard::Fact(input));
    }

    /// Tells the agent now and then how far its speech has come.
    pub(super) fn report_playout(&mut self, now: Instant) {
        if now.saturating_duration_since(self.reported) < REPORT_INTERVAL {
            return;
        }
        self.reported = now;
        if let Some(progress) = self.progress() {
            self.inform(Heard::Fact(progress));
        }
    }

    fn agent_speaks(&mut self, on: bool) {
        self.is_agent_speaking = on;
        for person in &mut self.people {
            person.uplink.handle_agent_speaking(on);
        }
    }

    fn obey(&mut self, order: Order, now: Instant, ctx: &mut Context<Self>) {
        match order {
            Order::Play {
                generation,
                phrase,
                speech,
            } => {
                match self.downlink.play(generation, phrase as u32, speech, now) {
                    Ok(()) => {}
                    // It was flushed while it was on its way here.
                    Err(PlayError::Stale) => {}
                    Err(error) => {
                        tracing::warn!(%error, generation, phrase, "speech is not played");
                        self.inform(Heard::Unplayed { generation, phrase });
                    }
                }
            }
            Order::Finish { generation } => self.downlink.finish(generation, now),
            Order::Pause { .. } => self.downlink.pause(now),
            Order::Resume { .. } => self.downlink.resume(now),
            Order::Flush { generation } => {
                let played = self.flush_reply(generation, now);
                self.agent_speaks(false);
                self.inform(Heard::Fact(Input::Flushed { generation, played }));
            }
            Order::View { utterance, pause, fit } => {
                if let Some((person, utterance)) = self.speaker_of(utterance) {
                    person.uplink.handle_view(utterance, pause, fit, now);
                }
            }
            Order::Backchannel { utterance, pause } => {
                if let Some((person, utterance)) = self.speaker_of(utterance) {
                    person.uplink.handle_backchannel(utterance, pause, now);
                }
            }
            Order::Recorded { message, progress } => self.tell_watchers(&LineEvent::Recorded { message, progress }),
            Order::Assessed(assessed) => {
                if let Some(analysis) = &assessed.analysis {
                    let event = ServerEvent::Analysis {
                        id: assessed.id.as_str().to_owned(),
                        analysis: (**analysis).clone(),
                    };
                    self.tell_everybody(&event, now);
                }
                self.tell_watchers(&LineEvent::Assessed(assessed));
            }
            Order::Unanswered => self.tell_watchers(&LineEvent::Unanswered),
            Order::Tell(event) => {
                self.tell_everybody(&event, now);
                if matches!(*event, ServerEvent::State { .. }) {
                    self.state = *event;
                }
            }
            Order::End { reason } => {
                self.tell_watchers(&LineEvent::Ended(reason));
                let was = std::mem::replace(&mut self.phase, Phase::Concluded);
                for done in self.waiting.drain(..) {
                    let _ = done.send(());
                }
                if was == Phase::Live && reason == EndReason::Completed {
                    self.wind_up(ctx);
                }
            }
        }
    }
}

impl Handler<Order> for Conversation {
    type Result = ();

    fn handle(&mut self, order: Order, ctx: &mut Self::Context) {
        let _entered = self.enter_span();
        let now = Instant::now();
        self.obey(order, now, ctx);
        self.drive(now, ctx);
    }
}
