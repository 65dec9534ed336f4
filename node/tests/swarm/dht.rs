//! The DHT: five nodes on one machine.

use std::time::Duration;

use kith::swarm::*;

use crate::harness::{Node, soon};

const HOUR: Duration = Duration::from_secs(3600);

fn server() -> Node {
    Node::start(Config {
        dht: DhtRole::Server,
        ..Config::loopback()
    })
}

fn client() -> Node {
    Node::start(Config {
        dht: DhtRole::Auto,
        ..Config::loopback()
    })
}

/// Tells `node` of `others`, and waits until it knows them.
async fn join(node: &Node, others: &mut [Node]) {
    for other in others.iter_mut() {
        let addr = other.address(Link::Quic).await;
        node.swarm.add_dht_node(other.id(), addr).await.unwrap();
    }
    knows(node, others.len()).await;
}

async fn knows(node: &Node, nodes: usize) {
    let known = async {
        while node.swarm.status().await.unwrap().dht_nodes < nodes {
            tokio::task::yield_now().await;
        }
    };
    soon("the DHT", known).await;
}

async fn found(node: &Node, key: DhtKey) -> Vec<Vec<u8>> {
    let mut lookup = node.swarm.lookup(key).await.unwrap();
    let mut values = Vec::new();
    while let Some(value) = soon("the lookup", lookup.next()).await {
        values.push(value);
    }
    values
}

#[tokio::test]
async fn what_one_publishes_another_finds_and_nobody_is_named() {
    let mut servers: Vec<Node> = (0..5).map(|_| server()).collect();
    let (anna, ben) = (client(), client());
    for at in 0..servers.len() {
        let (before, rest) = servers.split_at_mut(at);
        join(&rest[0], before).await;
    }
    // By then all have met, the first too, which was told of nobody.
    for server in &servers {
        knows(server, 4).await;
    }
    // Each knows only one; the rest is found.
    join(&anna, &mut servers[..1]).await;
    join(&ben, &mut servers[4..]).await;

    let key = [7; 32];
    let value = vec![42; 700];
    let stored = anna.swarm.publish(key, value.clone(), HOUR).await.unwrap();
    assert_eq!(stored, 5);
    assert_eq!(found(&ben, key).await, std::slice::from_ref(&value));

    // Who publishes is in no record, and not among those who keep it.
    let mut kept = 0;
    for server in &servers {
        for record in server.swarm.dht_records().await.unwrap() {
            assert_eq!(record.key, key);
            assert_eq!(record.value, value);
            assert_eq!(record.publisher, None);
            kept += 1;
        }
    }
    assert_eq!(kept, 5);
    for client in [&anna, &ben] {
        assert!(client.swarm.dht_records().await.unwrap().is_empty());
    }

    assert!(found(&ben, [8; 32]).await.is_empty());
}

#[tokio::test]
async fn a_record_is_renewed_by_its_giver_and_by_nobody_else() {
    let mut servers = [server()];
    let (anna, mallory, ben) = (client(), client(), client());
    for node in [&anna, &mallory, &ben] {
        join(node, &mut servers).await;
    }
    let key = [9; 32];
    anna.swarm
        .publish(key, b"old".to_vec(), HOUR)
        .await
        .unwrap();
    anna.swarm
        .publish(key, b"new".to_vec(), HOUR)
        .await
        .unwrap();
    // Told that it is kept, as the protocol has it; it is not.
    let _ = mallory.swarm.publish(key, b"false".to_vec(), HOUR).await;
    assert_eq!(found(&ben, key).await, [b"new".to_vec()]);
}

#[tokio::test]
async fn what_cannot_be_published_is_told() {
    let off = Node::start(Config::loopback());
    let publish = |node: &Node, value: Vec<u8>| {
        let swarm = node.swarm.clone();
        async move { swarm.publish([1; 32], value, HOUR).await }
    };
    assert_eq!(publish(&off, vec![1]).await, Err(DhtError::Off));
    assert!(found(&off, [1; 32]).await.is_empty());
    let lonely = client();
    assert_eq!(publish(&lonely, vec![1]).await, Err(DhtError::NobodyKnown));
    assert!(found(&lonely, [1; 32]).await.is_empty());
    for bad in [vec![], vec![0; DHT_VALUE_MAX + 1]] {
        assert_eq!(publish(&lonely, bad).await, Err(DhtError::Size));
    }
    // Known, and gone.
    let mut servers = [server()];
    join(&lonely, &mut servers).await;
    servers[0].swarm.stop().await;
    assert_eq!(publish(&lonely, vec![1]).await, Err(DhtError::NobodyStored));
}

/// A node that isn't publicly reachable asks and doesn't answer.
#[tokio::test]
async fn a_hidden_node_serves_nobody() {
    let mut hidden = [client()];
    let anna = client();
    join(&anna, &mut hidden).await;
    let published = anna.swarm.publish([3; 32], vec![1], HOUR).await;
    assert_eq!(published, Err(DhtError::NobodyStored));
    assert!(hidden[0].swarm.dht_records().await.unwrap().is_empty());
}
