//! The program as a process: what it prints, and how it exits.

use std::net::{TcpListener, UdpSocket};
use std::process::{Command, Output};

use colloquy_loadtest::api::{self, Api};
use colloquy_loadtest::call::Call;
use serde_json::json;

use crate::caller::{hear, message, reply};
use crate::program::{Program, command as colloquy, scripted};

fn run(command: &mut Command) -> (Output, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    (output, out, err)
}

#[test]
fn a_bad_variable_is_one_line_and_exit_code_1() {
    let dir = tempfile::tempdir().unwrap();
    let (output, out, err) = run(colloquy(&dir).env("RTC_UDP_PORT", "seven"));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(out, "");
    assert_eq!(err.lines().count(), 1, "{err}");
    assert!(err.contains("RTC_UDP_PORT"), "{err}");
}

#[test]
fn config_prints_what_is_in_force_without_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = colloquy(&dir);
    command.env("API_KEYS", "tell-nobody:a@example.com").arg("config");
    let (output, out, err) = run(&mut command);
    assert!(output.status.success(), "{err}");
    assert!(out.lines().any(|line| line == "PORT=0"), "{out}");
    assert!(out.lines().any(|line| line == "API_KEYS=***"), "{out}");
    assert!(out.lines().any(|line| line == "LOG_LEVEL=info  # default"), "{out}");
    assert!(!out.contains("tell-nobody"));
}

/// Starts it, which fails: the one line for whoever started it.
fn refusal(command: &mut Command) -> String {
    let (output, out, err) = run(command);
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert_eq!(out, "");
    let told: Vec<&str> = err.lines().filter(|line| line.starts_with("colloquy: ")).collect();
    assert_eq!(told.len(), 1, "{err}");
    assert_eq!(err.lines().last(), Some(told[0]), "{err}");
    // Nothing else sounds like trouble.
    assert!(!err.contains("panicked") && !err.contains("ERROR"), "{err}");
    told[0].to_owned()
}

#[test]
fn busy_ports_are_named_with_their_variables() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (tcp_port, udp_port) = (tcp.local_addr().unwrap().port(), udp.local_addr().unwrap().port());
    for (variable, port) in [
        ("PORT", tcp_port),
        ("RTC_TCP_PORT", tcp_port),
        ("RTC_UDP_PORT", udp_port),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let line = refusal(colloquy(&dir).env("MEDIA_THREADS", "1").env(variable, port.to_string()));
        assert!(line.starts_with(&format!("colloquy: {variable}: ")), "{line}");
        assert!(line.contains(&port.to_string()), "{line}");
    }
}

#[test]
fn a_data_directory_that_cant_be_written_is_named_with_its_variable() {
    let dir = tempfile::tempdir().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    for place in ["/proc/here".into(), file.path().join("below-a-file")] {
        let line = refusal(colloquy(&dir).env("DATA_DIR", &place));
        assert!(line.starts_with("colloquy: DATA_DIR: "), "{line}");
        assert!(line.contains(place.to_str().unwrap()), "{line}");
    }
}

#[test]
fn content_that_cant_be_used_is_named_with_its_variable() {
    let dir = tempfile::tempdir().unwrap();
    let content = tempfile::tempdir().unwrap();
    let line = refusal(colloquy(&dir).env("CONTENT_DIR", content.path().join("nowhere")));
    assert!(line.starts_with("colloquy: CONTENT_DIR: "), "{line}");
    assert!(line.contains("nowhere"), "{line}");

    // A copy of the built-in content with one broken scenario.
    let built_in = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("content");
    copy(&built_in, content.path());
    for broken in ["this is not TOML", "id = 7"] {
        std::fs::write(content.path().join("scenarios/restaurant.toml"), broken).unwrap();
        let line = refusal(colloquy(&dir).env("CONTENT_DIR", content.path()));
        assert!(line.starts_with("colloquy: CONTENT_DIR: "), "{line}");
        assert!(line.contains("restaurant.toml"), "{line}");
    }
}

