//! ICE restart by WHIP's PATCH (RFC 9725 section 4.3.3), as a client does whose network has changed.

use std::fmt::Write as _;

use rtc::peer_connection::configuration::RTCOfferOptions;
use webrtc::peer_connection::RTCSessionDescription;

use super::{Call, CallError, within};

impl Call {
    /// Begins a new ICE session; keys, media and channels stay.
    pub async fn restart(&mut self) -> Result<(), CallError> {
        while self.gathered.try_recv().is_ok() {}
        let options = RTCOfferOptions { ice_restart: true };
        let offer = self.peer.create_offer(Some(options)).await?;
        self.peer.set_local_description(offer).await?;
        within(self.gathered.recv()).await?;
        let offer = self.peer.local_description().await.ok_or(CallError::Timeout)?.sdp;
        let theirs = self.api.patch(&self.location, "*", fragment_of(&offer)).await?;
        // A WHIP client gets no new answer: it puts the new session into the one that it has.
        let mut answer = self.answer.clone();
        for name in ["ice-ufrag", "ice-pwd"] {
            if let (Some(old), Some(new)) = (attribute(&self.answer, name), attribute(&theirs, name)) {
                answer = answer.replace(&format!("a={name}:{old}"), &format!("a={name}:{new}"));
            }
        }
        self.peer
            .set_remote_description(RTCSessionDescription::answer(answer.clone())?)
            .await?;
        self.answer = answer;
        Ok(())
    }
}

/// What a PATCH tells of an offer: the credentials and candidates of its first section.
fn fragment_of(offer: &str) -> String {
    let mut fragment = String::new();
    for name in ["ice-ufrag", "ice-pwd"] {
        if let Some(value) = attribute(offer, name) {
            let _ = write!(fragment, "a={name}:{value}\r\n");
        }
    }
    let mid = attribute(offer, "mid").unwrap_or("0");
    let _ = write!(fragment, "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:{mid}\r\n");
    let first = offer.split("\r\nm=").nth(1).unwrap_or_default();
    for line in first.lines().filter(|line| line.starts_with("a=candidate:")) {
        let _ = write!(fragment, "{line}\r\n");
    }
    fragment.push_str("a=end-of-candidates\r\n");
    fragment
}

/// The first value of an attribute.
fn attribute<'a>(sdp: &'a str, name: &str) -> Option<&'a str> {
    sdp.lines()
        .find_map(|line| line.strip_prefix("a=")?.strip_prefix(name)?.strip_prefix(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_tells_the_first_sections_session() {
        let offer = "v=0\r\na=group:BUNDLE 0 1\r\nm=audio 9 X 111\r\na=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:secret\r\n\
                     a=candidate:1 1 udp 1 10.0.0.1 5000 typ host\r\nm=application 9 X Y\r\na=mid:1\r\n\
                     a=candidate:2 1 udp 1 10.0.0.2 5000 typ host\r\n";
        assert_eq!(
            fragment_of(offer),
            "a=ice-ufrag:abcd\r\na=ice-pwd:secret\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n\
             a=candidate:1 1 udp 1 10.0.0.1 5000 typ host\r\na=end-of-candidates\r\n"
        );
    }
}
