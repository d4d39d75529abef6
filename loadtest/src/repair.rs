//! What callers offer against loss on the network.

use std::fmt;
use std::str::FromStr;

/// What callers offer besides Opus with in-band FEC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Repair {
    /// To ask for what is missing, and to send again what is asked for (generic NACK, RFC 4585).
    pub nack: bool,
    /// Packets that carry those before them once more (RED, RFC 2198).
    pub red: bool,
}

/// It is no list of what callers can offer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither none nor a list of nack and red")]
pub struct RepairError(String);

impl Repair {
    /// Nothing: what callers hear of a bad network is the worst that any client hears.
    pub const NONE: Self = Self {
        nack: false,
        red: false,
    };
}

impl Default for Repair {
    /// As the page of the server offers it in any browser.
    fn default() -> Self {
        Self { nack: true, red: false }
    }
}

impl FromStr for Repair {
    type Err = RepairError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut repair = Self::NONE;
        if text == "none" {
            return Ok(repair);
        }
        for part in text.split(',').map(str::trim) {
            match part {
                "nack" => repair.nack = true,
                "red" => repair.red = true,
                _ => return Err(RepairError(text.to_owned())),
            }
        }
        Ok(repair)
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.nack, self.red) {
            (true, true) => "nack,red",
            (true, false) => "nack",
            (false, true) => "red",
            (false, false) => "none",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_callers_offer_is_read_as_it_is_written() {
        for text in ["none", "nack", "red", "nack,red"] {
            assert_eq!(text.parse::<Repair>().expect("an offer").to_string(), text);
        }
        assert_eq!("nack".parse(), Ok(Repair::default()));
        for text in ["", "nack,none", "fec"] {
            assert!(text.parse::<Repair>().is_err(), "{text}");
        }
    }
}
