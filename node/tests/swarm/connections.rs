//! Connecting, refusing, closing.

use kith::swarm::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::{Node, soon};

#[tokio::test]
async fn two_devices_connect_over_quic_and_tcp() {
    for link in [Link::Quic, Link::Tcp] {
        let (anna, mut ben) = (
            Node::start(Config::loopback()),
            Node::start(Config::loopback()),
        );
        let conn = anna.connect(&mut ben, link).await;
        let seen = ben.connected(anna.id()).await;
        assert_eq!(seen.side, Side::Accepted);
        assert_eq!(seen.via, Via::Direct);
        assert_eq!(seen.remote.unwrap().link(), link);
        let mut out = anna.swarm.open(conn, Protocol::HELLO).await.unwrap();
        out.write_all(b"hello").await.unwrap();
        out.flush().await.unwrap();
        let mut stream = ben.stream().await;
        assert_eq!(stream.peer(), anna.id());
        assert_eq!(stream.conn(), seen.conn);
        let mut said = [0; 5];
        soon("hello", stream.read_exact(&mut said)).await.unwrap();
        assert_eq!(&said, b"hello");
    }
}
