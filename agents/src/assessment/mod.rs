//! What can be told about how the learner speaks, and about their words.
//!
//! | module | what lives there |
//! |---|---|
//! | [`speech`] | pronunciation, fluency and intonation, from the sound |
//! | [`articulation`] | how the sounds of a language are made, in the learner's language |
//! | [`language`] | grammar and choice of words |
//! | [`vocabulary`] | the words that they use |

pub mod articulation;
pub mod language;
pub mod speech;
pub mod vocabulary;
