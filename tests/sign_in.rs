//! Signing up, signing in and out, and what our own pages get for it.

use std::io::Cursor;

use colloquy::ids::UserId;
use colloquy::storage::users::Role;
use reqwest::Method;
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::forms::{Forms, PASSWORD};
use crate::test_server::{Answer, TestServer};

#[actix_web::test]
async fn who_signs_up_is_signed_in_and_can_sign_in_again() {
    let server = TestServer::start().await;
    let forms = Forms::at(&server);
    let page = forms.get("/signup?return_to=/settings").await;
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert!(
        page.header("content-security-policy")
            .contains("frame-ancestors 'none'")
    );
    assert!(!page.text.contains("<script>") && !page.text.contains("onclick"));
    let fields = [
        ("email", "Ann@Example.com"),
        ("password", PASSWORD),
        ("name", "Ann <b>"),
    ];
    let answer = forms.fill_in(&page, &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/settings"));
    let session = forms.get("/session").await.json();
    assert_eq!(session["signed_in"], true);
    assert_eq!(session["user"]["email"], "ann@example.com");
    assert_eq!(session["user"]["name"], "Ann <b>");

    let other = Forms::at(&server);
    assert_eq!(other.get("/session").await.json()["signed_in"], false);
    let fields = [("email", "ann@example.com"), ("password", PASSWORD)];
    let answer = other.submit("/login?return_to=//evil.example", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/"));
    assert_eq!(other.get("/session").await.json()["user"], session["user"]);
}

#[actix_web::test]
async fn a_sign_up_that_cant_be_says_why() {
    let server = TestServer::start().await;
    Forms::of(&server, "ann@example.com").await;
    let forms = Forms::at(&server);
    for (email, password, status, reason) in [
        ("ann@example.com", PASSWORD, 409, "already"),
        ("bob@example.com", "short", 400, "at least 8"),
        ("bob@example.com", "password", 400, "guessed first"),
        ("bob", PASSWORD, 400, "Please give"),
    ] {
        let answer = forms
            .submit("/signup", &[("email", email), ("password", password)])
            .await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert!(answer.text.contains(reason), "{}", answer.text);
        assert!(
            !answer.text.contains(password) || password == "password",
            "{}",
            answer.text
        );
    }
    assert_eq!(forms.get("/session").await.json()["signed_in"], false);
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_address_look_the_same_and_guessing_is_slowed_down() {
    let server = TestServer::start().await;
    Forms::of(&server, "ann@example.com").await;
    let forms = Forms::at(&server);
    let wrong = |email: &'static str| [("email", email), ("password", "wrong password")];
    let known = forms.submit("/login", &wrong("ann@example.com")).await;
    let unknown = forms.submit("/login", &wrong("nobody@example.com")).await;
    assert_eq!((known.status, unknown.status), (403, 403));
    assert_eq!(known.text.replace("ann@", "nobody@"), unknown.text);
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(forms.submit("/login", &wrong("ann@example.com")).await);
    }
    let last = answers.last().unwrap();
    assert_eq!(last.status, 429, "{}", last.text);
    let wait: u64 = last.header("retry-after").parse().unwrap();
    assert!((1..=31).contains(&wait), "{wait}");
    // Not even the right one is tried now.
    let right = [("email", "ann@example.com"), ("password", PASSWORD)];
    assert_eq!(forms.submit("/login", &right).await.status, 429);
    assert_eq!(forms.submit("/login", &wrong("nobody@example.com")).await.status, 403);
}

#[actix_web::test]
async fn the_cookie_changes_at_sign_in_and_is_void_after_signing_out() {
    let server = TestServer::start().await;
    let forms = Forms::of(&server, "ann@example.com").await;
    let before = forms.request(Method::GET, "/session").build().unwrap();
    let old = before.headers()["cookie"].to_str().unwrap().to_owned();
    let token = forms.bearer().await;
    assert_eq!(server.get(&token, "/v1/api-keys").await.status, 200);

    forms.sign_in_again("ann@example.com").await;
    let with_old = server.request(Method::GET, "/session").header("cookie", &old);
    assert_eq!(Answer::to(with_old).await.json()["signed_in"], false);
    server.get(&token, "/v1/api-keys").await.error(401, "UNAUTHORIZED");

    let token = forms.bearer().await;
    let answer = forms.submit("/logout", &[]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/login"));
    assert_eq!(forms.get("/session").await.json()["signed_in"], false);
    server.get(&token, "/v1/api-keys").await.error(401, "UNAUTHORIZED");
}

#[actix_web::test]
async fn behind_https_the_cookie_is_for_this_host_alone() {
    let server = TestServer::builder()
        .set("PUBLIC_URL", "https://talk.example")
        .start()
        .await;
    let page = Answer::to(server.request(Method::GET, "/login")).await;
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("__Host-colloquy_session="), "{cookie}");
    assert!(
        cookie.contains("Secure") && cookie.contains("HttpOnly") && !cookie.contains("Domain"),
        "{cookie}"
    );
}

#[actix_web::test]
async fn forms_of_other_pages_are_refused() {
    let server = TestServer::start().await;
    let fields = [("email", "ann@example.com"), ("password", PASSWORD)];
    for path in ["/signup", "/login", "/logout"] {
        let answer = Answer::to(server.request(Method::POST, path).form(&fields)).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.header("content-type").starts_with("text/html"));
    }
    let forms = Forms::at(&server);
    let page = forms.get("/signup").await;
    let token = page
        .text
        .split_once("form_token\" value=\"")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0;
    let fields = [fields[0], fields[1], ("form_token", token)];
    for (name, value) in [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")] {
        let request = forms.request(Method::POST, "/signup").form(&fields).header(name, value);
        assert_eq!(forms.send(request).await.status, 403, "{name}");
    }
    let own = format!("http://{}", server.running.http_addr);
    let request = forms
        .request(Method::POST, "/signup")
        .form(&fields)
        .header("origin", own);
    assert_eq!(forms.send(request).await.status, 303);
}

#[actix_web::test]
async fn our_own_pages_get_short_lived_tokens_for_the_cookie_and_the_form_token() {
    let server = TestServer::start().await;
    let forms = Forms::of(&server, "ann@example.com").await;
    let answer = forms.token(&json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let token = answer.json();
    assert_eq!(token["scope"], "read_profile manage_conversations read_progress");
    assert!(token["expires_in"].as_u64().unwrap() <= 600);
    server.conversation(token["access_token"].as_str().unwrap()).await;

    let narrow = forms.token(&json!({"scopes": "read_profile"})).await.json();
    let narrow = narrow["access_token"].as_str().unwrap();
    server
        .post(narrow, "/v1/conversations", &json!({"topic": "x"}))
        .await
        .error(403, "FORBIDDEN");
    forms.token(&json!({"scopes": "admin"})).await.error(403, "FORBIDDEN");

    let without = forms.request(Method::POST, "/session/token").json(&json!({}));
    forms.send(without).await.error(403, "FORBIDDEN");
    let csrf = forms.get("/session").await.json()["csrf_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let request = || {
        server
            .request(Method::POST, "/session/token")
            .header("x-csrf-token", &csrf)
    };
    Answer::to(request().json(&json!({}))).await.error(401, "UNAUTHORIZED");
    let cross = forms
        .request(Method::POST, "/session/token")
        .header("x-csrf-token", &csrf);
    let cross = cross.header("origin", "http://evil.example").json(&json!({}));
    forms.send(cross).await.error(403, "FORBIDDEN");
    let cross = forms
        .request(Method::GET, "/session")
        .header("sec-fetch-site", "same-site");
    forms.send(cross).await.error(403, "FORBIDDEN");
}

#[actix_web::test]
async fn a_guest_who_signs_up_keeps_their_conversations() {
    let server = TestServer::start().await;
    let guest = server.guest().await;
    let conversation = server.conversation(&guest).await;
    let forms = Forms::at(&server);
    let fields = [
        ("email", "ann@example.com"),
        ("password", PASSWORD),
        ("guest_token", &guest),
    ];
    assert_eq!(forms.submit("/signup", &fields).await.status, 303);
    let path = format!("/v1/conversations/{conversation}/messages");
    assert_eq!(server.get(&forms.bearer().await, &path).await.status, 200);
    server.get(&guest, &path).await.error(401, "UNAUTHORIZED");

    // A token that is nobody's keeps nobody from signing up.
    let fields = [
        ("email", "bob@example.com"),
        ("password", PASSWORD),
        ("guest_token", "x"),
    ];
    assert_eq!(Forms::at(&server).submit("/signup", &fields).await.status, 303);
}

#[actix_web::test]
async fn who_takes_their_things_or_goes_has_just_signed_in_by_hand() {
    let server = TestServer::builder()
        .set("API_KEYS", "key:ann@example.com")
        .start()
        .await;
    let (export, me) = ("/v1/users/me/export", "/v1/users/me");
    let guest = server.guest().await;
    for token in ["key", &guest] {
        server.get(token, export).await.error(403, "FORBIDDEN");
        let request = server.request(Method::DELETE, me).bearer_auth(token);
        Answer::to(request).await.error(403, "FORBIDDEN");
    }
    let forms = Forms::of(&server, "bob@example.com").await;
    let token = forms.bearer().await;
    let conversation = server.conversation(&token).await;
    let files = std::path::Path::new(server.variable("DATA_DIR"))
        .join("audio")
        .join(&conversation);
    std::fs::create_dir_all(&files).unwrap();
    std::fs::write(files.join("initial.mp3"), "sound").unwrap();
    let answer = server.get(&token, export).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let everything = answer.json();
    assert_eq!(everything["user"]["email"], "bob@example.com");
    assert_eq!(everything["conversations"][0]["id"], conversation);
    assert_eq!(everything["messages"].as_array().unwrap().len(), 1);
    assert_eq!(
        everything["audio_files"],
        json!([format!("{conversation}/initial.mp3")])
    );
    assert!(!answer.text.contains("argon2"));
    assert!(answer.header("vary").starts_with("Accept,"), "{:?}", answer.headers);

    // With the sound itself, as a ZIP.
    let request = server
        .request(Method::GET, export)
        .header("accept", "application/zip")
        .bearer_auth(&token);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/zip");
    assert_eq!(
        response.headers()["content-disposition"],
        "attachment; filename=\"colloquy-export.zip\""
    );
    let mut archive = ZipArchive::new(Cursor::new(response.bytes().await.unwrap())).unwrap();
    let mut file = |name: &str| -> String { std::io::read_to_string(archive.by_name(name).unwrap()).unwrap() };
    assert_eq!(file(&format!("audio/{conversation}/initial.mp3")), "sound");
    let document: Value = serde_json::from_str(&file("export.json")).unwrap();
    assert_eq!(document["conversations"], everything["conversations"]);

    let key = server.post(&token, "/v1/api-keys", &json!({"name": "x"})).await.json();
    let key = key["key"].as_str().unwrap();
    let answer = Answer::to(server.request(Method::DELETE, me).bearer_auth(&token)).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert!(!files.exists());
    for gone in [&token, key] {
        server.get(gone, "/v1/api-keys").await.error(401, "UNAUTHORIZED");
    }
    assert_eq!(forms.get("/session").await.json()["signed_in"], false);
    let fields = [("email", "bob@example.com"), ("password", PASSWORD)];
    assert_eq!(forms.submit("/login", &fields).await.status, 403);
    // The address is free again, and nothing is there.
    let again = Forms::of(&server, "bob@example.com").await;
    let path = format!("/v1/conversations/{conversation}/messages");
    server.get(&again.bearer().await, &path).await.error(404, "NOT_FOUND");
}

#[actix_web::test]
async fn admins_register_clients_and_name_admins() {
    let server = TestServer::start().await;
    let forms = Forms::of(&server, "root@example.com").await;
    let other = Forms::of(&server, "ann@example.com").await;
    let id = |session: &Answer| UserId::from_text(session.json()["user"]["id"].as_str().unwrap());
    let root = id(&forms.get("/session").await);
    let ann = id(&other.get("/session").await);
    server
        .get(&forms.bearer().await, "/v1/admin/clients")
        .await
        .error(403, "FORBIDDEN");
    server.running.database.set_role(&root, Role::Admin).await.unwrap();
    server
        .get(&forms.bearer().await, "/v1/admin/clients")
        .await
        .error(403, "FORBIDDEN");
    let answer = forms.token(&json!({"scopes": ["admin", "read_profile"]})).await;
    let admin = answer.json()["access_token"].as_str().unwrap().to_owned();

    let body = json!({"name": "App", "redirect_uris": ["https://app.example/cb"], "confidential": true});
    let answer = server.post(&admin, "/v1/admin/clients", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let made = answer.json();
    assert!(made["client_secret"].as_str().unwrap().starts_with("cls_"));
    let listed = server.get(&admin, "/v1/admin/clients").await;
    assert_eq!(listed.json()["clients"][0]["client_id"], made["client_id"]);
    assert!(!listed.text.contains("client_secret"));
    for body in [
        json!({"name": "App"}),
        json!({"name": "App", "redirect_uris": ["http://app.example/cb"]}),
        json!({"redirect_uris": ["https://app.example/cb"]}),
        json!({"name": "App", "redirect_uris": ["https://app.example/cb"], "scopes": "fly"}),
    ] {
        server
            .post(&admin, "/v1/admin/clients", &body)
            .await
            .error(400, "INVALID_REQUEST");
    }
    let path = format!("/v1/admin/clients/{}", made["client_id"].as_str().unwrap());
    for status in [204, 404] {
        let answer = Answer::to(server.request(Method::DELETE, &path).bearer_auth(&admin)).await;
        assert_eq!(answer.status, status);
    }

    let users = server.get(&admin, "/v1/admin/users?limit=1").await.json();
    assert_eq!(users["users"][0]["id"], root.as_str());
    let next = format!("/v1/admin/users?after={}", users["next"].as_str().unwrap());
    let users = server.get(&admin, &next).await.json();
    assert_eq!(users["users"][0]["email"], "ann@example.com");
    assert!(users["next"].is_null());
    let change = async |id: &UserId, role: &str| {
        let path = format!("/v1/admin/users/{id}");
        let request = server.request(Method::PATCH, &path).bearer_auth(&admin);
        Answer::to(request.json(&json!({"role": role}))).await
    };
    assert_eq!(change(&ann, "admin").await.json()["role"], "admin");
    change(&root, "user").await.error(403, "FORBIDDEN");
    change(&ann, "king").await.error(400, "INVALID_REQUEST");
}

const EMAIL: &str = "ann@example.com";
const NEW: &str = "staple of the moon";

#[actix_web::test]
async fn who_knows_their_password_chooses_another_and_stays_in_alone() {
    let server = TestServer::start().await;
    let (here, there) = (Forms::of(&server, EMAIL).await, Forms::at(&server));
    there.sign_in_again(EMAIL).await;
    let (bearer, elsewhere) = (here.bearer().await, there.bearer().await);
    let change = |password: &'static str, new: &'static str| [("password", password), ("new_password", new)];
    let wrong = here.submit("/password", &change("wrong horse battery", NEW)).await;
    assert_eq!(wrong.status, 403, "{}", wrong.text);
    assert!(wrong.text.contains("That is not your password."), "{}", wrong.text);
    assert_eq!(server.get(&elsewhere, "/v1/users/me").await.status, 200);

    let changed = here.submit("/password", &change(PASSWORD, NEW)).await;
    assert_eq!((changed.status, changed.header("location")), (303, "/settings#account"));
    // Every token and every other browser is out, this one is in.
    for token in [&bearer, &elsewhere] {
        server.get(token, "/v1/users/me").await.error(401, "UNAUTHORIZED");
    }
    assert_eq!(there.get("/session").await.json()["signed_in"], false);
    let gone = there.get("/password").await;
    assert_eq!(
        (gone.status, gone.header("location")),
        (303, "/login?return_to=%2Fpassword")
    );
    assert_eq!(server.get(&here.bearer().await, "/v1/users/me").await.status, 200);
    let new = there.submit("/login", &[("email", EMAIL), ("password", NEW)]).await;
    assert_eq!(new.status, 303, "{}", new.text);
}

#[actix_web::test]
async fn the_password_is_changed_by_request_too_but_never_with_a_key_or_by_guessing() {
    let server = TestServer::start().await;
    let forms = Forms::of(&server, EMAIL).await;
    let token = forms.bearer().await;
    let path = "/v1/users/me/password";
    let change = |password: &str, new: &str| json!({"password": password, "new_password": new});
    let key = server.post(&token, "/v1/api-keys", &json!({"name": "k"})).await.json();
    let key = key["key"].as_str().unwrap().to_owned();
    server
        .post(&key, path, &change(PASSWORD, NEW))
        .await
        .error(403, "FORBIDDEN");
    let guest = server.guest().await;
    server
        .post(&guest, path, &change(PASSWORD, NEW))
        .await
        .error(403, "FORBIDDEN");
    server
        .post(&token, path, &json!({"password": PASSWORD}))
        .await
        .error(400, "INVALID_REQUEST");
    let weak = server.post(&token, path, &change(PASSWORD, "password")).await;
    assert_eq!(weak.error(400, "INVALID_REQUEST")["details"]["field"], "new_password");
    assert_eq!(server.post(&token, path, &change(PASSWORD, NEW)).await.status, 204);
    server.get(&token, "/v1/users/me").await.error(401, "UNAUTHORIZED");
    // A key of their own stays good.
    assert_eq!(server.get(&key, "/v1/users/me").await.status, 200);
    let again = Forms::at(&server);
    let signed_in = again.submit("/login", &[("email", EMAIL), ("password", NEW)]).await;
    assert_eq!(signed_in.status, 303, "{}", signed_in.text);
    let token = again.bearer().await;
    let mut guesses = 0;
    while server.post(&token, path, &change("wrong horse", PASSWORD)).await.status == 403 {
        guesses += 1;
        assert!(guesses < 10, "nobody slows the guessing down");
    }
    server
        .post(&token, path, &change("wrong horse", PASSWORD))
        .await
        .error(429, "RATE_LIMITED");
}
