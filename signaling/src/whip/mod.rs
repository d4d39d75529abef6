//! The WHIP face of joining (RFC 9725), without HTTP: header values and bodies as strings, decisions as enums.
//!
//! | request | read | answer |
//! |---|---|---|
//! | `POST` | [`OfferForm::from_content_type`], [`OfferForm::offer`] | 201, [`OfferForm::answer`], [`entity_tag`] as `ETag`, [`IceServer::link`]s |
//! | `PATCH` | [`is_fragment`], [`Precondition::check`], [`Fragment::parse`](crate::Fragment::parse) | 204 for trickle; 200, a fragment and the new `ETag` for a restart |
//! | `DELETE` | | 200 |

mod ice_server;

pub use ice_server::{IceServer, IceServerError};

use serde::{Deserialize, Serialize};

/// The media type of an SDP offer and answer.
pub const SDP: &str = "application/sdp";
/// The media type of the JSON form `{type, sdp}`.
pub const JSON: &str = "application/json";
/// The media type of a PATCH body (RFC 8840 section 9).
pub const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// How an offer is wrapped. Its answer comes the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferForm {
    /// The SDP itself.
    Sdp,
    /// `{"type": "offer", "sdp": "..."}`.
    Json,
}

/// Why a body holds no offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Neither of the two media types: 415.
    #[error("the offer must be application/sdp or application/json")]
    MediaType,
    /// Not UTF-8.
    #[error("the offer is not UTF-8")]
    NotText,
    /// Not an object with `type` and `sdp`.
    #[error("the offer must be a JSON object with type and sdp")]
    Json,
    /// A description of another type.
    #[error("the description's type must be offer")]
    NotAnOffer,
}

#[derive(Serialize, Deserialize)]
struct Description {
    #[serde(rename = "type")]
    kind: String,
    sdp: String,
}

impl OfferForm {
    /// The form that a `Content-Type` announces.
    pub fn from_content_type(content_type: Option<&str>) -> Result<Self, BodyError> {
        match content_type.map(essence) {
            Some(essence) if essence.eq_ignore_ascii_case(SDP) => Ok(Self::Sdp),
            Some(essence) if essence.eq_ignore_ascii_case(JSON) => Ok(Self::Json),
            _ => Err(BodyError::MediaType),
        }
    }

    /// The offer's SDP.
    pub fn offer(self, body: &[u8]) -> Result<String, BodyError> {
        match self {
            Self::Sdp => String::from_utf8(body.to_vec()).map_err(|_| BodyError::NotText),
            Self::Json => {
                let description: Description = serde_json::from_slice(body).map_err(|_| BodyError::Json)?;
                match description.kind.as_str() {
                    "offer" => Ok(description.sdp),
                    _ => Err(BodyError::NotAnOffer),
                }
            }
        }
    }

    /// The `Content-Type` and body of the answer.
    pub fn answer(self, sdp: String) -> (&'static str, String) {
        match self {
            Self::Sdp => (SDP, sdp),
            Self::Json => {
                let description = Description {
                    kind: "answer".to_owned(),
                    sdp,
                };
                // Two strings always serialise.
                (JSON, serde_json::to_string(&description).unwrap_or_default())
            }
        }
    }
}

/// Whether a `Content-Type` is that of a PATCH body.
pub fn is_fragment(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|value| essence(value).eq_ignore_ascii_case(FRAGMENT))
}

/// The `ETag` that names an ICE session (RFC 9725 section 4.3.1). Username fragments hold no character that needs quoting.
pub fn entity_tag(local_ufrag: &str) -> String {
    format!("\"{local_ufrag}\"")
}

/// What a PATCH may do, by its `If-Match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// It names the running ICE session: trickle.
    Trickle,
    /// It names any session: an ICE restart (RFC 9725 section 4.3.3).
    Restart,
    /// It names another session: 412.
    Failed,
    /// It names none: 428.
    Missing,
}

impl Precondition {
    /// Compares `If-Match` with the running session's [`entity_tag`]. Weak tags match nothing (RFC 9110 section 13.1.1).
    pub fn check(if_match: Option<&str>, entity_tag: &str) -> Self {
        match if_match.map(str::trim) {
            None | Some("") => Self::Missing,
            Some("*") => Self::Restart,
            Some(tags) if tags.split(',').any(|tag| tag.trim() == entity_tag) => Self::Trickle,
            Some(_) => Self::Failed,
        }
    }
}

/// A media type without its parameters.
fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or(content_type).trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_forms_are_told_by_their_media_type() {
        let form = OfferForm::from_content_type;
        assert_eq!(form(Some("application/sdp")), Ok(OfferForm::Sdp));
        assert_eq!(form(Some("Application/JSON; charset=utf-8")), Ok(OfferForm::Json));
        for other in [None, Some(""), Some("text/plain"), Some("application/sdpx")] {
            assert_eq!(form(other), Err(BodyError::MediaType));
        }
        assert!(is_fragment(Some("application/trickle-ice-sdpfrag")));
        assert!(!is_fragment(Some(SDP)) && !is_fragment(None));
    }

    #[test]
    fn the_answer_comes_in_the_offers_form() {
        let offer = OfferForm::Json.offer(br#"{"type":"offer","sdp":"v=0\r\n","extra":1}"#);
        assert_eq!(offer, Ok("v=0\r\n".to_owned()));
        assert_eq!(
            OfferForm::Json.answer("v=0\r\n".into()),
            (JSON, r#"{"type":"answer","sdp":"v=0\r\n"}"#.to_owned())
        );
        assert_eq!(OfferForm::Sdp.answer("v=0\r\n".into()), (SDP, "v=0\r\n".to_owned()));
    }

    #[test]
    fn bodies_without_an_offer_are_told_apart() {
        assert_eq!(OfferForm::Sdp.offer(&[0xFF]), Err(BodyError::NotText));
        assert_eq!(OfferForm::Json.offer(b"v=0"), Err(BodyError::Json));
        assert_eq!(OfferForm::Json.offer(br#"{"type":"offer"}"#), Err(BodyError::Json));
        assert_eq!(
            OfferForm::Json.offer(br#"{"type":"answer","sdp":""}"#),
            Err(BodyError::NotAnOffer)
        );
    }

    #[test]
    fn if_match_tells_trickle_from_restart() {
        let tag = entity_tag("abCD+/12");
        let check = |if_match| Precondition::check(if_match, &tag);
        assert_eq!(check(Some("\"abCD+/12\"")), Precondition::Trickle);
        assert_eq!(check(Some("\"other\", \"abCD+/12\"")), Precondition::Trickle);
        assert_eq!(check(Some(" * ")), Precondition::Restart);
        assert_eq!(check(Some("\"other\"")), Precondition::Failed);
        assert_eq!(check(Some("W/\"abCD+/12\"")), Precondition::Failed);
        assert_eq!(check(None), Precondition::Missing);
    }

    proptest! {
        #[test]
        fn arbitrary_headers_and_bodies_never_panic(text in ".{0,60}", body in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = OfferForm::from_content_type(Some(&text));
            let _ = Precondition::check(Some(&text), "\"a\"");
            let _ = (OfferForm::Sdp.offer(&body), OfferForm::Json.offer(&body));
        }
    }
}
