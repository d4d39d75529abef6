//! Whether what was heard is the phrase that fits best.

use super::alignment::{AlignedSound, Alignment};
use super::phone::Phone;
use super::phone_loop::FreeFrame;
use super::pronunciation::SpokenWord;
use super::trellis::Span;
use crate::language::Language;

/// What a phrase is held against.
#[derive(Clone, Copy)]
pub(super) struct Rivals<'a> {
    /// Any phones, frame by frame.
    pub free: &'a [FreeFrame],
    /// Any words and sounds: the score of each frame.
    pub open: &'a [f32],
}

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
    /// The share of sounds that last no longer than they must: where something else was said, many do.
    pub hurried: f32,
    /// How much longer than sounds do some last, as a share of the frames of speech.
    pub dragged: f32,
    /// The share of sounds in whose time mostly another phone is heard.
    pub unlike: f32,
    /// How far it falls behind any words and sounds, a frame of speech.
    pub behind: f32,
    /// The same in the worst `STRETCH` frames in a row.
    pub behind_stretch: f32,
    /// How many sounds it has, and those of a "please" that bears it out: one or two prove little.
    pub count: usize,
    /// Whether it takes what comes before for a greeting or an assent.
    pub courteous: bool,
    /// Whether only the beginning of the phrase was heard.
    pub begun: bool,
}

impl Verdict {
    /// Nothing of the phrase was said.
    pub const NOTHING: Self = Self {
        frames: WORST_SOUND,
        sounds: WORST_SOUND,
        between: WORST_SOUND,
        stretch: WORST_SOUND,
        hurried: 1.0,
        dragged: 0.0,
        unlike: 1.0,
        behind: WORST_SOUND,
        behind_stretch: WORST_SOUND,
        count: 0,
        courteous: false,
        begun: false,
    };

    /// The verdict on a path and its alignment, which is one of `words`. What is `polite` on it ("please") was plainly said after them: it
    /// is no hesitation, and its sounds bear the phrase out as its own do.
    ///
    /// The frames are those of everything that was said, not only of the phrase: speech that the path calls silence or
    /// hesitation counts against it.
    pub(super) fn of(
        path: &[Span],
        alignment: &Alignment,
        words: &[SpokenWord],
        polite: &[Span],
        rivals: Rivals<'_>,
    ) -> Self {
        let is_polite = |span: &Span| polite.iter().any(|said| said.frames == span.frames);
        let mut sum = 0.0;
        let mut between = 0.0;
        let mut behind = 0.0;
        let mut frames = 0u32;
        let mut each = Vec::with_capacity(rivals.free.len());
        let mut each_behind = Vec::with_capacity(rivals.free.len());
        for span in path {
            let mut relative = span.score;
            for free in &rivals.free[span.frames.clone()] {
                relative -= free.score;
                frames += u32::from(span.place.is_some() || free.phone != Phone::SILENCE);
            }
            sum += relative;
            if span.place.is_none() && !is_polite(span) {
                between += relative;
            }
            let length = span.frames.len().max(1) as f32;
            each.extend(std::iter::repeat_n(
                (relative / length).max(WORST_SOUND),
                span.frames.len(),
            ));
            for open in &rivals.open[span.frames.clone()] {
                let lost = span.score / length - open;
                behind += lost;
                each_behind.push(lost.max(WORST_SOUND));
            }
        }
        let sounds: Vec<&AlignedSound> = alignment.words.iter().flat_map(|word| &word.sounds).collect();
        let count = sounds.len();
        if count == 0 {
            return Self::NOTHING;
        }
        let (frames, all) = (frames.max(1) as f32, count as f32);
        let total: f32 = sounds.iter().map(|sound| sound.goodness.max(WORST_SOUND)).sum();
        let hurried = sounds.iter().filter(|sound| sound.frames.len() <= SHORT).count();
        let dragged: usize = sounds.iter().map(|sound| sound.frames.len().saturating_sub(LONG)).sum();
        let pairs = alignment.words.iter().zip(words);
        let pairs = pairs.flat_map(|(aligned, word)| aligned.sounds.iter().zip(&word.sounds));
        let unlike = pairs
            .filter(|(sound, meant)| !meant.phones.contains(&sound.heard))
            .count();
        Self {
            frames: sum / frames,
            sounds: total / all,
            between: between / frames,
            stretch: worst_stretch(&each),
            hurried: hurried as f32 / all,
            dragged: dragged as f32 / frames,
            unlike: unlike as f32 / all,
            behind: behind / frames,
            behind_stretch: worst_stretch(&each_behind),
            count: count + polite.len(),
            courteous: false,
            begun: false,
        }
    }

