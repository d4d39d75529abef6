//! Applications: registered by an operator, and recognised by their secrets (RFC 6749 section 2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use super::parameters::Parameters;
use super::redirect_uri::{self, RedirectUriError};
use super::{AuthorizationServer, OAuthError};
use crate::accounts::opaque;
use crate::accounts::scope::Scopes;
use crate::clock::Timestamp;
use crate::config::Secret;
use crate::ids::ClientId;
use crate::storage::StorageError;
use crate::storage::clients::Client;

/// An application to be registered.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// What people know it as.
    pub name: String,
    /// Where people may be sent back to.
    pub redirect_uris: Vec<String>,
    /// What it may ask for.
    pub scopes: Scopes,
    /// Whether it can keep a secret: it runs on a server, not with the people who use it.
    pub is_confidential: bool,
}

/// Why an application can't be registered.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// It has no name, or a long one.
    #[error("the name must have 1 to 100 characters")]
    Name,
    /// There is none, or too many.
    #[error("1 to 20 redirect URIs are needed")]
    RedirectUris,
    /// One of them can't be used.
    #[error("the redirect URI {0:?} {1}")]
    RedirectUri(String, RedirectUriError),
    /// Nothing could be asked for.
    #[error("at least one scope is needed")]
    Scopes,
    /// It can't be kept.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// How an application shows which one it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCredentials {
    id: ClientId,
    secret: Option<Secret>,
}

/// Begins every client secret.
const SECRET_PREFIX: &str = "cls_";

impl ClientCredentials {
    /// Reads them out of the `Authorization` header or the body, never both (RFC 6749 section 2.3).
    ///
    /// # Errors
    /// When they are missing, or in both.
    pub fn read(authorization: Option<&str>, parameters: &Parameters) -> Result<Self, OAuthError> {
        let id = parameters.value("client_id");
        let secret = parameters.value("client_secret");
        let Some(header) = authorization else {
            let id = id.ok_or_else(|| OAuthError::InvalidRequest("client_id is missing".to_owned()))?;
            return Ok(Self {
                id: ClientId::parse(id).ok_or(OAuthError::InvalidClient)?,
                secret: secret.map(Secret::new),
            });
        };
        if secret.is_some() {
            let twice = "the client shows its secret both in the header and in the body";
            return Err(OAuthError::InvalidRequest(twice.to_owned()));
        }
        let (named, secret) = basic(header).ok_or(OAuthError::InvalidClient)?;
        if id.is_some_and(|id| id != named) {
            let differ = "the header and client_id name different clients";
            return Err(OAuthError::InvalidRequest(differ.to_owned()));
        }
        Ok(Self {
            id: ClientId::parse(&named).ok_or(OAuthError::InvalidClient)?,
            secret: Some(Secret::new(secret)).filter(|secret| !secret.expose().is_empty()),
        })
    }

    /// The id together with the secret, if there is one.
    fn shown(&self) -> Option<String> {
        let secret = self.secret.as_ref()?;
        Some(format!("{} {}", self.id, secret.expose()))
    }
}

impl AuthorizationServer {
    /// Registers an application; a confidential one gets a secret, told only now.
    ///
    /// # Errors
    /// [`RegistrationError`].
    pub async fn register(
        &self,
        new: NewClient,
        now: Timestamp,
    ) -> Result<(Client, Option<Secret>), RegistrationError> {
        let name = new.name.trim();
        if name.is_empty() || name.chars().count() > 100 || name.contains(char::is_control) {
            return Err(RegistrationError::Name);
        }
        if !(1..=20).contains(&new.redirect_uris.len()) {
            return Err(RegistrationError::RedirectUris);
        }
        for uri in &new.redirect_uris {
            redirect_uri::accept(uri).map_err(|error| RegistrationError::RedirectUri(uri.clone(), error))?;
        }
        if new.scopes.is_empty() {
            return Err(RegistrationError::Scopes);
        }
        let secret = new.is_confidential.then(|| opaque::random::<32>(SECRET_PREFIX));
        let client = Client {
            id: ClientId::new(),
            name: name.to_owned(),
            secret_hash: secret.as_deref().map(opaque::hash),
            redirect_uris: new.redirect_uris,
            scopes: new.scopes,
            created_at: now,
        };
        self.database.add_client(&client).await?;
        tracing::info!(client_id = %client.id, name, "client registered");
        Ok((client, secret.map(Secret::new)))
    }

