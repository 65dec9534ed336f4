"""The chapters' CDDL: every name that is used is defined, in the same chapter or
in one before it, and none takes a name that CDDL itself has a meaning for."""

import re
from pathlib import Path

SPEC = Path(__file__).resolve().parent.parent
# RFC 8610, appendix D, and the words of its operators.
PRELUDE = set(
    """any uint nint int bstr bytes tstr text tdate time number biguint bignint
    bigint integer unsigned decfrac bigfloat eb64url eb64legacy eb16 encoded-cbor
    uri b64url b64legacy regexp mime-message cbor-any float16 float32 float64
    float16-32 float32-64 float false true bool nil null undefined""".split()
)
NAME = r"[a-z][a-z0-9-]*"


def _chapters():
    """Chapter, text of its CDDL without comments and literals, names defined."""
    for file in sorted(SPEC.glob("[0-9][0-9]-*.md")):
        blocks = re.findall(r"```cddl\n(.*?)```", file.read_text(encoding="utf-8"), re.S)
        text = re.sub(r'"[^"]*"', "", re.sub(r";.*", "", "\n".join(blocks)))
        yield file.name, text, re.findall(rf"^({NAME})\s*=(?!>)", text, re.M)


def check_names_are_defined_once(t):
    for chapter, _, names in _chapters():
        for name in names:
            with t.case(f"{chapter}: {name}"):
                assert names.count(name) == 1, "defined twice"
                assert name not in PRELUDE, "CDDL itself defines it"


def check_names_that_are_used(t):
    known = set(PRELUDE)
    for chapter, text, names in _chapters():
        known.update(names)
        for name in sorted(set(re.findall(rf"(?<![\w.-])({NAME})(?![\w-]|\s*:)", text))):
            with t.case(f"{chapter}: {name}"):
                assert name in known, "nobody defines it"


def check_named_fields_are_cut(t):
    # With "=>", a field of a wrong type would pass for one of a later version.
    for chapter, text, _ in _chapters():
        if text:
            with t.case(chapter):
                assert not re.search(r"\b\d+\s*=>", text), 'a named field takes ":"'
