use std::time::Duration;

use serde_json::{Value, json};

use super::authorization::AuthorizationRequest;
use super::client::NewClient;
use super::issue::{ACCESS_LIFETIME, CODE_LIFETIME, REFRESH_LIFETIME};
use super::*;
use crate::accounts::api_keys::NewKey;
use crate::accounts::key_ring::KeyRing;
use crate::accounts::scope::{Scope, Scopes};
use crate::accounts::signing_key::SigningKey;
use crate::accounts::{AccountError, Accounts, Credential};
use crate::clock::Timestamp;
use crate::storage::clients::Client;
use crate::storage::tests::database;
use crate::storage::users::User;

const ISSUER: &str = "https://talk.example";
const REDIRECT: &str = "https://yourapp.com/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// A server with one user who is signed in, and one public client.
struct Scene {
    server: AuthorizationServer,
    accounts: Accounts,
    client: Client,
    user: User,
    cookie: String,
    _dir: tempfile::TempDir,
}

async fn scene() -> Scene {
    let (database, dir) = database().await;
    let tokens = Tokens::new(KeyRing::of(SigningKey::for_tests()));
    let accounts = Accounts::new(database.clone(), tokens.clone());
    let server = AuthorizationServer::new(database.clone(), tokens);
    let user = User::with_email("ann@example.com", NOW);
    database.add_user(&user).await.unwrap();
    let cookie = accounts.open_session(&user, NOW).await.unwrap().expose().to_owned();
    let client = register(&server, false).await.0;
    Scene {
        server,
        accounts,
        client,
        user,
        cookie,
        _dir: dir,
    }
}

async fn register(server: &AuthorizationServer, is_confidential: bool) -> (Client, Option<crate::config::Secret>) {
    let new = NewClient {
        name: "Your app".to_owned(),
        redirect_uris: vec![REDIRECT.to_owned()],
        scopes: Scopes::PERSONAL.with(Scope::Admin),
        is_confidential,
    };
    server.register(new, NOW).await.unwrap()
}

impl Scene {
    fn request(&self, scopes: Scopes) -> AuthorizationRequest {
        AuthorizationRequest {
            client: self.client.clone(),
            redirect_uri: REDIRECT.to_owned(),
            state: None,
            scopes,
            code_challenge: CHALLENGE.to_owned(),
        }
    }

    async fn code(&self) -> String {
        let session = self.accounts.session(&self.cookie, NOW).await.unwrap().unwrap();
        let request = self.request(Scopes::PERSONAL);
        self.server.allow(&request, &session, NOW).await.unwrap().unwrap()
    }

    async fn exchange(&self, code: &str, verifier: &str, now: Timestamp) -> Result<Value, OAuthError> {
        let response = self
            .server
            .exchange(&self.client, code, REDIRECT, verifier, ISSUER, now)
            .await?;
        Ok(serde_json::to_value(response).unwrap())
    }

    async fn refresh(&self, token: &Value, scopes: Option<&str>, now: Timestamp) -> Result<Value, OAuthError> {
        let token = token["refresh_token"].as_str().unwrap();
        let response = self.server.refresh(&self.client, token, scopes, ISSUER, now).await?;
        Ok(serde_json::to_value(response).unwrap())
    }

    async fn is_let_in(&self, tokens: &Value, now: Timestamp) -> bool {
        let token = tokens["access_token"].as_str().unwrap();
        match self.accounts.authenticate(token, now).await {
            Ok(principal) => {
                assert_eq!(principal.user.id, self.user.id);
                assert!(matches!(principal.credential, Credential::Application { .. }));
                true
            }
            Err(AccountError::UnknownCredential) => false,
            Err(error) => panic!("{error}"),
        }
    }
}

fn code_of(result: Result<Value, OAuthError>) -> &'static str {
    result.unwrap_err().code()
}

