//! All expected answers searched side by side.

use std::ops::Range;
use std::sync::Arc;

use super::network::{Junction, Network, NetworkBuilder};
use super::pronunciation::{SpokenPhrase, SpokenWord};
use super::trellis::{Ending, IMPOSSIBLE, Span, Trellis};

/// A network of phrases that share their start: silence, hesitation, a greeting, how a request begins.
#[derive(Debug)]
pub struct PhraseNetwork {
    network: Arc<Network>,
    /// What comes before any phrase: silence, hesitation, greetings, beginnings of requests.
    lead: Range<usize>,
    /// The courtesies among them, in order, greetings first.
    before: Vec<Range<usize>>,
    phrases: Vec<Phrase>,
    /// How many of these are waited for where another one is their beginning: the first ones.
    extending: usize,
}

#[derive(Debug)]
struct Phrase {
    /// From its first sound up to its end; what follows the end is not among them.
    nodes: Range<usize>,
    /// Between its words, in order.
    inner: Vec<Junction>,
    /// Before the words at its end that may be left out, if there are any.
    optional: Option<Junction>,
    /// The courtesies after it, in order.
    after: Vec<Range<usize>>,
    end: Junction,
    /// How much better than another it has to fit to be what was said, in log-likelihoods.
    cost: f32,
}

/// Words that may be said before or after any phrase. What is before it is numbered on from greetings to requests.
#[derive(Clone, Debug, Default)]
pub struct Courtesies {
    /// "Hello", "yes".
    pub greetings: Vec<SpokenPhrase>,
    /// "I would like": after one of those, or without.
    pub requests: Vec<SpokenPhrase>,
    /// "Please", "thank you".
    pub after: Vec<SpokenPhrase>,
}

/// Where the best path ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The phrase.
    pub phrase: usize,
    /// Its score, less what the phrase costs.
    pub score: f32,
    /// How far it came.
    pub reach: Reach,
}

impl Reading {
    /// Whether the search still had the phrase at the end, rather than that all of them were given up.
    pub fn is_possible(&self) -> bool {
        self.score > IMPOSSIBLE / 2.0
    }
}

/// How far a phrase was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To its end.
    End {
        /// Whether it is also the beginning of another phrase, which fits nearly as well.
        extendable: bool,
    },
    /// To a node before its end.
    Within(usize),
}

impl PhraseNetwork {
    /// A network of `phrases`. The word numbers of its places are those within the phrase.
    pub fn new(phrases: &[&[SpokenWord]], courtesies: &Courtesies) -> Self {
        let mut builder = NetworkBuilder::new();
        builder.silence(Network::START);
        builder.hesitation(Network::START);
        let mut at = Network::START;
        let mut before = Vec::new();
        for courtesies in [&courtesies.greetings, &courtesies.requests] {
            let next = builder.junction();
            before.extend(courtesies.iter().map(|courtesy| say(&mut builder, at, courtesy, next)));
            builder.silence(next);
            builder.hesitation(next);
            builder.link(at, next, 0.0);
            at = next;
        }
        let ready = at;
        let lead = 0..builder.position();
        let phrases: Vec<Phrase> = phrases
            .iter()
            .map(|words| Phrase::build(&mut builder, ready, words, courtesies))
            .collect();
        Self {
            network: Arc::new(builder.build()),
            lead,
            before,
            extending: phrases.len(),
            phrases,
        }
    }

    /// The same, in which a phrase that is whole is expected to go on only as one of the first so many.
    pub fn extended_by_first(self, extending: usize) -> Self {
        Self { extending, ..self }
    }

    /// The same, in which phrases are what was said only if they fit better than others by so much, in log-likelihoods.
    pub fn at_cost(mut self, cost_of: impl Fn(usize) -> f32) -> Self {
        for (number, phrase) in self.phrases.iter_mut().enumerate() {
            phrase.cost = cost_of(number);
        }
        self
    }

    /// The network to search.
    pub fn network(&self) -> &Arc<Network> {
        &self.network
    }

