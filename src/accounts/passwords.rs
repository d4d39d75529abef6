//! Passwords: what is accepted as one, and how it is hashed (argon2id, RFC 9106) and checked.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::email::EmailAddress;
use crate::config::Secret;

/// Hashes and checks passwords, only so many at a time: each takes 19 MiB and some tens of milliseconds.
#[derive(Clone, Debug)]
pub struct Passwords {
    permits: Arc<Semaphore>,
}

/// Why a password is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too short.
    #[error("needs at least {SHORTEST} characters")]
    Short,
    /// So long that hashing it would be a way to keep us busy.
    #[error("is longer than {LONGEST} characters")]
    Long,
    /// Everyone would try it first.
    #[error("is one of those that are guessed first")]
    Common,
}

/// Characters that a password must have.
pub const SHORTEST: usize = 8;
/// Characters that a password may have.
pub const LONGEST: usize = 200;

/// Of lists of passwords that leaked, the most frequent that are long enough. In lower case.
const COMMON: [&str; 32] = [
    "00000000",
    "11111111",
    "12341234",
    "12345678",
    "123456789",
    "1234567890",
    "123123123",
    "1q2w3e4r",
    "1qaz2wsx",
    "87654321",
    "aa123456",
    "abc12345",
    "abcd1234",
    "asdfghjkl",
    "baseball",
    "changeme",
    "computer",
    "football",
    "iloveyou",
    "letmein1",
    "passw0rd",
    "password",
    "password1",
    "password123",
    "princess",
    "q1w2e3r4",
    "qwer1234",
    "qwerty123",
    "qwertyui",
    "qwertyuiop",
    "sunshine",
    "trustno1",
];

/// The hash of a password that nobody has: checking it takes as long as any. With the parameters of [`Argon2::default`].
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cyBzYWx0$eXKdZ6gmfbkWw2PyxeYvwAAtehZMa5q4fctNCvy99cs";

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            permits: Arc::new(Semaphore::new(cores)),
        }
    }
}

impl Passwords {
    /// The hash of a password, in the PHC string format.
    pub async fn hash(&self, password: Secret) -> String {
        self.run(move || {
            let salt = SaltString::generate(&mut OsRng);
            Argon2::default()
                .hash_password(password.expose().as_bytes(), &salt)
                .expect("default parameters and a generated salt are valid")
                .to_string()
        })
        .await
    }

    /// Whether that is the password of that hash. Without a hash it is not, and takes as long to say so.
    pub async fn verify(&self, password: Secret, hash: Option<String>) -> bool {
        self.run(move || {
            let parsed = PasswordHash::new(hash.as_deref().unwrap_or(NOBODYS));
            let is_right = parsed.is_ok_and(|parsed| {
                Argon2::default()
                    .verify_password(password.expose().as_bytes(), &parsed)
                    .is_ok()
            });
            is_right && hash.is_some()
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let _permit = self.permits.acquire().await.expect("the semaphore is never closed");
        match spawn_blocking(work).await {
            Ok(done) => done,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

/// Accepts a password, or says why not (NIST SP 800-63B section 5.1.1.2).
///
/// # Errors
/// [`WeakPassword`].
pub fn accept(password: &str, email: &EmailAddress) -> Result<(), WeakPassword> {
    let length = password.chars().count();
    let lower = password.to_lowercase();
    let local = email.as_str().split('@').next().unwrap_or_default();
    if length < SHORTEST {
        Err(WeakPassword::Short)
    } else if length > LONGEST {
        Err(WeakPassword::Long)
    } else if COMMON.contains(&lower.as_str()) || lower == email.as_str() || lower == local {
        Err(WeakPassword::Common)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_long_and_well_known_passwords_are_refused() {
        let email = EmailAddress::parse("jane.longname@example.com").unwrap();
        for (password, verdict) in [
            ("correct horse", Ok(())),
            ("ÄÖÜäöüßé", Ok(())),
            ("seven c", Err(WeakPassword::Short)),
            ("Password", Err(WeakPassword::Common)),
            ("Jane.LongName", Err(WeakPassword::Common)),
            ("jane.longname@example.com", Err(WeakPassword::Common)),
        ] {
            assert_eq!(accept(password, &email), verdict, "{password}");
        }
        assert_eq!(accept(&"x".repeat(201), &email), Err(WeakPassword::Long));
        assert_eq!(accept(&"x".repeat(200), &email), Ok(()));
    }

    #[tokio::test]
    async fn a_password_is_known_by_its_hash() {
        let passwords = Passwords::default();
        let hash = passwords.hash(Secret::new("correct horse")).await;
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(Secret::new("correct horse"), Some(hash.clone())).await);
        assert!(!passwords.verify(Secret::new("correct Horse"), Some(hash)).await);
        assert!(!passwords.verify(Secret::new("correct horse"), None).await);
        assert!(!passwords.verify(Secret::new("x"), Some("damaged".to_owned())).await);
    }

    /// If it could not be parsed, no time would be spent on it.
    #[test]
    fn nobodys_hash_is_a_hash_with_the_usual_parameters() {
        let parsed = PasswordHash::new(NOBODYS).unwrap();
        let usual = Argon2::default().params().clone();
        assert_eq!(argon2::Params::try_from(&parsed).unwrap().m_cost(), usual.m_cost());
        assert_eq!(argon2::Params::try_from(&parsed).unwrap().t_cost(), usual.t_cost());
        let refusal = Argon2::default().verify_password(b"x", &parsed);
        assert_eq!(refusal, Err(argon2::password_hash::Error::Password));
    }
}
