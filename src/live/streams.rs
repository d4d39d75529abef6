//! ICE-TCP: one listener for all arbiters. The first frame of a connection is a check whose username fragment names the
//! peer, and with it the arbiter that takes the connection over.

pub mod table;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix::prelude::*;
use bytes::BytesMut;
use colloquy_signaling::tcp::Deframer;
use colloquy_signaling::{Path, stun};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::port::Port;
use super::wire::Wire;

/// How long a connection may take to say whom it is for.
const FIRST_FRAME_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections that have not said so yet.
const MAX_STRANGERS: usize = 256;
/// A connection on which nothing comes for so long is dead: its peer would have lost consent by now (RFC 7675).
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
const READ_BUFFER: usize = 4096;

/// Which arbiter has the peer with which username fragment. Asked once a TCP connection, written once a negotiation.
#[derive(Clone, Debug, Default)]
pub struct UfragRegistry(Arc<Mutex<HashMap<String, usize>>>);

impl UfragRegistry {
    /// The peer with this fragment is on that arbiter.
    pub fn insert(&self, ufrag: &str, arbiter: usize) {
        self.lock().insert(ufrag.to_owned(), arbiter);
    }

    /// The fragment is no longer in use.
    pub fn remove(&self, ufrag: &str) {
        self.lock().remove(ufrag);
    }

    /// How many fragments are in use.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn find(&self, ufrag: &str) -> Option<usize> {
        self.lock().get(ufrag).copied()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection whose peer is on this arbiter.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Accepted {
    stream: std::net::TcpStream,
    path: Path,
    deframer: Deframer,
    first: BytesMut,
}

/// Accepts connections for ever and hands each to its arbiter's port.
pub async fn accept(
    listener: TcpListener,
    advertised: Vec<SocketAddr>,
    registry: UfragRegistry,
    ports: Vec<Addr<Port>>,
) {
    let strangers = Arc::new(Semaphore::new(MAX_STRANGERS));
    let advertised = Arc::new(advertised);
    loop {
        let (stream, remote) = match listener.accept().await {
            Ok((stream, remote)) => (stream, canonical(remote)),
            Err(error) => {
                // Out of file descriptors, most likely: others may be closed meanwhile.
                tracing::warn!(%error, "a TCP connection can't be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&strangers).try_acquire_owned() else {
            continue;
        };
        let (registry, ports, advertised) = (registry.clone(), ports.clone(), Arc::clone(&advertised));
        tokio::spawn(async move {
            let _permit = permit;
            let introduced =
                tokio::time::timeout(FIRST_FRAME_TIMEOUT, introduce(stream, remote, &advertised, &registry));
            if let Ok(Some((arbiter, accepted))) = introduced.await
                && let Some(port) = ports.get(arbiter)
            {
                port.do_send(accepted);
            }
        });
    }
}

/// Reads the first frame and finds out whom it is for.
async fn introduce(
    mut stream: TcpStream,
    remote: SocketAddr,
    advertised: &[SocketAddr],
    registry: &UfragRegistry,
) -> Option<(usize, Accepted)> {
    stream.set_nodelay(true).ok()?;
    let mut deframer = Deframer::new();
    let mut buffer = [0; READ_BUFFER];
    let first = loop {
        let length = stream.read(&mut buffer).await.ok().filter(|length| *length > 0)?;
        deframer.handle_bytes(&buffer[..length]);
        if let Some(frame) = deframer.poll_frame().ok()? {
            break frame;
        }
    };
    let arbiter = registry.find(stun::Message::parse(&first)?.receiver_ufrag()?)?;
    // Behind a NAT the socket's own address is none that callers know.
    let own = canonical(stream.local_addr().ok()?);
    let local = advertised
        .iter()
        .find(|address| address.ip() == own.ip())
        .or_else(|| advertised.iter().find(|address| address.is_ipv4() == own.is_ipv4()))?;
    let path = Path::tcp(*local, remote);
    let stream = stream.into_std().ok()?;
    Some((
        arbiter,
        Accepted {
            stream,
            path,
            deframer,
            first,
        },
    ))
}

/// On a listener for both families, IPv4 addresses come wrapped in IPv6.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Carries a connection until either side closes it, its peer is gone, or nothing has come for long.
pub async fn carry(wire: Rc<Wire>, accepted: Accepted) {
    let Accepted {
        stream,
        path,
        deframer,
        first,
    } = accepted;
    let Ok(stream) = TcpStream::from_std(stream) else {
        return;
    };
    let (mut reader, mut writer) = stream.into_split();
    let Some((id, mut outbox)) = wire.open_stream(path, &first) else {
        return;
    };
    wire.deliver(path, first);
    let read = read_frames(&mut reader, deframer, |frame| wire.deliver(path, frame));
    let write = async {
        while let Some(frame) = outbox.recv().await {
            if writer.write_all(&frame).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = read => {}
        () = write => {}
    }
    wire.close_stream(path.remote, id);
}

/// Reads frames until the far end closes, its framing breaks, or nothing has come for long.
async fn read_frames(reader: &mut (impl AsyncRead + Unpin), mut deframer: Deframer, mut deliver: impl FnMut(BytesMut)) {
    let mut buffer = [0; READ_BUFFER];
    loop {
        loop {
            match deframer.poll_frame() {
                Ok(Some(frame)) => deliver(frame),
                Ok(None) => break,
                Err(error) => {
                    tracing::debug!(%error, "a TCP connection lost its framing");
                    return;
                }
            }
        }
        match tokio::time::timeout(IDLE_TIMEOUT, reader.read(&mut buffer)).await {
            Ok(Ok(length)) if length > 0 => deframer.handle_bytes(&buffer[..length]),
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use colloquy_signaling::tcp::frame;
    use tokio::time::{Instant, sleep};

    use super::*;

    fn framed(text: &str) -> BytesMut {
        let mut bytes = BytesMut::new();
        frame(text.as_bytes(), &mut bytes).expect("it fits");
        bytes
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_on_which_nothing_has_come_for_30_s_is_over() {
        let (mut far, mut near) = tokio::io::duplex(READ_BUFFER);
        let start = Instant::now();
        let mut frames = Vec::new();
        let read = read_frames(&mut near, Deframer::new(), |frame| frames.push(frame));
        let write = async {
            far.write_all(&framed("one")).await.expect("room");
            sleep(IDLE_TIMEOUT - Duration::from_secs(1)).await;
            far.write_all(&framed("two")).await.expect("room");
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = read => {}
            () = write => unreachable!("it never ends"),
        }
        assert_eq!(frames, ["one", "two"]);
        assert_eq!(start.elapsed(), IDLE_TIMEOUT * 2 - Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_is_closed_is_over_at_once() {
        let (far, mut near) = tokio::io::duplex(READ_BUFFER);
        drop(far);
        read_frames(&mut near, Deframer::new(), |_| unreachable!("nothing came")).await;
    }
}
