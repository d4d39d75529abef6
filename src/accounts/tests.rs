use super::*;
use crate::accounts::api_keys::NewKey;
use crate::accounts::guests::GuestPass;
use crate::accounts::key_ring::KeyRing;
use crate::accounts::signing_key::SigningKey;
use crate::config::{ConfiguredKey, Secret};
use crate::storage;
use crate::storage::grants::{AuthorizationCode, Grant};
use crate::storage::profile::ProfileChange;
use crate::storage::tests::{database, database_of_two};
use crate::storage::users::UserKind;

async fn accounts() -> (Accounts, tempfile::TempDir) {
    let (database, dir) = database().await;
    let tokens = Tokens::new(KeyRing::of(SigningKey::for_tests()));
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
    assert_eq!(principal.credential, Credential::Guest);
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
    assert!(matches!(ann.credential, Credential::ApiKey(_)));
    assert_eq!(ann.scopes, Scopes::PERSONAL);
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

const KEY: NewKey = NewKey {
    name: String::new(),
    scopes: None,
    expires_at: None,
};

/// Someone with a configured key.
async fn ann(accounts: &Accounts, now: Timestamp) -> Principal {
    let keys = configured(&[("ann's key", "ann@example.com")]);
    accounts.configure(&keys, now).await.unwrap();
    accounts.authenticate("ann's key", now).await.unwrap()
}

#[tokio::test]
async fn two_keys_of_a_person_live_until_each_is_revoked() {
    let (accounts, _dir) = accounts().await;
    let now = Timestamp::now();
    let ann = ann(&accounts, now).await;
    let first = accounts.issue_key(&ann, KEY, now).await.unwrap();
    let second = accounts.issue_key(&ann, KEY, now).await.unwrap();
    assert!(first.secret.expose().starts_with(&first.key.prefix));
    for key in [&first, &second] {
        let principal = accounts.authenticate(key.secret.expose(), now).await.unwrap();
        assert_eq!(principal.user.id, ann.user.id);
        assert_eq!(principal.credential, Credential::ApiKey(key.key.id.clone()));
    }
    let kept = accounts.keys(&ann.user.id).await.unwrap();
    assert_eq!(kept.len(), 3);
    assert_eq!(kept[1..], [first.key.clone(), second.key.clone()]);

    accounts.revoke_key(&ann.user.id, &first.key.id).await.unwrap();
    let refusal = accounts.authenticate(first.secret.expose(), now).await;
    assert!(matches!(refusal, Err(AccountError::UnknownCredential)));
    accounts.authenticate(second.secret.expose(), now).await.unwrap();
    let again = accounts.revoke_key(&ann.user.id, &first.key.id).await;
    assert!(matches!(again, Err(AccountError::NotFound(_))));
}

#[tokio::test]
async fn a_key_is_good_for_no_more_and_no_longer_than_the_key_that_made_it() {
    let (accounts, _dir) = accounts().await;
    let now = Timestamp::now();
    let ann = ann(&accounts, now).await;
    let minute = now.plus(Duration::from_secs(60));
    let narrow = NewKey {
        scopes: Some(Scopes::NONE.with(Scope::ReadProfile)),
        expires_at: Some(minute),
        ..KEY
    };
    let narrow = accounts.issue_key(&ann, narrow, now).await.unwrap();
    let holder = accounts.authenticate(narrow.secret.expose(), now).await.unwrap();
    assert_eq!(holder.scopes, Scopes::NONE.with(Scope::ReadProfile));
    assert!(holder.require(Scope::ReadProgress).is_err());

    let child = accounts.issue_key(&holder, KEY, now).await.unwrap();
    assert_eq!((child.key.scopes, child.key.expires_at), (holder.scopes, Some(minute)));
    let wider = NewKey {
        scopes: Some(Scopes::PERSONAL),
        ..KEY
    };
    let refusal = accounts.issue_key(&holder, wider, now).await;
    assert!(matches!(refusal, Err(AccountError::MissingScope(_))));
    let admin = NewKey {
        scopes: Some(Scopes::NONE.with(Scope::Admin)),
        ..KEY
    };
    let refusal = accounts.issue_key(&ann, admin, now).await;
    assert!(matches!(refusal, Err(AccountError::MissingScope(_))));
    let refusal = accounts.authenticate(child.secret.expose(), minute).await;
    assert!(matches!(refusal, Err(AccountError::UnknownCredential)));
}

#[tokio::test]
async fn a_key_dies_with_the_key_that_made_it_and_none_is_made_with_one_that_is_void() {
    let (accounts, _dir) = accounts().await;
    let now = Timestamp::now();
    let ann = ann(&accounts, now).await;
    let parent = accounts.issue_key(&ann, KEY, now).await.unwrap();
    let by_parent = accounts.authenticate(parent.secret.expose(), now).await.unwrap();
    let child = accounts.issue_key(&by_parent, KEY, now).await.unwrap();
    let by_child = accounts.authenticate(child.secret.expose(), now).await.unwrap();
    let grandchild = accounts.issue_key(&by_child, KEY, now).await.unwrap();
    // The configured key stays what it was, and what was made with it.
    self::ann(&accounts, now).await;
    accounts.authenticate(grandchild.secret.expose(), now).await.unwrap();

    accounts.revoke_key(&ann.user.id, &parent.key.id).await.unwrap();
    for key in [&parent, &child, &grandchild] {
        let refusal = accounts.authenticate(key.secret.expose(), now).await;
        assert!(matches!(refusal, Err(AccountError::UnknownCredential)));
    }
    let late = accounts.issue_key(&by_child, KEY, now).await;
    assert!(matches!(late, Err(AccountError::UnknownCredential)));
    // Let in just before it was revoked.
    let orphan = storage::api_keys::ApiKey {
        id: ApiKeyId::new(),
        ..child.key
    };
    let added = accounts.database.add_api_key(&orphan, "hash", 100).await.unwrap();
    assert_eq!(added, storage::api_keys::Addition::Orphaned);

    accounts.configure(&configured(&[]), now).await.unwrap();
    assert_eq!(accounts.keys(&ann.user.id).await.unwrap(), []);
}

#[tokio::test]
async fn of_many_keys_that_are_made_at_once_no_more_are_made_than_there_may_be() {
    let (accounts, _dir) = accounts().await;
    let now = Timestamp::now();
    let ann = ann(&accounts, now).await;
    let template = accounts.issue_key(&ann, KEY, now).await.unwrap().key;
    let add = async |number: u32| {
        let key = storage::api_keys::ApiKey {
            id: ApiKeyId::new(),
            ..template.clone()
        };
        let added = accounts.database.add_api_key(&key, &format!("hash {number}"), 5).await;
        added.unwrap() == storage::api_keys::Addition::Added
    };
    let added = futures::future::join_all((0..12).map(add)).await;
    // Two were there.
    assert_eq!(added.iter().filter(|added| **added).count(), 3);
}

#[tokio::test]
async fn guests_of_whom_nothing_is_heard_are_forgotten_with_their_sound() {
    use crate::audio::{AudioName, AudioStore};
    use crate::ids::ConversationId;
    use crate::storage::conversations::tests::conversation_of;
    use crate::storage::messages::{Message, Sender};

    let (accounts, _dir) = accounts().await;
    let dir = tempfile::tempdir().unwrap();
    let audio = AudioStore::open(dir.path()).unwrap();
    let now = Timestamp::now();
    let past = now.earlier(GUEST_LIFETIME + Duration::from_secs(1));
    let before = now.earlier(GUEST_LIFETIME);
    let said = async |guest: &User, at: Timestamp| -> ConversationId {
        let mut conversation = conversation_of(&guest.id);
        conversation.created_at = past;
        conversation.last_turn_at = past;
        let opener = Message::new(conversation.id.clone(), Sender::Ai, "x", at);
        let database = &accounts.database;
        database.add_conversation(&conversation, &opener).await.unwrap();
        let name = AudioName::of(&conversation.id, "initial").unwrap();
        audio.write(&name, b"sound".to_vec()).await.unwrap();
        conversation.id
    };
    let guest = async |at: Timestamp| accounts.admit_guest(at).await.unwrap();
    let (silent, heard, seen, claimed) = (
        guest(past).await,
        guest(past).await,
        guest(now).await,
        guest(past).await,
    );
    let gone = said(&silent.user, past).await;
    let kept = [
        said(&heard.user, before).await,
        said(&seen.user, past).await,
        said(&claimed.user, past).await,
    ];
    let ann = ann(&accounts, now).await;
    let token = &claimed.access_token;
    let claim = accounts.claim_guest(&ann.user, &claimed.user.id, token, past);
    claim.await.unwrap();
    // One more batch than one.
    for _ in 0..64 {
        guest(past).await;
    }

    assert_eq!(accounts.forget_guests(&audio, before).await.unwrap(), 65);
    assert_eq!(accounts.forget_guests(&audio, before).await.unwrap(), 0);
    assert_eq!(accounts.database.user(&silent.user.id).await.unwrap(), None);
    assert!(accounts.database.conversation(&gone).await.unwrap().is_none());
    let mut files: Vec<String> = kept.iter().map(|id| format!("{id}/initial.mp3")).collect();
    files.sort();
    let all: Vec<ConversationId> = kept.iter().cloned().chain([gone]).collect();
    assert_eq!(audio.files(&all).await.unwrap(), files);
    for id in &kept {
        assert!(accounts.database.conversation(id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn the_sound_of_an_organisation_goes_with_it() {
    use crate::audio::{AudioName, AudioStore};
    use crate::storage::conversations::tests::conversation_of;
    use crate::storage::messages::{Message, Sender};

    let (accounts, _dir) = accounts().await;
    let dir = tempfile::tempdir().unwrap();
    let audio = AudioStore::open(dir.path()).unwrap();
    let now = Timestamp::now();
    let school = accounts.add_organisation("School".to_owned(), None, now).await.unwrap();
    let conversation = conversation_of(&school.account_id);
    let opener = Message::new(conversation.id.clone(), Sender::Ai, "x", now);
    let added = accounts.database.add_conversation(&conversation, &opener);
    added.await.unwrap();
    let name = AudioName::of(&conversation.id, "initial").unwrap();
    audio.write(&name, b"sound".to_vec()).await.unwrap();
    assert!(accounts.remove_organisation(&school, &audio).await.unwrap());
    assert!(!audio.path(&name).exists());
    assert!(accounts.database.organisation(&school.id).await.unwrap().is_none());
    assert!(!accounts.remove_organisation(&school, &audio).await.unwrap());
}

#[tokio::test]
async fn a_key_revokes_no_key_that_is_good_for_more_but_a_person_revokes_any() {
    let (accounts, _dir) = accounts().await;
    let now = Timestamp::now();
    let ann = ann(&accounts, now).await;
    let narrow = NewKey {
        scopes: Some(Scopes::NONE.with(Scope::ReadProfile)),
        ..KEY
    };
    let narrow = accounts.issue_key(&ann, narrow, now).await.unwrap();
    let wide = accounts.issue_key(&ann, KEY, now).await.unwrap();
    let holder = accounts.authenticate(narrow.secret.expose(), now).await.unwrap();
    let refusal = accounts.revoke_key_for(&holder, &wide.key.id).await;
    assert!(matches!(refusal, Err(AccountError::MissingScope(_))));
    let app = Principal {
        credential: Credential::Application {
            grant: GrantId::new(),
            client: ClientId::new(),
        },
        ..ann.clone()
    };
    assert_eq!(accounts.keys_for(&app).await.unwrap(), []);
    let refusal = accounts.revoke_key_for(&app, &wide.key.id).await;
    assert!(matches!(refusal, Err(AccountError::NotFound(_))));
    let by_hand = Principal {
        credential: Credential::Session {
            grant: GrantId::new(),
            signed_in_at: now,
        },
        scopes: Scopes::NONE.with(Scope::ReadProfile),
        ..ann
    };
    accounts.revoke_key_for(&by_hand, &wide.key.id).await.unwrap();
    accounts.revoke_key_for(&holder, &narrow.key.id).await.unwrap();
}

#[tokio::test]
async fn admin_is_a_scope_for_as_long_as_one_is_an_admin() {
    let (accounts, _dir) = accounts().await;
    let now = Timestamp::now();
    let mut user = User::with_email("root@example.com", now);
    user.role = Role::Admin;
    accounts.database.add_user(&user).await.unwrap();
    let admin = NewKey {
        scopes: Some(Scopes::PERSONAL.with(Scope::Admin)),
        ..KEY
    };
    let key = accounts.issue_key_for(&user.id, admin, now).await.unwrap();
    let root = accounts.authenticate(key.secret.expose(), now).await.unwrap();
    root.require(Scope::Admin).unwrap();

    accounts.database.set_role(&user.id, Role::User).await.unwrap();
    let root = accounts.authenticate(key.secret.expose(), now).await.unwrap();
    assert_eq!(root.scopes, Scopes::PERSONAL);
}

#[tokio::test]
async fn a_guest_has_no_keys() {
    let (accounts, _dir) = accounts().await;
    let now = Timestamp::now();
    let pass = accounts.admit_guest(now).await.unwrap();
    let guest = accounts.authenticate(&pass.access_token, now).await.unwrap();
    let refusal = accounts.issue_key(&guest, KEY, now).await;
    assert!(matches!(refusal, Err(AccountError::Forbidden(_))));
}

#[tokio::test]
async fn a_guest_is_claimed_with_the_guests_own_token_alone() {
    let (accounts, _dir) = accounts().await;
    let now = Timestamp::now();
    let ann = ann(&accounts, now).await;
    let GuestPass { user, access_token, .. } = accounts.admit_guest(now).await.unwrap();
    let other = accounts.admit_guest(now).await.unwrap();
    for (guest, token) in [
        (&user.id, other.access_token.as_str()),
        (&user.id, "ann's key"),
        (&user.id, ""),
        (&ann.user.id, &access_token),
    ] {
        let refusal = accounts.claim_guest(&ann.user, guest, token, now).await;
        assert!(matches!(refusal, Err(AccountError::NotFound(_))), "{token}");
    }
    let by_guest = accounts.claim_guest(&other.user, &user.id, &access_token, now).await;
    assert!(matches!(by_guest, Err(AccountError::Forbidden(_))));

    for _ in 0..2 {
        accounts
            .claim_guest(&ann.user, &user.id, &access_token, now)
            .await
            .unwrap();
    }
    let refusal = accounts.authenticate(&access_token, now).await;
    assert!(matches!(refusal, Err(AccountError::UnknownCredential)));
}

/// Accounts of one process, and the database as another has it.
async fn accounts_and_other() -> (Accounts, Database, tempfile::TempDir) {
    let (database, other, dir) = database_of_two().await;
    let tokens = Tokens::new(KeyRing::of(SigningKey::for_tests()));
    (Accounts::new(database, tokens), other, dir)
}

#[tokio::test]
async fn a_key_that_was_good_is_refused_as_soon_as_another_process_has_removed_it() {
    let (accounts, other, _dir) = accounts_and_other().await;
    let now = Timestamp::now();
    let ann = ann(&accounts, now).await;
    let key = accounts.issue_key(&ann, KEY, now).await.unwrap();
    for _ in 0..3 {
        accounts.authenticate(key.secret.expose(), now).await.unwrap();
    }
    assert!(other.remove_api_key(&ann.user.id, &key.key.id).await.unwrap());
    let refusal = accounts.authenticate(key.secret.expose(), now).await;
    assert!(matches!(refusal, Err(AccountError::UnknownCredential)));
}

#[tokio::test]
async fn a_token_that_was_good_is_refused_as_soon_as_another_process_has_revoked_its_grant() {
    let (accounts, other, _dir) = accounts_and_other().await;
    let now = Timestamp::now();
    let ann = ann(&accounts, now).await;
    let grant = Grant {
        id: GrantId::new(),
        user_id: ann.user.id.clone(),
        client_id: None,
        scopes: Scopes::PERSONAL,
        signed_in_at: now,
        created_at: now,
        revoked_at: None,
    };
    let code = AuthorizationCode {
        hash: String::new(),
        grant: grant.clone(),
        redirect_uri: String::new(),
        code_challenge: String::new(),
        expires_at: now,
        is_used: false,
    };
    other.add_authorization_code(&code).await.unwrap();
    let granted = token::Granted {
        id: grant.id.clone(),
        client: None,
        signed_in_at: now,
    };
    let lifetime = Duration::from_secs(60);
    let token = AccessToken::new(ann.user.id.clone(), Some(granted), Scopes::PERSONAL, lifetime, now);
    let signed = accounts.tokens.sign(&token, token::ISSUER).unwrap();
    for _ in 0..3 {
        accounts.authenticate(&signed, now).await.unwrap();
    }
    other.revoke_grant(&grant.id, now).await.unwrap();
    let refusal = accounts.authenticate(&signed, now).await;
    assert!(matches!(refusal, Err(AccountError::UnknownCredential)));
}

#[tokio::test]
async fn what_another_process_changes_of_a_person_is_seen_at_once() {
    let (accounts, other, _dir) = accounts_and_other().await;
    let now = Timestamp::now();
    let ann = ann(&accounts, now).await;
    assert_eq!(ann.user.name, "Ann");
    let change = ProfileChange {
        name: Some("Anna".to_owned()),
        ..ProfileChange::default()
    };
    other.change_profile(&ann.user.id, &change).await.unwrap();
    let again = accounts.authenticate("ann's key", now).await.unwrap();
    assert_eq!(again.user.name, "Anna");
    assert!(other.remove_user(&ann.user.id).await.unwrap());
    let refusal = accounts.authenticate("ann's key", now).await;
    assert!(matches!(refusal, Err(AccountError::UnknownCredential)));
}
