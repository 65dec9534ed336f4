#![allow(clippy::unwrap_used, reason = "a test")]

use std::net::TcpListener as StdListener;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

const HOME: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 1);
const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A description with this control address, as routers nest them.
fn description(kind: &str, control: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<root xmlns=\"urn:schemas-upnp-org:device-1-0\"><device>\
         <serviceList><service><serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1\
         </serviceType><controlURL>/l3</controlURL></service></serviceList><deviceList><device>\
         <deviceList><device><serviceList><service>\n<serviceType> {kind} </serviceType>\
         <controlURL>{control}</controlURL></service></serviceList></device></deviceList>\
         </device></deviceList></device></root>"
    )
}

fn answer(location: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nST: x\r\nLocation: {location}\r\n\r\n").into_bytes()
}

#[test]
fn an_answer_counts_only_where_it_names_the_gateway() {
    let at = |location: &str| location_in(&answer(location), HOME);
    let there = |port, path: &str| {
        let path = path.to_owned();
        Some(Place { port, path })
    };
    assert_eq!(
        at("http://192.168.1.1:5000/rootDesc.xml"),
        there(5000, "/rootDesc.xml")
    );
    assert_eq!(at("http://192.168.1.1/d?x=1"), there(80, "/d?x=1"));
    for elsewhere in [
        "http://192.168.1.66:5000/rootDesc.xml",
        "http://127.0.0.1:5000/rootDesc.xml",
        "http://169.254.169.254/",
        "http://router.example/d",
        "http://192.168.1.1@192.168.1.66/d",
        "http://192.168.1.66@192.168.1.1/d",
        "http://[::ffff:192.168.1.1]/d",
        "http://0300.0250.1.1/d",
        "https://192.168.1.1/d",
        "http://192.168.1.1:0/d",
        "http://192.168.1.1:99999/d",
        "/rootDesc.xml",
        "rootDesc.xml",
        "",
    ] {
        assert_eq!(at(elsewhere), None, "{elsewhere}");
    }
    assert_eq!(at(&format!("http://192.168.1.1/{}", "x".repeat(400))), None);
    let notify = b"NOTIFY * HTTP/1.1\r\nLOCATION: http://192.168.1.1:5000/\r\n\r\n";
    assert_eq!(location_in(notify, HOME), None);
    assert_eq!(location_in(&[0xff; 40], HOME), None);
}

#[test]
fn a_description_names_services_of_the_gateway_only() {
    let [kind, newer, ppp] = SERVICES;
    let named = |kind: &str, control: &str| services(&description(kind, control), HOME, 5000);
    let one = |kind, port, path: &str| {
        let path = path.to_owned();
        vec![Service { kind, port, path }]
    };
    assert_eq!(named(kind, "/ctl/IPConn"), one(kind, 5000, "/ctl/IPConn"));
    assert_eq!(named(newer, "ctl"), one(newer, 5000, "/ctl"));
    let full = "http://192.168.1.1:49152/ctl";
    assert_eq!(named(ppp, full), one(ppp, 49152, "/ctl"));
    for elsewhere in ["http://192.168.1.66/ctl", "//192.168.1.66/ctl", "a b", ""] {
        let found = named(kind, elsewhere);
        assert!(
            found.iter().all(|s| s.port == 5000),
            "{elsewhere}: {found:?}"
        );
    }
    assert_eq!(
        named("urn:schemas-upnp-org:service:WANIPConnection:9", "/c"),
        []
    );
}

#[test]
fn what_is_too_deep_too_long_or_has_entities_is_no_description() {
    let deep = "<a>".repeat(20_000);
    assert!(read(&deep).is_none());
    assert!(read(&format!("{deep}{}", "</a>".repeat(20_000))).is_none());
    assert!(read(&format!("<a>{}</a>", "<b/>".repeat(5_000))).is_none());
    let entity = "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>";
    assert!(read(entity).is_none());
    assert_eq!(services(&deep, HOME, 1), []);
    assert_eq!(outside_in(&deep), None);
    assert_eq!(fault_in(&deep), Fault::Refused);
}

