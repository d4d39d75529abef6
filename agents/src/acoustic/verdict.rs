//! Whether what was heard is the phrase that fits best.

use super::alignment::Alignment;
use super::phone::Phone;
use super::phone_loop::FreeFrame;
use super::trellis::Span;
use crate::language::Language;

/// How well a phrase fits. Goodness is a mean log-likelihood a frame relative to the free phone loop; 0 is perfect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Mean goodness of all frames of speech.
    pub frames: f32,
    /// Mean goodness of the sounds, long and short alike.
    pub sounds: f32,
}

impl Verdict {
    /// Nothing of the phrase was said.
    pub const NOTHING: Self = Self {
        frames: WORST_SOUND,
        sounds: WORST_SOUND,
    };

    /// The verdict on a path and its alignment.
    ///
    /// The frames are those of everything that was said, not only of the phrase: speech that the path calls silence or
    /// hesitation counts against it.
    pub(super) fn of(path: &[Span], alignment: &Alignment, free: &[FreeFrame]) -> Self {
        let mut sum = 0.0;
        let mut frames = 0u32;
        for span in path {
            for free in &free[span.frames.clone()] {
                sum -= free.score;
                frames += u32::from(span.place.is_some() || free.phone != Phone::SILENCE);
            }
            sum += span.score;
        }
        let sounds = alignment.words.iter().flat_map(|word| &word.sounds);
        let (total, count) = sounds.fold((0.0, 0u32), |(total, count), sound| {
            (total + sound.goodness.max(WORST_SOUND), count + 1)
        });
        if count == 0 {
            return Self::NOTHING;
        }
        Self {
            frames: sum / frames.max(1) as f32,
            sounds: total / count as f32,
        }
    }

    /// Both measures in one, weighted as a logistic regression on recordings of people found best.
    pub fn goodness(self) -> f32 {
        0.6 * self.frames + 0.4 * self.sounds
    }

    /// 0 to 1; from 0.5 on the phrase is taken as said.
    pub fn confidence(self, language: Language) -> f32 {
        confidence(self.goodness(), language)
    }
}

/// The mean goodness of the frames of a part of a path.
pub(super) fn goodness(path: &[Span], free: &[FreeFrame]) -> f32 {
    let frames: usize = path.iter().map(|span| span.frames.len()).sum();
    let relative = |span: &Span| span.score - free[span.frames.clone()].iter().map(|free| free.score).sum::<f32>();
    path.iter().map(relative).sum::<f32>() / frames.max(1) as f32
}

/// The confidence in a text of this goodness, 0 to 1.
pub fn confidence(goodness: f32, language: Language) -> f32 {
    1.0 / (1.0 + ((threshold(language) - goodness) / SLOPE).exp())
}

/// Somewhat below what the worst twentieth of recordings of people reach with the right text. The further a language's sounds
/// are from the English ones of the model, the lower.
fn threshold(language: Language) -> f32 {
    match language {
        Language::English => -2.05,
        Language::Spanish => -1.95,
        Language::German | Language::Italian | Language::Portuguese => -2.3,
        Language::French => -2.25,
        Language::Chinese | Language::Japanese => -2.5,
    }
}

const SLOPE: f32 = 0.35;
/// No single sound counts for worse: a missing one is missing, however badly its frames fit.
const WORST_SOUND: f32 = -8.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_rises_with_goodness_and_stays_within_bounds() {
        let at = |goodness| confidence(goodness, Language::French);
        assert!(at(-0.5) > 0.95);
        assert!(at(-5.0) < 0.01);
        assert!(at(-2.0) > at(-2.1));
        assert!((0.0..=1.0).contains(&Verdict::NOTHING.confidence(Language::English)));
        assert!(Verdict::NOTHING.confidence(Language::English) < 0.01);
    }
}
