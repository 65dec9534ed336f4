//! What the codec costs: `cargo bench -p kith-codec`.
//!
//! First a table of whole workloads (bytes and milliseconds an update, sharer
//! and viewer), to be read beside the goals of the project; then the parts.
//! Without `nasm` at build time film is several times slower.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a benchmark may fail and print

use divan::Bencher;
use kith_codec::decoder::{Seen, Viewer};
use kith_codec::geometry::{Rect, Size};
use kith_codec::message::{Envelope, ToSharer, ToViewer};
use kith_codec::picture::Picture;
use kith_codec::share::{Lane, Share, ShareConfig, ViewerId};
use kith_codec::synthetic::{Desktop, Kind};
use kith_codec::time::{Micros, Moment};

const SCREEN: (u16, u16) = (1920, 1080);
const ME: ViewerId = ViewerId(1);

/// Processor time of this thread: what else runs on the machine does not
/// count. Read from the kernel; elsewhere than on Linux it is wall time.
#[derive(Clone, Copy)]
struct Cpu(u64, std::time::Instant);

impl Cpu {
    fn ns() -> u64 {
        let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        stat.split(' ')
            .next()
            .and_then(|n| n.parse().ok())
            .unwrap_or(0)
    }

    fn now() -> Self {
        Self(Self::ns(), std::time::Instant::now())
    }

    fn ms(self) -> f64 {
        match Self::ns() {
            0 => self.1.elapsed().as_secs_f64() * 1e3,
            ns => (ns - self.0) as f64 / 1e6,
        }
    }
}

fn screen() -> Size {
    Size::new(SCREEN.0, SCREEN.1).unwrap()
}

/// A share and a viewer on a perfect path.
struct Bench {
    share: Share,
    viewer: Viewer,
    now: Moment,
    bytes: Vec<usize>,
    encode: Vec<f64>,
    decode: Vec<f64>,
}

impl Bench {
    fn new(picture: &Picture) -> Self {
        let mut share = Share::new(picture.size(), ShareConfig::default()).unwrap();
        share.add_viewer(ME, Moment(0)).unwrap();
        let viewer = Viewer::new().unwrap();
        let (bytes, encode, decode) = (Vec::new(), Vec::new(), Vec::new());
        let mut bench = Self {
            share,
            viewer,
            now: Moment(0),
            bytes,
            encode,
            decode,
        };
        bench.settle(picture);
        bench.forget();
        bench
    }

    fn forget(&mut self) {
        self.bytes.clear();
        self.encode.clear();
        self.decode.clear();
    }

    /// One update, if there is one.
    fn step(&mut self, picture: &Picture) -> bool {
        let start = Cpu::now();
        self.share.encode(&picture.view(), self.now).unwrap();
        let spent = start.ms();
        let mut any = false;
        while let Some(t) = self.share.poll(ME, Lane::Picture) {
            any = true;
            let bytes = [&t.head[..], &t.body].concat();
            let start = Cpu::now();
            let (e, _) = Envelope::split(&bytes).unwrap().unwrap();
            let seen = self
                .viewer
                .handle(ToViewer::parse(e).unwrap().unwrap())
                .unwrap();
            self.decode.push(start.ms());
            self.bytes.push(bytes.len());
            self.now = self.now + Micros(500);
            if let Seen::Painted { sequence, .. } = seen {
                let ack = ToSharer::Ack { sequence, spent: 0 };
                self.share.handle(ME, ack, self.now).unwrap();
            }
        }
        if any {
            self.encode.push(spent);
        }
        any
    }

    /// Until the viewer is exact; gives back how long that took in all,
    /// timers included, in milliseconds.
    fn settle(&mut self, picture: &Picture) -> f64 {
        let start = self.now;
        let mut work = 0.0;
        for _ in 0..1000 {
            let before = (self.encode.len(), self.decode.len());
            while self.share.wants_source(self.now) && self.step(picture) {}
            work += self.encode[before.0..]
                .iter()
                .chain(&self.decode[before.1..])
                .sum::<f64>();
            match self.share.poll_at() {
                Some(t) if !self.share.is_exact() => self.now = self.now.max(t),
                _ => break,
            }
        }
        assert!(self.share.is_exact());
        assert!(self.viewer.picture().unwrap() == picture, "bit-exact");
        work + (self.now - start).0 as f64 / 1e3
    }

