"""What is measured: processes, the link, and two framebuffers in memory."""

import bisect
import json
import mmap
import os
import struct
import subprocess
import threading
import time

import numpy as np


def sh(command):
    return subprocess.run(command, shell=True, capture_output=True, text=True)


def tree(pid):
    """A process and all below it."""
    children = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = open(f"/proc/{entry}/stat").read()
        except OSError:
            continue
        parent = int(stat.rsplit(")", 1)[1].split()[1])
        children.setdefault(parent, []).append(int(entry))
    found, rest = [], [pid]
    while rest:
        one = rest.pop()
        found.append(one)
        rest += children.get(one, [])
    return found


def threads(pid):
    for process in tree(pid):
        try:
            for thread in os.listdir(f"/proc/{process}/task"):
                yield f"/proc/{process}/task/{thread}"
        except OSError:
            pass


def processor_seconds(pid):
    total = 0
    for thread in threads(pid):
        try:
            total += int(open(f"{thread}/schedstat").read().split()[0])
        except OSError:
            pass
    return total / 1e9


def wakeups(pid):
    total = 0
    for thread in threads(pid):
        try:
            for line in open(f"{thread}/status"):
                if line.startswith("voluntary"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total


def memory(pid):
    """Megabytes of each process of a tree, proportional: all, and its own."""
    found = {}
    for process in tree(pid):
        try:
            name = open(f"/proc/{process}/cmdline").read().replace("\0", " ").strip()
            rollup = open(f"/proc/{process}/smaps_rollup").read()
        except OSError:
            continue
        if "kith.py" in name:
            continue
        size = dict(line.split(":") for line in rollup.splitlines()[1:])
        pss, own = (int(size[k].split()[0]) / 1024 for k in ("Pss", "Pss_Anon"))
        role = name.split(" ")[1] if name.startswith("/proc/self/exe") else "main"
        before = found.get(role, [0, 0])
        found[role] = [round(a + b, 1) for a, b in zip(before, (pss, own))]
    return found


def link_counters(namespace, device):
    """Bytes and packets sent and received by one end of the link."""
    out = sh(f"ip -n {namespace} -s -j link show {device}").stdout
    stats = json.loads(out)[0]["stats64"]
    tx, rx = stats["tx"], stats["rx"]
    return tx["bytes"], rx["bytes"], tx["packets"], rx["packets"]


class Sent(threading.Thread):
    """Bytes that a process's network has sent by its device, over time."""

    def __init__(self, pid, device):
        super().__init__(daemon=True)
        self.path, self.device = f"/proc/{pid}/net/dev", device
        self.seen, self.ended = [], threading.Event()
        self.start()

    def run(self):
        while not self.ended.wait(0.002):
            line = next(x for x in open(self.path) if x.strip().startswith(self.device))
            self.seen.append((time.monotonic(), int(line.split()[9])))

    def until(self, moment):
        at = bisect.bisect([at for at, _ in self.seen], moment)
        return self.seen[max(0, at - 1)][1]


def framebuffer(path):
    """The pixels of an Xvfb -fbdir, as they are now and will be."""
    with open(path, "rb") as file:
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    head = struct.unpack(">25I", memory[:100])
    start, stride, width, height = head[0] + 12 * head[19], head[12], head[4], head[5]
    pixels = np.frombuffer(memory, np.uint8, count=stride * height, offset=start)
    return pixels.reshape(height, stride // 4, 4)[:, :width, :3]


def difference(source, view):
    """How far the viewer's pixels are from the source's."""
    view = view[: source.shape[0], : source.shape[1]]
    delta = np.abs(source.astype(np.int16) - view.astype(np.int16))
    mean = float((delta.astype(np.float32) ** 2).mean())
    return {
        "wrong": round(float((delta.max(2) > 0).mean()), 5),
        "psnr": 99.0 if mean == 0 else round(float(10 * np.log10(65025 / mean)), 2),
    }


def recorded(path, width, height):
    """What the probe saw: for source and viewer, moments and pixels; third,
    when both were the same and what the source showed."""
    data = open(path, "rb").read()
    size = 9 + width * height * 4
    seen = ([], [], [])
    for at in range(0, len(data) - size + 1, size):
        moment = struct.unpack_from("<d", data, at + 1)[0]
        pixels = np.frombuffer(data, np.uint8, width * height * 4, at + 9)
        pixels = pixels.reshape(height, width, 4)[:, :, :3]
        seen[data[at]].append((moment, pixels))
    return seen


def barcode(pixels):
    """The number in sixteen black or white blocks at the bottom right; None
    while it is unclear."""
    grey, value = pixels[-12:, -320:].mean(2), 0
    for bit in range(16):
        mean = grey[2:10, bit * 20 + 4 : bit * 20 + 16].mean()
        if 70 < mean < 185:
            return None
        value |= int(mean >= 185) << bit
    return value


def codes(seen):
    """When each numbered picture was made, and seconds until the viewer showed
    each that it showed."""
    made, late, last = {}, {}, 0
    for moment, pixels in seen[0]:
        if value := barcode(pixels):
            made.setdefault(value, moment)
    for moment, pixels in seen[1]:
        value = barcode(pixels)
        if value and value > last:
            last = value
            if value in made:
                late[value] = moment - made[value]
    return made, late


def exact(seen):
    """Seconds from each numbered picture at the source until both were the same."""
    made, late = codes(seen)[0], {}
    for moment, pixels in seen[2]:
        value = barcode(pixels)
        if value in made:
            late.setdefault(value, moment - made[value])
    return late


def decibels(seen):
    """How near each numbered picture of the viewer's is to the source's, without
    the rows of its number (PSNR over all colours)."""
    # The number is drawn last: later, with the same one, the next picture may
    # have begun above it.
    made, shown = {}, {}
    for pictures, by_number in ((seen[0], made), (seen[1], shown)):
        for _, pixels in pictures:
            by_number.setdefault(barcode(pixels), pixels[:-12])
    found = []
    for value, pixels in shown.items():
        if value and value in made:
            delta = made[value].astype(np.int16) - pixels
            mean = float((delta.astype(np.float32) ** 2).mean())
            found.append(99.0 if mean == 0 else 10 * np.log10(65025 / mean))
    return found


def matched(seen, coded, unlike=10.0):
    """Seconds from each change at the source until the viewer shows it, how
    many changes there were, and how many the viewer showed."""
    source, view = seen[:2]
    if coded:
        made, late = codes(seen)
        return list(late.values()), len(made), len(late)
    late = []
    if not source:
        return [], 0, len(view)
    moments = np.array([moment for moment, _ in source])
    pictures = np.stack([pixels for _, pixels in source]).astype(np.int16)
    best = -1
    for moment, pixels in view[1:]:
        until = np.searchsorted(moments, moment, "right")
        since = max(0, until - 150)
        if until <= since:
            continue
        distance = np.abs(pictures[since:until] - pixels.astype(np.int16)).mean((1, 2, 3))
        if distance.min() > unlike:
            continue
        found = since + int(np.flatnonzero(distance <= distance.min() + 1e-6)[-1])
        if found > best:
            best = found
            late.append(moment - moments[found])
    return late, len(source) - 1, len(late)


def milliseconds(seconds, percent):
    if not len(seconds):
        return None
    return round(1000 * float(np.percentile(seconds, percent)), 2)
