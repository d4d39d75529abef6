//! The command line: `colloquy` serves; its subcommands see to what is kept, whether a server runs or not.
//!
//! | module | what lives there |
//! |---|---|
//! | [`users`], [`organisations`] | who there is |
//! | [`clients`], [`keys`] | what lets programs in |
//! | [`password`] | passwords, from a terminal or a pipe, never from the command line |

pub mod clients;
pub mod keys;
pub mod organisations;
pub mod password;
pub mod users;

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::accounts::archive;
use crate::accounts::key_ring::KeyRing;
use crate::accounts::signing_key::SigningKeyError;
use crate::accounts::token::Tokens;
use crate::accounts::{AccountError, Accounts};
use crate::audio::AudioStore;
use crate::clock::Timestamp;
use crate::config::Config;
use crate::ids::UserId;
use crate::oauth::AuthorizationServer;
use crate::oauth::client::RegistrationError;
use crate::storage::users::User;
use crate::storage::{Database, StorageError};

/// Spoken conversations with AI tutors. Without a command, it serves.
///
/// Everything is set up by environment variables, for the commands as for the server: above all DATA_DIR and DATABASE_URL say
/// which users, clients and keys are meant. `colloquy config` prints what is in force. Commands may be run while a server
/// runs, and take effect at once.
///
/// Exit codes: 0 when it was done, 1 when it was not (standard error says why), 2 when the command line can't be understood.
#[derive(Debug, Parser)]
#[command(name = "colloquy", version, subcommand_required = false)]
pub struct Arguments {
    /// What to do in place of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do in place of serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print every variable with the value in force, secrets masked.
    Config,
    /// Bring the tables of the database up to date, and do nothing else.
    ///
    /// A server does so by itself when it starts. Run this first where several start at once, or to try an upgrade on a copy.
    Migrate,
    /// Write everything that is kept of a user as JSON, or with the sound as a ZIP.
    ///
    /// The same as the user gets from GET /v1/users/me/export: profile, conversations, messages, XP, keys without their
    /// secrets, and what else is theirs.
    Export {
        /// Whose: an id (user_...) or an e-mail address.
        user: String,
        /// Write to this file in place of standard output. It must not exist.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Write a ZIP: the JSON, and all recordings and replies that are kept.
        #[arg(long, requires = "out")]
        with_audio: bool,
    },
    /// See to users: add, list, remove, change passwords and roles.
    #[command(subcommand)]
    User(users::Command),
    /// See to OAuth clients: applications that users may let in.
    #[command(subcommand)]
    Client(clients::Command),
    /// See to API keys, and to the keys that sign tokens.
    #[command(subcommand)]
    Key(keys::Command),
    /// See to organisations: teams, schools, companies, and who belongs to them.
    #[command(subcommand)]
    Org(organisations::Command),
}

/// Why a command was not done: one line for whoever gave it.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is nothing of that name.
    #[error("there is no {0}")]
    Unknown(String),
    /// It can't be done as asked.
    #[error("{0}")]
    Refused(String),
    /// `DATA_DIR` can't be used.
    #[error("DATA_DIR: {0}")]
    DataDir(#[source] io::Error),
    /// `AUDIO_DIR` can't be used.
    #[error("AUDIO_DIR: {0}")]
    AudioDir(#[source] io::Error),
    /// The signing keys can't be used.
    #[error("DATA_DIR: {0}")]
    SigningKey(#[from] SigningKeyError),
    /// The database can't be opened.
    #[error("DATABASE_URL: can't open the database: {0}")]
    Database(#[source] sqlx::Error),
    /// The database can't be read or written.
    #[error("DATABASE_URL: {0}")]
    Storage(#[from] StorageError),
    /// Accounts refuse.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The authorization server refuses.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// Nothing can be read or written here.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// What commands work on.
pub struct Workshop {
    accounts: Accounts,
    oauth: AuthorizationServer,
    database: Database,
    audio: AudioStore,
    data_dir: PathBuf,
    now: Timestamp,
}

impl Workshop {
    /// Opens the database and the keys of a configuration.
    ///
    /// # Errors
    /// When they can't be opened.
    pub async fn open(config: &Config) -> Result<Self, CommandError> {
        let data_dir = config.data.dir.clone();
        fs::create_dir_all(&data_dir).map_err(CommandError::DataDir)?;
        let tokens = Tokens::new(KeyRing::load_or_create(&data_dir)?);
        let database = open_database(config).await?;
        Ok(Self {
            accounts: Accounts::new(database.clone(), tokens.clone()),
            oauth: AuthorizationServer::new(database.clone(), tokens),
            database,
            audio: AudioStore::open(&config.data.audio_dir).map_err(CommandError::AudioDir)?,
            data_dir,
            now: Timestamp::now(),
        })
    }

    /// The user of that id or address.
    async fn user(&self, id_or_email: &str) -> Result<User, CommandError> {
        let user = if id_or_email.contains('@') {
            self.database.user_with_email(id_or_email).await?
        } else {
            self.database.user(&UserId::from_text(id_or_email)).await?
        };
        user.ok_or_else(|| CommandError::Unknown(format!("user {id_or_email}")))
    }
}

/// Does what a command says; what it has to tell goes to `out`.
///
/// # Errors
/// [`CommandError`].
pub async fn run(command: Command, config: &Config, out: &mut (impl Write + ?Sized)) -> Result<(), CommandError> {
    match command {
        Command::Config => print_settings(config, out)?,
        Command::Migrate => {
            fs::create_dir_all(&config.data.dir).map_err(CommandError::DataDir)?;
            open_database(config).await?.close().await;
            writeln!(out, "the tables are up to date")?;
        }
        Command::Export {
            user,
            out: file,
            with_audio,
        } => {
            let workshop = Workshop::open(config).await?;
            export(&workshop, &user, file, with_audio, out).await?;
        }
        Command::User(command) => users::run(command, &Workshop::open(config).await?, out).await?,
        Command::Client(command) => clients::run(command, &Workshop::open(config).await?, out).await?,
        Command::Key(command) => keys::run(command, &Workshop::open(config).await?, out).await?,
        Command::Org(command) => organisations::run(command, &Workshop::open(config).await?, out).await?,
    }
    Ok(())
}

async fn open_database(config: &Config) -> Result<Database, CommandError> {
    Database::open(config.data.database_url.expose())
        .await
        .map_err(CommandError::Database)
}

fn print_settings(config: &Config, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    for setting in config.settings() {
        let origin = if setting.is_set { "" } else { "  # default" };
        writeln!(out, "{}={}{origin}", setting.name, setting.shown)?;
    }
    Ok(())
}

async fn export(
    workshop: &Workshop,
    user: &str,
    file: Option<PathBuf>,
    with_audio: bool,
    out: &mut (impl Write + ?Sized),
) -> Result<(), CommandError> {
    let user = workshop.user(user).await?;
    let exported = workshop.accounts.everything_of(&user, &workshop.audio, workshop.now);
    let (everything, files) = exported.await?;
    let json = serde_json::to_string_pretty(&everything).map_err(io::Error::from)?;
    let Some(path) = file else {
        return Ok(writeln!(out, "{json}")?);
    };
    let named = |error: io::Error| CommandError::Refused(format!("{}: {error}", path.display()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    // It is someone's private life.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut written = options.open(&path).map_err(named)?;
    if with_audio {
        let mut buffered = BufWriter::new(written);
        let archived = archive::write(&everything, &workshop.audio, &files, &mut buffered);
        return archived.and_then(|()| buffered.flush()).map_err(named);
    }
    writeln!(written, "{json}").map_err(named)
}
