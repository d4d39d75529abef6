//! The acoustic model: Gaussian mixtures for the states of each phone, read from one packed file.
//!
//! It is the context-independent part of the CMU US English PTM model ("phonetically tied mixture": the three states of a
//! phone share 128 Gaussians in each feature stream and differ in their weights). `examples/pack_model.rs` makes the file.
//!
//! Layout, little-endian: magic `CQAM`, version, then phones, streams, Gaussians, dimensions, states (all `u16`); for each
//! phone and stream the means `[gaussian][dimension]` and log-variances (both `f16`), then the weights `[state][gaussian]`
//! (`u8`, negative log in steps of [`WEIGHT_STEP`]); last a 32-bit FNV-1a checksum of everything before it.

use std::sync::LazyLock;

use half::f16;

use super::phone::Phone;

/// Feature streams: cepstra, their slopes, their curvatures.
pub const STREAMS: usize = 3;
/// Gaussians of a phone in one stream.
pub const GAUSSIANS: usize = 128;
/// Dimensions of one stream.
pub const DIMENSIONS: usize = 13;
/// Emitting states of a phone, passed from left to right.
pub const STATES: usize = 3;
/// One step of a packed weight: ln(1.0001) x 1024, as CMU Sphinx quantises them.
pub const WEIGHT_STEP: f32 = 0.102_394_88;
/// Gaussians that are computed side by side.
pub(super) const LANES: usize = 8;

const MAGIC: [u8; 4] = *b"CQAM";
const VERSION: u16 = 1;
const HEADER: usize = 4 + 6 * 2;
const SHAPE: [u16; 5] = [
    Phone::COUNT as u16,
    STREAMS as u16,
    GAUSSIANS as u16,
    DIMENSIONS as u16,
    STATES as u16,
];
const MIXTURE_BYTES: usize = 2 * GAUSSIANS * DIMENSIONS * 2 + STATES * GAUSSIANS;
const FILE_BYTES: usize = HEADER + Phone::COUNT * STREAMS * MIXTURE_BYTES + 4;

/// Why a model file can't be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ModelError {
    /// It is not a model file, or of another version.
    #[error("not an acoustic model of version {VERSION}")]
    Format,
    /// Its shape differs from what this engine computes.
    #[error("the model's shape is {found:?}, {SHAPE:?} is needed")]
    Shape {
        /// Phones, streams, Gaussians, dimensions, states.
        found: [u16; 5],
    },
    /// It is longer or shorter than its shape says.
    #[error("the model has {found} bytes, {FILE_BYTES} are needed")]
    Length {
        /// Bytes in the file.
        found: usize,
    },
    /// Bytes were changed.
    #[error("the model's checksum is wrong")]
    Checksum,
    /// A mean or variance is not a usable number.
    #[error("the model holds a number that is not finite")]
    Number,
}

/// The Gaussians of one phone in one stream and the weights that its states give them.
#[derive(Debug)]
pub(super) struct Mixture {
    /// Blocks of [`LANES`] Gaussians; a row of a block is one dimension: the scales 1/sqrt(2 variance), then scaled means.
    pub(super) rows: Vec<[[f32; 2 * LANES]; DIMENSIONS]>,
    /// The log-densities at the means.
    pub(super) peaks: [f32; GAUSSIANS],
    /// Linear weights of each state.
    pub(super) weights: [[f32; GAUSSIANS]; STATES],
}

/// A whole acoustic model.
#[derive(Debug)]
pub struct AcousticModel {
    mixtures: Vec<Mixture>,
}

impl AcousticModel {
    /// The model that is part of the program.
    pub fn embedded() -> &'static Self {
        static MODEL: LazyLock<AcousticModel> = LazyLock::new(|| {
            AcousticModel::parse(include_bytes!("../../model/en-us-ci.bin")).expect("a test parses the embedded model")
        });
        &MODEL
    }

    /// Reads a packed model.
    pub fn parse(bytes: &[u8]) -> Result<Self, ModelError> {
        if bytes.len() < HEADER || bytes[..4] != MAGIC || word(bytes, 4) != VERSION {
            return Err(ModelError::Format);
        }
        let found = std::array::from_fn(|index| word(bytes, 6 + 2 * index));
        if found != SHAPE {
            return Err(ModelError::Shape { found });
        }
        if bytes.len() != FILE_BYTES {
            return Err(ModelError::Length { found: bytes.len() });
        }
        let (body, checksum) = bytes.split_at(FILE_BYTES - 4);
        if checksum != fnv1a(body).to_le_bytes() {
            return Err(ModelError::Checksum);
        }
        let mixtures = body[HEADER..]
            .chunks_exact(MIXTURE_BYTES)
            .map(Mixture::parse)
            .collect::<Option<_>>()
            .ok_or(ModelError::Number)?;
        Ok(Self { mixtures })
    }

    /// Packs a model. `gaussians(phone, stream)` yields means and variances, each `[gaussian][dimension]` in one slice;
    /// `weights(phone, stream)` the quantised weights `[state][gaussian]`.
    pub fn pack<'a>(
        gaussians: impl Fn(usize, usize) -> (&'a [f32], &'a [f32]),
        weights: impl Fn(usize, usize) -> Vec<u8>,
    ) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FILE_BYTES);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(SHAPE.iter().flat_map(|size| size.to_le_bytes()));
        for phone in 0..Phone::COUNT {
            for stream in 0..STREAMS {
                let (means, variances) = gaussians(phone, stream);
                bytes.extend(means.iter().flat_map(|&mean| f16::from_f32(mean).to_le_bytes()));
                // A variance that training left near zero would make one frame decide everything.
                bytes.extend(
                    variances
                        .iter()
                        .flat_map(|&variance| f16::from_f32(variance.max(1e-4).ln()).to_le_bytes()),
                );
                bytes.extend(weights(phone, stream));
            }
        }
        let checksum = fnv1a(&bytes);
        bytes.extend(checksum.to_le_bytes());
        bytes
    }

    pub(super) fn mixture(&self, phone: Phone, stream: usize) -> &Mixture {
        &self.mixtures[phone.index() * STREAMS + stream]
    }
}

