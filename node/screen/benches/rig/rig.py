#!/usr/bin/env python3
"""Measures programs that share a screen, from outside: see README.md.

usage: rig.py PEER[,PEER…] [--work type,scroll,…] [--seconds 4] [--passes 1]
              [--far] [--out results.jsonl] [--pictures]
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import numpy as np

import measure
from measure import milliseconds, sh

HERE = Path(__file__).resolve().parent
RUN = Path(os.environ.get("RIG_RUN", HERE / "run"))
SOURCE, VIEW = ":181", ":182"
WIDTH, HEIGHT = 1920, 1080
SHARER, VIEWER = "10.79.0.1", "10.79.0.2"
SHARER_NS, VIEWER_NS, WIRE_NS = "rig-s", "rig-v", "rig-w"
SHARER_END, VIEWER_END = "rigs0", "rigv0"
WORK = ["type", "scroll", "drag", "video", "flip", "key", "web", "scan", "write", "pages"]
WORK += ["film", "idle"]
PROCESSES = []


def vnc_viewer(port, *more):
    fixed = ["-SecurityTypes=None", "-RemoteResize=0", "-FullScreen=0", "-Shared=1"]
    return ["xtigervncviewer", f"{SHARER}::{port}", *fixed, *more]


def x0vnc(*viewer):
    server = ["X0tigervnc", "-display", SOURCE, "-rfbport", "5901"]
    server += ["-SecurityTypes", "None", "-localhost=0"]
    return server, vnc_viewer(5901, *viewer), False


LOSSLESS = ["-AutoSelect=0", "-PreferredEncoding=Tight", "-NoJPEG=1", "-FullColor=1"]
XPRA_OFF = [
    "pulseaudio",
    "printing",
    "webcam",
    "dbus-proxy",
    "file-transfer",
    "systemd-run",
]
XPRA_OFF += ["tray", "bell", "cursors", "mdns", "notifications", "daemon"]
# What shares, what views, and whether it is the X server itself.
PEERS = {
    "none": (None, None, False),
    "kith": (
        [sys.executable, HERE / "kith.py", "sharer"],
        [sys.executable, HERE / "kith.py", "viewer"],
        False,
    ),
    "x0vnc": x0vnc(),
    "x0vnc-lossless": x0vnc(*LOSSLESS),
    "x11vnc": (
        ["x11vnc", "-display", SOURCE, "-rfbport", "5902", "-forever", "-shared", "-nopw"]
        + ["-quiet", "-wait", "5", "-defer", "2", "-nonap"],
        vnc_viewer(5902),
        False,
    ),
    "Xvnc": (
        ["Xtigervnc", SOURCE, "-geometry", f"{WIDTH}x{HEIGHT}", "-depth", "24"]
        + ["-rfbport", "5903", "-SecurityTypes", "None", "-ac", "-s", "0"],
        vnc_viewer(5903),
        True,
    ),
    "rdp-shadow": (
        ["freerdp-shadow-cli", "/port:3390", "-auth", "/sec:tls"],
        ["xfreerdp", f"/v:{SHARER}:3390", "/cert:ignore", "/u:x", "/p:x", "/sec:tls"]
        + ["-decorations", f"/size:{WIDTH}x{HEIGHT}", "/network:lan", "/gfx"],
        False,
    ),
    "xpra": (
        ["xpra", "shadow", SOURCE, f"--bind-tcp={SHARER}:14500", "--html=off"]
        + ["--speaker=off", "--microphone=off", *(f"--{o}=no" for o in XPRA_OFF)],
        ["xpra", "attach", f"tcp://{SHARER}:14500/", "--notifications=no", "--opengl=no"]
        + ["--speaker=off", "--microphone=off", "--webcam=no", "--tray=no", "--border=off"]
        + ["--desktop-scaling=off", "--cursors=no", "--mmap=no"],
        False,
    ),
}


def spawn(command, namespace=None, display=None, more=None, log=None, first=True):
    """Starts a program, before others on a busy machine unless it is a load."""
    environment = dict(os.environ, HOME=str(RUN / "home"), XDG_RUNTIME_DIR=str(RUN / "xdg"))
    environment.setdefault("KITH_RIG", str(RUN / "kith"))
    environment.pop("DISPLAY", None)
    if display:
        environment["DISPLAY"] = display
    environment.update(more or {})
    words = ["nice", "-n", "-8"] if first else []
    words += ["ip", "netns", "exec", namespace] if namespace else []
    process = subprocess.Popen(
        words + [str(word) for word in command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=open(log or os.devnull, "w"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    PROCESSES.append(process)
    return process


def end(process):
    if process is None or process.poll() is not None:
        return
    for how in (signal.SIGTERM, signal.SIGKILL):
        for pid in reversed(measure.tree(process.pid)):
            try:
                os.kill(pid, how)
            except OSError:
                pass
        try:
            process.wait(3)
            return
        except subprocess.TimeoutExpired:
            pass


def end_all():
    for process in reversed(PROCESSES):
        end(process)
    PROCESSES.clear()


def network(up, far=False):
    """A link between two namespaces. A far one: 50 ms there and back, 5 Mb/s; it
    goes through a third, where packets wait. Kernels without netem do as well."""
    for namespace in (SHARER_NS, VIEWER_NS, WIRE_NS):
        sh(f"ip netns del {namespace}")
    if not up:
        return None
    ends = ((SHARER_NS, SHARER_END, SHARER), (VIEWER_NS, VIEWER_END, VIEWER))
    for namespace in (SHARER_NS, VIEWER_NS, WIRE_NS):
        sh(f"ip netns add {namespace}; ip -n {namespace} link set lo up")
    if far:
        for namespace, device, _ in ends:
            there = f"wire-{device}"
            sh(f"ip link add {device} netns {namespace} type veth peer name {there} netns {WIRE_NS}")
            sh(f"ip -n {namespace} link set {device} gso_max_size 1500 gso_max_segs 1")
            sh(f"ip -n {WIRE_NS} link set {there} up")
    else:
        sh(
            f"ip link add {SHARER_END} netns {SHARER_NS} type veth peer name {VIEWER_END} netns {VIEWER_NS}"
        )
    for namespace, device, address in ends:
        sh(f"ip -n {namespace} addr add {address}/24 dev {device}")
        sh(f"ip -n {namespace} link set {device} up")
    if not far:
        return None
    words = ["ip", "netns", "exec", WIRE_NS, HERE / "wire"]
    words += [f"wire-{SHARER_END}", f"wire-{VIEWER_END}", "25", "5"]
    return subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, text=True)


def waited(wire):
    """The most bytes that waited at either end of the wire since last asked."""
    wire.send_signal(signal.SIGUSR1)
    return [int(word) for word in wire.stdout.readline().split()]


def xvfb(display, name, width=WIDTH, height=HEIGHT):
    (RUN / name).mkdir(parents=True, exist_ok=True)
    command = [
        "Xvfb",
        display,
        "-screen",
        "0",
        f"{width}x{height}x24",
        "-fbdir",
        RUN / name,
    ]
    command += ["-nocursor", "-noreset", "-nolisten", "tcp", "-ac", "-s", "0"]
    process = spawn(command, log=RUN / f"{name}.log")
    for _ in range(100):
        time.sleep(0.1)
        if sh(f"DISPLAY={display} xdpyinfo").returncode == 0:
            return process
    raise SystemExit(f"Xvfb {display} does not start")


def xdotool(display, words):
    return sh(f"DISPLAY={display} xdotool {words}").stdout.split()


class Pair:
    """A server, a viewer, and the displays they work on."""

    def __init__(self, name):
        server, viewer, owns = PEERS[name]
        self.name, self.owns = name, owns
        self.source = None if owns else xvfb(SOURCE, "source")
        self.view = xvfb(VIEW, "view", 2240, 1320)
        self.server = self.viewer = None
        if server:
            self.server = spawn(server, SHARER_NS, SOURCE, log=RUN / f"{name}.server.log")
            time.sleep(5 if name == "xpra" else 2)
        if owns:
            self.source = self.server
        for _ in range(2):
            sh(f"DISPLAY={SOURCE} {HERE}/workload bg")
        xdotool(SOURCE, "mousemove 1915 1075")
        if viewer:
            self.viewer = spawn(viewer, VIEWER_NS, VIEW, log=RUN / f"{name}.viewer.log")
            self.place()
        time.sleep(2)

    def place(self):
        """Brings the picture to the top left corner, pixel for pixel."""
        wanted = "Anna" if self.name == "kith" else ".+"
        for _ in range(160):
            time.sleep(0.5)
            if xdotool(VIEW, f"search --onlyvisible --name '{wanted}'"):
                break
        time.sleep(2)
        if self.name == "kith":
            # Its strip of controls is above the picture.
            strip = 32
            xdotool(
                VIEW,
                f"search --onlyvisible --name '.*' windowsize %@ {WIDTH} {HEIGHT + strip}",
            )
            time.sleep(0.3)
            xdotool(VIEW, f"search --onlyvisible --name '.*' windowmove %@ 0 -{strip}")
        else:
            xdotool(VIEW, "search --onlyvisible --name '.*' windowmove %@ 0 0")
        xdotool(VIEW, "mousemove 1915 1075")
        for window in xdotool(VIEW, "search --onlyvisible --name '.+'")[-1:]:
            xdotool(VIEW, f"windowfocus {window}")

    def counters(self):
        def of(process, what):
            return what(process.pid) if process else 0.0

        return {
            "at": time.monotonic(),
            "link": measure.link_counters(SHARER_NS, SHARER_END),
            "server": of(self.server, measure.processor_seconds),
            "source": of(self.source, measure.processor_seconds),
            "viewer": of(self.viewer, measure.processor_seconds),
            "wakeups": of(self.server, measure.wakeups),
        }

    def difference(self):
        if self.owns or not self.viewer:
            return None
        return measure.difference(
            measure.framebuffer(RUN / "source/Xvfb_screen0"),
            measure.framebuffer(RUN / "view/Xvfb_screen0"),
        )


class Load:
    """What happens on the source's screen, and where it shows."""

    def __init__(self, work, seconds):
        self.programs, self.work, self.seconds = [], work, seconds
        self.rect, self.coded, self.rest = (0, 0, 320, 16), False, ()
        getattr(self, f"prepare_{work}")()

    def run(self, command, display=SOURCE, more=None, log=None):
        process = spawn(command, display=display, more=more, log=log, first=False)
        self.programs.append(process)
        return process

    def xterm(self, geometry, command, *more):
        look = ["-fn", "9x15", "-bg", "white", "-fg", "black", "-b", "0", "-bw", "0", "+sb"]
        look += ["-ms", "white", "-uc", "+bc", "-geometry", geometry, *more]
        return self.run(["xterm", *look, "-e", *map(str, command)])

    def lines(self, seconds):
        return [sys.executable, HERE / "scroll.py", seconds, 2]

    def prepare_type(self):
        self.xterm("100x30+100+100", ["sh", "-c", "stty -icanon; exec cat >/dev/null"])
        time.sleep(1.2)
        xdotool(SOURCE, "mousemove 500 400")
        self.rect = (100, 100, 900, 15)
        pause = [90, 0.07, 0.06]
        self.start = lambda: self.type(SOURCE, pause)

    def prepare_key(self):
        self.prepare_type()
        xdotool(VIEW, "mousemove 500 400 mousemove 501 401")
        time.sleep(0.7)
        self.start = lambda: self.type(VIEW, [60, 0.13, 0.08])

    def type(self, display, pause):
        self.run(
            [HERE / "workload", "type", self.seconds, *pause], display, log=RUN / "keys.txt"
        )

    def prepare_scroll(self):
        end(self.xterm("160x60+100+50", self.lines(0.3)))
        self.rect = (100, 50 + 58 * 15, 480, 15)
        self.start = lambda: self.xterm("160x60+100+50", self.lines(self.seconds))

    def prepare_drag(self):
        self.xterm("78x30+600+300", self.lines(1.2), "-title", "dragme")
        time.sleep(2)
        window = xdotool(SOURCE, "search --name dragme")[-1]
        self.rect = (900, 520, 160, 48)
        self.start = lambda: self.run(
            [HERE / "workload", "drag", self.seconds], more={"WID": window}
        )

    def prepare_video(self):
        self.rect, self.coded = (1000 + 320, 500 + 348, 320, 12), True
        words = [HERE / "workload", "video", 1000, 500, 30, self.seconds]
        self.start = lambda: self.run(words)

    def prepare_film(self):
        """Video that stops a second before the end, and whose pixels are looked at."""
        self.rect, self.coded, self.rest = (1000, 500, 640, 360), True, (1000, 500, 640, 360)
        words = [HERE / "workload", "video", 1000, 500, 30, self.seconds - 1, 5]
        self.start = lambda: self.run(words)

    def prepare_flip(self):
        self.rect, self.coded = (WIDTH - 320, HEIGHT - 12, 320, 12), True
        # Without the sharer's own frame, which others see as grey.
        self.rest = (40, 60, WIDTH - 80, HEIGHT - 80)
        self.start = lambda: self.run([HERE / "workload", "flip", 1, self.seconds])

    def prepare_web(self):
        self.browser("page.html")

    def prepare_scan(self):
        self.browser("scan.html")

    def browser(self, page):
        """A page that moves by itself for as long as it is there."""
        self.rect = (700, 520, 320, 32)
        words = ["chromium", "--no-sandbox", "--no-first-run", "--disable-gpu"]
        words += ["--disable-background-networking", "--disable-component-update"]
        words += ["--window-position=50,20", "--window-size=1440,900"]
        words += [f"--user-data-dir={RUN / 'chromium'}", f"--app=file://{HERE / page}"]
        self.run(words)
        time.sleep(8)
        self.start = lambda: None

    def prepare_write(self):
        self.letter([90, 0.07, 0.06], (412, 240, 640, 20))

    def prepare_pages(self):
        self.letter(["Next"], (412, 400, 640, 40))

    def letter(self, keys, rect):
        """LibreOffice with a letter of twenty pages: typed into, or leafed through."""
        self.rect, letter = rect, RUN / "letter.txt"
        line = "antialiased letters on a line "
        letter.write_text("".join(f"{n:5}  {line * (n % 3 + 1)}\n" for n in range(900)))
        words = ["soffice", "--norestore", "--nologo", "--nofirststartwizard", "--nolockcheck"]
        words += [f"-env:UserInstallation=file://{RUN / 'office'}", "--writer", letter]
        self.run(words)
        window = []
        for _ in range(60):
            time.sleep(1)
            if window := xdotool(SOURCE, "search --onlyvisible --name letter"):
                break
        time.sleep(5)
        place = "windowmove %@ 50 20 windowsize %@ 1440 900 windowfocus %@"
        xdotool(SOURCE, f"search --onlyvisible --name letter {place}")
        time.sleep(2)
        if keys == ["Next"]:
            words = ["xdotool", "key", "--repeat", int(self.seconds * 5), "--delay", 200, "Next"]
        else:
            words = [HERE / "workload", "type", self.seconds, *keys]
        self.start = lambda: self.run(words)

    def prepare_idle(self):
        self.start = lambda: None

    def end(self):
        for process in self.programs:
            end(process)
        xdotool(SOURCE, "mousemove 1915 1075")
        time.sleep(0.6)


