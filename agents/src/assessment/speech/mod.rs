//! How something was said: pronunciation, fluency and intonation, measured from the sound against the text.
//!
//! | module | what lives there |
//! |---|---|
//! | [`assessment`] | what is told about it |
//! | [`reading`] | which words were said, and when |
//! | [`goodness`] | how well each sound was made |
//! | [`measured`] | an utterance, scored, and a text held against it |
//! | [`calibration`] | from measures to scores |
//! | [`fluency`], [`syllables`] | rate, pauses and fillers |
//! | [`intonation`] | the melody at the end, against what the sentence needs |
//! | [`signal`] | how far a sound can be judged |
//! | [`embedded`] | all of it in one: the assessor that is part of the program |
//!
//! The method, its figures and its limits stand in `docs/assessment.md`.

pub mod assessment;
pub mod calibration;
pub mod embedded;
pub mod fluency;
pub mod goodness;
pub mod intonation;
pub mod measured;
pub mod reading;
pub mod signal;
pub mod syllables;

pub use assessment::{
    AssessedPhoneme, AssessedWord, Assessment, Doubt, Fluency, Intonation, Pattern, Pronunciation, Tempo, WordVerdict,
};
pub use embedded::{EmbeddedAssessor, assess};
pub use measured::{Measured, Utterance};
