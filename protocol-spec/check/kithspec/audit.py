"""Audit logs, chapter 10: chains, heads, end records, files."""

import re

from kithspec import cbor, cose

HEAD, END = "audit-head", "end-record"
MAX_ENTRY, MAX_HEAD, MAX_END = 16 * 1024, 512, 20 * 1024
MAX_LENGTH = 1 << 40
MAX_TIME = 1 << 48
MAGIC = b"kith audit 1\n"
CODE = re.compile(r"[a-z][a-z0-9-]{0,47}\Z")

# What each kind must have and may have, by field.
SHARE, EXTENT, BY, REASON, STAGE, POLICIES, DIGEST, PERSON, DIRECTION, CASE = range(6, 16)
FITS, BARS, SERVER, INPUT, COUNT, COMMAND = range(16, 22)
KINDS = {
    1: ("asked", {SHARE, EXTENT, DIRECTION}),
    2: ("decided", {SHARE}),
    3: ("refused", {SHARE, BY, REASON}),
    4: ("granted", {SHARE, EXTENT}),
    5: ("started", {SHARE}),
    6: ("escalated", {SHARE, EXTENT, BY}),
    7: ("reduced", {SHARE, EXTENT, BY, REASON}),
    8: ("ended", {SHARE, BY, REASON}),
    9: ("policy-in-force", {POLICIES}),
    10: ("consent-given", {DIGEST, PERSON}),
    11: ("consent-ended", {DIGEST}),
    12: ("limits-changed", {FITS}),
    14: ("consent-held", {REASON, DIGEST}),
    15: ("consent-resumed", {DIGEST}),
    16: ("account-kept", {REASON, SERVER}),
    17: ("account-removed", {REASON, SERVER}),
    18: ("input-enrolled", {REASON, INPUT}),
    19: ("input-removed", {REASON, INPUT}),
    20: ("left-out", {SHARE, BY, COUNT}),
    21: ("control-given", {SHARE, REASON}),
    22: ("at-screen", {REASON, COMMAND}),
    23: ("clock-corrected", {POLICIES}),
}


class AuditError(Exception):
    """Why a log is refused. `code` as in the chapter; `place` where it is."""

    def __init__(self, code, place=None):
        super().__init__(f"{code}{'' if place is None else f' at {place}'}")
        self.code = code
        self.place = place


def _need(good):
    if not good:
        raise AuditError("malformed")


def _map(value, required=()):
    _need(isinstance(value, dict) and all(type(k) is int and k >= 0 for k in value))
    _need(all(k in value for k in required))
    return value


def _bytes(value, length):
    _need(isinstance(value, bytes) and len(value) == length)


def _number(value, low, high):
    _need(type(value) is int and low <= value <= high)


def _ascending(values, low, high, most):
    _need(isinstance(values, list) and 1 <= len(values) <= most)
    for v in values:
        _number(v, low, high)
    _need(values == sorted(set(values)))


def _code(value):
    _need(isinstance(value, str) and CODE.match(value))


def _extent(value):
    fields = _map(value, (0, 1))
    _number(fields[0], 0, 4)
    _number(fields[1], 0, 4)
    if 2 in fields:
        _ascending(fields[2], 0, 0xFFFF, 64)
    if 3 in fields:
        names = fields[3]
        _need(isinstance(names, list) and 1 <= len(names) <= 64)
        for name in names:
            _need(isinstance(name, str) and 1 <= len(name.encode()) <= 128)
        raw = [name.encode() for name in names]
        _need(raw == sorted(set(raw)))


def _share(value):
    fields = _map(value, range(5))
    for key, length in ((0, 16), (2, 32), (3, 32)):
        _bytes(fields[key], length)
    _number(fields[1], 1, 3)
    _number(fields[4], 1, 5)
    if 5 in fields:
        _need(isinstance(fields[5], list) and len(fields[5]) == 2)
        for side in fields[5]:
            _number(side, 1, 0xFFFF)