def key_loop(seen, keys, result):
    """From a key pressed at the viewer to what it does there."""
    shown = np.array([moment for moment, _ in seen[1]][1:])
    late = []
    for key, following in zip(keys, keys[1:] + [keys[-1] + 0.2] if keys else []):
        between = shown[(shown > key) & (shown < following)]
        late += list(between[:1] - key)
    result |= {"n": len(late), "sent": len(keys)}
    result |= {"p50": milliseconds(late, 50), "p95": milliseconds(late, 95)}


def flips(seen, sent, result):
    """Of text and of photographs: until the viewer shows which it is, and until
    it shows it to the pixel; what was sent meanwhile."""
    made, shown = measure.codes(seen)
    exact = measure.exact(seen)
    # Pages of text have odd numbers, photographs even ones. The first of each
    # comes onto what was there before.
    for what, odd in (("text", 1), ("photo", 0)):
        for how, late in (("", shown), (" exact", exact)):
            own = {n: s for n, s in late.items() if n % 2 == odd and n > 2}
            bytes_ = [sent.until(made[n] + s) - sent.until(made[n]) for n, s in own.items()]
            result[what + how] = milliseconds(list(own.values()), 50)
            result[f"{what}{how} bytes"] = float(np.median(bytes_)) if bytes_ else None