#[tokio::test]
async fn a_code_is_exchanged_for_the_five_keys() {
    let scene = scene().await;
    let code = scene.code().await;
    let tokens = scene.exchange(&code, VERIFIER, NOW).await.unwrap();
    let keys: Vec<&String> = tokens.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["access_token", "expires_in", "refresh_token", "scope", "token_type"]
    );
    assert_eq!(tokens["expires_in"], 3600);
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["scope"], "read_profile manage_conversations read_progress");
    assert!(tokens["refresh_token"].as_str().unwrap().len() > 80);
    assert!(scene.is_let_in(&tokens, NOW).await);
    assert!(!scene.is_let_in(&tokens, NOW.plus(ACCESS_LIFETIME)).await);
}

#[tokio::test]
async fn a_code_that_comes_twice_voids_what_the_first_got() {
    let scene = scene().await;
    let code = scene.code().await;
    let tokens = scene.exchange(&code, VERIFIER, NOW).await.unwrap();
    assert_eq!(code_of(scene.exchange(&code, VERIFIER, NOW).await), "invalid_grant");
    assert!(!scene.is_let_in(&tokens, NOW).await);
    assert_eq!(code_of(scene.refresh(&tokens, None, NOW).await), "invalid_grant");
}

#[tokio::test]
async fn a_code_is_for_its_client_verifier_and_redirect_and_for_a_minute() {
    let scene = scene().await;
    let code = scene.code().await;
    let wrong = "x".repeat(43);
    assert_eq!(code_of(scene.exchange(&code, &wrong, NOW).await), "invalid_grant");
    assert_eq!(code_of(scene.exchange("other", VERIFIER, NOW).await), "invalid_grant");
    let late = NOW.plus(CODE_LIFETIME);
    assert_eq!(code_of(scene.exchange(&code, VERIFIER, late).await), "invalid_grant");
    let other = register(&scene.server, false).await.0;
    let elsewhere = scene
        .server
        .exchange(&other, &code, REDIRECT, VERIFIER, ISSUER, NOW)
        .await;
    assert_eq!(elsewhere.err().unwrap().code(), "invalid_grant");
    let elsewhere = scene
        .server
        .exchange(&scene.client, &code, "https://x", VERIFIER, ISSUER, NOW)
        .await;
    assert_eq!(elsewhere.err().unwrap().code(), "invalid_grant");
    scene.exchange(&code, VERIFIER, NOW).await.unwrap();
}

#[tokio::test]
async fn a_refresh_token_rotates_and_its_reuse_voids_the_family() {
    let scene = scene().await;
    let code = scene.code().await;
    let first = scene.exchange(&code, VERIFIER, NOW).await.unwrap();
    let second = scene.refresh(&first, None, NOW).await.unwrap();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let third = scene.refresh(&second, None, NOW).await.unwrap();
    assert!(scene.is_let_in(&third, NOW).await);

    assert_eq!(code_of(scene.refresh(&first, None, NOW).await), "invalid_grant");
    for tokens in [&first, &second, &third] {
        assert!(!scene.is_let_in(tokens, NOW).await);
    }
    assert_eq!(code_of(scene.refresh(&third, None, NOW).await), "invalid_grant");
}

#[tokio::test]
async fn of_two_who_refresh_at_once_at_most_one_is_served() {
    let scene = scene().await;
    let code = scene.code().await;
    let tokens = scene.exchange(&code, VERIFIER, NOW).await.unwrap();
    let (one, other) = tokio::join!(scene.refresh(&tokens, None, NOW), scene.refresh(&tokens, None, NOW));
    assert!(one.is_err() || other.is_err());
    assert!(!scene.is_let_in(&tokens, NOW).await);
}

#[tokio::test]
async fn a_refresh_may_ask_for_less_and_not_for_more() {
    let scene = scene().await;
    let code = scene.code().await;
    let tokens = scene.exchange(&code, VERIFIER, NOW).await.unwrap();
    assert_eq!(
        code_of(scene.refresh(&tokens, Some("admin"), NOW).await),
        "invalid_scope"
    );
    assert_eq!(code_of(scene.refresh(&tokens, Some("fly"), NOW).await), "invalid_scope");
    let less = scene.refresh(&tokens, Some("read_profile"), NOW).await.unwrap();
    assert_eq!(less["scope"], "read_profile");
    let principal = scene
        .accounts
        .authenticate(less["access_token"].as_str().unwrap(), NOW)
        .await
        .unwrap();
    assert_eq!(principal.scopes, Scopes::NONE.with(Scope::ReadProfile));
    let again = scene.refresh(&less, None, NOW).await.unwrap();
    assert_eq!(again["scope"], tokens["scope"]);
    let late = NOW.plus(REFRESH_LIFETIME);
    assert_eq!(code_of(scene.refresh(&again, None, late).await), "invalid_grant");
}

