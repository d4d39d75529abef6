//! What all callers together saw, as it comes in: values for the report, and the same by time for its charts.

mod arrivals;
mod spread;
mod timeline;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::caller::Observation;
use crate::network::Carried;
use crate::surface::Surface;
use crate::turn::Turn;

pub use arrivals::{Arrivals, Heard, KEEP_ALIVE_BYTES, Packet};
pub use spread::{Histogram, Spread};
pub use timeline::{Moment, Timeline};

/// Errors are told word for word up to so many different ones.
const MOST_ERRORS: usize = 20;
/// Turns whose parts are told one by one.
const MOST_TOLD: usize = 10;

/// A turn's time, as the caller measured it and as the server accounts for it, in ms.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Accounted {
    /// The conversation.
    pub conversation: String,
    /// What was said.
    pub said: String,
    /// Last voiced sample sent -> first packet of the reply.
    pub reply_ms: f64,
    /// -> first packet marked as the beginning of speech.
    pub marked_ms: Option<f64>,
    /// How late the caller's own clock was with the last voiced sample.
    pub sent_late_ms: f64,
    /// The server's account.
    pub server: crate::turn::Latency,
}

/// What became of utterances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Turns {
    /// Utterances said to the end.
    pub utterances: usize,
    /// Of these, answered.
    pub answered: usize,
    /// Of these, talked over by the agent before they were out.
    pub cut_off: usize,
    /// Of these, transcribed exactly as said (case and punctuation aside). Whether that means anything, the report says.
    #[serde(skip)]
    pub transcribed_exactly: usize,
    /// Of these, said with a pause in the middle.
    pub hesitating: usize,
    /// Of these, begun over the agent.
    pub interrupting: usize,
}

/// Everything measured about callers.
#[derive(Debug)]
pub struct Measures {
    /// Calls that came about.
    pub joined: usize,
    /// Of callers that had lost theirs.
    pub rejoined: usize,
    /// How long it took to be refused, in ms.
    pub refusals: Vec<f64>,
    /// Offer -> media, in ms.
    pub connects: Vec<f64>,
    /// Handshake -> conversation, over WebSockets, in ms.
    pub socket_connects: Vec<f64>,
    /// Offer -> first sound of the agent's, in ms.
    pub first_audio: Vec<f64>,
    /// Offer -> media of callers that came back, in ms.
    pub returns: Vec<f64>,
    /// First voiced packet over the agent -> the agent's last, in ms.
    pub barge_ins: Vec<f64>,
    /// Change of address -> next packet of the agent's speech, in ms.
    pub rebind_gaps: Vec<f64>,
    /// Utterances.
    pub turns: Turns,
    /// Last voiced sample -> reply, in ms, by surface.
    pub replies: BTreeMap<Surface, Vec<f64>>,
    /// The server's accounts, part by part, in ms.
    pub accounts: Accounts,
    /// Measured less accounted, in ms.
    pub unaccounted: Vec<f64>,
    /// The turns of which both differ most.
    pub least_accounted: Vec<Accounted>,
    /// What was heard in place of what was said, with how often.
    pub misheard: BTreeMap<(String, Option<String>), usize>,
    /// How often what failed.
    pub errors: BTreeMap<String, usize>,
    /// Failures of any kind.
    pub failed: usize,
    /// Conversations that are over.
    pub conversations: usize,
    /// How long they lasted, all together.
    pub lasted: Duration,
    /// The same of those over WebRTC, in s.
    pub live_calls_s: f64,
    /// The most conversations that there were at once.
    pub most_at_once: usize,
    /// The agent's packets.
    pub heard: Heard,
    /// What the impaired network did to what callers sent, and to what they were sent.
    pub carried: [Carried; 2],
    /// How late the load test's own clocks were, in ms.
    pub clock_late: Histogram,
    /// By time.
    pub timeline: Timeline,
}

/// `latency` events, part by part, in ms.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    /// Last voiced sample -> the turn is over.
    pub end_of_turn: Vec<f64>,
    /// -> its transcript is there.
    pub stt: Vec<f64>,
    /// -> the first words of the reply are there.
    pub llm: Vec<f64>,
    /// -> the first sound of the reply is there.
    pub tts: Vec<f64>,
    /// The whole.
    pub total: Vec<f64>,
}

impl Measures {
    /// Nothing yet, of a run that begins now.
    pub fn new(start: Instant) -> Self {
        Self {
            joined: 0,
            rejoined: 0,
            refusals: Vec::new(),
            connects: Vec::new(),
            socket_connects: Vec::new(),
            first_audio: Vec::new(),
            returns: Vec::new(),
            barge_ins: Vec::new(),
            rebind_gaps: Vec::new(),
            turns: Turns::default(),
            replies: BTreeMap::new(),
            accounts: Accounts::default(),
            unaccounted: Vec::new(),
            least_accounted: Vec::new(),
            misheard: BTreeMap::new(),
            errors: BTreeMap::new(),
            failed: 0,
            conversations: 0,
            lasted: Duration::ZERO,
            live_calls_s: 0.0,
            most_at_once: 0,
            heard: Heard::default(),
            carried: [Carried::default(); 2],
            clock_late: Histogram::new(),
            timeline: Timeline::new(start),
        }
    }

