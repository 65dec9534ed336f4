//! A router that speaks UPnP: finding it, its address outside, and opening
//! and closing a port (UPnP "InternetGatewayDevice" and "WANIPConnection", 1
//! and 2).
//!
//! Whatever answers is believed only at the address of the gateway: any other
//! device of the network may answer too, and would otherwise have us connect
//! wherever it says (THREATS R4). No redirect is followed, every answer has a
//! largest size and a latest time.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Method, Request, StatusCode, Uri, client::conn::http1};
use hyper_util::rt::TokioIo;
use roxmltree::{Document, Node, ParsingOptions};
use tokio::{
    net::{TcpStream, UdpSocket},
    time::{Instant, timeout, timeout_at},
};

use super::super::addr::Link;

/// Where routers listen for the question who is there.
const SSDP: u16 = 1900;
const EVERYBODY: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
/// How often the question is sent: packets get lost.
const QUESTIONS: u32 = 3;
/// How long an answer to one question is waited for. Routers may take a second.
const ANSWER: Duration = Duration::from_secs(2);
/// How long one exchange with the router may take.
const EXCHANGE: Duration = Duration::from_secs(3);
/// Longest description or reply, in bytes. Usual ones have 2 to 20 KiB.
const MAX_BODY: usize = 64 << 10;
/// Most nodes of one. Usual ones have some hundred.
const MAX_NODES: u32 = 2048;
/// Longest path of a control address.
const MAX_PATH: usize = 256;
/// Most services of one router that are asked. Most have one, some two.
const MAX_SERVICES: usize = 4;
/// What can open ports, as routers call it.
const SERVICES: [&str; 3] = [
    "urn:schemas-upnp-org:service:WANIPConnection:1",
    "urn:schemas-upnp-org:service:WANIPConnection:2",
    "urn:schemas-upnp-org:service:WANPPPConnection:1",
];

/// What a router can be asked through.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Service {
    kind: &'static str,
    port: u16,
    path: String,
}

/// A router that was found.
#[derive(Clone, Debug)]
pub(super) struct Igd {
    gateway: Ipv4Addr,
    services: Vec<Service>,
}

/// Why something didn't work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// No answer, or none that can be read.
    Silent,
    /// The port is somebody else's.
    Conflict,
    /// It refuses.
    Refused,
}

impl Igd {
    /// Asks who is there, from this address of ours, until the gateway answers.
    pub(super) async fn find(from: Ipv4Addr, gateway: Ipv4Addr) -> Result<Self, Fault> {
        let at = located(from, gateway).await.ok_or(Fault::Silent)?;
        Self::at(gateway, &at).await
    }

    async fn at(gateway: Ipv4Addr, at: &Place) -> Result<Self, Fault> {
        let asked = Request::builder().method(Method::GET);
        let (status, text, _) = exchange(gateway, at, asked, String::new()).await?;
        if status != StatusCode::OK {
            return Err(Fault::Silent);
        }
        let services = services(&text, gateway, at.port);
        match services.is_empty() {
            true => Err(Fault::Silent),
            false => Ok(Self { gateway, services }),
        }
    }

    /// The router's own address outside, and the service that knows it is the
    /// one asked from now on. Anything may be in there: judge it.
    pub(super) async fn outside(&mut self) -> Result<Ipv4Addr, Fault> {
        let mut last = Fault::Silent;
        for (nth, service) in self.services.iter().enumerate() {
            let asked = self.ask(service, "GetExternalIPAddress", "").await;
            match asked.and_then(|(text, _)| outside_in(&text).ok_or(Fault::Refused)) {
                Ok(ip) => {
                    self.services.swap(0, nth);
                    return Ok(ip);
                }
                Err(fault) => last = fault,
            }
        }
        Err(last)
    }

