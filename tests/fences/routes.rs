//! Every route there is, what a request of its owner looks like, and who else may come in.

use std::fs;
use std::path::Path;

use reqwest::Method;

use super::estate::Names;

/// Who may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fence {
    /// Everyone: nothing there is anybody's, or the path itself can't be guessed.
    Open,
    /// Everyone, for themselves; but a credential that is shown must be good.
    Unasked,
    /// Everyone with a credential, for themselves.
    Credential,
    /// The owner of what the request names.
    Owner,
    /// The same, on paths where other things need no credential.
    OwnerUnasked,
    /// Nobody here.
    Admin,
}

/// What a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    Nothing,
    Json(&'static str),
    Sdp,
    Recording,
}

/// A request that its owner may send. Names in braces are those of [`Names`].
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub sent: Sent,
    pub fence: Fence,
    /// The scope without which it is refused.
    pub scope: Option<&'static str>,
    /// What the owner gets.
    pub status: u16,
}

const NEW: &str = r#"{"topic": "restaurant", "language": "french"}"#;
const HOOK: &str = r#"{"url": "http://127.0.0.1:9/other", "events": ["conversation.completed"]}"#;
const KEY: &str = r#"{"name": "another", "scopes": ["read_profile"]}"#;
const TALK: Option<&str> = Some("manage_conversations");
const PROFILE: Option<&str> = Some("read_profile");
const PROGRESS: Option<&str> = Some("read_progress");

