//! The keys that tokens are signed with, one after the other. A key is published some minutes before it begins to sign, and
//! stays until the last token that it may have signed has expired; so nobody ever meets a token whose key is not published.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::GUEST_LIFETIME;
use super::signing_key::{FILE, Jwk, SigningKey, SigningKeyError};
use crate::clock::Timestamp;

/// All keys of a directory, the oldest first. There is at least one.
pub struct KeyRing {
    keys: Vec<DatedKey>,
}

struct DatedKey {
    key: SigningKey,
    /// From when on it signs.
    from: Timestamp,
}

/// How long a new key is published before it signs: long enough for every server of this directory to have read it.
pub const NOTICE: Duration = Duration::from_secs(5 * 60);

/// How long a key is published after another has taken over: no token lives longer.
const AFTERLIFE: Duration = GUEST_LIFETIME;

impl KeyRing {
    /// Reads the keys of a directory, and makes the first if there is none; that takes up to some seconds.
    pub fn load_or_create(dir: &Path) -> Result<Self, SigningKeyError> {
        if files(dir)?.is_empty() {
            SigningKey::load_or_create(dir)?;
        }
        Self::load(dir)
    }

    /// Reads the keys of a directory.
    pub fn load(dir: &Path) -> Result<Self, SigningKeyError> {
        let keys = files(dir)?
            .into_iter()
            .map(|(from, path)| {
                Ok(DatedKey {
                    key: SigningKey::load(&path)?,
                    from,
                })
            })
            .collect::<Result<Vec<_>, SigningKeyError>>()?;
        if keys.is_empty() {
            return Err(SigningKeyError::File {
                path: dir.join(FILE),
                source: io::ErrorKind::NotFound.into(),
            });
        }
        Ok(Self { keys })
    }

    /// One key, for ever.
    pub fn of(key: SigningKey) -> Self {
        let from = Timestamp::from_millis(0);
        Self {
            keys: vec![DatedKey { key, from }],
        }
    }

    /// Makes a new key in a directory, which signs after [`NOTICE`]; removes those whose last token has expired.
    /// Gives the moment from which on it signs.
    pub fn rotate(dir: &Path, now: Timestamp) -> Result<Timestamp, SigningKeyError> {
        let from = now.plus(NOTICE);
        SigningKey::create(&dir.join(format!("token-key-{}.pem", from.as_millis())))?;
        let files = files(dir)?;
        for ((_, path), (next_from, _)) in files.iter().zip(files.iter().skip(1)) {
            if now > next_from.plus(AFTERLIFE) {
                remove(path)?;
            }
        }
        Ok(from)
    }

    /// Puts a new key in the place of all keys of a directory: every token is void once the servers have read it.
    ///
    /// # Errors
    /// When a file can't be written or removed.
    pub fn replace(dir: &Path) -> Result<(), SigningKeyError> {
        let first = dir.join(FILE);
        SigningKey::create(&first)?;
        let others = files(dir)?
            .into_iter()
            .map(|(_, path)| path)
            .filter(|path| *path != first);
        others.into_iter().try_for_each(|path| remove(&path))
    }

    /// The key that signs at that moment.
    pub(super) fn signing(&self, now: Timestamp) -> &SigningKey {
        let begun = self.keys.iter().rev().find(|key| key.from <= now);
        // Where the first was taken away, none may have begun yet: the first that will.
        &begun.unwrap_or(&self.keys[0]).key
    }

    /// The key of that name, if it still counts.
    pub(super) fn named(&self, kid: &str, now: Timestamp) -> Option<&SigningKey> {
        self.counting(now).find(|key| key.kid == kid)
    }

    /// All keys that count, as the world may see them.
    pub(super) fn published(&self, now: Timestamp) -> Vec<Jwk> {
        self.counting(now).map(|key| key.jwk.clone()).collect()
    }

    fn counting(&self, now: Timestamp) -> impl Iterator<Item = &SigningKey> {
        let ends = self.keys.iter().skip(1).map(|next| Some(next.from.plus(AFTERLIFE)));
        self.keys
            .iter()
            .zip(ends.chain([None]))
            .filter(move |(_, end)| end.is_none_or(|end| now <= end))
            .map(|(dated, _)| &dated.key)
    }
}

/// The key files of a directory with the moment from which on each signs, the oldest first.
fn files(dir: &Path) -> Result<Vec<(Timestamp, PathBuf)>, SigningKeyError> {
    let failed = |source| SigningKeyError::File {
        path: dir.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if let Some(from) = entry.file_name().to_str().and_then(begins) {
            files.push((from, entry.path()));
        }
    }
    files.sort();
    Ok(files)
}

/// From when on the key of a file signs, told from its name.
fn begins(file: &str) -> Option<Timestamp> {
    if file == FILE {
        return Some(Timestamp::from_millis(0));
    }
    let millis = file.strip_prefix("token-key-")?.strip_suffix(".pem")?;
    let is_plain = millis.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| millis.parse().ok().map(Timestamp::from_millis))?
}

fn remove(path: &Path) -> Result<(), SigningKeyError> {
    fs::remove_file(path).map_err(|source| SigningKeyError::File {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000_000);

    fn kids(ring: &KeyRing, now: Timestamp) -> Vec<String> {
        ring.counting(now).map(|key| key.kid.clone()).collect()
    }

    #[test]
    fn a_new_key_is_published_before_it_signs_and_the_old_one_until_its_tokens_have_expired() {
        let dir = tempfile::tempdir().unwrap();
        let first = KeyRing::load_or_create(dir.path()).unwrap();
        let old = first.signing(NOW).kid.clone();
        let from = KeyRing::rotate(dir.path(), NOW).unwrap();
        assert_eq!(from, NOW.plus(NOTICE));

        let ring = KeyRing::load_or_create(dir.path()).unwrap();
        let new = ring.keys[1].key.kid.clone();
        assert_ne!(old, new);
        assert_eq!(ring.signing(NOW).kid, old);
        assert_eq!(kids(&ring, NOW), [old.clone(), new.clone()]);
        assert_eq!(ring.signing(from).kid, new);
        assert!(ring.named(&old, from.plus(GUEST_LIFETIME)).is_some());
        let late = from.plus(GUEST_LIFETIME + Duration::from_millis(1));
        assert!(ring.named(&old, late).is_none());
        assert_eq!(kids(&ring, late), std::slice::from_ref(&new));

        KeyRing::rotate(dir.path(), late).unwrap();
        let ring = KeyRing::load(dir.path()).unwrap();
        assert_eq!(ring.keys.len(), 2);
        assert_eq!(ring.keys[0].key.kid, new);
    }

    #[test]
    fn a_replaced_key_counts_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let old = KeyRing::load_or_create(dir.path()).unwrap();
        KeyRing::rotate(dir.path(), NOW).unwrap();
        KeyRing::replace(dir.path()).unwrap();
        let ring = KeyRing::load(dir.path()).unwrap();
        assert_eq!(ring.keys.len(), 1);
        assert_ne!(ring.signing(NOW).kid, old.signing(NOW).kid);
        assert!(ring.named(&old.signing(NOW).kid, NOW).is_none());
    }

    #[test]
    fn other_files_are_no_keys() {
        for file in [
            "token-key.pem.new",
            "token-key-x.pem",
            "token-key--1.pem",
            "token-key-.pem",
            "colloquy.db",
        ] {
            assert_eq!(begins(file), None, "{file}");
        }
        assert_eq!(begins("token-key-17.pem"), Some(Timestamp::from_millis(17)));
    }
}