def film(seen, result):
    """How near the pictures are while it runs, and how long after the last one
    it is exact."""
    made, exact = measure.codes(seen)[0], measure.exact(seen)
    near = measure.decibels(seen)
    result["dB"] = [round(float(np.percentile(near, p)), 1) for p in (5, 50, 95)] if near else None
    last = max(made, default=None)
    result["exact"] = milliseconds([exact[last]], 50) if last in exact else None


def measure_work(pair, work, seconds, wire=None):
    load = Load(work, seconds)
    time.sleep(1.5)
    source = "-" if pair.owns else RUN / "source/Xvfb_screen0"
    record = RUN / "probe.bin"
    words = [HERE / "probe", source, RUN / "view/Xvfb_screen0", *load.rect, seconds + 1.0]
    probe = spawn([*words, record, *load.rest], first=False)
    sent = measure.Sent(pair.server.pid, SHARER_END) if work == "flip" else None
    time.sleep(0.15)
    if wire:
        waited(wire)
    before = pair.counters()
    load.start()
    time.sleep(max(0, before["at"] + seconds + 0.9 - time.monotonic()))
    after = pair.counters()
    probe.wait()
    if sent:
        sent.ended.set()
    sizes = {
        side: measure.memory(process.pid) if process else {}
        for side, process in (("server", pair.server), ("viewer", pair.viewer))
    }
    if work in ("web", "scan"):
        load.end()
    time.sleep(1.6)
    spent = {k: round(after[k] - before[k], 3) for k in ("server", "source", "viewer")}
    link = [b - a for a, b in zip(before["link"], after["link"])]
    result = {
        "peer": pair.name,
        "work": work,
        "tx": link[0],
        "rx": link[1],
        "packets": link[2] + link[3],
        "cpu": spent,
        "seconds": round(after["at"] - before["at"], 3),
        "wakeups": round(
            (after["wakeups"] - before["wakeups"]) / (after["at"] - before["at"]), 1
        ),
        "rest": pair.difference(),
        "memory": sizes,
        "load": os.getloadavg()[0],
    }
    seen = measure.recorded(record, load.rect[2], load.rect[3])
    if work == "key":
        keys = [float(line) for line in open(RUN / "keys.txt") if line.strip()]
        key_loop(seen, keys, result)
    elif work != "idle":
        late, made, shown = measure.matched(seen, load.coded)
        span = seconds + 0.9 if work in ("web", "scan") else seconds
        result |= {
            "made": round(made / span, 1),
            "shown": round(shown / span, 1),
            "n": shown,
        }
        result |= {"p50": milliseconds(late, 50), "p95": milliseconds(late, 95)}
        if work == "flip":
            flips(seen, sent, result)
        if work == "film":
            film(seen, result)
    if wire:
        result["waited"] = waited(wire)
    load.end()
    return result


