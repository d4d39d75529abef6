//! How a caller behaves: waits for the greeting, answers, listens, and what is measured meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use colloquy_media::FRAME;
use colloquy_media::level::AudioLevel;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::MissedTickBehavior;

use crate::api::{Api, ApiError};
use crate::call::{Call, CallError, CallEvent, Frame};
use crate::clip::Clip;

/// Opus packets up to this size carry no speech: they keep the stream alive across silence.
const KEEP_ALIVE_BYTES: usize = 3;
/// The agent has finished when it has been quiet for this long and says that it listens.
const AGENT_QUIET: Duration = Duration::from_millis(300);
/// An utterance that has not been answered by then counts as unanswered.
const REPLY_TIMEOUT: Duration = Duration::from_secs(10);
/// Digital silence as one 20 ms Opus frame (CELT, full band).
const SILENCE: Frame<'static> = Frame {
    payload: &[0xf8, 0xff, 0xfe],
    level: AudioLevel::SILENCE,
};

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

/// One utterance and what became of it.
#[derive(Debug, Default)]
pub struct Turn {
    /// What was said.
    pub said: String,
    /// The final transcript of it.
    pub heard: Option<String>,
    /// Last voiced sample sent -> first packet of the reply, in ms.
    pub reply_ms: Option<f64>,
    /// Last voiced sample sent -> first packet that the server marks as the beginning of speech, in ms. Speech may begin
    /// with silence.
    pub marked_ms: Option<f64>,
    /// How late this caller's own clock was with the last voiced sample, in ms.
    pub sent_late_ms: f64,
    /// The server's own account.
    pub server: Option<Latency>,
    /// Whether the agent began to speak before the answer was out: a false end of turn.
    pub cut_off: bool,
}

/// A `latency` event, in ms.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Latency {
    /// Last voiced sample -> the turn is over.
    pub end_of_turn: f64,
    /// -> its transcript.
    pub stt: f64,
    /// -> the first words of the reply.
    pub llm: f64,
    /// -> the first sound of the reply.
    pub tts: f64,
    /// The whole.
    pub total: f64,
}

impl Turn {
    /// What the server's account misses of what this caller measured, in ms.
    pub fn unaccounted_ms(&self) -> Option<f64> {
        Some(self.reply_ms? - self.server.as_ref()?.total)
    }

    /// Whether the transcript is what was said, case and punctuation aside.
    pub fn is_transcribed_exactly(&self) -> bool {
        let bare = |text: &str| -> String {
            text.chars()
                .filter(|letter| letter.is_alphanumeric())
                .flat_map(char::to_lowercase)
                .collect()
        };
        self.heard
            .as_deref()
            .is_some_and(|heard| bare(heard) == bare(&self.said))
    }
}

/// What the caller is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Doing {
    /// Waiting for the agent to finish; `spoke` once it was heard.
    Listening { spoke: bool },
    /// Waiting a moment before the answer.
    Thinking { until: Instant },
    /// Saying an answer; the frame to send next.
    Speaking { next: usize },
    /// Said it; waiting for the reply.
    Awaiting { voiced_until: Instant },
}

/// Holds one conversation by the plan and ends it.
pub async fn hold(api: &Api, plan: &Plan) -> Result<Outcome, HoldError> {
    let conversation = api.create_conversation(&plan.topic, &plan.language).await?;
    let offered = Instant::now();
    let call = Call::join(api, &conversation).await?;
    let mut caller = Caller {
        plan,
        offered,
        doing: Doing::Listening { spoke: false },
        agent_heard_at: None,
        agent_listens: false,
        last_sequence: None,
        answer: 0,
        outcome: Outcome {
            conversation: conversation.clone(),
            connect_ms: milliseconds(offered.elapsed()),
            ..Outcome::default()
        },
    };
    let ended = caller.run(call).await;
    caller.outcome.lasted = offered.elapsed();
    api.end(&conversation).await?;
    ended?;
    Ok(caller.outcome)
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
    /// The server closed the call before its end.
    #[error("the call was closed after {turns} of {of} answers")]
    Closed {
        /// Answers given until then.
        turns: usize,
        /// Answers planned.
        of: usize,
    },
    /// The agent never came to an end, or never began.
    #[error("the agent did not give way for {} s", REPLY_TIMEOUT.as_secs() * 3)]
    NoTurn,
}

struct Caller<'a> {
    plan: &'a Plan,
    offered: Instant,
    doing: Doing,
    agent_heard_at: Option<Instant>,
    agent_listens: bool,
    last_sequence: Option<u16>,
    answer: usize,
    outcome: Outcome,
}