    /// The application of that id.
    ///
    /// # Errors
    /// When nobody could look.
    pub async fn client(&self, id: &ClientId) -> Result<Option<Client>, StorageError> {
        self.database.client(id).await
    }

    /// All applications, the oldest first.
    ///
    /// # Errors
    /// When nobody could look.
    pub async fn clients(&self) -> Result<Vec<Client>, StorageError> {
        self.database.clients().await
    }

    /// Removes an application; whatever people had allowed it is void at once. Tells whether there was one.
    ///
    /// # Errors
    /// When storage can't be written.
    pub async fn remove_client(&self, id: &ClientId) -> Result<bool, StorageError> {
        self.database.remove_client(id).await
    }

    /// The application that shows these credentials: a confidential one with its secret, a public one without any.
    ///
    /// # Errors
    /// [`OAuthError::InvalidClient`], or when nobody could look.
    pub async fn authenticate(&self, credentials: &ClientCredentials) -> Result<Client, OAuthError> {
        let client = self.database.client(&credentials.id).await?;
        let client = client.ok_or(OAuthError::InvalidClient)?;
        let is_right = match (&client.secret_hash, &credentials.secret) {
            (None, None) => true,
            (Some(hash), Some(secret)) => opaque::is_same(hash, &opaque::hash(secret.expose())),
            _ => false,
        };
        if let Some(shown) = credentials.shown() {
            if is_right {
                self.proven.remember(&shown);
            } else {
                self.proven.forget(&shown);
            }
        }
        is_right.then_some(client).ok_or(OAuthError::InvalidClient)
    }

    /// The application that shows a secret which was right when it was last shown. What a public one says anyone could say.
    pub fn known<'a>(&self, credentials: &'a ClientCredentials) -> Option<&'a ClientId> {
        let shown = credentials.shown()?;
        self.proven.contains(&shown).then_some(&credentials.id)
    }
}

/// The name and the password of `Basic <credentials>`, each percent-decoded (RFC 6749 section 2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, credentials) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let credentials = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (name, password) = credentials.split_once(':')?;
    Some((form_decoded(name), form_decoded(password)))
}

fn form_decoded(text: &str) -> String {
    // As the name of a pair, up to `=` and `&`, which credentials of ours don't have.
    form_urlencoded::parse(text.as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(authorization: Option<&str>, body: &str) -> Result<ClientCredentials, OAuthError> {
        ClientCredentials::read(authorization, &Parameters::of_query(body.as_bytes()))
    }

    fn header(credentials: &str) -> String {
        format!("Basic {}", STANDARD.encode(credentials))
    }

    #[test]
    fn credentials_are_in_the_header_or_in_the_body() {
        let expected = ClientCredentials {
            id: ClientId::from_text("client_1"),
            secret: Some(Secret::new("cls_x-y")),
        };
        assert_eq!(read(Some(&header("client_1:cls_x-y")), "").unwrap(), expected);
        assert_eq!(
            read(Some(&header("client%5F1:cls_x%2Dy")), "client_id=client_1").unwrap(),
            expected
        );
        assert_eq!(
            read(None, "client_id=client_1&client_secret=cls_x-y").unwrap(),
            expected
        );
        assert_eq!(read(None, "client_id=client_1").unwrap().secret, None);
        assert_eq!(read(Some(&header("client_1:")), "").unwrap().secret, None);
    }

    #[test]
    fn credentials_that_are_missing_or_doubled_are_refused() {
        for (authorization, body) in [
            (None, ""),
            (Some(header("client_1:x")), "client_secret=x"),
            (Some(header("client_1:x")), "client_id=client_2"),
        ] {
            let refusal = read(authorization.as_deref(), body);
            assert!(matches!(refusal, Err(OAuthError::InvalidRequest(_))), "{body}");
        }
        for authorization in ["Basic", "Basic !", "Bearer abc", &header("no colon"), &header("a b:x")] {
            let refusal = read(Some(authorization), "");
            assert!(matches!(refusal, Err(OAuthError::InvalidClient)), "{authorization}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_header_is_read_or_refused(header: String, credentials: String) {
            let _ = read(Some(&header), "");
            let _ = read(Some(&self::header(&credentials)), "");
        }
    }
}
