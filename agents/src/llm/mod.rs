//! Dialogue models.

pub mod scripted;
