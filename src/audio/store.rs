//! The files under `AUDIO_DIR`: `{conversation}/{name}.mp3`, and what is made from content under `exercises/`
//! and `phonemes/`.
//!
//! A path is built only from parts that were checked, so none leads out of the directory. Files appear whole or not at all:
//! they are written under another name first. Several nodes may share the directory.

use std::collections::HashMap;
use std::fs::{self, File};
use std::future::Future;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use uuid::Uuid;

use crate::ids::ConversationId;

/// Where files of sound are kept; clones share it.
#[derive(Clone, Debug)]
pub struct AudioStore {
    dir: Arc<Path>,
    /// Files that are being made right now.
    making: Arc<Mutex<HashMap<AudioName, Weak<Turn>>>>,
}

type Turn = tokio::sync::Mutex<()>;

/// What a file is called: a directory (a conversation's id, `exercises` or `phonemes`) and a name, both of letters, digits, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AudioName {
    directory: String,
    name: String,
}

/// The directory of exercises, which are made from content.
pub const EXERCISES: &str = "exercises";
/// The directory of words to hear phonemes in, which are made from content.
pub const PHONEMES: &str = "phonemes";
/// The directory of what a learner said, within a conversation's.
const UPLOADS: &str = "uploads";

impl AudioName {
    /// Reads the two parts as they come from outside. None if there is anything else in them.
    pub fn parse(directory: &str, name: &str) -> Option<Self> {
        let is_plain = |text: &str| {
            (1..=64).contains(&text.len())
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        };
        (is_plain(directory) && is_plain(name)).then(|| Self {
            directory: directory.to_owned(),
            name: name.to_owned(),
        })
    }

    /// A file of a conversation.
    pub fn of(conversation: &ConversationId, name: &str) -> Option<Self> {
        Self::parse(conversation.as_str(), name)
    }

    /// The name alone.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file of the same name that holds a version of it. None if that makes the name too long.
    pub fn version(&self, version: &str) -> Option<Self> {
        Self::parse(&self.directory, &format!("{}-{version}", self.name))
    }

    /// Where it is heard, below the program's own URL (without a slash at its end).
    pub fn url(&self, base: &str) -> String {
        format!("{base}/audio/{}/{}.mp3", self.directory, self.name)
    }
}

/// Where a file of a conversation is heard, below the program's own URL (without a slash at its end).
pub fn audio_url(base: &str, conversation: &ConversationId, name: &str) -> String {
    format!("{base}/audio/{conversation}/{name}.mp3")
}

impl AudioStore {
    /// Files in that directory, which is made when absent.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn open(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        Ok(Self {
            dir: dir.into(),
            making: Arc::default(),
        })
    }

    /// Where a file is, or would be.
    pub fn path(&self, name: &AudioName) -> PathBuf {
        self.dir.join(&name.directory).join(format!("{}.mp3", name.name))
    }

    /// Keeps a file; one of that name is replaced.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn write(&self, name: &AudioName, bytes: Vec<u8>) -> io::Result<()> {
        let path = self.path(name);
        on_disk(move || write_whole(&path, &bytes)).await
    }

    /// Where the file is; if it isn't there yet, it is made first. Whoever asks meanwhile waits for it.
    ///
    /// # Errors
    /// Those of `make`, and when the disk refuses.
    pub async fn obtain<E>(
        &self,
        name: &AudioName,
        make: impl Future<Output = Result<Vec<u8>, E>>,
    ) -> Result<PathBuf, E>
    where
        E: From<io::Error>,
    {
        let path = self.path(name);
        if is_file(&path).await {
            return Ok(path);
        }
        let turn = self.turn(name);
        let _held = turn.lock().await;
        if is_file(&path).await {
            return Ok(path);
        }
        let bytes = make.await?;
        self.write(name, bytes).await?;
        Ok(path)
    }

    /// Keeps what a learner said, as a WAV file beside the tutor's.
    ///
    /// # Errors
    /// When the disk refuses, or the conversation can't have files.
    pub async fn keep_upload(&self, conversation: &ConversationId, name: &str, wav: Vec<u8>) -> io::Result<()> {
        let name = AudioName::of(conversation, name).ok_or(io::ErrorKind::InvalidInput)?;
        let directory = self.dir.join(&name.directory).join(UPLOADS);
        let path = directory.join(format!("{}.wav", name.name));
        on_disk(move || write_whole(&path, &wav)).await
    }

    /// All files of some conversations, sorted, each as `{conversation}/{file}`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn files(&self, conversations: &[ConversationId]) -> io::Result<Vec<String>> {
        let checked = conversations.iter().filter_map(|id| AudioName::of(id, UPLOADS));
        let directories: Vec<String> = checked.map(|checked| checked.directory).collect();
        let dir = Arc::clone(&self.dir);
        on_disk(move || {
            let mut found = Vec::new();
            for directory in directories {
                for below in [directory.clone(), format!("{directory}/{UPLOADS}")] {
                    list(&dir, &below, &mut found)?;
                }
            }
            found.sort();
            Ok(found)
        })
        .await
    }

    /// Opens one of the [`files`](Self::files). `None` if it is gone meanwhile. It waits for the disk.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn open_listed(&self, file: &str) -> io::Result<Option<File>> {
        match File::open(self.dir.join(file)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            file => file.map(Some),
        }
    }

    /// Removes all files of a conversation; there may be none.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn remove(&self, conversation: &ConversationId) -> io::Result<()> {
        // Any name will do to check the directory's.
        let is_content = |directory: &str| [EXERCISES, PHONEMES].contains(&directory);
        let checked = AudioName::of(conversation, UPLOADS).filter(|checked| !is_content(&checked.directory));
        let Some(checked) = checked else {
            return Ok(());
        };
        let directory = self.dir.join(checked.directory);
        on_disk(move || match fs::remove_dir_all(&directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
        .await
    }

    fn turn(&self, name: &AudioName) -> Arc<Turn> {
        let mut making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = making.get(name).and_then(Weak::upgrade) {
            return turn;
        }
        making.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::new(Turn::default());
        making.insert(name.clone(), Arc::downgrade(&turn));
        turn
    }
}

