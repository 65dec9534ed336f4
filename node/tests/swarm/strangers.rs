//! A thousand strangers who send junk, from many addresses, to a real node:
//! its memory stays bounded, and a contact's messages pass. (THREATS R7)

use std::{
    fs,
    future::poll_fn,
    net::{Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicUsize, Ordering},
    task::Poll,
    time::{Duration, Instant},
};

use kith::swarm::Limits;
use kith_tests::{Person, Scratch};
use libp2p::{
    Multiaddr, Transport,
    core::{
        Endpoint,
        muxing::{StreamMuxerBox, StreamMuxerExt},
        transport::{DialOpts, PortUse, TransportEvent},
        upgrade::Version,
    },
    futures::{AsyncWriteExt as _, StreamExt as _},
    identity::Keypair,
    multiaddr::Protocol as Part,
    noise, quic, tcp, yamux,
};
use multistream_select::dialer_select_proto;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, UdpSocket},
    sync::watch,
};

const STRANGERS: usize = 1000;
/// How many strangers have one address.
const PER_ADDRESS: usize = 4;
/// Longest that one stranger tries to do one thing.
const TRY: Duration = Duration::from_secs(5);
/// Longest that the crowd takes on a loaded machine.
const CROWD: Duration = Duration::from_secs(120);
/// By how much the node may grow. What strangers can pin at the very most is
/// more (64 connections of 6 MiB), but takes other means than these.
const GROWTH: u64 = 100 << 20;

/// Strangers that have tried at least once.
static TRIED: AtomicUsize = AtomicUsize::new(0);
/// Connections that stand now, as far as the strangers have noticed.
static STANDING: AtomicUsize = AtomicUsize::new(0);
static CONNECTED: AtomicUsize = AtomicUsize::new(0);
static STREAMS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// What a stranger does.
#[derive(Clone, Copy, Debug)]
enum Manner {
    /// Connects and says nothing.
    Silent,
    /// Sends what is no handshake.
    Noise,
    /// Sends datagrams that are no QUIC, and some that look like it.
    Datagrams,
    /// Opens stream after stream and says the wrong thing on each.
    Hellos,
    /// Sends DHT messages and identify pushes that are junk.
    Wrong,
    /// Fills whatever window it is given, and keeps it so.
    Fill,
    /// The same over QUIC.
    QuicFill,
    /// Comes back whenever it is refused.
    Again,
}

const MANNERS: [Manner; 8] = [
    Manner::Silent,
    Manner::Noise,
    Manner::Datagrams,
    Manner::Hellos,
    Manner::Wrong,
    Manner::Fill,
    Manner::QuicFill,
    Manner::Again,
];

fn address_of(nth: usize) -> Ipv4Addr {
    // Each in a network of its own: what one network may do is bounded, too.
    let network = u32::try_from(nth / PER_ADDRESS).unwrap() << 8;
    Ipv4Addr::from_bits(Ipv4Addr::new(127, 0, 1, 1).to_bits() + network)
}

/// Memory of a process: its share of all pages (PSS), or, where only root may
/// see that, all its pages.
fn memory(pid: u32) -> u64 {
    let read = |file: &str, field: &str| {
        let text = fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
        let line = text.lines().find_map(|l| l.strip_prefix(field))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok()
    };
    let kib = read("smaps_rollup", "Pss:").or_else(|| read("status", "VmRSS:"));
    kib.expect("what memory it has") << 10
}

/// How many sockets a process has open.
fn sockets(pid: u32) -> usize {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).expect("its files");
    let is_socket = |path: std::path::PathBuf| {
        fs::read_link(path).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"))
    };
    files.flatten().filter(|f| is_socket(f.path())).count()
}

/// How many more a node may have than without strangers, by its limits: those
/// that are in, TCP handshakes of two kinds, those that it dialled itself, and
/// a contact who comes and goes. QUIC has none of its own.
fn sockets_allowed() -> usize {
    let limits = Limits::default();
    limits.strangers + 2 * limits.pending + limits.dialled_strangers + limits.per_contact
}

/// A connection that counts as standing.
struct Counted(StreamMuxerBox);

