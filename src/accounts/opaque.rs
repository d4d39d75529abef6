//! Random secrets: API keys, refresh tokens, codes, cookies. They are long and random, so a plain hash keeps them as safe as
//! a slow one would, and only that hash is stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A new secret of `BYTES` random bytes, in URL-safe letters, after a prefix that tells its kind.
pub fn random<const BYTES: usize>(prefix: &str) -> String {
    let mut bytes = [0; BYTES];
    rand::rng().fill_bytes(&mut bytes);
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// What is stored of a secret: its SHA-256 in hexadecimal.
pub fn hash(secret: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: u8| [byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)]));
    Sha256::digest(secret).into_iter().flat_map(digits).collect()
}

/// Compares two texts in a time that does not depend on where they differ.
pub fn is_same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_stored_as_its_sha_256() {
        let hashed = hash("abc");
        assert_eq!(
            hashed,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(is_same(&hashed, &hash("abc")));
        assert!(!is_same(&hashed, &hash("abd")));
    }

    #[test]
    fn secrets_are_long_and_unlike_each_other() {
        let (one, other) = (random::<32>("clq_"), random::<32>("clq_"));
        assert_eq!(one.len(), "clq_".len() + 43);
        assert!(one.starts_with("clq_"));
        assert_ne!(one, other);
    }
}
