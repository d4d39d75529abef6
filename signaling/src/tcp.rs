//! ICE over TCP: datagrams in a byte stream, each behind its length (RFC 4571 section 2, RFC 6544 section 3).

use bytes::{Buf, BufMut, BytesMut};

/// The longest datagram that is taken from a stream, in bytes. Nothing in WebRTC sends more than an Ethernet frame holds.
pub const MAX_FRAME: usize = 4096;

const HEADER: usize = 2;

/// Why a stream can't be read on. Close the connection: its framing is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A frame of more than [`MAX_FRAME`] bytes.
    #[error("a frame of {0} bytes is too long")]
    TooLong(usize),
}

/// Cuts a stream into datagrams, whatever pieces it comes in.
#[derive(Debug, Default)]
pub struct Deframer {
    buffer: BytesMut,
    lost: Option<FrameError>,
}

impl Deframer {
    /// A deframer at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what was read. Take all frames out by [`poll_frame`](Self::poll_frame) before the next call: then at most
    /// one unfinished frame is kept.
    pub fn handle_bytes(&mut self, bytes: &[u8]) {
        if self.lost.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next whole datagram. Empty frames are skipped.
    pub fn poll_frame(&mut self) -> Result<Option<BytesMut>, FrameError> {
        if let Some(error) = self.lost {
            return Err(error);
        }
        loop {
            let Some(&[high, low]) = self.buffer.first_chunk::<HEADER>() else {
                return Ok(None);
            };
            let length = usize::from(u16::from_be_bytes([high, low]));
            if length > MAX_FRAME {
                let error = FrameError::TooLong(length);
                self.lost = Some(error);
                self.buffer = BytesMut::new();
                return Err(error);
            }
            if self.buffer.len() < HEADER + length {
                return Ok(None);
            }
            self.buffer.advance(HEADER);
            let frame = self.buffer.split_to(length);
            if !frame.is_empty() {
                return Ok(Some(frame));
            }
        }
    }
}

/// Appends a datagram to what will be written to a stream.
pub fn frame(datagram: &[u8], out: &mut BytesMut) -> Result<(), FrameError> {
    let length = u16::try_from(datagram.len())
        .ok()
        .filter(|length| usize::from(*length) <= MAX_FRAME)
        .ok_or(FrameError::TooLong(datagram.len()))?;
    out.reserve(HEADER + datagram.len());
    out.put_u16(length);
    out.put_slice(datagram);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames(deframer: &mut Deframer) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| deframer.poll_frame().unwrap())
            .map(|frame| frame.to_vec())
            .collect()
    }

    #[test]
    fn empty_frames_are_skipped() {
        let mut deframer = Deframer::new();
        deframer.handle_bytes(&[0, 0, 0, 0, 0, 2, 5, 6, 0]);
        assert_eq!(frames(&mut deframer), [vec![5, 6]]);
    }

    #[test]
    fn a_frame_that_is_too_long_ends_the_stream_for_good() {
        let mut deframer = Deframer::new();
        deframer.handle_bytes(&[0xFF, 0xFF, 1]);
        assert_eq!(deframer.poll_frame(), Err(FrameError::TooLong(0xFFFF)));
        deframer.handle_bytes(&[0, 1, 9]);
        assert_eq!(deframer.poll_frame(), Err(FrameError::TooLong(0xFFFF)));
        let mut out = BytesMut::new();
        assert_eq!(
            frame(&[0; MAX_FRAME + 1], &mut out),
            Err(FrameError::TooLong(MAX_FRAME + 1))
        );
        assert!(out.is_empty());
    }

    proptest! {
        #[test]
        fn datagrams_come_out_as_they_went_in_however_the_stream_is_cut(
            datagrams in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..60), 0..8),
            cut in 1usize..50,
        ) {
            let mut stream = BytesMut::new();
            for datagram in &datagrams {
                frame(datagram, &mut stream).unwrap();
            }
            let mut deframer = Deframer::new();
            let mut read = Vec::new();
            for piece in stream.chunks(cut) {
                deframer.handle_bytes(piece);
                read.extend(frames(&mut deframer));
                prop_assert!(deframer.buffer.len() <= MAX_FRAME + HEADER);
            }
            prop_assert_eq!(read, datagrams);
        }

        #[test]
        fn arbitrary_bytes_never_panic(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..8)) {
            let mut deframer = Deframer::new();
            for piece in pieces {
                deframer.handle_bytes(&piece);
                while let Ok(Some(_)) = deframer.poll_frame() {}
            }
        }
    }
}
