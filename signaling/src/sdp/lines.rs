//! The lines of a description (RFC 8866 section 5).

use super::MAX_LENGTH;

/// One `type=value` line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Counted from one.
    pub(super) number: usize,
    pub(super) kind: u8,
    pub(super) value: &'a str,
}

/// Why a text is no description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    TooLong,
    Line(usize, &'static str),
}

impl<'a> Line<'a> {
    /// The name and value of an attribute line, the value empty for a flag.
    pub(super) fn attribute(&self) -> Option<(&'a str, &'a str)> {
        (self.kind == b'a').then(|| self.value.split_once(':').unwrap_or((self.value, "")))
    }
}

/// All lines of a text, line ends of either kind, empty lines skipped.
pub(super) fn parse(text: &str) -> Result<Vec<Line<'_>>, Fault> {
    if text.len() > MAX_LENGTH {
        return Err(Fault::TooLong);
    }
    let mut lines = Vec::new();
    for (index, raw) in text.split('\n').enumerate() {
        let line = raw.strip_suffix('\r').unwrap_or(raw);
        if line.is_empty() {
            continue;
        }
        let number = index + 1;
        let &[kind @ b'a'..=b'z', b'=', ..] = line.as_bytes() else {
            return Err(Fault::Line(number, "not a type=value line"));
        };
        if line.chars().any(char::is_control) {
            return Err(Fault::Line(number, "control character"));
        }
        lines.push(Line {
            number,
            kind,
            value: &line[2..],
        });
    }
    Ok(lines)
}

/// Whether a text is one `token` (RFC 8866 section 9).
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`{|}~".contains(&byte))
}
