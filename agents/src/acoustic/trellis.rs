//! Viterbi search over a [`Network`], frame by frame, with or without a record of the way taken.

use std::ops::Range;
use std::sync::Arc;

use super::likelihood::StateScores;
use super::model::STATES;
use super::network::{Junction, Network, Place};

/// The score of what can't be.
pub const IMPOSSIBLE: f32 = -1e30;

/// The best scores of all paths through a network up to a frame.
///
/// Only those parts of the network are searched that a path has reached; with a beam, only those that are not far behind the best
/// path (beam search: Lowerre 1976).
pub struct Trellis {
    network: Arc<Network>,
    states: Vec<[f32; STATES]>,
    /// Of each chain, the nodes from the first to the last that are searched. All others are [`IMPOSSIBLE`].
    alive: Vec<Range<u32>>,
    junctions: Vec<f32>,
    /// The junctions of the frame before, to be written over.
    last_junctions: Vec<f32>,
    emissions: Vec<[f32; STATES]>,
    /// The best of all states.
    best: f32,
    /// How far behind it a state may be, in log-likelihoods.
    beam: f32,
}

impl Trellis {
    /// Before the first frame: at the start. Every path is searched.
    pub fn new(network: Arc<Network>) -> Self {
        Self::with_beam(network, f32::INFINITY)
    }

    /// The same, in which a path is given up that falls so far behind the best one, in log-likelihoods. It is held against the best path
    /// of the frame before, so that a frame must not take as much as the beam from all of them: it takes less than 70 (scores are relative to
    /// the best state's).
    pub fn with_beam(network: Arc<Network>, beam: f32) -> Self {
        let mut junctions = vec![IMPOSSIBLE; network.junctions];
        junctions[Network::START.0 as usize] = 0.0;
        Self {
            states: vec![[IMPOSSIBLE; STATES]; network.nodes.len()],
            alive: vec![0..0; network.chains.len()],
            emissions: vec![[0.0; STATES]; network.sounds.len()],
            last_junctions: junctions.clone(),
            junctions,
            best: 0.0,
            beam,
            network,
        }
    }

    /// The network that is searched.
    pub fn network(&self) -> &Arc<Network> {
        &self.network
    }

    /// Takes one frame.
    pub fn advance(&mut self, scores: &StateScores) {
        self.search(scores, &mut ());
    }

    /// Takes all frames and records the way, for [`Trail::path`].
    pub fn advance_recording(&mut self, frames: &[StateScores]) -> Trail {
        let mut trail = Trail {
            steps: vec![0; frames.len() * self.network.nodes.len()],
            winners: vec![NOWHERE; frames.len() * self.network.junctions],
            network: Arc::clone(&self.network),
        };
        for (frame, scores) in frames.iter().enumerate() {
            self.search(scores, &mut trail.record(frame));
        }
        trail
    }

    /// The best score of a path that ends at a junction.
    pub fn at(&self, junction: Junction) -> f32 {
        self.junctions[junction.0 as usize]
    }

    /// The best score of a path that ends within some nodes, and where.
    pub fn within(&self, nodes: Range<usize>) -> (f32, usize) {
        let start = nodes.start;
        self.states[nodes]
            .iter()
            .enumerate()
            .map(|(index, states)| (best_of(states), start + index))
            .fold(
                (IMPOSSIBLE, start),
                |best, next| {
                    if next.0 > best.0 { next } else { best }
                },
            )
    }

