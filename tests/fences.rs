//! What is somebody's is nobody else's: every route, with every kind of credential.

mod estate;
mod routes;

use std::time::Duration;

use colloquy::accounts::key_ring::KeyRing;
use colloquy::accounts::scope::Scopes;
use colloquy::accounts::signing_key::SigningKey;
use colloquy::accounts::token::{AccessToken, ISSUER, Tokens};
use colloquy::clock::Timestamp;
use colloquy::ids::UserId;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::forms::Forms;
use crate::oauth;
use crate::test_server::{Answer, TestServer, signing_key};
use crate::websocket::Socket;
use estate::{EMAIL, Estate, Names, Person, SURNAME, WORDS, make};
use routes::{Fence, Route, Sent};

const RECORDING: &[u8] = include_bytes!("data/sound/answer.webm");

async fn server() -> TestServer {
    TestServer::scripted().set("WEBHOOK_ALLOW", "127.0.0.0/8").start().await
}

async fn send(server: &TestServer, route: &Route, names: &Names, token: Option<&str>) -> Answer {
    let mut request = server.request(route.method(), &names.fill_in(route.path));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    Answer::to(match route.sent {
        Sent::Nothing => request,
        Sent::Json(body) => request
            .header("Content-Type", "application/json")
            .body(names.fill_in(body)),
        Sent::Sdp => request.header("Content-Type", "application/sdp").body("v=0\r\n"),
        Sent::Recording => {
            let file = Part::bytes(RECORDING).file_name("recording.webm");
            let form = Form::new().text("text", "A table for two").text("language", "english");
            request.multipart(form.part("audio", file))
        }
    })
    .await
}

/// What can be learned from an answer: all of it but what differs between any two.
fn told(answer: &Answer) -> (u16, Vec<String>, String) {
    let varies = ["x-request-id", "date", "content-length"];
    let varies = |name: &str| varies.contains(&name) || name.contains("ratelimit");
    let headers = answer.headers.iter().filter(|(name, _)| !varies(name.as_str()));
    let mut headers: Vec<String> = headers.map(|(name, value)| format!("{name}: {value:?}")).collect();
    headers.sort();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-:.".contains(c);
    let is_own = |word: &str| word.starts_with("req_") || (word.starts_with("20") && word.ends_with('Z'));
    let words = answer.text.split_inclusive(|c| !is_plain(c));
    let words = words.filter(|word| !is_own(word.trim_end_matches(|c| !is_plain(c))));
    (answer.status, headers, words.collect())
}

/// A token of Ann's from an hour ago.
fn expired(ann: &Person) -> String {
    let tokens = Tokens::new(KeyRing::of(SigningKey::from_pem(signing_key()).unwrap()));
    let then = Timestamp::from_millis(Timestamp::now().as_millis() - 3_600_000);
    let user = UserId::from_text(ann.id.as_str());
    let token = AccessToken::new(user, None, Scopes::PERSONAL, Duration::from_secs(60), then);
    tokens.sign(&token, ISSUER).unwrap()
}

/// What Ann's token says, with the signature of another.
fn tampered(ann: &Person, other: &Person) -> String {
    let (signed, _) = ann.token.rsplit_once('.').unwrap();
    let (_, signature) = other.token.rsplit_once('.').unwrap();
    format!("{signed}.{signature}")
}

/// A key of somebody's, with its id.
async fn key(server: &TestServer, token: &str, scopes: Value) -> (String, String) {
    let made = make(server, token, "/v1/api-keys", &json!({"name": "k", "scopes": scopes})).await;
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), text("key"))
}

/// The key of an organisation that somebody founds.
async fn organisation_key(server: &TestServer, founder: &Person) -> (String, String) {
    let made = make(server, &founder.token, "/v1/organisations", &json!({"name": "Other"})).await;
    let id = made["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/organisations/{id}/api-keys");
    let made = make(server, &founder.token, &path, &json!({"name": "k"})).await;
    (id, made["key"].as_str().unwrap().to_owned())
}

#[actix_web::test]
async fn every_route_that_is_served_is_walked() {
    let walked: Vec<String> = routes::all().iter().map(Route::template).collect();
    let served = routes::served();
    assert!(served.len() > 80, "{served:#?}");
    let missing: Vec<&String> = served.iter().filter(|route| !walked.contains(route)).collect();
    assert!(missing.is_empty(), "add these to tests/fences/routes.rs: {missing:#?}");
}

