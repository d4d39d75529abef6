//! Speech to text.

pub mod embedded;