    /// A search for the phrase that was said, in which those are given up that clearly weren't.
    pub fn search(&self) -> Trellis {
        Trellis::with_beam(Arc::clone(&self.network), BEAM)
    }

    /// The best reading of what `trellis` has heard; nothing if no phrase was begun yet.
    pub fn read(&self, trellis: &Trellis) -> Option<Reading> {
        let Reading {
            phrase: complete,
            score: end_score,
            ..
        } = self.nearest(trellis)?;
        let (started, (inner_score, node)) = self
            .phrases
            .iter()
            .map(|phrase| {
                let (score, node) = trellis.within(phrase.before_last());
                (score - phrase.cost, node)
            })
            .enumerate()
            .reduce(|best, next| if next.1.0 > best.1.0 { next } else { best })?;
        if trellis.within(self.lead.clone()).0 > inner_score.max(end_score) {
            return None;
        }
        if inner_score > end_score + END_MARGIN {
            return Some(Reading {
                phrase: started,
                score: inner_score,
                reach: Reach::Within(node),
            });
        }
        let goes_on = |junction: &Junction| trellis.at(*junction) > end_score - EXTENSION_MARGIN;
        let extending = self.phrases.iter().take(self.extending);
        let extendable = extending
            .enumerate()
            .any(|(index, phrase)| index != complete && phrase.inner.iter().any(goes_on));
        let extendable = extendable || self.phrases[complete].optional.iter().any(goes_on);
        Some(Reading {
            phrase: complete,
            score: end_score,
            reach: Reach::End { extendable },
        })
    }

    /// The phrase that fits best if it has to be whole.
    pub fn nearest(&self, trellis: &Trellis) -> Option<Reading> {
        let ends = self.phrases.iter().map(|phrase| phrase.end_score(trellis));
        let (phrase, score) = ends
            .enumerate()
            .reduce(|best, next| if next.1 > best.1 { next } else { best })?;
        Some(Reading {
            phrase,
            score,
            reach: Reach::End { extendable: false },
        })
    }

    /// The same among some phrases.
    pub fn nearest_of(&self, trellis: &Trellis, is_meant: impl Fn(usize) -> bool) -> Option<Reading> {
        let ends = self.end_scores(trellis).enumerate();
        let (phrase, score) = ends
            .filter(|&(phrase, _)| is_meant(phrase))
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(Reading {
            phrase,
            score,
            reach: Reach::End { extendable: false },
        })
    }

    /// The score of each phrase if it has to be the one, and whole.
    pub fn end_scores<'a>(&'a self, trellis: &'a Trellis) -> impl Iterator<Item = f32> + 'a {
        self.phrases.iter().map(|phrase| phrase.end_score(trellis))
    }

    /// Words of a phrase that were begun when `node` is reached.
    pub fn words_until(&self, phrase: usize, node: usize) -> usize {
        // A pause after a word has no place; the word before it has.
        (self.phrases[phrase].nodes.start..=node)
            .rev()
            .find_map(|node| self.network.place(node))
            .map_or(0, |place| place.word + 1)
    }

    /// The courtesies that a path takes before its phrase: the number of each, and its part of the path.
    pub fn courtesies_before<'a>(&'a self, path: &'a [Span]) -> impl Iterator<Item = (usize, &'a [Span])> {
        on_path(&self.before, path)
    }

    /// The courtesy that a path takes after `phrase`: its number, and its part of the path.
    pub fn courtesy_after<'a>(&'a self, phrase: usize, path: &'a [Span]) -> Option<(usize, &'a [Span])> {
        on_path(&self.phrases[phrase].after, path).next()
    }

    /// The ending of a reading in this network.
    pub fn ending(&self, reading: &Reading, trellis: &Trellis) -> Ending {
        match reading.reach {
            Reach::End { .. } => {
                let phrase = &self.phrases[reading.phrase];
                if phrase.is_cut_off(trellis) {
                    Ending::Node(phrase.nodes.end - 1)
                } else {
                    Ending::Junction(phrase.end)
                }
            }
            Reach::Within(node) => Ending::Node(node),
        }
    }
}

