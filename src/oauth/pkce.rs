//! Proof key for code exchange (RFC 7636), `S256` alone.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::accounts::opaque;

/// Whether a text can be a challenge: SHA-256 in URL-safe base64.
pub fn is_challenge(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

/// Whether the challenge was made of that verifier: 43 to 128 of the unreserved characters.
pub fn is_met(challenge: &str, verifier: &str) -> bool {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&verifier.len())
        && verifier.bytes().all(is_unreserved)
        && opaque::is_same(challenge, &URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    #[test]
    fn the_verifier_of_the_rfc_meets_its_challenge() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(is_challenge(challenge));
        assert!(is_met(challenge, verifier));
        assert!(!is_met(challenge, challenge));
        assert!(!is_met(challenge, ""));
    }

    #[test]
    fn verifiers_are_of_43_to_128_unreserved_characters() {
        let challenge = |verifier: &str| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        for (verifier, is_good) in [
            ("a".repeat(43), true),
            ("a".repeat(128), true),
            ("a".repeat(42), false),
            ("a".repeat(129), false),
            ("é".repeat(43), false),
            (" ".repeat(43), false),
        ] {
            assert_eq!(is_met(&challenge(&verifier), &verifier), is_good, "{verifier}");
        }
    }

    #[test]
    fn a_challenge_is_43_letters_of_url_safe_base64() {
        for text in ["", "generated_challenge", &"a".repeat(44), &"+".repeat(43)] {
            assert!(!is_challenge(text), "{text}");
        }
    }
}
