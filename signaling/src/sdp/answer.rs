//! The answer that the offerer gets, made from the core's own.

use std::fmt::Write as _;

use super::{Candidate, Credentials, Fragment, Offer};

/// Puts the core's sections where the offer had them and rejects the others (RFC 9429 section 5.3.1). `None` when the
/// core's answer lacks a section that it was asked for.
pub(crate) fn compose(core: &str, offer: &Offer) -> Option<String> {
    let mut parts = split(core);
    let session = parts.remove(0);
    let mut out = String::with_capacity(core.len() + 200 * offer.sections.len());
    let accepted: Vec<_> = offer.sections.iter().filter(|section| section.accepted).collect();
    for line in session {
        if !line.starts_with("a=group:") {
            push(&mut out, line);
        }
    }
    if offer.bundled {
        let mids: Vec<_> = accepted.iter().map(|section| section.mid.as_str()).collect();
        let _ = write!(out, "a=group:BUNDLE {}\r\n", mids.join(" "));
    }
    for section in &offer.sections {
        if !section.accepted {
            // RFC 3264 section 6: port zero; formats can't be empty, so the offered ones stand.
            let _ = write!(
                out,
                "m={} 0 {} {}\r\nc=IN IP4 0.0.0.0\r\na=mid:{}\r\na=inactive\r\n",
                section.kind, section.proto, section.formats, section.mid
            );
            continue;
        }
        let mid = format!("a=mid:{}", section.mid);
        let own = parts.iter().find(|part| part.iter().any(|line| *line == mid))?;
        for (index, line) in own.iter().enumerate() {
            if index == 0 {
                // The offerer's own word for the transport, which may name TCP.
                let mut words: Vec<_> = line.split(' ').collect();
                *words.get_mut(2)? = &section.proto;
                if section.mid == offer.audio_mid() {
                    // The first format is the one that we would rather get: redundant audio, if there is such.
                    let red = offer.redundant_payload_type().map(|red| red.to_string());
                    words
                        .get_mut(3..)?
                        .sort_by_key(|format| red.as_deref() != Some(*format));
                }
                push(&mut out, &words.join(" "));
            } else if !is_rtcp_candidate(line) && *line != "a=end-of-candidates" {
                push(&mut out, line);
            }
        }
        push(&mut out, "a=end-of-candidates");
    }
    Some(out)
}

/// The credentials and candidates in the core's answer.
pub(crate) fn local_ice(core: &str, mid: &str) -> Option<(Credentials, Fragment)> {
    let attribute = |name: &str| core.lines().find_map(|line| line.strip_prefix(name));
    let credentials = Credentials::new(attribute("a=ice-ufrag:")?, attribute("a=ice-pwd:")?)?;
    let mut candidates: Vec<Candidate> = Vec::new();
    for line in core.lines().filter(|line| !is_rtcp_candidate(line)) {
        let candidate = line
            .strip_prefix("a=candidate:")
            .and_then(|value| Candidate::parse(value).ok());
        candidates.extend(candidate.filter(|candidate| !candidates.contains(candidate)));
    }
    let fragment = Fragment {
        ufrag: Some(credentials.ufrag.clone()),
        pwd: Some(credentials.pwd.clone()),
        mid: Some(mid.to_owned()),
        candidates,
        end_of_candidates: true,
    };
    Some((credentials, fragment))
}

/// The session part and then one part a section.
fn split(core: &str) -> Vec<Vec<&str>> {
    let mut parts = vec![Vec::new()];
    for line in core.lines() {
        if line.starts_with("m=") {
            parts.push(Vec::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(line);
        }
    }
    parts
}

/// The core repeats each candidate for RTCP, which we multiplex.
fn is_rtcp_candidate(line: &str) -> bool {
    line.strip_prefix("a=candidate:")
        .is_some_and(|value| value.split(' ').nth(1) == Some("2"))
}

fn push(out: &mut String, line: &str) {
    out.push_str(line);
    out.push_str("\r\n");
}
