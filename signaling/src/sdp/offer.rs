//! An offer, parsed to what we can answer.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::lines::{Fault, is_token, parse};
use super::loss::{LossMeans, extension_id};
use super::section::Section;
use super::{Candidate, Credentials, MAX_CANDIDATES, MAX_SECTIONS, choice};

/// RFC 6464.
const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

/// Why an offer can't be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Longer than [`MAX_LENGTH`](super::MAX_LENGTH).
    #[error("the offer is too long")]
    TooLong,
    /// Not a session description.
    #[error("line {line} of the offer: {reason}")]
    Malformed {
        /// Counted from one; zero when no single line is to blame.
        line: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// More than [`MAX_SECTIONS`] media sections.
    #[error("the offer has too many media sections")]
    TooManySections,
    /// No audio section that is wanted.
    #[error("the offer has no audio")]
    NoAudio,
    /// Audio, but not as Opus over DTLS-SRTP.
    #[error("the offer has no Opus audio")]
    NoOpus,
    /// No ICE credentials for the audio.
    #[error("the offer has no ICE credentials")]
    NoCredentials,
    /// No SHA-256 certificate fingerprint.
    #[error("the offer has no sha-256 fingerprint")]
    NoFingerprint,
    /// The offerer insists on being the DTLS server, which is our part.
    #[error("the offer's DTLS setup must be actpass or active")]
    Setup,
    /// The WebRTC core refused what we made of the offer.
    #[error("the offer can't be negotiated: {0}")]
    Core(String),
}

impl From<Fault> for OfferError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::TooLong => Self::TooLong,
            Fault::Line(line, reason) => Self::Malformed { line, reason },
        }
    }
}

/// Which ways audio flows, as the offerer says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Both ways.
    SendRecv,
    /// From the offerer only.
    SendOnly,
    /// To the offerer only.
    RecvOnly,
    /// Neither way.
    Inactive,
}

/// A session description that can be answered.
#[derive(Clone, Debug)]
pub struct Offer {
    pub(super) sections: Vec<Answered>,
    pub(super) bundled: bool,
    audio: Audio,
    data: Option<Data>,
    credentials: Credentials,
    fingerprint: String,
    setup: &'static str,
    ice_lite: bool,
    candidates: Vec<Candidate>,
    /// The version in the description that is written for the core; grows with each restart.
    version: u64,
}

/// A section of the offer and what becomes of it in the answer.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    pub(super) kind: String,
    pub(super) proto: String,
    pub(super) formats: String,
    pub(super) mid: String,
    pub(super) accepted: bool,
}

#[derive(Clone, Debug)]
struct Audio {
    mid: String,
    payload_type: u8,
    direction: Direction,
    level_extension: Option<u8>,
    loss: LossMeans,
    ssrc: Option<u32>,
}

#[derive(Clone, Debug)]
struct Data {
    mid: String,
    sctp_port: u16,
    max_message_size: u32,
}

