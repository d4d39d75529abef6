//! What a person takes along, in one file: a ZIP of the JSON, and of every file of sound.

use std::io::{self, Write};

use serde_json::{Map, Value};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::audio::AudioStore;

/// What the JSON is called in it.
pub const DOCUMENT: &str = "export.json";
/// The directory of the sound.
const AUDIO: &str = "audio";

/// Writes it from its beginning to its end, so that it can be sent as it is made. `files` are those that the store has listed; one
/// that is gone meanwhile is left out. It waits for the disk, and for `out`.
///
/// # Errors
/// When the disk or `out` refuses.
pub fn write(everything: &Map<String, Value>, audio: &AudioStore, files: &[String], out: impl Write) -> io::Result<()> {
    // Most of it is sound, which is packed already.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .unix_permissions(0o600);
    let mut zip = ZipWriter::new_stream(Mute { out, is_broken: false });
    zip.start_file(DOCUMENT, options).map_err(refused)?;
    serde_json::to_writer_pretty(&mut zip, everything)?;
    for name in files {
        if let Some(mut file) = audio.open_listed(name)? {
            zip.start_file(format!("{AUDIO}/{name}"), options).map_err(refused)?;
            io::copy(&mut file, &mut zip)?;
        }
    }
    zip.finish().map_err(refused)?;
    Ok(())
}

fn refused(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        error => io::Error::other(error),
    }
}

/// Refuses once, then swallows the rest: a ZIP that is given up still writes its end, and complains to standard error.
struct Mute<W> {
    out: W,
    is_broken: bool,
}

impl<W: Write> Write for Mute<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_broken {
            return Ok(bytes.len());
        }
        let written = self.out.write(bytes);
        self.is_broken = matches!(&written, Err(error) if error.kind() != io::ErrorKind::Interrupted);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_broken { Ok(()) } else { self.out.flush() }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use serde_json::json;
    use zip::ZipArchive;

    use super::*;
    use crate::audio::AudioName;
    use crate::ids::ConversationId;

    #[tokio::test]
    async fn an_archive_holds_the_document_and_the_sound() {
        let dir = tempfile::tempdir().unwrap();
        let store = AudioStore::open(dir.path()).unwrap();
        let id = ConversationId::new();
        let name = AudioName::of(&id, "initial").unwrap();
        store.write(&name, b"the tutor".to_vec()).await.unwrap();
        store.keep_upload(&id, "001", b"the learner".to_vec()).await.unwrap();
        let mut files = store.files(std::slice::from_ref(&id)).await.unwrap();
        files.push(format!("{id}/gone.mp3"));
        let everything = Map::from_iter([("user".to_owned(), json!({"name": "Ann"}))]);

        let mut bytes = Vec::new();
        write(&everything, &store, &files, &mut bytes).unwrap();
        let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = |name: &str| {
            let mut text = String::new();
            zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        assert_eq!(text(&format!("audio/{id}/initial.mp3")), "the tutor");
        assert_eq!(text(&format!("audio/{id}/uploads/001.wav")), "the learner");
        let document: Value = serde_json::from_str(&text(DOCUMENT)).unwrap();
        assert_eq!(document["user"]["name"], "Ann");
        assert_eq!(zip.len(), 3);
    }

    #[test]
    fn whoever_stops_reading_is_told_of_once() {
        struct Full(usize);
        impl Write for Full {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::BrokenPipe)?;
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let store = AudioStore::open(dir.path()).unwrap();
        for room in [0, 40, 100] {
            let error = write(&Map::new(), &store, &[], Full(room)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe, "{room}");
        }
    }
}
