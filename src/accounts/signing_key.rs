//! An RSA key that signs tokens, kept in a file.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};
use rsa::RsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::rand_core::OsRng;
use rsa::traits::PublicKeyParts;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A key pair.
pub struct SigningKey {
    /// Names the key in the header of its tokens.
    pub(super) kid: String,
    pub(super) private: EncodingKey,
    pub(super) public: DecodingKey,
    /// The public key as the world may see it.
    pub(super) jwk: Jwk,
}

/// A public RSA key for signatures (RFC 7517, RFC 7518 section 6.3.1).
#[derive(Clone, Debug, Serialize)]
pub struct Jwk {
    kty: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
    kid: String,
    n: String,
    e: String,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// Its file can't be read or written.
    #[error("the signing key {path} can't be read or written: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// What is in the file is no key.
    #[error(
        "the signing key {path} is damaged ({reason}); restore it, or remove it to make a new one (all tokens are void then)"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A key can't be made.
    #[error("a signing key can't be made: {0}")]
    Generation(String),
}

/// The first key's file in `DATA_DIR`.
pub const FILE: &str = "token-key.pem";

const BITS: usize = 2048;

impl SigningKey {
    /// Reads the first key of a directory, or makes it; that takes up to some seconds.
    pub fn load_or_create(dir: &Path) -> Result<Self, SigningKeyError> {
        let path = dir.join(FILE);
        if !path.try_exists().map_err(|source| file_error(&path, source))? {
            Self::create(&path)?;
        }
        Self::load(&path)
    }

    /// Makes a key in a file that only its owner can read, whole or not at all.
    pub(super) fn create(path: &Path) -> Result<(), SigningKeyError> {
        let pem = generate()?;
        write_private(path, &pem).map_err(|source| file_error(path, source))
    }

    /// Reads the key of a file.
    pub(super) fn load(path: &Path) -> Result<Self, SigningKeyError> {
        let pem = fs::read_to_string(path).map_err(|source| file_error(path, source))?;
        Self::from_pem(&pem).map_err(|reason| SigningKeyError::Damaged {
            path: path.to_owned(),
            reason,
        })
    }

    /// Reads a PKCS #8 private key.
    pub fn from_pem(pem: &str) -> Result<Self, String> {
        let key = RsaPrivateKey::from_pkcs8_pem(pem).map_err(|error| error.to_string())?;
        let public = key.to_public_key();
        let der = public.to_public_key_der().map_err(|error| error.to_string())?;
        let public_pem = public
            .to_public_key_pem(LineEnding::LF)
            .map_err(|error| error.to_string())?;
        let kid: String = Sha256::digest(der.as_bytes())
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(Self {
            jwk: Jwk {
                kty: "RSA",
                usage: "sig",
                alg: "RS256",
                kid: kid.clone(),
                n: URL_SAFE_NO_PAD.encode(public.n().to_bytes_be()),
                e: URL_SAFE_NO_PAD.encode(public.e().to_bytes_be()),
            },
            kid,
            private: EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|error| error.to_string())?,
            public: DecodingKey::from_rsa_pem(public_pem.as_bytes()).map_err(|error| error.to_string())?,
        })
    }

    /// One key for all unit tests, since making one takes long.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        static PEM: std::sync::OnceLock<String> = std::sync::OnceLock::new();
        Self::from_pem(PEM.get_or_init(|| generate().unwrap())).unwrap()
    }
}

fn file_error(path: &Path, source: io::Error) -> SigningKeyError {
    SigningKeyError::File {
        path: path.to_owned(),
        source,
    }
}

fn generate() -> Result<String, SigningKeyError> {
    let failed = |reason: String| SigningKeyError::Generation(reason);
    let key = RsaPrivateKey::new(&mut OsRng, BITS).map_err(|error| failed(error.to_string()))?;
    let pem = key
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|error| failed(error.to_string()))?;
    Ok(pem.as_str().to_owned())
}

/// Writes a file that only its owner can read, whole or not at all.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("pem.new");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_readable_by_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let made = SigningKey::load_or_create(dir.path()).unwrap();
        let read = SigningKey::load_or_create(dir.path()).unwrap();
        assert_eq!(made.kid, read.kid);
        #[cfg(unix)]
        {
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&fs::metadata(dir.path().join(FILE)).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_key_is_named_and_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "not a key").unwrap();
        let error = SigningKey::load_or_create(dir.path()).err().unwrap();
        assert!(error.to_string().contains(FILE), "{error}");
        assert_eq!(fs::read_to_string(dir.path().join(FILE)).unwrap(), "not a key");
    }
}
