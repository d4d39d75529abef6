//! What an application asks a person for (RFC 6749 section 4.1.1), checked before anyone is asked.

use super::parameters::Parameters;
use super::{pkce, redirect_uri};
use crate::accounts::scope::Scopes;
use crate::ids::ClientId;
use crate::storage::clients::Client;

/// A request that a person can be asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client: Client,
    /// Where the answer goes: letter by letter as asked.
    pub redirect_uri: String,
    /// What comes back unchanged with it.
    pub state: Option<String>,
    /// What the application wants to do.
    pub scopes: Scopes,
    /// What whoever fetches the code must be able to show the origin of.
    pub code_challenge: String,
}

/// Why a person is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is not certain who asks, or where the answer would go: the person is told, and sent nowhere.
    Shown(&'static str),
    /// The application is told.
    Redirected(Redirected),
}

/// An error that goes back to the application (RFC 6749 section 4.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirected {
    /// Where to.
    pub redirect_uri: String,
    /// What comes back unchanged with it.
    pub state: Option<String>,
    /// What programs read.
    pub error: &'static str,
    /// What people read.
    pub description: String,
}

impl AuthorizationRequest {
    /// The client that a request names.
    pub fn client_id(parameters: &Parameters) -> Option<ClientId> {
        let is_once = !parameters.is_repeated("client_id");
        parameters
            .value("client_id")
            .filter(|_| is_once)
            .and_then(ClientId::parse)
    }

    /// Checks a request of a client.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn check(parameters: &Parameters, client: Option<Client>) -> Result<Self, Refusal> {
        let client = client.ok_or(Refusal::Shown("The application that sent you here is not known."))?;
        let redirect_uri = parameters
            .value("redirect_uri")
            .filter(|_| !parameters.is_repeated("redirect_uri"))
            .filter(|asked| {
                client
                    .redirect_uris
                    .iter()
                    .any(|registered| redirect_uri::is_registered(registered, asked))
            })
            .ok_or(Refusal::Shown(
                "The application that sent you here gave no address of its own to send you back to.",
            ))?
            .to_owned();
        let state = parameters.value("state").map(str::to_owned);
        let refuse = |error: &'static str, description: &str| {
            Err(Refusal::Redirected(Redirected {
                redirect_uri: redirect_uri.clone(),
                state: state.clone(),
                error,
                description: description.to_owned(),
            }))
        };
        if let Some(name) = parameters.repeated() {
            return refuse("invalid_request", &format!("{} is there twice", plain(name)));
        }
        match parameters.value("response_type") {
            Some("code") => {}
            Some(_) => return refuse("unsupported_response_type", "response_type must be code"),
            None => return refuse("invalid_request", "response_type is missing"),
        }
        if parameters.value("request").is_some() {
            return refuse("request_not_supported", "request objects are not read");
        }
        let Some(code_challenge) = parameters.value("code_challenge") else {
            return refuse("invalid_request", "code_challenge is missing");
        };
        // Left out, the method is `plain` (RFC 7636 section 4.3).
        if parameters.value("code_challenge_method") != Some("S256") {
            return refuse("invalid_request", "code_challenge_method must be S256");
        }
        if !pkce::is_challenge(code_challenge) {
            return refuse("invalid_request", "code_challenge is no SHA-256 in URL-safe base64");
        }
        let scopes = match parameters.value("scope").map(Scopes::parse) {
            None => unasked(client.scopes),
            Some(Ok(scopes)) if scopes.is_empty() => unasked(client.scopes),
            Some(Ok(scopes)) => scopes,
            Some(Err(scope)) => return refuse("invalid_scope", &format!("there is no scope {}", plain(&scope))),
        };
        if scopes.and(client.scopes) != scopes {
            return refuse("invalid_scope", "the client may not ask for all of these scopes");
        }
        Ok(Self {
            redirect_uri: redirect_uri.clone(),
            state: state.clone(),
            scopes,
            code_challenge: code_challenge.to_owned(),
            client,
        })
    }

    /// A refusal of this request.
    pub fn refused(&self, error: &'static str, description: &str) -> Redirected {
        Redirected {
            redirect_uri: self.redirect_uri.clone(),
            state: self.state.clone(),
            error,
            description: description.to_owned(),
        }
    }

    /// Where the person is sent with a code. `issuer` says by whom (RFC 9207).
    pub fn answer(&self, code: &str, issuer: &str) -> String {
        answer(&self.redirect_uri, &[("code", code)], self.state.as_deref(), issuer)
    }
}

impl Redirected {
    /// Where the person is sent with the error.
    pub fn location(&self, issuer: &str) -> String {
        let error = [("error", self.error), ("error_description", self.description.as_str())];
        answer(&self.redirect_uri, &error, self.state.as_deref(), issuer)
    }
}

/// What a client gets that names no scope: of what it may ask for, what any person can allow. One that may have nothing of
/// that gets the rest.
fn unasked(scopes: Scopes) -> Scopes {
    let personal = scopes.and(Scopes::PERSONAL);
    if personal.is_empty() { scopes } else { personal }
}

fn answer(uri: &str, parameters: &[(&str, &str)], state: Option<&str>, issuer: &str) -> String {
    let mut all = parameters.to_vec();
    all.extend(state.map(|state| ("state", state)));
    all.push(("iss", issuer));
    redirect_uri::with_parameters(uri, &all)
}

