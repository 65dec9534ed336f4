//! Makes the vectors: run once a version (`write_the_vectors`).

use super::*;

/// Everything a share sends while `change` does something to a source.
fn recorded(size: Size, changes: &mut [&mut dyn FnMut(&mut Picture)]) -> Vec<Step> {
    let id = ViewerId(1);
    let mut source = Picture::new(size);
    let mut share = Share::new(size, ShareConfig::default()).unwrap();
    share.add_viewer(id, Moment(0)).unwrap();
    let mut viewer = Viewer::new().unwrap();
    let (mut now, mut steps) = (Moment(0), Vec::new());
    for change in changes {
        change(&mut source);
        share.damage(source.size().bounds());
        for _ in 0..20 {
            share.encode(&source.view(), now).unwrap();
            while let Some(t) = share.poll(id, Lane::Picture) {
                let bytes = [&t.head[..], &t.body].concat();
                assert_eq!(feed(&mut viewer, &bytes), None);
                let sequence = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
                share
                    .handle(id, ToSharer::Ack { sequence, spent: 0 }, now)
                    .unwrap();
                let picture = digest(viewer.picture().unwrap());
                steps.push(Step {
                    hex: hex(&bytes),
                    picture,
                });
            }
            now = now + Micros(1_000);
        }
        now = share.poll_at().unwrap_or(now);
    }
    steps
}

fn text(p: &mut Picture, rect: Rect, seed: u64) {
    let mut r = Random(seed);
    for y in 0..rect.h {
        for x in 0..rect.w {
            p.set(
                rect.x + x,
                rect.y + y,
                if r.below(4) == 0 {
                    0x10_2030
                } else {
                    0xff_fff0
                },
            );
        }
    }
}

fn shades(p: &mut Picture, rect: Rect, t: u16) {
    for y in 0..rect.h {
        for x in 0..rect.w {
            let (r, g, b) = (x * 3 + t, y * 2 + t, (x ^ y) + t);
            let c = |v: u16| u32::from(v & 255);
            p.set(rect.x + x, rect.y + y, c(r) << 16 | c(g) << 8 | c(b));
        }
    }
}

fn update<'a>(sequence: u32, reset: Option<(u16, u16)>, chunk: &'a [u8]) -> ToViewer<'a> {
    let reset = reset.map(|(w, h)| Size::new(w, h).unwrap());
    ToViewer::Update(Update {
        sequence,
        reset,
        more: false,
        exact: false,
        chunk,
        films: vec![],
    })
}

fn film(sequence: u32, reset: Option<Size>, action: FilmAction<'_>) -> Vec<u8> {
    let films = vec![FilmPiece {
        id: FilmId::new(0).unwrap(),
        action,
    }];
    ToViewer::Update(Update {
        sequence,
        reset,
        more: false,
        exact: false,
        chunk: &[],
        films,
    })
    .to_bytes()
}

/// The beginning of a stream: what a compressor gives when flushed.
fn packed(raw: &[u8], window_log: u32) -> Vec<u8> {
    use zstd::stream::raw::{CParameter, Encoder, InBuffer, Operation, OutBuffer};
    let mut z = Encoder::new(1).unwrap();
    z.set_parameter(CParameter::WindowLog(window_log)).unwrap();
    let mut out = Vec::with_capacity(1 << 20);
    let mut input = InBuffer::around(raw);
    while input.pos() < raw.len() {
        let at = out.len();
        z.run(&mut input, &mut OutBuffer::around_pos(&mut out, at))
            .unwrap();
    }
    let at = out.len();
    assert_eq!(
        z.flush(&mut OutBuffer::around_pos(&mut out, at)).unwrap(),
        0
    );
    out
}

/// Writes the file anew:
/// `cargo test -p kith-codec --test vectors -- --ignored`.
#[test]
#[ignore = "writes the vectors instead of checking them"]
fn write_the_vectors() {
    let mut v = Vectors {
        about: "Chapter 11, share codec. Written by node/codec/tests/vectors.rs.".to_owned(),
        ..Vectors::default()
    };
    messages(&mut v);
    pictures(&mut v);
    refused(&mut v);
    let text = serde_json::to_string_pretty(&v).unwrap();
    std::fs::write(path(), text + "\n").unwrap();
}

