//! Networks of sounds: what may be said, as a graph that Viterbi search runs over.
//!
//! A node is one sound with three states. Chains of nodes run from junction to junction; a junction stands between two words
//! and remembers the best way to reach it. Silence and hesitation are loops at a junction.

use std::collections::HashMap;

use super::ipa::Sound;
use super::phone::Phone;

/// A place between words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Junction(pub(super) u32);

/// The sound of a word that a node stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The word, as numbered by whoever built the network.
    pub word: usize,
    /// The sound within the word.
    pub sound: usize,
}

/// A finished network.
#[derive(Debug)]
pub struct Network {
    /// Distinct sets of phones; a node names one by index.
    pub(super) sounds: Vec<Vec<Phone>>,
    /// All nodes, chain after chain.
    pub(super) nodes: Vec<Node>,
    pub(super) chains: Vec<Chain>,
    pub(super) links: Vec<Link>,
    pub(super) junctions: usize,
    /// What each node stands for: apart from them, since the search doesn't ask.
    places: Vec<Option<Place>>,
}

/// One sound. It is entered from the node before it or, if it is the first of its chain, from the chain's junction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) sound: u32,
    /// The junction that its end leads to.
    pub(super) feeds: Option<Junction>,
}

/// Nodes in a row that are entered at the first one only.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    /// Its nodes, up to `end`.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Where it is entered from.
    pub(super) from: Junction,
    /// The log-probability lost on entering.
    pub(super) penalty: f32,
}

/// A junction may be reached from another at once. Links are followed in order, after all nodes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) from: Junction,
    pub(super) to: Junction,
    pub(super) penalty: f32,
}

impl Network {
    /// Where every path starts.
    pub const START: Junction = Junction(0);

    /// The sound of a word that a node stands for; `None` for silence and hesitation.
    pub fn place(&self, node: usize) -> Option<Place> {
        self.places[node]
    }

    /// The junction that a node is entered from if it is the first of its chain; the others are entered from the node before.
    pub(super) fn entrance(&self, node: usize) -> Option<Junction> {
        let chain = self.chains.partition_point(|chain| chain.end as usize <= node);
        let chain = self.chains.get(chain)?;
        (chain.start as usize == node).then_some(chain.from)
    }

    /// The phones that a node may be.
    pub(super) fn phones(&self, node: usize) -> &[Phone] {
        &self.sounds[self.nodes[node].sound as usize]
    }

    /// Nodes in the network.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }
}

/// Builds a network.
#[derive(Default)]
pub struct NetworkBuilder {
    sounds: Vec<Vec<Phone>>,
    numbers: HashMap<Vec<Phone>, u32>,
    nodes: Vec<Node>,
    chains: Vec<Chain>,
    places: Vec<Option<Place>>,
    links: Vec<Link>,
    junctions: u32,
}

impl NetworkBuilder {
    /// A network of only [`Network::START`].
    pub fn new() -> Self {
        Self {
            junctions: 1,
            ..Self::default()
        }
    }

    /// A new junction that nothing leads to yet.
    pub fn junction(&mut self) -> Junction {
        self.junctions += 1;
        Junction(self.junctions - 1)
    }

    /// Puts sounds between two junctions. `word` numbers them for [`Network::place`].
    pub fn chain(&mut self, from: Junction, sounds: &[Sound], to: Junction, penalty: f32, word: Option<usize>) {
        let place = word.map(|word| Place { word, sound: 0 });
        self.chain_at(from, sounds, to, penalty, place);
    }

    /// Puts the sounds of a word between two junctions, with one within it before each syllable but the first where people
    /// who search for a word break it: "vege … tarian".
    pub fn breakable_word(&mut self, from: Junction, sounds: &[Sound], to: Junction, word: usize) {
        let (mut start, mut at) = (0, from);
        for next in breaks(sounds) {
            let joint = self.junction();
            self.chain_at(at, &sounds[start..next], joint, 0.0, Some(Place { word, sound: start }));
            self.enter(joint, BREAK_PENALTY);
            self.node(&[Phone::SILENCE], Some(joint), None);
            (start, at) = (next, joint);
        }
        self.chain_at(at, &sounds[start..], to, 0.0, Some(Place { word, sound: start }));
    }

