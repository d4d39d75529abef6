//! What the learner said is assessed behind the reply to it: how it sounded is kept until then.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::engine::HEARD_RATE;
use colloquy_agents::mind;
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::Agent;
use crate::assessment::right_forms::{self, RightForms};
use crate::assessment::turns::{Told, Turn, UnderAssessment};
use crate::live::conversation::{Assessed, Order};
use crate::live::load::Pressure;
use crate::storage::event::Event;
use crate::storage::messages::Message;
use crate::storage::writer::Writer;

/// Samples of an utterance that are kept: a minute, more is not assessed.
const LONGEST: usize = HEARD_RATE as usize * 60;
/// Utterances that were recognised and are not kept as messages yet. There is hardly ever more than one.
const MOST: usize = 4;
/// How long an analysis waits to be stored before it is told without where its right forms are heard.
const STORED: Duration = Duration::from_millis(300);

/// How an utterance sounds, while it is heard.
#[derive(Debug, Default)]
pub(super) struct Sound {
    pieces: Vec<Arc<[i16]>>,
    samples: usize,
}

/// Utterances that were recognised, by what they say, and how typed texts were said.
#[derive(Debug, Default)]
pub(super) struct Sounds(VecDeque<Kept>);

#[derive(Debug)]
struct Kept {
    text: String,
    is_typed: bool,
    sound: Sound,
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
        self.push(text, false, sound);
    }

    /// A text was typed, and said as well.
    pub(super) fn keep_read(&mut self, text: &str, sound: Sound) {
        self.push(text, true, sound);
    }

    fn push(&mut self, text: &str, is_typed: bool, sound: Sound) {
        if text.is_empty() {
            return;
        }
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(Kept {
            text: text.to_owned(),
            is_typed,
            sound,
        });
    }

    /// The sound of a message; what came before it belongs to none.
    fn take(&mut self, text: &str, is_typed: bool) -> Vec<Arc<[i16]>> {
        let is_it = |kept: &Kept| kept.text == text && kept.is_typed == is_typed;
        let Some(at) = self.0.iter().position(is_it) else {
            return Vec::new();
        };
        let taken = self.0.drain(..=at).next_back();
        taken.map_or_else(Vec::new, |kept| kept.sound.pieces)
    }
}

impl Agent {
    /// A message of the learner's was kept: its words are assessed at once, its sound once the reply to it has begun.
    pub(super) fn assess(&mut self, message: &Message, record: &mind::Record) {
        let sound = self.sounds.take(&record.text, record.typed);
        let transcript = record.transcript.as_ref();
        let turn = Turn {
            text: record.text.clone(),
            language: self.language,
            native: self.native,
            is_typed: record.typed,
            confidence: transcript.map_or(1.0, |transcript| transcript.confidence),
            is_expected: transcript.is_some_and(|transcript| transcript.phrase.is_some()),
            wording: transcript
                .map(|transcript| transcript.wording.clone())
                .unwrap_or_default(),
            answered_in: record.answered_in,
            known_words: self.recorder.known_words(record),
            taught_words: self.recorder.taught_words(&record.text),
            right: RightForms {
                slips: record.slips.clone(),
                message: Some((self.recorder.conversation().clone(), message.id.clone())),
            },
            sound,
        };
        let id = message.id.clone();
        let under_assessment = if self.wire.pressure() < Pressure::Busy {
            if turn.sound.is_empty() && !turn.is_typed {
                self.engines.assessments.note_unheard();
            }
            self.engines.assessments.assess(turn)
        } else {
            // Of all that there is to do, this can best be done without.
            self.metrics.turns_unassessed.inc();
            None
        };
        let Some(UnderAssessment { reply, mut told }) = under_assessment else {
            return self.order(Order::Assessed(Assessed {
                id,
                analysis: None,
                is_whole: true,
            }));
        };
        // That of the message before has begun, or never will.
        self.unbegun = Some(reply);
        let assessments = self.engines.assessments.clone();
        let (writer, conversation) = (self.recorder.writer().clone(), self.conversation.clone());
        let conversation_id = self.recorder.conversation().clone();
        let under_way = assessments.under_way(&conversation_id);
        // It is kept even if the agent is gone by then, as it is after every turn that came over a request.
        actix_rt::spawn(async move {
            let _under_way = under_way;
            while let Some(Told { analysis, is_whole }) = told.recv().await {
                writer.record(Event::Assessed {
                    conversation_id: conversation_id.clone(),
                    message_id: id.clone(),
                    analysis: Value::Object(analysis.clone()),
                });
                let analysis = heard_everywhere(analysis, &writer).await;
                if let Some(conversation) = conversation.upgrade() {
                    conversation.do_send(Order::Assessed(Assessed {
                        id: id.clone(),
                        analysis: Some(Box::new(assessments.told(analysis))),
                        is_whole,
                    }));
                }
            }
        });
    }
}

