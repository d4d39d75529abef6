//! API keys. They are long and random, so a plain hash keeps them as safe as a slow one would.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::Secret;
use crate::ids::UserId;
use crate::storage::api_keys::ConfiguredHash;

/// What is stored of a key: its SHA-256 in hexadecimal.
pub fn hash(key: &str) -> String {
    Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares two hashes in a time that does not depend on where they differ.
pub fn is_same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// A key of the configuration, as it is stored. Of short keys, nothing is shown.
pub(super) fn configured(key: &Secret, user_id: UserId) -> ConfiguredHash {
    let key = key.expose();
    let shown = if key.chars().count() >= 16 { 4 } else { 0 };
    ConfiguredHash {
        user_id,
        hash: hash(key),
        prefix: key.chars().take(shown).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_stored_as_its_sha_256() {
        let hashed = hash("abc");
        assert_eq!(
            hashed,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(is_same(&hashed, &hash("abc")));
        assert!(!is_same(&hashed, &hash("abd")));
    }
}
