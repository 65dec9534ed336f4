use tokio::io::DuplexStream;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::super::secret::answer;
use super::*;

const KEY: [u8; 8] = [4, 1, 0, 0, 0, 0, 0, 0x61];
const UP: [u8; 8] = [4, 0, 0, 0, 0, 0, 0, 0x61];
/// What a server tells of its screen, which has 32 bits a pixel and no name.
const SCREEN: &[u8] = &[
    0, 64, 0, 48, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0, 0, 0, 0, 0,
];
const REFRESH: [u8; 10] = [3, 1, 0, 0, 0, 0, 1, 0, 1, 0];

fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

/// A viewer and a server that speak byte by byte, and what is between them.
struct Bed {
    viewer: DuplexStream,
    server: TcpStream,
    leave: watch::Sender<Leave>,
    stop: watch::Sender<bool>,
    carried: JoinHandle<Ending>,
}

/// The server greets and offers these kinds of security.
async fn bed(leave: Leave, kinds: &[u8]) -> Bed {
    let (viewer, near) = tokio::io::duplex(1 << 16);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let far = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    let (leave, leave_from) = watch::channel(leave);
    let (stop, stopped) = watch::channel(false);
    let keys = Keys {
        server: Some(password("of Anna")),
        viewer: password("one-time"),
    };
    let carried = tokio::spawn(carry(near, far, keys, leave_from, stopped));
    server.write_all(b"RFB 003.008\n").await.unwrap();
    hears(&mut server, b"RFB 003.008\n").await;
    let count = u8::try_from(kinds.len()).unwrap();
    server.write_all(&[&[count], kinds].concat()).await.unwrap();
    Bed {
        viewer,
        server,
        leave,
        stop,
        carried,
    }
}

async fn hears(from: &mut (impl AsyncRead + Unpin), wanted: &[u8]) {
    let mut heard = vec![0; wanted.len()];
    from.read_exact(&mut heard).await.unwrap();
    assert_eq!(heard, wanted);
}

impl Bed {
    /// Up to the moment when pictures begin.
    async fn opened(&mut self) {
        self.entered(&[0; 4]).await;
        self.asked("one-time").await;
        hears(&mut self.viewer, &[0; 4]).await;
        // It wants the server for itself.
        self.viewer.write_all(&[0]).await.unwrap();
        hears(&mut self.server, &[1]).await;
        self.server.write_all(SCREEN).await.unwrap();
        hears(&mut self.viewer, SCREEN).await;
    }

    /// The server hears its password from us.
    async fn entered(&mut self, result: &[u8]) {
        hears(&mut self.server, &[2]).await;
        let challenge = [7; CHALLENGE];
        self.server.write_all(&challenge).await.unwrap();
        hears(&mut self.server, &answer(&password("of Anna"), &challenge)).await;
        self.server.write_all(result).await.unwrap();
    }

    /// The viewer answers a challenge that isn't the server's.
    async fn asked(&mut self, knows: &str) {
        hears(&mut self.viewer, b"RFB 003.008\n").await;
        self.viewer.write_all(b"RFB 003.008\n").await.unwrap();
        hears(&mut self.viewer, &[1, 2]).await;
        self.viewer.write_all(&[2]).await.unwrap();
        let mut challenge = [0; CHALLENGE];
        self.viewer.read_exact(&mut challenge).await.unwrap();
        assert_ne!(challenge, [7; CHALLENGE]);
        let answer = answer(&password(knows), &challenge);
        self.viewer.write_all(&answer).await.unwrap();
    }
}

fn free() -> Leave {
    Leave::Free(Instant::now() + Duration::from_secs(3600))
}

