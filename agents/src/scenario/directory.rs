//! A directory of content, read.

use std::path::{Path, PathBuf};

use super::ContentError;

/// A file of a directory of content: its name from there, and its text.
pub(crate) fn file(dir: &Path, path: PathBuf) -> Result<(String, String), ContentError> {
    let name = path.strip_prefix(dir).unwrap_or(&path).display().to_string();
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((name, text)),
        Err(source) => Err(ContentError::Read { path, source }),
    }
}

/// The files `{folder}/*.toml` of a directory of content, in the order of their names.
pub(crate) fn files(dir: &Path, folder: &str) -> Result<Vec<(String, String)>, ContentError> {
    let folder = dir.join(folder);
    let failed = |source| ContentError::Read {
        path: folder.clone(),
        source,
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    paths.into_iter().map(|path| file(dir, path)).collect()
}
