//! A stretch of network between a caller and the server, which can be blocked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// Passes the datagrams of one caller on, both ways.
pub struct Relay {
    address: SocketAddr,
    is_blocked: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Relay {
    /// A port that nobody uses for the moment.
    pub async fn free_port() -> u16 {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
        socket.local_addr().expect("it is bound").port()
    }

    /// One in front of a server's port on this machine.
    pub async fn to(port: u16) -> Self {
        let near = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
        let far = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
        far.connect(("127.0.0.1", port)).await.expect("an address");
        let address = near.local_addr().expect("it is bound");
        let is_blocked = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(carry(near, far, Arc::clone(&is_blocked)));
        Self {
            address,
            is_blocked,
            task,
        }
    }

    /// Where the caller sends to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets nothing through, or everything again.
    pub fn block(&self, on: bool) {
        self.is_blocked.store(on, Ordering::SeqCst);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(near: UdpSocket, far: UdpSocket, is_blocked: Arc<AtomicBool>) {
    let mut caller = None;
    let (mut up, mut down) = ([0; 2048], [0; 2048]);
    loop {
        // What can't be passed on is lost, as on any network.
        tokio::select! {
            Ok((length, from)) = near.recv_from(&mut up) => {
                caller = Some(from);
                if !is_blocked.load(Ordering::SeqCst) {
                    let _ = far.send(&up[..length]).await;
                }
            }
            Ok(length) = far.recv(&mut down) => {
                if let Some(caller) = caller && !is_blocked.load(Ordering::SeqCst) {
                    let _ = near.send_to(&down[..length], caller).await;
                }
            }
            else => {}
        }
    }
}
