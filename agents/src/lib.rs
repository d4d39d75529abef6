//! The agent that holds a conversation: its turn-by-turn mind (pure), and the engines it listens, thinks and speaks with.
//!
//! | module | what lives there |
//! |---|---|
//! | [`engine`] | the traits [`engine::Stt`], [`engine::Llm`], [`engine::Tts`], their messages and errors |
//! | [`language`] | the languages that are practised and spoken |
//! | [`scenario`] | scenarios from content files, and the dialogue that is played from them |

pub mod engine;
pub mod language;
pub mod scenario;
