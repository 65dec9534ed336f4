#!/usr/bin/env python3
"""Medians of what rig.py wrote, as Markdown: table.py [results.jsonl]"""

import json
import statistics
import sys

rows = [
    json.loads(line) for line in open(sys.argv[1] if len(sys.argv) > 1 else "results.jsonl")
]
peers = list(dict.fromkeys(row["peer"] for row in rows if row["peer"] != "none"))
works = list(dict.fromkeys(row["work"] for row in rows))


def figure(values, places=1):
    values = [v for v in values if v is not None]
    return f"{statistics.median(values):.{places}f}" if values else "–"


def processor(row):
    """Milliseconds an update of the sharer's processes, and of the X server
    beyond what the load alone costs it."""
    alone = [
        r["cpu"]["source"] for r in rows if r["peer"] == "none" and r["work"] == row["work"]
    ]
    drawn = max(0, row["cpu"]["source"] - (statistics.median(alone) if alone else 0))
    own = 0 if row["peer"] == "Xvnc" else row["cpu"]["server"]
    return 1000 * (own + drawn) / max(1, row.get("n") or 1)


LINES = {
    "a second": lambda r: r.get("shown"),
    "made a second": lambda r: r.get("made"),
    "p50 ms": lambda r: r.get("p50"),
    "p95 ms": lambda r: r.get("p95"),
    "text ms": lambda r: r.get("text"),
    "photo ms": lambda r: r.get("photo"),
    "bytes each": lambda r: r["tx"] / r["n"] if r.get("n") else None,
    "CPU ms each": lambda r: processor(r) if r.get("n") else None,
    "wakeups a second": lambda r: r["wakeups"],
    "% wrong at rest": lambda r: 100 * r["rest"]["wrong"] if r["rest"] else None,
    "sharer MB": lambda r: sum(m[0] for m in r["memory"]["server"].values()),
    "viewer MB": lambda r: sum(m[0] for m in r["memory"]["viewer"].values()),
    "load": lambda r: r["load"],
}
print("| | | " + " | ".join(peers) + " |\n|---|---|" + "---|" * len(peers))
for work in works:
    for what, of in LINES.items():
        cells = [
            figure([of(r) for r in rows if (r["peer"], r["work"]) == (peer, work)])
            for peer in peers
        ]
        if any(cell != "–" for cell in cells):
            print(f"| {work} | {what} | " + " | ".join(cells) + " |")