/// All of them, in an order in which their owner can go through them.
pub fn all() -> Vec<Route> {
    use Fence::{Admin, Credential, Open, Owner, OwnerUnasked, Unasked};
    use Sent::{Json, Nothing, Recording, Sdp};
    let mut routes = Vec::new();
    let mut add = |fence, scope, rows: &[(&'static str, &'static str, Sent, u16)]| {
        routes.extend(rows.iter().map(|&(method, path, sent, status)| Route {
            method,
            path,
            sent,
            fence,
            scope,
            status,
        }));
    };
    add(
        Open,
        None,
        &[
            ("GET", "/", Nothing, 200),
            ("HEAD", "/", Nothing, 200),
            ("GET", "/health", Nothing, 200),
            ("HEAD", "/health", Nothing, 200),
            ("GET", "/config.json", Nothing, 200),
            ("GET", "/metrics", Nothing, 200),
            ("GET", "/assets/app.js", Nothing, 200),
            ("HEAD", "/assets/app.js", Nothing, 200),
            ("GET", "/settings", Nothing, 200),
            ("HEAD", "/settings", Nothing, 200),
            ("GET", "/openapi.json", Nothing, 200),
            ("GET", "/docs", Nothing, 200),
            ("HEAD", "/docs", Nothing, 200),
            ("GET", "/docs/nothing.js", Nothing, 404),
            ("HEAD", "/docs/nothing.js", Nothing, 404),
            ("GET", "/changelog", Nothing, 200),
            ("HEAD", "/changelog", Nothing, 200),
            ("GET", "/oauth/jwks", Nothing, 200),
            ("GET", "/.well-known/oauth-authorization-server", Nothing, 200),
            ("GET", "/login", Nothing, 200),
            ("POST", "/login", Nothing, 403),
            ("GET", "/signup", Nothing, 200),
            ("POST", "/signup", Nothing, 403),
            ("GET", "/logout", Nothing, 200),
            ("GET", "/password", Nothing, 200),
            ("POST", "/password", Nothing, 403),
            ("POST", "/logout", Nothing, 403),
            ("GET", "/oauth/authorize", Nothing, 400),
            ("POST", "/consent", Nothing, 403),
            ("POST", "/oauth/token", Nothing, 401),
            ("POST", "/oauth/revoke", Nothing, 401),
            ("POST", "/oauth/introspect", Nothing, 401),
            ("GET", "/session", Nothing, 200),
            ("POST", "/session/token", Json("{}"), 401),
            ("POST", "/v1/guests", Nothing, 201),
            ("GET", "/audio/{conversation}/{unheard}.mp3", Nothing, 404),
            ("HEAD", "/audio/{conversation}/{unheard}.mp3", Nothing, 404),
            ("OPTIONS", "/v1/conversations/{conversation}/whip", Nothing, 204),
            ("OPTIONS", "/v1/conversations/{conversation}/whip/{peer}", Nothing, 204),
            ("GET", "/ws", Nothing, 400),
        ],
    );
    let session = r#"{"scenario": "restaurant", "language": "french"}"#;
    add(
        Unasked,
        TALK,
        &[
            ("POST", "/api/session/start", Json(session), 200),
            ("POST", "/api/conversations", Json(r#"{"targetLanguageId": "fr"}"#), 200),
            ("GET", "/api/conversations", Nothing, 200),
        ],
    );
    add(
        Credential,
        PROFILE,
        &[
            ("GET", "/v1/users/me", Nothing, 200),
            ("PATCH", "/v1/users/me", Json(r#"{"name": "Somebody Else"}"#), 200),
            ("PATCH", "/v1/users/me/preferences", Json(r#"{"daily_goal": 20}"#), 200),
            ("GET", "/v1/organisations", Nothing, 200),
        ],
    );
    add(
        Credential,
        TALK,
        &[
            ("GET", "/v1/conversations", Nothing, 200),
            ("POST", "/v1/conversations", Json(NEW), 201),
            ("POST", "/v1/voice/analyze", Recording, 200),
            ("POST", "/livekit/start-conversation", Nothing, 200),
            ("GET", "/v1/webhooks", Nothing, 200),
            ("POST", "/v1/webhooks", Json(HOOK), 201),
        ],
    );
    add(
        Credential,
        PROGRESS,
        &[
            ("GET", "/v1/users/{me}/progress", Nothing, 200),
            ("GET", "/v1/users/me/achievements", Nothing, 200),
            ("GET", "/v1/users/me/vocabulary", Nothing, 200),
            ("GET", "/v1/leaderboards", Nothing, 200),
        ],
    );
    let batch = r#"{"requests": [{"id": "a", "method": "GET", "path": "/v1/conversations/{conversation}/messages"},
        {"id": "b", "method": "POST", "path": "/v1/conversations/{conversation}/end"},
        {"id": "c", "method": "DELETE", "path": "/v1/webhooks/{webhook}"}]}"#;
    add(
        Credential,
        None,
        &[
            ("GET", "/v1/voice/exercises?language=french", Nothing, 200),
            ("GET", "/v1/voice/phonemes?language=french", Nothing, 200),
            ("GET", "/v1/content/topics", Nothing, 200),
            ("GET", "/v1/content/languages", Nothing, 200),
            ("GET", "/v1/api-keys", Nothing, 200),
            ("POST", "/v1/api-keys", Json(KEY), 201),
            ("POST", "/v1/organisations", Json(r#"{"name": "Club"}"#), 201),
            ("GET", "/v1/users/me/export", Nothing, 200),
            ("GET", "/v1/users/me/applications", Nothing, 200),
            (
                "POST",
                "/v1/users/me/password",
                Json(r#"{"password": "wrong horse", "new_password": "staple of the moon"}"#),
                403,
            ),
        ],
    );
    add(
        Owner,
        PROGRESS,
        &[
            ("GET", "/v1/users/{user}/progress", Nothing, 200),
            ("GET", "/v1/users/{me}/progress?user_id={user}", Nothing, 200),
            ("GET", "/v1/leaderboards?type=team&team_id={organisation}", Nothing, 200),
        ],
    );
    let turn = r#"{"type": "text", "content": "Bonsoir"}"#;
    add(
        Owner,
        TALK,
        &[
            ("GET", "/v1/conversations/{conversation}/messages", Nothing, 200),
            ("POST", "/v1/conversations/{conversation}/messages", Json(turn), 200),
            ("POST", "/v1/conversations/{conversation}/whip", Sdp, 422),
            ("PATCH", "/v1/conversations/{conversation}/whip/{peer}", Nothing, 415),
            ("GET", "/livekit/ws/chat/{conversation}", Nothing, 400),
            ("POST", "/livekit/end-conversation/{conversation}", Nothing, 200),
            ("POST", "/v1/conversations/{conversation}/end", Json("{}"), 200),
            ("DELETE", "/v1/conversations/{conversation}/whip/{peer}", Nothing, 200),
            ("GET", "/v1/webhooks/{webhook}", Nothing, 200),
            ("PATCH", "/v1/webhooks/{webhook}", Json(r#"{"active": false}"#), 200),
            ("GET", "/v1/webhooks/{webhook}/deliveries", Nothing, 200),
            ("POST", "/v1/webhooks/deliveries/{delivery}/replay", Nothing, 202),
            ("DELETE", "/v1/webhooks/{webhook}", Nothing, 204),
            (
                "POST",
                "/v1/guests/{guest}/claim",
                Json(r#"{"guest_token": "{guest_token}"}"#),
                200,
            ),
        ],
    );
    let feedback = r#"{"conversationId": "{flat}", "durationSeconds": 60}"#;
    let said = r#"{"conversationId": "{flat}", "role": "user", "content": "Bonsoir"}"#;
    add(
        OwnerUnasked,
        TALK,
        &[
            ("GET", "/api/session/{session}/status", Nothing, 200),
            ("POST", "/api/session/{session}/process", Recording, 200),
            ("DELETE", "/api/session/{session}", Nothing, 200),
            ("GET", "/api/conversations?userId={user}", Nothing, 200),
            ("GET", "/api/conversations?guestId={guest}", Nothing, 200),
            ("GET", "/api/conversations?id={flat}", Nothing, 200),
            // What was made through another document is not there.
            ("GET", "/api/conversations?id={conversation}", Nothing, 404),
            ("PUT", "/api/conversations?id={flat}", Json(r#"{"title": "x"}"#), 200),
            ("GET", "/api/conversation-messages?conversationId={flat}", Nothing, 200),
            ("POST", "/api/conversation-messages", Json(said), 200),
            ("GET", "/api/conversation-message?id={message}", Nothing, 200),
            (
                "PUT",
                "/api/conversation-message?id={message}",
                Json(r#"{"content": "x"}"#),
                200,
            ),
            ("DELETE", "/api/conversation-message?id={message}", Nothing, 200),
            ("POST", "/api/conversation-end", Json(feedback), 200),
            ("DELETE", "/api/conversations?id={flat}", Nothing, 200),
        ],
    );
    let invite = r#"{"email": "eve@example.com"}"#;
    add(
        Owner,
        PROFILE,
        &[("GET", "/v1/organisations/{organisation}/members", Nothing, 200)],
    );
    add(
        Owner,
        None,
        &[
            ("DELETE", "/v1/api-keys/{key}", Nothing, 204),
            ("DELETE", "/v1/users/me/applications/{client}", Nothing, 404),
            ("POST", "/v1/organisations/{organisation}/members", Json(invite), 202),
            (
                "DELETE",
                "/v1/organisations/{organisation}/invitations/{invitation}",
                Nothing,
                204,
            ),
            ("GET", "/v1/organisations/{organisation}/api-keys", Nothing, 200),
            ("POST", "/v1/organisations/{organisation}/api-keys", Json(KEY), 201),
            (
                "DELETE",
                "/v1/organisations/{organisation}/api-keys/{team_key}",
                Nothing,
                204,
            ),
            (
                "DELETE",
                "/v1/organisations/{organisation}/members/{member}",
                Nothing,
                204,
            ),
            ("POST", "/v1/organisations/{school}/invitation", Nothing, 200),
            ("DELETE", "/v1/organisations/{club}/invitation", Nothing, 204),
        ],
    );
    let client = r#"{"name": "App", "redirect_uris": ["https://example.com/"]}"#;
    add(
        Admin,
        Some("admin"),
        &[
            ("GET", "/v1/admin/clients", Nothing, 403),
            ("POST", "/v1/admin/clients", Json(client), 403),
            ("DELETE", "/v1/admin/clients/{client}", Nothing, 403),
            ("GET", "/v1/admin/conversations", Nothing, 403),
            ("GET", "/v1/admin/users", Nothing, 403),
            ("PATCH", "/v1/admin/users/{user}", Json(r#"{"role": "admin"}"#), 403),
        ],
    );
    // Whoever comes here is gone.
    add(
        Credential,
        None,
        &[
            ("POST", "/v1/batch", Json(batch), 200),
            ("DELETE", "/v1/users/me", Nothing, 204),
        ],
    );
    routes
}

impl Route {
    /// The method.
    pub fn method(&self) -> Method {
        self.method.parse().unwrap()
    }

    /// What it is called in the program: `GET /v1/users/{}/progress`.
    pub fn template(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        normal(self.method, path)
    }

    /// Whether it names what is somebody's.
    pub fn is_about_something(&self) -> bool {
        let carried = match self.sent {
            Sent::Json(body) => Names::are_in(body),
            _ => false,
        };
        carried || Names::are_in(self.path)
    }
}

/// Pages are all alike, and so are their files.
fn normal(method: &str, path: &str) -> String {
    let is_file = |dir: &&str| path.starts_with(*dir);
    let path = match ["/assets/", "/docs/"].iter().find(|dir| is_file(dir)) {
        Some(dir) => &format!("{dir}{{}}"),
        None if path == "/settings" => "/{}",
        None => path,
    };
    let mut short = String::new();
    for part in path.split('/').skip(1) {
        let part = match (part.find('{'), part.rfind('}')) {
            (Some(_), Some(_)) => "{}",
            _ => part,
        };
        short.push('/');
        short.push_str(part);
    }
    format!("{method} {short}")
}

/// What the program itself says it serves: every `resource(path, [methods])` of its sources.
pub fn served() -> Vec<String> {
    let mut served = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut served);
    served.sort();
    served.dedup();
    served
}

fn read(dir: &Path, served: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, served);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            read_source(&fs::read_to_string(path).unwrap(), served);
        }
    }
}

fn read_source(source: &str, served: &mut Vec<String>) {
    for rest in source.split("resource(").skip(1) {
        let rest = rest.trim_start();
        let rest = rest.strip_prefix("&format!(").unwrap_or(rest);
        let Some(rest) = rest.strip_prefix('"') else {
            continue;
        };
        let (path, rest) = rest.split_once('"').unwrap();
        let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ')');
        // One without a list of methods adds to one that has it.
        let Some(rest) = rest.strip_prefix(',') else {
            assert_eq!(path, "/v1/users/me", "no methods are listed");
            continue;
        };
        let (methods, _) = rest.split_once(']').unwrap();
        let methods = methods.split("Method::").skip(1);
        let methods = methods.map(|method| method.trim_end().trim_end_matches(','));
        served.extend(methods.map(|method| normal(method, path)));
    }
}