    fn chain_at(&mut self, from: Junction, sounds: &[Sound], to: Junction, penalty: f32, first: Option<Place>) {
        if sounds.is_empty() {
            self.link(from, to, penalty);
            return;
        }
        self.enter(from, penalty);
        for (index, sound) in sounds.iter().enumerate() {
            let place = first.map(|first| Place {
                sound: first.sound + index,
                ..first
            });
            let feeds = (index + 1 == sounds.len()).then_some(to);
            self.node(&sound.phones, feeds, place);
        }
    }

    /// Allows silence at a junction.
    pub fn silence(&mut self, at: Junction) {
        self.enter(at, 0.0);
        self.node(&[Phone::SILENCE], Some(at), None);
    }

    /// Allows any one phone at a junction.
    pub fn phone(&mut self, at: Junction, phone: Phone, penalty: f32) {
        self.enter(at, penalty);
        self.node(&[phone], Some(at), None);
    }

    /// Allows a hesitation at a junction: a vowel of no clear colour, with or without a hum ("euh", "um", "ähm"), or a hum.
    pub fn hesitation(&mut self, at: Junction) {
        let phones: Vec<Phone> = hesitation_phones().collect();
        let (hum, vowels) = phones.split_first().expect("it has a hum");
        let hum = [*hum];
        // Twice, so that it lasts: people hesitate for 200 ms and more.
        self.enter(at, HESITATION_PENALTY);
        self.node(vowels, None, None);
        self.node(vowels, Some(at), None);
        self.node(&hum, Some(at), None);
    }

    /// Lets a junction be reached from another.
    pub fn link(&mut self, from: Junction, to: Junction, penalty: f32) {
        self.links.push(Link { from, to, penalty });
    }

    /// The index of the next node; two of them make the range of what was built in between.
    pub fn position(&self) -> usize {
        self.nodes.len()
    }

    /// The finished network.
    pub fn build(self) -> Network {
        Network {
            sounds: self.sounds,
            nodes: self.nodes,
            chains: self.chains,
            links: self.links,
            junctions: self.junctions as usize,
            places: self.places,
        }
    }

    /// Begins a chain: the nodes that follow.
    fn enter(&mut self, from: Junction, penalty: f32) {
        let start = self.nodes.len() as u32;
        self.chains.push(Chain {
            start,
            end: start,
            from,
            penalty,
        });
    }

    /// The next node of the chain that was begun last.
    fn node(&mut self, phones: &[Phone], feeds: Option<Junction>, place: Option<Place>) {
        let next = self.sounds.len() as u32;
        let sound = *self.numbers.entry(phones.to_vec()).or_insert(next);
        if sound == next {
            self.sounds.push(phones.to_vec());
        }
        self.nodes.push(Node { sound, feeds });
        self.places.push(place);
        if let Some(chain) = self.chains.last_mut() {
            chain.end = self.nodes.len() as u32;
        }
    }
}

/// What a hesitation costs: enough that no short vowel of a word passes for one.
const HESITATION_PENALTY: f32 = 45.0;

/// What silence within a word costs, each time it begins: more than the closure of a plosive gains by it.
const BREAK_PENALTY: f32 = 25.0;
/// A word of fewer sounds is said in one go.
const SHORTEST_BROKEN: usize = 5;

/// Before which sounds of a word a syllable begins, as far as a consonant before a vowel tells; two sounds from either end at
/// least.
fn breaks(sounds: &[Sound]) -> impl Iterator<Item = usize> {
    let is_vowel = |sound: &Sound| sound.phones.iter().any(|phone| phone.is_vowel());
    let is_long = sounds.len() >= SHORTEST_BROKEN;
    (2..sounds.len().saturating_sub(1))
        .filter(move |&at| is_long && !is_vowel(&sounds[at]) && is_vowel(&sounds[at + 1]))
}

/// What hesitations are made of: a hum first, then vowels of no clear colour.
pub fn hesitation_phones() -> impl Iterator<Item = Phone> {
    const NAMES: [&str; 5] = ["M", "AH", "ER", "UH", "EH"];
    NAMES
        .iter()
        .map(|name| Phone::named(name).expect("a phone of the model"))
}
