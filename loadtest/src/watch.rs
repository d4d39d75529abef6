//! The server while it is called, and after: what it holds by time, whether its memory grows, what callers leave behind, and what it
//! writes to its log.

mod growth;
mod left_behind;
mod log;
mod samples;

pub use growth::Growth;
pub use left_behind::{LeftBehind, wait};
pub use log::{LogReport, LogWatch};
pub use samples::{Sample, Samples, Watch};
