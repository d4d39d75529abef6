//! The agent that holds a conversation: its turn-by-turn mind (pure), and the engines it listens, thinks and speaks with.
//!
//! | module | what lives there |
//! |---|---|
//! | [`engine`] | the traits [`engine::Stt`], [`engine::Llm`], [`engine::Tts`], their messages and errors |
//! | [`language`] | the languages that are practised and spoken |
//! | [`stt`], [`llm`], [`tts`] | the engines: embedded, scripted for tests, and of providers |
//! | [`openai`] | settings of and connection to any OpenAI-compatible server |
//! | [`http`], [`secret`] | the client of providers, and their keys |
//! | [`pcm`], [`wav`], [`sse`] | what arrives over pipes and networks, read incrementally |

pub mod engine;
pub mod http;
pub mod language;
pub mod llm;
pub mod openai;
pub mod pcm;
pub mod secret;
pub mod sse;
pub mod stt;
pub mod tts;
pub mod wav;

pub mod scenario;

mod produce;