#[tokio::test]
async fn pictures_pass_and_keys_only_with_leave() {
    let mut bed = bed(Leave::Bound, &[1, 2, 16, 19]).await;
    bed.opened().await;
    bed.viewer.write_all(&REFRESH).await.unwrap();
    hears(&mut bed.server, &REFRESH).await;
    // With a clipboard before it, which nobody may have.
    let cut = b"\x03\0\0\0\0\0\0\x06secret";
    let picture = [
        &[0, 0, 0, 1][..],
        &[0, 0, 0, 0, 0, 1, 0, 1],
        &[0; 4],
        &[9; 4],
    ]
    .concat();
    let said = [cut, &picture[..]].concat();
    bed.server.write_all(&said).await.unwrap();
    hears(&mut bed.viewer, &picture).await;
    bed.viewer
        .write_all(&[&KEY[..], &REFRESH].concat())
        .await
        .unwrap();
    hears(&mut bed.server, &REFRESH).await;
    bed.leave.send_replace(free());
    bed.viewer.write_all(&KEY).await.unwrap();
    hears(&mut bed.server, &KEY).await;
    // What is held goes up when leave ends, and when the session does.
    bed.leave.send_replace(Leave::Bound);
    hears(&mut bed.server, &UP).await;
    bed.leave.send_replace(free());
    bed.viewer.write_all(&KEY).await.unwrap();
    hears(&mut bed.server, &KEY).await;
    bed.stop.send_replace(true);
    hears(&mut bed.server, &UP).await;
    assert_eq!(bed.carried.await.unwrap(), HERE);
    assert_eq!(bed.server.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn leave_ends_by_itself() {
    let mut bed = bed(free(), &[2]).await;
    bed.opened().await;
    bed.viewer.write_all(&KEY).await.unwrap();
    hears(&mut bed.server, &KEY).await;
    let soon = Instant::now() + Duration::from_millis(50);
    bed.leave.send_replace(Leave::Free(soon));
    hears(&mut bed.server, &UP).await;
    assert!(Instant::now() >= soon);
    bed.viewer
        .write_all(&[&KEY[..], &REFRESH].concat())
        .await
        .unwrap();
    hears(&mut bed.server, &REFRESH).await;
}

/// Reads on until everything that was held is let go; how many keys and
/// buttons went down before.
async fn downs_until(from: &mut (impl AsyncRead + Unpin), last: &[u8]) -> usize {
    let mut downs = 0;
    loop {
        let mut message = vec![from.read_u8().await.unwrap(); 1];
        message.resize(if message[0] == 4 { 8 } else { 10 }, 0);
        from.read_exact(&mut message[1..]).await.unwrap();
        match message {
            _ if message == last => return downs,
            _ if message == KEY => downs += 1,
            _ => assert!(message == UP || message == REFRESH, "{message:?}"),
        }
    }
}

/// The server takes nothing more, the viewer has said a lot, and then leave
/// ends: of what waits, only a message that had begun arrives (GUARD-6).
#[tokio::test]
async fn what_waits_for_the_server_ends_with_leave() {
    let (mut viewer, mut from) = tokio::io::duplex(1 << 16);
    // Two messages and a half.
    let (mut to, mut server) = tokio::io::duplex(20);
    let (leave, mut leave_from) = watch::channel(free());
    let middle = Mutex::new(Middle::default());
    locked(&middle).server(SCREEN, &mut Vec::new()).unwrap();
    viewer.write_all(&KEY.repeat(300)).await.unwrap();
    viewer.write_all(&REFRESH).await.unwrap();
    let heard = tokio::spawn(async move {
        let mut pen = Pen::default();
        hear(&mut from, &mut to, &middle, &mut leave_from, &mut pen).await
    });
    hears(&mut server, &KEY).await;
    leave.send_replace(Leave::Bound);
    // Two that lay there, the half one, and one that the first made room for.
    assert!(downs_until(&mut server, &UP).await <= 4);
    // The rest is judged by what counts now.
    assert_eq!(downs_until(&mut server, &REFRESH).await, 0);
    drop(viewer);
    assert_eq!(heard.await.unwrap(), Ending::Silent);
}

/// A session that ends in the middle of a message finishes it, so that the
/// server understands what is let go.
#[tokio::test]
async fn an_unfinished_message_is_finished_before_letting_go() {
    let (mut to, mut server) = tokio::io::duplex(12);
    let middle = Mutex::new(Middle::default());
    let mut pen = Pen::default();
    let next = |pen: &mut Pen| {
        let free = Hands::Free;
        let took = locked(&middle).viewer(&KEY, free, Duration::ZERO, &mut pen.rest);
        assert_eq!(took, Ok(KEY.len()));
    };
    next(&mut pen);
    pen.write(&mut to).await.unwrap();
    next(&mut pen);
    pen.write(&mut to).await.unwrap();
    assert!(pen.begun);
    pen.let_go(&middle);
    assert_eq!(pen.rest, [&KEY[4..], &UP].concat());
    hears(&mut server, &[&KEY[..], &KEY[..4]].concat()).await;
    while !pen.rest.is_empty() {
        pen.write(&mut to).await.unwrap();
    }
    assert!(!pen.begun);
    // One that hasn't begun is forgotten.
    next(&mut pen);
    pen.let_go(&middle);
    assert_eq!(pen.rest, UP);
}

/// Behind a server that doesn't listen no more gathers than its pace allows,
/// and nothing that is said after leave has ended.
#[tokio::test]
async fn a_flood_reaches_a_server_only_at_its_pace() {
    let mut bed = bed(free(), &[2]).await;
    bed.opened().await;
    let began = Instant::now();
    let mut viewer = bed.viewer;
    let flood = tokio::spawn(async move {
        for _ in 0..40 {
            viewer.write_all(&KEY.repeat(1000)).await.unwrap();
        }
        viewer
    });
    hears(&mut bed.server, &KEY).await;
    bed.leave.send_replace(Leave::Bound);
    let most = 400.0 + 400.0 * began.elapsed().as_secs_f64();
    let downs = downs_until(&mut bed.server, &UP).await;
    assert!(downs as f64 <= most, "{downs} of {most}");
    // What is left of the flood is judged by what counts now.
    let mut viewer = flood.await.unwrap();
    viewer.write_all(&REFRESH).await.unwrap();
    assert_eq!(downs_until(&mut bed.server, &REFRESH).await, 0);
}

#[tokio::test]
async fn each_end_is_told_apart() {
    let mut gone = bed(Leave::Bound, &[2]).await;
    gone.opened().await;
    drop(gone.server);
    assert_eq!(gone.carried.await.unwrap(), Ending::Here(Bye::SourceGone));

    let mut left = bed(Leave::Bound, &[2]).await;
    left.opened().await;
    drop(left.viewer);
    assert_eq!(left.carried.await.unwrap(), Ending::Silent);

    let mut strange = bed(Leave::Bound, &[2]).await;
    strange.opened().await;
    strange.viewer.write_all(&[250]).await.unwrap();
    assert_eq!(strange.carried.await.unwrap(), Ending::PeerFault);

    let mut odd = bed(Leave::Bound, &[2]).await;
    odd.opened().await;
    odd.server.write_all(&[248]).await.unwrap();
    assert_eq!(odd.carried.await.unwrap(), Ending::Source);

    // Only kinds that can't be judged, or none.
    for kinds in [&[16u8, 19][..], &[]] {
        let open = bed(Leave::Bound, kinds).await;
        assert_eq!(open.carried.await.unwrap(), Ending::Source);
    }
}

#[tokio::test]
async fn a_viewer_with_the_servers_password_stays_out() {
    let mut wrong = bed(Leave::Bound, &[2]).await;
    wrong.entered(&[0; 4]).await;
    wrong.asked("of Anna").await;
    hears(&mut wrong.viewer, &[0, 0, 0, 1]).await;
    assert_eq!(wrong.carried.await.unwrap(), Ending::PeerFault);
    assert_eq!(wrong.server.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn where_the_server_refuses_the_viewer_hears_nothing() {
    let mut refused = bed(Leave::Bound, &[2]).await;
    refused.entered(&[0, 0, 0, 1]).await;
    assert_eq!(refused.carried.await.unwrap(), Ending::Source);
    assert_eq!(refused.viewer.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_server_is_known_by_its_greeting_and_opens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap();
    let known = password("of Anna");
    let says = |all: &'static [u8]| {
        let (asked, served) = (opens(place, Some(&known)), async {
            let (mut server, _) = listener.accept().await.unwrap();
            server.write_all(all).await.unwrap();
            let mut rest = Vec::new();
            let _ = server.read_to_end(&mut rest).await;
        });
        async { tokio::join!(asked, served).0 }
    };
    let opening = b"RFB 003.008\n\x02\x02\x13sixteen bytes...\0\0\0\0";
    assert!(says(opening).await.is_ok());
    let refusing = b"RFB 003.008\n\x02\x02\x13sixteen bytes...\0\0\0\x01";
    for other in [
        &b"RFB 003.008\n\x01\x13"[..],
        b"SSH-2.0-OpenSSH_9",
        refusing,
    ] {
        assert!(
            matches!(says(other).await, Err(NoServer::Rfb(_))),
            "{other:?}"
        );
    }
    drop(listener);
    let asked = opens(place, None).await;
    assert!(matches!(asked, Err(NoServer::Silent(_))));
}
