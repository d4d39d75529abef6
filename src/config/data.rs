//! Where the program keeps things.

use std::path::{Path, PathBuf};

use super::{ConfigError, Environment, Secret};

/// Files and the database.
#[derive(Clone, Debug)]
pub struct DataConfig {
    /// `DATA_DIR` \[data\]: the directory of everything that is kept: database, keys, spooled events.
    pub dir: PathBuf,
    /// `DATABASE_URL` \[SQLite in `DATA_DIR`\]: `sqlite://path` or `postgres://user:password@host/name`.
    pub database_url: Secret,
    /// `AUDIO_DIR` \[`DATA_DIR/audio`\]: files of sound; nodes that share sessions share it.
    pub audio_dir: PathBuf,
    /// `CONTENT_DIR` \[none: built in\]: scenarios to use in place of the built-in ones.
    pub content_dir: Option<PathBuf>,
}

impl DataConfig {
    /// Reads its variables.
    pub fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let dir = environment.required("DATA_DIR", "data", "a directory", |text| {
            (!text.is_empty()).then(|| PathBuf::from(text))
        })?;
        let default_url = sqlite_url(&dir.join("colloquy.db"));
        let database_url = environment.optional(
            "DATABASE_URL",
            Some(&default_url),
            "a URL that starts with sqlite:// or postgres://",
            |text| {
                ["sqlite:", "postgres://", "postgresql://"]
                    .iter()
                    .any(|scheme| text.starts_with(scheme))
                    .then(|| text.to_owned())
            },
        )?;
        let default_audio = dir.join("audio");
        let audio_dir = environment.optional("AUDIO_DIR", default_audio.to_str(), "a directory", |text| {
            Some(PathBuf::from(text))
        })?;
        Ok(Self {
            audio_dir: audio_dir.unwrap_or(default_audio),
            database_url: Secret::new(database_url.unwrap_or(default_url)),
            dir,
            content_dir: environment.optional("CONTENT_DIR", None, "a directory", |text| Some(PathBuf::from(text)))?,
        })
    }
}

/// The URL of a SQLite file that is made when absent. The path is made absolute, since the first part of a relative one
/// would be read as a host.
fn sqlite_url(file: &Path) -> String {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let mut path = String::new();
    for c in absolute.to_string_lossy().chars() {
        match c {
            '%' => path.push_str("%25"),
            '?' => path.push_str("%3F"),
            '#' => path.push_str("%23"),
            _ => path.push(c),
        }
    }
    format!("sqlite://{path}?mode=rwc")
}
