//! Lines of text, one JSON value each (`application/x-ndjson`), read incrementally.

use std::collections::VecDeque;

/// Why a stream of lines can't be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// One line is longer than the limit.
    #[error("a line is longer than {LONGEST_LINE} bytes")]
    TooLong,
}

/// Reads the lines out of a stream of bytes. Empty ones are skipped.
#[derive(Debug, Default)]
pub struct LineParser {
    line: Vec<u8>,
    lines: VecDeque<Vec<u8>>,
}

impl LineParser {
    /// Takes the next bytes, cut anywhere.
    ///
    /// # Errors
    /// When a line doesn't end.
    pub fn handle_bytes(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        let mut pieces = bytes.split(|&byte| byte == b'\n');
        // What follows the last line feed is the beginning of a line; there always is one, if an empty one.
        let begun = pieces.next_back().unwrap_or_default();
        for piece in pieces {
            self.extend(piece)?;
            let line = std::mem::take(&mut self.line);
            if !line.trim_ascii().is_empty() {
                self.lines.push_back(line);
            }
        }
        self.extend(begun)
    }

    /// The next whole line, without its end.
    pub fn poll_line(&mut self) -> Option<Vec<u8>> {
        self.lines.pop_front()
    }

    /// What stands after the last line feed, if anything, when the stream has ended.
    pub fn finish(self) -> Option<Vec<u8>> {
        (!self.line.trim_ascii().is_empty()).then_some(self.line)
    }

    fn extend(&mut self, piece: &[u8]) -> Result<(), LineError> {
        if self.line.len() + piece.len() > LONGEST_LINE {
            return Err(LineError::TooLong);
        }
        self.line.extend_from_slice(piece);
        Ok(())
    }
}

/// The most bytes of one line: more than a minute of 24 kHz PCM in base64.
const LONGEST_LINE: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, Option<Vec<u8>>) {
        let mut parser = LineParser::default();
        let mut lines = Vec::new();
        for piece in pieces {
            parser.handle_bytes(piece).expect("no line of these tests is too long");
            lines.extend(std::iter::from_fn(|| parser.poll_line()));
        }
        (lines, parser.finish())
    }

    #[test]
    fn empty_lines_are_skipped_and_the_last_needs_no_end() {
        let (lines, rest) = read([b"\n{}\r\n \n\r\n[1]\n7".as_slice()]);
        assert_eq!(lines, [b"{}\r".to_vec(), b"[1]".to_vec()]);
        assert_eq!(rest, Some(b"7".to_vec()));
        assert_eq!(read([b"{}\n \r".as_slice()]).1, None);
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut parser = LineParser::default();
        assert_eq!(parser.handle_bytes(&vec![b'x'; LONGEST_LINE]), Ok(()));
        assert_eq!(parser.handle_bytes(b"x"), Err(LineError::TooLong));
    }

    proptest! {
        #[test]
        fn pieces_of_any_length_give_the_lines_of_the_whole(bytes in "[a\\r\\n ]{0,40}", cut in 1usize..9) {
            let bytes = bytes.as_bytes();
            prop_assert_eq!(read(bytes.chunks(cut)), read([bytes]));
        }

        #[test]
        fn written_lines_are_read_back(lines in proptest::collection::vec("[a-zé{}]{1,9}", 0..9)) {
            let written: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let (read, rest) = read([written.as_bytes()]);
            let read: Vec<_> = read.into_iter().map(|line| String::from_utf8(line).expect("it was text")).collect();
            prop_assert_eq!(read, lines);
            prop_assert_eq!(rest, None);
        }
    }
}