#[actix_web::test]
async fn on_no_route_does_anybody_read_change_or_infer_what_is_anothers() {
    let server = server().await;
    let estate = Estate::of_ann(&server).await;
    let bob = Person::new(&server, "bob@example.com").await;
    let (revoked_id, revoked) = key(&server, &estate.ann.token, json!(["read_profile"])).await;
    let path = format!("/v1/api-keys/{revoked_id}");
    let answer = server
        .send(&estate.ann.token, Method::DELETE, &path, &Value::Null)
        .await;
    assert_eq!(answer.status, 204);
    let strangers = [
        ("a guest", server.guest().await),
        ("an organisation's key", organisation_key(&server, &bob).await.1),
        (
            "another's key",
            key(
                &server,
                &bob.token,
                json!("read_profile manage_conversations read_progress"),
            )
            .await
            .1,
        ),
        ("another", bob.token.clone()),
    ];
    let bad = [
        ("an expired token", expired(&estate.ann)),
        ("a tampered token", tampered(&estate.ann, &bob)),
        ("a revoked key", revoked),
        ("nonsense", "nonsense".to_owned()),
    ];
    let before = estate.snapshot(&server).await;

    for route in routes::all() {
        for (who, token) in &strangers {
            let answer = send(&server, &route, &estate.seen, Some(token)).await;
            check_stranger(&server, &route, &estate, who, Some(token), &answer).await;
        }
        for (who, token) in &bad {
            let answer = send(&server, &route, &estate.seen, Some(token)).await;
            if route.fence != Fence::Open {
                assert_eq!(answer.status, 401, "{who}: {route:?}: {}", answer.text);
            }
            check_secrets(&route, &estate, who, &answer);
        }
        let answer = send(&server, &route, &estate.seen, None).await;
        match route.fence {
            Fence::Open | Fence::Unasked | Fence::OwnerUnasked => {
                check_stranger(&server, &route, &estate, "nobody", None, &answer).await;
            }
            Fence::Credential | Fence::Owner | Fence::Admin => {
                assert_eq!(answer.status, 401, "{route:?}: {}", answer.text);
            }
        }
    }
    let after = estate.snapshot(&server).await;
    for (after, before) in after.iter().zip(&before) {
        assert_eq!(after, before);
    }

    // All those requests were good ones: their owner gets what was asked for.
    walk(&server, &estate, &estate.ann.token, |route| route.status).await;
}

