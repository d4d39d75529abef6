//! Recordings that stop in the middle of their text, and how often another text is taken for one that was begun.

use colloquy_agents::acoustic::SpokenWord;
use colloquy_agents::assessment::speech::signal::Signal;
use colloquy_agents::assessment::speech::{Measured, Utterance};

use crate::corpus::{Clip, Corpus};

/// Which shares of the words are said.
const SHARES: [f32; 3] = [0.35, 0.5, 0.65];
/// Words of a text that is stopped in.
const FEWEST_WORDS: usize = 6;
/// Two texts that have so many first words in common begin alike.
const ALIKE: usize = 2;

/// What recordings that stop in the middle are taken for.
#[derive(Default)]
pub struct Beginnings {
    /// Recordings that stop.
    pub stopped: usize,
    /// How many are taken for their text, as a whole or for its beginning.
    pub taken: usize,
    /// Of these, how many have as many words as were said, give or take one.
    pub right_length: usize,
    /// Other texts held against whole recordings and those that stop.
    pub others: usize,
    /// How many of them are taken for the whole text.
    pub wrongly_whole: usize,
    /// How many for one that was begun.
    pub wrongly_begun: usize,
}

impl Beginnings {
    /// Tries all recordings against all texts.
    pub fn run(corpus: &Corpus) -> Self {
        let mut beginnings = Self::default();
        for clip in &corpus.clips {
            let pcm = clip.in_quiet();
            let utterance = Utterance::of(&pcm);
            beginnings.hold_others(corpus, clip, &utterance, &pcm);
            let Some(own) = utterance.measure(&clip.words, corpus.language) else {
                continue;
            };
            for share in SHARES.iter().filter(|_| clip.words.len() >= FEWEST_WORDS) {
                let count = (clip.words.len() as f32 * share).round() as usize;
                let Some(end) = own.reading.word(count - 1) else {
                    continue;
                };
                let stopped = clip.until(end.end);
                let utterance = Utterance::of(&stopped);
                beginnings.stopped += 1;
                if let Some(words) = taken(corpus, &utterance, &clip.words, &stopped) {
                    beginnings.taken += 1;
                    beginnings.right_length += usize::from(words.0.abs_diff(count) <= 1);
                }
                beginnings.hold_others(corpus, clip, &utterance, &stopped);
            }
        }
        beginnings
    }

    fn hold_others(&mut self, corpus: &Corpus, clip: &Clip, utterance: &Utterance, pcm: &[i16]) {
        let first = |clip: &Clip| {
            clip.words
                .iter()
                .take(ALIKE)
                .map(|word| word.ipa.clone())
                .collect::<Vec<_>>()
        };
        let others = corpus.clips.iter().filter(|other| first(other) != first(clip));
        for other in others {
            self.others += 1;
            match taken(corpus, utterance, &other.words, pcm) {
                Some((_, true)) => self.wrongly_whole += 1,
                Some((_, false)) => self.wrongly_begun += 1,
                None => {}
            }
        }
    }
}

/// How many words of a text are taken for said, and whether it is for all of it; none of another text.
fn taken(corpus: &Corpus, utterance: &Utterance, words: &[SpokenWord], pcm: &[i16]) -> Option<(usize, bool)> {
    let lost = Signal::of(pcm).lost_fit();
    let is_whole = |whole: &Measured| whole.is_said(lost, corpus.language);
    if let Some(whole) = utterance.measure(words, corpus.language).filter(is_whole) {
        let said = (0..words.len()).filter(|word| !whole.is_omitted(*word)).count();
        return Some((said, true));
    }
    let begun = utterance.measure_beginning(words, lost, corpus.language)?;
    Some((begun.words.len(), false))
}