    fn search(&mut self, scores: &StateScores, way: &mut impl Way) {
        self.emit(scores);
        std::mem::swap(&mut self.junctions, &mut self.last_junctions);
        self.junctions.fill(IMPOSSIBLE);
        // What was never reached is far below.
        let threshold = (self.best - self.beam).max(IMPOSSIBLE / 2.0);
        self.best = IMPOSSIBLE;
        for (chain, alive) in self.network.chains.iter().zip(&mut self.alive) {
            let mut enter = self.last_junctions[chain.from.0 as usize] - chain.penalty;
            let from = if enter >= threshold {
                chain.start
            } else if alive.start < alive.end {
                enter = IMPOSSIBLE;
                alive.start
            } else {
                continue;
            };
            let until = alive.end;
            *alive = from..from;
            for index in from..chain.end {
                if index >= until && enter < threshold {
                    break;
                }
                let (node, state) = (&self.network.nodes[index as usize], &mut self.states[index as usize]);
                let emission = &self.emissions[node.sound as usize];
                let [first, middle, last] = *state;
                way.step(
                    index as usize,
                    u8::from(enter > first) | u8::from(first > middle) << 1 | u8::from(middle > last) << 2,
                );
                let next = [
                    greater(first, enter) + emission[0],
                    greater(middle, first) + emission[1],
                    greater(last, middle) + emission[2],
                ];
                enter = last;
                let best = best_of(&next);
                if best < threshold {
                    *state = [IMPOSSIBLE; STATES];
                    continue;
                }
                *state = next;
                self.best = greater(self.best, best);
                if alive.start == alive.end {
                    alive.start = index;
                }
                alive.end = index + 1;
                if let Some(junction) = node.feeds
                    && reach(&mut self.junctions, junction, next[STATES - 1])
                {
                    way.win(junction.0 as usize, index as usize);
                }
            }
        }
        for link in &self.network.links {
            let score = self.junctions[link.from.0 as usize] - link.penalty;
            if reach(&mut self.junctions, link.to, score) {
                way.win(link.to.0 as usize, self.network.nodes.len() + link.from.0 as usize);
            }
        }
    }

    fn emit(&mut self, scores: &StateScores) {
        for (emission, phones) in self.emissions.iter_mut().zip(&self.network.sounds) {
            *emission = [IMPOSSIBLE; STATES];
            for phone in phones {
                let row = &scores[phone.index() * STATES..][..STATES];
                for (best, score) in emission.iter_mut().zip(row) {
                    *best = greater(*best, *score);
                }
            }
        }
    }
}

/// Whether a junction is reached better than before in this frame.
fn reach(junctions: &mut [f32], junction: Junction, score: f32) -> bool {
    let best = &mut junctions[junction.0 as usize];
    let is_better = score > *best;
    *best = greater(*best, score);
    is_better
}

fn best_of(states: &[f32; STATES]) -> f32 {
    greater(greater(states[0], states[1]), states[2])
}

/// Of two numbers, neither of which is NaN: that is one instruction, [`f32::max`] is several.
fn greater(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

/// What is told of the way in a frame.
trait Way {
    /// Which states of a node were entered: see [`Trail`].
    fn step(&mut self, node: usize, steps: u8);
    /// A junction was reached better than before from a node or, counted from behind the nodes, from another junction.
    fn win(&mut self, junction: usize, source: usize);
}

/// Nobody asks for the way.
impl Way for () {
    fn step(&mut self, _: usize, _: u8) {}
    fn win(&mut self, _: usize, _: usize) {}
}

/// The way in a frame of a [`Trail`].
struct Recorded<'a> {
    steps: &'a mut [u8],
    winners: &'a mut [u32],
}

impl Way for Recorded<'_> {
    fn step(&mut self, node: usize, steps: u8) {
        self.steps[node] = steps;
    }

    fn win(&mut self, junction: usize, source: usize) {
        self.winners[junction] = source as u32;
    }
}

/// Where a path ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// At a junction.
    Junction(Junction),
    /// Within a node, in its best state.
    Node(usize),
}

/// One sound on a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The sound of a word; `None` for silence and hesitation.
    pub place: Option<Place>,
    /// The node of the network.
    pub node: usize,
    /// The frames it lasts.
    pub frames: Range<usize>,
    /// The sum of its frames' scores.
    pub score: f32,
}

/// The way that every path took.
pub struct Trail {
    /// For each frame and node, bits: the first state was entered, the second, the third.
    steps: Vec<u8>,
    /// For each frame and junction, the source that led there.
    winners: Vec<u32>,
    network: Arc<Network>,
}

