//! `colloquy org`

use std::io::Write;

use clap::{Subcommand, ValueEnum};

use super::{CommandError, Workshop};
use crate::ids::OrganisationId;
use crate::storage::organisations::{MemberRole, Organisation};

/// What to do with organisations.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Found an organisation; print its id.
    Add {
        /// What it is called.
        name: String,
        /// Its owner: an id (user_...) or an e-mail address.
        #[arg(long)]
        owner: Option<String>,
    },
    /// List organisations, the oldest first: id, when founded, name.
    List,
    /// Remove an organisation with its keys and the conversations that are its own, sound included. Its members stay users.
    Remove {
        /// Which (org_...).
        org: String,
        /// Really.
        #[arg(long, required = true)]
        yes: bool,
    },
    /// List the members of an organisation: id, address, role, since when, name.
    Members {
        /// Which (org_...).
        org: String,
    },
    /// Make a user a member without asking them, or give a member another role. Its keys may read their progress from then on.
    AddMember {
        /// Of which (org_...).
        org: String,
        /// Whom: an id (user_...) or an e-mail address.
        user: String,
        /// An owner invites and removes members, and makes keys.
        #[arg(long, value_enum, default_value = "member")]
        role: RoleArgument,
    },
    /// Remove a member. The last owner can't be removed.
    RemoveMember {
        /// Of which (org_...).
        org: String,
        /// Whom: an id (user_...) or an e-mail address.
        user: String,
    },
}

/// What a member may do.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RoleArgument {
    /// Invite and remove members, and have keys.
    Owner,
    /// Be one.
    Member,
}

impl From<RoleArgument> for MemberRole {
    fn from(role: RoleArgument) -> Self {
        match role {
            RoleArgument::Owner => Self::Owner,
            RoleArgument::Member => Self::Member,
        }
    }
}

/// How many members are read at once.
const PAGE: i64 = 500;

/// Does it.
///
/// # Errors
/// [`CommandError`].
pub async fn run(command: Command, workshop: &Workshop, out: &mut (impl Write + ?Sized)) -> Result<(), CommandError> {
    match command {
        Command::Add { name, owner } => {
            let owner = match owner {
                Some(owner) => Some(workshop.user(&owner).await?.id),
                None => None,
            };
            let organisation = workshop
                .accounts
                .add_organisation(name, owner.as_ref(), workshop.now)
                .await?;
            writeln!(out, "{}", organisation.id)?;
        }
        Command::List => {
            for organisation in workshop.database.organisations().await? {
                let Organisation {
                    id, name, created_at, ..
                } = organisation;
                writeln!(out, "{id}\t{created_at}\t{name}")?;
            }
        }
        Command::Remove { org, .. } => {
            let organisation = find(workshop, &org).await?;
            workshop
                .accounts
                .remove_organisation(&organisation, &workshop.audio)
                .await?;
            writeln!(out, "removed {org}")?;
        }
        Command::Members { org } => list_members(workshop, &find(workshop, &org).await?, out).await?,
        Command::AddMember { org, user, role } => {
            let organisation = find(workshop, &org).await?;
            let user = workshop.user(&user).await?;
            let role = MemberRole::from(role);
            let added = workshop
                .database
                .add_member(&organisation.id, &user.id, role, workshop.now);
            if !added.await? {
                let reason = format!("{} is the last owner of {org}; name another first", user.id);
                return Err(CommandError::Refused(reason));
            }
            writeln!(out, "{} is {} of {org}", user.id, role.as_str())?;
        }
        Command::RemoveMember { org, user } => {
            let organisation = find(workshop, &org).await?;
            let user = workshop.user(&user).await?;
            if !workshop.database.remove_member(&organisation.id, &user.id).await? {
                let reason = format!("{} is no member of {org}, or its last owner", user.id);
                return Err(CommandError::Refused(reason));
            }
            writeln!(out, "removed {} from {org}", user.id)?;
        }
    }
    Ok(())
}

async fn find(workshop: &Workshop, id: &str) -> Result<Organisation, CommandError> {
    let organisation = workshop.database.organisation(&OrganisationId::from_text(id)).await?;
    organisation.ok_or_else(|| CommandError::Unknown(format!("organisation {id}")))
}

async fn list_members(
    workshop: &Workshop,
    organisation: &Organisation,
    out: &mut (impl Write + ?Sized),
) -> Result<(), CommandError> {
    let mut after = String::new();
    loop {
        let members = workshop.database.members(&organisation.id, &after, PAGE).await?;
        for member in &members {
            writeln!(
                out,
                "{}\t{}\t{}\t{}\t{}",
                member.user.id,
                member.user.email.as_deref().unwrap_or("-"),
                member.role.as_str(),
                member.joined_at,
                member.user.name,
            )?;
        }
        match members.last() {
            Some(last) => after = last.user.id.to_string(),
            None => return Ok(()),
        }
    }
}
