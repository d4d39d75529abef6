//! The machine's addresses, and sockets on them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

/// Room for half a second of packets of two hundred callers.
const BUFFER_BYTES: usize = 4 * 1024 * 1024;
/// How often another free port is tried.
const ANY_PORT_ATTEMPTS: u32 = 16;

/// The addresses to tell callers: those configured, or all of the machine's, loopback last since only a caller on the same
/// machine can use it.
pub fn advertised(configured: &[IpAddr]) -> io::Result<Vec<IpAddr>> {
    if !configured.is_empty() {
        return Ok(configured.to_vec());
    }
    let mut addresses: Vec<IpAddr> = if_addrs::get_if_addrs()?
        .into_iter()
        .filter(|interface| !interface.is_link_local())
        .map(|interface| interface.ip())
        .collect();
    addresses.sort_by_key(|address| (address.is_loopback(), address.is_ipv6()));
    addresses.dedup();
    Ok(addresses)
}

/// A UDP socket and the addresses that callers know it by.
pub type Bound = (Vec<SocketAddr>, UdpSocket);

/// The UDP sockets of an arbiter, all on the same port: `first` plus the arbiter's number, or any free one for 0.
///
/// Each of the machine's addresses has a socket of its own, so that answers leave from where questions came in. Where one of
/// the addresses is none of the machine's but a NAT's or a load balancer's, one wildcard socket serves all of its family.
pub fn bind(addresses: &[IpAddr], first: u16, arbiter: usize) -> Result<Vec<Bound>, (SocketAddr, io::Error)> {
    let port = match first {
        0 => 0,
        first => first.saturating_add(u16::try_from(arbiter).unwrap_or(u16::MAX)),
    };
    let bind = || match bind_each(addresses, port) {
        Err((_, error)) if error.kind() == io::ErrorKind::AddrNotAvailable => bind_wildcards(addresses, port),
        bound => bound,
    };
    let mut bound = bind();
    // One that is free on the first address may be somebody's on another.
    let mut left = if port == 0 { ANY_PORT_ATTEMPTS } else { 0 };
    while left > 0 && matches!(&bound, Err((_, error)) if error.kind() == io::ErrorKind::AddrInUse) {
        bound = bind();
        left -= 1;
    }
    bound
}

fn bind_each(addresses: &[IpAddr], mut port: u16) -> Result<Vec<Bound>, (SocketAddr, io::Error)> {
    let mut bound = Vec::new();
    for ip in addresses {
        let address = SocketAddr::new(*ip, port);
        let socket = udp(address).map_err(|error| (address, error))?;
        port = socket.local_addr().map_err(|error| (address, error))?.port();
        bound.push((vec![SocketAddr::new(*ip, port)], socket));
    }
    Ok(bound)
}

fn bind_wildcards(addresses: &[IpAddr], mut port: u16) -> Result<Vec<Bound>, (SocketAddr, io::Error)> {
    let mut bound = Vec::new();
    for wildcard in [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)] {
        let family = || addresses.iter().filter(|ip| ip.is_ipv4() == wildcard.is_ipv4());
        if family().next().is_none() {
            continue;
        }
        let address = SocketAddr::new(wildcard, port);
        let socket = udp(address).map_err(|error| (address, error))?;
        port = socket.local_addr().map_err(|error| (address, error))?.port();
        bound.push((family().map(|ip| SocketAddr::new(*ip, port)).collect(), socket));
    }
    Ok(bound)
}

/// A TCP listener on all of the machine's addresses, and its port.
pub fn listen(port: u16) -> Result<(TcpListener, u16), (SocketAddr, io::Error)> {
    let everywhere = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port);
    let v4 = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port);
    // A machine without IPv6 has IPv4.
    let listener = tcp(everywhere).or_else(|_| tcp(v4)).map_err(|error| (v4, error))?;
    let port = listener.local_addr().map_err(|error| (v4, error))?.port();
    Ok((listener, port))
}

fn udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // The kernel cuts these to its own limits.
    socket.set_recv_buffer_size(BUFFER_BYTES)?;
    socket.set_send_buffer_size(BUFFER_BYTES)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(256)?;
    TcpListener::from_std(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arbiters_get_ports_in_a_row_and_all_addresses_share_them() {
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST)];
        let any = bind(&loopback, 0, 0).expect("a free port");
        let taken = any[0].0[0].port();
        assert_ne!(taken, 0);
        let (address, error) = bind(&loopback, taken, 0).expect_err("it is taken");
        assert_eq!(address.port(), taken);
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn any_port_is_one_that_is_free_on_all_addresses() {
        let [first, second] = ["127.0.0.1", "127.0.0.2"].map(|ip| ip.parse::<IpAddr>().expect("an address"));
        let taken: Vec<UdpSocket> = (0..400)
            .map(|_| UdpSocket::bind(SocketAddr::new(second, 0)).expect("a free port"))
            .collect();
        for _ in 0..400 {
            bind(&[first, second], 0, 0).expect("a port that is free on both");
        }
        drop(taken);
    }

    #[test]
    fn with_an_address_that_is_not_ours_a_wildcard_socket_serves_all() {
        let addresses: [IpAddr; 2] = ["192.0.2.1", "127.0.0.1"].map(|ip| ip.parse().expect("an address"));
        let bound = bind(&addresses, 0, 0).expect("a wildcard socket");
        assert_eq!(bound.len(), 1);
        let (advertised, socket) = &bound[0];
        assert_eq!(advertised.iter().map(SocketAddr::ip).collect::<Vec<_>>(), addresses);
        assert!(socket.local_addr().expect("bound").ip().is_unspecified());
    }

    #[test]
    fn configured_addresses_are_told_as_they_are() {
        let configured = ["203.0.113.7".parse().expect("an address")];
        assert_eq!(advertised(&configured).expect("a list"), configured);
        assert!(!advertised(&[]).expect("a list").is_empty());
    }
}