#[test]
fn a_list_of_words_that_cant_be_used_is_named_with_its_variable() {
    let dir = tempfile::tempdir().unwrap();
    let words = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(words.path(), "headword,pos,CEFR\ntable,noun,easy\n").unwrap();
    let line = refusal(colloquy(&dir).env("CEFR_WORDS", words.path()));
    assert!(line.starts_with("colloquy: CEFR_WORDS: "), "{line}");
    assert!(line.contains("line 2") && line.contains("\"easy\""), "{line}");
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&source, &target);
        } else {
            std::fs::copy(source, target).unwrap();
        }
    }
}

#[test]
fn a_terminated_program_stops_well() {
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(&mut colloquy(&dir));
    program.terminate();
    let (status, log) = program.wait();
    assert!(log.last().is_some_and(|line| line.contains("stopped")), "{log:?}");
    assert_eq!(status.code(), Some(0));
}

#[actix_rt::test]
async fn a_program_that_is_stopped_in_a_call_says_goodbye_and_keeps_what_was_said() {
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(&mut scripted(&dir));
    let api = program.guest().await;
    let conversation = api.create_conversation("restaurant", "english").await.unwrap();
    let mut call = Call::join(&api, &conversation).await.unwrap();
    message(&mut call, "ai_response").await;
    call.send_message(&json!({"type": "text", "content": "A table for two"}))
        .await
        .unwrap();
    let reply = reply(&mut call).await;
    // More than a word.
    hear(&mut call, 60).await;
    program.terminate();
    loop {
        let error = message(&mut call, "error").await;
        if error["code"] == "SHUTTING_DOWN" {
            break;
        }
    }
    let (status, log) = tokio::task::spawn_blocking(move || program.wait()).await.unwrap();
    assert_eq!(status.code(), Some(0), "{log:?}");
    assert!(log.last().is_some_and(|line| line.contains("stopped")), "{log:?}");

    // Started again, it has every message, and the same conversation can be taken up.
    let program = Program::start(&mut scripted(&dir));
    let http = api::http_client().unwrap();
    let api = Api::with_token(http, program.base(), api.token());
    let history = api.messages(&conversation).await.unwrap();
    let messages = history["messages"].as_array().unwrap();
    let senders: Vec<&str> = messages
        .iter()
        .filter_map(|message| message["sender"].as_str())
        .collect();
    assert_eq!(senders, ["ai", "user", "ai"], "{messages:?}");
    assert_eq!(messages[1]["content"], "A table for two");
    // Cut short by the end: only what was heard is kept.
    let (kept, told) = (
        messages[2]["content"].as_str().unwrap(),
        reply["text"].as_str().unwrap(),
    );
    assert!(
        !kept.is_empty() && told.starts_with(kept.trim_end_matches(['.', ',', '…'])),
        "{kept:?} of {told:?}"
    );
    let call = Call::join(&api, &conversation).await.unwrap();
    call.leave().await.unwrap();
}

#[actix_rt::test]
async fn log_lines_of_a_call_name_their_conversation() {
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(&mut scripted(&dir));
    let api = program.guest().await;
    let conversation = api.create_conversation("restaurant", "english").await.unwrap();
    let call = Call::join(&api, &conversation).await.unwrap();
    api.end(&conversation).await.unwrap();
    // It takes no message to see that the call is over: the program waits for it before it stops.
    program.terminate();
    let (status, lines) = tokio::task::spawn_blocking(move || program.wait()).await.unwrap();
    assert_eq!(status.code(), Some(0));
    drop(call);
    let named = format!("conversation_id={conversation}");
    for story in ["somebody joined", "conversation ended", "call over"] {
        let line = lines.iter().find(|line| line.contains(story));
        assert!(line.is_some_and(|line| line.contains(&named)), "{story}: {lines:#?}");
    }
}