#[test]
fn replies_are_read() {
    let reply =
        |inner: &str| format!("<s:Envelope xmlns:s=\"e\"><s:Body>{inner}</s:Body></s:Envelope>");
    let ip = |text: &str| {
        outside_in(&reply(&format!(
            "<u:GetExternalIPAddressResponse xmlns:u=\"k\"><NewExternalIPAddress>{text}\
             </NewExternalIPAddress></u:GetExternalIPAddressResponse>"
        )))
    };
    assert_eq!(ip("45.67.1.21"), Some(Ipv4Addr::new(45, 67, 1, 21)));
    assert_eq!(ip(" 45.67.1.21\n"), Some(Ipv4Addr::new(45, 67, 1, 21)));
    for no_address in ["", "2a00::1", "45.67.1.21:80", "router.example"] {
        assert_eq!(ip(no_address), None, "{no_address}");
    }
    let fault = |code: &str| {
        let inner = format!(
            "<s:Fault><detail><UPnPError xmlns=\"urn:schemas-upnp-org:control-1-0\"><errorCode>\
             {code}</errorCode></UPnPError></detail></s:Fault>"
        );
        fault_in(&reply(&inner))
    };
    assert_eq!(fault("718"), Fault::Conflict);
    for code in ["606", "725", "", "718718"] {
        assert_eq!(fault(code), Fault::Refused, "{code}");
    }
}

/// A router on loopback that gives each connection the next of these answers;
/// what it was asked comes back at the end.
async fn router(answers: Vec<String>) -> (Place, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind((HERE, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let path = "/d".to_owned();
    let task = tokio::spawn(async move {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut tcp, _) = listener.accept().await.unwrap();
            let mut text = String::new();
            let mut part = [0; 4096];
            let whole = |text: &str| {
                let (head, body) = text.split_once("\r\n\r\n")?;
                let length = head.lines().find_map(|line| {
                    let (name, value) = line.split_once(": ")?;
                    name.eq_ignore_ascii_case("content-length").then_some(value)
                });
                (body.len() >= length.map_or(0, |l| l.parse().unwrap())).then_some(())
            };
            while whole(&text).is_none() {
                let len = tcp.read(&mut part).await.unwrap();
                text.push_str(std::str::from_utf8(&part[..len]).unwrap());
            }
            asked.push(text);
            // Whoever has heard enough hangs up.
            let _ = tcp.write_all(answer.as_bytes()).await;
        }
        asked
    });
    (Place { port, path }, task)
}

fn http(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}")
}

#[tokio::test]
async fn a_port_is_opened_for_us_alone_and_closed() {
    let [kind, ..] = SERVICES;
    let ip = "<a><NewExternalIPAddress>45.67.1.21</NewExternalIPAddress></a>";
    let answers = vec![
        http("200 OK", &description(kind, "/ctl")),
        http("200 OK", ip),
        http("200 OK", "<a/>"),
        http("500 Error", "<a><errorCode>718</errorCode></a>"),
        http("200 OK", "<a/>"),
    ];
    let (at, task) = router(answers).await;
    let mut igd = Igd::at(HERE, &at).await.unwrap();
    assert_eq!(igd.outside().await, Ok(Ipv4Addr::new(45, 67, 1, 21)));
    let inside = SocketAddrV4::new(HERE, 4001);
    let lease = Duration::from_secs(3600);
    assert_eq!(igd.open(Link::Quic, (inside, 4002), lease).await, Ok(()));
    let refused = igd.open(Link::Tcp, (inside, 4001), lease).await;
    assert_eq!(refused, Err(Fault::Conflict));
    assert_eq!(igd.close(Link::Quic, 4002).await, Ok(()));
    let asked = task.await.unwrap();
    assert!(asked[0].starts_with("GET /d HTTP/1.1\r\n"), "{}", asked[0]);
    for part in [
        "POST /ctl HTTP/1.1\r\n",
        "#AddPortMapping\"",
        "<NewExternalPort>4002</NewExternalPort><NewProtocol>UDP</NewProtocol>",
        "<NewInternalPort>4001</NewInternalPort><NewInternalClient>127.0.0.1</NewInternalClient>",
        "<NewLeaseDuration>3600</NewLeaseDuration>",
    ] {
        assert!(asked[2].contains(part), "{part} in {}", asked[2]);
    }
    let closed = "<NewExternalPort>4002</NewExternalPort><NewProtocol>UDP</NewProtocol>";
    assert!(asked[4].contains("#DeletePortMapping\""), "{}", asked[4]);
    assert!(asked[4].contains(closed), "{}", asked[4]);
}

#[tokio::test]
async fn no_redirect_is_followed_and_no_flood_is_read() {
    let other = StdListener::bind((HERE, 0)).unwrap();
    other.set_nonblocking(true).unwrap();
    let port = other.local_addr().unwrap().port();
    let location = format!("302 Found\r\nLocation: http://127.0.0.1:{port}/d");
    let answers = vec![
        http(&location, ""),
        http("200 OK", &"x".repeat(MAX_BODY + 1)),
        format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(1 << 20)),
        "nonsense\r\n\r\n".to_owned(),
    ];
    let (at, task) = router(answers).await;
    for _ in 0..4 {
        assert_eq!(Igd::at(HERE, &at).await.unwrap_err(), Fault::Silent);
    }
    task.await.unwrap();
    assert!(other.accept().is_err(), "somebody came");
}
