//! Session descriptions: what of an offer matters here, and the answer to it.
//!
//! An offer is parsed into an [`Offer`] and written anew for the WebRTC core, so the core never sees text from outside:
//! one audio section, at most one data section, one set of credentials, candidates with literal addresses. All other
//! sections are rejected by us in the answer, in the order they came (RFC 9429 section 5.3.1).

mod answer;
mod candidate;
mod choice;
mod credentials;
mod fragment;
mod lines;
mod loss;
mod offer;
mod section;

pub use candidate::{Candidate, CandidateAddress, CandidateError};
pub use credentials::Credentials;
pub use fragment::{Fragment, FragmentError};
pub use offer::{Direction, Offer, OfferError};

pub(crate) use answer::{compose, local_ice};
pub(crate) use loss::{LossMeans, TRANSPORT_SEQUENCE};

/// The longest description or fragment that is read, in bytes.
pub const MAX_LENGTH: usize = 64 * 1024;

/// The most media sections that an offer may hold.
pub const MAX_SECTIONS: usize = 16;

/// The most remote candidates that are kept, of an offer and of each ICE session trickled to it.
pub const MAX_CANDIDATES: usize = 16;
