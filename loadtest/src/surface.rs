//! Over what callers talk, and in which parts.

use std::str::FromStr;

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Surface {
    /// WebRTC, joined by WHIP (document 000).
    Whip,
    /// The WebSocket of document 001: a recording in, words and a recording out.
    Chat,
    /// The WebSocket of document 004: sound in small pieces in, whole replies out.
    Stream,
}

impl Surface {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Whip, Self::Chat, Self::Stream];

    /// How operators call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whip => "whip",
            Self::Chat => "chat",
            Self::Stream => "stream",
        }
    }

    /// Whether the agent speaks first.
    pub fn greets(self) -> bool {
        self == Self::Whip
    }

    /// Whether the agent can be heard while it speaks, and so be interrupted.
    pub fn is_live(self) -> bool {
        self == Self::Whip
    }
}

/// In which parts callers talk over what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mix(Vec<(Surface, u32)>);

/// Why a mix can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no mix such as whip=8,chat=1,stream=1")]
pub struct MixError(String);

impl Default for Mix {
    fn default() -> Self {
        Self(vec![(Surface::Whip, 1)])
    }
}

impl Mix {
    /// The surface of a caller. Callers that follow each other are spread over all of them.
    pub fn surface(&self, caller: usize) -> Surface {
        let all: u64 = self.0.iter().map(|(_, part)| u64::from(*part)).sum();
        // The caller goes where most is missing from the parts of those up to it.
        let mut given = vec![0u64; self.0.len()];
        let mut chosen = 0;
        for number in 0..=(caller as u64 % all) {
            let missing = |at: usize| u64::from(self.0[at].1) * (number + 1);
            chosen = (0..self.0.len())
                .max_by_key(|&at| {
                    let behind = i128::from(missing(at)) - i128::from(given[at]) * i128::from(all);
                    (behind, std::cmp::Reverse(at))
                })
                .unwrap_or_default();
            given[chosen] += 1;
        }
        self.0[chosen].0
    }

    /// Whether anybody talks over it.
    pub fn has(&self, surface: Surface) -> bool {
        self.0.iter().any(|(each, _)| *each == surface)
    }
}

impl FromStr for Mix {
    type Err = MixError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || MixError(text.to_owned());
        let mut parts: Vec<(Surface, u32)> = Vec::new();
        for part in text.split(',').map(str::trim) {
            let (name, share) = part.split_once('=').unwrap_or((part, "1"));
            let surface = Surface::ALL.into_iter().find(|surface| surface.name() == name);
            let surface = surface.ok_or_else(wrong)?;
            let share: u32 = share.parse().map_err(|_| wrong())?;
            if share > 1_000 || parts.iter().any(|(each, _)| *each == surface) {
                return Err(wrong());
            }
            if share > 0 {
                parts.push((surface, share));
            }
        }
        match parts.is_empty() {
            true => Err(wrong()),
            false => Ok(Self(parts)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_spread_over_the_mix() {
        let mix: Mix = "whip=3,chat=1".parse().expect("a mix");
        let surfaces: Vec<&str> = (0..8).map(|caller| mix.surface(caller).name()).collect();
        assert_eq!(
            surfaces,
            ["whip", "whip", "chat", "whip", "whip", "whip", "chat", "whip"]
        );
        let mix: Mix = "whip=90,chat=5,stream=5".parse().expect("a mix");
        let count = |wanted| (0..200).filter(|caller| mix.surface(*caller) == wanted).count();
        assert_eq!(Surface::ALL.map(count), [180, 10, 10]);
        assert_eq!(Mix::default().surface(17), Surface::Whip);
    }

    #[test]
    fn what_is_no_mix_is_refused() {
        assert_eq!("stream".parse(), Ok(Mix(vec![(Surface::Stream, 1)])));
        for text in ["", "whip=0", "phone=1", "whip=x", "whip=1,whip=2", "whip=1001"] {
            assert!(text.parse::<Mix>().is_err(), "{text}");
        }
    }
}
