//! The agent that holds a conversation: its turn-by-turn mind (pure), and the engines it listens, thinks and speaks with.
//!
//! | module | what lives there |
//! |---|---|
//! | [`chain`] | engines in order of preference, the next one standing in for one that fails |
//! | [`engine`] | the traits [`engine::Stt`], [`engine::Llm`], [`engine::Tts`], their messages and errors |
//! | [`language`] | the languages that are practised and spoken |
//! | [`llm`] | dialogue models |
//! | [`mind`] | one conversation, turn by turn: whose turn it is, what is said, what was heard |
//! | [`phrase`] | splitting a reply into phrases while it is being written |

pub mod chain;
pub mod engine;
pub mod language;
pub mod llm;
pub mod mind;
pub mod phrase;

pub mod scenario;
