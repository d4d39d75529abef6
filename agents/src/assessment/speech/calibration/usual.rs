//! How the sounds of each language usually come out, as `examples/assess` (`-- fit`) found it.

/// The usual measures of a sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usual {
    /// Its margin by the square root of its length.
    pub sharpness: f32,
    /// Its fit.
    pub fit: f32,
}

const fn usual(sharpness: f32, fit: f32) -> Usual {
    Usual { sharpness, fit }
}

pub(super) const ANY: Usual = usual(-0.47, -0.76);

#[rustfmt::skip]
pub(super) const ENGLISH: &[(&str, Usual)] = &[
    ("aɪ", usual(4.60, -0.69)),
    ("aɪə", usual(0.07, -0.91)),
    ("aɪɚ", usual(-0.62, -0.88)),
    ("aʊ", usual(2.40, -0.93)),
    ("b", usual(3.23, 0.02)),
    ("d", usual(-2.78, -1.13)),
    ("dʒ", usual(2.93, -0.41)),
    ("eɪ", usual(3.76, -0.49)),
    ("f", usual(1.19, -0.46)),
    ("h", usual(3.65, -0.44)),
    ("i", usual(3.26, -0.25)),
    ("iə", usual(0.51, -0.78)),
    ("iː", usual(4.86, -0.58)),
    ("j", usual(10.54, -0.05)),
    ("k", usual(0.68, -0.52)),
    ("l", usual(3.49, -0.40)),
    ("m", usual(2.83, -0.44)),
    ("n", usual(1.29, -0.40)),
    ("oʊ", usual(-1.36, -0.85)),
    ("oːɹ", usual(-1.32, -0.92)),
    ("p", usual(-0.66, -0.85)),
    ("s", usual(-1.88, -0.72)),
    ("t", usual(-2.73, -1.26)),
    ("tʃ", usual(1.32, -0.63)),
    ("uː", usual(1.09, -0.61)),
    ("v", usual(-2.29, -1.00)),
    ("w", usual(4.63, -0.34)),
    ("z", usual(2.63, -0.52)),
    ("æ", usual(1.53, -0.63)),
    ("ð", usual(0.30, -0.10)),
    ("ŋ", usual(4.96, -0.50)),
    ("ɐ", usual(-6.88, -2.35)),
    ("ɑː", usual(0.48, -0.76)),
    ("ɑːɹ", usual(-1.21, -1.16)),
    ("ɔ", usual(-3.22, -1.21)),
    ("ɔɪ", usual(-0.34, -0.92)),
    ("ɔː", usual(-0.86, -0.75)),
    ("ɔːɹ", usual(-6.22, -2.88)),
    ("ə", usual(-4.06, -1.54)),
    ("əl", usual(-0.61, -1.16)),
    ("ɚ", usual(-2.90, -2.02)),
    ("ɛ", usual(-0.47, -0.67)),
    ("ɜː", usual(1.29, -0.69)),
    ("ɡ", usual(4.19, -0.43)),
    ("ɪ", usual(-2.24, -1.25)),
    ("ɹ", usual(0.03, -0.48)),
    ("ɾ", usual(-0.71, -0.48)),
    ("ʃ", usual(1.66, -0.45)),
    ("ʊ", usual(-0.18, -0.81)),
    ("ʊɹ", usual(-3.08, -1.56)),
    ("ʌ", usual(-3.83, -1.38)),
    ("θ", usual(-2.07, -1.87)),
    ("ᵻ", usual(-0.80, -0.90)),
];

#[rustfmt::skip]
pub(super) const SPANISH: &[(&str, Usual)] = &[
    ("a", usual(0.23, -0.23)),
    ("aɪ", usual(1.76, -0.76)),
    ("b", usual(-3.34, -1.14)),
    ("d", usual(-0.67, -0.53)),
    ("e", usual(-0.15, -0.62)),
    ("f", usual(-2.07, -1.18)),
    ("i", usual(-2.27, -1.68)),
    ("j", usual(6.82, 0.05)),
    ("k", usual(-1.33, -0.56)),
    ("l", usual(-2.38, -0.74)),
    ("m", usual(0.49, -0.57)),
    ("n", usual(0.77, -0.46)),
    ("o", usual(-2.56, -0.91)),
    ("p", usual(-1.07, -0.59)),
    ("r", usual(-3.24, -0.72)),
    ("s", usual(-4.14, -1.40)),
    ("t", usual(-5.27, -1.99)),
    ("u", usual(-2.25, -1.23)),
    ("w", usual(-1.46, -0.77)),
    ("x", usual(4.88, -0.41)),
    ("ð", usual(0.24, 0.02)),
    ("ŋ", usual(0.29, -0.40)),
    ("ɛ", usual(-1.75, -0.79)),
    ("ɡ", usual(0.99, -0.72)),
    ("ɣ", usual(1.34, -0.35)),
    ("ɲ", usual(-0.21, -0.52)),
    ("ɾ", usual(-3.95, -0.73)),
    ("ʝ", usual(0.47, -0.65)),
    ("β", usual(1.83, -0.24)),
];
