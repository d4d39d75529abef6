//! A caller.
fn main() {}