#[tokio::test]
async fn nobody_allows_what_they_may_not_do_themselves() {
    let scene = scene().await;
    let session = scene.accounts.session(&scene.cookie, NOW).await.unwrap().unwrap();
    let request = scene.request(Scopes::PERSONAL.with(Scope::Admin));
    let refusal = scene.server.allow(&request, &session, NOW).await.unwrap().unwrap_err();
    assert_eq!(refusal.error, "invalid_scope");
}

#[tokio::test]
async fn revoking_any_token_of_a_family_voids_all_and_the_keys_that_were_made_with_them() {
    let scene = scene().await;
    for which in ["access_token", "refresh_token"] {
        let code = scene.code().await;
        let tokens = scene.exchange(&code, VERIFIER, NOW).await.unwrap();
        let principal = scene
            .accounts
            .authenticate(tokens["access_token"].as_str().unwrap(), NOW)
            .await
            .unwrap();
        let new = NewKey {
            name: "made by an app".to_owned(),
            scopes: None,
            expires_at: None,
        };
        let key = scene.accounts.issue_key(&principal, new, NOW).await.unwrap();
        scene.accounts.authenticate(key.secret.expose(), NOW).await.unwrap();

        let token = tokens[which].as_str().unwrap();
        let other = register(&scene.server, false).await.0;
        let refusal = scene.server.revoke(&other, token, NOW).await;
        assert!(matches!(refusal, Err(OAuthError::UnauthorizedClient(_))));
        assert!(scene.is_let_in(&tokens, NOW).await);

        scene.server.revoke(&scene.client, token, NOW).await.unwrap();
        assert!(!scene.is_let_in(&tokens, NOW).await);
        let refusal = scene.accounts.authenticate(key.secret.expose(), NOW).await;
        assert!(matches!(refusal, Err(AccountError::UnknownCredential)));
        assert_eq!(code_of(scene.refresh(&tokens, None, NOW).await), "invalid_grant");
        scene.server.revoke(&scene.client, token, NOW).await.unwrap();
    }
    scene.server.revoke(&scene.client, "unknown", NOW).await.unwrap();
}

#[tokio::test]
async fn a_key_that_was_made_while_the_grant_was_taken_back_opens_nothing() {
    let scene = scene().await;
    let code = scene.code().await;
    let tokens = scene.exchange(&code, VERIFIER, NOW).await.unwrap();
    let token = tokens["access_token"].as_str().unwrap();
    // Let in just before.
    let principal = scene.accounts.authenticate(token, NOW).await.unwrap();
    scene.server.revoke(&scene.client, token, NOW).await.unwrap();
    let new = NewKey {
        name: "made by an app".to_owned(),
        scopes: None,
        expires_at: None,
    };
    let key = scene.accounts.issue_key(&principal, new, NOW).await.unwrap();
    let refusal = scene.accounts.authenticate(key.secret.expose(), NOW).await;
    assert!(matches!(refusal, Err(AccountError::UnknownCredential)));
}

#[tokio::test]
async fn a_client_is_told_about_its_own_tokens_alone() {
    let scene = scene().await;
    let code = scene.code().await;
    let tokens = scene.exchange(&code, VERIFIER, NOW).await.unwrap();
    let inactive = json!({"active": false});
    let other = register(&scene.server, true).await.0;
    for which in ["access_token", "refresh_token"] {
        let token = tokens[which].as_str().unwrap();
        let told = scene
            .server
            .introspect(&scene.client, token, ISSUER, NOW)
            .await
            .unwrap();
        assert_eq!(told["active"], true, "{which}");
        assert_eq!(told["sub"], scene.user.id.as_str());
        assert_eq!(told["scope"], tokens["scope"]);
        // A refresh token has no type of its own.
        let (kind, audience) = match which {
            "access_token" => (json!("Bearer"), json!(ISSUER)),
            _ => (Value::Null, Value::Null),
        };
        assert_eq!((&told["token_type"], &told["aud"]), (&kind, &audience));
        let told = scene.server.introspect(&other, token, ISSUER, NOW).await.unwrap();
        assert_eq!(told, inactive);
    }
    scene.refresh(&tokens, None, NOW).await.unwrap();
    let used = tokens["refresh_token"].as_str().unwrap();
    let told = scene.server.introspect(&scene.client, used, ISSUER, NOW).await.unwrap();
    assert_eq!(told, inactive);
    let told = scene.server.introspect(&scene.client, "x", ISSUER, NOW).await.unwrap();
    assert_eq!(told, inactive);
}