    fn row(&self, name: &str, goal: &str) {
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len().max(1) as f64;
        let worst = |v: &[f64]| v.iter().copied().fold(0.0, f64::max);
        let total: usize = self.bytes.iter().sum();
        println!(
            "{name:<26} {:>4} {:>9.2} {:>8.1} {:>8.2} {:>7.1} {:>8.2}   {goal}",
            self.encode.len(),
            total as f64 / 1024.0 / self.encode.len().max(1) as f64,
            self.bytes.iter().copied().max().unwrap_or(0) as f64 / 1024.0,
            mean(&self.encode),
            worst(&self.encode),
            mean(&self.decode),
        );
    }
}

/// Reports damage and move hints as X11 would.
fn report(share: &mut Share, desktop: &mut Desktop, hints: bool) {
    let (damage, moves) = desktop.take_damage();
    damage.rects().iter().for_each(|r| share.damage(*r));
    if hints {
        moves.into_iter().for_each(|v| share.hint_move(v));
    }
}

fn run(
    name: &str,
    goal: &str,
    frames: u64,
    period: Micros,
    mut desktop: Desktop,
    mut change: impl FnMut(&mut Desktop, u64),
) -> (Bench, Desktop) {
    desktop.take_damage();
    let mut b = Bench::new(desktop.picture());
    b.now = Moment(10_000_000);
    let start = b.now;
    for i in 0..frames {
        b.now = b.now.max(start + Micros(period.0 * i));
        change(&mut desktop, i);
        report(&mut b.share, &mut desktop, false);
        b.step(desktop.picture());
    }
    b.row(name, goal);
    (b, desktop)
}

fn terminal() -> Desktop {
    let mut d = Desktop::empty(screen(), 1);
    d.open(Kind::Terminal, Rect::new(100, 60, 1440, 900));
    (0..60).for_each(|_| d.step(Kind::Terminal));
    d
}

fn dragged() -> Desktop {
    let mut d = Desktop::new(screen(), 1);
    d.open(Kind::Terminal, Rect::new(300, 200, 702, 450));
    (0..30).for_each(|_| d.step(Kind::Terminal));
    d
}

fn drag(d: &mut Desktop, i: u64) {
    let t = i as f64 / 9.0;
    d.move_top((t.cos() * 14.0) as i32, (t.sin() * 9.0) as i32 + 1);
}

fn player() -> Desktop {
    let mut d = Desktop::empty(screen(), 1);
    d.open(Kind::Player, Rect::new(333, 217, 644, 388));
    d
}

fn luma_psnr(a: &Picture, b: &Picture, rect: Rect) -> f64 {
    let luma = |p: u32| {
        0.299 * f64::from(p >> 16 & 255)
            + 0.587 * f64::from(p >> 8 & 255)
            + 0.114 * f64::from(p & 255)
    };
    let mut sum = 0.0;
    for y in rect.y..rect.y + rect.h {
        for x in rect.x..rect.x + rect.w {
            sum += (luma(a.get(x, y)) - luma(b.get(x, y))).powi(2);
        }
    }
    10.0 * (65025.0 / (sum / f64::from(rect.area()))).log10()
}

