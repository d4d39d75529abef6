//! How many connections one address holds open.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::redis::sockets::RedisSockets;

/// Open connections by address: of this node, and with Redis of all nodes. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Sockets {
    here: Arc<Mutex<HashMap<IpAddr, usize>>>,
    everywhere: Option<Arc<RedisSockets>>,
}

/// A connection that counts until this is dropped.
#[derive(Debug)]
pub struct OpenSocket {
    sockets: Sockets,
    address: IpAddr,
    /// What it is called among all nodes.
    name: Option<String>,
}

impl Sockets {
    /// The same, counted together with other nodes.
    pub fn shared(everywhere: RedisSockets) -> Self {
        Self {
            everywhere: Some(Arc::new(everywhere)),
            ..Self::default()
        }
    }

    /// Counts one more connection of an address; `None` if it has `most` already. While Redis is away, each node counts its
    /// own.
    pub async fn open(&self, address: IpAddr, most: usize) -> Option<OpenSocket> {
        let mut open = self.open_here(address, most)?;
        if let Some(everywhere) = &self.everywhere {
            match everywhere.open(address, most).await {
                Ok(name) => open.name = Some(name?),
                Err(error) => everywhere.went_without(&error),
            }
        }
        Some(open)
    }

    fn open_here(&self, address: IpAddr, most: usize) -> Option<OpenSocket> {
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
            name: None,
        })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        if let (Some(everywhere), Some(name)) = (&self.sockets.everywhere, &self.name) {
            everywhere.close(name);
        }
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

    #[tokio::test]
    async fn an_address_holds_so_many_and_gets_room_again_when_one_closes() {
        let sockets = Sockets::default();
        let address = IpAddr::from([192, 0, 2, 1]);
        let mut open = Vec::new();
        for _ in 0..10 {
            open.push(sockets.open(address, 10).await.expect("room"));
        }
        assert!(sockets.open(address, 10).await.is_none());
        assert!(sockets.open(IpAddr::from([192, 0, 2, 2]), 10).await.is_some());
        open.pop();
        open.push(sockets.open(address, 10).await.expect("room again"));
        drop(open);
        assert!(sockets.counts().is_empty());
    }

    #[tokio::test]
    async fn none_are_held_where_none_are_allowed() {
        let sockets = Sockets::default();
        assert!(sockets.open(IpAddr::from([192, 0, 2, 1]), 0).await.is_none());
    }
}
