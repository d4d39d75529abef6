//! Access tokens: JWTs signed with RS256 (RFC 7519, RFC 7518).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::errors::Error;
use jsonwebtoken::{Algorithm, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::signing_key::SigningKey;
use crate::clock::Timestamp;
use crate::ids::UserId;

/// Signs and reads tokens.
#[derive(Clone)]
pub struct Tokens {
    key: Arc<SigningKey>,
    validation: Arc<Validation>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    jti: String,
    /// Seconds since 1970, as all times here.
    iat: i64,
    exp: i64,
}

const ISSUER: &str = "colloquy";

impl Tokens {
    /// Tokens signed by that key.
    pub fn new(key: SigningKey) -> Self {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["iss", "sub", "exp"]);
        // Expiry is checked against the time that the caller gives.
        validation.validate_exp = false;
        Self {
            key: Arc::new(key),
            validation: Arc::new(validation),
        }
    }

    /// A token for a user.
    pub fn issue(&self, user: &UserId, lifetime: Duration, now: Timestamp) -> Result<String, Error> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.key.kid.clone());
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: user.to_string(),
            jti: Uuid::new_v4().simple().to_string(),
            iat: now.as_millis() / 1000,
            exp: now.plus(lifetime).as_millis() / 1000,
        };
        encode(&header, &claims, &self.key.private)
    }

    /// Whose token it is, if it is one of ours and has not expired.
    pub fn verify(&self, token: &str, now: Timestamp) -> Option<UserId> {
        let claims = decode::<Claims>(token, &self.key.public, &self.validation).ok()?.claims;
        (now.as_millis() / 1000 < claims.exp).then(|| UserId::from_text(claims.sub))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens(kid {})", self.key.kid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, decode_header};

    #[test]
    fn a_token_names_its_algorithm_type_and_key() {
        let tokens = Tokens::new(SigningKey::for_tests());
        let token = tokens
            .issue(&UserId::new(), Duration::from_secs(60), Timestamp::now())
            .unwrap();
        let header = decode_header(&token).unwrap();
        assert_eq!(header.alg, Algorithm::RS256);
        assert_eq!(header.typ.as_deref(), Some("JWT"));
        assert_eq!(header.kid, Some(tokens.key.kid.clone()));
    }

    #[test]
    fn a_changed_token_and_one_signed_otherwise_are_nobodys() {
        let tokens = Tokens::new(SigningKey::for_tests());
        let now = Timestamp::now();
        let user = UserId::new();
        let token = tokens.issue(&user, Duration::from_secs(60), now).unwrap();
        assert_eq!(tokens.verify(&token, now), Some(user.clone()));

        let other = tokens.issue(&UserId::new(), Duration::from_secs(60), now).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        let others: Vec<&str> = other.split('.').collect();
        let spliced = [parts[0], others[1], parts[2]].join(".");
        assert_eq!(tokens.verify(&spliced, now), None);

        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: user.to_string(),
            jti: String::new(),
            iat: 0,
            exp: i64::MAX,
        };
        let symmetric = encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(b"x")).unwrap();
        assert_eq!(tokens.verify(&symmetric, now), None);
    }
}
