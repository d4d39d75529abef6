//! Which peer a datagram on a shared port belongs to.
//!
//! Three things tell, and each is only a claim until the peer has authenticated the datagram:
//!
//! * a check names its receiver in USERNAME (RFC 8445 section 7.2.2), so it is believed before any address: addresses are
//!   reused by NATs, username fragments are random;
//! * an address that the peer has confirmed before carries everything else;
//! * SRTP from an unknown address is offered to the peer that its SSRC was registered for. That is what a call looks like
//!   in the moment after a NAT gave the client a new address.
//!
//! Everything else is dropped and counted by cause.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::net::SocketAddr;
use std::ops::RangeInclusive;

use crate::Transport;
use crate::stun;

/// Confirmed addresses, fragments and sources that are kept of one peer; the oldest make room.
const KEPT: usize = 16;

/// Whose a datagram is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<K> {
    /// From an address that this peer has confirmed.
    Known(K),
    /// From an address that isn't confirmed as this peer's. When the peer authenticates the datagram
    /// ([`Receipt::Authenticated`](crate::peer::Receipt::Authenticated)), call [`Demux::confirm`].
    Claimed(K),
}

impl<K> Route<K> {
    /// The peer.
    pub fn key(self) -> K {
        match self {
            Self::Known(key) | Self::Claimed(key) => key,
        }
    }
}

/// Datagrams that no peer got, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DemuxCounters {
    /// Checks for a username fragment that no peer has.
    pub foreign_ufrag: u64,
    /// STUN that isn't well-formed, or a check without USERNAME.
    pub malformed_stun: u64,
    /// DTLS, RTCP, STUN responses from an address that nobody confirmed.
    pub unknown_address: u64,
    /// SRTP from an unknown address with an SSRC that nobody registered.
    pub unknown_source: u64,
    /// None of the protocols that share the port (RFC 7983), or too short for any.
    pub garbage: u64,
}

/// Whether a datagram is SRTP by its first octets (RFC 7983, RFC 5761), authentic or not.
pub fn is_srtp(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, kind, ..] if !RTCP.contains(kind))
}

/// The packet types of RTCP, as its second octet has them (RFC 5761 section 4).
const RTCP: RangeInclusive<u8> = 192..=223;

/// Maps datagrams to peers, each under a key of the caller's choice.
#[derive(Debug)]
pub struct Demux<K> {
    by_ufrag: HashMap<Box<str>, K>,
    by_address: HashMap<(Transport, SocketAddr), K>,
    by_source: HashMap<u32, K>,
    peers: HashMap<K, Entry>,
    counters: DemuxCounters,
}

#[derive(Debug, Default)]
struct Entry {
    ufrags: VecDeque<Box<str>>,
    addresses: VecDeque<(Transport, SocketAddr)>,
    sources: VecDeque<u32>,
}

impl<K> Default for Demux<K> {
    fn default() -> Self {
        Self {
            by_ufrag: HashMap::new(),
            by_address: HashMap::new(),
            by_source: HashMap::new(),
            peers: HashMap::new(),
            counters: DemuxCounters::default(),
        }
    }
}

impl<K: Copy + Eq + Hash> Demux<K> {
    /// A demux without peers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets checks for our username fragment `ufrag` reach `key`. Each ICE restart adds a fragment; earlier ones stay, for
    /// checks that are still on the way.
    pub fn register_ufrag(&mut self, key: K, ufrag: &str) {
        if self.by_ufrag.insert(ufrag.into(), key) == Some(key) {
            return;
        }
        let entry = self.peers.entry(key).or_default();
        entry.ufrags.push_back(ufrag.into());
        if entry.ufrags.len() > KEPT
            && let Some(oldest) = entry.ufrags.pop_front()
        {
            remove_own(&mut self.by_ufrag, &oldest, key);
        }
    }

    /// Lets SRTP of this source reach `key` from addresses that nobody has confirmed. A source that another peer holds
    /// stays with it: what would reach the wrong peer fails authentication there.
    pub fn register_source(&mut self, key: K, ssrc: u32) {
        if *self.by_source.entry(ssrc).or_insert(key) != key {
            return;
        }
        let entry = self.peers.entry(key).or_default();
        if entry.sources.contains(&ssrc) {
            return;
        }
        entry.sources.push_back(ssrc);
        if entry.sources.len() > KEPT
            && let Some(oldest) = entry.sources.pop_front()
        {
            remove_own(&mut self.by_source, &oldest, key);
        }
    }

