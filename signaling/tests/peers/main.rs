//! Peers against a whole WebRTC client, in simulated time.

mod checks;
mod client;
mod connect;
mod deliver;
#[path = "../../../loadtest/src/transport/whip/flight.rs"]
mod flight;
mod hostile;
mod loss;
mod messages;
mod moves;
mod offers;
mod restart;
mod world;
