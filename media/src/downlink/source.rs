//! What is to be said: a queue of speech, cut into frames.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{EncodedSpeech, PlayError};
use crate::resample::Resampler;
use crate::{SENT_FRAME, SENT_RATE};

/// Speech that waits, at most: items, and seconds.
const MOST_ITEMS: usize = 2_048;
const MOST_SECONDS: u64 = 120;

/// Speech to be played.
#[derive(Clone, Debug)]
pub enum Speech {
    /// Samples of a phrase, mono; pieces of one phrase follow each other without a break.
    Pcm {
        /// In Hz, 8 to 48 kHz.
        rate: u32,
        /// Of any length.
        samples: Arc<[i16]>,
    },
    /// A whole phrase that is encoded already.
    Encoded(Arc<EncodedSpeech>),
}

impl Speech {
    /// In samples at [`SENT_RATE`].
    fn length(&self) -> u64 {
        match self {
            Self::Pcm { rate, samples } => samples.len() as u64 * u64::from(SENT_RATE) / u64::from((*rate).max(1)),
            Self::Encoded(speech) => speech.samples(),
        }
    }
}

/// What comes next.
#[derive(Clone, Debug)]
pub enum Next {
    /// A frame of sound; [`Source::pcm`] has it, shorter than a frame where a reply or the supply ends.
    Pcm,
    /// A packet that is encoded already.
    Packet {
        /// Of this speech.
        speech: Arc<EncodedSpeech>,
        /// Its index there.
        index: usize,
    },
    /// A reply is over.
    Finished(u64),
    /// A part of a frame, whose rest may still come.
    Starved,
    /// Nothing.
    Nothing,
}

enum Item {
    Speech {
        generation: u64,
        phrase: u32,
        speech: Speech,
        at: usize,
    },
    Finish(u64),
}

/// The phrase whose sound is being resampled.
struct Stream {
    generation: u64,
    phrase: u32,
    resampler: Resampler,
}

/// Samples of one phrase in `ready`.
struct Span {
    generation: u64,
    phrase: u32,
    samples: usize,
}

/// The queue. Sound is resampled when it is needed, so that it waits in its own, lower rate.
#[derive(Default)]
pub struct Source {
    queue: VecDeque<Item>,
    /// Samples at [`SENT_RATE`] in the queue.
    queued: u64,
    stream: Option<Stream>,
    /// Sound at [`SENT_RATE`], a frame or little more.
    ready: Vec<i16>,
    spans: VecDeque<Span>,
}

impl Source {
    /// Queues speech.
    pub fn push(&mut self, generation: u64, phrase: u32, speech: Speech) -> Result<(), PlayError> {
        if let Speech::Pcm { rate, .. } = &speech
            && !Resampler::RATES.contains(rate)
        {
            return Err(PlayError::Rate(*rate));
        }
        let length = speech.length();
        if self.queue.len() >= MOST_ITEMS || self.queued + length > MOST_SECONDS * u64::from(SENT_RATE) {
            return Err(PlayError::Full);
        }
        self.queued += length;
        self.queue.push_back(Item::Speech {
            generation,
            phrase,
            speech,
            at: 0,
        });
        Ok(())
    }

    /// Nothing more comes of this reply.
    pub fn finish(&mut self, generation: u64) {
        self.queue.push_back(Item::Finish(generation));
    }

    /// Drops all.
    pub fn clear(&mut self) {
        self.queue.clear();
        self.queued = 0;
        self.stream = None;
        self.ready.clear();
        self.spans.clear();
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.ready.is_empty() && self.stream.is_none()
    }

    /// What comes next; taken by the call that fits it, and the same again until then.
    pub fn next(&mut self) -> Next {
        self.fill();
        if self.ready.len() >= SENT_FRAME {
            return Next::Pcm;
        }
        match self.queue.front() {
            Some(_) if !self.ready.is_empty() => Next::Pcm,
            Some(Item::Speech {
                speech: Speech::Encoded(speech),
                at,
                ..
            }) => Next::Packet {
                speech: speech.clone(),
                index: *at,
            },
            Some(Item::Finish(generation)) => Next::Finished(*generation),
            Some(Item::Speech { .. }) => Next::Nothing,
            None if self.ready.is_empty() && self.stream.is_none() => Next::Nothing,
            None => Next::Starved,
        }
    }