/// Goes through all routes as the owner, and lists those that answer otherwise than expected.
async fn walk(server: &TestServer, estate: &Estate, token: &str, expected: impl Fn(&Route) -> u16) {
    let mut wrong = Vec::new();
    for route in routes::all() {
        let answer = send(server, &route, &estate.owned, Some(token)).await;
        if answer.status != expected(&route) {
            wrong.push(format!("{route:?}: {} {}", answer.status, answer.text));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Checks what somebody with a good credential of their own, or with none where none is needed, learns.
async fn check_stranger(
    server: &TestServer,
    route: &Route,
    estate: &Estate,
    who: &str,
    token: Option<&str>,
    answer: &Answer,
) {
    let status = answer.status;
    let about = format!("{who}: {route:?}: {status} {}", answer.text);
    match route.fence {
        Fence::Open => assert!(status < 500, "{about}"),
        // Guests and organisations have no account to do some things with.
        Fence::Credential => assert!(status < 300 || status == 403, "{about}"),
        // Nobody has no list.
        Fence::Unasked => assert!(status < 300 || (status == 400 && token.is_none()), "{about}"),
        Fence::Admin => assert_eq!(status, 403, "{about}"),
        Fence::Owner if who == "another" => assert_eq!(status, 404, "{about}"),
        Fence::Owner => assert!(matches!(status, 403 | 404), "{about}"),
        Fence::OwnerUnasked => assert!(is_refused_or_own(route, token, status), "{about}"),
    }
    check_secrets(route, estate, who, answer);
    if route.is_about_something() {
        let unknown = send(server, route, &estate.unknown, token).await;
        assert_eq!(told(answer), told(&unknown), "{about}");
    }
}

/// Lists of document 003 are the caller's own if a guest's id is named, and refused if it is somebody else's that is named.
fn is_refused_or_own(route: &Route, token: Option<&str>, status: u16) -> bool {
    match (route.path.split_once('?').map(|(_, query)| query), token) {
        (Some("userId={user}"), Some(_)) => status == 403,
        (Some("guestId={guest}"), Some(_)) => status == 200,
        (Some("userId={user}" | "guestId={guest}"), None) => status == 401,
        _ => status == 404,
    }
}

/// Checks that an answer tells nothing that is Ann's.
fn check_secrets(route: &Route, estate: &Estate, who: &str, answer: &Answer) {
    let mut secrets = estate.owned.secrets();
    secrets.extend([EMAIL, SURNAME, WORDS]);
    if route.path == "/v1/leaderboards" {
        // Learners are ranked, by an abbreviated name.
        secrets.retain(|secret| *secret != estate.ann.id);
    }
    for secret in secrets {
        assert!(!answer.text.contains(secret), "{who}: {route:?} tells {secret}");
        let headers = format!("{:?}", answer.headers);
        assert!(!headers.contains(secret), "{who}: {route:?} tells {secret}: {headers}");
    }
}

#[actix_web::test]
async fn without_its_scope_a_credential_opens_no_route() {
    let server = server().await;
    let estate = Estate::of_ann(&server).await;
    let all = ["read_profile", "manage_conversations", "read_progress"];
    for missing in all {
        let others: Vec<&str> = all.into_iter().filter(|scope| *scope != missing).collect();
        let (_, key) = key(&server, &estate.ann.token, json!(others)).await;
        let before = estate.snapshot(&server).await;
        let is_closed = |route: &&Route| route.scope == Some(missing) || needs_all_scopes(route);
        for route in routes::all().iter().filter(is_closed) {
            let answer = send(&server, route, &estate.owned, Some(&key)).await;
            assert_eq!(answer.status, 403, "{missing}: {route:?}: {}", answer.text);
        }
        assert_eq!(estate.snapshot(&server).await, before);
    }
}

/// What needs the token of somebody who has signed in on a page: a key is refused.
fn needs_ones_own_hand(route: &Route) -> bool {
    [
        ("GET", "/v1/users/me/export"),
        ("POST", "/v1/users/me/password"),
        ("DELETE", "/v1/users/me"),
    ]
    .contains(&(route.method, route.path))
}

/// What gives others power over what is one's own, or oneself to others: only for credentials that are good for everything.
fn needs_all_scopes(route: &Route) -> bool {
    let is_read = ["/v1/organisations", "/v1/organisations/{organisation}/members"].contains(&route.path);
    let is_declined = route.path.contains("{club}");
    let is_about_applications = route.path.starts_with("/v1/users/me/applications");
    is_about_applications
        || route.path.starts_with("/v1/organisations") && !is_declined && !(is_read && route.method == "GET")
}

#[actix_web::test]
async fn an_api_key_opens_what_a_token_opens_but_for_what_needs_ones_own_hand() {
    let server = server().await;
    let estate = Estate::of_ann(&server).await;
    let scopes = json!("read_profile manage_conversations read_progress");
    let (_, key) = key(&server, &estate.ann.token, scopes).await;
    let expected = |route: &Route| if needs_ones_own_hand(route) { 403 } else { route.status };
    walk(&server, &estate, &key, expected).await;
}

#[actix_web::test]
async fn a_socket_opens_for_the_owner_alone_and_closes_when_the_credential_ends() {
    let server = server().await;
    let estate = Estate::of_ann(&server).await;
    let bob = Person::new(&server, "bob@example.com").await;
    let (id, key) = key(&server, &estate.ann.token, json!(["manage_conversations"])).await;
    let chat = estate.owned.fill_in("/livekit/ws/chat/{conversation}");
    let addresses = [server.running.http_addr, server.running.tutor_addr.unwrap()];
    for address in addresses {
        for (token, status) in [
            (bob.token.clone(), 404),
            (server.guest().await, 404),
            (organisation_key(&server, &bob).await.1, 404),
            (expired(&estate.ann), 401),
            (tampered(&estate.ann, &bob), 401),
            (String::new(), 401),
        ] {
            let query = format!("{chat}?token={token}");
            assert_eq!(Socket::connect(address, &query, None).await.err(), Some(status));
            assert_eq!(Socket::connect(address, &chat, Some(&token)).await.err(), Some(status));
        }
    }
    let in_url = format!("{chat}?token={key}");
    let mut socket = Socket::connect(addresses[1], &in_url, None).await.unwrap();
    socket.say(&json!({"type": "text", "content": "Bonsoir"})).await;
    assert_eq!(socket.next().await["type"], "text");
    assert_eq!(socket.next().await["type"], "audio");
    let path = format!("/v1/api-keys/{id}");
    let gone = server
        .send(&estate.ann.token, Method::DELETE, &path, &Value::Null)
        .await;
    assert_eq!(gone.status, 204);
    socket.say(&json!({"type": "text", "content": "Bonsoir"})).await;
    assert_eq!(socket.try_next().await, Err(Some(1008)));
}

#[actix_web::test]
async fn an_organisations_key_reads_its_members_only_as_long_as_they_are_members() {
    let server = server().await;
    let (owner, ann) = (
        Person::new(&server, "owner@example.com").await,
        Person::new(&server, "ann@example.com").await,
    );
    let (id, key) = organisation_key(&server, &owner).await;
    let progress = format!("/v1/users/{}/progress", ann.id);
    let own = server.conversation(&ann.token).await;
    let history = format!("/v1/conversations/{own}/messages");
    server.get(&key, &progress).await.error(404, "NOT_FOUND");
    let invite = json!({"user_id": ann.id});
    make(
        &server,
        &owner.token,
        &format!("/v1/organisations/{id}/members"),
        &invite,
    )
    .await;
    server.get(&key, &progress).await.error(404, "NOT_FOUND");
    make(
        &server,
        &ann.token,
        &format!("/v1/organisations/{id}/invitation"),
        &json!({}),
    )
    .await;
    assert_eq!(server.get(&key, &progress).await.status, 200);
    // What the organisation didn't give her is hers.
    server.get(&key, &history).await.error(404, "NOT_FOUND");
    // And its owner is no key of it.
    server.get(&owner.token, &progress).await.error(404, "NOT_FOUND");
    let context = json!({"topic": "restaurant", "custom_context": {"student_id": ann.id}});
    let homework = make(&server, &key, "/v1/conversations", &context).await;
    let given = format!("/v1/conversations/{}/messages", homework["id"].as_str().unwrap());
    assert_eq!(server.get(&key, &given).await.status, 200);
    let leave = format!("/v1/organisations/{id}/members/me");
    let left = server.send(&ann.token, Method::DELETE, &leave, &Value::Null).await;
    assert_eq!(left.status, 204);
    for path in [&progress, &given] {
        server.get(&key, path).await.error(404, "NOT_FOUND");
    }
    assert_eq!(server.get(&ann.token, &given).await.status, 200);
}

#[actix_web::test]
async fn codes_and_tokens_of_another_application_are_void() {
    let server = server().await;
    let (one, other) = (
        oauth::register(&server, false).await,
        oauth::register(&server, true).await,
    );
    let ann = Forms::of(&server, EMAIL).await;
    let post = async |path: &str, body: Value| Answer::to(server.request(Method::POST, path).json(&body)).await;
    let secret = json!(oauth::SECRET);
    // A code that another application shows is void for it.
    let code = oauth::code(&ann, &one).await;
    let mut stolen = oauth::exchange_body(&other, &code);
    stolen["client_secret"] = secret.clone();
    let answer = post("/oauth/token", stolen).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")));

    let code = oauth::code(&ann, &one).await;
    let tokens = post("/oauth/token", oauth::exchange_body(&one, &code)).await.json();
    let access = tokens["access_token"].as_str().unwrap();
    let refresh = json!({
        "grant_type": "refresh_token", "client_id": other, "client_secret": secret,
        "refresh_token": tokens["refresh_token"],
    });
    let answer = post("/oauth/token", refresh).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")));
    for token in [&tokens["access_token"], &tokens["refresh_token"]] {
        let body = json!({"client_id": other, "client_secret": secret, "token": token});
        let answer = post("/oauth/introspect", body.clone()).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"active": false})));
        post("/oauth/revoke", body).await;
    }
    assert_eq!(server.get(access, "/v1/users/me").await.status, 200);
}
