"""vectors/hello.json: reading, writing and comparing hellos."""

from kithspec import cbor, hello
from kithspec.harness import refused, vectors

VECTORS = vectors("hello")


def check_valid(t):
    for vector in VECTORS["valid"]:
        parts = (vector["min"], vector["max"], vector["features"], vector["software"])
        with t.case(vector["bytes"]):
            assert hello.decode(bytes.fromhex(vector["bytes"])) == parts
            assert hello.encode(*parts).hex() == vector["bytes"]


def check_extended(t):
    for vector in VECTORS["extended"]:
        with t.case(vector["bytes"]):
            known = bytes.fromhex(VECTORS["valid"][vector["same_as"]]["bytes"])
            assert hello.decode(bytes.fromhex(vector["bytes"])) == hello.decode(known)


def check_invalid(t):
    for vector in VECTORS["invalid"]:
        with t.case(vector["why"]), refused((hello.HelloError, cbor.CborError)):
            hello.decode(bytes.fromhex(vector["bytes"]))


def check_common(t):
    for vector in VECTORS["common"]:
        with t.case(f"{vector['ours']} meets {vector['theirs']}"):
            ours = hello.decode(bytes.fromhex(vector["ours"]))
            theirs = hello.decode(bytes.fromhex(vector["theirs"]))
            assert hello.common(ours, theirs) == vector["result"]
