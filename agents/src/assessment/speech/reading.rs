//! Which words of a text were said, when, and what was said beside them.
//!
//! The text is laid over the sound by Viterbi search in a network that allows two things besides the words in order: to
//! hesitate, and to say anything else between two words. A word can't be skipped: the search would rather skip what was said
//! badly than tell how badly. One that was left out is squeezed into the fewest frames there can be, which is how it is told.

use std::ops::Range;
use std::sync::Arc;

use crate::acoustic::SpokenWord;
use crate::acoustic::ipa::Sound;
use crate::acoustic::likelihood::StateScores;
use crate::acoustic::listening::FRAME_RATE;
use crate::acoustic::network::{Junction, Network, NetworkBuilder, hesitation_phones};
use crate::acoustic::phone::Phone;
use crate::acoustic::trellis::{Ending, IMPOSSIBLE, Trellis};

/// What every piece of anything else costs in log-likelihood. At 60, one of eight recordings of people who read nothing but
/// the text had an insertion, and wrong words passed for one instead of scoring badly.
const INSERTION_PENALTY: f32 = 80.0;
/// Sounds of such a piece, so that it lasts 90 ms or longer.
const INSERTION_SOUNDS: usize = 3;
/// The shortest that is a word and not the noise of one ending or beginning.
const SHORTEST_INSERTION: usize = FRAME_RATE / 5;
/// The shortest filled pause: a short vowel between two words may sound like one.
const SHORTEST_FILLER: usize = FRAME_RATE / 5;

/// A text as somebody said it. Times are in frames of 10 ms.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Everything on the way from the first frame to the last.
    pub segments: Vec<Segment>,
}

/// A stretch of sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// What it is.
    pub part: Part,
    /// When it was said.
    pub frames: Range<usize>,
    /// The sum of its frames' scores.
    pub score: f32,
}

/// What a stretch of sound is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A sound of a word of the text, by their numbers.
    Sound {
        /// The word.
        word: usize,
        /// The sound within it.
        sound: usize,
    },
    /// Nothing is said.
    Silence,
    /// "um" and the like.
    Hesitation,
    /// Something else is said.
    Other,
}

impl Reading {
    /// Lays `words` over sound that was scored; `with_others` allows something else between them. Nothing if the sound is too
    /// short for the words.
    pub fn of(scores: &[StateScores], words: &[SpokenWord], with_others: bool) -> Option<Self> {
        Self::up_to(scores, words, with_others, |ends, _| ends.len() - 1).map(|(reading, _)| reading)
    }

    /// The same of the beginning of a text that explains the sound best, and how many of the words that is. Whoever stops in the middle
    /// has said nothing of the rest: to squeeze it into the end of the sound costs.
    pub fn of_beginning(scores: &[StateScores], words: &[SpokenWord]) -> Option<(Self, usize)> {
        Self::up_to(scores, words, false, |ends, trellis| {
            let best = (0..ends.len()).max_by(|&one, &other| trellis.at(ends[one]).total_cmp(&trellis.at(ends[other])));
            best.unwrap_or_default()
        })
    }

    /// Lays words over sound up to the one that `choose` finds among the ends of all.
    fn up_to(
        scores: &[StateScores],
        words: &[SpokenWord],
        with_others: bool,
        choose: impl Fn(&[Junction], &Trellis) -> usize,
    ) -> Option<(Self, usize)> {
        let mut builder = NetworkBuilder::new();
        let mut between = Between::default();
        let mut at = Network::START;
        between.build(&mut builder, at, with_others);
        let mut ends = vec![at];
        for (index, word) in words.iter().enumerate() {
            let next = builder.junction();
            builder.chain(at, &word.sounds, next, 0.0, Some(index));
            between.build(&mut builder, next, with_others);
            at = next;
            ends.push(at);
        }
        let mut trellis = Trellis::new(Arc::new(builder.build()));
        let trail = trellis.advance_recording(scores);
        let count = choose(&ends, &trellis);
        let end = ends[count];
        if trellis.at(end) < IMPOSSIBLE / 2.0 {
            return None;
        }
        let path = trail.path(&trellis, scores, Ending::Junction(end));
        let segments = path.into_iter().map(|span| Segment {
            part: match span.place {
                Some(place) => Part::Sound {
                    word: place.word,
                    sound: place.sound,
                },
                None => between.part(span.node),
            },
            frames: span.frames,
            score: span.score,
        });
        let reading = Self {
            segments: segments.collect(),
        };
        Some((reading, count))
    }