fn messages(v: &mut Vectors) {
    let piece = |n, action| FilmPiece {
        id: FilmId::new(n).unwrap(),
        action,
    };
    let rect = Rect::new(32, 16, 64, 48);
    for (name, m) in [
        ("hello", ToViewer::Hello(Hello::ours())),
        (
            "update, reset, nothing painted",
            update(1, Some((640, 480)), &[]),
        ),
        (
            "update with film",
            ToViewer::Update(Update {
                sequence: 513,
                reset: None,
                more: true,
                exact: true,
                chunk: &[1, 2, 3],
                films: vec![
                    piece(
                        0,
                        FilmAction::Key {
                            rect,
                            bytes: &[0, 0, 1],
                        },
                    ),
                    piece(2, FilmAction::Delta { bytes: &[9] }),
                    piece(3, FilmAction::Close),
                ],
            }),
        ),
        (
            "pointer shape",
            ToViewer::CursorShape(CursorShape {
                slot: 2,
                w: 2,
                h: 1,
                hot_x: 1,
                hot_y: 0,
                pixels: vec![0xff11_2233, 0],
            }),
        ),
        (
            "pointer",
            ToViewer::Cursor {
                shape: Some(2),
                x: 300,
                y: 4,
            },
        ),
        (
            "pointer hidden",
            ToViewer::Cursor {
                shape: None,
                x: 0,
                y: 0,
            },
        ),
        ("grey areas", ToViewer::Masks(vec![rect])),
        ("source minimised", ToViewer::Source(SourceState::Minimised)),
        ("end", ToViewer::End(EndReason::Revoked)),
    ] {
        v.messages.push(Message {
            name: name.to_owned(),
            to: "viewer".to_owned(),
            hex: hex(&m.to_bytes()),
        });
    }
    for (name, m) in [
        (
            "acknowledgement",
            ToSharer::Ack {
                sequence: 513,
                spent: 1500,
            },
        ),
        ("reset", ToSharer::Reset),
        ("hidden", ToSharer::Shown(false)),
    ] {
        v.messages.push(Message {
            name: name.to_owned(),
            to: "sharer".to_owned(),
            hex: hex(&m.to_bytes()),
        });
    }
}

fn pictures(v: &mut Vectors) {
    let size = Size::new(100, 70).unwrap();
    let mut add = |name: &str, steps: Vec<Step>| {
        assert!(!steps.is_empty());
        v.pictures.push(Pictures {
            name: name.to_owned(),
            steps,
        });
    };
    add(
        "one colour, palettes and residues, whole tiles and parts",
        recorded(
            size,
            &mut [
                &mut |p| p.fill(Rect::new(0, 0, 100, 70), 0x12_3456),
                &mut |p| text(p, Rect::new(3, 5, 50, 40), 1),
                &mut |p| shades(p, Rect::new(40, 20, 31, 45), 7),
                &mut |p| p.set(99, 69, 0xff_ffff),
            ],
        ),
    );
    let large = Size::new(320, 200).unwrap();
    add(
        "moves",
        recorded(
            large,
            &mut [
                &mut |p| text(p, Rect::new(0, 0, 320, 200), 2),
                &mut |p| {
                    let old = p.clone();
                    for y in 0..187 {
                        for x in 0..320 {
                            p.set(x, y, old.get(x, y + 13));
                        }
                    }
                },
                &mut |p| {
                    let old = p.clone();
                    for y in 0..100 {
                        for x in 0..150 {
                            p.set(x + 41, y + 30, old.get(x + 30, y + 10));
                        }
                    }
                },
            ],
        ),
    );
    let film = Rect::new(10, 20, 290, 170);
    add(
        "film, then exact",
        recorded(
            large,
            &mut [
                &mut |p| shades(p, film, 0),
                &mut |p| shades(p, film, 3),
                &mut |p| shades(p, film, 6),
                &mut |p| shades(p, film, 9),
                &mut |p| shades(p, film, 12),
                &mut |p| shades(p, film, 15),
                &mut |_| (),
                &mut |_| (),
            ],
        ),
    );
    add(
        "another size",
        recorded(
            size,
            &mut [&mut |p| text(p, Rect::new(0, 0, 100, 70), 5), &mut |p| {
                *p = Picture::new(Size::new(33, 90).unwrap());
                p.fill(Rect::new(1, 1, 20, 20), 0xff_0000);
            }],
        ),
    );
}

