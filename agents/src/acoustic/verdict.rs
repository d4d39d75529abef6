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
    /// What is lost on speech between the words that should be hesitation, over all frames of speech: words that the phrase
    /// doesn't have make poor hesitations.
    pub between: f32,
    /// Mean goodness of the worst `STRETCH` frames in a row: a wrong word among right ones shows here.
    pub stretch: f32,
}

impl Verdict {
    /// Nothing of the phrase was said.
    pub const NOTHING: Self = Self {
        frames: WORST_SOUND,
        sounds: WORST_SOUND,
        between: WORST_SOUND,
        stretch: WORST_SOUND,
    };

    /// The verdict on a path and its alignment.
    ///
    /// The frames are those of everything that was said, not only of the phrase: speech that the path calls silence or
    /// hesitation counts against it.
    pub(super) fn of(path: &[Span], alignment: &Alignment, free: &[FreeFrame]) -> Self {
        let mut sum = 0.0;
        let mut between = 0.0;
        let mut frames = 0u32;
        let mut each = Vec::with_capacity(free.len());
        for span in path {
            let mut relative = span.score;
            for free in &free[span.frames.clone()] {
                relative -= free.score;
                frames += u32::from(span.place.is_some() || free.phone != Phone::SILENCE);
            }
            sum += relative;
            if span.place.is_none() {
                between += relative;
            }
            let mean = (relative / span.frames.len().max(1) as f32).max(WORST_SOUND);
            each.extend(std::iter::repeat_n(mean, span.frames.len()));
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
            between: between / frames.max(1) as f32,
            stretch: worst_stretch(&each),
        }
    }

    /// All measures in one, about as a logistic regression on recordings of people weighs them, on the scale of `frames`.
    pub fn goodness(self) -> f32 {
        let between = (self.between + HESITATION).min(0.0);
        0.32 * self.frames + 0.32 * self.sounds + 0.4 * between + 0.16 * self.stretch + 0.07
    }

    /// 0 to 1; from 0.5 on the phrase is taken as said.
    pub fn confidence(self, language: Language) -> f32 {
        confidence(self.goodness(), language)
    }
}

fn worst_stretch(frames: &[f32]) -> f32 {
    let length = STRETCH.min(frames.len());
    let mean = |stretch: &[f32]| stretch.iter().sum::<f32>() / length as f32;
    let means = frames.windows(length.max(1)).map(mean);
    means.reduce(f32::min).unwrap_or(WORST_SOUND)
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
/// Frames of a bad stretch: 400 ms, a word.
const STRETCH: usize = 40;
/// What may be lost on real hesitations.
const HESITATION: f32 = 0.1;
/// No single sound counts for worse: a missing one is missing, however badly its frames fit.
const WORST_SOUND: f32 = -8.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acoustic::alignment::AlignedWord;
    use crate::acoustic::network::Place;

    fn verdict(words: &[(bool, usize, f32)]) -> Verdict {
        use crate::acoustic::alignment::AlignedSound;
        let phone = Phone::named("AA").expect("a phone");
        let (mut path, mut sounds, mut at) = (Vec::new(), Vec::new(), 0);
        for &(is_word, length, goodness) in words {
            let frames = at..at + length;
            at = frames.end;
            path.push(Span {
                place: is_word.then_some(Place { word: 0, sound: 0 }),
                node: 0,
                frames: frames.clone(),
                score: goodness * length as f32,
            });
            if is_word {
                sounds.push(AlignedSound {
                    ipa: String::new(),
                    frames,
                    goodness,
                    heard: phone,
                });
            }
        }
        let word = AlignedWord {
            text: String::new(),
            frames: 0..at,
            sounds,
        };
        let free = vec![FreeFrame { score: 0.0, phone }; at];
        Verdict::of(&path, &Alignment { words: vec![word] }, &free)
    }

    #[test]
    fn one_wrong_word_counts_for_more_than_the_same_loss_spread_out() {
        let spread = verdict(&[(true, 10, -1.0); 20]);
        let mut words = [(true, 10, -0.5); 20];
        words[6..10].fill((true, 10, -3.0));
        let wrong = verdict(&words);
        assert_eq!((spread.frames, spread.sounds), (wrong.frames, wrong.sounds));
        assert_eq!((spread.stretch, wrong.stretch), (-1.0, -3.0));
        assert!(wrong.goodness() < spread.goodness() - 0.25);
    }

    #[test]
    fn words_taken_for_hesitation_count_against_a_phrase_and_hesitation_does_not() {
        let hesitating = verdict(&[(true, 60, -0.5), (false, 20, -0.3), (true, 60, -0.5)]);
        assert!(hesitating.between > -HESITATION);
        let more_said = verdict(&[(true, 60, -0.5), (false, 20, -4.0), (true, 60, -0.5)]);
        assert!(more_said.between < -0.5);
        let same_loss = Verdict {
            between: 0.0,
            ..more_said
        };
        assert!(more_said.goodness() < same_loss.goodness() - 0.15);
    }

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
