//! A viewer against a hostile sharer: raw messages, updates whose chunk is
//! arbitrary below an honest compressor, and film that was bent.
#![no_main]

use std::cell::RefCell;
use std::sync::OnceLock;

use kith_codec::decoder::Viewer;
use kith_codec::film::FilmId;
use kith_codec::geometry::{Rect, Size};
use kith_codec::message::{Envelope, FilmAction, FilmPiece, ToViewer, Update};
use libfuzzer_sys::fuzz_target;
use openh264::OpenH264API;
use openh264::encoder::{Encoder, EncoderConfig, Profile, QpRange, RateControlMode};
use openh264::formats::YUVBuffer;
use zstd::stream::raw::{CParameter, Encoder as Zstd, InBuffer, Operation, OutBuffer};

thread_local! {
    static ZSTD: RefCell<Zstd<'static>> = RefCell::new({
        let mut z = Zstd::new(1).unwrap();
        z.set_parameter(CParameter::WindowLog(20)).unwrap();
        z.set_parameter(CParameter::ContentSizeFlag(false)).unwrap();
        z
    });
}

/// A key picture and some that follow, 64 by 48.
fn film() -> &'static [Vec<u8>] {
    static FILM: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    FILM.get_or_init(|| {
        let config = EncoderConfig::new()
            .profile(Profile::Baseline)
            .rate_control_mode(RateControlMode::Off)
            .qp(QpRange::new(28, 28))
            .num_threads(1);
        let mut e = Encoder::with_api_config(OpenH264API::from_source(), config).unwrap();
        (0..6u32)
            .map(|t| {
                let yuv = (0..64 * 48 * 3 / 2).map(|i: u32| ((i * 7 + t * 5) ^ (i / 64 * 3)) as u8);
                e.encode(&YUVBuffer::from_vec(yuv.collect(), 64, 48))
                    .unwrap()
                    .to_vec()
            })
            .collect()
    })
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> u8 {
        let Some((b, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *b
    }
    fn take(&mut self, n: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(n.min(self.0.len()));
        self.0 = rest;
        head
    }
}

fn pack(z: &mut Zstd<'static>, raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + 1024);
    let mut input = InBuffer::around(raw);
    while input.pos() < raw.len() {
        let at = out.len();
        z.run(&mut input, &mut OutBuffer::around_pos(&mut out, at))
            .unwrap();
    }
    loop {
        out.reserve(1024);
        let at = out.len();
        if z.flush(&mut OutBuffer::around_pos(&mut out, at)).unwrap() == 0 {
            return out;
        }
    }
}

fuzz_target!(|data: &[u8]| {
    ZSTD.with_borrow_mut(|z| {
        let mut input = Input(data);
        let mut viewer = Viewer::new().unwrap();
        let mut sequence = 0u32;
        let mut films = 0;
        for _ in 0..32 {
            if input.0.is_empty() {
                break;
            }
            let op = input.byte();
            match op & 3 {
                0 => {
                    let n = usize::from(input.byte());
                    if let Ok(Some((e, _))) = Envelope::split(input.take(n))
                        && let Ok(Some(m)) = ToViewer::parse(e)
                    {
                        let _ = viewer.handle(m);
                    }
                }
                1 | 2 => {
                    sequence += 1;
                    let reset = (sequence == 1 || op & 4 != 0).then(|| {
                        let (w, h) = (u16::from(input.byte()), u16::from(input.byte()));
                        z.reinit().unwrap();
                        Size::new(w * 2 + 1, h * 2 + 1).unwrap()
                    });
                    let n = usize::from(input.byte()) * 4;
                    let raw = input.take(n);
                    let mut chunk = pack(z, raw);
                    if op & 8 != 0 {
                        // Bent below the compressor too.
                        let at = usize::from(input.byte()) % chunk.len().max(1);
                        if let Some(b) = chunk.get_mut(at) {
                            *b ^= input.byte();
                        }
                    }
                    let more = op & 16 != 0;
                    let u = Update {
                        sequence,
                        reset,
                        more,
                        exact: false,
                        chunk: &chunk,
                        films: vec![],
                    };
                    let _ = viewer.handle(ToViewer::Update(u));
                }
                _ => {
                    films += 1;
                    if films > 4 {
                        continue;
                    }
                    sequence += 1;
                    let which = usize::from(input.byte());
                    let mut bytes = film()[which % film().len()].clone();
                    for _ in 0..op >> 5 {
                        let at = usize::from(input.byte()) << 4 | usize::from(input.byte() & 15);
                        let n = bytes.len();
                        bytes[at % n] ^= input.byte();
                    }
                    let rect = Rect::new(u16::from(input.byte()), u16::from(input.byte()), 64, 48);
                    let action = match (op & 4 == 0, which & 64 != 0) {
                        (_, true) => FilmAction::Close,
                        (true, _) => FilmAction::Key {
                            rect,
                            bytes: &bytes,
                        },
                        (false, _) => FilmAction::Delta { bytes: &bytes },
                    };
                    let id = FilmId::new(op >> 3 & 1).unwrap();
                    let u = Update {
                        sequence,
                        reset: (sequence == 1).then(|| Size::new(200, 200).unwrap()),
                        more: false,
                        exact: true,
                        chunk: &[],
                        films: vec![FilmPiece { id, action }],
                    };
                    let _ = viewer.handle(ToViewer::Update(u));
                }
            }
        }
        if let Some(p) = viewer.picture() {
            assert!(p.pixels().iter().all(|p| p >> 24 == 0), "the X byte is 0");
        }
    });
});