impl Trail {
    /// The sounds of the best path that ends in `ending` after the last of `frames`, in order. `trellis` and `frames` are
    /// those of the recording.
    pub fn path(&self, trellis: &Trellis, frames: &[StateScores], ending: Ending) -> Vec<Span> {
        let nodes = self.network.nodes.len();
        if nodes == 0 {
            return Vec::new();
        }
        let Some(last_frame) = (self.steps.len() / nodes).checked_sub(1) else {
            return Vec::new();
        };
        let start = match ending {
            Ending::Junction(junction) => self
                .node_before(last_frame, nodes + junction.0 as usize)
                .map(|node| (node, STATES - 1)),
            Ending::Node(node) => {
                let states = &trellis.states[node];
                (0..STATES)
                    .max_by(|&a, &b| states[a].total_cmp(&states[b]))
                    .map(|state| (node, state))
            }
        };
        let mut spans = Vec::new();
        let Some((mut node, mut state)) = start else {
            return spans;
        };
        let mut span = self.open_span(node, last_frame + 1);
        for frame in (0..=last_frame).rev() {
            span.frames.start = frame;
            span.score += self.emission(node, state, &frames[frame]);
            if self.steps[frame * nodes + node] >> state & 1 == 0 {
                continue;
            }
            if state > 0 {
                state -= 1;
                continue;
            }
            let source = match self.network.entrance(node) {
                Some(junction) => nodes + junction.0 as usize,
                None => node - 1,
            };
            let before = frame.checked_sub(1).and_then(|frame| self.node_before(frame, source));
            let Some(before) = before else { break };
            let next = self.open_span(before, frame);
            spans.push(std::mem::replace(&mut span, next));
            (node, state) = (before, STATES - 1);
        }
        spans.push(span);
        spans.reverse();
        spans
    }

    fn open_span(&self, node: usize, end: usize) -> Span {
        Span {
            place: self.network.place(node),
            node,
            frames: end..end,
            score: 0.0,
        }
    }

    fn emission(&self, node: usize, state: usize, scores: &StateScores) -> f32 {
        self.network.sounds[self.network.nodes[node].sound as usize]
            .iter()
            .map(|phone| scores[phone.index() * STATES + state])
            .fold(IMPOSSIBLE, f32::max)
    }

    fn record(&mut self, frame: usize) -> Recorded<'_> {
        let (nodes, junctions) = (self.network.nodes.len(), self.network.junctions);
        Recorded {
            steps: &mut self.steps[frame * nodes..][..nodes],
            winners: &mut self.winners[frame * junctions..][..junctions],
        }
    }

    /// The node whose end a source stands for in a frame: a node or, counted from behind the nodes, a junction.
    fn node_before(&self, frame: usize, mut source: usize) -> Option<usize> {
        let nodes = self.network.nodes.len();
        // Links form no circle, so there are fewer of them on the way than junctions.
        for _ in 0..=self.network.junctions {
            let Some(junction) = source.checked_sub(nodes) else {
                return Some(source);
            };
            let winner = self.winners[frame * self.network.junctions + junction];
            if winner == NOWHERE {
                return None;
            }
            source = winner as usize;
        }
        None
    }
}

