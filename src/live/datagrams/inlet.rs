//! Reading many datagrams with one system call, into buffers that are used again.

use std::io;
use std::net::SocketAddr;

use tokio::net::UdpSocket;

/// The longest datagram that is read: nothing in WebRTC sends more than an Ethernet frame holds.
const MAX_DATAGRAM: usize = 2048;
/// Datagrams read at once.
const MOST: usize = 32;

/// Room for datagrams.
pub struct Inlet {
    buffers: Box<[[u8; MAX_DATAGRAM]]>,
    /// Those read last: their lengths, and where they come from.
    read: Vec<(usize, SocketAddr)>,
    #[cfg(target_os = "linux")]
    headers: nix::sys::socket::MultiHeaders<nix::sys::socket::SockaddrStorage>,
}

impl Default for Inlet {
    fn default() -> Self {
        Self {
            buffers: vec![[0; MAX_DATAGRAM]; MOST].into_boxed_slice(),
            read: Vec::with_capacity(MOST),
            #[cfg(target_os = "linux")]
            headers: nix::sys::socket::MultiHeaders::preallocate(MOST, None),
        }
    }
}

impl Inlet {
    /// The datagrams that were read last.
    pub fn datagrams(&self) -> impl Iterator<Item = (SocketAddr, &[u8])> {
        let read = self.buffers.iter().zip(&self.read);
        read.map(|(buffer, (length, remote))| (*remote, &buffer[..*length]))
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.read.clear();
    }

    /// Adds one, as far as there is room.
    #[cfg(test)]
    pub fn push(&mut self, remote: SocketAddr, datagram: &[u8]) {
        self.buffers[self.read.len()][..datagram.len()].copy_from_slice(datagram);
        self.read.push((datagram.len(), remote));
    }

    /// Reads what there is, at most as much as there is room for. Where there may be more, it is to be called again before
    /// the socket is waited for.
    ///
    /// # Errors
    /// `WouldBlock` once there was nothing more, whatever was read before that. Others are of something that was sent before;
    /// the next datagram may be fine.
    #[cfg(target_os = "linux")]
    pub fn fill(&mut self, socket: &UdpSocket) -> io::Result<()> {
        self.clear();
        socket.try_io(tokio::io::Interest::READABLE, || {
            self.receive(socket)?;
            // What comes from now on is told of anew, so nobody need ask in vain.
            match self.read.len() {
                MOST => Ok(()),
                _ => Err(io::ErrorKind::WouldBlock.into()),
            }
        })
    }

    /// The same, one by one.
    #[cfg(not(target_os = "linux"))]
    pub fn fill(&mut self, socket: &UdpSocket) -> io::Result<()> {
        self.clear();
        for buffer in &mut self.buffers {
            let read = socket.try_recv_from(buffer)?;
            self.read.push(read);
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn receive(&mut self, socket: &UdpSocket) -> io::Result<()> {
        use std::io::IoSliceMut;
        use std::os::fd::AsRawFd;

        use nix::sys::socket::{MsgFlags, SockaddrStorage, recvmmsg};

        let mut buffers = self.buffers.iter_mut();
        let mut slices: [[IoSliceMut<'_>; 1]; MOST] = std::array::from_fn(|_| {
            [IoSliceMut::new(
                buffers.next().map_or(&mut [], |buffer| &mut buffer[..]),
            )]
        });
        let received = recvmmsg(
            socket.as_raw_fd(),
            &mut self.headers,
            &mut slices,
            MsgFlags::MSG_DONTWAIT,
            None,
        )?;
        let address = |storage: SockaddrStorage| {
            let v4 = storage.as_sockaddr_in().map(|v4| SocketAddr::V4((*v4).into()));
            v4.or_else(|| storage.as_sockaddr_in6().map(|v6| SocketAddr::V6((*v6).into())))
        };
        // Nothing but these two families comes to an Internet socket; what it would be is nobody's.
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        self.read.extend(received.map(|each| {
            (
                each.bytes.min(MAX_DATAGRAM),
                each.address.and_then(address).unwrap_or(unknown),
            )
        }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_that_came_is_read_and_the_socket_is_waited_for_once_there_is_no_more() {
        let from = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
        let to = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
        let (sender, receiver) = (from.local_addr().expect("bound"), to.local_addr().expect("bound"));
        let mut inlet = Inlet::default();
        for sent in [MOST + 5, 1, MOST] {
            for number in 0..sent {
                let datagram = vec![number as u8; number + 1];
                from.send_to(&datagram, receiver).await.expect("it is sent");
            }
            let mut read = Vec::new();
            while read.len() < sent {
                to.readable().await.expect("it can be read");
                let filled = inlet.fill(&to).map_err(|error| error.kind());
                let full = inlet.datagrams().count() == MOST;
                assert_eq!(filled, if full { Ok(()) } else { Err(io::ErrorKind::WouldBlock) });
                read.extend(inlet.datagrams().map(|(remote, bytes)| (remote, bytes.to_vec())));
            }
            let expected: Vec<_> = (0..sent)
                .map(|number| (sender, vec![number as u8; number + 1]))
                .collect();
            assert_eq!(read, expected);
            inlet.clear();
            assert_eq!(inlet.datagrams().count(), 0);
        }
    }
}
