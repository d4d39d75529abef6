//! Applications that people let in.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use colloquy::accounts::opaque;
use colloquy::accounts::scope::Scopes;
use colloquy::clock::Timestamp;
use colloquy::ids::ClientId;
use colloquy::storage::clients::Client;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::forms::Forms;
use crate::test_server::{Answer, TestServer};

pub const REDIRECT: &str = "https://yourapp.com/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const SECRET: &str = "cls_of-the-test";

/// Registers an application; a confidential one has [`SECRET`].
pub async fn register(server: &TestServer, is_confidential: bool) -> String {
    let client = Client {
        id: ClientId::new(),
        name: "Your <app>".to_owned(),
        secret_hash: is_confidential.then(|| opaque::hash(SECRET)),
        redirect_uris: vec![REDIRECT.to_owned()],
        scopes: Scopes::PERSONAL,
        created_at: Timestamp::now(),
    };
    server.running.database.add_client(&client).await.unwrap();
    client.id.to_string()
}

/// The request of document 000.
fn authorize(client: &str) -> String {
    format!(
        "/oauth/authorize?client_id={client}&redirect_uri=https%3A%2F%2Fyourapp.com%2Fcallback&response_type=code\
         &scope=read_profile,manage_conversations,read_progress&state=random%26state\
         &code_challenge={CHALLENGE}&code_challenge_method=S256"
    )
}

/// The parameters with which someone was sent back to the application.
fn callback(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 302, "{}", answer.text);
    let location = answer.header("location");
    assert!(location.starts_with(&format!("{REDIRECT}?")), "{location}");
    let url = Url::parse(location).unwrap();
    url.query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

fn value<'a>(parameters: &'a [(String, String)], name: &str) -> &'a str {
    let found = parameters.iter().find(|(known, _)| known == name);
    &found.unwrap_or_else(|| panic!("no {name} in {parameters:?}")).1
}

/// Lets the application in; gives the code.
pub async fn code(forms: &Forms, client: &str) -> String {
    let answer = forms.submit(&authorize(client), &[("decision", "allow")]).await;
    value(&callback(&answer), "code").to_owned()
}

pub fn exchange_body(client: &str, code: &str) -> Value {
    json!({
        "grant_type": "authorization_code",
        "client_id": client,
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    })
}

async fn post_json(server: &TestServer, path: &str, body: &Value) -> Answer {
    Answer::to(server.request(Method::POST, path).json(body)).await
}

async fn post_form(server: &TestServer, path: &str, body: &Value) -> Answer {
    Answer::to(server.request(Method::POST, path).form(body)).await
}

/// Checks an error of RFC 6749's shape.
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
    assert_eq!(answer.json()["error"], code, "{}", answer.text);
    assert!(answer.json()["error_description"].is_string());
}

#[actix_web::test]
async fn the_documents_flow_ends_with_five_keys_that_open_what_was_allowed() {
    let server = TestServer::start().await;
    let client = register(&server, false).await;
    let forms = Forms::at(&server);

    // Nobody is signed in: they do that first, and come back.
    let answer = forms.get(&authorize(&client)).await;
    assert_eq!(answer.status, 303);
    let login = answer.header("location").to_owned();
    assert!(login.starts_with("/login?return_to=%2Foauth%2Fauthorize%3F"), "{login}");
    Forms::of(&server, "ann@example.com").await;
    let fields = [("email", "Ann@Example.com"), ("password", crate::forms::PASSWORD)];
    let answer = forms.submit(&login, &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let consent = answer.header("location").to_owned();
    assert_eq!(consent, authorize(&client));

    let page = forms.get(&consent).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Your &#60;app&#62;"), "{}", page.text);
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'self'"),
        "{policy}"
    );
    assert!(policy.contains("form-action 'self' https://yourapp.com"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "no-store");

    let answer = forms.fill_in(&page, &[("decision", "allow")]).await;
    let back = callback(&answer);
    assert_eq!(value(&back, "state"), "random&state");
    let issuer = format!("http://{}", server.running.http_addr);
    assert_eq!(value(&back, "iss"), issuer);

    let answer = post_json(&server, "/oauth/token", &exchange_body(&client, value(&back, "code"))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
    assert_eq!(answer.header("content-type"), "application/json");
    let tokens = answer.json();
    let keys: Vec<&String> = tokens.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["access_token", "expires_in", "refresh_token", "scope", "token_type"]
    );
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 3600);
    assert_eq!(tokens["scope"], "read_profile manage_conversations read_progress");
    assert!(tokens["refresh_token"].as_str().unwrap().len() > 80);

    let token = tokens["access_token"].as_str().unwrap();
    let part = |n: usize| -> Value {
        let part = token.split('.').nth(n).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let (header, claims) = (part(0), part(1));
    assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &json!("JWT")));
    assert_eq!(claims["iss"], issuer);
    assert_eq!(claims["aud"], issuer);
    assert_eq!(claims["client_id"], client);
    assert_eq!(claims["scope"], tokens["scope"]);
    assert!(claims["jti"].is_string());
    let jwks = Answer::to(server.request(Method::GET, "/oauth/jwks")).await.json();
    let published: Vec<&Value> = jwks["keys"].as_array().unwrap().iter().map(|key| &key["kid"]).collect();
    assert!(published.contains(&&header["kid"]), "{jwks}");
    server.conversation(token).await;
}