/// An analysis as it is told: any node may be asked for the sound of a right form, and all that they know of it is what is stored. While the
/// database is away, or slower than [`STORED`], nobody is told where it is heard; the history tells it later.
async fn heard_everywhere(mut analysis: Map<String, Value>, writer: &Writer) -> Map<String, Value> {
    if right_forms::are_heard(&analysis) && !timeout(STORED, writer.flush()).await.unwrap_or(false) {
        right_forms::silence(&mut analysis);
    }
    analysis
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use async_trait::async_trait;
    use serde_json::json;

    use super::*;
    use crate::ids::{ConversationId, MessageId};
    use crate::storage::StorageError;
    use crate::storage::event::Sink;
    use crate::storage::spool::Spool;
    use crate::storage::writer::WriterMetrics;

    /// A database that stores after a while, or is away.
    #[derive(Default)]
    struct Slow {
        has_stored: AtomicBool,
        is_away: bool,
    }

    #[async_trait]
    impl Sink for Slow {
        async fn apply(&self, _: &[Event]) -> Result<usize, StorageError> {
            tokio::time::sleep(STORED / 2).await;
            if self.is_away {
                return Err(StorageError::Unavailable(sqlx::Error::PoolClosed));
            }
            self.has_stored.store(true, Ordering::SeqCst);
            Ok(0)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn where_a_right_form_is_heard_is_told_once_it_is_stored_and_not_while_the_database_is_away() {
        let (conversation_id, message_id) = (ConversationId::new(), MessageId::new());
        let path = format!("/audio/{conversation_id}/{message_id}-right-0123ab.mp3");
        let analysis = json!({"errors": [{"example": "une table", "audio_example": path}]});
        let analysis = analysis.as_object().unwrap().clone();
        for is_away in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let database = Arc::new(Slow {
                is_away,
                ..Slow::default()
            });
            let spool = Spool::open(dir.path()).unwrap();
            let (writer, _task) = Writer::start(database.clone(), spool, Arc::<WriterMetrics>::default()).unwrap();
            writer.record(Event::Assessed {
                conversation_id: conversation_id.clone(),
                message_id: message_id.clone(),
                analysis: Value::Object(analysis.clone()),
            });
            let told = heard_everywhere(analysis.clone(), &writer).await;
            assert_eq!(right_forms::are_heard(&told), !is_away);
            assert_eq!(database.has_stored.load(Ordering::SeqCst), !is_away);
        }
    }

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
        assert_eq!(sounds.take("Oui", false), [Arc::from([2, 3])]);
        assert!(sounds.take("mhm", false).is_empty() && sounds.take("Oui", false).is_empty());
        assert_eq!(sounds.take("merci", false), [Arc::from([4])]);
        sounds.keep_read("Bonjour", sound(&[6]));
        assert!(
            sounds.take("Bonjour", false).is_empty(),
            "what was typed is another message"
        );
        assert_eq!(sounds.take("Bonjour", true), [Arc::from([6])]);
        for text in ["a", "b", "c", "d", "e"] {
            sounds.keep(text, sound(&[5]));
        }
        assert!(sounds.take("a", false).is_empty(), "no more than some are kept");
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
