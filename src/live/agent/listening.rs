//! The agent's ear: one recogniser for each utterance.

use std::sync::Arc;

use actix::prelude::*;
use colloquy_agents::engine::{EngineError, Heard as Recognised, Listen, ListenRequest};
use colloquy_agents::mind::{Input, is_backchannel};
use tokio::sync::mpsc;

use super::Agent;
use super::assessing::Sound;
use crate::live::conversation::Order;
use crate::live::in_span::InSpan;

/// Frames of an utterance that wait for the recogniser: a minute.
const LISTEN_CAPACITY: usize = 3_000;

/// A recogniser at work on an utterance.
pub(super) struct Listening {
    pub(super) input: mpsc::Sender<Listen>,
    pub(super) task: SpawnHandle,
    /// The pause that lasts.
    pub(super) paused: Option<u32>,
    /// All of it so far.
    pub(super) sound: Sound,
}

impl Agent {
    pub(super) fn listen(&mut self, utterance: u64, ctx: &mut Context<Self>) {
        let (input, inbox) = mpsc::channel(LISTEN_CAPACITY);
        let request = ListenRequest {
            language: self.language,
            expected: Arc::clone(&self.expected),
        };
        let heard = InSpan::new(self.engines.stt.listen(request, inbox), self.span.clone());
        let task = ctx.spawn(
            heard
                .into_actor(self)
                .map(move |heard, agent, ctx| agent.handle_recognised(utterance, heard, ctx))
                .finish(),
        );
        self.listening.insert(
            utterance,
            Listening {
                input,
                task,
                paused: None,
                sound: Sound::default(),
            },
        );
    }

    pub(super) fn feed(&mut self, utterance: u64, input: Listen) {
        let Some(listening) = self.listening.get_mut(&utterance) else {
            return;
        };
        if let Listen::Audio(pcm) = &input {
            listening.sound.push(pcm);
        }
        if let Listen::Pause { .. } = &input {
            // Whoever is behind now is late with the answer.
            let waiting = LISTEN_CAPACITY - listening.input.capacity();
            self.metrics.recogniser_queue.observe(waiting as f64);
        }
        if listening.input.try_send(input).is_err() {
            self.metrics.recogniser_overruns.inc();
        }
    }

    pub(super) fn forget(&mut self, utterance: u64, ctx: &mut Context<Self>) {
        if let Some(listening) = self.listening.remove(&utterance) {
            ctx.cancel_future(listening.task);
        }
    }

    fn handle_recognised(&mut self, utterance: u64, heard: Result<Recognised, EngineError>, ctx: &mut Context<Self>) {
        let _entered = self.span.clone().entered();
        let input = match heard {
            Ok(Recognised::Partial { text }) => Input::Partial { utterance, text },
            Ok(Recognised::View { pause, transcript, fit }) => {
                let listening = self.listening.get(&utterance);
                if listening.is_none_or(|listening| listening.paused != Some(pause)) {
                    // Speech has gone on since: no more than a guess at its beginning.
                    let text = transcript.text;
                    return self.tell(Input::Partial { utterance, text }, ctx);
                }
                if transcript.text.is_empty() || is_backchannel(&transcript.text) {
                    // Over an agent that speaks this is no more than "mhm"; else the silence decides.
                    self.order(Order::Backchannel { utterance, pause });
                } else {
                    self.order(Order::View { utterance, pause, fit });
                }
                return self.tell_read(
                    Input::View {
                        utterance,
                        transcript,
                        fit,
                    },
                    ctx,
                );
            }
            Ok(Recognised::Final(transcript)) => {
                if let Some(listening) = self.listening.remove(&utterance) {
                    self.sounds.keep(&transcript.text, listening.sound);
                }
                return self.tell_read(Input::Final { utterance, transcript }, ctx);
            }
            Err(error) => {
                tracing::warn!(%error, "nothing recognised");
                self.listening.remove(&utterance);
                Input::RecognitionFailed { utterance }
            }
        };
        self.tell(input, ctx);
    }

    /// Tells the mind what was said once that was read. What the scenario expects, word for word, and what nobody understood needs no
    /// reading.
    fn tell_read(&mut self, input: Input, ctx: &mut Context<Self>) {
        let text = match &input {
            Input::View { transcript, .. } | Input::Final { transcript, .. }
                if !transcript.is_verbatim() && !transcript.is_unheard() =>
            {
                transcript.text.clone()
            }
            _ => String::new(),
        };
        self.read_ahead(&text, ctx, |agent, ctx| agent.tell(input, ctx));
    }
}
