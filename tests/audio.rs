//! What the tutor says, as files.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use colloquy::audio::decode;
use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::{Answer, TestServer};

async fn conversation(server: &TestServer, token: &str, language: &str) -> Value {
    let body = json!({"topic": "restaurant", "language": language});
    let answer = server.post(token, "/v1/conversations", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

fn path(url: &Value) -> String {
    let url = url.as_str().unwrap();
    url[url.find("/audio/").unwrap()..].to_owned()
}

#[actix_web::test]
async fn the_tutors_first_words_can_be_heard_whole_and_in_part() {
    let audio_dir = tempfile::tempdir().unwrap();
    let server = TestServer::scripted()
        .set("AUDIO_DIR", audio_dir.path().to_str().unwrap())
        .start()
        .await;
    let token = server.guest().await;
    let made = conversation(&server, &token, "french").await;
    let (id, url) = (made["id"].as_str().unwrap(), &made["initial_message"]["audio_url"]);
    let base = format!("http://{}/audio/{id}/msg_", server.running.http_addr);
    assert!(url.as_str().unwrap().starts_with(&base), "{url}");
    let path = path(url);
    let get = || server.request(Method::GET, &path);

    // Whoever asks first has it said; the others wait.
    let answers = futures::future::join_all((0..4).map(|_| get().header("Accept-Encoding", "gzip").send())).await;
    let mut files = Vec::new();
    for answer in answers {
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "audio/mpeg");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers()["accept-ranges"], "bytes");
        files.push(answer.bytes().await.unwrap());
    }
    let file = &files[0];
    assert!(files.iter().all(|other| other == file));
    let sound = decode(file).unwrap();
    assert_eq!(sound.rate, 44_100);
    assert!(sound.duration().as_secs_f64() > 2.0);
    assert_eq!(std::fs::read_dir(audio_dir.path().join(id)).unwrap().count(), 1);

    let whole = get().send().await.unwrap();
    let tag = whole.headers()["etag"].clone();
    let known = get().header("If-None-Match", tag).send().await.unwrap();
    assert_eq!(known.status(), 304);
    let part = get().header("Range", "bytes=100-199").send().await.unwrap();
    assert_eq!(part.status(), 206);
    let range = format!("bytes 100-199/{}", file.len());
    assert_eq!(part.headers()["content-range"], range.as_str());
    assert_eq!(part.bytes().await.unwrap(), file.slice(100..200));
    let beyond = get().header("Range", "bytes=99999999-").send().await.unwrap();
    assert_eq!(beyond.status(), 416);
    let head = server.request(Method::HEAD, &path).send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(head.headers()["content-length"], file.len().to_string().as_str());
    assert!(head.bytes().await.unwrap().is_empty());
    let post = Answer::to(server.request(Method::POST, &path)).await;
    assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD"));

    let history = server.get(&token, &format!("/v1/conversations/{id}/messages")).await;
    assert_eq!(history.json()["messages"][0]["audio_url"], *url);
}

#[actix_web::test]
async fn a_public_url_stands_before_what_is_heard() {
    let server = TestServer::scripted()
        .set("PUBLIC_URL", "https://talk.example.com/")
        .start()
        .await;
    let token = server.guest().await;
    let made = conversation(&server, &token, "french").await;
    let url = made["initial_message"]["audio_url"].as_str().unwrap();
    assert!(url.starts_with("https://talk.example.com/audio/conv_"), "{url}");
}

#[actix_web::test]
async fn chinese_and_japanese_are_heard_where_it_is_known_how_they_are_spoken() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    for language in ["chinese", "japanese"] {
        let made = conversation(&server, &token, language).await;
        let path = path(&made["initial_message"]["audio_url"]);
        let file = server.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(file.status(), 200, "{language}");
        let sound = decode(&file.bytes().await.unwrap()).unwrap();
        assert!(sound.duration().as_secs_f64() > 3.0, "{language}");
    }
}

#[actix_web::test]
async fn nothing_else_is_found_there() {
    let server = TestServer::scripted().start().await;
    let token = server.guest().await;
    let made = conversation(&server, &token, "french").await;
    let other = conversation(&server, &token, "french").await;
    let (id, message) = (
        made["id"].as_str().unwrap(),
        made["initial_message"]["id"].as_str().unwrap(),
    );
    let other = other["id"].as_str().unwrap();
    for path in [
        format!("/audio/{id}/{message}"),
        format!("/audio/{id}/{message}.wav"),
        format!("/audio/{id}/{message}x.mp3"),
        format!("/audio/{other}/{message}.mp3"),
        format!("/audio/{id}/initial.mp3"),
        format!("/audio/{id}/.mp3"),
        format!("/audio/{id}/%2e%2e%2f{message}.mp3"),
        format!("/audio/{id}%2f/{message}.mp3"),
        "/audio/..%2f..%2f/etc%2fpasswd.mp3".to_owned(),
        "/audio/%252e%252e/colloquy.mp3".to_owned(),
        "/audio/exercises/fr_r_sound-0.mp3".to_owned(),
        "/audio/exercises/fr_r_sound-99.mp3".to_owned(),
        "/audio/exercises/nothing-1.mp3".to_owned(),
        "/audio/phonemes/fr-2603.mp3".to_owned(),
        "/audio/phonemes/fr-79.mp3".to_owned(),
        "/audio/phonemes/fr.mp3".to_owned(),
        format!("/audio/{id}/%00.mp3"),
    ] {
        let answer = Answer::to(server.request(Method::GET, &path)).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
        let body = answer.json();
        assert!(body["detail"].is_string(), "{path}: {body}");
    }
}

#[actix_web::test]
async fn what_learners_say_is_kept_only_if_they_ask_for_it() {
    let audio_dir = tempfile::tempdir().unwrap();
    let server = TestServer::scripted()
        .set("AUDIO_DIR", audio_dir.path().to_str().unwrap())
        .start()
        .await;
    let token = server.guest().await;
    let said = include_bytes!("data/sound/answer.webm");
    for store_audio in [json!(true), json!(false), json!("true"), json!(null)] {
        let body = json!({
            "topic": "restaurant",
            "language": "french",
            "custom_context": {"store_audio": store_audio},
        });
        let made = server.post(&token, "/v1/conversations", &body).await.json();
        let id = made["id"].as_str().unwrap();
        let message = json!({"type": "audio", "content": "", "audio_data": BASE64_STANDARD.encode(said)});
        let path = format!("/v1/conversations/{id}/messages");
        let answer = server.post(&token, &path, &message).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let heard = &answer.json()["user_message"]["id"];
        let file = format!("{id}/uploads/{}.wav", heard.as_str().unwrap());
        let kept = std::fs::read(audio_dir.path().join(file)).ok();
        assert_eq!(kept.is_some(), store_audio == true);
        if let Some(kept) = kept {
            assert_eq!(decode(&kept).unwrap().rate, 44_100);
        }
    }
}