impl Caller<'_> {
    async fn run(&mut self, mut call: Call) -> Result<(), HoldError> {
        let mut ticks = tokio::time::interval(FRAME);
        // A late tick is made up for at once, as a sound card's clock would: the stream stays gapless.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut since = Instant::now();
        loop {
            tokio::select! {
                biased;
                event = call.event() => match event {
                    Some(event) => {
                        let closed = matches!(event, CallEvent::Closed);
                        self.hear(event);
                        if closed {
                            return Err(HoldError::Closed { turns: self.answer, of: self.plan.answers.len() });
                        }
                    }
                    None => return Err(HoldError::Closed { turns: self.answer, of: self.plan.answers.len() }),
                },
                due = ticks.tick() => {
                    let before = self.doing;
                    if self.is_done() {
                        call.leave().await?;
                        return Ok(());
                    }
                    self.speak(&mut call, due.into_std()).await?;
                    let now = Instant::now();
                    if std::mem::discriminant(&before) != std::mem::discriminant(&self.doing) {
                        since = now;
                    } else if now - since > REPLY_TIMEOUT * 3 {
                        return Err(HoldError::NoTurn);
                    }
                }
            }
        }
    }

    /// All answers were given and the last reply is over.
    fn is_done(&self) -> bool {
        self.answer >= self.plan.answers.len() && self.agent_is_through()
    }

    fn agent_is_through(&self) -> bool {
        matches!(self.doing, Doing::Listening { spoke: true })
            && self.agent_listens
            && self.agent_heard_at.is_none_or(|heard| heard.elapsed() >= AGENT_QUIET)
    }

    /// Sends the frame that was `due` and moves on.
    async fn speak(&mut self, call: &mut Call, due: Instant) -> Result<(), CallError> {
        let now = Instant::now();
        match self.doing {
            Doing::Listening { .. } if self.agent_is_through() => {
                self.doing = Doing::Thinking {
                    until: now + self.plan.thinking,
                };
            }
            Doing::Thinking { until } if now >= until => {
                self.doing = Doing::Speaking { next: 0 };
            }
            Doing::Awaiting { voiced_until } if now - voiced_until > REPLY_TIMEOUT => {
                self.answer += 1;
                self.doing = Doing::Listening { spoke: true };
            }
            _ => {}
        }
        let Doing::Speaking { next } = self.doing else {
            return call.send(SILENCE).await;
        };
        let clip = Arc::clone(&self.plan.answers[self.answer]);
        if next == 0 {
            self.outcome.turns.push(Turn {
                said: clip.text.clone(),
                ..Turn::default()
            });
        }
        call.send(clip.frame(next)).await?;
        self.doing = if next + 1 < clip.voiced_frames() {
            Doing::Speaking { next: next + 1 }
        } else {
            self.agent_listens = false;
            if let Some(turn) = self.outcome.turns.last_mut() {
                turn.sent_late_ms = milliseconds(now - due);
            }
            Doing::Awaiting { voiced_until: now }
        };
        Ok(())
    }

    fn hear(&mut self, event: CallEvent) {
        match event {
            CallEvent::Audio {
                at,
                sequence,
                marker,
                payload,
                ..
            } => {
                self.count(sequence);
                if let (true, Doing::Awaiting { voiced_until }, Some(turn)) =
                    (marker, self.doing, self.outcome.turns.last_mut())
                {
                    turn.marked_ms.get_or_insert(milliseconds(at - voiced_until));
                }
                if payload.len() <= KEEP_ALIVE_BYTES {
                    return;
                }
                self.agent_heard_at = Some(at);
                self.outcome
                    .first_audio_ms
                    .get_or_insert(milliseconds(at - self.offered));
                match self.doing {
                    Doing::Listening { .. } => self.doing = Doing::Listening { spoke: true },
                    Doing::Awaiting { voiced_until } => {
                        // What answers half an answer is no reply to it; its time would flatter.
                        if let Some(turn) = self.outcome.turns.last_mut().filter(|turn| !turn.cut_off) {
                            turn.reply_ms = Some(milliseconds(at - voiced_until));
                        }
                        self.answer += 1;
                        self.doing = Doing::Listening { spoke: true };
                    }
                    Doing::Speaking { .. } => {
                        if let Some(turn) = self.outcome.turns.last_mut() {
                            turn.cut_off = true;
                        }
                    }
                    Doing::Thinking { .. } => {}
                }
            }
            CallEvent::Message { json, .. } => self.read(&json),
            CallEvent::EventsOpen | CallEvent::Closed => {}
        }
    }

    fn read(&mut self, message: &Value) {
        let turn = self.outcome.turns.last_mut();
        match message["type"].as_str() {
            Some("state") => self.agent_listens = message["state"] == "listening",
            Some("transcript") if message["is_final"] == true => {
                if let Some(turn) = turn {
                    turn.heard = message["text"].as_str().map(str::to_owned);
                }
            }
            Some("latency") => {
                if let Some(turn) = turn {
                    turn.server = Latency::deserialize(message).ok();
                }
            }
            Some("ai_response") if message["interrupted"] != true => {
                self.outcome.replies.extend(message["text"].as_str().map(str::to_owned));
            }
            _ => {}
        }
    }

    fn count(&mut self, sequence: u16) {
        self.outcome.packets += 1;
        if let Some(last) = self.last_sequence {
            let ahead = sequence.wrapping_sub(last);
            if ahead == 0 || ahead > u16::MAX / 2 {
                // A late packet fills a hole that was counted.
                self.outcome.lost = self.outcome.lost.saturating_sub(1);
                return;
            }
            self.outcome.lost += u64::from(ahead - 1);
        }
        self.last_sequence = Some(sequence);
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_is_compared_without_case_and_punctuation() {
        let turn = |heard: &str| Turn {
            said: "Une table pour deux, s'il vous plaît.".to_owned(),
            heard: Some(heard.to_owned()),
            ..Turn::default()
        };
        assert!(turn("une table pour deux s'il vous plaît").is_transcribed_exactly());
        assert!(!turn("une table pour douze s'il vous plaît").is_transcribed_exactly());
        assert!(!Turn::default().is_transcribed_exactly(), "no transcript came");
    }
}
