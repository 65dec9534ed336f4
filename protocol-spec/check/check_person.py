"""vectors/person.json, records.json and sheet.json: chapters 01 and 02."""

from kithspec import bech32m, cbor, cose, person, records
from kithspec.harness import refused, vectors

PERSON = vectors("person")
RECORDS = vectors("records")
SHEET = vectors("sheet")


def _result(attempt):
    """What an attempt gives, or the code of its refusal."""
    try:
        return attempt()
    except records.RecordError as error:
        return error.code


def _entries():
    return {name: person.Entry(bytes.fromhex(v["bytes"])) for name, v in PERSON["entries"].items()}


def check_entries(t):
    for name, vector in PERSON["entries"].items():
        with t.case(name):
            assert person.Entry(bytes.fromhex(vector["bytes"])).digest.hex() == vector["digest"]


def check_entries_are_made_alike(t):
    # Seeds of the vectors: 32 times one byte; some sign as strangers.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = lambda seed: Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    seeds = {public(bytes([n]) * 32): bytes([n]) * 32 for n in range(1, 64)}
    for name, vector in PERSON["entries"].items():
        with t.case(name):
            data = bytes.fromhex(vector["bytes"])
            payload = cbor.decode(data)[0]
            signers = person.Entry(data).signers
            assert cose.cosign(payload, seeds=[seeds[s] for s in signers], name="person", version=1) == data


def check_malformed(t):
    for vector in PERSON["wellformed"]:
        with t.case(vector["name"]):
            person.Entry(bytes.fromhex(vector["bytes"]))
    for vector in PERSON["malformed"]:
        with t.case(vector["name"]), refused(records.RecordError, "content"):
            person.Entry(bytes.fromhex(vector["bytes"]))


def check_scenarios(t):
    entries = _entries()
    for scenario in PERSON["scenarios"]:
        log, now = None, scenario["now"]
        for name, expected in scenario["steps"]:
            with t.case(f"{scenario['name']}: {name}"):
                if log is None:
                    try:
                        log = person.Log(entries[name], now)
                        result = "genesis"
                    except records.RecordError as error:
                        result = error.code
                else:
                    result = _result(lambda: log.take(entries[name], now))
                assert result == expected, f"{result!r}, expected {expected!r}"
        with t.case(f"{scenario['name']}: the state after it"):
            assert (log is not None) == ("head" in scenario)
            if log is not None:
                assert log.person.hex() == scenario["person"]
                assert log.head.digest.hex() == scenario["head"]
                assert (log.theirs and log.theirs.digest.hex()) == scenario["fork"]
                for d in scenario["devices"]:
                    device = bytes.fromhex(d["device"])
                    assert log.status(device, now) == d["status"]
                    for purpose in ("meet", "talk", "share"):
                        assert log.permit(device, purpose, now) == d[purpose]


def check_certificates(t):
    entries = _entries()
    for vector in RECORDS["certificates"]:
        with t.case(vector["name"]):
            now, head = vector["now"], person.Entry(bytes.fromhex(vector["head"]))
            log = person.Log(entries["genesis"], head.issued)
            log.take(head, head.issued)
            assert log.head.digest == head.digest
            data = bytes.fromhex(vector["bytes"])
            result = _result(lambda: person.check_certificate(data, log=log, now=now) and "valid")
            assert result == vector["result"], f"{result!r}"


def check_records_of_devices(t):
    for vector in RECORDS["records"]:
        with t.case(f"{vector['kind']}: {vector['name']}"):
            result = _result(
                lambda: records.of_device(
                    bytes.fromhex(vector["bytes"]),
                    kind=vector["kind"],
                    device=bytes.fromhex(vector["device"]),
                    person=bytes.fromhex(vector["person"]),
                    now=vector["now"],
                )
                and "valid"
            )
            assert result == vector["result"], f"{result!r}"


def check_possible(t):
    read = []
    for text in RECORDS["possible"]["capabilities"]:
        _, payload = cose.read(bytes.fromhex(text), name="capability", version=1)
        read.append(records.capability(cbor.decode(payload)))
    for outcome in RECORDS["possible"]["outcomes"]:
        first, second = outcome["first"], outcome["second"]
        with t.case(f"{first} and {second}"):
            assert records.possible(read[first], read[second]) == outcome["ways"]
        with t.case(f"{second} and {first}: the same, the other way round"):
            swapped = {(tuple(m), 3 - s): o for m, s, o in records.possible(read[second], read[first])}
            assert swapped == {(tuple(m), s): o for m, s, o in outcome["ways"]}


def check_sheets(t):
    for vector in SHEET["valid"]:
        secret, owner = bytes.fromhex(vector["secret"]), bytes.fromhex(vector["person"])
        with t.case(f"key of {vector['secret'][:8]}"):
            assert person.recovery_public(secret).hex() == vector["public"]
        with t.case(f"code of {vector['secret'][:8]}"):
            assert person.sheet_code(owner, secret) == vector["code"]
            assert person.read_code(vector["code"]) == (owner, secret)
            assert person.read_code(vector["code"].lower()) == (owner, secret)
        with t.case(f"words of {vector['secret'][:8]}"):
            # Without the list of words: as many as there should be, and the
            # same word wherever the same eleven bits stand.
            words = vector["words"].split(" ")
            bits = int.from_bytes(secret + bytes([person.word_checksum(secret)]), "big")
            numbers = [bits >> (11 * (23 - i)) & 0x7FF for i in range(24)]
            assert len(words) == 24
            assert len(set(zip(words, numbers))) == len(set(words)) == len(set(numbers))
            assert [w for _, w in sorted(zip(numbers, words))] == sorted(words)
    for vector in SHEET["code_invalid"]:
        with t.case(f"code: {vector['error']}"), refused(records.RecordError, vector["error"]):
            person.read_code(vector["code"])
    with t.case("a code has no other text"), refused(bech32m.Bech32Error):
        bech32m.decode(SHEET["valid"][0]["code"][:-1])
