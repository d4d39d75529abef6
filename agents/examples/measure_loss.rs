//! Measures what each means against loss is worth: answers of people over bad networks with the recogniser behind them, as
//! `agents/tests/simulated/loss.rs` has them. It prints the rows of the table in docs/media.md, the clean network first.
//!
//! `cargo run --release -p colloquy-agents --example measure_loss`

#[path = "../tests/simulated/answers.rs"]
mod answers;
#[allow(dead_code, reason = "the tests ask more of it")]
#[path = "../tests/recognition/corpus.rs"]
mod corpus;
#[allow(dead_code, reason = "the tests ask more of it")]
#[path = "../tests/recognition/line.rs"]
mod line;
#[allow(dead_code, reason = "some callers send no levels")]
#[path = "../../media/tests/simulated/microphone.rs"]
mod microphone;
#[allow(dead_code, reason = "not all conditions are made here")]
#[path = "../../media/tests/simulated/network.rs"]
mod network;

use crate::answers::{bursts, over, random};
use crate::line::Repair;
use crate::network::Conditions;

fn main() {
    over(&Conditions::CLEAN, Repair::default(), 1);
    for conditions in [random(), bursts()] {
        for (asks, copies) in [(false, 0), (true, 0), (false, 1), (true, 1)] {
            over(&conditions, Repair { asks, copies }, 2);
        }
    }
}