const NOWHERE: u32 = u32::MAX;

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::acoustic::likelihood::STATE_COUNT;
    use crate::acoustic::network::NetworkBuilder;
    use crate::acoustic::phone::Phone;
    use crate::acoustic::pronunciation::SpokenWord;

    /// Frames in which the named phones are clearly said, six frames each.
    pub(in super::super) fn said(phones: &str) -> Vec<StateScores> {
        let mut frames = Vec::new();
        for name in phones.split_whitespace() {
            let phone = Phone::named(name).unwrap().index();
            for frame in 0..6 {
                let mut scores = [-10.0; STATE_COUNT];
                scores[phone * STATES + frame / 2] = 0.0;
                frames.push(scores);
            }
        }
        frames
    }

    fn spans(path: &[Span]) -> Vec<(Option<usize>, Range<usize>)> {
        path.iter()
            .map(|span| (span.place.map(|place| place.word), span.frames.clone()))
            .collect()
    }

    #[test]
    fn the_path_tells_when_each_sound_was_said() {
        let mut builder = NetworkBuilder::new();
        let end = builder.junction();
        builder.silence(Network::START);
        let word = SpokenWord::from_ipa("see", "s_iː");
        builder.chain(Network::START, &word.sounds, end, 0.0, Some(0));
        builder.silence(end);
        let frames = said("SIL S IY SIL");
        let mut trellis = Trellis::new(Arc::new(builder.build()));
        let trail = trellis.advance_recording(&frames);
        let path = trail.path(&trellis, &frames, Ending::Junction(end));
        assert_eq!(
            spans(&path),
            [(None, 0..6), (Some(0), 6..12), (Some(0), 12..18), (None, 18..24)]
        );
        assert!(path.iter().all(|span| span.score == 0.0));
        assert_eq!(trellis.at(end), 0.0);
    }

    #[test]
    fn scores_are_the_same_with_and_without_a_record() {
        let mut builder = NetworkBuilder::new();
        let (middle, end) = (builder.junction(), builder.junction());
        let (one, two) = (SpokenWord::from_ipa("a", "a_t"), SpokenWord::from_ipa("b", "t_a"));
        builder.chain(Network::START, &one.sounds, middle, 0.0, Some(0));
        builder.hesitation(middle);
        builder.chain(middle, &two.sounds, end, 1.0, Some(1));
        builder.link(middle, end, 7.0);
        let network = Arc::new(builder.build());
        let frames = said("AA T AH AH M T AA");
        let (mut plain, mut recording) = (Trellis::new(Arc::clone(&network)), Trellis::new(network));
        for frame in &frames {
            plain.advance(frame);
        }
        recording.advance_recording(&frames);
        assert_eq!(plain.states, recording.states);
        assert_eq!(plain.junctions, recording.junctions);
        assert!(plain.at(end) > IMPOSSIBLE);
    }

    #[test]
    fn a_beam_leaves_the_best_path_as_it_is_and_gives_up_what_falls_far_behind() {
        let mut builder = NetworkBuilder::new();
        let (right, wrong) = (builder.junction(), builder.junction());
        builder.silence(Network::START);
        for (ipa, end) in [("s_iː_m_aɪ_z_uː", right), ("t_aɪ_f_uː_k_iː", wrong)] {
            let word = SpokenWord::from_ipa(ipa, ipa);
            builder.chain(Network::START, &word.sounds, end, 0.0, Some(0));
            builder.silence(end);
        }
        let network = Arc::new(builder.build());
        let frames = said("SIL S IY M AY Z UW SIL");
        let searched = |mut trellis: Trellis| {
            let trail = trellis.advance_recording(&frames);
            let path = trail.path(&trellis, &frames, Ending::Junction(right));
            (path, trellis.at(right), trellis.at(wrong))
        };
        let (path, best, behind) = searched(Trellis::new(Arc::clone(&network)));
        assert!(behind > IMPOSSIBLE && behind < best - 100.0, "{behind}");
        let far = best - behind + 1.0;
        assert_eq!(
            searched(Trellis::with_beam(Arc::clone(&network), far)),
            (path.clone(), best, behind)
        );
        assert_eq!(searched(Trellis::with_beam(network, 100.0)), (path, best, IMPOSSIBLE));
    }

    #[test]
    fn what_was_never_reached_has_no_path() {
        let mut builder = NetworkBuilder::new();
        let end = builder.junction();
        let word = SpokenWord::from_ipa("see", "s_iː");
        builder.chain(Network::START, &word.sounds, end, 0.0, Some(0));
        let frames = &said("S")[..2];
        let mut trellis = Trellis::new(Arc::new(builder.build()));
        let trail = trellis.advance_recording(frames);
        assert_eq!(trail.path(&trellis, frames, Ending::Junction(end)), []);
        assert!(trellis.at(end) <= IMPOSSIBLE / 2.0);
    }

    #[test]
    fn a_network_of_nothing_has_no_path() {
        let frames = said("S");
        let mut trellis = Trellis::new(Arc::new(NetworkBuilder::new().build()));
        let trail = trellis.advance_recording(&frames);
        assert_eq!(trail.path(&trellis, &frames, Ending::Junction(Network::START)), []);
    }
}