#[tokio::test]
async fn a_confidential_client_needs_its_secret_and_a_public_one_has_none() {
    use super::client::ClientCredentials;
    use super::parameters::Parameters;

    let scene = scene().await;
    let (confidential, secret) = register(&scene.server, true).await;
    let secret = secret.unwrap();
    let show = async |id: &str, secret: &str| {
        let body = format!("client_id={id}&client_secret={secret}");
        let credentials = ClientCredentials::read(None, &Parameters::of_query(body.as_bytes())).unwrap();
        scene.server.authenticate(&credentials).await
    };
    let (id, public) = (confidential.id.as_str(), scene.client.id.as_str());
    assert_eq!(show(id, secret.expose()).await.unwrap(), confidential);
    assert_eq!(show(public, "").await.unwrap(), scene.client);
    for (id, secret) in [(id, ""), (id, "wrong"), (public, "any"), ("client_none", "")] {
        assert!(
            matches!(show(id, secret).await, Err(OAuthError::InvalidClient)),
            "{id} {secret}"
        );
    }
}

#[tokio::test]
async fn signing_out_voids_the_browsers_tokens_and_another_password_everything() {
    let scene = scene().await;
    let session = scene.accounts.session(&scene.cookie, NOW).await.unwrap().unwrap();
    let (token, _) = scene.accounts.session_token(&session, None, ISSUER, NOW).unwrap();
    let principal = scene.accounts.authenticate(token.expose(), NOW).await.unwrap();
    assert!(matches!(principal.credential, Credential::Session { signed_in_at, .. } if signed_in_at == NOW));
    scene.accounts.sign_out(&session, NOW).await.unwrap();
    assert!(scene.accounts.session(&scene.cookie, NOW).await.unwrap().is_none());
    assert!(scene.accounts.authenticate(token.expose(), NOW).await.is_err());

    let cookie = scene.accounts.open_session(&scene.user, NOW).await.unwrap();
    let session = scene.accounts.session(cookie.expose(), NOW).await.unwrap().unwrap();
    let request = scene.request(Scopes::PERSONAL);
    let code = scene.server.allow(&request, &session, NOW).await.unwrap().unwrap();
    let tokens = scene.exchange(&code, VERIFIER, NOW).await.unwrap();
    let password = crate::config::Secret::new("another password");
    scene
        .accounts
        .change_password(&scene.user, password, NOW)
        .await
        .unwrap();
    assert!(scene.accounts.session(cookie.expose(), NOW).await.unwrap().is_none());
    assert!(!scene.is_let_in(&tokens, NOW).await);
}

#[tokio::test]
async fn what_has_expired_is_forgotten_and_what_lives_is_not() {
    let scene = scene().await;
    let code = scene.code().await;
    let tokens = scene.exchange(&code, VERIFIER, NOW).await.unwrap();
    let day = Duration::from_secs(24 * 60 * 60);
    scene.server.database.forget_expired(NOW.plus(day)).await.unwrap();
    let rotated = scene.refresh(&tokens, None, NOW.plus(day)).await.unwrap();
    assert!(
        scene
            .accounts
            .session(&scene.cookie, NOW.plus(day))
            .await
            .unwrap()
            .is_some()
    );

    let late = NOW.plus(day).plus(REFRESH_LIFETIME).plus(day);
    scene.server.database.forget_expired(late).await.unwrap();
    assert!(!scene.is_let_in(&rotated, NOW).await);
}
