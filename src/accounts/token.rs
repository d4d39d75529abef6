//! Access tokens: JWTs signed with RS256 (RFC 7519, RFC 7518), with the claims of RFC 9068 section 2.2. Their `typ` is `JWT`, as
//! document 000 shows it; and guests and our own pages, who are no clients, have no `client_id`.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::errors::Error;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::key_ring::KeyRing;
use super::scope::Scopes;
use super::signing_key::Jwk;
use super::verified::{Verified, VerifiedTokens, fingerprint};
use crate::clock::Timestamp;
use crate::ids::{ClientId, GrantId, UserId};

/// Signs and reads tokens; clones share the keys.
#[derive(Clone)]
pub struct Tokens {
    keys: Arc<RwLock<Arc<KeyRing>>>,
    validation: Arc<Validation>,
    verified: Arc<VerifiedTokens>,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// Its own name.
    pub id: String,
    /// Whom it speaks for.
    pub user_id: UserId,
    /// What it lives and dies with. A guest's own token has none.
    pub grant: Option<Granted>,
    /// What it is good for.
    pub scopes: Scopes,
    /// When it was made, to the second.
    pub issued_at: Timestamp,
    /// From when on it is void, to the second.
    pub expires_at: Timestamp,
}

/// By what a token came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// What the person allowed.
    pub id: GrantId,
    /// The application; `None` for our own pages.
    pub client: Option<ClientId>,
    /// When the person last showed who they are, to the second.
    pub signed_in_at: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    // Tokens of before there was an audience have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    sub: String,
    jti: String,
    /// Seconds since 1970, as all times here.
    iat: i64,
    exp: i64,
    // Guests' tokens of before there were scopes have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<ClientId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grant: Option<GrantId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
}

/// Who signs when no URL of the program is known.
pub const ISSUER: &str = "colloquy";

impl AccessToken {
    /// A token to be signed.
    pub fn new(user_id: UserId, grant: Option<Granted>, scopes: Scopes, lifetime: Duration, now: Timestamp) -> Self {
        Self {
            id: Uuid::new_v4().simple().to_string(),
            user_id,
            grant,
            scopes,
            issued_at: whole_seconds(now),
            expires_at: whole_seconds(now.plus(lifetime)),
        }
    }

    fn read(claims: Claims) -> Option<Self> {
        let scopes = claims.scope.as_deref().map_or(Ok(Scopes::PERSONAL), Scopes::parse);
        let grant = claims.grant.map(|id| {
            Some(Granted {
                id,
                client: claims.client_id,
                signed_in_at: seconds(claims.auth_time?),
            })
        });
        Some(Self {
            id: claims.jti,
            user_id: UserId::from_text(claims.sub),
            grant: match grant {
                Some(grant) => Some(grant?),
                None => None,
            },
            scopes: scopes.ok()?,
            issued_at: seconds(claims.iat),
            expires_at: seconds(claims.exp),
        })
    }
}

impl Tokens {
    /// Tokens signed by those keys.
    pub fn new(keys: KeyRing) -> Self {
        let mut validation = Validation::new(Algorithm::RS256);
        // Our keys sign nothing but these tokens. The issuer, who is the audience, is the URL that the program had for whoever
        // asked: it may have several.
        validation.set_required_spec_claims(&["iss", "sub", "exp"]);
        // Expiry is checked against the time that the caller gives.
        validation.validate_exp = false;
        validation.validate_aud = false;
        Self {
            keys: Arc::new(RwLock::new(Arc::new(keys))),
            validation: Arc::new(validation),
            verified: Arc::default(),
        }
    }

    /// Signs with other keys from now on.
    pub fn use_keys(&self, keys: KeyRing) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// Signs a token.
    ///
    /// # Errors
    /// When the key can't sign.
    pub fn sign(&self, token: &AccessToken, issuer: &str) -> Result<String, Error> {
        let keys = self.keys();
        let key = keys.signing(token.issued_at);
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(key.kid.clone());
        let (client_id, grant, auth_time) = match token.grant.clone() {
            Some(granted) => (granted.client, Some(granted.id), Some(granted.signed_in_at)),
            None => (None, None, None),
        };
        let claims = Claims {
            iss: issuer.to_owned(),
            // Whoever signs it takes it, too.
            aud: Some(issuer.to_owned()),
            sub: token.user_id.to_string(),
            jti: token.id.clone(),
            iat: token.issued_at.as_millis() / 1000,
            exp: token.expires_at.as_millis() / 1000,
            scope: Some(token.scopes.to_string()),
            client_id,
            grant,
            auth_time: auth_time.map(|time| time.as_millis() / 1000),
        };
        encode(&header, &claims, &key.private)
    }

