//! Dialogue models.

pub mod embedded;
