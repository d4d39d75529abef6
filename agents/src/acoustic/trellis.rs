//! Viterbi search over a [`Network`], frame by frame, with or without a record of the way taken.

use std::ops::Range;
use std::sync::Arc;

use super::likelihood::StateScores;
use super::model::STATES;
use super::network::{Junction, Network, Place};

/// The score of what can't be.
pub const IMPOSSIBLE: f32 = -1e30;

/// The best scores of all paths through a network up to a frame.
pub struct Trellis {
    network: Arc<Network>,
    states: Vec<[f32; STATES]>,
    /// What a node may be entered from: the ends of all nodes, then all junctions.
    sources: Vec<f32>,
    emissions: Vec<[f32; STATES]>,
}

impl Trellis {
    /// Before the first frame: at the start.
    pub fn new(network: Arc<Network>) -> Self {
        let mut sources = vec![IMPOSSIBLE; network.nodes.len() + network.junctions];
        sources[network.nodes.len()] = 0.0;
        Self {
            states: vec![[IMPOSSIBLE; STATES]; network.nodes.len()],
            emissions: vec![[0.0; STATES]; network.sounds.len()],
            sources,
            network,
        }
    }

    /// The network that is searched.
    pub fn network(&self) -> &Arc<Network> {
        &self.network
    }

    /// Takes one frame.
    pub fn advance(&mut self, scores: &StateScores) {
        self.emit(scores);
        for (state, node) in self.states.iter_mut().zip(&self.network.nodes) {
            let enter = self.sources[node.source as usize] - node.penalty;
            let emission = &self.emissions[node.sound as usize];
            let [first, middle, last] = *state;
            *state = [
                first.max(enter) + emission[0],
                middle.max(first) + emission[1],
                last.max(middle) + emission[2],
            ];
        }
        self.reach_junctions(|_, _| ());
    }

    /// Takes all frames and records the way, for [`Trail::path`].
    pub fn advance_recording(&mut self, frames: &[StateScores]) -> Trail {
        let nodes = self.network.nodes.len();
        let mut trail = Trail {
            steps: Vec::with_capacity(frames.len() * nodes),
            winners: Vec::with_capacity(frames.len() * self.network.junctions),
            network: Arc::clone(&self.network),
        };
        for scores in frames {
            self.emit(scores);
            for (state, node) in self.states.iter_mut().zip(&self.network.nodes) {
                let enter = self.sources[node.source as usize] - node.penalty;
                let emission = &self.emissions[node.sound as usize];
                let [first, middle, last] = *state;
                trail
                    .steps
                    .push(u8::from(enter > first) | u8::from(first > middle) << 1 | u8::from(middle > last) << 2);
                *state = [
                    first.max(enter) + emission[0],
                    middle.max(first) + emission[1],
                    last.max(middle) + emission[2],
                ];
            }
            let first = trail.winners.len();
            trail.winners.resize(first + self.network.junctions, NOWHERE);
            let winners = &mut trail.winners[first..];
            self.reach_junctions(|junction, source| winners[junction] = source as u32);
        }
        trail
    }

    /// The best score of a path that ends at a junction.
    pub fn at(&self, junction: Junction) -> f32 {
        self.sources[self.network.nodes.len() + junction.0 as usize]
    }

    /// The best score of a path that ends within some nodes, and where.
    pub fn within(&self, nodes: Range<usize>) -> (f32, usize) {
        let start = nodes.start;
        self.states[nodes]
            .iter()
            .enumerate()
            .map(|(index, states)| (states[0].max(states[1]).max(states[2]), start + index))
            .fold(
                (IMPOSSIBLE, start),
                |best, next| {
                    if next.0 > best.0 { next } else { best }
                },
            )
    }

    fn emit(&mut self, scores: &StateScores) {
        for (emission, phones) in self.emissions.iter_mut().zip(&self.network.sounds) {
            *emission = [IMPOSSIBLE; STATES];
            for phone in phones {
                let row = &scores[phone.index() * STATES..][..STATES];
                for (best, score) in emission.iter_mut().zip(row) {
                    *best = best.max(*score);
                }
            }
        }
    }

    fn reach_junctions(&mut self, mut won: impl FnMut(usize, usize)) {
        let (ends, junctions) = self.sources.split_at_mut(self.network.nodes.len());
        junctions.fill(IMPOSSIBLE);
        for (index, (node, states)) in self.network.nodes.iter().zip(&self.states).enumerate() {
            ends[index] = states[STATES - 1];
            if let Some(Junction(junction)) = node.feeds
                && states[STATES - 1] > junctions[junction as usize]
            {
                junctions[junction as usize] = states[STATES - 1];
                won(junction as usize, index);
            }
        }
        for link in &self.network.links {
            let score = junctions[link.from.0 as usize] - link.penalty;
            if score > junctions[link.to.0 as usize] {
                junctions[link.to.0 as usize] = score;
                won(link.to.0 as usize, ends.len() + link.from.0 as usize);
            }
        }
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
            let before = frame
                .checked_sub(1)
                .and_then(|frame| self.node_before(frame, self.network.nodes[node].source as usize));
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
            place: self.network.nodes[node].place,
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

    /// The node whose end a source stands for in a frame.
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
        assert_eq!(plain.sources, recording.sources);
        assert!(plain.at(end) > IMPOSSIBLE);
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
