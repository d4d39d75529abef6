//! Tests of the whole program, over its network interfaces.

mod accounts;
mod browser;
mod call;
mod caller;
mod captions;
mod fresh_database;
mod hostile;
mod ice;
mod left_behind;
mod lesson;
mod menu;
mod messages;
mod page;
mod process;
mod program;
mod providers;
mod rest;
mod silent;
mod socket;
mod start;
mod test_server;
mod tutor;
mod visit;
mod websocket;
