//! What a node that stores for the DHT gets to see of two people who publish
//! and look for each other with real nodes. (DISC-2)

use std::time::{Duration, Instant};

use kith::swarm::*;
use kith_api::{Reply, Request};
use kith_tests::{PATIENCE, Person, Scratch};

use crate::harness::Node;

/// The person's and the device's id, as text.
fn ids(person: &Person) -> (String, String) {
    let said = person.kith(&["id", "--json"]).ok().stdout;
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let text = |name: &str| said["identity"][name].as_str().unwrap().to_owned();
    (text("person"), text("device"))
}

fn loopback_address(person: &mut Person) -> Addr {
    let Reply::Status(status) = person.ask(Request::Status) else {
        panic!("no status");
    };
    let mut listening = status.listening.iter().map(|a| a.parse::<Addr>().unwrap());
    let wanted = |a: &Addr| {
        let ip = a.socket().map(|s| s.ip());
        a.link() == Link::Quic && ip.is_some_and(|ip| ip.is_ipv4() && ip.is_loopback())
    };
    listening.find(wanted).expect("an address on this machine")
}

#[test]
fn what_a_storing_node_keeps_says_nothing() {
    let folder = Scratch::new("shelf");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let helper = runtime.block_on(async {
        Node::start(Config {
            dht: DhtRole::Server,
            ..Config::loopback()
        })
    });
    let mut anna = Person::new("Annamirl", folder.path());
    let mut ben = Person::new("Benvenuto", folder.path());
    let mut secrets: Vec<Vec<u8>> = ["Annamirl", "annamirl", "Benvenuto", "benvenuto"]
        .into_iter()
        .chain(["Zwischenfall", "Empfangsbestaetigung", "kithp1", "kithd1"])
        .map(|text| text.as_bytes().to_vec())
        .collect();
    // 127.0.0.1, as addresses in records hold it.
    secrets.push(vec![4, 127, 0, 0, 1]);
    for person in [&mut anna, &mut ben] {
        person.up();
        let (id, device) = ids(person);
        let id: kith_proto::id::PersonId = id.parse().unwrap();
        let device: DeviceId = device.parse().unwrap();
        // A part of an id would be too much already.
        secrets.push(id.as_bytes()[..8].to_vec());
        secrets.push(device.as_bytes()[..8].to_vec());
        // They learn of the helper as of any node that serves the DHT.
        let at = loopback_address(person);
        let outcome = runtime.block_on(helper.dial(device, at));
        assert!(matches!(outcome, Outcome::Connected { .. }), "{outcome:?}");
    }
    anna.meet(&mut ben);
    anna.send("Benvenuto", "Zwischenfall");
    ben.wait_for_text("Annamirl", "Zwischenfall");
    ben.send("Annamirl", "Empfangsbestaetigung");
    anna.wait_for_text("Benvenuto", "Empfangsbestaetigung");

    // Both publish for each other; who couldn't at first tries again after a
    // minute or so.
    let until = Instant::now() + 3 * PATIENCE;
    let records = loop {
        let records = runtime.block_on(helper.swarm.dht_records()).unwrap();
        if records.len() >= 2 {
            break records;
        }
        assert!(Instant::now() < until, "{} records", records.len());
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(records.len(), 2);
    assert_ne!(
        records[0].key, records[1].key,
        "one key for both directions"
    );
    assert_eq!(records[0].value.len(), records[1].value.len(), "not padded");
    for record in records {
        assert_eq!(record.key.len(), DHT_KEY_LEN);
        assert_eq!(record.publisher, None);
        let all = [record.key, record.value].concat();
        for secret in &secrets {
            let shown = String::from_utf8_lossy(secret);
            let found = all.windows(secret.len()).any(|part| part == secret);
            assert!(!found, "{shown:?} is in a record");
        }
    }
    runtime.shutdown_timeout(Duration::from_secs(5));
}
