//! The ICE-TCP connections of an arbiter, by their far end and by the peer they belong to.

use std::collections::HashMap;
use std::net::SocketAddr;

use bytes::BytesMut;
use tokio::sync::mpsc;

use crate::live::wire::PeerKey;

/// Datagrams that wait for a slow connection.
const CAPACITY: usize = 64;
/// Connections that one peer may hold: one for each of its addresses, and those that a restart leaves behind.
const MAX_OF_PEER: usize = 4;

/// The connections.
#[derive(Debug, Default)]
pub struct StreamTable {
    by_remote: HashMap<SocketAddr, Stream>,
    newest: StreamId,
}

/// Names a connection; addresses are used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamId(u64);

#[derive(Debug)]
struct Stream {
    id: StreamId,
    peer: PeerKey,
    outbox: mpsc::Sender<BytesMut>,
}

impl StreamTable {
    /// Takes up a connection of a peer, in place of an older one from the same address. What is sent to it comes out of the
    /// receiver, which ends when the connection shall. `None` if the peer has too many.
    pub fn open(&mut self, remote: SocketAddr, peer: PeerKey) -> Option<(StreamId, mpsc::Receiver<BytesMut>)> {
        let others = self
            .by_remote
            .iter()
            .filter(|(address, stream)| **address != remote && stream.peer == peer);
        if others.count() >= MAX_OF_PEER {
            return None;
        }
        let (outbox, sent) = mpsc::channel(CAPACITY);
        self.newest = StreamId(self.newest.0 + 1);
        let id = self.newest;
        self.by_remote.insert(remote, Stream { id, peer, outbox });
        Some((id, sent))
    }

    /// Queues a frame; whether there was somebody to send it to, and room.
    pub fn send(&self, remote: SocketAddr, frame: BytesMut) -> bool {
        self.by_remote
            .get(&remote)
            .is_some_and(|stream| stream.outbox.try_send(frame).is_ok())
    }

    /// Forgets a connection that has ended.
    pub fn close(&mut self, remote: SocketAddr, id: StreamId) {
        if self.by_remote.get(&remote).is_some_and(|stream| stream.id == id) {
            self.by_remote.remove(&remote);
        }
    }

    /// Lets all connections of a peer end once what is queued has left.
    pub fn close_peer(&mut self, peer: PeerKey) {
        self.by_remote.retain(|_, stream| stream.peer != peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: PeerKey = PeerKey { call: 1, peer: 1 };
    const OTHER: PeerKey = PeerKey { call: 1, peer: 2 };

    fn remote(port: u16) -> SocketAddr {
        ([203, 0, 113, 1], port).into()
    }

    #[test]
    fn the_streams_of_a_removed_peer_end_after_what_was_queued() {
        let mut table = StreamTable::default();
        let (_, mut gone) = table.open(remote(1), PEER).expect("room");
        let (_, mut kept) = table.open(remote(2), OTHER).expect("room");
        assert!(table.send(remote(1), BytesMut::from("goodbye")));
        table.close_peer(PEER);
        assert_eq!(gone.try_recv().expect("it was queued"), "goodbye");
        assert_eq!(gone.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
        assert_eq!(kept.try_recv(), Err(mpsc::error::TryRecvError::Empty));
        assert!(!table.send(remote(1), BytesMut::new()));
    }

    #[test]
    fn the_end_of_a_replaced_stream_leaves_its_successor() {
        let mut table = StreamTable::default();
        let (first, mut replaced) = table.open(remote(1), PEER).expect("room");
        let (second, _outbox) = table.open(remote(1), PEER).expect("room");
        assert_eq!(replaced.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
        table.close(remote(1), first);
        assert!(table.send(remote(1), BytesMut::new()));
        table.close(remote(1), second);
        assert!(!table.send(remote(1), BytesMut::new()));
    }

    #[test]
    fn a_peer_holds_a_limited_number_of_streams() {
        let mut table = StreamTable::default();
        let mut outboxes: Vec<_> = (0..MAX_OF_PEER as u16)
            .map(|port| table.open(remote(port), PEER).expect("room"))
            .collect();
        assert!(table.open(remote(100), PEER).is_none());
        assert!(table.open(remote(100), OTHER).is_some());
        // In place of an old one there is room.
        assert!(table.open(remote(0), PEER).is_some());
        let (id, _) = outboxes.remove(1);
        table.close(remote(1), id);
        assert!(table.open(remote(101), PEER).is_some());
    }

    #[test]
    fn a_slow_connection_loses_what_does_not_fit() {
        let mut table = StreamTable::default();
        let _outbox = table.open(remote(1), PEER).expect("room");
        let sent = (0..CAPACITY + 5).filter(|_| table.send(remote(1), BytesMut::from("x")));
        assert_eq!(sent.count(), CAPACITY);
    }
}
