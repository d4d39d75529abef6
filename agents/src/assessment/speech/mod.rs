//! How something was said: pronunciation, fluency and intonation, measured from the sound against the text.
//!
//! | module | what lives there |
//! |---|---|
//! | [`assessment`] | what is told about it |
//! | [`reading`] | which words were said, and when |
//! | [`goodness`] | how well each sound was made |
//! | [`measured`] | an utterance, scored, and a text held against it |
//! | `words` | words and sounds as they are told |
//! | [`calibration`] | from measures to scores |
//! | `statistics` | means and spreads |
//! | [`fluency`], [`syllables`] | rate, pauses and fillers |
//! | [`contour`] | the pitch, moment by moment |
//! | [`intonation`] | the melody at the end, against what the sentence needs |
//! | [`signal`] | how far a sound can be judged |
//! | [`embedded`] | all of it in one: the assessor that is part of the program |
//!
//! The method, its figures and its limits stand in `docs/assessment.md`.

pub mod assessment;
pub mod calibration;
pub mod contour;
pub mod distinction;
pub mod embedded;
pub mod fluency;
pub mod goodness;
pub mod intonation;
pub mod measured;
pub mod reading;
pub mod resonance;
pub mod signal;
mod statistics;
pub mod syllables;
mod words;

pub use assessment::{
    AssessedPhoneme, AssessedWord, Assessment, Candidate, Delivery, Doubt, Fluency, Intonation, Pattern, Pronunciation,
    Tempo, WordVerdict,
};
pub use embedded::{EmbeddedAssessor, assess, deliver};
pub use measured::{LONGEST, Measured, Utterance};