    /// When a word was said; nothing if it has no sounds.
    pub fn word(&self, index: usize) -> Option<Range<usize>> {
        let mut frames: Option<Range<usize>> = None;
        for segment in &self.segments {
            if matches!(segment.part, Part::Sound { word, .. } if word == index) {
                frames = Some(frames.map_or(segment.frames.start, |frames| frames.start)..segment.frames.end);
            }
        }
        frames
    }

    /// What was said beside the text: the number of the word that it stands before, and when. Only what is as long as a word.
    pub fn insertions(&self) -> Vec<(usize, Range<usize>)> {
        self.runs(Part::Other, SHORTEST_INSERTION)
    }

    /// Filled pauses, told as [`Self::insertions`].
    pub fn fillers(&self) -> Vec<(usize, Range<usize>)> {
        self.runs(Part::Hesitation, SHORTEST_FILLER)
    }

    /// Silences of `shortest` frames and more between the first sound of a word and the last, told as [`Self::insertions`].
    pub fn silences(&self, shortest: usize) -> Vec<(usize, Range<usize>)> {
        let spoken = self.spoken();
        let mut silences = self.runs(Part::Silence, shortest);
        silences.retain(|(_, frames)| frames.start >= spoken.start && frames.end <= spoken.end);
        silences
    }

    /// From the first sound of a word to the last; empty if none was said.
    pub fn spoken(&self) -> Range<usize> {
        let is_sound = |segment: &&Segment| matches!(segment.part, Part::Sound { .. });
        let first = self.segments.iter().find(is_sound);
        let last = self.segments.iter().rev().find(is_sound);
        first
            .zip(last)
            .map_or(0..0, |(first, last)| first.frames.start..last.frames.end)
    }

    /// Stretches of one part.
    fn runs(&self, part: Part, shortest: usize) -> Vec<(usize, Range<usize>)> {
        let mut next = 0;
        let mut runs = Vec::new();
        for run in self.segments.chunk_by(|one, other| one.part == other.part) {
            let frames = run[0].frames.start..run[run.len() - 1].frames.end;
            if let Part::Sound { word, .. } = run[0].part {
                next = word + 1;
            } else if run[0].part == part && frames.len() >= shortest {
                runs.push((next, frames));
            }
        }
        runs
    }
}

/// The nodes between words that are more than silence.
#[derive(Default)]
struct Between {
    hesitations: Vec<Range<usize>>,
    others: Vec<Range<usize>>,
}

impl Between {
    fn build(&mut self, builder: &mut NetworkBuilder, at: Junction, with_others: bool) {
        builder.silence(at);
        let start = builder.position();
        builder.hesitation(at);
        let end = builder.position();
        self.hesitations.push(start..end);
        if with_others {
            builder.chain(at, &anything(), at, INSERTION_PENALTY, None);
        }
        self.others.push(end..builder.position());
    }

    fn part(&self, node: usize) -> Part {
        let is_among = |ranges: &[Range<usize>]| ranges.iter().any(|nodes| nodes.contains(&node));
        if is_among(&self.hesitations) {
            Part::Hesitation
        } else if is_among(&self.others) {
            Part::Other
        } else {
            Part::Silence
        }
    }
}

/// The phones that a segment is held to be, given the words of the text.
pub fn phones(part: Part, words: &[SpokenWord]) -> Vec<Phone> {
    match part {
        Part::Sound { word, sound } => words[word].sounds[sound].phones.clone(),
        Part::Silence => vec![Phone::SILENCE],
        Part::Hesitation => hesitation_phones().collect(),
        Part::Other => speech_phones().collect(),
    }
}

/// All phones but silence and noise.
pub fn speech_phones() -> impl Iterator<Item = Phone> {
    Phone::all().filter(|phone| *phone != Phone::SILENCE && !phone.name().starts_with('+'))
}

fn anything() -> Vec<Sound> {
    let any = Sound {
        ipa: String::new(),
        phones: speech_phones().collect(),
        continues: false,
    };
    vec![any; INSERTION_SOUNDS]
}
