//! A phrase laid over an utterance by itself: how well it fits, and what was said around it.

use std::sync::Arc;

use super::{ACCEPTED, Judgement, PLAIN};
use crate::acoustic::alignment::Alignment;
use crate::acoustic::evidence::{self, Side};
use crate::acoustic::phrases::{Courtesies, PhraseNetwork, Reach};
use crate::acoustic::pronunciation::SpokenWord;
use crate::acoustic::trellis::{Span, Trellis};
use crate::acoustic::verdict::{Verdict, courtesy_confidence, goodness};
use crate::engine::WordTiming;

impl Judgement<'_> {
    /// The words of a phrase, laid over the sound by themselves.
    pub(super) fn lay(&self, words: &[SpokenWord], reach: Reach) -> Option<Laid> {
        self.lay_with(words, reach, false)
    }

    /// The same of a short answer, perhaps: a "please" that was plainly said after it bears it out. A longer one needs none, and much else may
    /// be taken for it.
    pub(super) fn lay_with(&self, words: &[SpokenWord], reach: Reach, is_short: bool) -> Option<Laid> {
        self.lay_among(words, reach, is_short, &self.expectation.courtesies)
    }

    /// The same with only these courtesies around it.
    pub(super) fn lay_among(
        &self,
        words: &[SpokenWord],
        reach: Reach,
        is_short: bool,
        courtesies: &Courtesies,
    ) -> Option<Laid> {
        let alone = PhraseNetwork::new(&[words], courtesies);
        let mut trellis = Trellis::new(Arc::clone(alone.network()));
        let trail = trellis.advance_recording(self.scores);
        let own = match reach {
            Reach::End { .. } => alone.nearest(&trellis),
            Reach::Within(_) => alone.read(&trellis),
        }?;
        let path = trail.path(&trellis, self.scores, alone.ending(&own, &trellis));
        let alignment = Alignment::of_path(&path, words, &self.free);
        let before = alone.courtesies_before(&path);
        let before: Vec<Courtesy> = before.filter_map(|courtesy| self.courtesy(courtesy)).collect();
        let thanks = alone.courtesy_after(own.phrase, &path);
        let after = thanks.and_then(|thanks| self.courtesy(thanks));
        let polite = thanks.map(|(_, spans)| spans);
        let polite = polite
            .filter(|_| is_short && after.as_ref().is_some_and(Courtesy::is_plain))
            .unwrap_or_default();
        let is_shown = |side, courtesy: &Courtesy| {
            courtesy.is_plain() && evidence::has_courtesy(side, own.score, words, courtesies, self.scores)
        };
        let number = |courtesy: &Courtesy| courtesy.number;
        let optional = words.iter().zip(&alignment.words);
        let optional = optional.filter(|(word, _)| word.is_optional && !word.sounds.is_empty());
        let mut is_left_out = optional.map(|(_, said)| said.sounds.is_empty()).peekable();
        Some(Laid {
            leaves_out: is_left_out.peek().is_some() && is_left_out.all(|is_left_out| is_left_out),
            verdict: Verdict {
                courteous: !before.is_empty(),
                begun: matches!(reach, Reach::Within(_)),
                ..Verdict::of(&path, &alignment, words, polite, self.rivals())
            },
            before: before
                .iter()
                .filter(|before| is_shown(Side::Before, before))
                .map(number)
                .collect(),
            after: after.as_ref().filter(|after| is_shown(Side::After, after)).map(number),
            alignment,
        })
    }

    /// The courtesy on a part of a path, if it fits at all: a breath is no "hi".
    fn courtesy(&self, (number, path): (usize, &[Span])) -> Option<Courtesy> {
        let confidence = courtesy_confidence(goodness(path, &self.free), self.expectation.language);
        (confidence >= ACCEPTED).then_some(Courtesy { number, confidence })
    }
}

/// A greeting or thanks beside a phrase.
struct Courtesy {
    number: usize,
    confidence: f32,
}

impl Courtesy {
    /// Whether it is sure enough to be shown.
    fn is_plain(&self) -> bool {
        self.confidence >= PLAIN
    }
}

/// Words laid over sound.
pub(super) struct Laid {
    pub(super) verdict: Verdict,
    pub(super) alignment: Alignment,
    /// The courtesies around them that are sure enough to be shown, by their numbers.
    pub(super) before: Vec<usize>,
    pub(super) after: Option<usize>,
    /// The words are said without those at their end that may be left out.
    pub(super) leaves_out: bool,
}

impl Laid {
    /// When each word was said, of those that were.
    pub(super) fn timings(&self) -> Vec<WordTiming> {
        let mut words = self.alignment.timings();
        words.retain(|word| word.end > word.start);
        words
    }
}