def _policies(value):
    _need(isinstance(value, list) and 1 <= len(value) <= 8)
    for policy in value:
        fields = _map(policy, range(3))
        _bytes(fields[0], 32)
        _number(fields[1], 0, (1 << 64) - 1)
        _bytes(fields[2], 32)
    orgs = [policy[0] for policy in value]
    _need(orgs == sorted(set(orgs)))


def _case(value):
    for key, text in _map(value).items():
        if key in (0, 1, 2):
            _need(isinstance(text, str) and 1 <= len(text) <= 200 and text.strip() == text)


def _fits(value):
    fields = _map(value)
    for key in (0, 1):
        if key in fields:
            _bytes(fields[key], 32)
    if 2 in fields:
        _need(isinstance(fields[2], str) and 1 <= len(fields[2].encode()) <= 128)


def _bars(value):
    fields = _map(value, (0, 1))
    _need(fields[0] == 1)
    if fields[1]:
        _ascending(fields[1], 0, 0xFFFF, 64)
    if 2 in fields:
        _ascending(fields[2], 0, 0xFFFFFFFF, 64)
    if 3 in fields:
        _number(fields[3], 1, 0xFFFF)


def _server(value):
    fields = _map(value, range(3))
    _number(fields[0], 1, 5)
    _need(isinstance(fields[1], bytes) and len(fields[1]) in (4, 16))
    _number(fields[2], 1, 0xFFFF)


CHECKS = {
    SHARE: _share,
    EXTENT: _extent,
    BY: lambda v: _number(v, 1, 5),
    REASON: _code,
    STAGE: _code,
    POLICIES: _policies,
    DIGEST: lambda v: _bytes(v, 32),
    PERSON: lambda v: _bytes(v, 32),
    DIRECTION: lambda v: _number(v, 1, 2),
    CASE: _case,
    FITS: _fits,
    BARS: _bars,
    SERVER: _server,
    INPUT: lambda v: _number(v, 1, 2),
    COUNT: lambda v: _number(v, 1, (1 << 32) - 1),
    COMMAND: _code,
}


def digest(entry):
    return cose.digest("kith/1/audit-entry", entry)


def read_entry(data):
    """The fields of one entry."""
    try:
        fields = cbor.decode(data, max_size=MAX_ENTRY)
    except cbor.CborError as error:
        raise AuditError("malformed") from error
    _map(fields, (0, 1, 2, 4, 5))
    _need(fields[0] == 1)
    _bytes(fields[1], 32)
    _number(fields[2], 0, MAX_LENGTH - 1)
    _need((fields[2] == 0) == (3 not in fields))
    if 3 in fields:
        _bytes(fields[3], 32)
    _number(fields[4], 0, MAX_TIME)
    _number(fields[5], 0, 0xFFFF)
    if fields[5] in KINDS:
        name, required = KINDS[fields[5]]
        _need(required <= set(fields))
        if name == "decided" and EXTENT not in fields:
            _need({STAGE, REASON} <= set(fields))
        if name in ("policy-in-force", "clock-corrected"):
            _need(len(fields[POLICIES]) == 1)
        for key, check in CHECKS.items():
            if key in fields:
                check(fields[key])
    return fields


def verify(device, entries, start=(0, None)):
    """The fields of all entries, and where they end: (length, last digest)."""
    length, last = start
    out = []
    for data in entries:
        try:
            fields = read_entry(data)
        except AuditError as error:
            raise AuditError(error.code, length) from error
        if fields[1] != device:
            raise AuditError("other-log", length)
        if fields[2] > length:
            raise AuditError("missing", length)
        if fields[2] < length:
            raise AuditError("out-of-order", length)
        if fields.get(3) != last:
            raise AuditError("broken-link", length)
        length, last = length + 1, digest(data)
        out.append(fields)
    return out, (length, last)


def read_head(data):
    """The signer, and the fields of a head."""
    signer, payload = cose.read(data, name=HEAD, version=1, max_size=MAX_HEAD)
    fields = _map(cbor.decode(payload), range(5))
    _need(fields[0] == 1)
    _bytes(fields[1], 32)
    _number(fields[2], 1, MAX_LENGTH)
    _bytes(fields[3], 32)
    _number(fields[4], 0, MAX_TIME)
    return signer, fields


