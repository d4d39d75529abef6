//! The agent that holds a conversation: its turn-by-turn mind (pure), and the engines it listens, thinks and speaks with.
//!
//! | module | what lives there |
//! |---|---|
//! | [`acoustic`] | the embedded recogniser and aligner |
//! | [`engine`] | the traits [`engine::Stt`], [`engine::Llm`], [`engine::Tts`], their messages and errors |
//! | [`language`] | the languages that are practised and spoken |
//! | [`stt`] | speech to text |

pub mod acoustic;
pub mod engine;
pub mod language;

pub mod scenario;
pub mod stt;
