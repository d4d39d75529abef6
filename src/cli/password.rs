//! Passwords that an operator gives: typed at a terminal without being shown, or the first line of a pipe. Never an argument,
//! which everyone on the machine can see.

use std::io::{self, BufRead, IsTerminal};

use super::CommandError;
use crate::config::Secret;

/// Asks for a password, twice at a terminal.
///
/// # Errors
/// When there is none, or the second differs from the first.
pub fn ask() -> Result<Secret, CommandError> {
    if !io::stdin().is_terminal() {
        return first_line(io::stdin().lock());
    }
    let password = rpassword::prompt_password("Password: ")?;
    if rpassword::prompt_password("The same again: ")? != password {
        return Err(CommandError::Refused("the two passwords differ".to_owned()));
    }
    Ok(Secret::new(password))
}

fn first_line(mut input: impl BufRead) -> Result<Secret, CommandError> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        let reason = "no password was given: type it at a terminal, or pipe it in as one line";
        return Err(CommandError::Refused(reason.to_owned()));
    }
    Ok(Secret::new(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_password_with_all_its_spaces() {
        let read = |text: &str| first_line(text.as_bytes()).map(|password| password.expose().to_owned());
        assert_eq!(read(" two words \r\nmore").unwrap(), " two words ");
        assert!(read("").is_err());
        assert!(read("\n").is_err());
    }
}