    /// Takes note of what a caller saw in a conversation.
    pub fn observe(&mut self, surface: Surface, conversation: &str, observation: Observation, now: Instant) {
        let moment = self.timeline.at(now);
        match observation {
            Observation::Joined(took) => {
                self.joined += 1;
                match surface {
                    Surface::Whip => self.connects.push(took),
                    Surface::Chat | Surface::Stream => self.socket_connects.push(took),
                }
                moment.live += 1;
                self.most_at_once = self.most_at_once.max(self.joined.saturating_sub(self.conversations));
            }
            Observation::FirstAudio(took) => {
                self.first_audio.push(took);
                moment.joins.push(took);
            }
            Observation::Rejoined(took) => {
                self.rejoined += 1;
                if surface == Surface::Whip {
                    self.returns.push(took);
                }
            }
            Observation::Refused(took) => {
                self.refusals.push(took);
                moment.refused += 1;
            }
            Observation::Failed(why) => self.fail(why, now),
            Observation::Turn(turn) => {
                moment.utterances += 1;
                moment.answered += usize::from(turn.answered);
                if surface == Surface::Whip {
                    moment.replies.extend(turn.reply_ms);
                }
                self.observe_turn(surface, conversation, turn);
            }
            Observation::BargeIn(took) => {
                self.barge_ins.push(took);
                moment.barge_ins.push(took);
            }
            Observation::RebindGap(took) => self.rebind_gaps.push(took),
            Observation::Conversation(lasted) => {
                self.conversations += 1;
                self.lasted += lasted;
                if surface == Surface::Whip {
                    self.live_calls_s += lasted.as_secs_f64();
                }
                moment.live -= 1;
            }
            Observation::Words(_) => {}
        }
    }

    /// Takes note of a failure.
    pub fn fail(&mut self, why: String, now: Instant) {
        self.timeline.at(now).errors += 1;
        self.failed += 1;
        if self.errors.len() < MOST_ERRORS || self.errors.contains_key(&why) {
            *self.errors.entry(why).or_default() += 1;
        }
    }

    /// Adds what has come in since the last time this was called with the same arrivals.
    pub fn add_heard(&mut self, heard: &Heard, now: Instant) {
        let moment = self.timeline.at(now);
        moment.packets += heard.packets;
        moment.lost += heard.lost();
        moment.concealed_ms += heard.concealed_ms();
        moment.lateness.add(&heard.lateness);
        self.heard.add(heard);
    }

    /// How many conversations there are now.
    pub fn live(&self) -> usize {
        self.joined.saturating_sub(self.conversations)
    }

    fn observe_turn(&mut self, surface: Surface, conversation: &str, turn: Turn) {
        let turns = &mut self.turns;
        turns.utterances += 1;
        turns.answered += usize::from(turn.answered);
        turns.cut_off += usize::from(turn.cut_off);
        turns.hesitating += usize::from(turn.hesitating);
        turns.interrupting += usize::from(turn.interrupting);
        // Document 001 tells nobody what it heard.
        let is_exact = turn.is_transcribed_exactly();
        turns.transcribed_exactly += usize::from(is_exact);
        if !is_exact && surface != Surface::Chat {
            let words = (turn.said.clone(), turn.heard.clone());
            *self.misheard.entry(words).or_default() += 1;
        }
        self.replies.entry(surface).or_default().extend(turn.reply_ms);
        let Some(server) = turn.server.clone() else { return };
        for (values, part) in [
            (&mut self.accounts.end_of_turn, server.end_of_turn),
            (&mut self.accounts.stt, server.stt),
            (&mut self.accounts.llm, server.llm),
            (&mut self.accounts.tts, server.tts),
            (&mut self.accounts.total, server.total),
        ] {
            values.push(part);
        }
        let (Some(unaccounted), Some(reply_ms)) = (turn.unaccounted_ms(), turn.reply_ms) else {
            return;
        };
        self.unaccounted.push(unaccounted);
        let missed = |turn: &Accounted| (turn.reply_ms - turn.server.total).abs();
        let told = &mut self.least_accounted;
        if told.len() == MOST_TOLD && told.last().is_some_and(|least| missed(least) >= unaccounted.abs()) {
            return;
        }
        told.push(Accounted {
            conversation: conversation.to_owned(),
            said: turn.said,
            reply_ms,
            marked_ms: turn.marked_ms,
            sent_late_ms: turn.sent_late_ms,
            server,
        });
        told.sort_by(|a, b| missed(b).total_cmp(&missed(a)));
        told.truncate(MOST_TOLD);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turn::Latency;

    #[test]
    fn the_turns_that_are_accounted_for_worst_are_told_first() {
        let now = Instant::now();
        let mut measures = Measures::new(now);
        for reply_ms in (0..30).map(|number| 175.0 + f64::from(number)) {
            let turn = Turn {
                reply_ms: Some(reply_ms),
                answered: true,
                server: Some(Latency {
                    total: 180.0,
                    ..Latency::default()
                }),
                ..Turn::default()
            };
            measures.observe(Surface::Whip, "conv", Observation::Turn(turn), now);
        }
        measures.observe(Surface::Whip, "conv", Observation::Turn(Turn::default()), now);
        assert_eq!(measures.unaccounted.len(), 30);
        assert_eq!((measures.turns.utterances, measures.turns.answered), (31, 30));
        let told: Vec<f64> = measures.least_accounted.iter().map(|turn| turn.reply_ms).collect();
        assert_eq!(told.len(), MOST_TOLD);
        assert_eq!(told[..3], [204.0, 203.0, 202.0]);
    }

    #[test]
    fn errors_of_a_kind_are_counted_together_and_kinds_are_bounded() {
        let now = Instant::now();
        let mut measures = Measures::new(now);
        for number in 0..100 {
            let why = if number % 2 == 0 {
                "the same".to_owned()
            } else {
                format!("number {number}")
            };
            measures.observe(Surface::Whip, "", Observation::Failed(why), now);
        }
        assert_eq!(measures.failed, 100);
        assert_eq!(measures.errors["the same"], 50);
        assert_eq!(measures.errors.len(), MOST_ERRORS);
    }
}