/// The characters of a text that an error description may have (RFC 6749 section 4.1.2.1), and not too many.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\'))
        .take(60)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::scope::Scope;
    use crate::clock::Timestamp;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn client() -> Client {
        Client {
            id: ClientId::from_text("client_1"),
            name: "Your app".to_owned(),
            secret_hash: None,
            redirect_uris: vec!["https://yourapp.com/callback".to_owned()],
            scopes: Scopes::PERSONAL,
            created_at: Timestamp::from_millis(0),
        }
    }

    /// The request of document 000 with some parameters put in place of others; an empty value takes one away.
    fn check(changes: &[(&str, &str)]) -> Result<AuthorizationRequest, Refusal> {
        let mut parameters = vec![
            ("client_id", "client_1"),
            ("redirect_uri", "https://yourapp.com/callback"),
            ("response_type", "code"),
            ("scope", "read_profile,manage_conversations,read_progress"),
            ("state", "random state&"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            match parameters.iter_mut().find(|(known, _)| known == name) {
                Some(parameter) => parameter.1 = value,
                None => parameters.push((name, value)),
            }
        }
        let query = redirect_uri::with_parameters("?", &parameters);
        AuthorizationRequest::check(&Parameters::of_query(&query.as_bytes()[1..]), Some(client()))
    }

    fn error(changes: &[(&str, &str)]) -> &'static str {
        match check(changes) {
            Err(Refusal::Redirected(redirected)) => {
                assert_eq!(redirected.state.as_deref(), Some("random state&"));
                redirected.error
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_documents_request_is_understood_with_commas_or_spaces() {
        let request = check(&[]).unwrap();
        assert_eq!(request.scopes, Scopes::PERSONAL);
        assert_eq!(request.state.as_deref(), Some("random state&"));
        let spaces = check(&[("scope", "read_profile manage_conversations read_progress")]);
        assert_eq!(spaces.unwrap(), request);
        assert_eq!(check(&[("scope", "")]).unwrap().scopes, Scopes::PERSONAL);
    }

    #[test]
    fn who_names_no_scope_asks_for_nothing_that_ordinary_people_cant_allow() {
        let asked = |scopes: Scopes, query: &str| {
            let query = format!(
                "client_id=client_1&redirect_uri=https://yourapp.com/callback&response_type=code&code_challenge={CHALLENGE}\
                 &code_challenge_method=S256{query}"
            );
            let client = Client { scopes, ..client() };
            AuthorizationRequest::check(&Parameters::of_query(query.as_bytes()), Some(client))
                .unwrap()
                .scopes
        };
        let admin = Scopes::parse("admin").unwrap();
        let all = Scopes::PERSONAL.with(Scope::Admin);
        for query in ["", "&scope="] {
            assert_eq!(asked(all, query), Scopes::PERSONAL);
            assert_eq!(asked(admin, query), admin);
        }
        assert_eq!(asked(all, "&scope=admin"), admin);
    }

    #[test]
    fn nobody_is_sent_where_the_client_did_not_say() {
        for changes in [
            [("redirect_uri", "https://evil.example/callback")],
            [("redirect_uri", "https://yourapp.com/callback/")],
            [("redirect_uri", "")],
        ] {
            assert!(matches!(check(&changes), Err(Refusal::Shown(_))), "{changes:?}");
        }
        let unknown = AuthorizationRequest::check(&Parameters::default(), None);
        assert!(matches!(unknown, Err(Refusal::Shown(_))));
        let twice =
            Parameters::of_query(b"redirect_uri=https://yourapp.com/callback&redirect_uri=https://evil.example");
        let twice = AuthorizationRequest::check(&twice, Some(client()));
        assert!(matches!(twice, Err(Refusal::Shown(_))));
    }

    #[test]
    fn what_is_wrong_with_the_rest_is_told_to_the_client() {
        for (changes, code) in [
            ([("response_type", "")], "invalid_request"),
            ([("response_type", "token")], "unsupported_response_type"),
            ([("code_challenge", "")], "invalid_request"),
            ([("code_challenge", "short")], "invalid_request"),
            ([("code_challenge_method", "")], "invalid_request"),
            ([("code_challenge_method", "plain")], "invalid_request"),
            ([("scope", "read_profile fly")], "invalid_scope"),
            ([("scope", "admin")], "invalid_scope"),
            ([("request", "eyJ")], "request_not_supported"),
        ] {
            assert_eq!(error(&changes), code, "{changes:?}");
        }
    }

    #[test]
    fn the_answer_carries_code_state_and_issuer() {
        let request = check(&[]).unwrap();
        assert_eq!(
            request.answer("abc", "https://talk.example"),
            "https://yourapp.com/callback?code=abc&state=random+state%26&iss=https%3A%2F%2Ftalk.example"
        );
        let denied = request.refused("access_denied", "the person said no");
        assert_eq!(
            denied.location("https://talk.example"),
            "https://yourapp.com/callback?error=access_denied&error_description=the+person+said+no\
             &state=random+state%26&iss=https%3A%2F%2Ftalk.example"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_query_is_understood_or_refused(query: Vec<u8>) {
            let _ = AuthorizationRequest::check(&Parameters::of_query(&query), Some(client()));
        }
    }
}