    /// Opens a port for this machine and nobody else, for `lease`, or longer
    /// if it is open already.
    pub(super) async fn open(
        &self,
        link: Link,
        (inside, outside): (SocketAddrV4, u16),
        lease: Duration,
    ) -> Result<(), Fault> {
        let service = self.services.first().ok_or(Fault::Silent)?;
        let what = format!(
            "<NewRemoteHost></NewRemoteHost>\
             <NewExternalPort>{outside}</NewExternalPort>\
             <NewProtocol>{protocol}</NewProtocol>\
             <NewInternalPort>{port}</NewInternalPort>\
             <NewInternalClient>{host}</NewInternalClient>\
             <NewEnabled>1</NewEnabled>\
             <NewPortMappingDescription>Kith</NewPortMappingDescription>\
             <NewLeaseDuration>{lease}</NewLeaseDuration>",
            protocol = protocol(link),
            port = inside.port(),
            host = inside.ip(),
            lease = lease.as_secs(),
        );
        let (_, from) = self.ask(service, "AddPortMapping", &what).await?;
        // The network changed in between: what is open leads to somebody else.
        match from == IpAddr::V4(*inside.ip()) {
            true => Ok(()),
            false => Err(Fault::Silent),
        }
    }

    /// Closes it again.
    pub(super) async fn close(&self, link: Link, outside: u16) -> Result<(), Fault> {
        let service = self.services.first().ok_or(Fault::Silent)?;
        let what = format!(
            "<NewRemoteHost></NewRemoteHost>\
             <NewExternalPort>{outside}</NewExternalPort>\
             <NewProtocol>{}</NewProtocol>",
            protocol(link),
        );
        self.ask(service, "DeletePortMapping", &what).await?;
        Ok(())
    }

    async fn ask(
        &self,
        service: &Service,
        action: &str,
        what: &str,
    ) -> Result<(String, IpAddr), Fault> {
        let kind = service.kind;
        let body = format!(
            "<?xml version=\"1.0\"?>\r\n\
             <s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>\
             <u:{action} xmlns:u=\"{kind}\">{what}</u:{action}></s:Body></s:Envelope>\r\n"
        );
        let at = Place {
            port: service.port,
            path: service.path.clone(),
        };
        let asked = Request::builder()
            .method(Method::POST)
            .header("Content-Type", "text/xml; charset=\"utf-8\"")
            .header("SOAPAction", format!("\"{kind}#{action}\""));
        let (status, text, from) = exchange(self.gateway, &at, asked, body).await?;
        match status {
            StatusCode::OK => Ok((text, from)),
            _ => Err(fault_in(&text)),
        }
    }
}

fn protocol(link: Link) -> &'static str {
    match link {
        Link::Quic => "UDP",
        Link::Tcp => "TCP",
    }
}

/// Something at the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    port: u16,
    path: String,
}

impl Place {
    /// Reads an address, which may leave out the host. Only one at the gateway
    /// itself is any.
    fn read(text: &str, gateway: Ipv4Addr, port: u16) -> Option<Self> {
        let text = text.trim();
        if text.len() > MAX_PATH {
            return None;
        }
        let rooted = text.starts_with('/') || text.contains("://");
        let uri: Uri = match rooted {
            true => text.parse().ok()?,
            false => format!("/{text}").parse().ok()?,
        };
        let port = match (uri.scheme_str(), uri.authority()) {
            (None, None) => port,
            (Some("http"), Some(authority)) => {
                let host = authority.host();
                // Neither a user's name before it nor anything but a port after it.
                match authority.as_str().strip_prefix(host)? {
                    _ if host.parse() != Ok(gateway) => return None,
                    "" => 80,
                    port => port.strip_prefix(':')?.parse().ok()?,
                }
            }
            _ => return None,
        };
        let path = uri.path_and_query()?.as_str().to_owned();
        (port != 0).then_some(Self { port, path })
    }
}