#[actix_web::test]
async fn a_form_is_as_good_as_json_and_refreshing_kills_the_old_pair() {
    let server = TestServer::start().await;
    let client = register(&server, false).await;
    let forms = Forms::of(&server, "ann@example.com").await;
    let code = code(&forms, &client).await;
    let body = exchange_body(&client, &code);
    let mut wrong = body.clone();
    wrong["code_verifier"] = json!("x".repeat(43));
    refused(&post_form(&server, "/oauth/token", &wrong).await, 400, "invalid_grant");
    let first = post_form(&server, "/oauth/token", &body).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let first = first.json();

    let refresh = |tokens: &Value| json!({"grant_type": "refresh_token", "client_id": client, "refresh_token": tokens["refresh_token"]});
    let second = post_json(&server, "/oauth/token", &refresh(&first)).await;
    assert_eq!(second.status, 200, "{}", second.text);
    let second = second.json();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    server.conversation(second["access_token"].as_str().unwrap()).await;

    // The old one comes again: someone has stolen one of them.
    refused(
        &post_json(&server, "/oauth/token", &refresh(&first)).await,
        400,
        "invalid_grant",
    );
    refused(
        &post_json(&server, "/oauth/token", &refresh(&second)).await,
        400,
        "invalid_grant",
    );
    for tokens in [&first, &second] {
        let token = tokens["access_token"].as_str().unwrap();
        server.get(token, "/v1/api-keys").await.error(401, "UNAUTHORIZED");
    }
}

#[actix_web::test]
async fn a_code_that_comes_twice_kills_what_it_gave() {
    let server = TestServer::start().await;
    let client = register(&server, false).await;
    let forms = Forms::of(&server, "ann@example.com").await;
    let body = exchange_body(&client, &code(&forms, &client).await);
    let tokens = post_json(&server, "/oauth/token", &body).await.json();
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(server.get(token, "/v1/api-keys").await.status, 200);
    refused(&post_json(&server, "/oauth/token", &body).await, 400, "invalid_grant");
    server.get(token, "/v1/api-keys").await.error(401, "UNAUTHORIZED");
}

#[actix_web::test]
async fn nobody_is_redirected_to_where_the_application_did_not_say() {
    let server = TestServer::start().await;
    let client = register(&server, false).await;
    let forms = Forms::of(&server, "ann@example.com").await;
    for path in [
        authorize("client_unknown"),
        authorize(&client).replace("callback", "callback2"),
        authorize(&client).replace("&redirect_uri=https%3A%2F%2Fyourapp.com%2Fcallback", ""),
        "/oauth/authorize".to_owned(),
    ] {
        let answer = forms.get(&path).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.header("content-type").starts_with("text/html"));
        assert!(answer.headers.get("location").is_none());
    }
    for (from, to, error) in [
        (
            "code_challenge_method=S256",
            "code_challenge_method=plain",
            "invalid_request",
        ),
        (&format!("code_challenge={CHALLENGE}&"), "", "invalid_request"),
        ("response_type=code", "response_type=token", "unsupported_response_type"),
        ("read_profile,", "fly,", "invalid_scope"),
        ("read_profile,", "admin,", "invalid_scope"),
    ] {
        let path = authorize(&client).replace(from, to);
        // Who is not signed in is sent nowhere but there, and is told afterwards.
        let answer = Forms::at(&server).get(&path).await;
        assert_eq!(answer.status, 303, "{to}");
        assert!(answer.header("location").starts_with("/login?return_to="), "{to}");
        let answer = forms.get(&path).await;
        let back = callback(&answer);
        assert_eq!(value(&back, "error"), error, "{to}");
        assert_eq!(value(&back, "state"), "random&state");
        assert!(!value(&back, "iss").is_empty());
    }
}

