use std::time::Duration;

use kith_proto::rfb::Version::{V3, V7, V8};
use tokio::io::{DuplexStream, duplex};
use tokio::task::JoinHandle;

use super::*;

fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

async fn hears(from: &mut (impl AsyncRead + Unpin), wanted: &[u8]) {
    let mut heard = vec![0; wanted.len()];
    from.read_exact(&mut heard).await.unwrap();
    assert_eq!(heard, wanted);
}

fn fault(done: Result<(), Broken>) -> Result<(), RfbFault> {
    match done {
        Ok(()) => Ok(()),
        Err(Broken::Rfb(fault)) => Err(fault),
        Err(Broken::Io(error)) => panic!("{error}"),
    }
}

/// A server that says these things, and what it heard.
async fn entering(said: &[&[u8]], known: Option<&str>) -> (Result<(), RfbFault>, Vec<u8>) {
    let (mut near, mut far) = duplex(1 << 10);
    far.write_all(&said.concat()).await.unwrap();
    let known = known.map(password);
    let entered = enter(&mut near, known.as_ref()).await;
    drop(near);
    let mut heard = Vec::new();
    far.read_to_end(&mut heard).await.unwrap();
    (fault(entered), heard)
}

const OK: &[u8] = &[0; 4];
const NO: &[u8] = &[0, 0, 0, 1];
const CHALLENGED: &[u8] = &[7; CHALLENGE];

#[tokio::test]
async fn a_server_of_any_version_is_entered_with_its_password() {
    let right = answer(&password("of Anna"), &[7; CHALLENGE]);
    for greeting in [b"RFB 003.008\n", b"RFB 003.889\n", b"RFB 004.001\n"] {
        let said = [&greeting[..], &[3, 16, 1, 2], CHALLENGED, OK];
        let (done, heard) = entering(&said, Some("of Anna")).await;
        assert_eq!(done, Ok(()));
        assert_eq!(heard, [&b"RFB 003.008\n\x02"[..], &right].concat());
    }
    let said = [b"RFB 003.007\n", &[1, 2][..], CHALLENGED, OK];
    let (done, heard) = entering(&said, Some("of Anna")).await;
    assert_eq!(done, Ok(()));
    assert_eq!(heard, [&b"RFB 003.007\n\x02"[..], &right].concat());
    for old in [b"RFB 003.003\n", b"RFB 003.005\n"] {
        let said = [&old[..], &[0, 0, 0, 2], CHALLENGED, OK];
        let (done, heard) = entering(&said, Some("of Anna")).await;
        assert_eq!(done, Ok(()));
        assert_eq!(heard, [&b"RFB 003.003\n"[..], &right].concat());
    }
}

#[tokio::test]
async fn a_server_without_a_password_is_entered_without() {
    for known in [None, Some("of Anna")] {
        let (done, heard) = entering(&[b"RFB 003.008\n", &[1, 1], OK], known).await;
        assert_eq!((done, &heard[..]), (Ok(()), &b"RFB 003.008\n\x01"[..]));
        let (done, _) = entering(&[b"RFB 003.007\n", &[1, 1]], known).await;
        assert_eq!(done, Ok(()));
        let (done, heard) = entering(&[b"RFB 003.003\n", &[0, 0, 0, 1]], known).await;
        assert_eq!((done, &heard[..]), (Ok(()), &b"RFB 003.003\n"[..]));
    }
    // Where both are offered, what is known decides.
    let (done, heard) = entering(&[b"RFB 003.008\n", &[2, 2, 1], OK], None).await;
    assert_eq!((done, &heard[..]), (Ok(()), &b"RFB 003.008\n\x01"[..]));
}

#[tokio::test]
async fn a_server_that_isnt_opened_says_why() {
    let eight = b"RFB 003.008\n";
    type Case<'a> = (&'a [&'a [u8]], Option<&'a str>, RfbFault);
    let said: [Case<'_>; 9] = [
        (
            &[eight, &[1, 2], CHALLENGED, NO],
            Some("x"),
            RfbFault::Password,
        ),
        (&[eight, &[1, 1], NO], None, RfbFault::Password),
        (&[eight, &[1, 2]], None, RfbFault::Needed),
        (&[eight, &[2, 16, 19]], Some("x"), RfbFault::Security),
        (&[eight, &[0]], Some("x"), RfbFault::Shut),
        (&[b"RFB 003.003\n", &[0; 4]], Some("x"), RfbFault::Shut),
        (
            &[b"RFB 003.003\n", &[0, 0, 1, 2]],
            Some("x"),
            RfbFault::Security,
        ),
        (&[b"RFB 003.002\n"], Some("x"), RfbFault::Version),
        (&[b"SSH-2.0-Open"], Some("x"), RfbFault::Greeting),
    ];
    for (said, known, why) in said {
        assert_eq!(entering(said, known).await.0, Err(why), "{said:?}");
    }
}

fn admitting(known: &str) -> (DuplexStream, JoinHandle<Result<(), RfbFault>>) {
    let (mut near, far) = duplex(1 << 10);
    let known = password(known);
    let admitted = tokio::spawn(async move {
        let admitted = admit(&mut near, &known, &[9; CHALLENGE]);
        fault(
            tokio::time::timeout(Duration::from_secs(60), admitted)
                .await
                .unwrap(),
        )
    });
    (far, admitted)
}

#[tokio::test]
async fn a_viewer_of_any_version_must_know_the_password() {
    for (version, knows) in [V3, V7, V8]
        .into_iter()
        .flat_map(|v| [(v, true), (v, false)])
    {
        let (mut viewer, admitted) = admitting("one-time");
        hears(&mut viewer, b"RFB 003.008\n").await;
        viewer.write_all(&version.bytes()).await.unwrap();
        match version {
            V3 => hears(&mut viewer, &[0, 0, 0, 2]).await,
            V7 | V8 => {
                hears(&mut viewer, &[1, 2]).await;
                viewer.write_all(&[2]).await.unwrap();
            }
        }
        hears(&mut viewer, &[9; CHALLENGE]).await;
        let said = password(if knows { "one-time" } else { "another" });
        let said = answer(&said, &[9; CHALLENGE]);
        viewer.write_all(&said).await.unwrap();
        if knows {
            hears(&mut viewer, OK).await;
            assert!(!admitted.is_finished(), "{version:?}");
            viewer.write_all(&[0]).await.unwrap();
            assert_eq!(admitted.await.unwrap(), Ok(()));
            continue;
        }
        hears(&mut viewer, NO).await;
        assert_eq!(admitted.await.unwrap(), Err(RfbFault::Password));
        let mut rest = Vec::new();
        viewer.read_to_end(&mut rest).await.unwrap();
        match version {
            V8 => assert_eq!(rest, [&[0, 0, 0, 21][..], WRONG].concat()),
            V3 | V7 => assert!(rest.is_empty()),
        }
    }
}

#[tokio::test]
async fn a_viewer_cant_come_in_without_a_password() {
    let (mut viewer, admitted) = admitting("one-time");
    viewer.write_all(b"RFB 003.008\n\x01").await.unwrap();
    assert_eq!(admitted.await.unwrap(), Err(RfbFault::Security));
}