impl Drop for Counted {
    fn drop(&mut self) {
        STANDING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection from this address, if the node lets us in.
async fn connect(from: Ipv4Addr, to: SocketAddr, over_quic: bool) -> Option<Counted> {
    let connected = dial(from, to, over_quic).await;
    TRIED.fetch_add(1, Ordering::Relaxed);
    connected
}

async fn dial(from: Ipv4Addr, to: SocketAddr, over_quic: bool) -> Option<Counted> {
    let key = Keypair::generate_ed25519();
    let (mut transport, here, there) = if over_quic {
        let quic = quic::tokio::Transport::new(quic::Config::new(&key));
        let quic = quic.map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
        (
            quic.boxed(),
            multi(from.into(), 0, true),
            multi(to.ip(), to.port(), true),
        )
    } else {
        let tcp = tcp::tokio::Transport::new(tcp::Config::default())
            .upgrade(Version::V1Lazy)
            .authenticate(noise::Config::new(&key).unwrap())
            .multiplex(yamux::Config::default());
        (
            tcp.boxed(),
            multi(from.into(), 0, false),
            multi(to.ip(), to.port(), false),
        )
    };
    let id = libp2p::core::transport::ListenerId::next();
    transport.listen_on(id, here).ok()?;
    while !matches!(transport.next().await?, TransportEvent::NewAddress { .. }) {}
    let opts = DialOpts {
        role: Endpoint::Dialer,
        port_use: PortUse::Reuse,
    };
    let dialled = transport.dial(there, opts).ok()?;
    tokio::spawn(async move { while transport.next().await.is_some() {} });
    let (_, muxer) = tokio::time::timeout(TRY, dialled).await.ok()?.ok()?;
    CONNECTED.fetch_add(1, Ordering::Relaxed);
    STANDING.fetch_add(1, Ordering::Relaxed);
    Some(Counted(muxer))
}

fn multi(ip: std::net::IpAddr, port: u16, over_quic: bool) -> Multiaddr {
    let addr = Multiaddr::from(ip);
    match over_quic {
        true => addr.with(Part::Udp(port)).with(Part::QuicV1),
        false => addr.with(Part::Tcp(port)),
    }
}

/// Opens streams of these protocols one after another, and sends on each as
/// much junk as it takes; all stay open, where the node permits.
async fn speak(mut counted: Counted, protocols: &[&'static str], streams: usize, junk: usize) {
    let muxer = &mut counted.0;
    let part: Vec<u8> = (0..16 << 10).map(|_| rand::random()).collect();
    let mut open = Vec::new();
    for nth in 0..streams {
        let protocol = protocols[nth % protocols.len()];
        // `Err`: the connection has ended.
        let one = async {
            let io = poll_fn(|cx| {
                // Both have to be asked, or nothing moves.
                if let Poll::Ready(Err(_)) = muxer.poll_unpin(cx) {
                    return Poll::Ready(Err(()));
                }
                muxer.poll_outbound_unpin(cx).map_err(|_| ())
            })
            .await?;
            let select = dialer_select_proto(io, [protocol], Version::V1Lazy);
            let mut write = Box::pin(async {
                let (_, mut io) = select.await.ok()?;
                for part in part.chunks(junk).cycle().take(junk.div_ceil(part.len())) {
                    io.write_all(part).await.ok()?;
                    io.flush().await.ok()?;
                    BYTES.fetch_add(part.len(), Ordering::Relaxed);
                }
                Some(io)
            });
            poll_fn(|cx| {
                if let Poll::Ready(Err(_)) = muxer.poll_unpin(cx) {
                    return Poll::Ready(Err(()));
                }
                write.as_mut().poll(cx).map(Ok)
            })
            .await
        };
        match tokio::time::timeout(Duration::from_millis(200), one).await {
            Ok(Ok(Some(io))) => {
                STREAMS.fetch_add(1, Ordering::Relaxed);
                open.push(io);
            }
            Ok(Err(())) => return,
            // Refused or full: the next one.
            Ok(Ok(None)) | Err(_) => {}
        }
    }
    poll_fn(|cx| match muxer.poll_unpin(cx) {
        Poll::Ready(Err(_)) => Poll::Ready(()),
        _ => Poll::Pending,
    })
    .await;
}

async fn stranger(nth: usize, to: SocketAddr) {
    let from = address_of(nth);
    let junk = |len: usize| (0..len).map(|_| rand::random()).collect::<Vec<u8>>();
    match MANNERS[nth % MANNERS.len()] {
        manner @ (Manner::Silent | Manner::Noise) => {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind((from, 0).into()).unwrap();
            let connected = socket.connect(to).await;
            TRIED.fetch_add(1, Ordering::Relaxed);
            let Ok(mut stream) = connected else {
                return;
            };
            if matches!(manner, Manner::Noise) {
                let junk = junk(1024);
                while stream.write_all(&junk).await.is_ok() {}
            } else {
                std::future::pending::<()>().await;
            }
        }
        Manner::Datagrams => {
            let socket = UdpSocket::bind((from, 0)).await.unwrap();
            let mut packet = junk(1200);
            for n in 0..200 {
                if n % 2 == 0 {
                    // The beginning of a first packet of QUIC version 1.
                    packet[..7].copy_from_slice(&[0xc0, 0, 0, 0, 1, 8, n]);
                }
                let _ = socket.send_to(&packet, to).await;
                tokio::task::yield_now().await;
            }
            TRIED.fetch_add(1, Ordering::Relaxed);
        }
        Manner::Hellos => {
            if let Some(muxer) = connect(from, to, false).await {
                speak(muxer, &["/kith/hello/1"], 20, 3000).await;
            }
        }
        Manner::Wrong => {
            if let Some(muxer) = connect(from, to, false).await {
                let protocols = ["/kith/kad/1", "/ipfs/id/push/1.0.0", "/ipfs/ping/1.0.0"];
                speak(muxer, &protocols, 12, 5000).await;
            }
        }
        manner @ (Manner::Fill | Manner::QuicFill) => {
            let over_quic = matches!(manner, Manner::QuicFill);
            if let Some(muxer) = connect(from, to, over_quic).await {
                let protocols = ["/kith/hello/1", "/kith/kad/1", "/kith/room/1"];
                speak(muxer, &protocols, 9, 1 << 20).await;
            }
        }
        Manner::Again => loop {
            if let Some(muxer) = connect(from, to, nth.is_multiple_of(2)).await {
                let speaking = speak(muxer, &["/kith/hello/1"], 1, 100);
                let _ = tokio::time::timeout(TRY, speaking).await;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        },
    }
}

#[test]
fn a_thousand_strangers_cost_little_and_a_contact_gets_through() {
    let folder = Scratch::new("strangers");
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    // Anna's node is for the network: the limits of strangers' addresses hold,
    // as they don't for nodes that live on loopback. That she is reachable
    // from outside makes her serve the DHT, too.
    let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let to = free.local_addr().unwrap();
    drop(free);
    let port = to.port().to_string();
    let outside = format!("/ip4/127.0.0.1/tcp/{port}");
    anna.up();
    anna.kith(&["config", "external-addresses", &outside]).ok();
    anna.down();
    anna.up_with(&["--no-mdns", "--port", &port]);
    ben.up();
    anna.meet(&mut ben);
    anna.send("Ben", "before");
    ben.wait_for_text("Anna", "before");
    let pid = anna.process();
    let (before, sockets_before) = (memory(pid), sockets(pid));

    let (end, ended) = watch::channel(false);
    let crowd = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async move {
            for nth in 0..STRANGERS {
                let mut ended = ended.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        () = stranger(nth, to) => {}
                        _ = ended.changed() => {}
                    }
                });
                // They come within some seconds, not in one moment.
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
            let mut ended = ended.clone();
            let _ = ended.changed().await;
        });
        runtime.shutdown_timeout(Duration::from_secs(5));
    });

    let (mut peak, mut slowest) = (before, Duration::ZERO);
    let mut most_sockets = sockets_before;
    let began = Instant::now();
    let mut said = 0;
    // Until everybody has tried, and no more are in than may be; those that
    // come back all the time are in and out, and may not know yet.
    while TRIED.load(Ordering::Relaxed) < STRANGERS
        || STANDING.load(Ordering::Relaxed) > 2 * Limits::default().strangers
    {
        let standing = STANDING.load(Ordering::Relaxed);
        assert!(began.elapsed() < CROWD, "{standing} strangers are in");
        if said == 10 {
            // Whoever is a contact gets in again, too.
            ben.down();
            ben.up();
        }
        let asked = Instant::now();
        let text = format!("through the crowd, {said}");
        ben.send("Anna", &text);
        anna.wait_for_text("Ben", &text);
        let answer = format!("{text}, and back");
        anna.send("Ben", &answer);
        ben.wait_for_text("Anna", &answer);
        slowest = slowest.max(asked.elapsed());
        said += 1;
        peak = peak.max(memory(pid));
        most_sockets = most_sockets.max(sockets(pid));
    }
    let during = anna.process();
    assert_eq!(during, pid, "the node has lived through it");
    let _ = end.send(true);
    crowd.join().unwrap();
    let after = memory(pid);
    let mib = |bytes: u64| bytes >> 20;
    eprintln!(
        "{STRANGERS} strangers: {} connections, {} streams, {} MiB of junk; memory {} MiB \
         before, {} at most, {} after; {most_sockets} sockets at most; {said} messages there and back meanwhile, the slowest in \
         {slowest:.1?}",
        CONNECTED.load(Ordering::Relaxed),
        STREAMS.load(Ordering::Relaxed),
        BYTES.load(Ordering::Relaxed) >> 20,
        mib(before),
        mib(peak),
        mib(after),
    );
    assert!(
        most_sockets <= sockets_before + sockets_allowed(),
        "{most_sockets} sockets"
    );
    assert!(
        peak - before < GROWTH,
        "the node grew by {} MiB",
        mib(peak - before)
    );
}
