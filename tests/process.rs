//! The program as a process: what it prints, and how it exits.

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

use colloquy_loadtest::api::{self, Api};
use colloquy_loadtest::call::Call;
use tempfile::TempDir;

fn colloquy(data_dir: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_colloquy"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOST", "127.0.0.1")
        .env("PORT", "0")
        .env("RTC_UDP_PORT", "0")
        .env("RTC_TCP_PORT", "0")
        .env("DATA_DIR", data_dir.path());
    command
}

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

#[test]
fn a_terminated_program_stops_well() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = colloquy(&dir).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("ready")), "the program never got ready");
    let sent = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
    let rest: Vec<String> = lines.collect();
    assert!(rest.last().is_some_and(|line| line.contains("stopped")), "{rest:?}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[actix_rt::test]
async fn log_lines_of_a_call_name_their_conversation() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = colloquy(&dir)
        .envs([("STT", "scripted"), ("LLM", "scripted"), ("TTS", "scripted")])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let ready = lines.find(|line| line.contains("ready")).unwrap();
    let address = ready
        .split_whitespace()
        .find_map(|word| word.strip_prefix("http_addr="))
        .unwrap();
    let api = Api::guest(api::http_client().unwrap(), &format!("http://{address}"))
        .await
        .unwrap();
    let conversation = api.create_conversation("restaurant", "english").await.unwrap();
    let call = Call::join(&api, &conversation).await.unwrap();
    api.end(&conversation).await.unwrap();
    // It takes no message to see that the call is over: the program waits for it before it stops.
    assert!(
        Command::new("kill")
            .arg(child.id().to_string())
            .status()
            .unwrap()
            .success()
    );
    let lines: Vec<String> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    drop(call);
    let named = format!("conversation_id={conversation}");
    for story in ["somebody joined", "conversation ended", "call over"] {
        let line = lines.iter().find(|line| line.contains(story));
        assert!(line.is_some_and(|line| line.contains(&named)), "{story}: {lines:#?}");
    }
}