impl Phrase {
    /// Sound may be cut off in the very last sound, before the silence.
    fn end_score(&self, trellis: &Trellis) -> f32 {
        trellis.at(self.end).max(self.last_score(trellis)) - self.cost
    }

    fn is_cut_off(&self, trellis: &Trellis) -> bool {
        self.last_score(trellis) > trellis.at(self.end)
    }

    fn last_score(&self, trellis: &Trellis) -> f32 {
        let last = self.nodes.end.saturating_sub(1).max(self.nodes.start)..self.nodes.end;
        trellis.within(last).0
    }

    fn before_last(&self) -> Range<usize> {
        self.nodes.start..self.nodes.end.saturating_sub(1).max(self.nodes.start)
    }

    fn build(builder: &mut NetworkBuilder, ready: Junction, words: &[SpokenWord], courtesies: &Courtesies) -> Self {
        let start = builder.position();
        let mut inner = Vec::new();
        let mut optional = None;
        let mut at = ready;
        let last = words.iter().rposition(|word| !word.sounds.is_empty());
        for (index, word) in words.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
            if word.sounds.is_empty() {
                continue;
            }
            if word.is_optional && index > 0 {
                optional.get_or_insert(at);
            }
            let next = builder.junction();
            builder.breakable_word(at, &word.sounds, next, index);
            if Some(index) != last {
                builder.silence(next);
                builder.hesitation(next);
                inner.push(next);
            }
            at = next;
        }
        let nodes = start..builder.position();
        if nodes.is_empty() {
            // A phrase without a sound is never heard.
            at = builder.junction();
        }
        builder.silence(at);
        if let Some(optional) = optional {
            builder.link(optional, at, LEFT_OUT_PENALTY);
        }
        let end = builder.junction();
        let after = courtesies
            .after
            .iter()
            .map(|courtesy| say(builder, at, courtesy, end))
            .collect();
        builder.silence(end);
        builder.link(at, end, 0.0);
        Self {
            nodes,
            inner,
            optional,
            after,
            end,
            cost: 0.0,
        }
    }
}

/// Puts a courtesy between two junctions, and tells its nodes.
fn say(builder: &mut NetworkBuilder, from: Junction, courtesy: &SpokenPhrase, to: Junction) -> Range<usize> {
    let start = builder.position();
    let sounds: Vec<_> = courtesy.iter().flat_map(|word| word.sounds.clone()).collect();
    if !sounds.is_empty() {
        builder.chain(from, &sounds, to, COURTESY_PENALTY, None);
    }
    start..builder.position()
}

/// Those of some courtesies that are on a path, and the part of the path of each.
fn on_path<'a>(courtesies: &'a [Range<usize>], path: &'a [Span]) -> impl Iterator<Item = (usize, &'a [Span])> {
    courtesies.iter().enumerate().filter_map(|(index, nodes)| {
        let is_its = |span: &Span| nodes.contains(&span.node);
        let first = path.iter().position(is_its)?;
        let length = path[first..].iter().take_while(|span| is_its(span)).count();
        Some((index, &path[first..first + length]))
    })
}

/// How far behind the best path a phrase is given up, in log-likelihoods. A phrase that was said badly falls back by less before its
/// better sounds make up for it.
const BEAM: f32 = 250.0;
/// How much better the beginning of a phrase must fit than a whole one: a few frames of noise make that much.
const END_MARGIN: f32 = 4.0;
/// What a greeting or thanks around a phrase costs, so that a phrase that has it listed wins.
const COURTESY_PENALTY: f32 = 8.0;
/// What it costs to leave out what may be left out: less than [`END_MARGIN`], by which the words before it would be but a beginning.
const LEFT_OUT_PENALTY: f32 = 2.0;
/// How much worse a longer phrase may fit and still be expected to go on; after a short answer by its cost more, since most people who say so
/// little say more.
const EXTENSION_MARGIN: f32 = 8.0;

#[cfg(test)]
mod tests {
    use super::super::trellis::tests::said;
    use super::*;

