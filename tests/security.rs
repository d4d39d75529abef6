//! What every answer says about its use, and how requests may come.

use std::fs;

use colloquy::ids::digest;
use reqwest::{Method, Version};
use serde_json::{Value, json};

use crate::program::{Program, scripted};
use crate::test_server::{Answer, TestServer};

#[actix_web::test]
async fn answers_are_not_sniffed_and_pages_not_framed() {
    let server = TestServer::start().await;
    for path in [
        "/health",
        "/nowhere",
        "/v1/users/me",
        "/assets/nowhere.css",
        "/changelog",
        "/api/conversations",
    ] {
        let answer = Answer::to(server.request(Method::GET, path)).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert!(!answer.headers.contains_key("strict-transport-security"), "{path}");
    }
    for path in ["/", "/changelog"] {
        let page = Answer::to(server.request(Method::GET, path).header("Accept", "text/html")).await;
        assert_eq!(page.status, 200);
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
    }
}

#[actix_web::test]
async fn where_https_is_required_plain_http_is_refused_in_each_documents_shape() {
    let server = TestServer::builder()
        .set("REQUIRE_HTTPS", "on")
        .set("TRUSTED_PROXIES", "127.0.0.1")
        .start()
        .await;
    let ask = |path: &str, scheme: &str| {
        let request = server.request(Method::GET, path);
        Answer::to(if scheme.is_empty() {
            request
        } else {
            request
                .header("X-Forwarded-For", "198.51.100.1")
                .header("X-Forwarded-Proto", scheme)
        })
    };
    ask("/v1/content/topics", "http").await.error(403, "FORBIDDEN");
    let flat = ask("/api/conversations?id=x", "http").await;
    assert_eq!((flat.status, &flat.json()["success"]), (403, &json!(false)));
    let tutor = ask("/livekit/start-conversation", "http").await;
    assert!(tutor.status == 403 && tutor.json()["detail"].is_string());
    let oauth = ask("/oauth/token", "http").await;
    assert!(oauth.status == 403 && oauth.json()["error"].is_string());
    // A browser gets a page.
    for path in ["/login", "/oauth/authorize", "/settings"] {
        let request = server.request(Method::GET, path).header("Accept", "text/html");
        let page = Answer::to(request.header("X-Forwarded-Proto", "http")).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(page.header("content-type").starts_with("text/html"), "{path}: {page:?}");
        assert!(page.text.contains("HTTPS is required here"), "{path}: {}", page.text);
    }
    // Loopback is exempt, and so are those who ask whether it is well.
    assert_eq!(ask("/v1/content/topics", "").await.status, 401);
    assert_eq!(ask("/health", "http").await.status, 200);
    let secure = ask("/v1/content/topics", "https").await;
    assert_eq!(secure.status, 401);
    assert_eq!(secure.header("strict-transport-security"), "max-age=31536000");
}

#[actix_web::test]
async fn with_a_certificate_the_port_speaks_https() {
    let dir = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let path = |file: &std::path::Path| file.to_str().unwrap().to_owned();
    let server = TestServer::builder()
        .set("TLS_CERT", &path(&certificate))
        .set("TLS_KEY", &path(&key))
        .set("REQUIRE_HTTPS", "on")
        .start()
        .await;
    let root = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().add_root_certificate(root).build().unwrap();
    let url = format!("https://localhost:{}/v1/guests", server.running.http_addr.port());
    let answer = Answer::to(client.post(url)).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    // Whoever speaks no TLS gets nothing.
    assert!(server.request(Method::GET, "/health").send().await.is_err());

    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(&key, other.signing_key.serialize_pem()).unwrap();
    for (cert_file, expected) in [
        (path(&certificate), "TLS_"),
        (path(&dir.path().join("none.pem")), "TLS_CERT"),
    ] {
        let refused = TestServer::builder()
            .set("TLS_CERT", &cert_file)
            .set("TLS_KEY", &path(&key))
            .try_start()
            .await;
        let error = refused.err().expect("it does not start").to_string();
        assert!(error.starts_with(expected) && !error.contains('\n'), "{error}");
    }
}

