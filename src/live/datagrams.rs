//! A UDP socket: reading it, whatever happens to it, and sending by it.
//!
//! | module | what lives there |
//! |---|---|
//! | [`inlet`] | reading many datagrams at once |
//! | [`outlet`] | sending many datagrams at once |

mod inlet;
mod outlet;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;

pub(super) use self::inlet::Inlet;
pub(super) use self::outlet::{Left, Outlet};

/// How often what is read at once is read before others get their turn: all that has come, as far as that may be. What waits in
/// the socket doesn't tell how long it has, and what is read does.
const ROUNDS: usize = 16;
/// How long a socket that can't be read is left alone.
const RETRY: Duration = Duration::from_millis(100);

/// Where datagrams come from.
pub(super) trait Source {
    /// Waits until there may be one.
    async fn readable(&self) -> io::Result<()>;
    /// Takes what there is, as [`Inlet::fill`] does.
    fn fill(&self, inlet: &mut Inlet) -> io::Result<()>;
}

impl Source for UdpSocket {
    async fn readable(&self) -> io::Result<()> {
        UdpSocket::readable(self).await
    }

    fn fill(&self, inlet: &mut Inlet) -> io::Result<()> {
        inlet.fill(self)
    }
}

/// Reads one socket for ever.
pub(super) async fn read(source: &impl Source, local: SocketAddr, mut deliver: impl FnMut(SocketAddr, &[u8])) {
    let mut inlet = Inlet::default();
    loop {
        if let Err(error) = source.readable().await {
            // The machine may be short of something for a moment. Calls on this socket can't do without it.
            tracing::error!(%error, %local, "the socket can't be read; trying again");
            tokio::time::sleep(RETRY).await;
            continue;
        }
        for _ in 0..ROUNDS {
            let filled = source.fill(&mut inlet);
            for (remote, datagram) in inlet.datagrams() {
                deliver(remote, datagram);
            }
            // Any other error is an ICMP error of something sent before; the next datagram may be fine.
            if filled.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
                break;
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

        fn fill(&self, inlet: &mut Inlet) -> io::Result<()> {
            let mut steps = self.0.borrow_mut();
            inlet.clear();
            while let Some(Step::Datagram(text)) = steps.pop_front_if(|step| matches!(step, Step::Datagram(_))) {
                inlet.push(([192, 0, 2, 1], 9).into(), text.as_bytes());
            }
            match steps.pop_front_if(|step| matches!(step, Step::Refused)) {
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
        let deliver = |_, datagram: &[u8]| {
            heard.push((start.elapsed(), String::from_utf8_lossy(datagram).into_owned()));
        };
        let reading = read(&script, ([127, 0, 0, 1], 7).into(), deliver);
        assert!(tokio::time::timeout(Duration::from_secs(10), reading).await.is_err());
        let expected = [(0, "before"), (2, "after"), (2, "the rest")];
        assert_eq!(
            heard,
            expected.map(|(retries, text)| (RETRY * retries, text.to_owned()))
        );
    }
}
