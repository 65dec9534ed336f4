"""vectors/canon.json: which bytes are canonical, and why others are not."""

import cbor2

from kithspec import cbor
from kithspec.harness import refused, vectors

VECTORS = vectors("canon")


def check_limits(t):
    with t.case("the same limits"):
        assert VECTORS["limits"] == {"bytes": cbor.MAX_SIZE, "depth": cbor.MAX_DEPTH}


def check_valid(t):
    for text in VECTORS["valid"]:
        with t.case(text):
            value = cbor.decode(bytes.fromhex(text))
            assert cbor.encode(value).hex() == text, "reading and writing gives other bytes"


def check_valid_with_cbor2(t):
    # A decoder nobody here wrote reads the same bytes without complaint.
    for text in VECTORS["valid"]:
        with t.case(text):
            cbor2.loads(bytes.fromhex(text))


def check_invalid(t):
    for vector in VECTORS["invalid"]:
        with t.case(f"{vector['bytes']} ({vector['error']})"), refused(cbor.CborError, vector["error"]):
            cbor.decode(bytes.fromhex(vector["bytes"]))
