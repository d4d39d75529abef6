//! The subcommands, as processes of their own beside a running server.

use std::io::Write;
use std::process::{Command, Stdio};

use colloquy_loadtest::api;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Program, command as colloquy};

/// Runs it with something on its standard input; gives its exit code, standard output and standard error.
fn run(dir: &TempDir, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command: Command = colloquy(dir);
    let command = command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may end without having read it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The same, which must work: its standard output.
fn done(dir: &TempDir, arguments: &[&str], input: &str) -> String {
    let (code, out, err) = run(dir, arguments, input);
    assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}: {out}");
    out
}

/// The same, which must fail: its one line on standard error.
fn refused(dir: &TempDir, arguments: &[&str], input: &str) -> String {
    let (code, out, err) = run(dir, arguments, input);
    assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}: {err}");
    assert_eq!(err.lines().count(), 1, "{err}");
    err
}

fn value<'a>(out: &'a str, name: &str) -> &'a str {
    let line = out.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    line.unwrap_or_else(|| panic!("no {name} in {out}"))
}

#[test]
fn users_are_added_listed_changed_exported_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(done(&dir, &["migrate"], ""), "the tables are up to date\n");
    let add = ["user", "add", "Ann@Example.com", "--role", "admin"];
    let id = done(&dir, &add, "correct horse battery\n").trim().to_owned();
    assert!(id.starts_with("user_"), "{id}");
    assert!(refused(&dir, &add, "correct horse battery\n").contains("already"));
    let weak = refused(&dir, &["user", "add", "bob@example.com"], "short\n");
    assert!(weak.contains("at least 8"), "{weak}");
    assert!(refused(&dir, &["user", "add", "bob@example.com"], "").contains("pipe"));
    assert!(refused(&dir, &["user", "add", "bob", "--no-password"], "").contains("no e-mail address"));
    done(
        &dir,
        &["user", "add", "bob@example.com", "--no-password", "--name", "Bob B."],
        "",
    );

    let list = done(&dir, &["user", "list"], "");
    let lines: Vec<Vec<&str>> = list.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines.len(), 2, "{list}");
    assert_eq!(lines[0][..3], [id.as_str(), "ann@example.com", "admin"]);
    assert_eq!((lines[1][2], lines[1][5]), ("user", "Bob B."));
    done(&dir, &["user", "role", "ann@example.com", "user"], "");
    done(&dir, &["user", "password", &id], "another horse battery\n");

    let everything: Value = serde_json::from_str(&done(&dir, &["export", &id], "")).unwrap();
    assert_eq!(everything["user"]["email"], "ann@example.com");
    assert_eq!(everything["user"]["role"], "user");
    let file = dir.path().join("ann.json");
    let path = file.to_str().unwrap();
    assert_eq!(done(&dir, &["export", "ann@example.com", "--out", path], ""), "");
    assert!(std::fs::read_to_string(&file).unwrap().contains(&id));
    assert!(refused(&dir, &["export", &id, "--out", path], "").contains("ann.json"));
    let file = dir.path().join("ann.zip");
    let with_audio = ["export", &id, "--with-audio", "--out", file.to_str().unwrap()];
    assert_eq!(done(&dir, &with_audio, ""), "");
    let archive = std::fs::read(&file).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    let document = std::io::read_to_string(archive.by_name("export.json").unwrap()).unwrap();
    assert!(document.contains(&id));
    assert_eq!(run(&dir, &["export", &id, "--with-audio"], "").0, 2);

    // The last owner of an organisation stays one, and stays, for as long as others are in it.
    let school = done(&dir, &["org", "add", "School", "--owner", &id], "")
        .trim()
        .to_owned();
    done(&dir, &["org", "add-member", &school, "bob@example.com"], "");
    let demoted = refused(&dir, &["org", "add-member", &school, &id, "--role", "member"], "");
    assert!(demoted.contains("last owner"), "{demoted}");
    let stays = refused(&dir, &["user", "remove", &id, "--yes"], "");
    assert!(stays.contains("School"), "{stays}");
    done(
        &dir,
        &["org", "add-member", &school, "bob@example.com", "--role", "owner"],
        "",
    );

    assert_eq!(run(&dir, &["user", "remove", &id], "").0, 2);
    done(&dir, &["user", "remove", &id, "--yes"], "");
    assert!(refused(&dir, &["user", "remove", &id, "--yes"], "").contains("there is no user"));
    assert!(refused(&dir, &["export", "nobody@example.com"], "").contains("there is no user"));
}

