//! Tests of the whole program, over its network interfaces.

mod accounts;
mod browser;
mod call;
mod caller;
mod captions;
mod command_line;
mod forms;
mod fresh_database;
mod hostile;
mod ice;
mod left_behind;
mod lesson;
mod menu;
mod oauth;
mod organisations;
mod page;
mod process;
mod program;
mod providers;
mod relay;
mod rest;
mod sign_in;
mod silent;
mod start;
mod test_server;
mod visit;