fn refused(v: &mut Vectors) {
    let key = v
        .pictures
        .iter()
        .find(|p| p.name.starts_with("film"))
        .and_then(|p| p.steps.iter().find(|s| unhex(&s.hex)[8] & 8 != 0))
        .map(|s| unhex(&s.hex))
        .unwrap();
    let (e, _) = Envelope::split(&key).unwrap().unwrap();
    let Some(ToViewer::Update(u)) = ToViewer::parse(e).unwrap() else {
        panic!("an update")
    };
    let FilmAction::Key { rect, bytes } = u.films[0].action else {
        panic!("a key picture")
    };
    let start = update(1, Some((100, 70)), &[]).to_bytes();
    let start_large = update(1, Some((320, 200)), &[]).to_bytes();
    let chunk = |raw: &[u8]| update(2, Some((100, 70)), &packed(raw, 20)).to_bytes();
    let mut bent = bytes.to_vec();
    bent[5] = 77; // the profile
    let moved = Rect::new(rect.x, rect.y, rect.w - 2, rect.h);
    let outside = Rect::new(300, rect.y, rect.w, rect.h);
    let ended = zstd::encode_all(&[0u8, 0][..], 1).unwrap();
    let cases: Vec<(&str, Vec<Vec<u8>>, &str)> = vec![
        (
            "a critical kind that is unknown",
            vec![vec![0x7f, 0, 0, 0]],
            "message",
        ),
        (
            "the other direction's message",
            vec![vec![0x21, 0, 0, 0]],
            "message",
        ),
        (
            "longer than its kind may be",
            vec![vec![7, 2, 0, 0, 0, 0]],
            "message",
        ),
        (
            "bytes left over",
            vec![vec![4, 6, 0, 0, 0xff, 0, 0, 0, 0, 0]],
            "message",
        ),
        (
            "an unknown flag",
            vec![vec![2, 5, 0, 0, 1, 0, 0, 0, 0x20]],
            "message",
        ),
        (
            "a picture of no width",
            vec![vec![2, 9, 0, 0, 1, 0, 0, 0, 1, 0, 0, 9, 0]],
            "message",
        ),
        (
            "no reset point first",
            vec![update(1, None, &[]).to_bytes()],
            "no-reset",
        ),
        (
            "a number left out",
            vec![start.clone(), update(3, None, &[]).to_bytes()],
            "sequence",
        ),
        (
            "not a stream",
            vec![
                start.clone(),
                update(2, Some((100, 70)), b"hello").to_bytes(),
            ],
            "stream",
        ),
        (
            "a window of 2 MiB",
            vec![
                start.clone(),
                update(2, Some((100, 70)), &packed(&[0, 0], 21)).to_bytes(),
            ],
            "stream",
        ),
        (
            "a stream that ends",
            vec![start.clone(), update(2, Some((100, 70)), &ended).to_bytes()],
            "stream",
        ),
        (
            "more than 4 MiB unpacked",
            vec![start.clone(), chunk(&vec![0; (4 << 20) + 1])],
            "stream",
        ),
        (
            "more parts than tiles",
            vec![start.clone(), chunk(&[0, 13])],
            "update",
        ),
        (
            "a tile beyond the last",
            vec![start.clone(), chunk(&[0, 1, 12 << 3, 0, 0, 0])],
            "update",
        ),
        (
            "a part beyond its tile",
            vec![start.clone(), chunk(&[0, 1, 4, 31, 4, 0, 0, 0, 0])],
            "update",
        ),
        (
            "an unknown form",
            vec![start.clone(), chunk(&[0, 1, 3])],
            "update",
        ),
        (
            "a palette of one",
            vec![start.clone(), chunk(&[0, 1, 1, 1, 0, 0, 0])],
            "update",
        ),
        (
            "an index beyond its palette",
            vec![
                start.clone(),
                chunk(&[0, 1, 5, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]),
            ],
            "update",
        ),
        (
            "a number longer than needed",
            vec![start.clone(), chunk(&[0x80, 0, 0])],
            "update",
        ),
        (
            "a move from outside",
            vec![start.clone(), chunk(&[1, 2, 0, 1, 0, 0, 5, 5, 0])],
            "update",
        ),
        (
            "a move by nothing",
            vec![start.clone(), chunk(&[1, 0, 0, 1, 0, 0, 5, 5, 0])],
            "update",
        ),
        (
            "film that was not begun",
            vec![
                start_large.clone(),
                film(2, None, FilmAction::Delta { bytes }),
            ],
            "film",
        ),
        (
            "film of another size than announced",
            vec![
                start_large.clone(),
                film(2, None, FilmAction::Key { rect: moved, bytes }),
            ],
            "film",
        ),
        (
            "film of another profile",
            vec![
                start_large.clone(),
                film(2, None, FilmAction::Key { rect, bytes: &bent }),
            ],
            "film",
        ),
        (
            "film beyond the picture",
            vec![
                start_large,
                film(
                    2,
                    None,
                    FilmAction::Key {
                        rect: outside,
                        bytes,
                    },
                ),
            ],
            "film-place",
        ),
        (
            "a pointer shape never sent",
            vec![
                ToViewer::Cursor {
                    shape: Some(1),
                    x: 0,
                    y: 0,
                }
                .to_bytes(),
            ],
            "pointer",
        ),
        (
            "a message after the end",
            vec![ToViewer::End(EndReason::Stopped).to_bytes(), start],
            "ended",
        ),
    ];
    for (name, list, error) in cases {
        let mut viewer = Viewer::new().unwrap();
        let mut last = None;
        for b in &list {
            last = feed(&mut viewer, b);
        }
        assert_eq!(last, Some(error), "{name}");
        v.refused.push(Refused {
            name: name.to_owned(),
            hex: list.iter().map(|b| hex(b)).collect(),
            error: error.to_owned(),
        });
    }
}
