//! What can be told about how the learner speaks and about their words, and how to say them.
//!
//! | module | what lives there |
//! |---|---|
//! | [`articulation`] | what tongue and lips do for a sound |
//! | [`feedback`] | what they are told about a recording, in their own language |
//! | [`language`] | grammar, spelling and choice of words |
//! | [`speech`] | pronunciation, fluency and intonation, from the sound |
//! | [`vocabulary`] | the words that they use |

pub mod articulation;
pub mod feedback;
pub mod language;
pub mod speech;
pub mod vocabulary;