    /// Whose this datagram is, if anybody's.
    pub fn route(&mut self, transport: Transport, remote: SocketAddr, datagram: &[u8]) -> Option<Route<K>> {
        let by_address = self.by_address.get(&(transport, remote)).copied();
        match datagram {
            [0..=3, ..] => {
                let Some(message) = stun::Message::parse(datagram) else {
                    self.counters.malformed_stun += 1;
                    return None;
                };
                if !message.is_binding_request() {
                    return self.known(by_address);
                }
                let Some(ufrag) = message.receiver_ufrag() else {
                    self.counters.malformed_stun += 1;
                    return None;
                };
                match self.by_ufrag.get(ufrag).copied() {
                    Some(key) if by_address == Some(key) => Some(Route::Known(key)),
                    Some(key) => Some(Route::Claimed(key)),
                    None => {
                        self.counters.foreign_ufrag += 1;
                        None
                    }
                }
            }
            [20..=63, ..] => self.known(by_address),
            [128..=191, kind, ..] if datagram.len() >= 12 => {
                if by_address.is_some() || RTCP.contains(kind) {
                    return self.known(by_address);
                }
                let ssrc = u32::from_be_bytes([datagram[8], datagram[9], datagram[10], datagram[11]]);
                let claimed = self.by_source.get(&ssrc).copied();
                if claimed.is_none() {
                    self.counters.unknown_source += 1;
                }
                claimed.map(Route::Claimed)
            }
            _ => {
                self.counters.garbage += 1;
                None
            }
        }
    }

    /// The peer has authenticated a datagram from this address: from now on all that comes from there is its.
    pub fn confirm(&mut self, key: K, transport: Transport, remote: SocketAddr) {
        let address = (transport, remote);
        match self.by_address.insert(address, key) {
            Some(before) if before == key => return,
            Some(before) => {
                if let Some(entry) = self.peers.get_mut(&before) {
                    entry.addresses.retain(|each| *each != address);
                }
            }
            None => {}
        }
        let entry = self.peers.entry(key).or_default();
        entry.addresses.push_back(address);
        if entry.addresses.len() > KEPT
            && let Some(oldest) = entry.addresses.pop_front()
        {
            remove_own(&mut self.by_address, &oldest, key);
        }
    }

    /// Forgets a peer and everything that leads to it.
    pub fn remove(&mut self, key: K) {
        let Some(entry) = self.peers.remove(&key) else {
            return;
        };
        for ufrag in &entry.ufrags {
            remove_own(&mut self.by_ufrag, ufrag, key);
        }
        for address in &entry.addresses {
            remove_own(&mut self.by_address, address, key);
        }
        for ssrc in &entry.sources {
            remove_own(&mut self.by_source, ssrc, key);
        }
    }

    /// How many peers are registered.
    pub fn len(&self) -> usize {
        self.peers.len()
    }

    /// Whether no peer is registered.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// What was dropped so far.
    pub fn counters(&self) -> DemuxCounters {
        self.counters
    }

    fn known(&mut self, by_address: Option<K>) -> Option<Route<K>> {
        if by_address.is_none() {
            self.counters.unknown_address += 1;
        }
        by_address.map(Route::Known)
    }
}

