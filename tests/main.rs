//! Tests of the whole program, over its network interfaces.

mod browser;
mod call;
mod lesson;
mod page;
mod process;
mod rest;
mod start;
mod test_server;
mod visit;
