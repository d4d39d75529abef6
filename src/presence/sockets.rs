//! How many connections one address holds open at this node.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Open connections by address; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Sockets(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A connection that counts until this is dropped.
#[derive(Debug)]
pub struct OpenSocket {
    sockets: Sockets,
    address: IpAddr,
}

impl Sockets {
    /// Counts one more connection of an address; `None` if it has `most` already.
    pub fn open(&self, address: IpAddr, most: usize) -> Option<OpenSocket> {
        let mut open = self.counts();
        let count = open.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        drop(open);
        Some(OpenSocket {
            sockets: self.clone(),
            address,
        })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        if let Entry::Occupied(mut entry) = self.sockets.counts().entry(self.address) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_so_many_and_gets_room_again_when_one_closes() {
        let sockets = Sockets::default();
        let address = IpAddr::from([192, 0, 2, 1]);
        let mut open: Vec<OpenSocket> = (0..10).map(|_| sockets.open(address, 10).expect("room")).collect();
        assert!(sockets.open(address, 10).is_none());
        assert!(sockets.open(IpAddr::from([192, 0, 2, 2]), 10).is_some());
        open.pop();
        open.push(sockets.open(address, 10).expect("room again"));
        drop(open);
        assert!(sockets.counts().is_empty());
    }

    #[test]
    fn none_are_held_where_none_are_allowed() {
        let sockets = Sockets::default();
        assert!(sockets.open(IpAddr::from([192, 0, 2, 1]), 0).is_none());
    }
}
