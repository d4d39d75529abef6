//! Whole paths in simulated time: recorded speech, a seeded network, and what comes out.

mod call;
mod clip;
mod fuzz;
mod hesitation;
mod loss;
mod microphone;
mod network;
mod overlap;
mod turns;
mod voice_activity;
mod weather;
