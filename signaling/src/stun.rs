//! The little of STUN (RFC 8489) that is needed before a message is authenticated: whose it is and what it asks for.
//!
//! Nothing here checks MESSAGE-INTEGRITY. What is read is a claim, good for choosing which peer looks closer.

/// The magic cookie at bytes 4 to 8 of every message (RFC 8489 section 5).
pub const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];

/// The only method that ICE uses.
pub const BINDING: u16 = 0x001;

/// Attribute: `receiver ufrag ":" sender ufrag` in ICE checks (RFC 8445 section 7.2.2).
pub const USERNAME: u16 = 0x0006;
/// Attribute: the sender nominates this path (RFC 8445 section 7.1.2).
pub const USE_CANDIDATE: u16 = 0x0025;
/// Attribute: the sender believes that it is the controlled agent (RFC 8445 section 7.1.3).
pub const ICE_CONTROLLED: u16 = 0x8029;

const HEADER: usize = 20;

/// The 96 bits that pair a response with its request.
pub type TransactionId = [u8; 12];

/// The class of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Asks for a response.
    Request,
    /// Asks for nothing.
    Indication,
    /// Answers a request.
    Success,
    /// Refuses a request.
    Error,
}

/// A well-formed message. Its attributes all lie inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Request, indication or one of the two responses.
    pub class: Class,
    /// The 12-bit method.
    pub method: u16,
    /// Pairs requests and responses.
    pub transaction: TransactionId,
    attributes: &'a [u8],
}

/// Whether a datagram is meant as STUN among the protocols that share the port (RFC 7983: first byte 0 to 3).
pub fn is_stun(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| *first < 4)
}

impl<'a> Message<'a> {
    /// Reads a whole datagram. `None` unless header, cookie, length and every attribute's length fit together.
    pub fn parse(datagram: &'a [u8]) -> Option<Self> {
        let (header, attributes) = datagram.split_at_checked(HEADER)?;
        let kind = u16::from_be_bytes([header[0], header[1]]);
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        if kind >= 0x4000 || header[4..8] != MAGIC_COOKIE || length != attributes.len() || length % 4 != 0 {
            return None;
        }
        let mut rest = attributes;
        while !rest.is_empty() {
            rest = split_attribute(rest)?.1;
        }
        let mut transaction = TransactionId::default();
        transaction.copy_from_slice(&header[8..HEADER]);
        Some(Self {
            class: match (kind & 0x0100 != 0, kind & 0x0010 != 0) {
                (false, false) => Class::Request,
                (false, true) => Class::Indication,
                (true, false) => Class::Success,
                (true, true) => Class::Error,
            },
            // The two class bits sit inside the method's bits (RFC 8489 section 5).
            method: (kind & 0x000F) | ((kind & 0x00E0) >> 1) | ((kind & 0x3E00) >> 2),
            transaction,
            attributes,
        })
    }

    /// The value of the first attribute of this type.
    pub fn attribute(&self, wanted: u16) -> Option<&'a [u8]> {
        let mut rest = self.attributes;
        while !rest.is_empty() {
            let ((kind, value), next) = split_attribute(rest)?;
            if kind == wanted {
                return Some(value);
            }
            rest = next;
        }
        None
    }

    /// The receiver's ICE username fragment: what USERNAME says before the colon.
    pub fn receiver_ufrag(&self) -> Option<&'a str> {
        let username = std::str::from_utf8(self.attribute(USERNAME)?).ok()?;
        Some(username.split_once(':')?.0)
    }

    /// Whether this is a Binding request.
    pub fn is_binding_request(&self) -> bool {
        self.method == BINDING && self.class == Class::Request
    }
}

/// An attribute's type and value.
type Attribute<'a> = (u16, &'a [u8]);

/// The first attribute, and what follows its padding.
fn split_attribute(bytes: &[u8]) -> Option<(Attribute<'_>, &[u8])> {
    let (head, rest) = bytes.split_at_checked(4)?;
    let kind = u16::from_be_bytes([head[0], head[1]]);
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    let (padded, next) = rest.split_at_checked(length.next_multiple_of(4))?;
    Some(((kind, &padded[..length]), next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(kind: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (kind, value) in attributes {
            body.extend(kind.to_be_bytes());
            body.extend((value.len() as u16).to_be_bytes());
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        let mut out = kind.to_be_bytes().to_vec();
        out.extend((body.len() as u16).to_be_bytes());
        out.extend(MAGIC_COOKIE);
        out.extend([7; 12]);
        out.extend(body);
        out
    }

    #[test]
    fn a_check_names_the_receivers_ufrag() {
        let bytes = message(
            0x0001,
            &[(0x8022, b"software"), (USERNAME, b"us:them"), (USE_CANDIDATE, b"")],
        );
        let check = Message::parse(&bytes).unwrap();
        assert!(check.is_binding_request());
        assert_eq!(check.transaction, [7; 12]);
        assert_eq!(check.receiver_ufrag(), Some("us"));
        assert_eq!(check.attribute(USE_CANDIDATE), Some(&b""[..]));
        assert_eq!(check.attribute(ICE_CONTROLLED), None);
    }

    #[test]
    fn the_class_is_read_from_between_the_methods_bits() {
        for (kind, class) in [
            (0x0001, Class::Request),
            (0x0011, Class::Indication),
            (0x0101, Class::Success),
            (0x0111, Class::Error),
        ] {
            let bytes = message(kind, &[]);
            let read = Message::parse(&bytes).unwrap();
            assert_eq!((read.class, read.method), (class, BINDING));
        }
        let bytes = message(0x3EEF, &[]);
        assert_eq!(Message::parse(&bytes).unwrap().method, 0xFFF);
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        let good = message(0x0001, &[(USERNAME, b"us:them")]);
        assert!(Message::parse(&good).is_some());
        assert!(Message::parse(&good[..good.len() - 1]).is_none());
        let mut long = good.clone();
        long[23] = 200;
        assert!(Message::parse(&long).is_none());
        let mut cookie = good;
        cookie[4] = 0;
        assert!(Message::parse(&cookie).is_none());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(message) = Message::parse(&bytes) {
                message.receiver_ufrag();
            }
        }

        #[test]
        fn mutated_messages_never_panic(at in 0usize..40, to in any::<u8>(), cut in 0usize..48) {
            let mut bytes = message(0x0001, &[(USERNAME, b"us:them"), (USE_CANDIDATE, b"")]);
            let at = at % bytes.len();
            bytes[at] = to;
            bytes.truncate(cut);
            if let Some(message) = Message::parse(&bytes) {
                message.receiver_ufrag();
                prop_assert_eq!(bytes.len() % 4, 0);
            }
        }

        #[test]
        fn every_attribute_written_is_read_back(
            attributes in proptest::collection::btree_map(any::<u16>(), proptest::collection::vec(any::<u8>(), 0..20), 0..6),
        ) {
            let list: Vec<_> = attributes.iter().map(|(kind, value)| (*kind, value.as_slice())).collect();
            let bytes = message(0x0101, &list);
            let read = Message::parse(&bytes).unwrap();
            for (kind, value) in &attributes {
                prop_assert_eq!(read.attribute(*kind), Some(value.as_slice()));
            }
        }
    }
}
