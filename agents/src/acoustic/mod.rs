//! The embedded acoustic engine: recognition of expected answers and forced alignment, with no network and no key.
//!
//! | module | what lives there |
//! |---|---|
//! | [`cepstrum`] | sound to mel-frequency cepstra |
//! | [`model`], [`phone`] | the acoustic model and its phones |
//! | [`likelihood`] | scores of the model's states for frames |
//! | [`listening`] | one utterance as it arrives, scored |
//! | [`ipa`], [`pronunciation`] | from text to phones, by espeak-ng |
//! | [`network`], [`trellis`] | what may be said, and the Viterbi search over it |
//! | [`phone_loop`] | how well anything could fit: the measure of goodness |
//! | [`phrases`], [`word_loop`] | the networks of expected answers and of any words and sounds |
//! | `open_reading` | what any words and sounds make of an utterance: the rival of every phrase |
//! | [`alignment`], [`verdict`] | words and sounds in time, and whether they were said |
//! | `variants`, `slips` | an expected answer with slips of grammar in it, and whether one was said |
//! | [`fillers`] | "um" that stands alone |
//! | `expectation`, [`recognizer`] | a step's answers made ready; one utterance heard as it arrives |
//! | `judgement` | which of them a whole utterance is, if any |
//! | [`courtesy`] | words around an answer, words that leave it open |

pub mod alignment;
mod boundaries;
pub mod cepstrum;
pub mod courtesy;
mod evidence;
mod expectation;
pub mod fillers;
pub mod ipa;
mod judgement;
pub mod likelihood;
pub mod listening;
pub mod model;
pub mod network;
mod open_reading;
pub mod phone;
pub mod phone_loop;
pub mod phrases;
pub mod pronunciation;
pub mod recognizer;
mod slips;
pub mod trellis;
pub(crate) mod variants;
pub mod verdict;
pub mod word_loop;

pub use alignment::{Alignment, align, time_words};
pub use expectation::{Expectation, SpokenVariants};
pub use model::{AcousticModel, DIMENSIONS, GAUSSIANS, ModelError, STATES, STREAMS};
pub use phone::Phone;
pub use pronunciation::{Pronouncer, SpokenPhrase, SpokenWord};
pub use recognizer::{Recognizer, View};
pub use variants::SpokenVariant;
pub use verdict::Verdict;

/// The engine's name in errors, logs and metrics.
pub const NAME: &str = "acoustic";
