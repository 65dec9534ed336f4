#!/usr/bin/env python3
"""Kith as a peer of the rig: `kith.py sharer|viewer`, with KITH naming the
program and KITH_RIG a folder for two profiles. They meet; then the viewer asks
to see and control the desktop, and the sharer says yes: to control in Kith's
own window, by the display's own keyboard.

The sharer makes both profiles anew: one in which somebody had control within
the last five minutes asks at the screen about every command that shows more."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

PROGRAM, FOLDER = os.environ["KITH"], Path(os.environ["KITH_RIG"])
HERE = Path(__file__).resolve().parent
ROLES = {"sharer": ("Anna", "4001"), "viewer": ("Ben", "4002")}
INVITE, MET = FOLDER / "invite", FOLDER / "met"


def kith(profile, *words):
    command = [PROGRAM, "--profile", profile, *words]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def until(done, pause=0.2, tries=500):
    for _ in range(tries):
        if done():
            return
        time.sleep(pause)
    sys.exit("the two did not get that far")


def share(me):
    said = kith(me, "--json", "invite").stdout
    INVITE.write_text(re.search(r"kith:invite:[a-z0-9]+", said).group(0))
    until(lambda: kith(me, "contacts", "Ben", "--accept").returncode == 0)
    MET.touch()
    until(lambda: "ASKS" in kith(me, "requests").stdout)
    print(kith(me, "allow", "Ben", "--desktop"), flush=True)
    # Only this presses: another "kith allow" would be a command of its own, and
    # be asked about, once Ben is about to have control.
    until(lambda: subprocess.run([HERE / "workload", "allow"]).returncode == 0, tries=5)


def watch(me):
    until(lambda: INVITE.exists() and INVITE.stat().st_size > 99)
    kith(me, "accept", INVITE.read_text())
    until(MET.exists)
    time.sleep(1)
    until(lambda: kith(me, "join", "Anna", "--control").returncode == 0, pause=0.3)


def main():
    role = sys.argv[1]
    name, port = ROLES[role]
    if role == "sharer":
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    me = str(FOLDER / name)
    if not os.path.exists(me):
        kith(me, "init", name, "--no-passphrase")
    node = subprocess.Popen(
        [PROGRAM, "--profile", me, "up", "--no-mdns", "--port", port],
        stdin=subprocess.DEVNULL,
    )
    time.sleep(1)
    share(me) if role == "sharer" else watch(me)
    node.wait()


main()
