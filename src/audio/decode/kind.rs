//! What a file is, told from its first bytes.

/// A container that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Wav,
    /// With the number of bytes that stand before its first frame.
    Mp3 {
        skip: usize,
    },
    /// WebM, or Matroska.
    Webm,
    Ogg,
}

/// Whether bytes begin as a file of one of the kinds does, whole or broken. A few other bytes do by chance.
pub(super) fn is_begun(bytes: &[u8]) -> bool {
    let is_sync = matches!(bytes, [0xFF, second, ..] if second & 0xE0 == 0xE0);
    is_sync || MARKS.iter().any(|mark| bytes.starts_with(mark))
}

/// What files begin with: WAV, WebM, Ogg, and the tags of MP3.
const MARKS: [&[u8]; 4] = [b"RIFF", &[0x1A, 0x45, 0xDF, 0xA3], b"OggS", b"ID3"];

impl Kind {
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WAVE") {
            Some(Self::Wav)
        } else if bytes.starts_with(&[0x1A, 0x45, 0xDF, 0xA3]) {
            Some(Self::Webm)
        } else if bytes.starts_with(b"OggS") {
            Some(Self::Ogg)
        } else {
            let skip = tags(bytes);
            // Two bytes are easily there by chance, in headerless samples too: the next frame has to agree, unless the file
            // ends before it or a tag has said already what this is.
            let is_mp3 = match frame(bytes.get(skip..)?) {
                Some((head, length)) => match bytes.get(skip + length..skip + length + 4) {
                    Some(next) => frame(next).is_some_and(|(other, _)| other == head),
                    None => skip > 0 || bytes.len() == length,
                },
                None => false,
            };
            is_mp3.then_some(Self::Mp3 { skip })
        }
    }
}

/// The length of the ID3v2 tags at the start (id3.org, "ID3 tag version 2.4.0", section 3.1).
fn tags(bytes: &[u8]) -> usize {
    let mut skip = 0;
    while let Some([b'I', b'D', b'3', version, _, flags, size @ ..]) = bytes.get(skip..skip + 10) {
        // Seven bits of each byte count.
        let size = size.iter().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7F));
        let footer = if *version >= 4 && flags & 0x10 != 0 { 10 } else { 0 };
        skip += 10 + size + footer;
    }
    skip
}

/// What all frames of an MP3 file have in common (version, layer, rate), and the length of this one in bytes: ISO 11172-3,
/// section 2.4.1.3, and 13818-3 for the lower rates.
fn frame(bytes: &[u8]) -> Option<([u8; 2], usize)> {
    let &[first, second, third, _, ..] = bytes else {
        return None;
    };
    if first != 0xFF || second & 0xE0 != 0xE0 {
        return None;
    }
    let version = second >> 3 & 3;
    let is_layer_3 = second >> 1 & 3 == 1;
    let (bitrate, rate) = (usize::from(third >> 4), usize::from(third >> 2 & 3));
    if version == 1 || !is_layer_3 || bitrate == 0 || bitrate == 15 || rate == 3 {
        return None;
    }
    let is_version_1 = version == 3;
    let kbps = if is_version_1 { KBPS_1 } else { KBPS_2 }[bitrate - 1];
    let divisor = match version {
        3 => 1,
        2 => 2,
        _ => 4,
    };
    let hertz = [44_100, 48_000, 32_000][rate] / divisor;
    let padding = usize::from(third >> 1 & 1);
    let length = if is_version_1 { 144_000 } else { 72_000 } * kbps / hertz + padding;
    Some(([second & 0xFE, third & 0x0C], length))
}

/// Bit rates of layer III, version 1 and the others, in kbit/s.
const KBPS_1: [usize; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBPS_2: [usize; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
