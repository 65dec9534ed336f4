"""Runs the check_*.py files beside this package and prints the totals."""

import importlib
import sys
from pathlib import Path

from kithspec.harness import Tally

HERE = Path(__file__).resolve().parent.parent


def main(names):
    files = sorted(path.stem for path in HERE.glob("check_*.py"))
    if names:
        wanted = [f"check_{name.removeprefix('check_').removesuffix('.py')}" for name in names]
        unknown = [name for name in wanted if name not in files]
        if unknown:
            print(f"no such check: {', '.join(unknown)}; there are: {', '.join(files)}", file=sys.stderr)
            return 2
        files = wanted
    sys.path.insert(0, str(HERE))
    tally = Tally()
    for name in files:
        tally.run_module(name, lambda name=name: importlib.import_module(name))
    if not files:
        print("there is no check_*.py", file=sys.stderr)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 0 if tally.failed == 0 and tally.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
