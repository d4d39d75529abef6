//! One media section of an offer as it was written.

use super::lines::{Line, is_token};

/// A media section's m-line and attributes.
#[derive(Debug)]
pub(super) struct Section<'a> {
    /// The line number of its m-line.
    pub(super) number: usize,
    /// `audio`, `video`, `application`...
    pub(super) kind: &'a str,
    pub(super) port: u16,
    pub(super) proto: &'a str,
    pub(super) formats: Vec<&'a str>,
    pub(super) attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Section<'a> {
    /// Reads an m-line. The reason is the error.
    pub(super) fn parse(line: &Line<'a>) -> Result<Self, &'static str> {
        let mut words = line.value.split(' ');
        let (Some(kind), Some(port), Some(proto)) = (words.next(), words.next(), words.next()) else {
            return Err("an m-line needs media, port and protocol");
        };
        let formats: Vec<_> = words.collect();
        // A port may carry a count ("9/2"), which WebRTC has no use for.
        let port = port.split('/').next().unwrap_or(port).parse().map_err(|_| "bad port")?;
        if !is_token(kind) || !proto.split('/').all(is_token) || formats.is_empty() {
            return Err("bad m-line");
        }
        if formats.len() > 256 || !formats.iter().all(|format| is_token(format)) {
            return Err("bad formats");
        }
        Ok(Self {
            number: line.number,
            kind,
            port,
            proto,
            formats,
            attributes: Vec::new(),
        })
    }

    /// The value of the first attribute of this name, empty for a flag.
    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes(name).next()
    }

    /// The values of all attributes of this name.
    pub(super) fn attributes<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a str> + 's {
        self.attributes
            .iter()
            .filter(move |(each, _)| *each == name)
            .map(|(_, value)| *value)
    }

    /// Whether the offerer wants it at all: port zero means no, unless it only waits for its bundle (RFC 9143).
    pub(super) fn is_offered(&self) -> bool {
        self.port != 0 || self.attribute("bundle-only").is_some()
    }
}
