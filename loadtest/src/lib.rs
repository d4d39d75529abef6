//! Callers that speak over the wire, many times over: the operators' load test, and the caller of whole-program tests.
//!
//! It knows the server only through the network: REST and WHIP to join, WebRTC and WebSockets to talk.
//!
//! | module | what lives there |
//! |---|---|
//! | [`options`], [`plan`] | the command line, and what callers set out to do, decided from a seed |
//! | [`answers`], [`clip`], [`frame`] | what they say, as paced Opus frames |
//! | [`caller`] | how one behaves: pure, told what comes in and giving orders |
//! | [`surface`], [`transport`] | over what they talk, and what carries them there |
//! | [`network`], [`repair`] | loss, jitter and the like between a caller and its socket: pure, from a seed; what callers offer against it |
//! | [`rest`] | requests beside the calls |
//! | [`measure`], [`scrape`], [`server_process`] | what they saw, what the server counted, what it costs |
//! | [`watch`], [`floor`] | what the server holds by time and after, and what the codec alone would cost on its cores |
//! | [`report`], [`thresholds`] | what a run came to, and whether it passes |
//! | [`run`] | all of it together |
//! | [`api`] | the REST calls that a caller makes |
//! | [`call`], [`conversation`] | a call and a conversation over the async WebRTC library, for whole-program tests |

pub mod answers;
pub mod api;
pub mod call;
pub mod caller;
pub mod clip;
pub mod conversation;
#[cfg(test)]
mod fake;
pub mod floor;
pub mod frame;
pub mod measure;
pub mod network;
mod offer;
pub mod options;
pub mod plan;
pub mod repair;
pub mod report;
pub mod rest;
pub mod run;
pub mod scrape;
pub mod server_process;
pub mod surface;
pub mod thresholds;
pub mod transport;
pub mod turn;
mod vocabulary;
pub mod watch;
