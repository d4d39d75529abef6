//! A caller that speaks over the wire, many times over: the operators' load test, and the caller of whole-program tests.
//!
//! It knows the server only through the network: REST and WHIP to join, WebRTC to talk.
//!
//! | module | what lives there |
//! |---|---|
//! | [`api`] | the REST calls that a caller makes |
//! | [`call`] | one WebRTC call: join, send frames, hear packets and events, leave |
//! | [`clip`] | speech as paced Opus frames, from the built-in voice or PCM |
//! | [`conversation`] | how a caller behaves: waits for the greeting, answers, listens, and what is measured meanwhile |
//! | [`report`] | percentiles and the JSON report |
//! | [`server_process`] | what the server costs |

pub mod api;
pub mod call;
pub mod clip;
pub mod conversation;
pub mod report;
pub mod server_process;
