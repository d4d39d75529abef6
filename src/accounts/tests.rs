use super::*;
use crate::accounts::signing_key::SigningKey;
use crate::config::{ConfiguredKey, Secret};
use crate::storage::tests::database;
use crate::storage::users::UserKind;

async fn accounts() -> (Accounts, tempfile::TempDir) {
    let (database, dir) = database().await;
    let tokens = Tokens::new(SigningKey::for_tests());
    (Accounts::new(database, tokens), dir)
}

fn configured(pairs: &[(&str, &str)]) -> AccountsConfig {
    let key = |(key, email): &(&str, &str)| ConfiguredKey {
        key: Secret::new(*key),
        email: (*email).to_owned(),
    };
    AccountsConfig {
        api_keys: pairs.iter().map(key).collect(),
    }
}

#[tokio::test]
async fn a_guest_is_known_by_the_token_for_thirty_days() {
    let (accounts, _dir) = accounts().await;
    let now = Timestamp::now();
    let pass = accounts.admit_guest(now).await.unwrap();
    let principal = accounts.authenticate(&pass.access_token, now).await.unwrap();
    assert_eq!(principal.user, pass.user);
    assert_eq!(principal.credential, Credential::Token);
    assert_eq!(principal.user.kind, UserKind::Guest);
    let last = now.plus(GUEST_LIFETIME - Duration::from_secs(1));
    accounts.authenticate(&pass.access_token, last).await.unwrap();
    let late = now.plus(GUEST_LIFETIME + Duration::from_secs(1));
    let refusal = accounts.authenticate(&pass.access_token, late).await;
    assert!(matches!(refusal, Err(AccountError::UnknownCredential)));
}

#[tokio::test]
async fn a_configured_key_is_its_users_until_it_leaves_the_configuration() {
    let (accounts, _dir) = accounts().await;
    let now = Timestamp::now();
    let both = configured(&[("a.b.c", "ann@example.com"), ("second", "ann@example.com")]);
    accounts.configure(&both, now).await.unwrap();
    accounts.configure(&both, now).await.unwrap();
    let ann = accounts.authenticate("a.b.c", now).await.unwrap();
    assert_eq!(ann.credential, Credential::ApiKey);
    assert_eq!(ann.user.name, "Ann");
    assert_eq!(accounts.authenticate("second", now).await.unwrap().user.id, ann.user.id);

    accounts
        .configure(&configured(&[("second", "ann@example.com")]), now)
        .await
        .unwrap();
    let refusal = accounts.authenticate("a.b.c", now).await;
    assert!(matches!(refusal, Err(AccountError::UnknownCredential)));
    assert_eq!(accounts.authenticate("second", now).await.unwrap().user.id, ann.user.id);
}

#[tokio::test]
async fn who_was_last_seen_long_ago_is_seen_again() {
    let (accounts, _dir) = accounts().await;
    let now = Timestamp::now();
    let pass = accounts.admit_guest(now).await.unwrap();
    let later = now.plus(Duration::from_secs(3600));
    accounts.authenticate(&pass.access_token, later).await.unwrap();
    let seen = accounts
        .authenticate(&pass.access_token, later)
        .await
        .unwrap()
        .user
        .last_active;
    assert_eq!(seen, later);
}

#[tokio::test]
async fn nothing_and_nonsense_are_nobodys_credentials() {
    let (accounts, _dir) = accounts().await;
    for bearer in ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
        let refusal = accounts.authenticate(bearer, Timestamp::now()).await;
        assert!(matches!(refusal, Err(AccountError::UnknownCredential)), "{bearer:?}");
    }
}
