"""Payloads: how a map with integer keys is read, and the records of devices.
Chapters 00 ("Growth") and 02.
"""

import unicodedata

from kithspec import cbor, cose, ed25519

DAY = 24 * 3600 * 1000
MAX_TIME = 1 << 48
SKEW = DAY
X25519, X_WING = 0x0020, 0x647A
KEM_LENGTHS = {X25519: 32, X_WING: 1216}


class RecordError(Exception):
    """Why a record is refused. `code` names the rule."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}{': ' + detail if detail else ''}")
        self.code = code


def _content(condition, detail=""):
    if not condition:
        raise RecordError("content", detail)


class Fields:
    """A map that is taken apart; what is left at the end is unknown."""

    def __init__(self, value):
        _content(isinstance(value, dict), "not a map")
        _content(all(type(key) is int for key in value), "keys are integers")
        _content(all(-(2**63) <= key < 2**63 for key in value), "keys of 64 bits with a sign")
        self.left = dict(value)

    def opt(self, key, read):
        if key not in self.left:
            return None
        return read(self.left.pop(key))

    def req(self, key, read):
        _content(key in self.left, f"field {key} is missing")
        return read(self.left.pop(key))

    def done(self):
        """Whether there were unknown fields; a critical one refuses."""
        _content(all(key >= 0 for key in self.left), "a critical field")
        return bool(self.left)


def uint(most=2**64 - 1, least=0):
    def read(value):
        _content(type(value) is int and least <= value <= most, f"not in {least}..{most}")
        return value

    return read


number = uint(0xFFFF)
time = uint(MAX_TIME)


def data(least, most):
    def read(value):
        _content(isinstance(value, bytes) and least <= len(value) <= most, "bytes")
        return value

    return read


id32 = data(32, 32)


def key(value):
    id32(value)
    _content(ed25519.is_small_order(value) is False, "not a usable key")
    return value


def text(most):
    def read(value):
        _content(isinstance(value, str) and 1 <= len(value.encode()) <= most, "text")
        return value

    return read


def name(value):
    """Enough of chapter 03 for these vectors: its own check does the rest."""
    _content(isinstance(value, str) and 1 <= len(value) <= 64, "a name")
    _content(unicodedata.normalize("NFC", value) == value and value == " ".join(value.split()), "normal form")
    _content(not any(unicodedata.category(c)[0] == "C" for c in value), "a forbidden character")
    return value


def listed(most, read, order=None):
    """A list that is absent when it is empty, sorted by `order` if given."""

    def whole(value):
        _content(isinstance(value, list) and 1 <= len(value) <= most, f"1 to {most} items")
        items = [read(item) for item in value]
        if order is not None:
            ranks = [order(item) for item in items]
            _content(all(a < b for a, b in zip(ranks, ranks[1:])), "sorted, each once")
        return items

    return whole


numbers = listed(64, number, order=lambda n: n)


def version(fields):
    _content(fields.req(0, uint()) == 1, "another version")


def _kem_key(value):
    f = Fields(value)
    kem, public = f.req(0, number), f.req(1, data(1, 1280))
    f.done()
    _content(len(public) == KEM_LENGTHS.get(kem, len(public)), "length of a KEM key")
    return kem, public


def kem_keys(value):
    keys = listed(3, _kem_key, order=lambda k: k[0])(value)
    _content(sum(len(public) for _, public in keys) <= 1280, "too many bytes of KEM keys")
    _content(any(kem == X25519 for kem, _ in keys), "X25519 is missing")
    return keys


def device_name(value):
    _content(len(name(value).encode()) <= 128, "a device's name")
    return value


def profile(value):
    f = Fields(value)
    version(f)
    out = {"person": f.req(1, id32), "device": f.req(2, id32), "seq": f.req(3, uint())}
    out |= {"issued": f.req(4, time), "name": f.req(5, name)}
    out |= {"avatar": f.opt(6, id32), "statement": f.opt(7, text(512))}
    f.done()
    out["expires"] = min(out["issued"] + 3660 * DAY, MAX_TIME)
    return out


def _relay(value):
    f = Fields(value)
    out = f.req(0, id32), f.opt(1, listed(4, data(1, 256)))
    f.done()
    return out


def address(value):
    f = Fields(value)
    version(f)
    out = {"device": f.req(1, id32), "seq": f.req(2, uint())}
    out |= {"issued": f.req(3, time), "expires": f.req(4, time)}
    out["addresses"] = f.opt(5, listed(32, data(1, 256))) or []
    out["relays"] = f.opt(6, listed(8, _relay)) or []
    f.done()
    devices = [device for device, _ in out["relays"]]
    _content(len(set(devices)) == len(devices), "a relay twice")
    return out


def _offer(value):
    f = Fields(value)
    technology, way = f.req(0, number), f.opt(1, number)
    share, join = f.opt(2, numbers), f.opt(3, numbers)
    f.done()
    _content(share is not None or join is not None, "an offer of nothing")
    return (technology,) if way is None else (technology, way), share, join


def _screen(value):
    f = Fields(value)
    out = f.req(0, uint(65535, 1)), f.req(1, uint(65535, 1))
    f.done()
    return out


def capability(value):
    f = Fields(value)
    version(f)
    out = {"person": f.req(1, id32), "device": f.req(2, id32), "seq": f.req(3, uint())}
    out |= {"issued": f.req(4, time), "expires": f.req(5, time)}
    out |= {"session": f.req(6, number), "os": f.req(7, number), "os_version": f.opt(8, text(64))}
    offers = f.opt(9, listed(32, _offer, order=lambda o: o[0])) or []
    out["offers"] = {means: (share, join) for means, share, join in offers}
    out["codecs"] = f.opt(10, numbers) or []
    out["kems"] = f.req(11, listed(8, number, order=lambda n: n))
    out["screens"] = f.opt(12, listed(16, _screen)) or []
    out["features"] = f.opt(13, numbers) or []
    f.done()
    _content(X25519 in out["kems"], "X25519 is missing")
    return out


# Kind: reader, largest size, longest time.
KINDS = {
    "profile": (profile, 2048, 3660 * DAY),
    "address": (address, 20480, DAY),
    "capability": (capability, 16384, DAY),
}


def signed(data_, *, kind, signer, read, max_size):
    """Signer, signature, then content; with this chapter's codes."""
    try:
        _, payload = cose.read(data_, name=kind, version=1, signer=signer, max_size=max_size)
    except cose.CoseError as error:
        raise RecordError({"signature": "bad-signature"}.get(error.code, error.code)) from error
    except cbor.CborError as error:
        raise RecordError("content", str(error)) from error
    return read(cbor.decode(payload, max_size=max_size))


