//! A peer that moves.
//!
//! The core, always the controlled agent here, never leaves the pair that was first nominated. When a NAT gives the client
//! a new address, or the client nominates another path, the core goes on sending to the old one. So the core keeps being
//! shown the path that it selected, while the datagrams run on the path where the client really is.
//!
//! A new path is believed on authenticated evidence only: a nomination together with an answer to our own check on that
//! path (RFC 8445 section 7.3.1.5), or an SRTP packet that decrypts and is newer than all before.

use crate::Path;

/// Paths on which one ICE session's checks are answered.
const MAX_PATHS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Alias {
    /// The path that the core selected.
    shown: Option<Path>,
    /// The path that carries it now.
    real: Option<Path>,
    /// Paths whose checks the core has answered.
    answered: Vec<Path>,
}

impl Alias {
    /// The path to show the core for what arrived on `path`.
    pub(super) fn inbound(&self, path: Path) -> Path {
        match self.shown {
            Some(shown) if self.real == Some(path) => shown,
            _ => path,
        }
    }

    /// The path to send on for what the core sends on `path`. `selected`: the core chose it by selecting a pair, as it
    /// does for all but STUN.
    pub(super) fn outbound(&mut self, path: Path, selected: bool) -> Path {
        if selected && self.shown != Some(path) {
            self.shown = Some(path);
            self.real = Some(path);
        }
        match self.real {
            Some(real) if self.shown == Some(path) => real,
            _ => path,
        }
    }

    /// The client is on `path`. Whether that is a move.
    pub(super) fn move_to(&mut self, path: Path) -> bool {
        let moved = self.real.is_some_and(|real| real != path);
        if moved {
            self.real = Some(path);
        }
        moved
    }

    /// Whether a check on `path` may be shown to the core, which keeps a candidate for each.
    pub(super) fn may_check(&self, path: Path) -> bool {
        self.answered.len() < MAX_PATHS || self.answered.contains(&path)
    }

    /// The core has answered a check on `path`.
    pub(super) fn answered(&mut self, path: Path) {
        if !self.answered.contains(&path) {
            self.answered.push(path);
        }
    }

    /// Whether the client has proved to be on `path`, by a check or by being there now.
    pub(super) fn knows(&self, path: Path) -> bool {
        self.real == Some(path) || self.answered.contains(&path)
    }

    /// A new ICE session has begun, with candidates of its own.
    pub(super) fn restarted(&mut self) {
        self.answered.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(port: u16) -> Path {
        Path::udp(([10, 0, 0, 1], 7882).into(), ([203, 0, 113, 1], port).into())
    }

    #[test]
    fn the_core_sees_the_first_path_and_the_wire_the_latest() {
        let mut alias = Alias::default();
        assert!(!alias.move_to(path(2)));
        assert_eq!(alias.outbound(path(1), true), path(1));
        assert!(alias.move_to(path(2)));
        assert_eq!(alias.outbound(path(1), true), path(2));
        assert_eq!(alias.outbound(path(1), false), path(2));
        assert_eq!(alias.inbound(path(2)), path(1));
        // The old path is still itself when something arrives there, and checks to the new one go where they say.
        assert_eq!(alias.inbound(path(1)), path(1));
        assert_eq!(alias.outbound(path(2), false), path(2));
    }

    #[test]
    fn a_pair_that_the_core_selects_itself_replaces_the_alias() {
        let mut alias = Alias::default();
        alias.outbound(path(1), true);
        alias.move_to(path(2));
        assert_eq!(alias.outbound(path(3), true), path(3));
        assert_eq!(alias.inbound(path(2)), path(2));
    }

    #[test]
    fn paths_of_a_session_are_bounded() {
        let mut alias = Alias::default();
        for port in 0..MAX_PATHS as u16 {
            assert!(alias.may_check(path(port)));
            alias.answered(path(port));
        }
        assert!(!alias.may_check(path(999)));
        assert!(alias.may_check(path(3)));
        alias.restarted();
        assert!(alias.may_check(path(999)));
    }
}
