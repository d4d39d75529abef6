//! Tests of the whole program, over its network interfaces.

mod accounts;
mod batch;
mod browser;
mod call;
mod caller;
mod flat;
mod fresh_database;
mod hostile;
mod ice;
mod left_behind;
mod lesson;
mod limits;
mod page;
mod process;
mod program;
mod providers;
mod rest;
mod security;
mod silent;
mod start;
mod test_server;
mod visit;
mod webhooks;
