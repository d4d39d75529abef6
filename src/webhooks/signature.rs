//! How webhooks are signed: as document 000 shows, with the whole secret, and beside it as Standard Webhooks asks, with the
//! bytes after `whsec_`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

const PREFIX: &str = "whsec_";

/// A secret unlike any other.
pub fn new_secret() -> String {
    format!("{PREFIX}{}", STANDARD.encode(rand::random::<[u8; 32]>()))
}

/// `X-Webhook-Signature` of document 000: `sha256=` and the HMAC of the body in hexadecimal, keyed with the secret as it is
/// written.
pub fn of_body(secret: &str, body: &str) -> String {
    let digest = hmac(secret.as_bytes(), body.as_bytes());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digest}")
}

/// `webhook-signature` of Standard Webhooks 1.0: of the id, the time in seconds, and the body.
pub fn standard(secret: &str, id: &str, seconds: i64, body: &str) -> String {
    let encoded = secret.strip_prefix(PREFIX).unwrap_or(secret);
    let key = STANDARD.decode(encoded).unwrap_or_else(|_| encoded.as_bytes().to_vec());
    let digest = hmac(&key, format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(digest))
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_hold_256_bits() {
        let secret = new_secret();
        let bytes = STANDARD.decode(secret.strip_prefix(PREFIX).unwrap()).unwrap();
        assert_eq!(bytes.len(), 32);
        assert_ne!(secret, new_secret());
    }

    #[test]
    fn a_body_is_signed_with_the_whole_secret() {
        // Python: hmac.new(b"whsec_c2VjcmV0", b'{"event":"x"}', hashlib.sha256).hexdigest()
        assert_eq!(
            of_body("whsec_c2VjcmV0", "{\"event\":\"x\"}"),
            "sha256=cb0e6b4152c39693472c33721ee9ec05bae2473f63071c6c5ca02cd83de0d16f"
        );
    }

    #[test]
    fn the_example_of_standard_webhooks_is_signed_as_it_says() {
        // The example of the specification's own libraries.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = "{\"test\": 2432232314}";
        assert_eq!(
            standard(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
