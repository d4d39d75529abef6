//! The agent that holds a conversation: its turn-by-turn mind (pure), and the engines it listens, thinks and speaks with.
//!
//! | module | what lives there |
//! |---|---|
//! | [`assessment`] | what can be told about how the learner speaks and about their words, and how to say them |
//! | [`acoustic`] | the embedded acoustic engine: recognition of expected answers, alignment |
//! | [`chain`] | engines in order of preference, the next one standing in for one that fails |
//! | [`correction`] | which of the learner's mistakes is said, and when |
//! | [`engine`] | the traits [`engine::Stt`], [`engine::Llm`], [`engine::Tts`], [`engine::Assessor`], their messages and errors |
//! | [`language`] | the languages that are practised and spoken |
//! | [`stt`], [`llm`], [`tts`] | the engines: embedded, scripted for tests, and of providers |
//! | [`openai`], [`elevenlabs`], [`deepgram`], [`gemini`] | settings of and connection to any OpenAI-compatible server, and to the providers of these names |
//! | [`tools`] | what a dialogue model may call: acts of the conversation, and operators' own services |
//! | [`usage`] | what providers count: tokens, characters, seconds of sound |
//! | [`background`] | threads that compute, beside those that carry sound |
//! | [`http`], [`secret`] | the client of providers, and their keys |
//! | [`pcm`], [`wav`], [`sse`], [`lines`] | what arrives over pipes and networks, read incrementally |
//! | [`mind`] | one conversation, turn by turn: whose turn it is, what is said, what was heard |
//! | [`scenario`] | what conversations are about, as data, and the dialogue that is played from it |
//! | [`exercises`] | words and sentences to say after the voice, as data |
//! | [`melody`] | how the voice moves in a sentence of a kind |
//! | [`phrase`] | splitting a reply into phrases while it is being written |

pub mod acoustic;
pub mod assessment;
pub mod background;
pub mod chain;
pub mod correction;
pub mod deepgram;
pub mod elevenlabs;
pub mod engine;
pub mod exercises;
pub mod gemini;
pub mod http;
pub mod language;
pub mod lines;
pub mod llm;
pub mod melody;
pub mod mind;
pub mod openai;
pub mod pcm;
pub mod phrase;
pub mod scenario;
pub mod secret;
pub mod sse;
pub mod stt;
pub mod tools;
pub mod tts;
pub mod usage;
pub mod wav;

mod clause;
mod produce;
mod silence;