fn table() {
    println!("1920x1080, zstd level 1, one viewer, perfect path, no move hints; processor time");
    println!(
        "{:<26} {:>4} {:>9} {:>8} {:>8} {:>7} {:>8}   goal",
        "workload", "n", "KB/update", "max KB", "enc ms", "max", "dec ms"
    );
    let text = "the quick brown fox jumps over the lazy dog. ";
    let mut typed = text.chars().cycle();
    run(
        "type",
        "0.15 KB",
        200,
        Micros(100_000),
        Desktop::new(screen(), 1),
        |d, _| {
            d.type_char(typed.next().unwrap());
        },
    );
    run(
        "scroll 1440x900",
        "1.4 KB, 5 ms",
        120,
        Micros(16_667),
        terminal(),
        |d, _| {
            d.step(Kind::Terminal);
        },
    );
    run(
        "drag 702x450",
        "2 KB, 3.5 ms",
        120,
        Micros(16_667),
        dragged(),
        drag,
    );
    let (mut b, d) = run(
        "video 640x360",
        "12 KB, 6 ms",
        90,
        Micros(33_333),
        player(),
        |d, _| {
            d.step(Kind::Player);
        },
    );
    let film = Rect::new(335, 243, 640, 360);
    let db = luma_psnr(b.viewer.picture().unwrap(), d.picture(), film);
    b.forget();
    let exact = b.settle(d.picture());
    println!("  film {db:.1} dB (goal 45), exact {exact:.0} ms after it stopped (goal 300)");
    flip();
    viewers();
}

fn flip() {
    let page = |seed: u32| {
        let mut d = Desktop::empty(screen(), seed);
        d.open(Kind::Terminal, Rect::new(0, 0, 1920, 1080));
        for _ in 0..seed % 7 + 60 {
            d.step(Kind::Terminal);
        }
        d
    };
    let mut b = Bench::new(page(1).picture());
    let mut exact: f64 = 0.0;
    for seed in 2..8 {
        let d = page(seed);
        b.now = b.now + Micros(1_000_000);
        b.share.damage(screen().bounds());
        exact = exact.max(b.settle(d.picture()));
    }
    b.row("flip, text", "115 KB");
    println!("  exact after {exact:.0} ms (goal 30)");
    let photo = |seed: u32| {
        let mut d = Desktop::empty(screen(), seed * 2 + 1);
        d.open(Kind::Photo, Rect::new(0, 0, 1920, 1080));
        d
    };
    let mut b = Bench::new(photo(1).picture());
    let (mut exact, mut preview, mut kb): (f64, f64, usize) = (0.0, 0.0, 0);
    for seed in 2..6 {
        let d = photo(seed);
        b.now = b.now + Micros(1_000_000);
        b.share.damage(screen().bounds());
        let n = b.bytes.len();
        b.step(d.picture());
        preview = preview.max(b.encode[b.encode.len() - 1] + b.decode[n]);
        kb = kb.max(b.bytes[n]);
        if seed == 2 {
            let db = luma_psnr(b.viewer.picture().unwrap(), d.picture(), screen().bounds());
            println!("  photo preview {db:.1} dB");
        }
        exact = exact.max(preview + b.settle(d.picture()));
    }
    b.row("flip, photo (all updates)", "300 KB first");
    println!(
        "  preview {} KB after {preview:.0} ms (goal 300, 60), exact after {exact:.0} ms (goal 250)",
        kb / 1024
    );
}

/// What each further viewer of the same pace costs the sharer.
fn viewers() {
    let cost = |n: u32| {
        let mut d = terminal();
        let mut b = Bench::new(d.picture());
        for i in 0..n {
            b.share.add_viewer(ViewerId(100 + i), b.now).unwrap();
        }
        let serve = |b: &mut Bench, d: &Desktop| {
            let start = Cpu::now();
            b.step(d.picture());
            for i in 0..n {
                let id = ViewerId(100 + i);
                while let Some(t) = b.share.poll(id, Lane::Picture) {
                    let sequence = u32::from_le_bytes([t.head[4], t.head[5], t.head[6], t.head[7]]);
                    b.share
                        .handle(id, ToSharer::Ack { sequence, spent: 0 }, b.now)
                        .unwrap();
                }
            }
            start.ms()
        };
        for _ in 0..200 {
            b.now = b.now + Micros(16_667);
            d.step(Kind::Terminal);
            report(&mut b.share, &mut d, false);
            serve(&mut b, &d);
        }
        for i in 0..n {
            assert!(b.share.statistics(ViewerId(100 + i)).unwrap().leading);
        }
        // The mean: processor time may be counted in ticks.
        let rounds = 240;
        let total: f64 = (0..rounds)
            .map(|_| {
                b.now = b.now + Micros(16_667);
                d.step(Kind::Terminal);
                report(&mut b.share, &mut d, false);
                serve(&mut b, &d)
            })
            .sum();
        total / f64::from(rounds)
    };
    let (one, many) = (cost(0), cost(10));
    println!(
        "further viewer of the same pace: {:.3} ms an update (goal 0.3)",
        (many - one) / 10.0
    );
}