    /// The reply that the next sound belongs to.
    pub fn generation(&self) -> Option<u64> {
        let ready = self.spans.front().map(|span| span.generation);
        ready.or_else(|| match self.queue.front()? {
            Item::Speech { generation, .. } => Some(*generation),
            Item::Finish(_) => None,
        })
    }

    /// The sound of the next frame.
    pub fn pcm(&self) -> &[i16] {
        &self.ready[..self.ready.len().min(SENT_FRAME)]
    }

    /// The sound of the next frame has left; tells whose it was.
    pub fn take_pcm(&mut self, mut left: impl FnMut(u64, u32, u64)) {
        let mut samples = self.pcm().len();
        self.ready.drain(..samples);
        while let Some(span) = self.spans.front_mut()
            && samples > 0
        {
            let taken = span.samples.min(samples);
            left(span.generation, span.phrase, taken as u64);
            samples -= taken;
            span.samples -= taken;
            if span.samples == 0 {
                self.spans.pop_front();
            }
        }
    }

    /// The next packet has left; tells whose it was.
    pub fn take_packet(&mut self, mut left: impl FnMut(u64, u32, u64)) {
        let Some(Item::Speech {
            generation,
            phrase,
            speech: Speech::Encoded(speech),
            at,
        }) = self.queue.front_mut()
        else {
            return;
        };
        let before = (*at * SENT_FRAME) as u64;
        left(
            *generation,
            *phrase,
            speech.samples().saturating_sub(before).min(SENT_FRAME as u64),
        );
        *at += 1;
        if *at >= speech.packets() {
            self.queued = self.queued.saturating_sub(speech.samples());
            self.queue.pop_front();
        }
    }

    /// The end of the reply was told.
    pub fn take_finish(&mut self) {
        if let Some(Item::Finish(_)) = self.queue.front() {
            self.queue.pop_front();
        }
    }

    /// What there is of the current phrase is all for now.
    pub fn close_stream(&mut self) {
        if let Some(mut stream) = self.stream.take() {
            let before = self.ready.len();
            stream.resampler.flush(&mut self.ready);
            self.note(stream.generation, stream.phrase, self.ready.len() - before);
        }
    }

    /// Gets a frame of sound ready, as far as the queue goes.
    fn fill(&mut self) {
        while self.ready.len() < SENT_FRAME {
            let Some(Item::Speech {
                generation,
                phrase,
                speech,
                at,
            }) = self.queue.front_mut()
            else {
                if !self.queue.is_empty() {
                    self.close_stream();
                }
                return;
            };
            let (generation, phrase) = (*generation, *phrase);
            let (rate, samples) = match speech {
                Speech::Encoded(speech) if speech.packets() == 0 => {
                    self.queue.pop_front();
                    continue;
                }
                Speech::Encoded(_) => return self.close_stream(),
                Speech::Pcm { rate, samples } => (*rate, samples.clone()),
            };
            let at_now = *at;
            // 10 ms at a time, so that little is ready that isn't needed yet.
            let until = (at_now + rate as usize / 100).min(samples.len());
            *at = until;

            let same = self
                .stream
                .as_ref()
                .is_some_and(|s| (s.generation, s.phrase, s.resampler.from()) == (generation, phrase, rate));
            if !same {
                self.close_stream();
                // The rate was checked when the speech was queued.
                self.stream = Resampler::new(rate, SENT_RATE).ok().map(|resampler| Stream {
                    generation,
                    phrase,
                    resampler,
                });
            }
            if let Some(stream) = &mut self.stream {
                let before = self.ready.len();
                stream.resampler.push(&samples[at_now..until], &mut self.ready);
                let added = self.ready.len() - before;
                self.note(generation, phrase, added);
            }
            if until == samples.len() {
                self.queued = self.queued.saturating_sub(Speech::Pcm { rate, samples }.length());
                self.queue.pop_front();
            }
        }
    }

    fn note(&mut self, generation: u64, phrase: u32, samples: usize) {
        if samples == 0 {
            return;
        }
        match self.spans.back_mut() {
            Some(span) if (span.generation, span.phrase) == (generation, phrase) => span.samples += samples,
            _ => self.spans.push_back(Span {
                generation,
                phrase,
                samples,
            }),
        }
    }
}