    fn phrase(words: &[&str]) -> SpokenPhrase {
        words.iter().map(|ipa| SpokenWord::from_ipa(ipa, ipa)).collect()
    }

    fn read(phrases: &[&[&str]], courtesies: &Courtesies, phones: &str) -> Option<Reading> {
        read_extended(phrases, phrases.len(), courtesies, phones)
    }

    fn read_extended(phrases: &[&[&str]], extending: usize, courtesies: &Courtesies, phones: &str) -> Option<Reading> {
        let phrases: Vec<SpokenPhrase> = phrases.iter().map(|words| phrase(words)).collect();
        let phrases: Vec<&[SpokenWord]> = phrases.iter().map(|phrase| &phrase[..]).collect();
        let network = PhraseNetwork::new(&phrases, courtesies).extended_by_first(extending);
        let mut trellis = Trellis::new(Arc::clone(network.network()));
        for frame in said(phones) {
            trellis.advance(&frame);
        }
        network.read(&trellis)
    }

    fn end(extendable: bool) -> Reach {
        Reach::End { extendable }
    }

    #[test]
    fn a_whole_phrase_is_read_to_its_end() {
        let reading = read(&[&["t_iː"], &["s_iː"]], &Courtesies::default(), "SIL S IY SIL").unwrap();
        assert_eq!((reading.phrase, reading.reach), (1, end(false)));
    }

    #[test]
    fn a_phrase_that_begins_another_is_extendable() {
        let phrases: [&[&str]; 2] = [&["s_iː"], &["s_iː", "m_aɪ", "z_uː"]];
        let reading = read(&phrases, &Courtesies::default(), "SIL S IY SIL").unwrap();
        assert_eq!((reading.phrase, reading.reach), (0, end(true)));
        let reading = read(&phrases, &Courtesies::default(), "SIL S IY M AY Z UW SIL").unwrap();
        assert_eq!((reading.phrase, reading.reach), (1, end(false)));
    }

    #[test]
    fn nobody_is_waited_for_to_go_on_as_in_a_phrase_that_is_not_among_the_first() {
        let phrases: [&[&str]; 3] = [&["t_iː"], &["s_iː"], &["s_iː", "m_aɪ", "z_uː"]];
        let whole = |extending| read_extended(&phrases, extending, &Courtesies::default(), "SIL S IY SIL").unwrap();
        assert_eq!((whole(3).phrase, whole(3).reach), (1, end(true)));
        assert_eq!((whole(2).phrase, whole(2).reach), (1, end(false)));
    }

    #[test]
    fn a_pause_within_a_phrase_is_read_as_its_beginning() {
        let phrases: [&[&str]; 2] = [&["t_iː"], &["s_iː", "m_aɪ", "z_uː"]];
        let reading = read(&phrases, &Courtesies::default(), "SIL S IY M AY SIL SIL").unwrap();
        assert_eq!(reading.phrase, 1);
        assert!(matches!(reading.reach, Reach::Within(_)), "{reading:?}");
    }

    #[test]
    fn a_long_word_that_is_broken_off_and_ended_is_read_whole_and_a_short_one_is_not() {
        let broken = |phrase: &[&str], phones: &str| {
            let words: SpokenPhrase = self::phrase(phrase);
            let network = PhraseNetwork::new(&[&words[..]], &Courtesies::default());
            let mut trellis = Trellis::new(Arc::clone(network.network()));
            let frames = said(phones);
            let trail = trellis.advance_recording(&frames);
            let reading = network.nearest(&trellis).unwrap();
            let path = trail.path(&trellis, &frames, network.ending(&reading, &trellis));
            let places = path.iter().filter_map(|span| span.place);
            let sounds: Vec<usize> = places.map(|place| place.sound).collect();
            (reading.score, sounds)
        };
        let (score, sounds) = broken(&["s_iː_m_aɪ_z_uː"], "SIL S IY M AY SIL Z UW SIL");
        assert_eq!(sounds, [0, 1, 2, 3, 4, 5]);
        assert!(score > -30.0, "{score}");
        let (score, _) = broken(&["s_iː_m_aɪ"], "SIL S IY SIL SIL SIL SIL M AY SIL");
        assert!(score < -80.0, "{score}");
        let reading = read(&[&["s_iː_m_aɪ_z_uː"]], &Courtesies::default(), "SIL S IY M AY SIL SIL").unwrap();
        assert!(matches!(reading.reach, Reach::Within(_)), "{reading:?}");
    }

