//! What kind of datagram arrived (RFC 7983), and whether it may be shown to the core.

use crate::stun::{self, Class, TransactionId};

/// A datagram's protocol and what of it is needed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A Binding request.
    Check {
        transaction: TransactionId,
        nominates: bool,
    },
    /// An answer to one of our checks.
    Response {
        transaction: TransactionId,
    },
    Dtls,
    Rtp,
    Rtcp,
}

/// Why a datagram is not worth showing to the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    Garbage,
    Stun,
}

/// DTLS: content type, version, epoch, sequence number, length (RFC 6347 section 4.1).
const DTLS_HEADER: usize = 13;
/// RTP's fixed header and the shortest authentication tag in use (RFC 3711).
const SRTP_LEAST: usize = 12 + 10;
/// RTCP header, SSRC, index and tag (RFC 3711 section 3.4).
const SRTCP_LEAST: usize = 8 + 4 + 10;

pub(super) fn classify(datagram: &[u8]) -> Result<Kind, Unfit> {
    match datagram {
        [0..=3, ..] => {
            let message = stun::Message::parse(datagram).ok_or(Unfit::Stun)?;
            let transaction = message.transaction;
            match message.class {
                _ if message.method != stun::BINDING => Err(Unfit::Stun),
                // A check from an agent that believes to be controlled would make the core change its role before it
                // looks at the credentials. We always answer, so there is no such conflict to resolve.
                Class::Request if message.attribute(stun::ICE_CONTROLLED).is_some() => Err(Unfit::Stun),
                Class::Request => Ok(Kind::Check {
                    transaction,
                    nominates: message.attribute(stun::USE_CANDIDATE).is_some(),
                }),
                Class::Success | Class::Error => Ok(Kind::Response { transaction }),
                // Not authenticated, and yet the core would take it as a sign of life.
                Class::Indication => Err(Unfit::Stun),
            }
        }
        [20..=63, ..] if datagram.len() >= DTLS_HEADER => Ok(Kind::Dtls),
        [128..=191, 192..=223, ..] if datagram.len() >= SRTCP_LEAST => Ok(Kind::Rtcp),
        [128..=191, kind, ..] if datagram.len() >= SRTP_LEAST && !(192..=223).contains(kind) => Ok(Kind::Rtp),
        _ => Err(Unfit::Garbage),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_protocol_is_told_by_its_first_bytes() {
        let sized = |start: &[u8], length: usize| {
            let mut bytes = start.to_vec();
            bytes.resize(length, 0);
            bytes
        };
        assert_eq!(classify(&sized(&[22], 13)), Ok(Kind::Dtls));
        assert_eq!(classify(&sized(&[22], 12)), Err(Unfit::Garbage));
        assert_eq!(classify(&sized(&[0x80, 111], 22)), Ok(Kind::Rtp));
        assert_eq!(classify(&sized(&[0x80, 0x80 | 111], 22)), Ok(Kind::Rtp));
        assert_eq!(classify(&sized(&[0x80, 111], 21)), Err(Unfit::Garbage));
        assert_eq!(classify(&sized(&[0x80, 201], 22)), Ok(Kind::Rtcp));
        assert_eq!(classify(&sized(&[0x80, 201], 21)), Err(Unfit::Garbage));
        assert_eq!(classify(&sized(&[70], 40)), Err(Unfit::Garbage));
        assert_eq!(classify(&[]), Err(Unfit::Garbage));
        assert_eq!(classify(&sized(&[0, 1], 20)), Err(Unfit::Stun));
    }

    proptest! {
        #[test]
        fn arbitrary_datagrams_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = classify(&bytes);
        }
    }
}
