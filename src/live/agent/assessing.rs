//! What the learner said is assessed behind the reply to it: how it sounded is kept until then.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use colloquy_agents::engine::HEARD_RATE;
use colloquy_agents::mind;
use serde_json::Value;

use super::Agent;
use crate::assessment::turns::Turn;
use crate::ids::MessageId;
use crate::live::conversation::Order;
use crate::storage::event::Event;
use crate::storage::messages::Message;

/// How long the reply may take to begin before the turn is assessed all the same: nothing is computed for the reply any more then,
/// but waited for.
const REPLY_BEGINS: Duration = Duration::from_millis(600);
/// Samples of an utterance that are kept: a minute, more is not assessed.
const LONGEST: usize = HEARD_RATE as usize * 60;
/// Utterances that were recognised and are not kept as messages yet. There is hardly ever more than one.
const MOST: usize = 4;

/// How an utterance sounds, while it is heard.
#[derive(Debug, Default)]
pub(super) struct Sound {
    pieces: Vec<Arc<[i16]>>,
    samples: usize,
}

/// Utterances that were recognised, by what they say.
#[derive(Debug, Default)]
pub(super) struct Sounds(VecDeque<(String, Sound)>);

/// A turn that waits until the reply to it has begun.
pub(super) struct Unassessed {
    id: MessageId,
    turn: Turn,
    timer: SpawnHandle,
}

impl Sound {
    /// Adds what was heard. An utterance that gets too long is given up.
    pub(super) fn push(&mut self, pcm: &Arc<[i16]>) {
        self.samples = self.samples.saturating_add(pcm.len());
        if self.samples > LONGEST {
            self.pieces = Vec::new();
        } else {
            self.pieces.push(Arc::clone(pcm));
        }
    }
}

impl Sounds {
    /// An utterance was recognised.
    pub(super) fn keep(&mut self, text: &str, sound: Sound) {
        if text.is_empty() {
            return;
        }
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back((text.to_owned(), sound));
    }

    /// The sound of a message; what came before it belongs to none.
    fn take(&mut self, text: &str) -> Vec<Arc<[i16]>> {
        let Some(at) = self.0.iter().position(|(said, _)| said == text) else {
            return Vec::new();
        };
        let taken = self.0.drain(..=at).next_back();
        taken.map_or_else(Vec::new, |(_, sound)| sound.pieces)
    }
}

impl Agent {
    /// A message of the learner's was kept: it is assessed once the reply to it has begun.
    pub(super) fn assess_later(&mut self, message: &Message, record: &mind::Record, ctx: &mut Context<Self>) {
        self.assess_now(ctx);
        let sound = if record.typed {
            Vec::new()
        } else {
            self.sounds.take(&record.text)
        };
        let turn = Turn {
            text: record.text.clone(),
            language: self.language,
            native: self.native,
            is_typed: record.typed,
            taught_words: self.recorder.taught_words(&record.text),
            sound,
        };
        self.unassessed = Some(Unassessed {
            id: message.id.clone(),
            turn,
            timer: ctx.run_later(REPLY_BEGINS, |agent, ctx| agent.assess_now(ctx)),
        });
    }

    /// The reply has begun, or there is none.
    pub(super) fn assess_now(&mut self, ctx: &mut Context<Self>) {
        let Some(Unassessed { id, turn, timer }) = self.unassessed.take() else {
            return;
        };
        ctx.cancel_future(timer);
        let Some(answer) = self.engines.assessments.assess(turn) else {
            return self.order(Order::Assessed { id, analysis: None });
        };
        let assessments = self.engines.assessments.clone();
        let (writer, conversation) = (self.recorder.writer().clone(), self.conversation.clone());
        let conversation_id = self.recorder.conversation().clone();
        // It is kept even if the agent is gone by then, as it is after every turn that came over a request.
        actix_rt::spawn(async move {
            let analysis = answer.await.ok();
            if let Some(analysis) = &analysis {
                writer.record(Event::Assessed {
                    conversation_id,
                    message_id: id.clone(),
                    analysis: Value::Object(analysis.clone()),
                });
            }
            if let Some(conversation) = conversation.upgrade() {
                conversation.do_send(Order::Assessed {
                    id,
                    analysis: analysis.map(|analysis| Box::new(assessments.told(analysis))),
                });
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(samples: &[i16]) -> Sound {
        let mut sound = Sound::default();
        sound.push(&samples.into());
        sound
    }

    #[test]
    fn a_message_takes_its_own_sound_and_those_before_it_are_nobodys() {
        let mut sounds = Sounds::default();
        sounds.keep("mhm", sound(&[1]));
        sounds.keep("", sound(&[9]));
        sounds.keep("Oui", sound(&[2, 3]));
        sounds.keep("merci", sound(&[4]));
        assert_eq!(sounds.take("Oui"), [Arc::from([2, 3])]);
        assert!(sounds.take("mhm").is_empty() && sounds.take("Oui").is_empty());
        assert_eq!(sounds.take("merci"), [Arc::from([4])]);
        for text in ["a", "b", "c", "d", "e"] {
            sounds.keep(text, sound(&[5]));
        }
        assert!(sounds.take("a").is_empty(), "no more than some are kept");
    }

    #[test]
    fn what_gets_too_long_is_given_up() {
        let mut sound = Sound::default();
        let second: Arc<[i16]> = vec![0; HEARD_RATE as usize].into();
        (0..60).for_each(|_| sound.push(&second));
        assert_eq!(sound.pieces.len(), 60);
        sound.push(&second);
        sound.push(&second);
        assert!(sound.pieces.is_empty());
    }
}