#[actix_web::test]
async fn who_says_no_is_sent_back_without_a_code() {
    let server = TestServer::start().await;
    let client = register(&server, false).await;
    let forms = Forms::of(&server, "ann@example.com").await;
    let answer = forms.submit(&authorize(&client), &[("decision", "deny")]).await;
    let back = callback(&answer);
    assert_eq!(value(&back, "error"), "access_denied");
    assert!(back.iter().all(|(name, _)| name != "code"));
}

#[actix_web::test]
async fn consent_is_given_only_by_the_persons_own_form() {
    let server = TestServer::start().await;
    let client = register(&server, false).await;
    let forms = Forms::of(&server, "ann@example.com").await;
    let query = authorize(&client).split_once('?').unwrap().1.to_owned();
    let stranger = Forms::of(&server, "eve@example.com").await;
    let page = stranger.get(&authorize(&client)).await;
    let token = page
        .text
        .split_once("name=\"form_token\" value=\"")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0;
    for token in [token, "", "x"] {
        let form = [("form_token", token), ("request", &query), ("decision", "allow")];
        let answer = forms.send(forms.request(Method::POST, "/consent").form(&form)).await;
        assert_eq!(answer.status, 403, "{}", answer.text);
    }
    // With the right token, but sent by another site's page.
    let page = forms.get(&authorize(&client)).await;
    let token = page
        .text
        .split_once("name=\"form_token\" value=\"")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0;
    let form = [("form_token", token), ("request", &query), ("decision", "allow")];
    let request = forms.request(Method::POST, "/consent").form(&form);
    let answer = forms.send(request.header("sec-fetch-site", "cross-site")).await;
    assert_eq!(answer.status, 403, "{}", answer.text);
}

