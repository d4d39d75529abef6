//! `colloquy key`

use std::io::Write;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::clients::scopes;
use super::{CommandError, Workshop};
use crate::accounts::api_keys::NewKey;
use crate::accounts::key_ring::KeyRing;
use crate::accounts::scope::Scopes;
use crate::ids::{ApiKeyId, OrganisationId};
use crate::storage::organisations::Organisation;

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an API key; print it, this once.
    Add {
        /// For whom it speaks.
        #[command(flatten)]
        holder: Holder,
        /// What it is for.
        #[arg(long)]
        name: String,
        /// What it is good for, separated by commas or spaces. `admin` counts only while its user is an admin.
        #[arg(long, default_value_t = Scopes::PERSONAL, value_parser = scopes)]
        scopes: Scopes,
        /// Void after so many days; by default it is good until it is revoked.
        #[arg(long, value_name = "DAYS")]
        days: Option<u32>,
    },
    /// List API keys, the oldest first: id, first letters, scopes, when made, until when good, name.
    List {
        /// For whom they speak.
        #[command(flatten)]
        holder: Holder,
    },
    /// Make an API key void at once.
    Revoke {
        /// Which: its id (key_...), as `key list` shows it; not the key itself.
        key: String,
    },
    /// Sign tokens with a new RSA key.
    ///
    /// The new key is published at once and signs in five minutes, by when every server that shares DATA_DIR has read it. The
    /// old one stays published until the last token that it has signed is void, 30 days later. No token dies early.
    RotateSigning {
        /// The old key is in the wrong hands: make every token void now. Servers notice within a minute, or when restarted.
        /// Everyone has to sign in again, guests lose their conversations; API keys stay.
        #[arg(long)]
        at_once: bool,
    },
}

/// For whom a key speaks.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Holder {
    /// For a user: an id (user_...) or an e-mail address.
    #[arg(long)]
    user: Option<String>,
    /// For an organisation (org_...), whose members' progress it may read.
    #[arg(long, value_name = "ORG")]
    org: Option<String>,
}

/// Does it.
///
/// # Errors
/// [`CommandError`].
pub async fn run(command: Command, workshop: &Workshop, out: &mut (impl Write + ?Sized)) -> Result<(), CommandError> {
    match command {
        Command::Add {
            holder,
            name,
            scopes,
            days,
        } => {
            let lifetime = days.map(|days| Duration::from_secs(u64::from(days) * 24 * 60 * 60));
            let new = NewKey {
                name,
                scopes: Some(scopes),
                expires_at: lifetime.map(|lifetime| workshop.now.plus(lifetime)),
            };
            let (accounts, now) = (&workshop.accounts, workshop.now);
            let issued = match (holder.organisation(workshop).await?, holder.user) {
                (Some(organisation), _) => accounts.issue_organisation_key(&organisation, new, now).await?,
                (None, user) => {
                    let user = workshop.user(&user.unwrap_or_default()).await?;
                    accounts.issue_key_for(&user.id, new, now).await?
                }
            };
            writeln!(out, "id={}", issued.key.id)?;
            writeln!(out, "key={}", issued.secret.expose())?;
        }
        Command::List { holder } => {
            let account = match (holder.organisation(workshop).await?, holder.user) {
                (Some(organisation), _) => organisation.account_id,
                (None, user) => workshop.user(&user.unwrap_or_default()).await?.id,
            };
            for key in workshop.accounts.keys(&account).await? {
                let until = key.expires_at.map_or_else(|| "-".to_owned(), |until| until.to_string());
                writeln!(
                    out,
                    "{}\t{}…\t{}\t{}\t{until}\t{}",
                    key.id, key.prefix, key.scopes, key.created_at, key.name
                )?;
            }
        }
        Command::Revoke { key } => {
            let id = ApiKeyId::from_text(&*key);
            let holder = workshop.database.api_key_holder(&id).await?;
            let holder = holder.ok_or_else(|| CommandError::Unknown(format!("API key {key}")))?;
            workshop.accounts.revoke_key(&holder, &id).await?;
            writeln!(out, "revoked {key}")?;
        }
        Command::RotateSigning { at_once: true } => {
            KeyRing::replace(&workshop.data_dir)?;
            writeln!(out, "every token is void as soon as the servers have read the new key")?;
        }
        Command::RotateSigning { at_once: false } => {
            let from = KeyRing::rotate(&workshop.data_dir, workshop.now)?;
            writeln!(out, "the new key signs from {from}")?;
        }
    }
    Ok(())
}

impl Holder {
    async fn organisation(&self, workshop: &Workshop) -> Result<Option<Organisation>, CommandError> {
        match &self.org {
            Some(id) => {
                let organisation = workshop
                    .database
                    .organisation(&OrganisationId::from_text(&**id))
                    .await?;
                let unknown = || CommandError::Unknown(format!("organisation {id}"));
                organisation.ok_or_else(unknown).map(Some)
            }
            None => Ok(None),
        }
    }
}
