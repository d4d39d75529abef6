//! How something was said: pronunciation, fluency and intonation, measured from the sound against the text.
//!
//! | module | what lives there |
//! |---|---|
//! | [`assessment`] | what is told about it |
//!
//! The method, its figures and its limits stand in `docs/assessment.md`.

pub mod assessment;

pub use assessment::{
    AssessedPhoneme, AssessedWord, Assessment, Doubt, Fluency, Intonation, Pattern, Pronunciation, Tempo, WordVerdict,
};
