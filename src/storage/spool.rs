//! Files in which events wait while the database is away.
//!
//! Events are numbered as they arrive. A segment is a file of JSON lines, named after the number of its first event, so
//! that the names sort in the order in which the events must be applied.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::event::Event;

/// The segments of one directory.
#[derive(Debug)]
pub struct Spool {
    dir: PathBuf,
    segments: BTreeSet<u64>,
    tail: Option<Tail>,
}

/// The segment that is still written to.
#[derive(Debug)]
struct Tail {
    first: u64,
    file: File,
    events: usize,
}

/// What a segment held.
#[derive(Debug)]
pub struct Segment {
    /// Its events in order.
    pub events: Vec<Event>,
    /// Lines that can't be read, such as one cut off by a crash.
    pub damaged: usize,
}

/// Events in a segment, and so in one transaction when it is replayed.
const SEGMENT_EVENTS: usize = 512;

impl Spool {
    /// Opens a directory, made when absent, with what an earlier run left in it.
    pub fn open(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let mut segments = BTreeSet::new();
        for entry in fs::read_dir(dir)? {
            let name = entry?.file_name();
            let first = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
            segments.extend(first.and_then(|first| first.parse::<u64>().ok()));
        }
        Ok(Self {
            dir: dir.to_owned(),
            segments,
            tail: None,
        })
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// The number of the first event that waits.
    pub fn first(&self) -> Option<u64> {
        self.segments.first().copied()
    }

    /// A number after those of all events that wait.
    pub fn next_number(&self) -> io::Result<u64> {
        let Some(last) = self.segments.last() else {
            return Ok(0);
        };
        let lines = fs::read(self.path(*last))?.split(|byte| *byte == b'\n').count();
        Ok(last.saturating_add(lines as u64 + 1))
    }

    /// Adds the event of that number, which is greater than all before.
    pub fn append(&mut self, number: u64, event: &Event) -> io::Result<()> {
        if self.tail.as_ref().is_some_and(|tail| tail.events >= SEGMENT_EVENTS) {
            self.tail = None;
        }
        let mut tail = match self.tail.take() {
            Some(tail) => tail,
            None => {
                let file = OpenOptions::new()
                    .create_new(true)
                    .append(true)
                    .open(self.path(number))?;
                self.segments.insert(number);
                Tail {
                    first: number,
                    file,
                    events: 0,
                }
            }
        };
        tail.file.write_all(&line(event)?)?;
        tail.events += 1;
        self.tail = Some(tail);
        Ok(())
    }

    /// Adds a segment of its own for events that come before everything that waits.
    pub fn prepend(&mut self, first: u64, events: &[Event]) -> io::Result<()> {
        let mut lines = Vec::new();
        for event in events {
            lines.extend(line(event)?);
        }
        let mut file = OpenOptions::new()
            .create_new(true)
            .append(true)
            .open(self.path(first))?;
        file.write_all(&lines)?;
        self.segments.insert(first);
        Ok(())
    }

    /// Reads the segment that begins with that event. Later events go to another.
    pub fn read(&mut self, first: u64) -> io::Result<Segment> {
        if self.tail.as_ref().is_some_and(|tail| tail.first == first) {
            self.tail = None;
        }
        let bytes = fs::read(self.path(first))?;
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let mut segment = Segment {
            events: Vec::new(),
            damaged: 0,
        };
        for line in lines {
            match serde_json::from_slice(line) {
                Ok(event) => segment.events.push(event),
                Err(_) => segment.damaged += 1,
            }
        }
        Ok(segment)
    }

    /// Forgets a segment whose events are stored.
    pub fn remove(&mut self, first: u64) -> io::Result<()> {
        self.segments.remove(&first);
        fs::remove_file(self.path(first))
    }

    fn path(&self, first: u64) -> PathBuf {
        self.dir.join(format!("{first:020}{SUFFIX}"))
    }
}

const SUFFIX: &str = ".jsonl";

fn line(event: &Event) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(event)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ConversationId, MessageId};

    fn event(text: &str) -> Event {
        Event::Heard {
            conversation_id: ConversationId::from_text("conv_1"),
            message_id: MessageId::from_text("msg_1"),
            content: text.to_owned(),
            translation: None,
            interrupted: false,
        }
    }

    fn drain(spool: &mut Spool) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(first) = spool.first() {
            events.extend(spool.read(first).unwrap().events);
            spool.remove(first).unwrap();
        }
        events
    }

    #[test]
    fn events_come_back_in_order_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(dir.path()).unwrap();
        let count = SEGMENT_EVENTS as u64 + 3;
        for number in 100..100 + count {
            spool.append(number, &event(&number.to_string())).unwrap();
        }
        spool.prepend(98, &[event("98"), event("99")]).unwrap();
        drop(spool);
        let mut spool = Spool::open(dir.path()).unwrap();
        assert!(spool.next_number().unwrap() >= 100 + count);
        assert_eq!(spool.segments.len(), 3);
        let expected: Vec<Event> = (98..100 + count).map(|number| event(&number.to_string())).collect();
        assert_eq!(drain(&mut spool), expected);
        assert!(spool.is_empty());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_line_cut_off_by_a_crash_is_counted_and_the_rest_survives() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(dir.path()).unwrap();
        spool.append(7, &event("whole")).unwrap();
        let mut file = OpenOptions::new().append(true).open(spool.path(7)).unwrap();
        file.write_all(b"{\"event\":\"heard\",\"mess").unwrap();
        let segment = spool.read(7).unwrap();
        assert_eq!(segment.events, [event("whole")]);
        assert_eq!(segment.damaged, 1);
    }

    #[test]
    fn events_that_arrive_while_a_segment_is_replayed_go_to_another() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(dir.path()).unwrap();
        spool.append(0, &event("a")).unwrap();
        assert_eq!(spool.read(0).unwrap().events, [event("a")]);
        spool.append(1, &event("b")).unwrap();
        spool.remove(0).unwrap();
        assert_eq!(drain(&mut spool), [event("b")]);
    }

    #[test]
    fn foreign_files_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("notes.txt"), "mine").unwrap();
        assert!(Spool::open(dir.path()).unwrap().is_empty());
    }

    proptest::proptest! {
        #[test]
        fn a_segment_of_any_bytes_is_read_and_every_line_accounted_for(bytes: Vec<u8>) {
            let dir = tempfile::tempdir().unwrap();
            let mut spool = Spool::open(dir.path()).unwrap();
            fs::write(spool.path(3), &bytes).unwrap();
            let segment = spool.read(3).unwrap();
            let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            proptest::prop_assert_eq!(segment.events.len() + segment.damaged, lines.count());
        }
    }
}