/// Adds the files of a directory below `dir`, which may not be there.
fn list(dir: &Path, below: &str, found: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(dir.join(below)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            found.push(format!("{below}/{}", entry.file_name().to_string_lossy()));
        }
    }
    Ok(())
}

async fn is_file(path: &Path) -> bool {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || path.is_file())
        .await
        .unwrap_or(false)
}

async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(directory)?;
    let draft = directory.join(format!(".{}.part", Uuid::new_v4().simple()));
    let written = File::create_new(&draft)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        // It may be the disk that is full.
        let _ = fs::remove_file(&draft);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use proptest::prelude::*;

    use super::*;

    fn store() -> (AudioStore, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        (AudioStore::open(&dir.path().join("audio")).unwrap(), dir)
    }

    #[tokio::test]
    async fn a_file_is_kept_whole_and_goes_with_its_conversation() {
        let (store, _dir) = store();
        let (id, other) = (ConversationId::new(), ConversationId::new());
        let name = AudioName::of(&id, "initial").unwrap();
        store.write(&name, b"one".to_vec()).await.unwrap();
        store.write(&name, b"two".to_vec()).await.unwrap();
        store.keep_upload(&id, "001", b"said".to_vec()).await.unwrap();
        let beside = AudioName::of(&other, "initial").unwrap();
        store.write(&beside, b"theirs".to_vec()).await.unwrap();
        assert_eq!(fs::read(store.path(&name)).unwrap(), b"two");
        let directory = store.path(&name).parent().unwrap().to_owned();
        assert_eq!(fs::read(directory.join("uploads/001.wav")).unwrap(), b"said");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 2, "no draft is left");
        store.remove(&id).await.unwrap();
        store.remove(&id).await.unwrap();
        assert!(!directory.exists());
        assert_eq!(fs::read(store.path(&beside)).unwrap(), b"theirs");
    }

    #[tokio::test]
    async fn a_file_that_many_ask_for_is_made_once() {
        let (store, _dir) = store();
        let name = AudioName::of(&ConversationId::new(), "msg_1").unwrap();
        let made = AtomicUsize::new(0);
        let obtain = || async {
            let make = async {
                made.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                io::Result::Ok(b"sound".to_vec())
            };
            fs::read(store.obtain(&name, make).await.unwrap()).unwrap()
        };
        let heard = futures::future::join_all((0..8).map(|_| obtain())).await;
        assert!(heard.iter().all(|bytes| bytes == b"sound"));
        assert_eq!(made.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn what_could_not_be_made_is_tried_again() {
        let (store, _dir) = store();
        let name = AudioName::of(&ConversationId::new(), "msg_1").unwrap();
        let failed = store.obtain(&name, async { Err(io::Error::other("no voice")) }).await;
        assert!(failed.is_err());
        assert!(!store.path(&name).exists());
        let made = store.obtain(&name, async { io::Result::Ok(vec![1]) }).await;
        assert_eq!(made.unwrap(), store.path(&name));
    }

    #[test]
    fn a_url_names_the_conversation_and_the_file() {
        let id = ConversationId::from_text("0191d5f2-4f2c-7c3e-8e1a-000000000000");
        let url = "http://localhost:8000/audio/0191d5f2-4f2c-7c3e-8e1a-000000000000/initial.mp3";
        assert_eq!(audio_url("http://localhost:8000", &id, "initial"), url);
        assert_eq!(AudioName::of(&id, "initial").unwrap().url("http://localhost:8000"), url);
    }

    proptest! {
        #[test]
        fn no_name_leads_out_of_the_directory(directory: String, name in "[./\\\\a%0-9\\x00]{0,8}") {
            let dir = tempfile::tempdir().unwrap();
            let store = AudioStore::open(dir.path()).unwrap();
            for (directory, name) in [(&directory, &name), (&name, &directory), (&name, &name)] {
                if let Some(name) = AudioName::parse(directory, name) {
                    let path = store.path(&name);
                    prop_assert_eq!(path.parent().and_then(Path::parent), Some(dir.path()));
                }
            }
        }
    }
}