/// Where the gateway says that it describes itself. Both everybody and the
/// gateway alone are asked: some answer only one of the two questions.
async fn located(from: Ipv4Addr, gateway: Ipv4Addr) -> Option<Place> {
    let socket = UdpSocket::bind((from, 0)).await.ok()?;
    let question = format!(
        "M-SEARCH * HTTP/1.1\r\nHOST: {EVERYBODY}:{SSDP}\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n\
         ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n"
    );
    let mut packet = [0; 2048];
    for _ in 0..QUESTIONS {
        for to in [EVERYBODY, gateway] {
            // One of them may be forbidden here.
            let _ = socket.send_to(question.as_bytes(), (to, SSDP)).await;
        }
        let latest = Instant::now() + ANSWER;
        while let Ok(came) = timeout_at(latest, socket.recv_from(&mut packet)).await {
            // An error is that of a packet which came back.
            let Ok((len, sender)) = came else { continue };
            let ours = sender.ip() == IpAddr::V4(gateway);
            let said = packet.get(..len).filter(|_| ours);
            if let Some(at) = said.and_then(|said| location_in(said, gateway)) {
                return Some(at);
            }
        }
    }
    None
}

/// The address in an answer.
fn location_in(said: &[u8], gateway: Ipv4Addr) -> Option<Place> {
    let text = std::str::from_utf8(said).ok()?;
    let mut lines = text.split("\r\n");
    let first = lines.next()?;
    if !(first.starts_with("HTTP/1.") && first.contains(" 200")) {
        return None;
    }
    let location = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("location"))?;
    // One without a host says nothing about where it is.
    let full = location.1.contains("://");
    Place::read(location.1, gateway, 0).filter(|_| full)
}

/// One request and its answer, with the address of ours that it left from.
async fn exchange(
    gateway: Ipv4Addr,
    at: &Place,
    asked: hyper::http::request::Builder,
    body: String,
) -> Result<(StatusCode, String, IpAddr), Fault> {
    let to = SocketAddr::from((gateway, at.port));
    let request = asked
        .uri(&at.path)
        .header("Host", to.to_string())
        .header("Connection", "close")
        .body(Full::new(Bytes::from(body)))
        .map_err(|_| Fault::Silent)?;
    let done = timeout(EXCHANGE, async {
        let tcp = TcpStream::connect(to).await.ok()?;
        let from = tcp.local_addr().ok()?.ip();
        let (mut link, connection) = http1::handshake(TokioIo::new(tcp)).await.ok()?;
        let talk = async move {
            let answer = link.send_request(request).await.ok()?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), MAX_BODY);
            let body = body.collect().await.ok()?.to_bytes();
            Some((status, String::from_utf8_lossy(&body).into_owned()))
        };
        // Not waiting for the connection's own end: a router may forget it.
        let mut connection = std::pin::pin!(connection);
        let mut talk = std::pin::pin!(talk);
        let (status, text) = tokio::select! {
            said = &mut talk => said?,
            _ = &mut connection => talk.await?,
        };
        Some((status, text, from))
    });
    done.await.ok().flatten().ok_or(Fault::Silent)
}

fn read(text: &str) -> Option<Document<'_>> {
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options).ok()
}

/// The text of the first element of this name.
fn text_of<'a>(within: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let mut all = within.descendants();
    let found = all.find(|node| node.is_element() && node.tag_name().name() == name)?;
    found.text().map(str::trim)
}

/// What a description names that can open ports.
fn services(description: &str, gateway: Ipv4Addr, port: u16) -> Vec<Service> {
    let Some(document) = read(description) else {
        return Vec::new();
    };
    let all = document.descendants();
    let all = all.filter(|n| n.is_element() && n.tag_name().name() == "service");
    let known = all.filter_map(|node| {
        let said = text_of(node, "serviceType")?;
        let kind = *SERVICES.iter().find(|kind| **kind == said)?;
        let at = Place::read(text_of(node, "controlURL")?, gateway, port)?;
        let Place { port, path } = at;
        Some(Service { kind, port, path })
    });
    known.take(MAX_SERVICES).collect()
}

fn outside_in(reply: &str) -> Option<Ipv4Addr> {
    let document = read(reply)?;
    text_of(document.root(), "NewExternalIPAddress")?
        .parse()
        .ok()
}

fn fault_in(reply: &str) -> Fault {
    /// ConflictInMappingEntry.
    const CONFLICT: &str = "718";
    let document = read(reply);
    let code = document
        .as_ref()
        .and_then(|d| text_of(d.root(), "errorCode"));
    match code {
        Some(CONFLICT) => Fault::Conflict,
        _ => Fault::Refused,
    }
}

#[cfg(test)]
mod tests;
