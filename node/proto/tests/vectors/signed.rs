use ciborium::Value as Cbor;
use kith_proto::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use kith_proto::digest::Digest;
use kith_proto::id::{DeviceId, OrgId, PersonId, RoomId, SessionId};
use kith_proto::signed::{Cosigned, Kind, Payload, Signed, Unverified};
use serde_json::{Value, json};

use crate::{hex, key, published, unhex};

/// The kind that the vectors use; it exists only there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Example(String);

impl Encode for Example {
    fn encode(&self) -> Cbor {
        MapBuilder::new().put(0, &1u64).put(1, &self.0).build()
    }
}

impl Decode for Example {
    fn decode(value: Cbor) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let text = r.req(1)?;
        let _ = r.finish()?;
        Ok(Self(text))
    }
}

impl Payload for Example {
    const KIND: Kind = Kind {
        name: "example",
        version: 1,
        max: 4096,
    };
}

fn changed(bytes: &[u8], at: usize, what: &str) -> Value {
    let mut b = bytes.to_vec();
    b[at] ^= 1;
    json!({ "bytes": hex(&b), "why": what })
}

#[test]
fn records_and_documents() {
    let payload = Example("hello".into());
    let record = Signed::sign(&payload, &key(1)).unwrap();
    let bytes = record.bytes();
    let mut doc = Cosigned::new(payload, &key(1)).unwrap();
    doc.add_signature(&key(2)).unwrap();
    doc.add_signature(&key(3)).unwrap();
    let doc_bytes = doc.to_bytes();

    let made = json!({
        "spec": "02-records.md, signed records",
        "kind": {
            "name": "example", "domain": Example::KIND.domain(),
            "content_type": Example::KIND.content_type(),
        },
        "signed": [{
            "seed": hex(&[1; 32]), "signer": hex(key(1).public().as_bytes()),
            "text": "hello", "bytes": hex(bytes), "digest": hex(record.digest().as_bytes()),
        }],
        "signed_invalid": [
            changed(bytes, 0, "another tag"),
            changed(bytes, 6, "another algorithm"),
            changed(bytes, bytes.len() - 1, "the signature altered"),
            changed(bytes, bytes.len() - 67, "the payload altered"),
            { "bytes": hex(&bytes[1..]), "why": "no tag" },
            { "bytes": hex(&[bytes, &[0]].concat()), "why": "a byte too many" },
        ],
        "cosigned": [{
            "seeds": [hex(&[1; 32]), hex(&[2; 32]), hex(&[3; 32])],
            "bytes": hex(&doc_bytes), "digest": hex(doc.digest().as_bytes()),
        }],
        "cosigned_invalid": [changed(&doc_bytes, doc_bytes.len() - 1, "one signature altered")],
        "digest": [{
            "domain": "kith/1/example", "content": "00ff",
            "digest": hex(Digest::of("kith/1/example", &[0, 0xff]).as_bytes()),
        }],
        "ids": [
            { "kind": "person", "bytes": hex(&[1; 32]), "text": PersonId::from_bytes([1; 32]).to_string() },
            { "kind": "device", "bytes": hex(key(1).public().as_bytes()), "text": DeviceId::from(key(1).public()).to_string() },
            { "kind": "organisation", "bytes": hex(&[3; 32]), "text": OrgId::from_bytes([3; 32]).to_string() },
            { "kind": "room", "bytes": hex(&[4; 32]), "text": RoomId::from_bytes([4; 32]).to_string() },
            { "kind": "session", "bytes": hex(&[5; 16]), "text": SessionId::from_bytes([5; 16]).to_string() },
        ],
    });
    let file = published("signed", &made);

    let field = |v: &Value, f: &str| unhex(v[f].as_str().unwrap());
    for v in file["signed"].as_array().unwrap() {
        let read = Unverified::<Example>::parse(&field(v, "bytes")).unwrap();
        let read = read.verify_claimed().unwrap();
        assert_eq!(read.payload().0, v["text"].as_str().unwrap());
        assert_eq!(read.signer().as_bytes().to_vec(), field(v, "signer"));
        assert_eq!(read.digest().as_bytes().to_vec(), field(v, "digest"));
    }
    for v in file["signed_invalid"].as_array().unwrap() {
        let read = Unverified::<Example>::parse(&field(v, "bytes"));
        assert!(
            read.and_then(Unverified::verify_claimed).is_err(),
            "{}",
            v["why"]
        );
    }
    for v in file["cosigned"].as_array().unwrap() {
        let read = Cosigned::<Example>::parse(&field(v, "bytes")).unwrap();
        assert_eq!(read.signers().len(), v["seeds"].as_array().unwrap().len());
    }
    for v in file["cosigned_invalid"].as_array().unwrap() {
        assert!(
            Cosigned::<Example>::parse(&field(v, "bytes")).is_err(),
            "{}",
            v["why"]
        );
    }
}
