//! Organisations, and what their keys may read.

use reqwest::Method;
use serde_json::{Value, json};

use crate::forms::Forms;
use crate::test_server::{Answer, TestServer};

const ORGS: &str = "/v1/organisations";

/// A person with a token of our own pages.
struct Person {
    id: String,
    token: String,
}

async fn person(server: &TestServer, email: &str) -> Person {
    let forms = Forms::of(server, email).await;
    let session = forms.get("/session").await.json();
    Person {
        id: session["user"]["id"].as_str().unwrap().to_owned(),
        token: forms.bearer().await,
    }
}

/// An organisation that someone owns: its id and a key of its own.
async fn organisation(server: &TestServer, owner: &Person) -> (String, String) {
    let answer = server.post(&owner.token, ORGS, &json!({"name": "School"})).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("org_"));
    let path = format!("{ORGS}/{id}/api-keys");
    let answer = server.post(&owner.token, &path, &json!({"name": "LMS"})).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    (id, answer.json()["key"].as_str().unwrap().to_owned())
}

async fn delete(server: &TestServer, token: &str, path: &str) -> Answer {
    Answer::to(server.request(Method::DELETE, path).bearer_auth(token)).await
}

/// Invites someone, who accepts, with the token of the invitation if it has one.
async fn join(server: &TestServer, owner: &Person, id: &str, body: &Value, invited: &Person) {
    let answer = server.post(&owner.token, &format!("{ORGS}/{id}/members"), body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let accept = json!({"token": answer.json().get("token")});
    let answer = server
        .post(&invited.token, &format!("{ORGS}/{id}/invitation"), &accept)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[actix_web::test]
async fn nobody_is_a_member_without_having_accepted() {
    let server = TestServer::start().await;
    let (owner, ann, bob) = (
        person(&server, "owner@example.com").await,
        person(&server, "ann@example.com").await,
        person(&server, "bob@example.com").await,
    );
    let (id, key) = organisation(&server, &owner).await;
    let members = format!("{ORGS}/{id}/members");
    let invitation = format!("{ORGS}/{id}/invitation");
    let ids = async |token: &str| -> Vec<String> {
        let answer = server.get(token, &members).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let members = answer.json()["members"].as_array().unwrap().clone();
        members
            .iter()
            .map(|member| member["user_id"].as_str().unwrap().to_owned())
            .collect()
    };

    let answer = server
        .post(&owner.token, &members, &json!({"email": "Ann@example.com"}))
        .await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    // It looks like the invitation of an address that nobody has.
    let unknown = server
        .post(&owner.token, &members, &json!({"email": "nobody@example.com"}))
        .await;
    let keys = |answer: &Answer| -> Vec<String> { answer.json().as_object().unwrap().keys().cloned().collect() };
    assert_eq!(
        (unknown.status, &unknown.json()["user_id"], keys(&unknown)),
        (202, &answer.json()["user_id"], keys(&answer))
    );
    let accept = |answer: &Answer| json!({"token": answer.json()["token"].as_str().unwrap()});
    let (accept, other) = (accept(&answer), accept(&unknown));
    assert_eq!(ids(&key).await, std::slice::from_ref(&owner.id));
    server.get(&ann.token, &members).await.error(404, "NOT_FOUND");
    server
        .post(&bob.token, &invitation, &json!({}))
        .await
        .error(404, "NOT_FOUND");

    // Whoever has signed up with the address need not be who was meant: that is whoever was handed the token.
    assert_eq!(server.get(&ann.token, ORGS).await.json()["invitations"], json!([]));
    for (token, body) in [
        (&ann.token, &json!({})),
        (&ann.token, &other),
        (&ann.token, &json!({"token": "cli_x"})),
        (&bob.token, &accept),
    ] {
        server.post(token, &invitation, body).await.error(404, "NOT_FOUND");
    }
    let listed = server.get(&owner.token, &members).await;
    assert!(!listed.text.contains("cli_"), "told once: {}", listed.text);
    assert_eq!(
        server.post(&ann.token, &invitation, &accept).await.json()["role"],
        "member"
    );
    server
        .post(&ann.token, &invitation, &accept)
        .await
        .error(404, "NOT_FOUND");
    let mut expected = vec![owner.id.clone(), ann.id.clone()];
    expected.sort();
    assert_eq!(ids(&ann.token).await, expected);
    assert_eq!(
        server.get(&ann.token, ORGS).await.json()["organisations"][0]["role"],
        "member"
    );
    // Members see no addresses, and who was invited is no business of theirs.
    let seen = server.get(&ann.token, &members).await;
    assert!(!seen.text.contains("@example.com"), "{}", seen.text);
    assert!(server.get(&key, &members).await.text.contains("ann@example.com"));

    // Whoever gets the address later accepts with the token, too.
    let late = person(&server, "nobody@example.com").await;
    delete(&server, &late.token, &invitation).await.error(404, "NOT_FOUND");
    assert_eq!(server.post(&late.token, &invitation, &other).await.status, 200);
    // Who is invited by id needs none, and may decline.
    for declines in [true, false] {
        let invited = server.post(&owner.token, &members, &json!({"user_id": bob.id})).await;
        assert_eq!(invited.json().get("token"), None);
        let list = server.get(&bob.token, ORGS).await.json();
        assert_eq!(list["invitations"][0]["organisation_id"], id.as_str());
        if declines {
            assert_eq!(delete(&server, &bob.token, &invitation).await.status, 204);
            server
                .post(&bob.token, &invitation, &json!({}))
                .await
                .error(404, "NOT_FOUND");
        }
    }
    let open = server.get(&owner.token, &members).await.json();
    let path = format!(
        "{ORGS}/{id}/invitations/{}",
        open["invitations"][0]["id"].as_str().unwrap()
    );
    assert_eq!(delete(&server, &owner.token, &path).await.status, 204);
    server
        .post(&bob.token, &invitation, &json!({}))
        .await
        .error(404, "NOT_FOUND");
}

#[actix_web::test]
async fn only_owners_change_an_organisation_and_one_of_them_stays() {
    let server = TestServer::start().await;
    let (owner, ann, bob) = (
        person(&server, "owner@example.com").await,
        person(&server, "ann@example.com").await,
        person(&server, "bob@example.com").await,
    );
    let (id, key) = organisation(&server, &owner).await;
    join(&server, &owner, &id, &json!({"user_id": ann.id}), &ann).await;
    let members = format!("{ORGS}/{id}/members");
    let keys = format!("{ORGS}/{id}/api-keys");
    let invite = json!({"user_id": bob.id});
    for (token, status, code) in [
        (&ann.token, 403, "FORBIDDEN"),
        (&bob.token, 404, "NOT_FOUND"),
        (&key, 403, "FORBIDDEN"),
    ] {
        server.post(token, &members, &invite).await.error(status, code);
        server
            .post(token, &keys, &json!({"name": "x"}))
            .await
            .error(status, code);
        server.get(token, &keys).await.error(status, code);
    }
    let member = |id: &str| format!("{members}/{id}");
    delete(&server, &ann.token, &member(&owner.id))
        .await
        .error(403, "FORBIDDEN");
    delete(&server, &owner.token, &member("me"))
        .await
        .error(403, "FORBIDDEN");
    delete(&server, &owner.token, &member(&bob.id))
        .await
        .error(404, "NOT_FOUND");
    assert_eq!(delete(&server, &ann.token, &member("me")).await.status, 204);
    join(
        &server,
        &owner,
        &id,
        &json!({"email": "ann@example.com", "role": "owner"}),
        &ann,
    )
    .await;
    assert_eq!(delete(&server, &ann.token, &member(&owner.id)).await.status, 204);
    server.get(&owner.token, &members).await.error(404, "NOT_FOUND");

    let listed = server.get(&ann.token, &keys).await.json();
    let path = format!("{keys}/{}", listed["api_keys"][0]["id"].as_str().unwrap());
    assert_eq!(delete(&server, &ann.token, &path).await.status, 204);
    server.get(&key, ORGS).await.error(401, "UNAUTHORIZED");
    for body in [
        json!({}),
        json!({"email": "x"}),
        json!({"user_id": "a b"}),
        json!({"user_id": "x", "role": "king"}),
    ] {
        server
            .post(&ann.token, &members, &body)
            .await
            .error(400, "INVALID_REQUEST");
    }
    let guest = server.guest().await;
    server
        .post(&guest, ORGS, &json!({"name": "x"}))
        .await
        .error(403, "FORBIDDEN");
}

#[actix_web::test]
async fn the_last_owner_invites_themselves_and_stays_owner_and_goes_only_when_another_is_named() {
    let server = TestServer::start().await;
    let (owner, ann) = (
        person(&server, "owner@example.com").await,
        person(&server, "ann@example.com").await,
    );
    let (id, _) = organisation(&server, &owner).await;
    join(&server, &owner, &id, &json!({"user_id": owner.id}), &owner).await;
    join(&server, &owner, &id, &json!({"user_id": ann.id}), &ann).await;
    let role = async |person: &Person| server.get(&person.token, ORGS).await.json()["organisations"][0]["role"].clone();
    assert_eq!(
        (role(&owner).await, role(&ann).await),
        (json!("owner"), json!("member"))
    );

    let me = "/v1/users/me";
    let refused = delete(&server, &owner.token, me).await;
    let error = refused.error(409, "CONFLICT");
    assert!(error["message"].as_str().unwrap().contains("School"), "{error}");
    assert_eq!(server.get(&owner.token, me).await.status, 200);
    let body = json!({"email": "ann@example.com", "role": "owner"});
    join(&server, &owner, &id, &body, &ann).await;
    assert_eq!(role(&ann).await, "owner");
    assert_eq!(delete(&server, &owner.token, me).await.status, 204);
    assert_eq!(role(&ann).await, "owner");
}

#[actix_web::test]
async fn the_sound_of_an_organisation_goes_with_it_and_so_does_what_its_key_holds() {
    let server = TestServer::start().await;
    let owner = person(&server, "owner@example.com").await;
    let (_, key) = organisation(&server, &owner).await;
    // Nobody is named whose it would be: it is the organisation's own.
    let conversation = server.conversation(&key).await;
    let files = std::path::Path::new(server.variable("DATA_DIR"))
        .join("audio")
        .join(&conversation);
    std::fs::create_dir_all(files.join("uploads")).unwrap();
    std::fs::write(files.join("uploads/001.wav"), "said").unwrap();
    let once = server
        .request(Method::POST, "/v1/conversations")
        .header("idempotency-key", "once")
        .bearer_auth(&key);
    assert_eq!(Answer::to(once.json(&json!({"topic": "x"}))).await.status, 201);
    assert_eq!(server.rows("SELECT scope FROM idempotency_keys").await.len(), 1);
    assert_eq!(delete(&server, &owner.token, "/v1/users/me").await.status, 204);
    assert!(!files.exists());
    for table in [
        "SELECT id FROM conversations",
        "SELECT id FROM organisations",
        "SELECT id FROM api_keys",
        "SELECT scope FROM idempotency_keys",
        "SELECT id FROM users",
    ] {
        assert!(server.rows(table).await.is_empty(), "{table}");
    }
}

#[actix_web::test]
async fn a_conversation_that_an_organisation_gives_a_member_is_the_members_and_read_by_both() {
    let server = TestServer::start().await;
    let (owner, ann, bob) = (
        person(&server, "owner@example.com").await,
        person(&server, "ann@example.com").await,
        person(&server, "bob@example.com").await,
    );
    let (id, key) = organisation(&server, &owner).await;
    join(&server, &owner, &id, &json!({"user_id": ann.id}), &ann).await;
    let create = async |token: &str, context: Value| -> String {
        let body = json!({"topic": "restaurant", "custom_context": context});
        let answer = server.post(token, "/v1/conversations", &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        for (name, value) in context.as_object().unwrap() {
            assert_eq!(answer.json()["context"][name], *value);
        }
        answer.json()["id"].as_str().unwrap().to_owned()
    };
    let status = async |token: &str, id: &str| {
        server
            .get(token, &format!("/v1/conversations/{id}/messages"))
            .await
            .status
    };

    let context = json!({"student_id": ann.id, "assignment_id": "a1", "due_date": "2026-12-01"});
    let homework = create(&key, context).await;
    let challenge = create(&key, json!({"team_member": "ann@example.com", "challenge_id": "c1"})).await;
    for conversation in [&homework, &challenge] {
        assert_eq!(status(&ann.token, conversation).await, 200);
        assert_eq!(status(&key, conversation).await, 200);
        for other in [&bob.token, &owner.token] {
            assert_eq!(status(other, conversation).await, 404);
        }
    }
    // Who is no member is only a word: the conversation is the organisation's own.
    for stranger in [bob.id.as_str(), "student 7", ""] {
        let own = create(&key, json!({"student_id": stranger})).await;
        assert_eq!(status(&key, &own).await, 200);
        assert_eq!(status(&bob.token, &own).await, 404);
        assert_eq!(status(&ann.token, &own).await, 404);
    }
    // What a member does alone, and what people name in their own conversations, is no business of the organisation.
    let private = create(&ann.token, json!({})).await;
    assert_eq!(status(&key, &private).await, 404);
    let named = create(&owner.token, json!({"student_id": ann.id})).await;
    assert_eq!(status(&ann.token, &named).await, 404);

    // Reading is all: neither ending nor speaking.
    let end = format!("/v1/conversations/{homework}/end");
    server.post(&key, &end, &json!({})).await.error(404, "NOT_FOUND");
    let path = format!("{ORGS}/{id}/members/{}", ann.id);
    assert_eq!(delete(&server, &owner.token, &path).await.status, 204);
    assert_eq!(status(&key, &homework).await, 404);
    assert_eq!(status(&ann.token, &homework).await, 200);
}
