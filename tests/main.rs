//! Tests of the whole program, over its network interfaces.

mod accounts;
mod boards;
mod browser;
mod call;
mod caller;
mod captions;
mod forms;
mod fresh_database;
mod hostile;
mod ice;
mod learning;
mod left_behind;
mod lesson;
mod menu;
mod oauth;
mod page;
mod process;
mod program;
mod providers;
mod rest;
mod silent;
mod start;
mod test_server;
mod users;
mod visit;
