//! Samples from bytes that arrive in pieces of any length.

/// Joins signed 16-bit little-endian samples from pieces that may end in the middle of one.
#[derive(Clone, Debug, Default)]
pub struct PcmBytes {
    odd: Option<u8>,
}

impl PcmBytes {
    /// Appends the samples that `bytes` completes to `samples`.
    pub fn push(&mut self, mut bytes: &[u8], samples: &mut Vec<i16>) {
        if let Some(low) = self.odd
            && let Some((&high, rest)) = bytes.split_first()
        {
            samples.push(i16::from_le_bytes([low, high]));
            self.odd = None;
            bytes = rest;
        }
        let (pairs, rest) = bytes.as_chunks::<2>();
        samples.extend(pairs.iter().map(|&pair| i16::from_le_bytes(pair)));
        if let Some(&low) = rest.first() {
            self.odd = Some(low);
        }
    }

    /// Whether the bytes so far end with a whole sample.
    pub fn is_whole(&self) -> bool {
        self.odd.is_none()
    }
}

/// The container whose first bytes these samples are: some servers ignore that raw samples were asked for.
pub(crate) fn container(samples: &[i16]) -> Option<&'static str> {
    let &[first, second, ..] = samples else {
        return None;
    };
    let ([a, b], [c, d]) = (first.to_le_bytes(), second.to_le_bytes());
    match &[a, b, c, d] {
        b"RIFF" => Some("WAV"),
        b"OggS" => Some("Ogg"),
        b"fLaC" => Some("FLAC"),
        [b'I', b'D', b'3', _] => Some("MP3"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_of_any_length_give_the_samples_of_the_whole(
            samples: Vec<i16>,
            pieces in proptest::collection::vec(0usize..9, 0..64),
            tail: bool,
        ) {
            let mut bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            if tail {
                bytes.push(7);
            }
            let mut rest = bytes.as_slice();
            let mut joined = Vec::new();
            let mut pcm = PcmBytes::default();
            for length in pieces {
                let (piece, after) = rest.split_at(length.min(rest.len()));
                pcm.push(piece, &mut joined);
                rest = after;
            }
            pcm.push(rest, &mut joined);
            prop_assert_eq!(joined, samples);
            prop_assert_eq!(pcm.is_whole(), !tail);
        }
    }
}
