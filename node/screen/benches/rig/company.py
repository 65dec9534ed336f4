#!/usr/bin/env python3
"""One viewer alone, then beside one that is stopped and one behind 1 Mb/s: what
the first notices. Four network namespaces with a link from the sharer to each
viewer; the slow one's is held to its rate in both directions (tc tbf). With
--same the other two are like the first: what each of them costs the sharer.

usage: company.py [--same] [--work type,scroll,drag,video] [--seconds 6]
                  [--passes 3]
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time

import measure
import rig
from measure import sh
from rig import HERE, RUN, SHARER_NS, SOURCE, VIEW, spawn, xdotool

RATE = "1mbit"
# Name, number of its display, and of its network.
VIEWERS = {"Ben": (VIEW, 2), "Still": (":283", 3), "Slow": (":284", 4)}
PROGRAM = os.environ["KITH"]


def namespace(name):
    return f"{SHARER_NS}-{name.lower()}"


def link(name):
    return f"co{VIEWERS[name][1]}"


def network(up, same=False):
    for one in (SHARER_NS, *map(namespace, VIEWERS)):
        sh(f"ip netns del {one}")
    if not up:
        return
    sh(f"ip netns add {SHARER_NS}; ip -n {SHARER_NS} link set lo up")
    for name, (_, number) in VIEWERS.items():
        there, device = namespace(name), link(name)
        sh(f"ip netns add {there}; ip -n {there} link set lo up")
        sh(f"ip link add {device} netns {SHARER_NS} type veth peer name e0 netns {there}")
        for where, end, host in ((SHARER_NS, device, 1), (there, "e0", 2)):
            sh(f"ip -n {where} addr add 10.79.{number}.{host}/24 dev {end}")
            sh(f"ip -n {where} link set {end} up")
    if same:
        return
    slow = f"root tbf rate {RATE} burst 4kb latency 400ms"
    for where, end in ((SHARER_NS, link("Slow")), (namespace("Slow"), "e0")):
        done = sh(f"ip netns exec {where} tc qdisc add dev {end} {slow}")
        if done.returncode:
            sys.exit(f"no tbf here: {done.stderr}")


def kith(name, *words):
    command = [PROGRAM, "--profile", str(RUN / "company" / name), *words]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def until(what, done, seconds=60):
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            sys.exit(f"waited in vain for {what}")
        time.sleep(0.2)


def begin(name, where, display, port):
    kith(name, "init", name, "--no-passphrase")
    words = [PROGRAM, "--profile", RUN / "company" / name, "up", "--no-mdns", "--port", port]
    node = spawn(words, where, display, log=RUN / f"company.{name}.log")
    until(f"{name}'s node", lambda: kith(name, "contacts").returncode == 0)
    return node


def meet(name):
    """An invite for each: they meet, and the sharer shows the desktop."""
    said = kith("Anna", "--json", "invite").stdout
    kith(name, "accept", re.search(r"kith:invite:[a-z0-9]+", said).group(0))
    until(f"{name} to be met", lambda: kith("Anna", "contacts", name, "--accept").returncode == 0)


def look(name):
    until(f"{name} to ask", lambda: kith(name, "join", "Anna").returncode == 0)
    until(f"{name}'s wish", lambda: name in kith("Anna", "requests").stdout)
    allow = [PROGRAM, "--profile", RUN / "company/Anna", "allow", name, "--desktop", "--view"]
    allowing = spawn(allow, log=RUN / f"company.allow.{name}.log")
    # Where something is shown already, a person says it at the screen.
    if name != "Ben" and sh(f"DISPLAY={SOURCE} {HERE}/workload allow 1").returncode:
        sys.exit(f"no question about {name}")
    allowing.wait(20)
    display = VIEWERS[name][0]
    until(f"{name}'s window", lambda: xdotool(display, "search --onlyvisible --name Anna"))


class Company(rig.Pair):
    """The pair that is measured: the sharer, and the first viewer."""

    def __init__(self):
        self.name, self.owns = "kith", False
        self.source = rig.xvfb(SOURCE, "source")
        self.view = rig.xvfb(VIEW, "view", 2240, 1320)
        for name in ("Still", "Slow"):
            rig.xvfb(VIEWERS[name][0], name.lower())
        for _ in range(2):
            sh(f"DISPLAY={SOURCE} {HERE}/workload bg")
        xdotool(SOURCE, "mousemove 1915 1075")
        self.server = begin("Anna", SHARER_NS, SOURCE, 4001)
        self.nodes = {
            name: begin(name, namespace(name), display, 4000 + number)
            for name, (display, number) in VIEWERS.items()
        }
        self.viewer = self.nodes["Ben"]
        for name in VIEWERS:
            meet(name)
        look("Ben")
        self.place()
        time.sleep(2)

    def others(self, same):
        for name in ("Slow", "Still"):
            look(name)
        time.sleep(4)
        if same:
            return
        # All of it: nothing is read any more, nothing acknowledged.
        for process in measure.tree(self.nodes["Still"].pid):
            os.kill(process, signal.SIGSTOP)
        time.sleep(2)

    def counters(self):
        found = super().counters()
        found["slow"] = measure.link_counters(SHARER_NS, link("Slow"))
        return found


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--same", action="store_true")
    options.add_argument(
        "--work", type=lambda t: t.split(","), default=["type", "scroll", "drag", "video"]
    )
    options.add_argument("--seconds", type=float, default=6)
    options.add_argument("--passes", type=int, default=3)
    asked = options.parse_args()
    for folder in ("home", "xdg"):
        (RUN / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    sh(f"rm -rf {RUN / 'company'}")
    (RUN / "company").mkdir()
    rig.SHARER_END = link("Ben")
    network(True, asked.same)
    try:
        pair = Company()
        for company in ("alone", "in company"):
            if company != "alone":
                pair.others(asked.same)
            for _ in range(asked.passes):
                for work in asked.work:
                    found = rig.measure_work(pair, work, asked.seconds)
                    print(json.dumps({"company": company, **found}), flush=True)
    finally:
        rig.end_all()
        network(False)


if __name__ == "__main__":
    main()
