//! A sharer in this process: the synthetic desktop behind a real encoder, at
//! the other end of a socket pair.
#![allow(dead_code, unreachable_pub)] // each test binary uses a part
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed helper is a failed test

pub mod screen;
pub mod vnc;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use kith_codec::geometry::Size;
use kith_codec::input::{Input, Notice};
use kith_codec::message::{Envelope, ToSharer};
use kith_codec::picture::Picture;
use kith_codec::share::{Lane, Share, ShareConfig, ViewerId};
use kith_codec::synthetic::Desktop;
use kith_codec::time::Moment;
use kith_view::frame::{self, Lane as Wire};
use kith_view::local::{FromNode, FromView};

const ME: ViewerId = ViewerId(1);

/// Something to do in the sharer's thread.
type Job = Box<dyn FnOnce(&mut Desktop, &mut Share) + Send>;

enum Order {
    Job(Job),
    Notice(Notice),
    Local(FromNode),
    Raw(Vec<u8>),
    Snapshot(SyncSender<Picture>),
    Close,
}

/// The sharer; it ends when dropped.
pub struct Sharer {
    orders: SyncSender<Order>,
    pub inputs: Receiver<Input>,
    pub locals: Receiver<FromView>,
    thread: Option<JoinHandle<()>>,
}

impl Sharer {
    /// Begins to share a desktop of this size; the other end of the socket.
    pub fn new(size: Size) -> (Self, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (orders, orders_in) = sync_channel(256);
        let (inputs_out, inputs) = sync_channel(4096);
        let (locals_out, locals) = sync_channel(64);
        let thread = std::thread::spawn(move || {
            run(size, ours, &orders_in, &inputs_out, &locals_out);
        });
        let sharer = Self {
            orders,
            inputs,
            locals,
            thread: Some(thread),
        };
        (sharer, theirs)
    }

    /// Changes the desktop or the share.
    pub fn act(&self, job: impl FnOnce(&mut Desktop, &mut Share) + Send + 'static) {
        self.orders.send(Order::Job(Box::new(job))).unwrap();
    }

    pub fn notice(&self, notice: Notice) {
        self.orders.send(Order::Notice(notice)).unwrap();
    }

    pub fn local(&self, message: FromNode) {
        self.orders.send(Order::Local(message)).unwrap();
    }

    /// Any bytes on the socket.
    pub fn raw(&self, bytes: Vec<u8>) {
        self.orders.send(Order::Raw(bytes)).unwrap();
    }

    /// What the source shows now.
    pub fn picture(&self) -> Picture {
        let (out, picture) = sync_channel(1);
        self.orders.send(Order::Snapshot(out)).unwrap();
        picture.recv().unwrap()
    }

    /// The next input, within ten seconds.
    pub fn input(&self) -> Input {
        self.inputs.recv_timeout(Duration::from_secs(60)).unwrap()
    }

    /// The next input that is no move.
    pub fn act_input(&self) -> Input {
        loop {
            let input = self.input();
            if !matches!(input, Input::Move(_)) {
                return input;
            }
        }
    }

    /// Closes the socket.
    pub fn close(&self) {
        let _ = self.orders.send(Order::Close);
    }
}

impl Drop for Sharer {
    fn drop(&mut self) {
        self.close();
        if let Some(t) = self.thread.take()
            && t.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the sharer failed");
        }
    }
}

fn run(
    size: Size,
    mut socket: UnixStream,
    orders: &Receiver<Order>,
    inputs: &SyncSender<Input>,
    locals: &SyncSender<FromView>,
) {
    socket
        .set_read_timeout(Some(Duration::from_millis(2)))
        .unwrap();
    socket
        .set_write_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let started = Instant::now();
    let now = || Moment(started.elapsed().as_micros() as u64);
    let mut desktop = Desktop::new(size, 7);
    let mut share = Share::new(size, ShareConfig::default()).unwrap();
    share.add_viewer(ME, now()).unwrap();
    let mut reader = frame::Reader::new();
    let mut control = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        let mut out = Vec::new();
        loop {
            match orders.try_recv() {
                Ok(Order::Job(job)) => job(&mut desktop, &mut share),
                Ok(Order::Notice(n)) => frame::put(Wire::Control, &n.to_bytes(), &mut out),
                Ok(Order::Local(m)) => frame::put(Wire::Local, &m.to_bytes(), &mut out),
                Ok(Order::Raw(bytes)) => out.extend(bytes),
                Ok(Order::Snapshot(to)) => to.send(desktop.picture().clone()).unwrap(),
                Ok(Order::Close) | Err(TryRecvError::Disconnected) => return,
                Err(TryRecvError::Empty) => break,
            }
        }
        desktop.advance(now());
        let (damage, hints) = desktop.take_damage();
        for r in damage.rects() {
            share.damage(*r);
        }
        for h in hints {
            share.hint_move(h);
        }
        share.encode(&desktop.picture().view(), now()).unwrap();
        for (lane, wire) in [
            (Lane::Control, Wire::Control),
            (Lane::Picture, Wire::Picture),
        ] {
            while let Some(t) = share.poll(ME, lane) {
                frame::put(wire, &[&t.head[..], &t.body].concat(), &mut out);
            }
        }
        if socket.write_all(&out).is_err() {
            return;
        }
        let n = match socket.read(&mut chunk) {
            Ok(0) => return,
            Ok(n) => n,
            Err(_) => continue,
        };
        reader.push(&chunk[..n]);
        while let Some((lane, piece)) = reader.next_frame().unwrap() {
            match lane {
                Wire::Control | Wire::Late => control.extend_from_slice(piece),
                Wire::Local => locals.send(FromView::parse(piece).unwrap()).unwrap(),
                Wire::Picture => panic!("a viewer has no picture"),
            }
        }
        let mut rest = &control[..];
        while let Some((envelope, used)) = Envelope::split(rest).unwrap() {
            rest = &rest[used..];
            if envelope.is_input() {
                inputs.send(Input::parse(envelope).unwrap()).unwrap();
            } else if let Some(m) = ToSharer::parse(envelope).unwrap() {
                share.handle(ME, m, now()).unwrap();
            }
        }
        control = rest.to_vec();
    }
}
