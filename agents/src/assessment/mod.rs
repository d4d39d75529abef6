//! What can be told about how the learner speaks, and about their words.
//!
//! | module | what lives there |
//! |---|---|
//! | [`speech`] | pronunciation, fluency and intonation, from the sound |
//! | [`vocabulary`] | the words that they use |

pub mod speech;
pub mod vocabulary;