impl Offer {
    /// Reads an offer and chooses the audio section and the data section to accept.
    pub fn parse(text: &str) -> Result<Self, OfferError> {
        let lines = parse(text)?;
        if !lines.first().is_some_and(|line| line.kind == b'v' && line.value == "0") {
            return Err(malformed(1, "a description starts with v=0"));
        }
        let mut session = Vec::new();
        let mut sections: Vec<Section<'_>> = Vec::new();
        for line in &lines {
            if line.kind == b'm' {
                if sections.len() == MAX_SECTIONS {
                    return Err(OfferError::TooManySections);
                }
                sections.push(Section::parse(line).map_err(|reason| malformed(line.number, reason))?);
            } else if let Some(attribute) = line.attribute() {
                match sections.last_mut() {
                    Some(section) => section.attributes.push(attribute),
                    None => session.push(attribute),
                }
            }
        }
        let mids = mids(&sections)?;
        let group: Vec<&str> = value(&session, "group")
            .and_then(|group| group.strip_prefix("BUNDLE"))
            .map(|mids| mids.split_ascii_whitespace().collect())
            .unwrap_or_default();

        let (chosen, payload_type) = choice::audio(&sections, &session)?;
        let audio = &sections[chosen];
        let data = sections.iter().position(|section| {
            choice::is_data_channel(section) && group.contains(&mid_of(section)) && group.contains(&mid_of(audio))
        });
        // With a bundle, a section that waits for it may leave its transport to the section that the group names first.
        let tagged = sections.iter().find(|section| group.first() == Some(&mid_of(section)));
        let transport = |name: &'static str| {
            audio
                .attribute(name)
                .or_else(|| value(&session, name))
                .or_else(|| tagged.and_then(|section| section.attribute(name)))
        };
        let credentials = transport("ice-ufrag")
            .zip(transport("ice-pwd"))
            .ok_or(OfferError::NoCredentials)
            .and_then(|(ufrag, pwd)| {
                Credentials::new(ufrag, pwd).ok_or(malformed(audio.number, "bad ICE credentials"))
            })?;
        let fingerprint = audio
            .attributes("fingerprint")
            .chain(values(&session, "fingerprint"))
            .chain(tagged.into_iter().flat_map(|section| section.attributes("fingerprint")))
            .find_map(sha256)
            .ok_or(OfferError::NoFingerprint)?;
        let setup = match transport("setup") {
            Some("actpass") | None => "actpass",
            Some("active") => "active",
            Some(_) => return Err(OfferError::Setup),
        };
        let mut candidates: Vec<Candidate> = Vec::new();
        for text in sections.iter().flat_map(|section| section.attributes("candidate")) {
            match Candidate::parse(text) {
                Ok(candidate)
                    if candidate.is_reachable()
                        && candidates.len() < MAX_CANDIDATES
                        && !candidates.contains(&candidate) =>
                {
                    candidates.push(candidate);
                }
                // Candidates that can't be used never stop a call: the peer's own checks reach us.
                _ => {}
            }
        }
        Ok(Self {
            audio: Audio {
                mid: mids[chosen].to_owned(),
                payload_type,
                direction: choice::direction(audio, &session),
                level_extension: audio
                    .attributes("extmap")
                    .find_map(|extmap| extension_id(extmap, AUDIO_LEVEL)),
                loss: LossMeans::parse(audio, payload_type),
                ssrc: audio
                    .attribute("ssrc")
                    .and_then(|value| value.split(' ').next()?.parse().ok()),
            },
            data: data.map(|index| Data {
                mid: mids[index].to_owned(),
                sctp_port: parsed_or(sections[index].attribute("sctp-port"), 5000),
                // RFC 8841 section 6: 64 kB when absent.
                max_message_size: parsed_or(sections[index].attribute("max-message-size"), 65_536),
            }),
            sections: sections
                .iter()
                .enumerate()
                .map(|(index, section)| Answered {
                    kind: section.kind.to_owned(),
                    proto: section.proto.to_owned(),
                    formats: section.formats.join(" "),
                    mid: mids[index].to_owned(),
                    accepted: index == chosen || Some(index) == data,
                })
                .collect(),
            bundled: !group.is_empty(),
            credentials,
            fingerprint,
            setup,
            ice_lite: value(&session, "ice-lite").is_some(),
            candidates,
            version: 1,
        })
    }

    /// The payload type that the offerer gave Opus.
    pub fn payload_type(&self) -> u8 {
        self.audio.payload_type
    }

    /// Which ways the audio flows, as the offerer says it.
    pub fn direction(&self) -> Direction {
        self.audio.direction
    }

    /// The id of the RFC 6464 audio level header extension, when offered.
    pub fn level_extension(&self) -> Option<u8> {
        self.audio.level_extension
    }

    /// The payload type of redundant audio (RFC 2198) of that Opus, when offered.
    pub fn redundant_payload_type(&self) -> Option<u8> {
        self.audio.loss.red
    }

    /// Doesn't agree to redundant audio.
    pub(crate) fn refuse_redundant(&mut self) {
        self.audio.loss.red = None;
    }

    /// Whether either side may ask for packets again (generic NACK, RFC 4585).
    pub fn asks_again(&self) -> bool {
        self.audio.loss.nack
    }

    /// What is agreed on against loss.
    pub(crate) fn loss_means(&self) -> LossMeans {
        self.audio.loss
    }

    /// The source that the offerer says its audio will come from.
    pub fn ssrc(&self) -> Option<u32> {
        self.audio.ssrc
    }

    /// Whether a data channel transport was offered and accepted.
    pub fn has_data(&self) -> bool {
        self.data.is_some()
    }

    /// The offerer's ICE username fragment.
    pub fn ufrag(&self) -> &str {
        &self.credentials.ufrag
    }

    /// The offerer's ICE password.
    pub(crate) fn pwd(&self) -> &str {
        &self.credentials.pwd
    }

    /// The section whose transport all accepted sections share.
    pub(crate) fn audio_mid(&self) -> &str {
        &self.audio.mid
    }

    /// The same session after an ICE restart: new credentials and candidates, all else kept.
    pub(crate) fn restarted(&self, credentials: Credentials, candidates: Vec<Candidate>) -> Self {
        Self {
            credentials,
            candidates: candidates.into_iter().filter(Candidate::is_reachable).collect(),
            version: self.version + 1,
            ..self.clone()
        }
    }

    /// The offer as the core gets to see it.
    pub(crate) fn render(&self) -> String {
        let mut out = format!("v=0\r\no=- 1 {} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", self.version);
        let audio = &self.audio;
        // Writing to a string can't fail.
        let _ = match &self.data {
            Some(data) => write!(out, "a=group:BUNDLE {} {}\r\n", audio.mid, data.mid),
            None => write!(out, "a=group:BUNDLE {}\r\n", audio.mid),
        };
        if self.ice_lite {
            out.push_str("a=ice-lite\r\n");
        }
        let payload_type = audio.payload_type;
        let _ = match audio.loss.red {
            Some(red) => write!(out, "m=audio 9 UDP/TLS/RTP/SAVPF {payload_type} {red}\r\n"),
            None => write!(out, "m=audio 9 UDP/TLS/RTP/SAVPF {payload_type}\r\n"),
        };
        self.render_transport(&mut out, &audio.mid);
        for candidate in &self.candidates {
            let _ = write!(out, "a={candidate}\r\n");
        }
        let direction = match audio.direction {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        };
        let _ = write!(
            out,
            "a={direction}\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:{payload_type} opus/48000/2\r\n\
             a=fmtp:{payload_type} minptime=10;useinbandfec=1\r\n"
        );
        audio.loss.render(&mut out, payload_type);
        if let Some(id) = audio.level_extension {
            let _ = write!(out, "a=extmap:{id} {AUDIO_LEVEL}\r\n");
        }
        if matches!(audio.direction, Direction::SendRecv | Direction::SendOnly) {
            out.push_str("a=msid:peer audio\r\n");
            if let Some(ssrc) = audio.ssrc {
                let _ = write!(out, "a=ssrc:{ssrc} cname:peer\r\n");
            }
        }
        if let Some(data) = &self.data {
            out.push_str("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n");
            self.render_transport(&mut out, &data.mid);
            let _ = write!(
                out,
                "a=sctp-port:{}\r\na=max-message-size:{}\r\n",
                data.sctp_port, data.max_message_size
            );
        }
        out
    }

    fn render_transport(&self, out: &mut String, mid: &str) {
        let Credentials { ufrag, pwd } = &self.credentials;
        let _ = write!(
            out,
            "c=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\na=ice-options:trickle\r\n\
             a=fingerprint:sha-256 {}\r\na=setup:{}\r\n",
            self.fingerprint, self.setup
        );
    }
}