#[actix_web::test]
async fn an_application_changes_no_profile_and_sets_up_no_webhook_not_even_with_a_key_that_it_made() {
    let server = TestServer::start().await;
    let client = register(&server, false).await;
    let forms = Forms::of(&server, "ann@example.com").await;
    let body = exchange_body(&client, &code(&forms, &client).await);
    let tokens = post_json(&server, "/oauth/token", &body).await.json();
    let token = tokens["access_token"].as_str().unwrap();
    let key = server.post(token, "/v1/api-keys", &json!({"name": "x"})).await.json();
    let key = key["key"].as_str().unwrap();
    let own = server
        .post(&forms.bearer().await, "/v1/api-keys", &json!({"name": "y"}))
        .await;
    assert_eq!(own.status, 201, "{}", own.text);
    let hook = json!({"url": "https://example.com/hook", "events": ["conversation.completed"]});
    let name = json!({"name": "Eve"});
    let (nothing, goal) = (json!({}), json!({"daily_goal": 20}));
    for credential in [token, key] {
        let send = async |method, path, body| server.send(credential, method, path, body).await;
        let profile = send(Method::PATCH, "/v1/users/me", &name).await;
        profile.error(403, "FORBIDDEN");
        send(Method::POST, "/v1/webhooks", &hook).await.error(403, "FORBIDDEN");
        send(Method::GET, "/v1/webhooks", &nothing)
            .await
            .error(403, "FORBIDDEN");
        send(Method::POST, "/v1/organisations", &name)
            .await
            .error(403, "FORBIDDEN");
        let preferences = send(Method::PATCH, "/v1/users/me/preferences", &goal).await;
        assert_eq!(preferences.status, 200, "{}", preferences.text);
        // It knows of its own key alone.
        let listed = send(Method::GET, "/v1/api-keys", &nothing).await.json();
        let names: Vec<&Value> = listed["api_keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| &key["name"])
            .collect();
        assert_eq!(names, ["x"]);
    }
    let own = own.json()["key"].as_str().unwrap().to_owned();
    let profile = server.send(&own, Method::PATCH, "/v1/users/me", &name).await;
    assert_eq!((profile.status, &profile.json()["name"]), (200, &json!("Eve")));
}

#[actix_web::test]
async fn the_token_endpoint_says_what_is_wrong_as_the_rfc_does() {
    let server = TestServer::start().await;
    let client = register(&server, false).await;
    let body = exchange_body(&client, "x");
    let without = |name: &str| {
        let mut body = body.clone();
        body.as_object_mut().unwrap().remove(name);
        body
    };
    let with = |name: &str, value: &str| {
        let mut body = body.clone();
        body[name] = json!(value);
        body
    };
    for (body, status, code) in [
        (body.clone(), 400, "invalid_grant"),
        (without("grant_type"), 400, "invalid_request"),
        (without("code"), 400, "invalid_request"),
        (without("redirect_uri"), 400, "invalid_request"),
        (without("code_verifier"), 400, "invalid_request"),
        (without("client_id"), 400, "invalid_request"),
        (with("grant_type", "password"), 400, "unsupported_grant_type"),
        (with("client_id", "client_unknown"), 401, "invalid_client"),
        (with("client_secret", "x"), 401, "invalid_client"),
        (json!([]), 400, "invalid_request"),
        (json!({"grant_type": 7}), 400, "invalid_request"),
    ] {
        refused(&post_json(&server, "/oauth/token", &body).await, status, code);
    }
    let twice = format!("grant_type=refresh_token&client_id={client}&refresh_token=a&refresh_token=b");
    let request = server.request(Method::POST, "/oauth/token");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    refused(&Answer::to(request.body(twice)).await, 400, "invalid_request");
    let get = Answer::to(server.request(Method::GET, "/oauth/token")).await;
    assert_eq!(get.status, 405);
}

#[actix_web::test]
async fn a_confidential_client_shows_its_secret_either_way_and_may_introspect() {
    let server = TestServer::start().await;
    let client = register(&server, true).await;
    let forms = Forms::of(&server, "ann@example.com").await;
    let body = exchange_body(&client, &code(&forms, &client).await);
    let answer = post_form(&server, "/oauth/token", &body).await;
    refused(&answer, 401, "invalid_client");
    assert!(answer.header("www-authenticate").starts_with("Basic"));
    let basic = format!("Basic {}", STANDARD.encode(format!("{client}:{SECRET}")));
    let mut unnamed = body.clone();
    unnamed.as_object_mut().unwrap().remove("client_id");
    let request = server
        .request(Method::POST, "/oauth/token")
        .header("authorization", &basic);
    let answer = Answer::to(request.form(&unnamed)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let tokens = answer.json();

    let introspect = async |token: &Value| {
        let body = json!({"token": token, "client_id": client, "client_secret": SECRET});
        let answer = post_form(&server, "/oauth/introspect", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    let told = introspect(&tokens["access_token"]).await;
    assert_eq!((&told["active"], &told["client_id"]), (&json!(true), &json!(client)));
    assert_eq!(told["username"], "ann@example.com");
    assert_eq!(introspect(&tokens["refresh_token"]).await["active"], true);
    assert_eq!(introspect(&json!("unknown")).await, json!({"active": false}));

    let public = register(&server, false).await;
    let body = json!({"token": tokens["access_token"], "client_id": public});
    refused(
        &post_form(&server, "/oauth/introspect", &body).await,
        401,
        "invalid_client",
    );

    for token in [&tokens["refresh_token"], &json!("unknown")] {
        let body = json!({"token": token, "client_id": client, "client_secret": SECRET});
        let answer = post_form(&server, "/oauth/revoke", &body).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    }
    assert_eq!(introspect(&tokens["access_token"]).await, json!({"active": false}));
    let token = tokens["access_token"].as_str().unwrap();
    server.get(token, "/v1/api-keys").await.error(401, "UNAUTHORIZED");
}

#[actix_web::test]
async fn the_metadata_names_paths_that_are_there() {
    let server = TestServer::start().await;
    let answer = Answer::to(server.request(Method::GET, "/.well-known/oauth-authorization-server")).await;
    let metadata = answer.json();
    let issuer = format!("http://{}", server.running.http_addr);
    assert_eq!(metadata["issuer"], issuer);
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    for (name, method, status) in [
        ("authorization_endpoint", Method::GET, 400),
        ("token_endpoint", Method::POST, 400),
        ("revocation_endpoint", Method::POST, 400),
        ("introspection_endpoint", Method::POST, 400),
        ("jwks_uri", Method::GET, 200),
    ] {
        let path = metadata[name].as_str().unwrap().strip_prefix(&issuer).unwrap();
        assert_eq!(Answer::to(server.request(method, path)).await.status, status, "{name}");
    }
    let public = TestServer::builder()
        .set("PUBLIC_URL", "https://talk.example/")
        .start()
        .await;
    let answer = Answer::to(public.request(Method::GET, "/.well-known/oauth-authorization-server")).await;
    assert_eq!(answer.json()["token_endpoint"], "https://talk.example/oauth/token");
}

#[actix_web::test]
async fn who_let_an_application_in_sees_it_and_shuts_it_out() {
    let server = TestServer::start().await;
    let (ann, bob) = (
        Forms::of(&server, "ann@example.com").await,
        Forms::of(&server, "bob@example.com").await,
    );
    let client = register(&server, false).await;
    let list = "/v1/users/me/applications";
    let (hers, his) = (ann.bearer().await, bob.bearer().await);
    assert_eq!(server.get(&hers, list).await.json(), json!({"applications": []}));
    let tokens = async |forms: &Forms| {
        let body = exchange_body(&client, &code(forms, &client).await);
        post_json(&server, "/oauth/token", &body).await.json()
    };
    // Twice by her, once by him.
    let (first, second, of_bob) = (tokens(&ann).await, tokens(&ann).await, tokens(&bob).await);
    let access = |tokens: &Value| tokens["access_token"].as_str().unwrap().to_owned();
    let listed = server.get(&hers, list).await.json();
    assert_eq!(listed["applications"].as_array().unwrap().len(), 1, "{listed}");
    let entry = &listed["applications"][0];
    assert_eq!((&entry["id"], &entry["name"]), (&json!(client), &json!("Your <app>")));
    assert_eq!(
        entry["scopes"],
        json!(["read_profile", "manage_conversations", "read_progress"])
    );
    assert!(entry["since"].as_str().unwrap().ends_with('Z'));
    // An application sees no others, and shuts none out.
    let path = format!("{list}/{client}");
    server.get(&access(&first), list).await.error(403, "FORBIDDEN");
    let delete = async |token: &str, path: &str| server.send(token, Method::DELETE, path, &json!({})).await;
    delete(&access(&first), &path).await.error(403, "FORBIDDEN");

    let made = server
        .post(&access(&first), "/v1/api-keys", &json!({"name": "its own"}))
        .await;
    let made = made.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(delete(&hers, &path).await.status, 204);
    for dead in [&access(&first), &access(&second), &made] {
        server.get(dead, "/v1/users/me").await.error(401, "UNAUTHORIZED");
    }
    let refresh = json!({"grant_type": "refresh_token", "client_id": client, "refresh_token": first["refresh_token"]});
    assert_eq!(
        post_json(&server, "/oauth/token", &refresh).await.json()["error"],
        "invalid_grant"
    );
    assert_eq!(server.get(&hers, list).await.json(), json!({"applications": []}));
    delete(&hers, &path).await.error(404, "NOT_FOUND");
    delete(&hers, &format!("{list}/client_unknown"))
        .await
        .error(404, "NOT_FOUND");
    // What he let in stays in.
    assert_eq!(server.get(&access(&of_bob), "/v1/users/me").await.status, 200);
    assert_eq!(
        server.get(&his, list).await.json()["applications"][0]["id"],
        json!(client)
    );
}