def against(device, entries, head, start=(0, None)):
    """How many entries the head doesn't cover."""
    _, (length, _) = verify(device, entries, start)
    signer, fields = read_head(head)
    if signer != device or fields[1] != device:
        raise AuditError("other-log")
    if fields[2] > length:
        raise AuditError("truncated")
    if fields[2] < start[0]:
        raise AuditError("older")
    at = fields[2] - start[0]
    if (start[1] if at == 0 else digest(entries[at - 1])) != fields[3]:
        raise AuditError("other-history")
    return length - fields[2]


def _position(value):
    fields = _map(value, (0,))
    _number(fields[0], 0, MAX_LENGTH)
    _need((fields[0] == 0) == (1 not in fields))
    if 1 in fields:
        _bytes(fields[1], 32)


def check_end(payload):
    """The fields of an end record's payload."""
    fields = _map(cbor.decode(payload, max_size=MAX_END), [k for k in range(16) if k not in (10, 13)])
    _need(fields[0] == 1)
    _bytes(fields[1], 16)
    for key in (2, 3, 4, 5):
        _bytes(fields[key], 32)
    _number(fields[6], 1, 5)
    _number(fields[7], 0, MAX_TIME)
    _number(fields[8], fields[7], MAX_TIME)
    _need(fields[3] != fields[5])
    _extent(fields[9])
    if 10 in fields:
        _policies(fields[10])
    _number(fields[11], 1, 5)
    _code(fields[12])
    if 13 in fields:
        _case(fields[13])
    _position(fields[14])
    _position(fields[15])
    return fields


def judge(data):
    """Who of the two signed, the fields, and the digest of the document."""
    signers, payload = cose.read_cosigned(data, name=END, version=1, max_size=MAX_END)
    fields = check_end(payload)
    who = [{fields[3]: "sharer", fields[5]: "viewer"}.get(s, "stranger") for s in signers]
    if "stranger" in who:
        raise AuditError("stranger")
    document = cose.digest(cose.domain(END, 1), payload)
    return "both" if len(who) == 2 else who[0], fields, document


def read_file(data):
    """The entries and end records of a file, after all of it was checked."""
    if not data.startswith(MAGIC):
        raise AuditError("magic")
    at = len(MAGIC)

    def part():
        nonlocal at
        if at + 4 > len(data):
            raise AuditError("cut-off")
        length = int.from_bytes(data[at : at + 4], "big")
        if at + 4 + length > len(data):
            raise AuditError("cut-off")
        at += 4 + length
        return cbor.decode(data[at - length : at], max_size=cbor.MAX_SIZE + 16)

    header = _map(part(), (0, 1))
    _need(header[0] == 1)
    start = (0, None)
    if 2 in header:
        _position(header[2])
        start = (header[2][0], header[2].get(1))
    entries, records = [], []
    while True:
        value = part()
        _need(isinstance(value, list) and len(value) == 2 and isinstance(value[1], bytes))
        kind, content = value
        if kind == 1 and not records:
            entries.append(content)
        elif kind == 2:
            records.append(content)
        elif kind == 3:
            break
        else:
            _need(False)
    if at != len(data):
        raise AuditError("trailing")
    if against(header[1], entries, content, start):
        raise AuditError("uncovered")
    read, _ = verify(header[1], entries, start)
    named = {e[DIGEST]: e[SHARE][0] for e in read if e[5] == 8 and DIGEST in e}
    ends = [start[1]] + [digest(e) for e in entries]
    for record in records:
        _, fields, document = judge(record)
        mine = {fields[3]: fields[14], fields[5]: fields[15]}.get(header[1])
        if mine is None:
            raise AuditError("stray")
        at = mine[0] - start[0]
        if at >= len(ends) or (at >= 0 and ends[at] != mine.get(1)):
            raise AuditError("other-history")
        if named.pop(document, None) != fields[1]:
            raise AuditError("stray")
    if named:
        raise AuditError("no-record")
    return entries, records