def save_pictures(name):
    from PIL import Image

    for side in ("source", "view"):
        path = RUN / side / "Xvfb_screen0"
        if path.exists():
            pixels = measure.framebuffer(path)[:, :, ::-1].copy()
            Image.fromarray(pixels).resize((960, 540)).save(RUN / f"{name}.{side}.png")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("peers", type=lambda text: text.split(","))
    options.add_argument("--work", type=lambda text: text.split(","), default=WORK)
    options.add_argument("--seconds", type=float, default=4)
    options.add_argument("--passes", type=int, default=1)
    options.add_argument("--far", action="store_true")
    options.add_argument("--out", type=Path, default=RUN / "results.jsonl")
    options.add_argument("--pictures", action="store_true")
    asked = options.parse_args()
    for folder in ("home", "xdg"):
        (RUN / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    wire = network(True, asked.far)
    try:
        for name in asked.peers * asked.passes:
            try:
                pair = Pair(name)
                for work in asked.work:
                    if not pair.viewer and work in ("flip", "key"):
                        continue  # nothing is sent, and nobody types
                    result = json.dumps(measure_work(pair, work, asked.seconds, wire))
                    print(result, flush=True)
                    with asked.out.open("a") as out:
                        out.write(result + "\n")
                if asked.pictures:
                    save_pictures(name)
            except Exception:  # one program that fails must not end the night
                traceback.print_exc()
            end_all()
            time.sleep(1)
    finally:
        end_all()
        if wire:
            wire.kill()
        network(False)


if __name__ == "__main__":
    main()
