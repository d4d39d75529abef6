//! The server's log while it is called: its errors and warnings, and anything that is no line of a log, such as a panic.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

/// Complaints that are told word for word.
const MOST_TOLD: usize = 20;
/// What a warning says of a request that there was no room for.
const REFUSAL: &str = "request failed status=503";
/// As much of each.
const LONGEST: usize = 200;

/// A log that is watched from here on.
#[derive(Debug)]
pub struct LogWatch {
    path: PathBuf,
    from: u64,
}

/// What was written to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LogReport {
    /// Lines.
    pub lines: usize,
    /// Of these, errors, and lines that are none of a log's, such as those of a panic.
    pub errors: usize,
    /// Of these, warnings, but for the next ones.
    pub warnings: usize,
    /// Of these, warnings of requests that were answered 503: callers for whom there was no room. Callers count them, too.
    pub refusals: usize,
    /// Both, without what differs from one to the next, with how often; the most frequent first.
    pub complaints: Vec<(String, usize)>,
}

/// How bad a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Other,
}

impl LogWatch {
    /// Begins at what is written next.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn begin(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            from: File::open(path)?.metadata()?.len(),
        })
    }

    /// What was written since.
    ///
    /// # Errors
    /// When it can't be read any more.
    pub fn read(&self) -> io::Result<LogReport> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.from))?;
        let mut report = LogReport::default();
        let mut complaints = BTreeMap::<String, usize>::new();
        for line in BufReader::new(file).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            if line.trim().is_empty() {
                continue;
            }
            report.lines += 1;
            let (level, text) = parse(&line);
            match level {
                Level::Warning if text.contains(REFUSAL) => {
                    report.refusals += 1;
                    continue;
                }
                Level::Error => report.errors += 1,
                Level::Warning => report.warnings += 1,
                Level::Other => continue,
            }
            *complaints.entry(alike(text.as_ref())).or_default() += 1;
        }
        report.complaints = complaints.into_iter().collect();
        report.complaints.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        report.complaints.truncate(MOST_TOLD);
        Ok(report)
    }
}

/// The level of a line and its text: `2026-11-21T03:02:41.545646Z  WARN span{id=1}: text`, or the same as JSON.
fn parse(line: &str) -> (Level, std::borrow::Cow<'_, str>) {
    if let Ok(Value::Object(fields)) = serde_json::from_str(line)
        && let Some(level) = fields.get("level").and_then(Value::as_str)
    {
        let message = fields.get("message").map_or_else(|| line.to_owned(), Value::to_string);
        return (level_of(level).unwrap_or(Level::Error), message.into());
    }
    let told = line
        .split_once(' ')
        .filter(|(time, _)| time.ends_with('Z') && time.contains('T'));
    let told = told.and_then(|(_, rest)| rest.trim_start().split_once(' '));
    match told.and_then(|(level, text)| Some((level_of(level)?, text))) {
        // The spans that it stands in, each with its fields, are left out.
        Some((level, text)) => (level, text.rsplit_once("}: ").map_or(text, |(_, text)| text).into()),
        None => (Level::Error, line.into()),
    }
}

fn level_of(name: &str) -> Option<Level> {
    match name {
        "ERROR" => Some(Level::Error),
        "WARN" => Some(Level::Warning),
        "INFO" | "DEBUG" | "TRACE" => Some(Level::Other),
        _ => None,
    }
}

/// A complaint without the ids and numbers that make it another one each time.
fn alike(text: &str) -> String {
    let part = |word: &str| match word.chars().any(|letter| letter.is_ascii_digit()) {
        true => match word.split_once('=') {
            Some((name, _)) => format!("{name}=…"),
            None => "…".to_owned(),
        },
        false => word.to_owned(),
    };
    let alike = text.split_whitespace().map(part).collect::<Vec<_>>().join(" ");
    alike.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn complaints_are_counted_by_kind_from_where_the_watch_began() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        writeln!(file, "2026-11-21T03:02:40.5Z ERROR before").expect("room");
        let watch = LogWatch::begin(file.path()).expect("it is there");
        let lines = "2026-11-21T03:02:41.5Z  INFO request{id=1}: conversation ended xp=72\n\
             2026-11-21T03:02:42.5Z  WARN call{id=c1}: it took long took_ms=512\n\
             2026-11-21T03:02:42.6Z  WARN request{path=/v1}: request failed status=503 took=3ms\n\
             2026-11-21T03:02:42.7Z  WARN request{path=/v1}: request failed status=500 took=3ms\n\
             2026-11-21T03:02:43.5Z  WARN call{id=c2}:turn{n=4}: it took long took_ms=99\n\n\
             {\"timestamp\":\"2026\",\"level\":\"ERROR\",\"message\":\"the spool is full\"}\n\
             thread 'media-0' panicked at src/live/mod.rs:1:2:\n";
        file.write_all(lines.as_bytes()).expect("room");
        let report = watch.read().expect("it is there");
        assert_eq!(
            (report.lines, report.errors, report.warnings, report.refusals),
            (7, 2, 3, 1)
        );
        assert_eq!(report.complaints[0], ("it took long took_ms=…".to_owned(), 2));
        assert_eq!(report.complaints.len(), 4, "{report:?}");
        assert!(LogWatch::begin(Path::new("/nowhere/at/all")).is_err());
    }

    proptest! {
        #[test]
        fn any_line_has_a_level(line in "\\PC{0,80}", json in "\\{\"level\":[^\n]{0,20}\\}") {
            let _ = (parse(&line), parse(&json), alike(&line));
        }
    }
}
