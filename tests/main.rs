//! Tests of the whole program, over its network interfaces.

mod accounts;
mod audio;
mod browser;
mod call;
mod caller;
mod fresh_database;
mod hostile;
mod ice;
mod left_behind;
mod lesson;
mod messages;
mod page;
mod process;
mod program;
mod providers;
mod rest;
mod sessions;
mod silent;
mod socket;
mod start;
mod test_server;
mod tutor;
mod visit;
mod voice;
mod websocket;
