//! From measures to scores. The numbers are fitted by `examples/assess` (`-- fit`), which prints them as they stand here.

mod usual;

pub use usual::Usual;

use crate::language::Language;

/// What the fit of a sound counts for beside its margin.
pub const FIT_WEIGHT: f32 = 0.7;

/// A logistic function from a quality to a score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logistic {
    /// The quality that half of the score stands for.
    pub middle: f32,
    /// How much quality makes the odds e times better.
    pub width: f32,
}

impl Logistic {
    /// 0 to 1.
    pub fn at(self, quality: f32) -> f32 {
        1.0 / (1.0 + ((self.middle - quality) / self.width).exp())
    }

    /// 0 to 100.
    pub fn score(self, quality: f32) -> u8 {
        // In range: the function stays between 0 and 1.
        (100.0 * self.at(quality)).round() as u8
    }
}

/// The quality of a sound to its score.
pub const SOUND: Logistic = Logistic {
    middle: -14.3,
    width: 4.6,
};
/// The mean quality of a word's sounds to its score.
pub const WORD: Logistic = Logistic {
    middle: -1.99,
    width: 0.46,
};
/// The mean fit of a text's sounds to whether it is the text that was said.
pub const TEXT: Logistic = Logistic {
    middle: -2.14,
    width: 0.25,
};

/// The same in a language. Where it was fitted on nobody, the English model fits right texts worse: of sentences that espeak-ng's voices
/// say in French, German, Italian and Portuguese, 62 in 64 are taken for the text at this middle and 55 at that of [`TEXT`], and of
/// other sentences 2 in 448 and 1.
pub fn text(language: Language) -> Logistic {
    match language {
        Language::English | Language::Spanish => TEXT,
        _ => Logistic { middle: -2.6, ..TEXT },
    }
}

/// How a sound usually comes out with people whose own language it is. Of a sound that none of them was recorded with, it is
/// the mean of all.
pub fn usual(ipa: &str, language: Language) -> Usual {
    let table: &[(&str, Usual)] = match language {
        Language::English => usual::ENGLISH,
        Language::Spanish => usual::SPANISH,
        Language::French => usual::FRENCH,
        Language::Italian => usual::ITALIAN,
        _ => &[],
    };
    let find = |table: &[(&str, Usual)]| table.iter().find(|(known, _)| *known == ipa).map(|(_, usual)| *usual);
    find(table).unwrap_or(usual::ANY)
}
