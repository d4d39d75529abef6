//! `colloquy user`

use std::io::Write;

use clap::{Subcommand, ValueEnum};

use super::{CommandError, Workshop, password};
use crate::accounts::browser::SignUpError;
use crate::accounts::email::EmailAddress;
use crate::storage::users::{Role, User, UserKind};

/// What to do with users.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a user; print the id.
    ///
    /// The password is asked for at a terminal, or read as one line from a pipe:
    ///   printf '%s\n' "$PASSWORD" | colloquy user add ann@example.com
    #[command(verbatim_doc_comment)]
    Add {
        /// The e-mail address to sign in with.
        email: String,
        /// What to call them; by default made of the address.
        #[arg(long)]
        name: Option<String>,
        /// An admin may use /v1/admin, with a credential of scope `admin`.
        #[arg(long, value_enum, default_value = "user")]
        role: RoleArgument,
        /// Ask for no password: the user can't sign in until `user password` gives them one.
        #[arg(long)]
        no_password: bool,
    },
    /// List users, the oldest first: id, address, role, when they came, when they were last seen, name.
    List,
    /// Remove a user and everything of theirs, sound included, for good. Their credentials are void at once.
    ///
    /// An organisation that nobody else is in goes along. The last owner of one with other members can't go: name another
    /// first, with `org add-member --role owner`.
    Remove {
        /// Whom: an id (user_...) or an e-mail address.
        user: String,
        /// Really. Consider `colloquy export` first.
        #[arg(long, required = true)]
        yes: bool,
    },
    /// Give a user another password, read as `user add` reads it. Signs them out everywhere.
    Password {
        /// Whom: an id (user_...) or an e-mail address.
        user: String,
    },
    /// Change what a user may do.
    Role {
        /// Whom: an id (user_...) or an e-mail address.
        user: String,
        /// What they may do from now on.
        role: RoleArgument,
    },
}

/// What a user may do.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RoleArgument {
    /// What everyone may.
    User,
    /// See to other people's accounts and to the server.
    Admin,
}

impl From<RoleArgument> for Role {
    fn from(role: RoleArgument) -> Self {
        match role {
            RoleArgument::User => Self::User,
            RoleArgument::Admin => Self::Admin,
        }
    }
}

/// How many users are read at once.
const PAGE: i64 = 500;

/// Does it.
///
/// # Errors
/// [`CommandError`].
pub async fn run(command: Command, workshop: &Workshop, out: &mut (impl Write + ?Sized)) -> Result<(), CommandError> {
    match command {
        Command::Add {
            email,
            name,
            role,
            no_password,
        } => {
            let user = add(workshop, &email, name, no_password).await?;
            workshop.database.set_role(&user.id, role.into()).await?;
            writeln!(out, "{}", user.id)?;
        }
        Command::List => list(workshop, out).await?,
        Command::Remove { user, .. } => {
            let user = workshop.user(&user).await?;
            workshop.accounts.remove(&user, &workshop.audio).await?;
            writeln!(out, "removed {}", user.id)?;
        }
        Command::Password { user } => {
            let user = workshop.user(&user).await?;
            if user.kind == UserKind::Guest || user.email.is_none() {
                let reason = format!("{} has no e-mail address to sign in with", user.id);
                return Err(CommandError::Refused(reason));
            }
            let password = password::ask()?;
            workshop.accounts.change_password(&user, password, workshop.now).await?;
            writeln!(out, "{} has another password", user.id)?;
        }
        Command::Role { user, role } => {
            let user = workshop.user(&user).await?;
            let role = Role::from(role);
            workshop.database.set_role(&user.id, role).await?;
            writeln!(out, "{} is {}", user.id, role.as_str())?;
        }
    }
    Ok(())
}

async fn add(workshop: &Workshop, email: &str, name: Option<String>, no_password: bool) -> Result<User, CommandError> {
    let address =
        EmailAddress::parse(email).ok_or_else(|| CommandError::Refused(format!("{email:?} is no e-mail address")))?;
    if !no_password {
        let password = password::ask()?;
        let user = workshop
            .accounts
            .sign_up(&address, name, password, workshop.now)
            .await?;
        return Ok(user);
    }
    let mut user = User::with_email(address.as_str(), workshop.now);
    if let Some(name) = name {
        user.name = name;
    }
    if workshop.database.add_user(&user).await? {
        Ok(user)
    } else {
        Err(SignUpError::Taken.into())
    }
}

async fn list(workshop: &Workshop, out: &mut (impl Write + ?Sized)) -> Result<(), CommandError> {
    let mut last: Option<User> = None;
    loop {
        let users = workshop.database.users(last.as_ref(), PAGE).await?;
        for user in &users {
            writeln!(
                out,
                "{}\t{}\t{}\t{}\t{}\t{}",
                user.id,
                user.email.as_deref().unwrap_or("-"),
                user.role.as_str(),
                user.created_at,
                user.last_active,
                user.name,
            )?;
        }
        last = users.into_iter().last();
        if last.is_none() {
            return Ok(());
        }
    }
}

impl From<SignUpError> for CommandError {
    fn from(error: SignUpError) -> Self {
        match error {
            SignUpError::Storage(error) => Self::Storage(error),
            refusal => Self::Refused(refusal.to_string()),
        }
    }
}
