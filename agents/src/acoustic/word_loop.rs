//! The open word loop: any sequence of known words, and of sounds of no word, for answers that nobody listed.
//!
//! The phrases are part of the loop: going on within one costs nothing, any other word costs a penalty. That is a
//! bigram model that knows only "as in a phrase" and "anything".

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::network::{Network, NetworkBuilder};
use super::phone::Phone;
use super::pronunciation::{SpokenPhrase, SpokenWord};
use super::trellis::{Ending, Span, Trellis};

/// The log-probability lost on a word that does not continue a phrase.
const WORD_PENALTY: f32 = 20.0;
/// The log-probability lost on a sound of no word: a few of them cost more than a word that fits.
const GARBAGE_PENALTY: f32 = 14.0;

/// A loop of words.
#[derive(Debug)]
pub struct WordLoop {
    network: Arc<Network>,
    /// The words that places are numbered by, without punctuation.
    words: Vec<SpokenWord>,
    /// Sounds of no word.
    garbage: Range<usize>,
}

impl WordLoop {
    /// A loop over the words of `phrases` and of `vocabulary`.
    pub fn new(phrases: &[SpokenPhrase], vocabulary: &[SpokenPhrase]) -> Self {
        let hub = Network::START;
        let mut builder = NetworkBuilder::new();
        builder.silence(hub);
        builder.hesitation(hub);
        let first = builder.position();
        for phone in Phone::all().filter(|phone| phone.is_speech()) {
            builder.phone(hub, phone, GARBAGE_PENALTY);
        }
        let garbage = first..builder.position();
        let mut words = Vec::new();
        let mut seen = HashSet::new();
        let mut joints = Vec::new();
        for phrase in phrases {
            let mut before = None;
            for word in phrase.iter().filter(|word| !word.sounds.is_empty()) {
                let (start, end) = (builder.junction(), builder.junction());
                builder.silence(start);
                builder.chain(start, &word.sounds, end, 0.0, Some(words.len()));
                joints.push((before, start));
                before = Some(end);
                builder.link(end, hub, 0.0);
                words.push(bare(word));
                seen.insert(key(word));
            }
        }
        for word in vocabulary.iter().flat_map(|phrase| phrase.iter()) {
            if !word.sounds.is_empty() && seen.insert(key(word)) {
                builder.chain(hub, &word.sounds, hub, WORD_PENALTY, Some(words.len()));
                words.push(bare(word));
            }
        }
        // After all that lead to the hub.
        for (before, start) in joints {
            builder.link(hub, start, WORD_PENALTY);
            if let Some(before) = before {
                builder.link(before, start, 0.0);
            }
        }
        Self {
            network: Arc::new(builder.build()),
            words,
            garbage,
        }
    }

    /// The phone of a node that is a sound of no word.
    pub fn garbage(&self, node: usize) -> Option<Phone> {
        let phones = self.garbage.contains(&node).then(|| self.network.phones(node))?;
        phones.first().copied()
    }

    /// The network to search.
    pub fn network(&self) -> &Arc<Network> {
        &self.network
    }

    /// Where whole words end.
    pub fn ending(&self, trellis: &Trellis) -> Ending {
        let nodes = 0..self.network.node_count();
        let (within, node) = trellis.within(nodes);
        // A word that was cut off counts only if the whole words before it explain much less.
        if within > trellis.at(Network::START) + WORD_PENALTY {
            Ending::Node(node)
        } else {
            Ending::Junction(Network::START)
        }
    }

    /// The words on a path, and the path with its words numbered in order.
    pub fn words_on(&self, path: &[Span]) -> (Vec<SpokenWord>, Vec<Span>) {
        let mut said: Vec<SpokenWord> = Vec::new();
        let mut numbered = path.to_vec();
        for span in &mut numbered {
            if let Some(place) = &mut span.place {
                if place.sound == 0 {
                    said.push(self.words[place.word].clone());
                }
                place.word = said.len().saturating_sub(1);
            }
        }
        (said, numbered)
    }
}

fn bare(word: &SpokenWord) -> SpokenWord {
    let text = word.text.trim_matches(|sign: char| !sign.is_alphanumeric());
    SpokenWord {
        text: text.to_owned(),
        ..word.clone()
    }
}

fn key(word: &SpokenWord) -> (String, String) {
    let sounds: Vec<&str> = word.sounds.iter().map(|sound| sound.ipa.as_str()).collect();
    (bare(word).text.to_lowercase(), sounds.join(" "))
}

#[cfg(test)]
mod tests {
    use super::super::trellis::tests::said;
    use super::*;

    #[test]
    fn words_of_phrases_and_vocabulary_are_found_in_any_order() {
        let words = |list: &[(&str, &str)]| -> SpokenPhrase {
            list.iter().map(|(text, ipa)| SpokenWord::from_ipa(text, ipa)).collect()
        };
        let phrase = words(&[("See", "s_iː"), ("my", "m_aɪ"), ("zoo.", "z_uː")]);
        let vocabulary = [words(&[("tea", "t_iː")]), words(&[("zoo", "z_uː")])];
        let word_loop = WordLoop::new(&[phrase], &vocabulary);
        assert_eq!(word_loop.words.len(), 4, "zoo is listed once");

        let frames = said("SIL M AY T IY SIL Z UW SIL");
        let mut trellis = Trellis::new(Arc::clone(word_loop.network()));
        let trail = trellis.advance_recording(&frames);
        let path = trail.path(&trellis, &frames, word_loop.ending(&trellis));
        let (found, path) = word_loop.words_on(&path);
        let texts: Vec<&str> = found.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["my", "tea", "zoo"]);
        let places: Vec<usize> = path
            .iter()
            .filter_map(|span| span.place)
            .map(|place| place.word)
            .collect();
        assert_eq!(places, [0, 0, 1, 1, 2, 2]);
    }

    #[test]
    fn sounds_of_no_word_are_no_words() {
        let phrase: SpokenPhrase = [SpokenWord::from_ipa("See", "s_iː")].into();
        let word_loop = WordLoop::new(&[phrase], &[]);
        let frames = said("SIL S IY K AA SIL");
        let mut trellis = Trellis::new(Arc::clone(word_loop.network()));
        let trail = trellis.advance_recording(&frames);
        let path = trail.path(&trellis, &frames, word_loop.ending(&trellis));
        let (found, path) = word_loop.words_on(&path);
        assert_eq!(found.len(), 1);
        let garbage: Vec<&str> = path
            .iter()
            .filter_map(|span| word_loop.garbage(span.node))
            .map(Phone::name)
            .collect();
        assert_eq!(garbage, ["K", "AA"]);
    }
}
