//! Node and Python with the packages that `package-lock.json` and `requirements.txt` name, installed once below cargo's target
//! directory, and again when those files change.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use tokio::sync::OnceCell;

/// Where scripts and lock files are.
pub const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");

const NODE: [&str; 2] = ["package.json", "package-lock.json"];
const PYTHON: &str = "requirements.txt";
/// Holds what was installed.
const STAMP: &str = "installed";

/// The directory of the packages: `node_modules` for scripts below it, and an environment of Python.
pub async fn installed() -> &'static Path {
    static DIRECTORY: OnceCell<Result<PathBuf, String>> = OnceCell::const_new();
    let installed = DIRECTORY.get_or_init(|| async {
        let installing = tokio::task::spawn_blocking(install);
        installing.await.expect("it tells what went wrong")
    });
    installed.await.as_ref().unwrap_or_else(|reason| panic!("{reason}"))
}

/// The interpreter of that environment.
pub fn python(directory: &Path) -> PathBuf {
    directory.join("python/bin/python")
}

fn install() -> Result<PathBuf, String> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients");
    fs::create_dir_all(&directory).unwrap();
    // Other runs of the tests may share the directory.
    let lock = File::create(directory.join("lock")).unwrap();
    lock.lock().unwrap();
    let wanted: String = NODE.into_iter().chain([PYTHON]).map(lock_file).collect();
    let stamp = directory.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(directory);
    }
    let _ = fs::remove_file(&stamp);
    let environment = directory.join("python");
    let _ = fs::remove_dir_all(&environment);
    for file in NODE {
        fs::write(directory.join(file), lock_file(file)).unwrap();
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    run(npm.current_dir(&directory), "npm")?;
    let mut venv = Command::new("python3");
    run(venv.args(["-m", "venv"]).arg(&environment), "python3-venv")?;
    let mut pip = Command::new(python(&directory));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--requirement",
    ]);
    run(pip.arg(Path::new(SCRIPTS).join(PYTHON)), "python3-venv")?;
    fs::write(stamp, wanted).unwrap();
    Ok(directory)
}

fn lock_file(name: &str) -> String {
    fs::read_to_string(Path::new(SCRIPTS).join(name)).unwrap()
}

/// Runs a command that a Debian package brings.
fn run(command: &mut Command, package: &str) -> Result<(), String> {
    let remedy = format!(
        "It needs the Debian package {package}, which `make test-packages` installs, and, the first time, the registries of \
         npm and PyPI."
    );
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}. {remedy}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{command:?} failed. {remedy}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}
