//! Tests of the whole program, over its network interfaces.

mod call;
mod process;
mod rest;
mod start;
mod test_server;
