//! One conversation by a plan over the async WebRTC library, for whole-program tests: the same caller as the load test's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use colloquy_media::FRAME;
use tokio::time::MissedTickBehavior;

use crate::api::{Api, ApiError};
use crate::call::{Call, CallError, CallEvent, Frame};
use crate::caller::{Caller, Input, Observation, Order, Sound};
use crate::clip::Clip;
use crate::measure::{Arrivals, Heard, Packet};
use crate::plan::Script;
use crate::surface::Surface;
use crate::vocabulary;

pub use crate::turn::{Latency, Turn};

/// What a caller sets out to do.
#[derive(Clone)]
pub struct Plan {
    /// The topic of the conversation.
    pub topic: String,
    /// Its language.
    pub language: String,
    /// What to say, in this order.
    pub answers: Vec<Arc<Clip>>,
    /// How long to think before each answer.
    pub thinking: Duration,
}

/// What one caller saw.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The conversation's id.
    pub conversation: String,
    /// POST of the offer -> connected, in ms.
    pub connect_ms: f64,
    /// POST of the offer -> first agent audio, in ms.
    pub first_audio_ms: Option<f64>,
    /// How long the call lasted.
    pub lasted: Duration,
    /// Its utterances.
    pub turns: Vec<Turn>,
    /// Agent packets received.
    pub packets: u64,
    /// Agent packets missing from the sequence numbers.
    pub lost: u64,
    /// What the agent said, in order.
    pub replies: Vec<String>,
}

/// Why a conversation could not be held to its end.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// The REST side refused.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The caller gave up.
    #[error("{why}, after {turns} of {of} answers")]
    GaveUp {
        /// Why.
        why: String,
        /// Answers given until then.
        turns: usize,
        /// Answers planned.
        of: usize,
    },
}

/// Holds one conversation by the plan and ends it.
///
/// # Errors
/// When it can't be joined, or not be held to its end.
pub async fn hold(api: &Api, plan: &Plan) -> Result<Outcome, HoldError> {
    let conversation = api.create_conversation(&plan.topic, &plan.language).await?;
    let script = Script::steady(plan.answers.clone(), plan.thinking);
    let mut caller = Caller::new(script, Surface::Whip, Instant::now(), None);
    let mut outcome = Outcome {
        conversation: conversation.clone(),
        ..Outcome::default()
    };
    let offered = Instant::now();
    // The only order until it is connected is to begin, which it is about to.
    caller.tick(offered, offered);
    let call = Call::join(api, &conversation).await?;
    caller.handle(Input::Connected { offered }, Instant::now());
    let ended = talk(&mut caller, call, plan, &mut outcome).await;
    outcome.lasted = offered.elapsed();
    api.end(&conversation).await?;
    ended?;
    Ok(outcome)
}

async fn talk(caller: &mut Caller, mut call: Call, plan: &Plan, outcome: &mut Outcome) -> Result<(), HoldError> {
    let mut ticks = tokio::time::interval(FRAME);
    // A late tick is made up for at once, as a sound card's clock would: the stream stays gapless.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut heard, mut arrivals) = (Heard::default(), Arrivals::default());
    loop {
        tokio::select! {
            biased;
            event = call.event() => {
                let input = event.map_or_else(closed, |event| input(event, &mut arrivals, &mut heard));
                if let Some((input, at)) = input {
                    caller.handle(input, at);
                }
            }
            due = ticks.tick() => match caller.tick(due.into_std(), Instant::now()) {
                Sound::Voice { clip, frame, .. } => call.send(clip.frame(frame)).await?,
                Sound::Silence | Sound::Nothing => call.send(Frame::SILENCE).await?,
            },
        }
        (outcome.packets, outcome.lost) = (heard.packets, heard.lost());
        let mut failure = None;
        while let Some(observation) = caller.poll_observation() {
            match observation {
                Observation::Joined(took) => outcome.connect_ms = took,
                Observation::FirstAudio(took) => outcome.first_audio_ms = Some(took),
                Observation::Turn(turn) => outcome.turns.push(turn),
                Observation::Words(words) => outcome.replies.push(words),
                Observation::Failed(why) => failure = Some(why),
                _ => {}
            }
        }
        if let Some(why) = failure {
            return Err(HoldError::GaveUp {
                why,
                turns: outcome.turns.len(),
                of: plan.answers.len(),
            });
        }
        while let Some(order) = caller.poll_order() {
            if order == Order::End {
                call.leave().await?;
                return Ok(());
            }
        }
    }
}

fn closed() -> Option<(Input, Instant)> {
    let why = "the call was closed".to_owned();
    Some((Input::Failed(why), Instant::now()))
}

/// What an event of the call means to the caller, and when it came.
fn input(event: CallEvent, arrivals: &mut Arrivals, heard: &mut Heard) -> Option<(Input, Instant)> {
    match event {
        CallEvent::Audio {
            at,
            sequence,
            timestamp,
            marker,
            payload,
        } => {
            let packet = Packet {
                sequence,
                timestamp,
                marker,
                bytes: payload.len(),
            };
            if !arrivals.handle(heard, &packet, at) {
                return None;
            }
            match packet.is_speech() {
                true => Some((Input::Speech { marked: marker }, at)),
                false => marker.then_some((Input::Mark, at)),
            }
        }
        CallEvent::Message { at, json } => Some((vocabulary::input(&json)?, at)),
        CallEvent::Closed => closed(),
        CallEvent::EventsOpen => None,
    }
}