fn malformed(line: usize, reason: &'static str) -> OfferError {
    OfferError::Malformed { line, reason }
}

fn values<'a>(attributes: &[(&'a str, &'a str)], name: &str) -> impl Iterator<Item = &'a str> {
    attributes
        .iter()
        .filter(move |(each, _)| *each == name)
        .map(|(_, value)| *value)
}

fn value<'a>(attributes: &[(&'a str, &'a str)], name: &str) -> Option<&'a str> {
    values(attributes, name).next()
}

fn parsed_or<T: std::str::FromStr>(value: Option<&str>, default: T) -> T {
    value.and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn mid_of<'a>(section: &Section<'a>) -> &'a str {
    section.attribute("mid").unwrap_or_default()
}

/// Every section's mid: present, a token, used once.
fn mids<'a>(sections: &[Section<'a>]) -> Result<Vec<&'a str>, OfferError> {
    let mut seen = HashSet::new();
    sections
        .iter()
        .map(|section| {
            let mid = mid_of(section);
            if !is_token(mid) || mid.len() > 64 {
                return Err(malformed(section.number, "a media section needs a mid"));
            }
            if !seen.insert(mid) {
                return Err(malformed(section.number, "two media sections share a mid"));
            }
            Ok(mid)
        })
        .collect()
}

/// The value of a well-formed SHA-256 fingerprint: 32 hexadecimal octets between colons.
fn sha256(fingerprint: &str) -> Option<String> {
    let (algorithm, value) = fingerprint.split_once(' ')?;
    let octets: Vec<_> = value.split(':').collect();
    let is_octet = |octet: &&str| octet.len() == 2 && octet.bytes().all(|byte| byte.is_ascii_hexdigit());
    (algorithm.eq_ignore_ascii_case("sha-256") && octets.len() == 32 && octets.iter().all(is_octet))
        .then(|| value.to_ascii_uppercase())
}
