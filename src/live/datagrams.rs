//! Reading a UDP socket, whatever happens to it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;

/// The longest datagram that is read: nothing in WebRTC sends more than an Ethernet frame holds.
const MAX_DATAGRAM: usize = 2048;
/// Datagrams read before others get their turn.
const BATCH: usize = 64;
/// How long a socket that can't be read is left alone.
const RETRY: Duration = Duration::from_millis(100);

/// Where datagrams come from.
pub(super) trait Source {
    /// Waits until there may be one.
    async fn readable(&self) -> io::Result<()>;
    /// Takes one, if there is one.
    fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
}

impl Source for UdpSocket {
    async fn readable(&self) -> io::Result<()> {
        UdpSocket::readable(self).await
    }

    fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        UdpSocket::try_recv_from(self, buffer)
    }
}

/// Reads one socket for ever.
pub(super) async fn read(source: &impl Source, local: SocketAddr, mut deliver: impl FnMut(SocketAddr, &[u8])) {
    let mut buffer = [0; MAX_DATAGRAM];
    loop {
        if let Err(error) = source.readable().await {
            // The machine may be short of something for a moment. Calls on this socket can't do without it.
            tracing::error!(%error, %local, "the socket can't be read; trying again");
            tokio::time::sleep(RETRY).await;
            continue;
        }
        for _ in 0..BATCH {
            match source.try_recv_from(&mut buffer) {
                Ok((length, remote)) => deliver(remote, &buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // An ICMP error of something sent before; the next datagram may be fine.
                Err(_) => {}
            }
        }
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;

    use super::*;

    /// What the socket does next; after that, nothing for ever.
    enum Step {
        Unreadable,
        Refused,
        Datagram(&'static str),
    }

    struct Script(RefCell<VecDeque<Step>>);

    impl Source for Script {
        async fn readable(&self) -> io::Result<()> {
            if self.0.borrow().is_empty() {
                std::future::pending::<()>().await;
            }
            match self
                .0
                .borrow_mut()
                .pop_front_if(|step| matches!(step, Step::Unreadable))
            {
                Some(_) => Err(io::ErrorKind::OutOfMemory.into()),
                None => Ok(()),
            }
        }

        fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
            let mut steps = self.0.borrow_mut();
            match steps.pop_front_if(|step| !matches!(step, Step::Unreadable)) {
                Some(Step::Datagram(text)) => {
                    buffer[..text.len()].copy_from_slice(text.as_bytes());
                    Ok((text.len(), ([192, 0, 2, 1], 9).into()))
                }
                Some(_) => Err(io::ErrorKind::ConnectionRefused.into()),
                None => Err(io::ErrorKind::WouldBlock.into()),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_socket_that_cant_be_read_for_a_moment_is_read_again() {
        let steps = [
            Step::Datagram("before"),
            Step::Unreadable,
            Step::Unreadable,
            Step::Datagram("after"),
            Step::Refused,
            Step::Datagram("the rest"),
        ];
        let script = Script(RefCell::new(steps.into()));
        let start = tokio::time::Instant::now();
        let mut heard = Vec::new();
        let reading = read(&script, ([127, 0, 0, 1], 7).into(), |_, datagram| {
            heard.push((start.elapsed(), String::from_utf8_lossy(datagram).into_owned()));
        });
        assert!(tokio::time::timeout(Duration::from_secs(10), reading).await.is_err());
        let expected = [(0, "before"), (2, "after"), (2, "the rest")];
        assert_eq!(
            heard,
            expected.map(|(retries, text)| (RETRY * retries, text.to_owned()))
        );
    }
}
