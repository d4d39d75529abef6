//! Server-sent events, as the WHATWG HTML standard defines their stream (section 9.2.6), read incrementally.

use std::collections::VecDeque;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerEvent {
    /// Its type: `message` where the stream names none.
    pub kind: String,
    /// Its data; several `data` lines are joined by line feeds.
    pub data: String,
}

/// Why a stream of events can't be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// One event is longer than the limit.
    #[error("an event is longer than {LONGEST_EVENT} bytes")]
    TooLong,
}

/// Reads the events out of a stream of bytes.
///
/// Ids and retry times are ignored: a reply that was cut is not resumed. Invalid UTF-8 is replaced, as the standard says.
/// An event that the end of the stream cuts is never given.
#[derive(Debug, Default)]
pub struct SseParser {
    line: Vec<u8>,
    /// The last byte was a carriage return, whose line feed may follow.
    after_return: bool,
    /// A first line was read: no byte order mark any more.
    begun: bool,
    kind: String,
    data: Option<String>,
    events: VecDeque<ServerEvent>,
}

impl SseParser {
    /// Takes the next bytes, cut anywhere.
    pub fn handle_bytes(&mut self, bytes: &[u8]) -> Result<(), SseError> {
        for &byte in bytes {
            match byte {
                b'\n' if self.after_return => {}
                b'\n' | b'\r' => self.end_line(),
                _ => {
                    let pending = self.data.as_ref().map_or(0, String::len);
                    if self.line.len() + pending >= LONGEST_EVENT {
                        return Err(SseError::TooLong);
                    }
                    self.line.push(byte);
                }
            }
            self.after_return = byte == b'\r';
        }
        Ok(())
    }

    /// The next whole event.
    pub fn poll_event(&mut self) -> Option<ServerEvent> {
        self.events.pop_front()
    }

    fn end_line(&mut self) {
        let mut line = self.line.as_slice();
        if !self.begun {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
            self.begun = true;
        }
        if line.is_empty() {
            let kind = std::mem::take(&mut self.kind);
            if let Some(data) = self.data.take() {
                let kind = if kind.is_empty() { "message".to_owned() } else { kind };
                self.events.push_back(ServerEvent { kind, data });
            }
        } else {
            let text = String::from_utf8_lossy(line);
            let (field, value) = text.split_once(':').unwrap_or((&text, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => value.clone_into(&mut self.kind),
                "data" => match &mut self.data {
                    Some(data) => {
                        data.push('\n');
                        data.push_str(value);
                    }
                    None => self.data = Some(value.to_owned()),
                },
                _ => {}
            }
        }
        self.line.clear();
    }
}

/// The most bytes of one event.
const LONGEST_EVENT: usize = 1 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<ServerEvent> {
        let mut parser = SseParser::default();
        let mut events = Vec::new();
        for piece in pieces {
            parser.handle_bytes(piece).expect("no event of these tests is too long");
            events.extend(std::iter::from_fn(|| parser.poll_event()));
        }
        events
    }

    fn event(kind: &str, data: &str) -> ServerEvent {
        ServerEvent {
            kind: kind.to_owned(),
            data: data.to_owned(),
        }
    }

    #[test]
    fn comments_kinds_several_lines_and_every_line_end_are_read() {
        let stream = "\u{feff}: hello\r\n\r\nevent: add\rdata:one\rdata:  two\r\rid: 3\nretry: 5\ndata\n\nevent: lost\n\n\
                      data: {\"a\":1}\r\n\r\ndata: cut";
        assert_eq!(
            read([stream.as_bytes()]),
            [
                event("add", "one\n two"),
                event("message", ""),
                event("message", "{\"a\":1}")
            ]
        );
    }

    #[test]
    fn an_endless_line_or_event_is_refused() {
        let mut parser = SseParser::default();
        assert_eq!(parser.handle_bytes(&[b'x'; LONGEST_EVENT]), Ok(()));
        assert_eq!(parser.handle_bytes(b"x"), Err(SseError::TooLong));
        let mut parser = SseParser::default();
        let lines = b"data: 0123456789\n".repeat(LONGEST_EVENT / 10);
        assert_eq!(parser.handle_bytes(&lines), Err(SseError::TooLong));
    }

    proptest! {
        #[test]
        fn pieces_of_any_length_give_the_events_of_the_whole(
            lines in proptest::collection::vec("(data: ?|event: |:|)[a-zé]{0,5}(\r|\n|\r\n){1,2}", 0..20),
            cut in 1usize..9,
        ) {
            let stream = lines.concat();
            prop_assert_eq!(read(stream.as_bytes().chunks(cut)), read([stream.as_bytes()]));
        }

        #[test]
        fn written_events_are_read_back(events in proptest::collection::vec(("[a-z]{1,8}", "[^\r\n]{0,20}(\n[^\r\n]{0,20}){0,3}"), 0..8)) {
            let mut stream = String::new();
            for (kind, data) in &events {
                stream.push_str(&format!("event: {kind}\n"));
                for line in data.split('\n') {
                    stream.push_str(&format!("data: {line}\n"));
                }
                stream.push('\n');
            }
            let expected: Vec<_> = events.iter().map(|(kind, data)| event(kind, data)).collect();
            prop_assert_eq!(read([stream.as_bytes()]), expected);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, cut in 1usize..9) {
            read(bytes.chunks(cut));
        }
    }
}