fn main() {
    // The table is long: not for who asks for one part by name.
    if std::env::args().skip(1).all(|a| a.starts_with('-')) {
        table();
    }
    divan::main();
}

/// What is shown next, and where it differs.
type Next = (Picture, kith_codec::geometry::Region);

/// Shows one thing after another. Drawing is not measured.
fn scenes(mut desktop: Desktop, mut change: impl FnMut(&mut Desktop, u64)) -> impl FnMut() -> Next {
    let mut i = 0;
    desktop.take_damage();
    move || {
        i += 1;
        change(&mut desktop, i);
        let (damage, _) = desktop.take_damage();
        (desktop.picture().clone(), damage)
    }
}

/// Two full screens of a kind, in turn.
fn flips(kind: Kind) -> (Picture, impl FnMut() -> Next) {
    let page = |seed: u32| {
        let mut d = Desktop::empty(screen(), seed);
        d.open(kind, Rect::new(0, 0, 1920, 1080));
        (0..60).for_each(|_| d.step(Kind::Terminal));
        d.picture().clone()
    };
    let pages = [page(3), page(5)];
    let mut i = 0;
    let first = pages[0].clone();
    let next = move || {
        i += 1;
        let mut all = kith_codec::geometry::Region::new();
        all.add(screen().bounds());
        (pages[i % 2].clone(), all)
    };
    (first, next)
}

/// A share whose viewer acknowledges at once.
struct Sharing {
    share: Share,
    now: Moment,
}

impl Sharing {
    fn new(first: &Picture) -> Self {
        let share = Bench::new(first).share;
        let now = Moment(100_000_000);
        Self { share, now }
    }

    /// Whoever shared this before has the picture.
    fn update(&mut self, (picture, damage): &Next) -> Vec<u8> {
        self.now = self.now + Micros(16_667);
        damage.rects().iter().for_each(|r| self.share.damage(*r));
        self.share.encode(&picture.view(), self.now).unwrap();
        let mut bytes = Vec::new();
        while let Some(t) = self.share.poll(ME, Lane::Picture) {
            let sequence = u32::from_le_bytes([t.head[4], t.head[5], t.head[6], t.head[7]]);
            let ack = ToSharer::Ack { sequence, spent: 0 };
            self.share.handle(ME, ack, self.now + Micros(500)).unwrap();
            bytes.extend_from_slice(&t.head);
            bytes.extend_from_slice(&t.body);
        }
        bytes
    }

    /// The same until nothing is left to say.
    fn rest(&mut self, next: &Next) {
        for _ in 0..100 {
            self.update(next);
            match self.share.poll_at() {
                Some(at) => self.now = self.now.max(at),
                None => break,
            }
        }
    }
}

/// What the sharer spends on each update. With `rest`, each begins when the
/// one before is exact.
fn encoding(b: Bencher<'_, '_>, first: &Picture, mut next: impl FnMut() -> Next, rest: bool) {
    let sharing = std::cell::RefCell::new((Sharing::new(first), None::<Next>));
    b.with_inputs(|| {
        let (sharing, last) = &mut *sharing.borrow_mut();
        if let Some(last) = last.take().filter(|_| rest) {
            sharing.rest(&last);
        }
        let now = next();
        *last = Some(now.clone());
        now
    })
    .bench_local_values(|next| sharing.borrow_mut().0.update(&next));
}

