//! Peers against a whole WebRTC client, in simulated time.

mod checks;
mod client;
mod connect;
mod deliver;
mod hostile;
mod loss;
mod messages;
mod moves;
mod offers;
mod restart;
mod world;
