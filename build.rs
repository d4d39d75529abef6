//! Lists the files of `web/`, so that the program carries its page.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs, io};

const SERVED: [&str; 6] = ["html", "css", "js", "svg", "png", "webmanifest"];

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=web");
    println!("cargo:rerun-if-changed=migrations");
    let web = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("web");
    let mut files = Vec::new();
    if web.is_dir() {
        for entry in fs::read_dir(&web)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let extension = entry
                .path()
                .extension()
                .map(|extension| extension.to_string_lossy().into_owned());
            let is_served = extension.is_some_and(|extension| SERVED.contains(&extension.as_str()));
            // Tests of the page's modules are no part of it.
            if entry.file_type()?.is_file() && is_served && !name.ends_with(".test.js") {
                files.push(name);
            }
        }
    }
    files.sort();
    let mut code = String::from("static FILES: &[(&str, &[u8])] = &[\n");
    for name in files {
        // By a path that holds wherever the checkout is: several may share what was built.
        let path = format!("/web/{name}");
        writeln!(
            code,
            "    ({name:?}, include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))),"
        )
        .expect("writing to a string");
    }
    code.push_str("];\n");
    let out = PathBuf::from(env::var("OUT_DIR").expect("set by cargo"));
    fs::write(out.join("web.rs"), code)
}
