//! Real programs, shared: `cargo bench -p kith-screen --bench programs`. Wants
//! Xvfb, openbox and xdotool; the programs themselves may be absent (Debian:
//! chromium, mousepad) and are then left out with a word.
//!
//! Capture, encoding and decoding on one thread, without a network between: as
//! many updates as that makes. At the end the program rests, and what the
//! viewer has is compared with the screen, pixel for pixel.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // a benchmark may fail and print

#[path = "../tests/capture/mod.rs"]
mod capture;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use capture::bed::Display;
use kith_codec::decoder::{Seen, Viewer};
use kith_codec::message::{Envelope, ToSharer, ToViewer};
use kith_codec::share::{Lane, Share, ShareConfig, ViewerId};
use kith_codec::time::Moment;
use kith_screen::source::Source;
use kith_screen::x11::{Area, Privacy, ScreenSource};
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat};

const SCREEN: (u16, u16) = (1600, 1000);
const ME: ViewerId = ViewerId(1);

/// A page of text that scrolls by itself, and a picture that is panned and then
/// zoomed: each for some seconds, then still.
const PAGE: &str = r#"<!doctype html><meta charset=utf-8><body style="margin:2em;font:17px serif">
<script>
const words="the quick brown fox jumps over a lazy dog while seven wizards quietly box five jugs".split(" ");
let r=7; const next=n=>(r=(r*1103515245+12345)%2147483648)%n;
for(let p=0;p<400;p++){const e=document.createElement(p%9?"p":"h2");
 e.textContent=Array.from({length:p%9?90:5},()=>words[next(words.length)]).join(" ");document.body.append(e)}
setTimeout(()=>{const t0=performance.now();const f=t=>{scrollBy(0,7);if(t-t0<6000)requestAnimationFrame(f)};requestAnimationFrame(f)},START)
</script>"#;
const SCAN: &str = r#"<!doctype html><body style="margin:0;background:#000;overflow:hidden"><canvas id=c></canvas>
<script>
const S=2048,p=document.createElement("canvas");p.width=p.height=S;const g=p.getContext("2d"),d=g.createImageData(S,S);
let r=7;for(let y=0;y<S;y++)for(let x=0;x<S;x++){r=(r*1103515245+12345)%2147483648;
 const v=110+60*Math.sin(x/190)*Math.cos(y/230)+40*Math.sin((x+y)/31)*Math.exp(-((x-1024)**2+(y-1024)**2)/4e5)+r%9;
 const i=4*(y*S+x);d.data[i]=d.data[i+1]=d.data[i+2]=v;d.data[i+3]=255}
g.putImageData(d,0,0);const w=c.width=innerWidth,h=c.height=innerHeight,o=c.getContext("2d");
const draw=(x,y,z)=>o.drawImage(p,x,y,w/z,h/z,0,0,w,h);draw(100,100,1);
setTimeout(()=>{const t0=performance.now();const f=t=>{t-=t0;
 if(t<3000)draw(100+Math.round(t/10),100+Math.round(t/16),1);else draw(400,288,1+(t-3000)/3000);
 if(t<6000)requestAnimationFrame(f)};requestAnimationFrame(f)},START)
</script>"#;

fn installed(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .stdout(Stdio::null())
        .status();
    found.is_ok_and(|s| s.success())
}

fn xdotool(display: &Display, args: &[&str]) {
    let _ = Command::new("xdotool")
        .args(args)
        .env("DISPLAY", &display.name)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

struct Bench<'a> {
    display: &'a Display,
    source: ScreenSource,
    share: Share,
    viewer: Viewer,
    start: Instant,
    updates: u32,
    bytes: usize,
    encode: Duration,
    decode: Duration,
}

impl<'a> Bench<'a> {
    fn new(display: &'a Display) -> Self {
        let source = ScreenSource::open(display.some(), Area::Desktop, Privacy::default()).unwrap();
        let mut share = Share::new(source.size(), ShareConfig::default()).unwrap();
        share.add_viewer(ME, Moment(0)).unwrap();
        Self {
            display,
            source,
            share,
            viewer: Viewer::new().unwrap(),
            start: Instant::now(),
            updates: 0,
            bytes: 0,
            encode: Duration::ZERO,
            decode: Duration::ZERO,
        }
    }

    fn now(&self) -> Moment {
        Moment(u64::try_from(self.start.elapsed().as_micros()).unwrap())
    }

    /// One look; whether anything was sent.
    fn step(&mut self, until: Instant) -> bool {
        let due = self.share.poll_at();
        let due = due.map(|m| self.start + Duration::from_micros(m.0));
        let changes = self.source.wait(Some(due.map_or(until, |d| d.min(until))));
        changes.unwrap().apply(&mut self.share);
        let mut any = false;
        while self.share.wants_source(self.now()) {
            let began = Instant::now();
            let view = self.source.view().unwrap();
            let now = Moment(u64::try_from(self.start.elapsed().as_micros()).unwrap());
            self.share.encode(&view, now).unwrap();
            self.encode += began.elapsed();
            let mut sent = false;
            while let Some(t) = self.share.poll(ME, Lane::Picture) {
                sent = true;
                let bytes = [&t.head[..], &t.body].concat();
                self.updates += 1;
                self.bytes += bytes.len();
                let began = Instant::now();
                let (envelope, _) = Envelope::split(&bytes).unwrap().unwrap();
                let message = ToViewer::parse(envelope).unwrap().unwrap();
                let seen = self.viewer.handle(message).unwrap();
                self.decode += began.elapsed();
                if let Seen::Painted { sequence, .. } = seen {
                    let ack = ToSharer::Ack { sequence, spent: 0 };
                    self.share.handle(ME, ack, self.now()).unwrap();
                }
            }
            any |= sent;
            if !sent {
                break;
            }
        }
        while self.share.poll(ME, Lane::Control).is_some() {}
        any
    }

