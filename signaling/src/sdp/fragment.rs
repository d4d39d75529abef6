//! `application/trickle-ice-sdpfrag` (RFC 8840 section 9), the body of a WHIP PATCH (RFC 9725 section 4.3).

use std::fmt::Write as _;

use super::credentials::is_ice_chars;
use super::lines::{Fault, is_token, parse};
use super::{Candidate, Credentials, MAX_CANDIDATES};

/// What of an ICE session a fragment tells: its credentials and some candidates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fragment {
    /// The username fragment of the ICE session that the candidates belong to.
    pub ufrag: Option<String>,
    /// Its password. A restart needs it.
    pub pwd: Option<String>,
    /// The section that the candidates were gathered for.
    pub mid: Option<String>,
    /// The candidates. Lines that are no candidates are left out, and so are those beyond [`MAX_CANDIDATES`].
    pub candidates: Vec<Candidate>,
    /// No more candidates will follow.
    pub end_of_candidates: bool,
}

/// Why a text is no fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FragmentError {
    /// Longer than [`MAX_LENGTH`](super::MAX_LENGTH).
    #[error("the fragment is too long")]
    TooLong,
    /// A line that can't be read, counted from one.
    #[error("line {line} of the fragment: {reason}")]
    Malformed {
        /// Counted from one.
        line: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl From<Fault> for FragmentError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::TooLong => Self::TooLong,
            Fault::Line(line, reason) => Self::Malformed { line, reason },
        }
    }
}

impl Fragment {
    /// Reads a fragment.
    pub fn parse(text: &str) -> Result<Self, FragmentError> {
        let mut fragment = Self::default();
        for line in parse(text)? {
            let malformed = |reason| FragmentError::Malformed {
                line: line.number,
                reason,
            };
            let Some((name, value)) = line.attribute() else {
                // Pseudo m-lines and their c-lines carry nothing of their own.
                continue;
            };
            match name {
                "ice-ufrag" if is_ice_chars(value, 4) => {
                    fragment.ufrag.get_or_insert_with(|| value.to_owned());
                }
                "ice-pwd" if is_ice_chars(value, 22) => {
                    fragment.pwd.get_or_insert_with(|| value.to_owned());
                }
                "ice-ufrag" | "ice-pwd" => return Err(malformed("bad ICE credentials")),
                "mid" if is_token(value) => {
                    fragment.mid.get_or_insert_with(|| value.to_owned());
                }
                "mid" => return Err(malformed("bad mid")),
                "end-of-candidates" => fragment.end_of_candidates = true,
                "candidate" if fragment.candidates.len() < MAX_CANDIDATES => {
                    fragment.candidates.extend(Candidate::parse(value).ok());
                }
                _ => {}
            }
        }
        Ok(fragment)
    }

    /// Writes the fragment, lines ended as SDP wants them.
    pub fn render(&self) -> String {
        let mut out = String::new();
        for (name, value) in [("ice-ufrag", &self.ufrag), ("ice-pwd", &self.pwd)] {
            if let Some(value) = value {
                let _ = write!(out, "a={name}:{value}\r\n");
            }
        }
        if let Some(mid) = &self.mid {
            let _ = write!(out, "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:{mid}\r\n");
        }
        for candidate in &self.candidates {
            let _ = write!(out, "a={candidate}\r\n");
        }
        if self.end_of_candidates {
            out.push_str("a=end-of-candidates\r\n");
        }
        out
    }

    /// Both credentials, when both are there.
    pub fn credentials(&self) -> Option<Credentials> {
        Credentials::new(self.ufrag.as_deref()?, self.pwd.as_deref()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The shape of the example in RFC 9725 section 4.3.2.
    const TRICKLE: &str = "a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:EsAw\r\n\
        a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n\
        a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1\r\n\
        a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active generation 0 ufrag EsAw network-id 1\r\n\
        a=end-of-candidates\r\n";

    #[test]
    fn a_trickle_fragment_is_read_and_written_back() {
        let fragment = Fragment::parse(TRICKLE).unwrap();
        assert_eq!(fragment.ufrag.as_deref(), Some("EsAw"));
        assert_eq!(fragment.mid.as_deref(), Some("0"));
        assert_eq!(fragment.candidates.len(), 2);
        assert!(fragment.end_of_candidates);
        assert!(fragment.credentials().is_some());
        assert_eq!(Fragment::parse(&fragment.render()).unwrap(), fragment);
    }

    #[test]
    fn bad_credentials_are_an_error_and_bad_candidates_are_left_out() {
        let refused = Fragment::parse("a=ice-ufrag:no spaces\r\n").unwrap_err();
        assert_eq!(
            refused,
            FragmentError::Malformed {
                line: 1,
                reason: "bad ICE credentials"
            }
        );
        let fragment = Fragment::parse("a=ice-ufrag:abcd\na=candidate:nonsense\n").unwrap();
        assert_eq!(fragment.candidates, []);
        assert!(fragment.credentials().is_none());
    }

    #[test]
    fn candidates_are_bounded() {
        let many = "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\n".repeat(500);
        assert_eq!(Fragment::parse(&many).unwrap().candidates.len(), MAX_CANDIDATES);
        assert_eq!(Fragment::parse(&many.repeat(10)), Err(FragmentError::TooLong));
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "([a-z]=[ -~]{0,30}\r?\n|.{0,20}){0,10}") {
            if let Ok(fragment) = Fragment::parse(&text) {
                prop_assert_eq!(Fragment::parse(&fragment.render()).unwrap(), fragment);
            }
        }

        #[test]
        fn mutated_fragments_never_panic(at in 0usize..500, to in any::<char>()) {
            let mut chars: Vec<char> = TRICKLE.chars().collect();
            let at = at % chars.len();
            chars[at] = to;
            let _ = Fragment::parse(&chars.into_iter().collect::<String>());
        }
    }
}