def in_force(record, longest, now):
    if not 0 < record["expires"] - record["issued"] <= longest:
        raise RecordError("span")
    if record["issued"] > now + SKEW:
        raise RecordError("not-yet")
    if record["expires"] <= now:
        raise RecordError("expired")


def of_device(data_, *, kind, device, person, now):
    """A record of `device`, which is known as one of `person`'s."""
    read, max_size, longest = KINDS[kind]
    record = signed(data_, kind=kind, signer=device, read=read, max_size=max_size)
    if record["device"] != device:
        raise RecordError("other-device")
    if record.get("person", person) != person:
        raise RecordError("other-person")
    in_force(record, longest, now)
    return record


VIEW, TILES, NATIVE = 1, 1, (1,)
RIGHTS, CODECS = range(1, 9), (1, 2)
MEANS = [NATIVE] + [(technology, way) for technology in (2, 3, 4, 5) for way in (1, 2)]
STRONGEST_FIRST = (X_WING, X25519)


def possible(first, second):
    """Every means, both ways: what both can do, or the number of the reason."""
    ways = []
    for means in MEANS:
        for sharer, shares, joins in ((1, first, second), (2, second, first)):
            ways.append([list(means), sharer, _one_way(means, shares, joins)])
    return ways


def _one_way(means, shares, joins):
    given = shares["offers"].get(means, (None, None))[0]
    used = joins["offers"].get(means, (None, None))[1]
    if given is None:
        return 1
    if used is None:
        return 2
    rights = [r for r in RIGHTS if r in given and r in used]
    if VIEW not in rights:
        return 3
    codecs = []
    if means == NATIVE:
        codecs = [c for c in CODECS if c in shares["codecs"] and c in joins["codecs"]]
        if TILES not in codecs:
            return 4
    kems = [k for k in STRONGEST_FIRST if k in shares["kems"] and k in joins["kems"]]
    return {"rights": rights, "codecs": codecs, "kem": kems[0]} if kems else 5