    #[test]
    fn hesitation_and_courtesy_around_a_phrase_do_not_matter() {
        let courtesies = Courtesies {
            greetings: vec![phrase(&["h_aɪ"])],
            after: vec![phrase(&["p_l_iː_z"])],
            ..Courtesies::default()
        };
        let phones = "SIL HH AY AH AH M S IY M AY SIL P L IY Z SIL";
        let reading = read(&[&["t_iː", "m_aɪ"], &["s_iː", "m_aɪ"]], &courtesies, phones).unwrap();
        assert_eq!((reading.phrase, reading.reach), (1, end(false)));
    }

    #[test]
    fn the_path_tells_which_courtesies_were_said() {
        let courtesies = Courtesies {
            greetings: vec![phrase(&["h_aɪ"]), phrase(&["j_ɛ_s"])],
            requests: vec![phrase(&["s_uː_z"])],
            after: vec![phrase(&["p_l_iː_z"])],
        };
        let words = phrase(&["s_iː", "m_aɪ"]);
        let network = PhraseNetwork::new(&[&words[..]], &courtesies);
        let around = |phones: &str| {
            let mut trellis = Trellis::new(Arc::clone(network.network()));
            let frames = said(phones);
            let trail = trellis.advance_recording(&frames);
            let reading = network.nearest(&trellis).unwrap();
            let path = trail.path(&trellis, &frames, network.ending(&reading, &trellis));
            let number = |(number, spans): (usize, &[Span])| (number, spans.len());
            let before: Vec<_> = network.courtesies_before(&path).map(number).collect();
            (before, network.courtesy_after(0, &path).map(number))
        };
        assert_eq!(around("SIL S IY M AY SIL"), (vec![], None));
        assert_eq!(around("SIL Y EH S SIL S IY M AY SIL"), (vec![(1, 3)], None));
        assert_eq!(around("HH AY S IY M AY P L IY Z SIL"), (vec![(0, 2)], Some((0, 4))));
        assert_eq!(around("S UW Z S IY M AY SIL"), (vec![(2, 3)], None));
        assert_eq!(around("HH AY S UW Z S IY M AY SIL"), (vec![(0, 2), (2, 3)], None));
    }

    #[test]
    fn what_may_be_left_out_at_the_end_is_waited_for_and_not_missed() {
        let mut words = phrase(&["s_iː", "m_aɪ", "p_l_iː_z"]).to_vec();
        words[2].is_optional = true;
        let network = PhraseNetwork::new(&[&words[..]], &Courtesies::default());
        let reach = |phones: &str| {
            let mut trellis = network.search();
            for frame in said(phones) {
                trellis.advance(&frame);
            }
            network.read(&trellis).map(|reading| reading.reach)
        };
        assert_eq!(reach("SIL S IY M AY SIL SIL"), Some(end(true)));
        assert_eq!(reach("SIL S IY M AY P L IY Z SIL"), Some(end(false)));
        assert!(matches!(reach("SIL S IY SIL SIL"), Some(Reach::Within(_))));
    }

    #[test]
    fn before_the_first_word_nothing_is_read() {
        for phones in ["SIL SIL", "SIL AH AH AH M SIL"] {
            assert_eq!(read(&[&["s_iː"]], &Courtesies::default(), phones), None, "{phones}");
        }
    }

    #[test]
    fn a_phrase_without_sounds_is_never_read() {
        assert_eq!(read(&[], &Courtesies::default(), "SIL S"), None);
        let reading = read(&[&[""], &["s_iː"]], &Courtesies::default(), "SIL S IY SIL").unwrap();
        assert_eq!(reading.phrase, 1);
    }
}