    /// What speaks for the phrase and against it, in the order of the weights.
    pub fn evidence(self) -> [f32; EVIDENCE] {
        let count = self.count.max(1) as f32;
        // A breath beside a short word is more of it than beside a long sentence.
        let between = (self.between + HESITATION).clamp(-1.0, 0.0) * count / (count + FEW_SOUNDS);
        [
            self.sounds,
            between,
            self.stretch,
            self.hurried,
            self.dragged,
            self.unlike,
            self.behind,
            self.behind_stretch,
            1.0 / count,
            f32::from(u8::from(self.courteous)),
        ]
    }

    /// How well it fits in one figure, on the scale of `frames`: which of two readings of the same sound is the better one.
    pub fn goodness(self) -> f32 {
        let between = (self.between + HESITATION).min(0.0);
        0.32 * self.frames + 0.32 * self.sounds + 0.4 * between + 0.16 * self.stretch + 0.07
    }

    /// 0 to 1; from 0.5 on the phrase is taken as said.
    ///
    /// A logistic regression on synthetic voices and recordings of people, of what was expected and of anything else
    /// (`examples/rejection`).
    pub fn confidence(self, language: Language) -> f32 {
        if self.count == 0 {
            return 0.0;
        }
        let weighed: f32 = self
            .evidence()
            .iter()
            .zip(WEIGHTS)
            .map(|(value, weight)| value * weight)
            .sum();
        let begun = if self.begun { BEGINNING_COST } else { 0.0 };
        1.0 / (1.0 + (begun - weighed - start(language)).exp())
    }
}

/// How many measures the evidence is.
pub const EVIDENCE: usize = 10;
/// What they weigh, as `examples/rejection fit` prints it.
const WEIGHTS: [f32; EVIDENCE] = [0.52, 12.86, 0.64, -7.31, -1.78, -1.71, 0.90, 0.44, -10.48, -1.65];
/// What it is to have heard but a beginning: so much more must speak for it.
const BEGINNING_COST: f32 = 2.0;

/// Where the weighing starts from. The further the sounds of a language are from the English ones of the model, the higher.
fn start(language: Language) -> f32 {
    match language {
        Language::English => 11.5,
        Language::Spanish => 10.4,
        Language::French => 12.4,
        Language::German => 12.1,
        Language::Italian => 10.3,
        Language::Portuguese => 11.4,
        // Nobody speaks these for the recogniser; nothing was fitted.
        Language::Chinese | Language::Japanese => 10.4,
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

/// The confidence in a greeting or thanks of this goodness, 0 to 1.
pub(super) fn courtesy_confidence(goodness: f32, language: Language) -> f32 {
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
/// Sounds of a phrase that is short.
const FEW_SOUNDS: f32 = 8.0;
/// Frames that a sound lasts at least.
const SHORT: usize = 3;
/// Frames that few sounds last longer than.
const LONG: usize = 16;
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
        let rivals = Rivals {
            free: &free,
            open: &vec![0.0; at],
        };
        Verdict::of(&path, &Alignment { words: vec![word] }, &[], &[], rivals)
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
    fn confidence_falls_with_all_that_speaks_against_a_phrase() {
        let good = verdict(&[(true, 8, -0.3); 12]);
        let confidence = |verdict: Verdict| verdict.confidence(Language::French);
        assert!(confidence(good) > 0.9, "{}", confidence(good));
        for worse in [
            Verdict { sounds: -3.0, ..good },
            Verdict { between: -0.5, ..good },
            Verdict { hurried: 0.5, ..good },
            Verdict { behind: -2.0, ..good },
            Verdict { count: 2, ..good },
            Verdict {
                courteous: true,
                ..good
            },
            Verdict { begun: true, ..good },
        ] {
            assert!(confidence(worse) < confidence(good), "{worse:?}");
        }
        assert_eq!(confidence(Verdict::NOTHING), 0.0);
    }

    #[test]
    fn a_phrase_of_which_no_sound_fits_is_not_taken_as_said() {
        let other = verdict(&[(true, 3, -4.0); 12]);
        assert!(other.confidence(Language::English) < 0.1);
    }
}
