//! Clients of others against the server: the documents' own examples, word for word, and libraries as they are published.

pub mod document;
mod flat;
mod oauth;
mod packages;
mod requests;
mod retry;
pub mod script;
mod shape;
mod socket;
mod webhooks;
