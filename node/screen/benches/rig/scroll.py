"""Lines of something like source code, so many a sixtieth of a second:
scroll.py SECONDS LINES."""

import random
import sys
import time

seconds, lines = float(sys.argv[1]), int(sys.argv[2])
random.seed(7)
words = (
    "let mut fn impl pub struct match Some None Ok Err self return await async move frame "
    "tile encode decode peer swarm key bytes len usize u32 Vec Option Result for in while "
    "if else loop"
).split()
began, step, line = time.monotonic(), 0, 0
while time.monotonic() - began < seconds:
    out = []
    for _ in range(lines):
        line += 1
        colour = random.choice((0, 0, 0, 31, 32, 34, 36))
        indent = "    " * random.randint(0, 5)
        text = " ".join(random.choice(words) for _ in range(random.randint(0, 18)))
        out.append(f"{line:06d} \x1b[{colour}m{indent}{text}\x1b[0m")
    sys.stdout.write("\r\n".join(out) + "\r\n")
    sys.stdout.flush()
    step += 1
    time.sleep(max(0, began + step / 60 - time.monotonic()))
time.sleep(30)