/// What the viewer spends on each update.
fn decoding(b: Bencher<'_, '_>, first: &Picture, mut next: impl FnMut() -> Next) {
    let bench = std::cell::RefCell::new(Bench::new(first));
    b.with_inputs(|| {
        let b = &mut *bench.borrow_mut();
        let (picture, damage) = next();
        b.now = b.now + Micros(16_667);
        damage.rects().iter().for_each(|r| b.share.damage(*r));
        b.share.encode(&picture.view(), b.now).unwrap();
        let mut bytes = Vec::new();
        while let Some(t) = b.share.poll(ME, Lane::Picture) {
            bytes.extend_from_slice(&t.head);
            bytes.extend_from_slice(&t.body);
        }
        bytes
    })
    .bench_local_values(|bytes| {
        let b = &mut *bench.borrow_mut();
        let mut at = 0;
        while let Some((envelope, used)) = Envelope::split(&bytes[at..]).unwrap() {
            let seen = b.viewer.handle(ToViewer::parse(envelope).unwrap().unwrap());
            if let Seen::Painted { sequence, .. } = seen.unwrap() {
                let ack = ToSharer::Ack { sequence, spent: 0 };
                b.share.handle(ME, ack, b.now + Micros(500)).unwrap();
            }
            at += used;
        }
    });
}

/// Moves: a terminal scrolls.
#[divan::bench(sample_count = 200, sample_size = 1)]
fn encode_scroll(b: Bencher<'_, '_>) {
    let d = terminal();
    let first = d.picture().clone();
    encoding(b, &first, scenes(d, |d, _| d.step(Kind::Terminal)), false);
}

/// Moves, and what they uncover: a window is dragged.
#[divan::bench(sample_count = 200, sample_size = 1)]
fn encode_drag(b: Bencher<'_, '_>) {
    let d = dragged();
    let first = d.picture().clone();
    encoding(b, &first, scenes(d, drag), false);
}

/// Tiles: another page of text.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn encode_text_page(b: Bencher<'_, '_>) {
    let (first, next) = flips(Kind::Terminal);
    encoding(b, &first, next, true);
}

/// The preview of a photograph on the whole screen.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn encode_photo_preview(b: Bencher<'_, '_>) {
    let (first, next) = flips(Kind::Photo);
    encoding(b, &first, next, true);
}

/// A film in a window.
#[divan::bench(sample_count = 100, sample_size = 1)]
fn encode_film(b: Bencher<'_, '_>) {
    let d = player();
    let first = d.picture().clone();
    encoding(b, &first, scenes(d, |d, _| d.step(Kind::Player)), false);
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn decode_scroll(b: Bencher<'_, '_>) {
    let d = terminal();
    let first = d.picture().clone();
    decoding(b, &first, scenes(d, |d, _| d.step(Kind::Terminal)));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn decode_text_page(b: Bencher<'_, '_>) {
    let (first, next) = flips(Kind::Terminal);
    decoding(b, &first, next);
}

#[divan::bench(sample_count = 100, sample_size = 1)]
fn decode_film(b: Bencher<'_, '_>) {
    let d = player();
    let first = d.picture().clone();
    decoding(b, &first, scenes(d, |d, _| d.step(Kind::Player)));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn decode_photo(b: Bencher<'_, '_>) {
    let (first, next) = flips(Kind::Photo);
    decoding(b, &first, next);
}

/// Nothing changed, yet the whole screen was reported.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn compare_whole_screen(bencher: Bencher<'_, '_>) {
    let d = dragged();
    let mut b = Bench::new(d.picture());
    bencher.bench_local(|| {
        b.share.damage(screen().bounds());
        b.step(d.picture())
    });
}

/// First picture of a new viewer.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn first_picture(bencher: Bencher<'_, '_>) {
    let d = dragged();
    bencher.bench_local(|| Bench::new(d.picture()).bytes.len());
}
