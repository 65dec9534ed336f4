//! The sockets that this device listens on.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket};

use libp2p::{Multiaddr, core::transport::ListenerId};

use super::{
    super::{addr::Link, config::Listen},
    Driver, StartError,
};

/// How often a free port is looked for that UDP and TCP both can have.
const PORT_TRIES: usize = 16;

impl Driver {
    /// Binds one UDP and one TCP socket a family, with the same number where
    /// that is possible. TCP and one of the families may be missing; but a
    /// port that was chosen and that another program has is told.
    pub(super) fn listen(&mut self) -> Result<(), StartError> {
        let hosts: [IpAddr; 2] = match self.config.listen {
            Listen::Nowhere => return Ok(()),
            Listen::Everywhere => [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
            Listen::Loopback => [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        };
        let mut why = String::new();
        let tries = if self.config.port == 0 { PORT_TRIES } else { 1 };
        for _ in 0..tries {
            let port = match self.config.port {
                0 => match free_port() {
                    Ok(port) => port,
                    Err(error) => {
                        why = error.to_string();
                        continue;
                    }
                },
                port => port,
            };
            let mut udp = Vec::new();
            for host in hosts {
                match self.bind(host, Link::Quic, port) {
                    Ok(id) => udp.push((host, id)),
                    Err(error) => {
                        self.unless_taken(host, Link::Quic)?;
                        why = error;
                    }
                }
            }
            if udp.is_empty() {
                continue;
            }
            for host in hosts {
                if let Err(error) = self.bind(host, Link::Tcp, port) {
                    self.unless_taken(host, Link::Tcp)?;
                    tracing::info!(%host, port, error, "TCP does not listen on this port");
                    if self.config.port == 0
                        && let Err(error) = self.bind(host, Link::Tcp, 0)
                    {
                        tracing::info!(%host, error, "TCP does not listen");
                    }
                }
            }
            return Ok(());
        }
        Err(StartError::Port {
            port: self.config.port,
            why,
        })
    }

    /// Refuses to go on where another program has the chosen port.
    fn unless_taken(&self, host: IpAddr, link: Link) -> Result<(), StartError> {
        match self.config.port {
            port @ 1.. if is_taken(host, link, port) => Err(StartError::Taken { link, port }),
            _ => Ok(()),
        }
    }

    fn bind(&mut self, host: IpAddr, link: Link, port: u16) -> Result<ListenerId, String> {
        use libp2p::multiaddr::Protocol as Part;
        let mut multi = Multiaddr::from(host);
        match link {
            Link::Tcp => multi.push(Part::Tcp(port)),
            Link::Quic => {
                multi.push(Part::Udp(port));
                multi.push(Part::QuicV1);
            }
        }
        self.net.listen_on(multi).map_err(|error| match error {
            libp2p::TransportError::Other(error) => error.to_string(),
            libp2p::TransportError::MultiaddrNotSupported(_) => "not supported".to_owned(),
        })
    }
}

/// Whether another socket has the port: asked of the system again, since libp2p
/// keeps only the words of what it said.
fn is_taken(host: IpAddr, link: Link, port: u16) -> bool {
    let tried = match link {
        Link::Quic => UdpSocket::bind((host, port)).map(drop),
        Link::Tcp => TcpListener::bind((host, port)).map(drop),
    };
    tried.is_err_and(|e| e.kind() == io::ErrorKind::AddrInUse)
}

/// A UDP port that is free now on IPv4. Another program may take it before we
/// bind it again; the caller tries several.
fn free_port() -> io::Result<u16> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    Ok(socket.local_addr()?.port())
}
