//! Connectivity checks made by hand, as a browser or an attacker would send them.

use bytes::BytesMut;
use rtc::ice::attributes::control::{AttrControlled, AttrControlling};
use rtc::ice::attributes::priority::PriorityAttr;
use rtc::ice::attributes::use_candidate::UseCandidateAttr;
use rtc::stun::attributes::ATTR_USERNAME;
use rtc::stun::fingerprint::FINGERPRINT;
use rtc::stun::integrity::MessageIntegrity;
use rtc::stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter, TransactionId};
use rtc::stun::textattrs::Username;
use rtc::stun::xoraddr::XorMappedAddress;

/// What a check claims and knows.
pub struct Check<'a> {
    pub username: String,
    pub password: &'a str,
    pub nominates: bool,
    pub controlled: bool,
}

impl Check<'_> {
    pub fn bytes(&self) -> BytesMut {
        let provider = rtc::crypto::default_provider().unwrap();
        let mut setters: Vec<Box<dyn Setter>> = vec![
            Box::new(BINDING_REQUEST),
            Box::new(TransactionId::new()),
            Box::new(Username::new(ATTR_USERNAME, self.username.clone())),
        ];
        if self.nominates {
            setters.push(Box::<UseCandidateAttr>::default());
        }
        match self.controlled {
            true => setters.push(Box::new(AttrControlled(u64::MAX))),
            false => setters.push(Box::new(AttrControlling(1))),
        }
        setters.push(Box::new(PriorityAttr(1)));
        setters.push(Box::new(MessageIntegrity::new_short_term_integrity_with_provider(
            self.password.to_owned(),
            provider.crypto(),
        )));
        setters.push(Box::new(FINGERPRINT));
        let mut message = Message::new();
        message.build(&setters).unwrap();
        BytesMut::from(&message.raw[..])
    }
}

/// Answers a check with success, as only the holder of the password can.
pub fn success(check: &[u8], password: &str, seen: std::net::SocketAddr) -> BytesMut {
    let provider = rtc::crypto::default_provider().unwrap();
    let mut request = Message {
        raw: check.to_vec(),
        ..Message::default()
    };
    request.decode().unwrap();
    let mut response = Message::new();
    response
        .build(&[
            Box::new(request),
            Box::new(BINDING_SUCCESS),
            Box::new(XorMappedAddress {
                ip: seen.ip(),
                port: seen.port(),
            }),
            Box::new(MessageIntegrity::new_short_term_integrity_with_provider(
                password.to_owned(),
                provider.crypto(),
            )),
            Box::new(FINGERPRINT),
        ])
        .unwrap();
    BytesMut::from(&response.raw[..])
}

/// The value of an attribute of a description.
pub fn attribute<'a>(sdp: &'a str, name: &str) -> &'a str {
    sdp.lines()
        .find_map(|line| line.strip_prefix("a=")?.strip_prefix(name)?.strip_prefix(':'))
        .unwrap()
}
