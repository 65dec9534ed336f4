"""vectors/audit.json: chains, heads, end records and files of audits."""

from kithspec import audit, cbor, cose
from kithspec.harness import refused, vectors

VECTORS = vectors("audit")
DEVICE = bytes.fromhex(VECTORS["device"])
ENTRIES = [bytes.fromhex(e) for e in VECTORS["entries"]]


def check_kinds(t):
    with t.case("kinds by number and name"):
        assert {k["number"]: k["name"] for k in VECTORS["kinds"]} == {n: name for n, (name, _) in audit.KINDS.items()}
    with t.case("domains"):
        assert VECTORS["records"] == {"head": cose.domain(audit.HEAD, 1), "end": cose.domain(audit.END, 1)}


def check_entries(t):
    for data, expected in zip(ENTRIES, VECTORS["digests"], strict=True):
        with t.case(expected):
            fields = audit.read_entry(data)
            assert cbor.encode(fields) == data
            assert audit.digest(data).hex() == expected
    with t.case("the chain"):
        _, (length, last) = audit.verify(DEVICE, ENTRIES)
        assert (length, last.hex()) == (len(ENTRIES), VECTORS["digests"][-1])
    with t.case("one entry of each kind"):
        assert {audit.read_entry(e)[5] for e in ENTRIES} >= set(audit.KINDS)


def check_broken(t):
    for v in VECTORS["broken"]:
        with t.case(v["why"]):
            try:
                audit.verify(DEVICE, [bytes.fromhex(e) for e in v["entries"]])
            except audit.AuditError as error:
                assert (error.code, error.place) == (v["error"], v["place"]), str(error)
            else:
                raise AssertionError("accepted")


def check_heads(t):
    for v in VECTORS["heads"]:
        head = bytes.fromhex(v["head"])
        if v["error"] is None:
            with t.case(v["why"]):
                assert audit.against(DEVICE, ENTRIES, head) == v["uncovered"]
        else:
            with t.case(v["why"]), refused(audit.AuditError, v["error"]):
                audit.against(DEVICE, ENTRIES, head)


def check_every_truncation(t):
    head = bytes.fromhex(VECTORS["heads"][0]["head"])
    for length in range(len(ENTRIES)):
        with t.case(f"{length} entries"), refused(audit.AuditError, "truncated"):
            audit.against(DEVICE, ENTRIES[:length], head)


def check_end_records(t):
    for v in VECTORS["end_records"]:
        data = bytes.fromhex(v["bytes"])
        if v["signed_by"] == "stranger":
            with t.case(v["why"]), refused(audit.AuditError, "stranger"):
                audit.judge(data)
            continue
        with t.case(v["why"]):
            who, _, document = audit.judge(data)
            assert (who, document.hex()) == (v["signed_by"], v["digest"])
    for v in VECTORS["invalid_end_records"]:
        with t.case(v["why"]), refused(audit.AuditError, "malformed"):
            audit.check_end(bytes.fromhex(v["payload"]))


def check_files(t):
    for v in VECTORS["files"]["valid"]:
        with t.case(v["name"]):
            entries, records = audit.read_file(bytes.fromhex(v["file"]))
            assert (len(entries), len(records)) == (v["entries"], v["end_records"])
    for v in VECTORS["files"]["invalid"]:
        code = None if v["error"] == "altered" else v["error"]
        with t.case(v["why"]), refused((audit.AuditError, cose.CoseError, cbor.CborError), code):
            audit.read_file(bytes.fromhex(v["file"]))