impl Mixture {
    /// `None` if a number is not finite.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let half_at = |index: usize| {
            let value = f16::from_le_bytes([bytes[2 * index], bytes[2 * index + 1]]).to_f32();
            value.is_finite().then_some(value)
        };
        let mut rows = vec![[[0.0; 2 * LANES]; DIMENSIONS]; GAUSSIANS / LANES];
        let mut peaks = [0.0; GAUSSIANS];
        for gaussian in 0..GAUSSIANS {
            for (dimension, row) in rows[gaussian / LANES].iter_mut().enumerate() {
                let index = gaussian * DIMENSIONS + dimension;
                let mean = half_at(index)?;
                let log_variance = half_at(GAUSSIANS * DIMENSIONS + index)?;
                let scale = (-0.5 * log_variance).exp() * std::f32::consts::FRAC_1_SQRT_2;
                row[gaussian % LANES] = scale;
                row[LANES + gaussian % LANES] = mean * scale;
                peaks[gaussian] -= 0.5 * (log_variance + (2.0 * std::f32::consts::PI).ln());
            }
        }
        let quantised = &bytes[4 * GAUSSIANS * DIMENSIONS..];
        let weights = std::array::from_fn(|state| {
            std::array::from_fn(|gaussian| (-WEIGHT_STEP * f32::from(quantised[state * GAUSSIANS + gaussian])).exp())
        });
        Some(Self { rows, peaks, weights })
    }
}

fn word(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, &byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EMBEDDED: &[u8] = include_bytes!("../../model/en-us-ci.bin");

    #[test]
    fn the_embedded_model_is_whole_and_below_a_megabyte() {
        let model = AcousticModel::parse(EMBEDDED).unwrap();
        assert_eq!(model.mixtures.len(), 42 * 3);
        assert!(EMBEDDED.len() < 1_000_000);
        for mixture in &model.mixtures {
            for weights in &mixture.weights {
                let sum: f32 = weights.iter().sum();
                assert!((0.8..1.2).contains(&sum), "the weights of a state add up to {sum}");
            }
        }
    }

    #[test]
    fn each_kind_of_damage_is_named() {
        let shortened = &EMBEDDED[..EMBEDDED.len() - 1];
        let mut changed = EMBEDDED.to_vec();
        changed[1000] ^= 1;
        let mut other_shape = EMBEDDED.to_vec();
        other_shape[6] = 40;
        assert_eq!(AcousticModel::parse(b"").unwrap_err(), ModelError::Format);
        assert_eq!(AcousticModel::parse(&changed).unwrap_err(), ModelError::Checksum);
        assert_eq!(
            AcousticModel::parse(shortened).unwrap_err(),
            ModelError::Length { found: shortened.len() }
        );
        assert_eq!(
            AcousticModel::parse(&other_shape).unwrap_err(),
            ModelError::Shape {
                found: [40, 3, 128, 13, 3]
            }
        );
        let mut infinite = EMBEDDED.to_vec();
        infinite[HEADER..HEADER + 2].copy_from_slice(&f16::INFINITY.to_le_bytes());
        let body = FILE_BYTES - 4;
        let checksum = fnv1a(&infinite[..body]).to_le_bytes();
        infinite[body..].copy_from_slice(&checksum);
        assert_eq!(AcousticModel::parse(&infinite).unwrap_err(), ModelError::Number);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64), keep in 0..EMBEDDED.len()) {
            prop_assert!(AcousticModel::parse(&bytes).is_err());
            prop_assert!(AcousticModel::parse(&EMBEDDED[..keep]).is_err());
        }
    }
}
