//! What is told about how learners say and write things, put together from what was measured of it.
//!
//! | module | what lives there |
//! |---|---|
//! | [`advice`] | what there is to say about how something was said |
//! | [`analysis`] | what is told about a turn, in the shape of document 000 |
//! | [`areas`] | the areas of a language that findings belong to |
//! | [`delivery`] | pace, melody and words, as they are told |
//! | [`judged`] | what is known of a recording |
//! | [`judges`] | who judges a turn, and what is made of what they say |
//! | [`metrics`] | what is counted |
//! | [`outstanding`] | which conversations have turns that are being assessed |
//! | [`right_forms`] | the right forms of what was said wrong, and where they are heard |
//! | [`slots`] | who may compute, and when |
//! | [`sounds`] | what is told about single sounds |
//! | [`turns`] | turns assessed behind the replies to them, a bounded number at a time |
//! | [`vocabulary`] | the bands of the CEFR that words are in |
//!
//! Nothing is invented: a score that the sound or the text doesn't allow is null.

pub mod advice;
pub mod analysis;
pub mod areas;
pub mod delivery;
pub mod judged;
pub mod judges;
pub mod metrics;
pub mod outstanding;
pub mod right_forms;
pub mod slots;
pub mod sounds;
pub mod turns;
pub mod vocabulary;
