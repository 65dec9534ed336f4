use kith_proto::person::sheet::{RecoverySecret, RecoverySheet, SheetError};
use serde_json::{Value, json};

use crate::person::genesis;
use crate::{hex, published, unhex};

#[test]
fn recovery_sheets() {
    let made = recovery_sheet();
    let file = published("sheet", &made);
    for v in file["valid"].as_array().unwrap() {
        let read = RecoverySecret::from_words(v["words"].as_str().unwrap()).unwrap();
        assert_eq!(
            read.public().as_bytes().to_vec(),
            unhex(v["public"].as_str().unwrap())
        );
        let sheet = RecoverySheet::from_code(v["code"].as_str().unwrap()).unwrap();
        assert_eq!(sheet.secret.public(), read.public());
    }
}

fn recovery_sheet() -> Value {
    let valid: Vec<Value> = [[0u8; 32], [0x80; 32], core::array::from_fn(|i| i as u8)]
        .iter()
        .map(|bytes| {
            let secret = RecoverySecret::from_bytes(bytes);
            let (words, public) = (secret.words(), secret.public());
            let sheet = RecoverySheet {
                person: genesis().digest().into(),
                secret,
            };
            json!({
                "secret": hex(bytes), "public": hex(public.as_bytes()),
                "words": *words, "person": hex(sheet.person.as_bytes()), "code": *sheet.code(),
            })
        })
        .collect();
    let words = |text: &str| match RecoverySecret::from_words(text).map(|_| ()) {
        Err(SheetError::WordCount(_)) => "word-count",
        Err(SheetError::UnknownWord(_)) => "unknown-word",
        Err(SheetError::Checksum) => "checksum",
        other => panic!("{text}: {other:?}"),
    };
    let code = |text: &str| match RecoverySheet::from_code(text).map(|_| ()) {
        Err(SheetError::NotACode) => "not-a-code",
        Err(SheetError::Version) => "version",
        other => panic!("{text}: {other:?}"),
    };
    let good = valid[0]["code"].as_str().unwrap().to_owned();
    let bad_words = [
        "abandon ".repeat(24),
        "abandon ".repeat(23),
        format!("{}kith", "abandon ".repeat(23)),
    ];
    let encode = |prefix: &str, bytes: &[u8]| {
        let hrp = bech32::Hrp::parse(prefix).unwrap();
        bech32::encode_upper::<bech32::Bech32m>(hrp, bytes).unwrap()
    };
    let payload: Vec<u8> = (0..65).map(|i| u8::from(i == 0)).collect();
    let bad_codes = [
        good.replace('Q', "P"),
        encode("kithp", &payload),
        encode("kithrec", &payload[..64]),
        encode("kithrec", &[&[2], &payload[1..]].concat()),
    ];
    json!({
        "spec": "01-identities.md, the recovery sheet",
        "valid": valid,
        "words_invalid": bad_words.iter().map(|t| json!({ "words": t, "error": words(t) })).collect::<Vec<_>>(),
        "code_invalid": bad_codes.iter().map(|t| json!({ "code": t, "error": code(t) })).collect::<Vec<_>>(),
    })
}
