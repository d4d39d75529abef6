//! The agent's voice: phrases on their way to the downlink, one at a time and in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use colloquy_agents::engine::{EngineError, SpeakRequest, SpeechChunk};
use colloquy_agents::mind::Input;
use colloquy_media::downlink::Speech;
use futures::StreamExt;

use super::Agent;
use super::lead::Lead;
use crate::live::conversation::Order;
use crate::live::in_span::InSpan;
use crate::live::prompts::Prompt;

/// Phrases on their way through the voice, one at a time and in order.
#[derive(Default)]
pub(super) struct Voice {
    pub(super) waiting: VecDeque<Phrase>,
    pub(super) speaking: Option<(Phrase, SpawnHandle)>,
    /// The reply that ends with the last phrase that waits.
    pub(super) finishing: Option<u64>,
    /// What the voice has said of the phrase so far, to be kept if it is said again.
    pub(super) made: Vec<SpeechChunk>,
    /// How far it is ahead of what is heard.
    pub(super) lead: Lead,
}

/// A phrase of a reply.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    pub(super) generation: u64,
    pub(super) number: usize,
    pub(super) request: SpeakRequest,
}

impl Voice {
    /// Takes note of what the downlink tells the mind.
    pub(super) fn note(&mut self, input: &Input) {
        match *input {
            Input::PlayoutProgress {
                generation,
                phrase,
                played,
            } => self.lead.handle_played(generation, phrase, played),
            Input::PlayoutFinished { generation } => self.lead.handle_finished(generation),
            _ => {}
        }
    }
}

impl Agent {
    /// Starts on the next phrase, unless one is under way or enough waits to be heard.
    pub(super) fn speak_next(&mut self, ctx: &mut Context<Self>) {
        while self.voice.speaking.is_none() && !self.voice.lead.is_too_far() {
            let Some(phrase) = self.voice.waiting.pop_front() else {
                if let Some(generation) = self.voice.finishing.take() {
                    self.order(Order::Finish { generation });
                }
                return;
            };
            if let Some(prompt) = self.engines.prompts.find(&phrase.request) {
                self.play_prompt(&phrase, &prompt);
                continue;
            }
            let (generation, number) = (phrase.generation, phrase.number);
            let speech = InSpan::new(self.engines.tts.speak(phrase.request.clone()), self.span.clone());
            let end = futures::stream::once(std::future::ready(None));
            let task = ctx.spawn(
                speech
                    .map(Some)
                    .chain(end)
                    .into_actor(self)
                    .map(move |chunk, agent, ctx| agent.handle_speech(generation, number, chunk, ctx))
                    .finish(),
            );
            self.voice.speaking = Some((phrase, task));
        }
    }

    fn play_prompt(&mut self, phrase: &Phrase, prompt: &Prompt) {
        let duration = prompt.speech.duration();
        self.voice.lead.handle_made(phrase.generation, phrase.number, duration);
        self.order(Order::Play {
            generation: phrase.generation,
            phrase: phrase.number,
            speech: Speech::Encoded(Arc::clone(&prompt.speech)),
        });
        let now = Instant::now();
        self.mind.handle_input(
            Input::SpeechMade {
                generation: phrase.generation,
                phrase: phrase.number,
                duration,
                words: prompt.words.clone(),
            },
            now,
        );
        self.mind.handle_input(
            Input::SpeechEnded {
                generation: phrase.generation,
                phrase: phrase.number,
            },
            now,
        );
    }

    /// Takes the next piece of speech; `None` is its end.
    fn handle_speech(
        &mut self,
        generation: u64,
        phrase: usize,
        chunk: Option<Result<SpeechChunk, EngineError>>,
        ctx: &mut Context<Self>,
    ) {
        let _entered = self.span.clone().entered();
        // A phrase that failed or was flushed has no more to say.
        let is_current = self
            .voice
            .speaking
            .as_ref()
            .is_some_and(|(spoken, _)| (spoken.generation, spoken.number) == (generation, phrase));
        if !is_current {
            return;
        }
        let input = match chunk {
            Some(Ok(chunk)) => {
                let duration = duration_of(&chunk);
                let input = Input::SpeechMade {
                    generation,
                    phrase,
                    duration,
                    words: chunk.words.clone(),
                };
                // Timings may come without sound.
                if !chunk.pcm.is_empty() {
                    self.voice.lead.handle_made(generation, phrase, duration);
                    self.order(Order::Play {
                        generation,
                        phrase,
                        speech: Speech::Pcm {
                            samples: Arc::clone(&chunk.pcm),
                            rate: chunk.rate,
                        },
                    });
                }
                self.voice.made.push(chunk);
                input
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "no speech");
                self.voice.made.clear();
                self.voice.speaking = None;
                Input::SpeechFailed { generation, phrase }
            }
            None => {
                let made = std::mem::take(&mut self.voice.made);
                if let Some((spoken, _)) = self.voice.speaking.take()
                    && self.engines.tts.is_cacheable()
                {
                    self.engines.prompts.keep(spoken.request, made);
                }
                Input::SpeechEnded { generation, phrase }
            }
        };
        self.mind.handle_input(input, Instant::now());
        self.speak_next(ctx);
        self.act(ctx);
    }

    /// The downlink has refused a phrase, or the rest of it: what is not heard counts as not said.
    pub(super) fn handle_unplayed(&mut self, generation: u64, phrase: usize, ctx: &mut Context<Self>) {
        let is_it =
            |(spoken, _): &mut (Phrase, SpawnHandle)| (spoken.generation, spoken.number) == (generation, phrase);
        if let Some((_, task)) = self.voice.speaking.take_if(is_it) {
            ctx.cancel_future(task);
            self.voice.made.clear();
        }
        self.tell(Input::SpeechFailed { generation, phrase }, ctx);
        self.speak_next(ctx);
        self.act(ctx);
    }

    /// Drops everything that is being said or waits to be.
    pub(super) fn silence(&mut self, ctx: &mut Context<Self>) {
        self.voice.waiting.clear();
        self.voice.finishing = None;
        self.voice.made.clear();
        self.voice.lead.clear();
        if let Some((_, task)) = self.voice.speaking.take() {
            ctx.cancel_future(task);
        }
    }
}

fn duration_of(chunk: &SpeechChunk) -> Duration {
    Duration::from_secs_f64(chunk.pcm.len() as f64 / f64::from(chunk.rate.max(1)))
}
