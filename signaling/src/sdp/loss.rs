//! What an offer holds against loss: redundant audio, asking again, and feedback for the sender's congestion control.

use std::fmt::Write as _;

use super::section::Section;

/// draft-holmer-rmcat-transport-wide-cc-extensions-01.
pub(crate) const TRANSPORT_SEQUENCE: &str = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// The mechanisms that the offerer knows for its Opus audio, all of which are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LossMeans {
    /// The payload type of redundant audio (RFC 2198) whose blocks are all of the Opus that was chosen.
    pub(crate) red: Option<u8>,
    /// Generic NACK (RFC 4585 section 6.2.1).
    pub(crate) nack: bool,
    /// The id of the header extension with the transport-wide sequence number, which feedback was offered for.
    pub(crate) transport_sequence: Option<u8>,
}

impl LossMeans {
    /// Reads those of an audio section for the payload type that is its Opus.
    pub(super) fn parse(section: &Section<'_>, opus: u8) -> Self {
        let opus = opus.to_string();
        let feedback = |wanted: &str| {
            section.attributes("rtcp-fb").any(|line| {
                line.split_once(' ')
                    .is_some_and(|(format, kind)| (format == opus || format == "*") && kind.trim_end() == wanted)
            })
        };
        Self {
            red: section.formats.iter().find_map(|format| red(section, format, &opus)),
            nack: feedback("nack"),
            transport_sequence: section
                .attributes("extmap")
                .find_map(|extmap| extension_id(extmap, TRANSPORT_SEQUENCE))
                .filter(|_| feedback("transport-cc")),
        }
    }

    /// Writes the lines of a section whose Opus has this payload type.
    pub(super) fn render(&self, out: &mut String, opus: u8) {
        // Writing to a string can't fail.
        if let Some(red) = self.red {
            let _ = write!(out, "a=rtpmap:{red} red/48000/2\r\na=fmtp:{red} {opus}/{opus}\r\n");
        }
        if self.nack {
            let _ = write!(out, "a=rtcp-fb:{opus} nack\r\n");
        }
        if let Some(id) = self.transport_sequence {
            let _ = write!(
                out,
                "a=rtcp-fb:{opus} transport-cc\r\na=extmap:{id} {TRANSPORT_SEQUENCE}\r\n"
            );
        }
    }
}

/// The id that an extmap gives an extension, when it fits the one-byte form (RFC 8285 section 4.2).
pub(super) fn extension_id(extmap: &str, uri: &str) -> Option<u8> {
    let mut words = extmap.split(' ');
    let id = words.next()?.split('/').next()?.parse().ok()?;
    (words.next()? == uri && (1..15).contains(&id)).then_some(id)
}

/// The payload type of a format that is redundant audio of nothing but this Opus.
fn red(section: &Section<'_>, format: &str, opus: &str) -> Option<u8> {
    let of_format = |name: &'static str| {
        section
            .attributes(name)
            .filter_map(|line| line.split_once(' '))
            .find(|(number, _)| *number == format)
            .map(|(_, value)| value.trim())
    };
    let payload_type: u8 = format.parse().ok()?;
    // RFC 5761 section 4 keeps 64 to 95 free for RTCP.
    let usable = payload_type < 64 || (96..128).contains(&payload_type);
    let is_red = of_format("rtpmap")?.eq_ignore_ascii_case("red/48000/2");
    let blocks = of_format("fmtp")?;
    let of_opus = blocks.split('/').count() >= 2 && blocks.split('/').all(|block| block == opus);
    (usable && is_red && of_opus && format != opus).then_some(payload_type)
}