/// Removes an entry unless it has gone over to another peer.
fn remove_own<Q, O, K>(map: &mut HashMap<O, K>, name: &Q, key: K)
where
    Q: Eq + Hash + ?Sized,
    O: Eq + Hash + std::borrow::Borrow<Q>,
    K: Eq,
{
    if map.get(name).is_some_and(|holder| *holder == key) {
        map.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UDP: Transport = Transport::Udp;

    fn address(port: u16) -> SocketAddr {
        ([203, 0, 113, 1], port).into()
    }

    fn check(username: &str) -> Vec<u8> {
        let mut value = username.as_bytes().to_vec();
        value.resize(value.len().next_multiple_of(4), 0);
        let mut out = vec![0, 1];
        out.extend((value.len() as u16 + 4).to_be_bytes());
        out.extend(stun::MAGIC_COOKIE);
        out.extend([1; 12]);
        out.extend(stun::USERNAME.to_be_bytes());
        out.extend((username.len() as u16).to_be_bytes());
        out.extend(value);
        out
    }

    fn rtp(ssrc: u32) -> Vec<u8> {
        let mut out = vec![0x80, 111, 0, 1, 0, 0, 0, 0];
        out.extend(ssrc.to_be_bytes());
        out.extend([0; 20]);
        out
    }

    const DTLS: [u8; 14] = [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];

    #[test]
    fn a_check_finds_its_peer_and_other_protocols_follow_once_confirmed() {
        let mut demux = Demux::new();
        demux.register_ufrag(1, "alice");
        assert_eq!(demux.route(UDP, address(1), &DTLS), None);
        assert_eq!(demux.route(UDP, address(1), &check("alice:x")), Some(Route::Claimed(1)));
        assert_eq!(demux.route(UDP, address(1), &DTLS), None);
        demux.confirm(1, UDP, address(1));
        assert_eq!(demux.route(UDP, address(1), &DTLS), Some(Route::Known(1)));
        assert_eq!(demux.route(UDP, address(1), &check("alice:x")), Some(Route::Known(1)));
        assert_eq!(demux.route(Transport::Tcp, address(1), &DTLS), None);
        assert_eq!(demux.counters().unknown_address, 3);
    }

    #[test]
    fn a_check_for_a_new_peer_is_believed_over_an_address_of_an_old_one() {
        let mut demux = Demux::new();
        demux.register_ufrag(1, "alice");
        demux.register_ufrag(2, "bob");
        demux.confirm(1, UDP, address(1));
        assert_eq!(demux.route(UDP, address(1), &check("bob:x")), Some(Route::Claimed(2)));
        demux.confirm(2, UDP, address(1));
        assert_eq!(demux.route(UDP, address(1), &DTLS), Some(Route::Known(2)));
        demux.remove(1);
        assert_eq!(demux.route(UDP, address(1), &DTLS), Some(Route::Known(2)));
    }

    #[test]
    fn srtp_from_a_new_address_finds_the_peer_of_its_source() {
        let mut demux = Demux::new();
        demux.register_source(1, 77);
        demux.register_source(2, 77);
        assert_eq!(demux.route(UDP, address(9), &rtp(77)), Some(Route::Claimed(1)));
        assert_eq!(demux.route(UDP, address(9), &rtp(78)), None);
        assert_eq!(demux.counters().unknown_source, 1);
    }

    #[test]
    fn what_belongs_to_nobody_is_counted_by_cause() {
        let mut demux: Demux<u8> = Demux::new();
        for datagram in [
            &check("mallory:x")[..],
            &check("mallory")[..],
            &[0, 1, 2, 3],
            &DTLS,
            &rtp(1),
            &rtp(1)[..11],
            &[],
            &[70; 40],
        ] {
            assert_eq!(demux.route(UDP, address(5), datagram), None);
        }
        let expected = DemuxCounters {
            foreign_ufrag: 1,
            malformed_stun: 2,
            unknown_address: 1,
            unknown_source: 1,
            garbage: 3,
        };
        assert_eq!(demux.counters(), expected);
    }

    #[test]
    fn a_removed_peer_leaves_nothing_behind() {
        let mut demux = Demux::new();
        for round in 0..40u32 {
            demux.register_ufrag(1, &format!("alice{round}"));
            demux.register_source(1, round);
            demux.confirm(1, UDP, address(round as u16));
        }
        assert_eq!(demux.by_address.len(), KEPT);
        assert_eq!(demux.by_ufrag.len(), KEPT);
        assert_eq!(demux.by_source.len(), KEPT);
        assert_eq!(demux.route(UDP, address(39), &DTLS), Some(Route::Known(1)));
        demux.remove(1);
        assert!(demux.by_address.is_empty() && demux.by_ufrag.is_empty() && demux.by_source.is_empty());
        assert!(demux.is_empty());
    }

    proptest! {
        #[test]
        fn arbitrary_datagrams_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100), port in any::<u16>()) {
            let mut demux = Demux::new();
            demux.register_ufrag(1, "alice");
            demux.confirm(1, UDP, address(7));
            demux.route(UDP, address(port), &bytes);
        }
    }
}
