"""A person's log, certificates and recovery sheets: chapter 01."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kithspec import bech32m, cbor, cose, hashes, records
from kithspec.records import DAY, Fields, RecordError, listed, number, time

SKEW = 24 * 3600 * 1000
CERTIFIED = 731 * DAY
OUTGOING = 30 * DAY
MAX_REVOKED = 256
MAX_SEQ = 65535


def _listing(value):
    f = Fields(value)
    out = {"device": f.req(0, records.key), "kem": f.req(1, records.kem_keys)}
    out |= {"added": f.req(2, time), "expires": f.req(3, time)}
    out["name"] = f.opt(4, records.device_name)
    f.done()
    return out


def _revocation(value):
    f = Fields(value)
    out = {"device": f.req(0, records.id32), "since": f.req(1, time), "reason": f.req(2, number)}
    f.done()
    return out


def _outgoing(value):
    f = Fields(value)
    out = f.req(0, records.key), f.req(1, time)
    f.done()
    return out


class Entry:
    """One entry, its signatures checked and its content read."""

    def __init__(self, data):
        self.data = data
        self.signers, payload = cose.read_cosigned(data, name="person", version=1)
        self.digest = cose.digest(cose.domain("person", 1), payload)
        f = Fields(cbor.decode(payload))
        records.version(f)
        self.person = f.opt(1, records.id32)
        self.seq = f.req(2, records.uint(MAX_SEQ))
        self.previous = f.opt(3, records.id32)
        self.issued = f.req(4, time)
        self.key = f.req(5, records.key)
        self.recovery = f.opt(6, records.key)
        self.outgoing = f.opt(7, _outgoing)
        by_device = lambda item: item["device"]
        devices = f.opt(8, listed(32, _listing, order=by_device)) or []
        revoked = f.opt(9, listed(MAX_REVOKED, _revocation, order=by_device)) or []
        f.done()
        self.devices = {d["device"]: d for d in devices}
        self.revoked = {r["device"]: r for r in revoked}

    @property
    def of(self):
        return self.digest if self.person is None else self.person

    def recovery_keys(self, issued):
        keys = [] if self.recovery is None else [self.recovery]
        if self.outgoing is not None and issued < self.outgoing[1]:
            keys.append(self.outgoing[0])
        return keys


def _refuse(condition, code):
    if condition:
        raise RecordError(code)


def _signed_by(entry, keys, missing):
    _refuse(not set(keys) <= set(entry.signers) or len(set(keys)) < len(keys), missing)
    _refuse(len(entry.signers) > len(keys), "extra-signature")


def _three_keys(entry):
    keys = [entry.key, entry.recovery, entry.outgoing and entry.outgoing[0]]
    keys = [k for k in keys if k is not None]
    _refuse(len(set(keys)) < len(keys), "same-key")


def _certified(entry, d):
    _refuse(not 0 < d["expires"] - entry.issued <= CERTIFIED, "certified")


def _new_listing(entry, d):
    _refuse(d["added"] != entry.issued, "added")
    _certified(entry, d)


def judge_first(entry):
    bare = entry.person is None and entry.previous is None and entry.seq == 0
    _refuse(not bare or entry.outgoing is not None or entry.revoked, "form")
    _signed_by(entry, [entry.key], "missing-signature")
    _three_keys(entry)
    for d in entry.devices.values():
        _new_listing(entry, d)
    return "genesis"


def judge(last, entry):
    """What kind of step `entry` is from `last`."""
    _refuse(entry.person is None or entry.previous is None, "form")
    _refuse(entry.seq != last.seq + 1, "seq")
    _refuse(entry.previous != last.digest, "previous")
    _refuse(entry.issued < last.issued, "issued-before")
    step = _step(last, entry)
    _three_keys(entry)
    if step == "recovery":
        _recovery(last, entry)
    else:
        _refuse(not _recovery_key_may_change(last, entry), "recovery-change")
    for device, r in last.revoked.items():
        _refuse(entry.revoked.get(device) != r, "revocation")
    for device, r in entry.revoked.items():
        _refuse(device not in last.revoked and r["since"] > entry.issued, "revocation")
        _refuse(device in entry.devices, "revoked-returns")
    for device, d in last.devices.items():
        excused = device in entry.revoked or d["expires"] <= entry.issued
        excused = excused or len(entry.revoked) == MAX_REVOKED
        _refuse(device not in entry.devices and not excused, "vanished")
    for device, d in entry.devices.items():
        old = last.devices.get(device)
        if old is None:
            _new_listing(entry, d)
        else:
            _refuse(old["added"] != d["added"], "added")
            if old["expires"] != d["expires"]:
                _certified(entry, d)
    return step


def _step(last, entry):
    if entry.key == last.key:
        _signed_by(entry, [entry.key], "missing-signature")
        return "ordinary"
    if last.key in entry.signers:
        by, step = last.key, "rotation"
    else:
        sheets = [k for k in last.recovery_keys(entry.issued) if k in entry.signers]
        _refuse(not sheets, "missing-signature")
        by, step = sheets[0], "recovery"
    _signed_by(entry, [by, entry.key], "missing-new-signature")
    return step


def _recovery_key_may_change(last, entry):
    over = last.outgoing is None or entry.issued >= last.outgoing[1]
    if last.recovery is None or entry.recovery == last.recovery:
        return entry.outgoing == last.outgoing or (entry.outgoing is None and over)
    return over and entry.outgoing == (last.recovery, entry.issued + OUTGOING)


def _recovery(last, entry):
    used = [last.recovery, last.outgoing and last.outgoing[0]]
    _refuse(entry.recovery is None or entry.recovery in used, "recovery-kept")
    _refuse(entry.outgoing is not None, "recovery-change")
    new = [device for device, d in entry.devices.items() if last.devices.get(device) != d]
    _refuse(len(new) > 1 or any(device in last.devices for device in new), "recovery-devices")


class Log:
    """What a reader keeps of a person."""

    def __init__(self, first, now):
        judge_first(first)
        _refuse(first.issued > now + SKEW, "from-future")
        self.person, self.head, self.before, self.theirs = first.digest, first, None, None
        self.step = "genesis"

    def take(self, entry, now):
        """The kind of step, "known" or "forked"."""
        _refuse(entry.of != self.person, "other-person")
        kept = [e for e in (self.head, self.before, self.theirs) if e is not None]
        if any(e.digest == entry.digest for e in kept):
            return "known"
        _refuse(entry.issued > now + SKEW, "from-future")
        if self.theirs is not None:
            return self._heal(entry, kept)
        _refuse(entry.seq > self.head.seq + 1, "gap")
        _refuse(entry.seq < self.head.seq, "rollback")
        if entry.seq == self.head.seq + 1:
            return self._follow(entry)
        return self._beside(entry)

    def _follow(self, entry):
        try:
            step = judge(self.head, entry)
        except RecordError as error:
            return self._fork_or_raise(entry, error, self.head)
        self.before, self.head, self.step = self.head, entry, step
        return step

    def _beside(self, entry):
        _refuse(self.before is None, "other-person")
        try:
            step = judge(self.before, entry)
        except RecordError as error:
            return self._fork_or_raise(entry, error, self.before)
        outgoing = self.before.outgoing
        if step == "recovery" and outgoing is not None and outgoing[0] in entry.signers:
            _refuse(self.head.issued >= outgoing[1], "outranked")
        if step == "recovery" and self.step != "recovery":
            self.head, self.step = entry, step
            return step
        _refuse(self.step == "recovery" and step != "recovery", "outranked")
        self.theirs = entry
        return "forked"

    def _fork_or_raise(self, entry, error, base):
        if error.code != "previous" or base.key not in entry.signers:
            raise error
        self.theirs = entry
        return "forked"

    def _heal(self, entry, kept):
        bases = [e for e in kept if e.digest == entry.previous]
        _refuse(not bases or judge(bases[0], entry) != "recovery", "log-forked")
        branches = (self.head, self.theirs)
        signer = [k for k in bases[0].recovery_keys(entry.issued) if k in entry.signers][0]
        for branch in branches:
            acknowledged = branch.recovery_keys(max(entry.issued, branch.issued))
            _refuse(signer not in acknowledged, "log-forked")
            _refuse(set(entry.devices) & set(branch.revoked), "revoked-returns")
        self.before, self.head, self.theirs = bases[0], entry, None
        self.step = "recovery"
        return "recovery"

    def status(self, device, now):
        if device in self.head.revoked:
            return ["revoked", self.head.revoked[device]["since"]]
        if device not in self.head.devices:
            return ["unknown"]
        expires = self.head.devices[device]["expires"]
        return ["valid", expires] if now < expires else ["expired", expires]

    def permit(self, device, purpose, now):
        status = self.status(device, now)[0]
        if self.theirs is not None:
            if device in self.theirs.revoked or status == "revoked":
                return "revoked"
            if status == "unknown":
                return "unknown"
            both = device in self.theirs.devices
            return "contested" if purpose == "talk" and both else "forked"
        if status == "valid":
            return "certified"
        return "lapsed" if status == "expired" and purpose == "talk" else status


def _certificate(value):
    f = Fields(value)
    records.version(f)
    out = {"person": f.req(1, records.id32), "device": f.req(2, records.key)}
    out |= {"kem": f.req(3, records.kem_keys), "name": f.opt(4, records.device_name)}
    out |= {"seq": f.req(5, records.uint()), "issued": f.req(6, time), "expires": f.req(7, time)}
    f.done()
    return out


def check_certificate(data, *, log, now):
    cert = records.signed(
        data, kind="device-cert", signer=log.head.key, read=_certificate, max_size=2048
    )
    _refuse(cert["person"] != log.person, "other-person")
    records.in_force(cert, CERTIFIED, now)
    _refuse(cert["seq"] > log.head.seq, "log-behind")
    permit = log.permit(cert["device"], "meet", now)
    _refuse(permit != "certified", permit)
    listing = log.head.devices[cert["device"]]
    _refuse((cert["kem"], cert["name"]) != (listing["kem"], listing["name"]), "outdated")
    return cert


def recovery_public(secret):
    """The public key of a sheet's secret."""
    seed = cose.digest("kith/1/recovery-key", secret)
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sheet_code(person, secret):
    return bech32m.encode("kithrec", b"\x01" + person + secret).upper()


def read_code(text):
    """Person and secret of a QR code's text."""
    try:
        prefix, data = bech32m.decode(text)
    except bech32m.Bech32Error as error:
        raise RecordError("not-a-code") from error
    _refuse(prefix != "kithrec" or not data, "not-a-code")
    _refuse(data[0] != 1, "version")
    _refuse(len(data) != 65, "not-a-code")
    return data[1:33], data[33:]


def word_checksum(secret):
    """The last eight bits of the 24 words: BIP 39."""
    return hashes.sha256(secret)[0]
