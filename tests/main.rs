//! Tests of the whole program, over its network interfaces.

mod rest;
mod start;
mod test_server;
