//! What somebody has, on every surface.

use std::collections::BTreeMap;

use colloquy::clock::Timestamp;
use colloquy::ids::UserId;
use colloquy::storage::outbox::OutboxEvent;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::forms::Forms;
use crate::test_server::{Answer, TestServer};

/// Ids, tokens and the like, by the name that they have in [`super::routes`].
#[derive(Clone, Debug, Default)]
pub struct Names(BTreeMap<&'static str, String>);

/// A person who is signed in.
pub struct Person {
    pub id: String,
    pub token: String,
}

/// What Ann has, and what strangers know of it.
pub struct Estate {
    pub ann: Person,
    /// With the secrets.
    pub owned: Names,
    /// All ids, however unlikely it is that a stranger learns of them.
    pub seen: Names,
    /// The like that nobody has.
    pub unknown: Names,
}

/// Words that only Ann has.
pub const SURNAME: &str = "Quetzalcoatl";
pub const EMAIL: &str = "ann.secret@example.com";
pub const WORDS: &str = "Un quetzal pour deux, s'il vous plait";

const NAMES: [&str; 19] = [
    "me",
    "user",
    "peer",
    "unheard",
    "conversation",
    "session",
    "flat",
    "message",
    "webhook",
    "delivery",
    "key",
    "guest",
    "guest_token",
    "organisation",
    "member",
    "invitation",
    "team_key",
    "school",
    "club",
];

impl Names {
    /// A text with what the names stand for.
    pub fn fill_in(&self, text: &str) -> String {
        let fill = |text: String, (name, value): (&&str, &String)| text.replace(&format!("{{{name}}}"), value);
        self.0.iter().fold(text.to_owned(), fill)
    }

    /// Whether a text has a name of what is somebody's.
    pub fn are_in(text: &str) -> bool {
        let is_somebodys = |name: &&&str| **name != "me" && **name != "peer";
        NAMES
            .iter()
            .filter(is_somebodys)
            .any(|name| text.contains(&format!("{{{name}}}")))
    }

    /// What must not be told to anybody else: all but what everyone is called.
    pub fn secrets(&self) -> Vec<&str> {
        let is_told = ["me", "peer", "unheard", "client"];
        let kept = self.0.iter().filter(|(name, _)| !is_told.contains(name));
        kept.map(|(_, value)| value.as_str()).collect()
    }

    fn set(&mut self, name: &'static str, value: &Value) {
        let value = value.as_str().unwrap_or_else(|| panic!("{name} is {value}"));
        self.0.insert(name, value.to_owned());
    }
}

impl Person {
    /// Somebody who has just signed up.
    pub async fn new(server: &TestServer, email: &str) -> Self {
        let forms = Forms::of(server, email).await;
        let session = forms.get("/session").await.json();
        Self {
            id: session["user"]["id"].as_str().unwrap().to_owned(),
            token: forms.bearer().await,
        }
    }
}

/// Makes something, and gives what the server says of it.
pub async fn make(server: &TestServer, token: &str, path: &str, body: &Value) -> Value {
    let answer = server.post(token, path, body).await;
    assert!(matches!(answer.status, 200..=202), "{path}: {}", answer.text);
    answer.json()
}

impl Estate {
    /// Gives Ann something of everything. Carol has invited her twice, and is a member of Ann's.
    pub async fn of_ann(server: &TestServer) -> Self {
        let ann = Person::new(server, EMAIL).await;
        let carol = Person::new(server, "carol@example.com").await;
        let token = ann.token.as_str();
        let make = async |path: &str, body: Value| make(server, token, path, &body).await;
        let mut owned = Names::default();
        owned.set("me", &json!("me"));
        owned.set("user", &json!(ann.id));
        owned.set("peer", &json!("1"));
        owned.set("unheard", &json!("msg_unheard"));
        owned.set("client", &json!("client_1"));
        let name = json!({"name": format!("Ann {SURNAME}")});
        let named = server.send(token, Method::PATCH, "/v1/users/me", &name).await;
        assert_eq!(named.status, 200, "{}", named.text);

        let made = make(
            "/v1/conversations",
            json!({"topic": "restaurant", "language": "french"}),
        )
        .await;
        owned.set("conversation", &made["id"]);
        let path = owned.fill_in("/v1/conversations/{conversation}/messages");
        make(&path, json!({"type": "text", "content": WORDS})).await;
        let session = json!({"scenario": "restaurant", "language": "french"});
        owned.set("session", &make("/api/session/start", session).await["sessionId"]);
        let made = make("/api/conversations", json!({"targetLanguageId": "fr", "title": WORDS})).await;
        owned.set("flat", &made["data"]["conversation"]["id"]);
        let said = json!({"conversationId": owned.fill_in("{flat}"), "role": "user", "content": WORDS});
        let made = make("/api/conversation-messages", said).await;
        owned.set("message", &made["data"]["message"]["id"]);

        let hook = json!({"url": "http://127.0.0.1:9/quetzal", "events": ["conversation.completed"]});
        owned.set("webhook", &make("/v1/webhooks", hook).await["id"]);
        owned.set("delivery", &delivery(server, &ann, &owned).await);
        owned.set("key", &make("/v1/api-keys", json!({"name": "quetzal"})).await["id"]);
        let guest = Answer::to(server.request(Method::POST, "/v1/guests")).await.json();
        owned.set("guest", &guest["guest_id"]);
        owned.set("guest_token", &guest["access_token"]);

        owned.set(
            "organisation",
            &make("/v1/organisations", json!({"name": "Quetzal"})).await["id"],
        );
        let members = owned.fill_in("/v1/organisations/{organisation}/members");
        make(&members, json!({"user_id": carol.id})).await;
        let accept = owned.fill_in("/v1/organisations/{organisation}/invitation");
        self::make(server, &carol.token, &accept, &json!({})).await;
        owned.set("member", &json!(carol.id));
        let invitation = make(&members, json!({"email": "dora@example.com"})).await;
        owned.set("invitation", &invitation["id"]);
        let keys = owned.fill_in("/v1/organisations/{organisation}/api-keys");
        owned.set("team_key", &make(&keys, json!({"name": "LMS"})).await["id"]);
        for name in ["school", "club"] {
            let theirs = self::make(server, &carol.token, "/v1/organisations", &json!({"name": name})).await;
            owned.set(name, &theirs["id"]);
            let path = owned.fill_in(&format!("/v1/organisations/{{{name}}}/members"));
            self::make(server, &carol.token, &path, &json!({"user_id": ann.id})).await;
        }

        let mut seen = owned.clone();
        seen.set("guest_token", &json!(server.guest().await));
        let mut unknown = seen.clone();
        for (name, value) in &mut unknown.0 {
            *value = match (*name, value.split_once('_')) {
                ("me" | "peer" | "unheard" | "client" | "guest_token", _) => continue,
                ("session" | "flat" | "message", _) | (_, None) => Uuid::new_v4().to_string(),
                (_, Some((prefix, _))) => format!("{prefix}_{}", Uuid::now_v7().simple()),
            };
        }
        Self {
            ann,
            owned,
            seen,
            unknown,
        }
    }

    /// Everything as Ann sees it, but for when she was last there.
    pub async fn snapshot(&self, server: &TestServer) -> Vec<Value> {
        let mut snapshot = Vec::new();
        for path in [
            "/v1/users/me",
            "/v1/conversations",
            "/v1/conversations/{conversation}/messages",
            "/api/session/{session}/status",
            "/api/conversations?id={flat}",
            "/v1/webhooks",
            "/v1/api-keys",
            "/v1/organisations",
            "/v1/organisations/{organisation}/members",
            "/v1/organisations/{organisation}/api-keys",
            "/v1/users/me/achievements",
        ] {
            let answer = server.get(&self.ann.token, &self.owned.fill_in(path)).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            let mut seen = answer.json();
            if let Some(seen) = seen.as_object_mut() {
                seen.remove("last_active");
                seen.remove("timestamp");
            }
            snapshot.push(seen);
        }
        snapshot
    }
}

/// Something happens that Ann's webhook is told of; nobody listens there.
async fn delivery(server: &TestServer, ann: &Person, owned: &Names) -> Value {
    let event = OutboxEvent {
        user_id: UserId::from_text(ann.id.as_str()),
        event: "conversation.completed",
        data: json!({"quetzal": true}),
        organisation_id: None,
        at: Timestamp::now(),
    };
    server.running.database.announce(&event).await.unwrap();
    let path = owned.fill_in("/v1/webhooks/{webhook}/deliveries");
    for _ in 0..600 {
        let log = server.get(&ann.token, &path).await.json();
        if let Some(delivery) = log["deliveries"].get(0) {
            return delivery["id"].clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("nothing is delivered");
}