    /// What a token says, if it is one of ours and has not expired.
    pub fn verify(&self, token: &str, now: Timestamp) -> Option<AccessToken> {
        // Header, claims and signature. API keys have none of these, and come as often.
        if token.bytes().filter(|byte| *byte == b'.').count() != 2 {
            return None;
        }
        let keys = self.keys();
        let fingerprint = fingerprint(token);
        if let Some(known) = self.verified.find(&fingerprint) {
            let counts = keys.named(&known.kid, now).is_some() && now < known.token.expires_at;
            return counts.then(|| known.token.clone());
        }
        let kid = decode_header(token).ok()?.kid?;
        let public = &keys.named(&kid, now)?.public;
        let claims = decode::<Claims>(token, public, &self.validation).ok()?.claims;
        let token = AccessToken::read(claims).filter(|token| now < token.expires_at)?;
        let verified = Verified {
            kid,
            token: token.clone(),
        };
        self.verified.remember(fingerprint, verified);
        Some(token)
    }

    /// The public keys, for whoever wants to check tokens themselves.
    pub fn published(&self, now: Timestamp) -> Vec<Jwk> {
        self.keys().published(now)
    }

    fn keys(&self) -> Arc<KeyRing> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(..)")
    }
}

fn seconds(since_1970: i64) -> Timestamp {
    Timestamp::from_millis(since_1970.saturating_mul(1000))
}

fn whole_seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_millis(moment.as_millis() / 1000 * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::signing_key::SigningKey;
    use jsonwebtoken::EncodingKey;

    const LIFETIME: Duration = Duration::from_secs(60);

    fn tokens() -> Tokens {
        Tokens::new(KeyRing::of(SigningKey::for_tests()))
    }

    fn token_of(user: &UserId, now: Timestamp) -> AccessToken {
        AccessToken::new(user.clone(), None, Scopes::PERSONAL, LIFETIME, now)
    }

    #[test]
    fn a_token_names_its_algorithm_type_and_key() {
        let tokens = tokens();
        let now = Timestamp::now();
        let token = tokens.sign(&token_of(&UserId::new(), now), ISSUER).unwrap();
        let header = decode_header(&token).unwrap();
        assert_eq!(header.alg, Algorithm::RS256);
        assert_eq!(header.typ.as_deref(), Some("JWT"));
        assert_eq!(header.kid, Some(tokens.keys().signing(now).kid.clone()));
    }

    #[test]
    fn a_token_is_read_back_as_written_until_it_expires() {
        let tokens = tokens();
        let now = Timestamp::from_millis(1_000_000_000_123);
        let grant = Granted {
            id: GrantId::new(),
            client: Some(ClientId::new()),
            signed_in_at: Timestamp::from_millis(999_999_999_000),
        };
        let token = AccessToken::new(UserId::new(), Some(grant), Scopes::PERSONAL, LIFETIME, now);
        let signed = tokens.sign(&token, "https://talk.example").unwrap();
        assert_eq!(tokens.verify(&signed, now), Some(token.clone()));
        assert_eq!(tokens.verify(&signed, now.plus(LIFETIME)), None);
    }

    #[test]
    fn a_changed_token_and_one_signed_otherwise_are_nobodys() {
        let tokens = tokens();
        let now = Timestamp::now();
        let user = UserId::new();
        let token = tokens.sign(&token_of(&user, now), ISSUER).unwrap();
        assert_eq!(tokens.verify(&token, now).unwrap().user_id, user);

        let other = tokens.sign(&token_of(&UserId::new(), now), ISSUER).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        let others: Vec<&str> = other.split('.').collect();
        let spliced = [parts[0], others[1], parts[2]].join(".");
        assert_eq!(tokens.verify(&spliced, now), None);

        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: None,
            sub: user.to_string(),
            jti: String::new(),
            iat: 0,
            exp: i64::MAX / 1000,
            scope: None,
            client_id: None,
            grant: None,
            auth_time: None,
        };
        let mut header = Header::new(Algorithm::HS256);
        header.kid = decode_header(&token).unwrap().kid;
        let symmetric = encode(&header, &claims, &EncodingKey::from_secret(b"x")).unwrap();
        assert_eq!(tokens.verify(&symmetric, now), None);
    }

    #[test]
    fn a_token_that_was_read_before_expires_and_dies_with_its_key_all_the_same() {
        let tokens = tokens();
        let now = Timestamp::from_millis(1_000_000_000_000);
        let token = token_of(&UserId::new(), now);
        let signed = tokens.sign(&token, ISSUER).unwrap();
        for _ in 0..2 {
            assert_eq!(tokens.verify(&signed, now).as_ref(), Some(&token));
        }
        assert_eq!(tokens.verify(&signed, now.plus(LIFETIME)), None);
        let changed = format!("{signed}x");
        assert_eq!(tokens.verify(&changed, now), None);

        let dir = tempfile::tempdir().unwrap();
        tokens.use_keys(KeyRing::load_or_create(dir.path()).unwrap());
        assert_eq!(tokens.verify(&signed, now), None);
        tokens.use_keys(KeyRing::of(SigningKey::for_tests()));
        assert_eq!(tokens.verify(&signed, now), Some(token));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            static TOKENS: std::sync::LazyLock<Tokens> = std::sync::LazyLock::new(tokens);
            proptest::prop_assert_eq!(TOKENS.verify(&text, Timestamp::from_millis(0)), None);
        }
    }
}