#[actix_web::test]
async fn over_https_http_2_is_spoken_with_whoever_speaks_it() {
    let dir = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (certificate, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let server = TestServer::scripted()
        .set("TLS_CERT", certificate.to_str().unwrap())
        .set("TLS_KEY", key.to_str().unwrap())
        .start()
        .await;
    let root = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let client = || reqwest::Client::builder().add_root_certificate(root.clone());
    let (newer, older) = (client().build().unwrap(), client().http1_only().build().unwrap());
    let base = format!("https://localhost:{}", server.running.http_addr.port());
    let guest = newer.post(format!("{base}/v1/guests")).send().await.unwrap();
    assert_eq!((guest.version(), guest.status().as_u16()), (Version::HTTP_2, 201));
    let guest: Value = guest.json().await.unwrap();
    let token = guest["access_token"].as_str().unwrap();
    let new = json!({"topic": "restaurant", "language": "french"});
    let made = newer
        .post(format!("{base}/v1/conversations"))
        .bearer_auth(token)
        .json(&new);
    let made = Answer::to(made).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    // Whom the client asked is said in another way, and still known.
    let audio = made["initial_message"]["audio_url"].as_str().unwrap();
    assert!(audio.starts_with(&format!("{base}/audio/")), "{audio}");
    // Requests and bodies of any size come at once over one connection.
    let messages = format!("{base}/v1/conversations/{}/messages", made["id"].as_str().unwrap());
    let turns = (0..8).map(|number| {
        let turn = json!({"type": "text", "content": format!("{number} {}", "x".repeat(3_000))});
        Answer::to(newer.post(&messages).bearer_auth(token).json(&turn))
    });
    for answer in futures::future::join_all(turns).await {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let history = newer.get(&messages).bearer_auth(token).send().await.unwrap();
    assert_eq!(history.version(), Version::HTTP_2);
    assert_eq!(history.headers()["strict-transport-security"], "max-age=31536000");
    let history: Value = history.json().await.unwrap();
    assert_eq!(history["messages"].as_array().unwrap().len(), 17);
    let large = newer.post(format!("{base}/v1/conversations")).bearer_auth(token);
    assert_eq!(Answer::to(large.body(vec![b' '; 1_000_000])).await.status, 413);
    let old = older.get(format!("{base}/health")).send().await.unwrap();
    assert_eq!((old.version(), old.status().as_u16()), (Version::HTTP_11, 200));
    server.stop().await;
}

#[actix_web::test]
async fn a_body_that_is_far_too_large_gets_an_answer_that_can_be_read() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    for (path, body) in [
        ("/v1/conversations", vec![b' '; 20_000_000]),
        ("/api/conversations", vec![b' '; 20_000_000]),
    ] {
        let request = server.request(Method::POST, path).bearer_auth(&token).body(body);
        assert_eq!(Answer::to(request).await.status, 413, "{path}");
    }
    // The connection is good, or another one is.
    assert_eq!(Answer::to(server.request(Method::GET, "/health")).await.status, 200);
}

#[actix_rt::test]
async fn nothing_that_opens_a_session_or_a_file_is_logged() {
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(scripted(&dir).env("LOG_LEVEL", "trace"));
    let client = reqwest::Client::new();
    let ask = |method: Method, path: &str| client.request(method, format!("{}{path}", program.base()));
    let begin = json!({"scenario": "restaurant", "language": "french"});
    let session = Answer::to(ask(Method::POST, "/api/session/start").json(&begin))
        .await
        .json();
    let id = session["sessionId"].as_str().unwrap();
    let audio = session["audioUrl"].as_str().unwrap();
    for (method, path) in [
        (Method::GET, format!("/api/session/{id}/status")),
        (Method::GET, audio[audio.find("/audio/").unwrap()..].to_owned()),
        (Method::GET, format!("/v1/conversations/{id}/messages")),
        (Method::GET, format!("/nowhere/{id}")),
        (Method::DELETE, format!("/api/session/{id}")),
    ] {
        Answer::to(ask(method, &path)).await;
    }
    let made = Answer::to(ask(Method::POST, "/api/conversations").json(&json!({"targetLanguageId": "ja"}))).await;
    let flat = made.json()["data"]["conversation"]["id"].as_str().unwrap().to_owned();
    let message = json!({"conversationId": flat, "role": "user", "content": "Hello"});
    for request in [
        ask(Method::GET, &format!("/api/conversations?id={flat}")),
        ask(Method::POST, "/api/conversation-messages").json(&message),
        ask(Method::POST, "/api/conversation-end").json(&json!({"conversationId": flat, "durationSeconds": 1})),
    ] {
        let answer = Answer::to(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let log = program.log();
    for (secret, hidden) in [(id, digest(id)), (&flat, digest(&flat))] {
        assert!(log.iter().any(|line| line.contains(&hidden)), "{hidden} in {log:#?}");
        let line = log.iter().find(|line| line.contains(secret));
        assert_eq!(line, None);
    }
}

#[test]
fn no_line_of_the_log_names_a_conversation_in_full() {
    let mut directories = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut lines = 0;
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            for line in source.lines().filter(|line| line.contains("conversation_id = %")) {
                lines += 1;
                assert!(line.contains(".logged()"), "{}: {line}", path.display());
            }
        }
    }
    assert!(lines > 10, "they are written otherwise by now");
}
