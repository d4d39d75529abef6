//! Peers against a whole WebRTC client, in simulated time.

mod client;
mod connect;
mod world;
