//! `colloquy client`

use std::io::Write;

use clap::Subcommand;

use super::{CommandError, Workshop};
use crate::accounts::scope::Scopes;
use crate::ids::ClientId;
use crate::oauth::client::NewClient;

/// What to do with OAuth clients.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Register an application; print its client_id, and its client_secret if it has one.
    ///
    /// A public client runs with the people who use it (a page, an app) and has no secret. A confidential one runs on a
    /// server. Both need PKCE with S256. The secret is printed this once and stored as a hash.
    Add {
        /// What people see when they are asked to let it in.
        #[arg(long)]
        name: String,
        /// Where people are sent back to, letter by letter: https, a private scheme such as com.example.app:/callback, or
        /// http on this machine. May be given several times.
        #[arg(long = "redirect-uri", value_name = "URI", required = true)]
        redirect_uris: Vec<String>,
        /// It can keep a secret.
        #[arg(long)]
        confidential: bool,
        /// What it may ask for, separated by commas or spaces.
        #[arg(long, default_value_t = Scopes::PERSONAL, value_parser = scopes)]
        scopes: Scopes,
    },
    /// List applications, the oldest first: client_id, kind, scopes, redirect URIs, name.
    List,
    /// Remove an application. Whatever people had allowed it is void at once.
    Remove {
        /// Which: its client_id.
        client: String,
    },
}

/// Reads scopes of the command line.
///
/// # Errors
/// When there is no such scope.
pub fn scopes(text: &str) -> Result<Scopes, String> {
    match Scopes::parse(text) {
        Ok(scopes) if scopes.is_empty() => Err("at least one scope is needed".to_owned()),
        Ok(scopes) => Ok(scopes),
        Err(scope) => Err(format!("there is no scope {scope:?}")),
    }
}

/// Does it.
///
/// # Errors
/// [`CommandError`].
pub async fn run(command: Command, workshop: &Workshop, out: &mut (impl Write + ?Sized)) -> Result<(), CommandError> {
    match command {
        Command::Add {
            name,
            redirect_uris,
            confidential,
            scopes,
        } => {
            let new = NewClient {
                name,
                redirect_uris,
                scopes,
                is_confidential: confidential,
            };
            let (client, secret) = workshop.oauth.register(new, workshop.now).await?;
            writeln!(out, "client_id={}", client.id)?;
            if let Some(secret) = secret {
                writeln!(out, "client_secret={}", secret.expose())?;
            }
        }
        Command::List => {
            for client in workshop.oauth.clients().await? {
                let kind = if client.secret_hash.is_some() {
                    "confidential"
                } else {
                    "public"
                };
                let uris = client.redirect_uris.join(" ");
                writeln!(out, "{}\t{kind}\t{}\t{uris}\t{}", client.id, client.scopes, client.name)?;
            }
        }
        Command::Remove { client } => {
            if !workshop.oauth.remove_client(&ClientId::from_text(&*client)).await? {
                return Err(CommandError::Unknown(format!("client {client}")));
            }
            writeln!(out, "removed {client}")?;
        }
    }
    Ok(())
}
