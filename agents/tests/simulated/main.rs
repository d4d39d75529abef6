//! What interruptions and bad networks do to a conversation: uplink, recogniser, mind and downlink in simulated time.

mod answers;
mod barge_in;
#[allow(dead_code, reason = "the tests of recognition ask more of it")]
#[path = "../recognition/corpus.rs"]
mod corpus;
#[allow(dead_code, reason = "the tests of recognition ask more of it")]
#[path = "../recognition/line.rs"]
mod line;
mod loss;
#[allow(dead_code, reason = "some callers send no levels")]
#[path = "../../../media/tests/simulated/microphone.rs"]
mod microphone;
#[allow(dead_code, reason = "not all conditions are made here")]
#[path = "../../../media/tests/simulated/network.rs"]
mod network;
#[allow(dead_code, reason = "the tests of recognition ask more of it")]
#[path = "../recognition/talk.rs"]
mod talk;
#[allow(dead_code, reason = "only one language is spoken here")]
#[path = "../voices/voice.rs"]
mod voice;
