//! OAuth 2.0 by the libraries that applications use. They make the request and read what comes back; the person is played by
//! the test.

use serde_json::{Value, json};

use super::script::{Client, Script};
use crate::forms::{Forms, PASSWORD};
use crate::oauth::{REDIRECT, SECRET, register};
use crate::test_server::TestServer;

const EMAIL: &str = "ann@example.com";

/// A script that acts for a new application.
async fn application(name: &str, server: &TestServer, is_confidential: bool) -> Script {
    let script = Script::new(name, server)
        .await
        .set("CLIENT_ID", &register(server, is_confidential).await)
        .set("REDIRECT_URI", REDIRECT);
    if is_confidential {
        script.set("CLIENT_SECRET", SECRET)
    } else {
        script
    }
}

/// Opens the page that the application asks for, signs in if need be, and decides as it is told.
async fn decide(server: &TestServer, browser: &Forms, client: &mut Client) {
    let asked = client.told().await;
    let url = asked["authorize"].as_str().unwrap_or_else(|| panic!("{asked}"));
    let base = format!("http://{}", server.running.http_addr);
    let path = url.strip_prefix(&base).unwrap_or_else(|| panic!("{url}"));
    let mut page = browser.get(path).await;
    if page.status == 303 {
        let login = page.header("location").to_owned();
        let signed_in = browser
            .submit(&login, &[("email", EMAIL), ("password", PASSWORD)])
            .await;
        assert_eq!(signed_in.status, 303, "{}", signed_in.text);
        page = browser.get(signed_in.header("location")).await;
    }
    assert_eq!(page.status, 200, "{}", page.text);
    let decision = asked["decision"].as_str().unwrap();
    let sent_back = browser.fill_in(&page, &[("decision", decision)]).await;
    assert_eq!(sent_back.status, 302, "{}", sent_back.text);
    let callback = sent_back.header("location");
    client.tell(&json!({ "callback": callback })).await;
}

/// A browser in which nobody has signed in, and a person who could.
async fn signed_out(server: &TestServer) -> Forms {
    Forms::of(server, EMAIL).await;
    Forms::at(server)
}

#[actix_web::test]
async fn oauth4webapi_goes_the_whole_way_without_a_secret() {
    let server = TestServer::scripted().start().await;
    let browser = signed_out(&server).await;
    let mut client = application("oauth4webapi.mjs", &server, false).await.start();
    decide(&server, &browser, &mut client).await;
    assert_eq!(client.told().await, json!({"denied": "access_denied"}));

    decide(&server, &browser, &mut client).await;
    assert_eq!(client.told().await, json!({"another_verifier": "invalid_grant"}));
    let first = client.told().await;
    assert_eq!(first["token_type"], "bearer", "it writes it small");
    assert_eq!(first["expires_in"], 3600);
    assert_eq!(first["scope"], "read_profile manage_conversations read_progress");
    assert_eq!((&first["typ"], &first["converse"]), (&json!("JWT"), &json!(201)));
    assert!(first["subject"].as_str().unwrap().starts_with("user_"));
    assert_eq!(client.told().await, json!({"refreshed": 201, "rotated": true}));
    let revoked = json!({"after_revocation": 401, "refresh_after_revocation": "invalid_grant"});
    assert_eq!(client.told().await, revoked);
    client.end().await;
    server.stop().await;
}

#[actix_web::test]
async fn openid_client_goes_the_whole_way_with_a_secret_in_header_or_body() {
    let server = TestServer::scripted().start().await;
    let browser = signed_out(&server).await;
    for authentication in ["client_secret_basic", "client_secret_post"] {
        let script = application("openid_client.mjs", &server, true).await;
        let mut client = script.set("AUTHENTICATION", authentication).start();
        decide(&server, &browser, &mut client).await;
        let first = client.told().await;
        assert_eq!(first["converse"], 201);
        assert_eq!(first["introspected"]["active"], true);
        assert_eq!(first["introspected"]["scope"], "read_profile manage_conversations");
        let second = client.told().await;
        assert_eq!(second["scope"], "manage_conversations");
        assert_eq!(second["introspected"]["scope"], "manage_conversations");
        assert_eq!(second["refresh_token"]["active"], true);
        let revoked = client.told().await;
        assert_eq!(revoked["after_revocation"], 401);
        assert_eq!(revoked["introspected"], json!({"active": false}));
        client.end().await;
    }
    server.stop().await;
}

#[actix_web::test]
async fn authlib_goes_the_whole_way_with_a_secret_or_without() {
    let server = TestServer::scripted().start().await;
    let browser = signed_out(&server).await;
    for is_confidential in [false, true] {
        let mut client = application("authlib_client.py", &server, is_confidential).await.start();
        decide(&server, &browser, &mut client).await;
        let first = client.told().await;
        assert_eq!(first["token_type"], "Bearer");
        assert_eq!(first["scope"], "read_profile manage_conversations read_progress");
        assert!(first["subject"].as_str().unwrap().starts_with("user_"));
        assert_eq!(first["converse"], 201);
        assert_eq!(client.told().await, json!({"rotated": true, "converse": 201}));
        if is_confidential {
            let introspected: Value = client.told().await["introspected"].clone();
            assert_eq!(introspected["active"], true);
            assert_eq!(introspected["username"], EMAIL);
        }
        let revoked = json!({"revoked": 200, "after_revocation": 401, "refresh_after_revocation": "invalid_grant"});
        assert_eq!(client.told().await, revoked);
        client.end().await;
    }
    server.stop().await;
}