    fn run(&mut self, span: Duration) {
        let until = Instant::now() + span;
        while Instant::now() < until {
            self.step(until);
        }
    }

    fn forget(&mut self) {
        (self.updates, self.bytes) = (0, 0);
        (self.encode, self.decode) = (Duration::ZERO, Duration::ZERO);
    }

    /// Until nothing changes for a while; then whether the viewer has it all.
    fn is_exact(&mut self) -> bool {
        let limit = Instant::now() + Duration::from_secs(20);
        let mut still = Instant::now();
        while still.elapsed() < Duration::from_millis(700) && Instant::now() < limit {
            if self.step(Instant::now() + Duration::from_millis(50)) {
                still = Instant::now();
            }
        }
        let (w, h) = SCREEN;
        let c = &self.display.conn;
        let format = ImageFormat::Z_PIXMAP;
        let image = c.get_image(format, self.display.root, 0, 0, w, h, !0);
        let image = image.unwrap().reply().unwrap().data;
        let seen = self.viewer.picture().unwrap();
        image
            .chunks_exact(4)
            .map(|p| u32::from_le_bytes([p[0], p[1], p[2], 0]))
            .eq(seen.pixels().iter().copied())
    }

    fn report(&mut self, name: &str, span: Duration) {
        let n = f64::from(self.updates.max(1));
        let (updates, bytes) = (self.updates, self.bytes);
        let (encode, decode) = (self.encode, self.decode);
        let exact = match self.is_exact() {
            true => "exact at rest",
            false => "NOT EXACT at rest",
        };
        println!(
            "{name:<34} {:5.1} a second {:8.2} KB {:6.2} ms {:6.2} ms   {exact}",
            f64::from(updates) / span.as_secs_f64(),
            bytes as f64 / 1024.0 / n,
            encode.as_secs_f64() * 1e3 / n,
            decode.as_secs_f64() * 1e3 / n,
        );
    }
}

/// A page in a browser that does something by itself after a while.
fn browser(name: &str, page: &str) {
    if !installed("chromium") {
        return println!("{name:<34} left out: chromium is not installed");
    }
    let mut display = Display::new(SCREEN.0, SCREEN.1);
    let folder = std::env::temp_dir().join(format!("kith-programs-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("page.html");
    // The browser takes its time; so does the first picture.
    std::fs::write(&file, page.replace("START", "8000")).unwrap();
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let url = format!("--app=file://{}", file.display());
    let began = Instant::now();
    display.run(
        "chromium",
        &[
            "--no-sandbox",
            "--no-first-run",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--window-position=50,20",
            "--window-size=1440,900",
            &profile,
            &url,
        ],
    );
    let mut bench = Bench::new(&display);
    // Until it moves: the first updates after a pause.
    bench.run(Duration::from_secs(8));
    let limit = began + Duration::from_secs(60);
    while Instant::now() < limit {
        bench.forget();
        bench.run(Duration::from_millis(400));
        if bench.updates >= 6 && began.elapsed() > Duration::from_secs(9) {
            break;
        }
    }
    bench.forget();
    let span = Duration::from_secs(5);
    bench.run(span);
    bench.report(name, span);
    drop(bench);
    drop(display);
    let _ = std::fs::remove_dir_all(&folder);
}

/// An editor: typing, then turning pages.
fn editor() {
    let name = "text editor (GTK): ";
    if !installed("mousepad") || !installed("xdotool") {
        return println!("{name} left out: mousepad or xdotool is not installed");
    }
    let mut display = Display::new(SCREEN.0, SCREEN.1);
    let file = std::env::temp_dir().join(format!("kith-programs-{}.txt", std::process::id()));
    let line = |n: usize| {
        format!(
            "{n:5}  {}\n",
            "antialiased letters on a line ".repeat(n % 4 + 1)
        )
    };
    std::fs::write(&file, (0..900).map(line).collect::<String>()).unwrap();
    display.run("mousepad", &[Path::new(&file).to_str().unwrap()]);
    let mut bench = Bench::new(&display);
    bench.run(Duration::from_secs(6));
    let focus = [
        "search",
        "--sync",
        "--onlyvisible",
        "--class",
        "mousepad",
        "windowsize",
        "%@",
        "1300",
        "900",
        "windowfocus",
        "%@",
    ];
    xdotool(&display, &focus);
    bench.run(Duration::from_secs(2));
    for (what, keys, pause) in [("typing", "type", "100"), ("turning pages", "Next", "50")] {
        let args: Vec<String> = match keys {
            "type" => [
                "type",
                "--delay",
                pause,
                "exactly what is typed is what is seen",
            ]
            .map(str::to_owned)
            .into(),
            key => ["key", "--repeat", "60", "--delay", pause, key]
                .map(str::to_owned)
                .into(),
        };
        let hands = Command::new("xdotool")
            .args(args)
            .env("DISPLAY", &display.name)
            .spawn();
        bench.forget();
        let span = Duration::from_secs(3);
        bench.run(span);
        bench.report(&format!("{name}{what}"), span);
        if let Ok(mut hands) = hands {
            let _ = hands.wait();
        }
    }
    drop(bench);
    let _ = std::fs::remove_file(&file);
}

fn main() {
    if std::env::var_os(capture::painter::DISPLAY).is_some() {
        return capture::painter::main_if_asked();
    }
    let (w, h) = SCREEN;
    println!("desktop of {w}x{h}; updates, bytes each, capture and encoding, decoding");
    browser("browser: smooth scrolling", PAGE);
    browser("greyscale picture: pan, zoom", SCAN);
    editor();
}
