"""A very small test runner: one counted case for each vector.

A check file has functions whose names begin with `check_`, each taking a
`Tally`:

    def check_valid(t):
        for vector in vectors("canon")["valid"]:
            with t.case(vector["name"]):
                assert ...

A function without a single case counts as failed: a check that looks at
nothing proves nothing.
"""

import json
import traceback
from contextlib import contextmanager
from pathlib import Path

VECTORS = Path(__file__).resolve().parent.parent.parent / "vectors"


def vectors(name):
    """The parsed vector file protocol-spec/vectors/<name>.json."""
    with open(VECTORS / f"{name}.json", encoding="utf-8") as file:
        return json.load(file, object_pairs_hook=_no_duplicates)


def _no_duplicates(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"a key stands twice in a vector file: {[key for key, _ in pairs]}")
    return found


@contextmanager
def refused(error, code=None):
    """Passes when the block raises `error`, with `code` if one is given."""
    try:
        yield
    except error as seen:
        if code is not None and seen.code != code:
            raise AssertionError(f"refused as {seen.code!r}, expected {code!r}: {seen}") from seen
        return
    raise AssertionError(f"accepted, but must be refused{f' as {code!r}' if code else ''}")


class Tally:
    """Counts cases and prints the failed ones."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self._where = ""

    @contextmanager
    def case(self, name):
        """One counted case; whatever it raises is printed and counted."""
        try:
            yield
        except Exception:  # every kind of failure is a failed case
            self._fail(f"{self._where} · {name}")
        else:
            self.passed += 1

    def run_module(self, name, load):
        """Imports one check file and runs its check_ functions."""
        before = (self.passed, self.failed)
        self._where = name
        try:
            module = load()
        except Exception:
            self._fail(f"{name}: does not load")
            return
        functions = [
            value
            for key, value in vars(module).items()
            if key.startswith("check_") and callable(value) and value.__module__ == name
        ]
        if not functions:
            self._fail(f"{name}: has no check_ function", trace=False)
        for function in functions:
            self._where = f"{name}.{function.__name__}"
            count = self.passed + self.failed
            try:
                function(self)
            except Exception:
                self._fail(self._where)
            if self.passed + self.failed == count:
                self._fail(f"{self._where}: looked at no case", trace=False)
        print(f"{name}: {self.passed - before[0]} passed, {self.failed - before[1]} failed")

    def _fail(self, what, trace=True):
        self.failed += 1
        print(f"FAILED {what}")
        if trace:
            print("".join(f"    {line}\n" for line in traceback.format_exc().splitlines()), end="")
