//! The server: the control plane, storage, and the actors that hold live conversations.
//!
//! | module | what lives there |
//! |---|---|
//! | [`config`] | what can be set, from the environment |
//! | [`cli`] | the command line |
//! | [`server`] | everything put together, started and stopped |
//! | [`rest`] | HTTP: paths, errors, the page, metrics |
//! | [`accounts`] | who someone is: tokens, API keys, guests |
//! | [`oauth`] | applications that people let in |
//! | [`openapi`] | the description of the API, and the page that shows it |
//! | [`pages`] | HTML: to sign up, to sign in, to let applications in |
//! | [`conversations`] | conversations, apart from how they reach the program |
//! | [`learning`] | what practice comes to: XP, streaks, achievements, vocabulary, progress, leaderboards |
//! | [`audio`] | sound in files: uploads, renderings, what is kept |
//! | [`sessions`] | document 002: conversations by upload that end after half an hour |
//! | [`voice`] | how somebody speaks, measured |
//! | [`assessment`] | what learners are told about how they say and write things |
//! | [`storage`] | what is kept, and the queue to it |
//! | [`presence`] | what all nodes know together: rate limits, leases, who holds which call |
//! | [`live`] | the actors of live conversations |
//! | [`webhooks`] | telling others what has happened |
//! | [`flat`] | conversations as document 003 keeps them |
//! | [`calls`], [`content`] | the seams to live calls and to the scenarios |
//! | [`clock`], [`ids`], [`telemetry`] | wall-clock time, identifiers, log lines and traces |

pub mod accounts;
pub mod assessment;
pub mod audio;
pub mod calls;
pub mod cli;
pub mod clock;
pub mod config;
pub mod content;
pub mod conversations;
pub mod flat;
pub mod ids;
pub mod learning;
pub mod live;
pub mod oauth;
pub mod openapi;
pub mod pages;
pub mod presence;
pub mod rest;
pub mod server;
pub mod sessions;
pub mod storage;
pub mod telemetry;
pub mod voice;
pub mod webhooks;