#[test]
fn clients_are_registered_once_their_addresses_are_safe() {
    let dir = tempfile::tempdir().unwrap();
    let add = [
        "client",
        "add",
        "--name",
        "App",
        "--redirect-uri",
        "https://app.example/cb",
    ];
    let public = done(&dir, &add, "");
    assert!(value(&public, "client_id").starts_with("client_"));
    assert!(!public.contains("client_secret"));
    let confidential = done(
        &dir,
        &[&add[..], &["--confidential", "--scopes", "read_profile,read_progress"]].concat(),
        "",
    );
    assert!(value(&confidential, "client_secret").starts_with("cls_"));
    let list = done(&dir, &["client", "list"], "");
    assert!(
        list.contains("\tconfidential\tread_profile read_progress\thttps://app.example/cb\tApp"),
        "{list}"
    );
    let unsafe_uri = [
        "client",
        "add",
        "--name",
        "App",
        "--redirect-uri",
        "http://app.example/cb",
    ];
    assert!(refused(&dir, &unsafe_uri, "").contains("https"));
    let (code, _, err) = run(&dir, &[&add[..], &["--scopes", "fly"]].concat(), "");
    assert_eq!(code, 2);
    assert!(err.contains("there is no scope"), "{err}");
    let id = value(&public, "client_id");
    done(&dir, &["client", "remove", id], "");
    assert!(refused(&dir, &["client", "remove", id], "").contains("there is no client"));
}

#[actix_web::test]
async fn keys_that_are_made_and_revoked_beside_a_server_count_there_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(&mut colloquy(&dir));
    let http = api::http_client().unwrap();
    let status = async |key: &str| {
        let request = http.get(format!("{}/v1/api-keys", program.base())).bearer_auth(key);
        request.send().await.unwrap().status().as_u16()
    };
    done(&dir, &["user", "add", "ann@example.com", "--no-password"], "");
    let made = done(
        &dir,
        &[
            "key",
            "add",
            "--user",
            "ann@example.com",
            "--name",
            "cron",
            "--days",
            "30",
        ],
        "",
    );
    let (id, key) = (value(&made, "id"), value(&made, "key"));
    assert_eq!(status(key).await, 200);
    let list = done(&dir, &["key", "list", "--user", "ann@example.com"], "");
    assert!(
        list.contains(id) && list.contains("cron") && !list.contains(key),
        "{list}"
    );
    done(&dir, &["key", "revoke", id], "");
    assert_eq!(status(key).await, 401);
    assert!(refused(&dir, &["key", "revoke", id], "").contains("there is no API key"));

    let org = done(&dir, &["org", "add", "School", "--owner", "ann@example.com"], "")
        .trim()
        .to_owned();
    assert!(org.starts_with("org_"), "{org}");
    let made = done(&dir, &["key", "add", "--org", &org, "--name", "LMS"], "");
    assert_eq!(status(value(&made, "key")).await, 200);
    done(&dir, &["user", "add", "bob@example.com", "--no-password"], "");
    done(&dir, &["org", "add-member", &org, "bob@example.com"], "");
    let members = done(&dir, &["org", "members", &org], "");
    assert!(
        members.contains("ann@example.com\towner") && members.contains("bob@example.com\tmember"),
        "{members}"
    );
    done(&dir, &["org", "remove-member", &org, "bob@example.com"], "");
    assert!(refused(&dir, &["org", "remove-member", &org, "ann@example.com"], "").contains("last owner"));
    done(&dir, &["org", "remove", &org, "--yes"], "");
    assert_eq!(status(value(&made, "key")).await, 401);
    assert_eq!(run(&dir, &["key", "add", "--name", "x"], "").0, 2);
}

#[actix_web::test]
async fn a_server_takes_tokens_of_the_key_before_the_rotation_and_none_after_a_replacement() {
    let dir = tempfile::tempdir().unwrap();
    let guest = {
        let program = Program::start(&mut colloquy(&dir));
        let guest = program.guest().await;
        program.terminate();
        assert!(program.wait().0.success());
        guest
    };
    let status = async |program: &Program| {
        let http = api::http_client().unwrap();
        let request = http.post(format!("{}/v1/conversations", program.base()));
        let request = request
            .bearer_auth(guest.token())
            .json(&serde_json::json!({"topic": "x"}));
        request.send().await.unwrap().status().as_u16()
    };
    assert!(done(&dir, &["key", "rotate-signing"], "").starts_with("the new key signs from "));
    {
        let program = Program::start(&mut colloquy(&dir));
        assert_eq!(status(&program).await, 201);
        let jwks = api::http_client()
            .unwrap()
            .get(format!("{}/oauth/jwks", program.base()));
        let jwks: Value = jwks.send().await.unwrap().json().await.unwrap();
        assert_eq!(jwks["keys"].as_array().unwrap().len(), 2);
    }
    done(&dir, &["key", "rotate-signing", "--at-once"], "");
    let program = Program::start(&mut colloquy(&dir));
    assert_eq!(status(&program).await, 401);
}

#[test]
fn help_explains_every_command() {
    let dir = tempfile::tempdir().unwrap();
    let help = done(&dir, &["--help"], "");
    for word in [
        "DATA_DIR",
        "Exit codes",
        "migrate",
        "export",
        "user",
        "client",
        "key",
        "org",
        "config",
    ] {
        assert!(help.contains(word), "{word} is missing from {help}");
    }
    for (command, word) in [
        (&["user", "add"][..], "pipe"),
        (&["client", "add"], "confidential"),
        (&["key", "rotate-signing"], "five minutes"),
        (&["org", "add-member"], "without asking"),
        (&["export"], "/v1/users/me/export"),
    ] {
        let help = done(&dir, &[command, &["--help"]].concat(), "");
        assert!(help.contains(word), "{help}");
    }
}
