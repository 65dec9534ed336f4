//! A VNC client, as small as it can be: RFB 3.8, VNC's password, raw pixels.
#![allow(dead_code, unreachable_pub)] // each test binary uses a part
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use des::Des;
use des::cipher::{BlockCipherEncrypt, KeyInit};
use kith_codec::geometry::{Rect, Size};
use kith_codec::picture::Picture;

/// How long one answer may take on a loaded machine.
const LONG: Duration = Duration::from_secs(60);

/// A small VNC client.
pub struct Client {
    pub stream: TcpStream,
    pub picture: Picture,
    pub name: String,
    pub cursor: Option<(u16, u16, u16, u16)>,
}

impl Client {
    pub fn new(port: u16, password: &str) -> Option<Self> {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(LONG)).unwrap();
        let mut bytes = [0; 16];
        stream.read_exact(&mut bytes[..12]).ok()?;
        assert_eq!(&bytes[..12], b"RFB 003.008\n");
        stream.write_all(b"RFB 003.008\n").unwrap();
        stream.read_exact(&mut bytes[..2]).unwrap();
        assert_eq!(bytes[..2], [1, 2], "VNC authentication and nothing else");
        stream.write_all(&[2]).unwrap();
        stream.read_exact(&mut bytes).unwrap();
        let mut key = [0; 8];
        for (to, from) in key.iter_mut().zip(password.bytes()) {
            *to = from.reverse_bits();
        }
        let cipher = Des::new(&key.into());
        for block in bytes.as_chunks_mut::<8>().0 {
            cipher.encrypt_block(block.into());
        }
        stream.write_all(&bytes).unwrap();
        stream.read_exact(&mut bytes[..4]).unwrap();
        if bytes[..4] != [0; 4] {
            return None;
        }
        stream.write_all(&[0]).unwrap();
        let mut client = Self {
            stream,
            picture: Picture::new(Size::new(1, 1).unwrap()),
            name: String::new(),
            cursor: None,
        };
        let size = client.size();
        client.picture = Picture::new(size);
        client.bytes(16);
        client.name = client.text();
        // Raw, pointer, size, name.
        let list: Vec<u8> = [0i32, -239, -223, -307]
            .iter()
            .flat_map(|e| e.to_be_bytes())
            .collect();
        client.send(&[2, 0, 0, 4]);
        client.send(&list);
        Some(client)
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    pub fn u16(&mut self) -> u16 {
        let b = self.bytes(2);
        u16::from_be_bytes([b[0], b[1]])
    }

    pub fn u32(&mut self) -> u32 {
        u32::from(self.u16()) << 16 | u32::from(self.u16())
    }

    pub fn size(&mut self) -> Size {
        Size::new(self.u16(), self.u16()).unwrap()
    }

    pub fn text(&mut self) -> String {
        let n = self.u32() as usize;
        String::from_utf8(self.bytes(n)).unwrap()
    }

    pub fn request(&mut self, incremental: bool) {
        let size = self.picture.size();
        let [w1, w0] = size.width().to_be_bytes();
        let [h1, h0] = size.height().to_be_bytes();
        self.send(&[3, u8::from(incremental), 0, 0, 0, 0, w1, w0, h1, h0]);
    }

    /// Reads one update into the picture.
    pub fn update(&mut self) {
        assert_eq!(self.bytes(1), [0]);
        self.bytes(1);
        for _ in 0..self.u16() {
            let r = Rect::new(self.u16(), self.u16(), self.u16(), self.u16());
            match self.u32() as i32 {
                0 => {
                    let pixels = self.bytes(r.area() as usize * 4);
                    for (i, p) in pixels.chunks(4).enumerate() {
                        let (x, y) = (i % usize::from(r.w), i / usize::from(r.w));
                        let colour = u32::from_le_bytes([p[0], p[1], p[2], 0]);
                        self.picture.set(r.x + x as u16, r.y + y as u16, colour);
                    }
                }
                -239 => {
                    let (w, h) = (usize::from(r.w), usize::from(r.h));
                    self.bytes(w * h * 4 + w.div_ceil(8) * h);
                    self.cursor = (w > 0).then_some((r.x, r.y, r.w, r.h));
                }
                -223 => self.picture = Picture::new(Size::new(r.w, r.h).unwrap()),
                -307 => self.name = self.text(),
                other => panic!("encoding {other} was not offered"),
            }
        }
    }

    /// Asks for updates until the picture is this one.
    pub fn shows(&mut self, expected: &Picture) {
        self.request(false);
        let end = Instant::now() + LONG;
        loop {
            self.update();
            if self.picture.pixels() == expected.pixels() {
                return;
            }
            assert!(Instant::now() < end, "other pixels at the VNC viewer");
            self.request(true);
        }
    }

    /// A request is still open: reads what comes until something is so.
    pub fn until(&mut self, what: &str, mut so: impl FnMut(&Self) -> bool) {
        let end = Instant::now() + LONG;
        while !so(self) {
            assert!(Instant::now() < end, "waited in vain for {what}");
            self.request(true);
            self.update();
        }
    }
}
