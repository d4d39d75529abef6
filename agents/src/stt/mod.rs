//! Recognisers: speech to text.

pub mod scripted;
