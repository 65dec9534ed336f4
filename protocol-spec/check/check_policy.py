"""Chapter 04 read a second time: documents, chains, and the decision.

Nothing here meets caps step by step as the Rust code does: a document is read
into plain dictionaries, all caps that speak about a question are collected,
and the result is taken from the collection.
"""

import ipaddress

from kithspec import cbor, cose, ed25519, person
from kithspec.harness import vectors

DAY = 86_400_000
HEADER_DOMAIN = "kith/1/policy"
BODY_DOMAIN = "kith/1/policy-body"
MAX_BODY = 512 * 1024
MAX_LIFE = 3_653 * DAY
SKEW = DAY
LEAP = 31 * DAY
CONFIRM = DAY
REMARKS = 1000

NOTHING, WINDOW, APPLICATION, APPLICATIONS, DESKTOP = range(5)
RIGHTS = set(range(1, 9))
CONTROL_RIGHTS = {2, 3, 5}
NOTIFY, ACCEPT, TRIAL, PURPOSE, REFERENCE, PATIENT, NO_STARTERS, IN_MEETING = range(1, 9)
DUTIES = set(range(1, 9))
SHARER, VIEWER, ORGANISER = 1, 2, 3
P_VIEW, P_SHARE, P_GRANT, P_RECEIVE, P_CHANGE, P_MEETING, P_ROOM = range(1, 8)
ROLES = {1: {1, 4}, 2: {1, 2, 3, 4}, 3: set(range(1, 8)), 4: set(range(1, 8))}


class Refused(Exception):
    """Why something isn't accepted. `code` is that of the chapter."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code} {detail}")
        self.code = code


class Later(Refused):
    """Signed well perhaps, but only a newer version may read it."""

    def __init__(self, detail=""):
        super().__init__("policy-needs-update", detail)


# --- reading maps -----------------------------------------------------------


class Map:
    """A map with integer keys that is taken apart field by field."""

    def __init__(self, value):
        if not isinstance(value, dict) or not all(type(k) is int for k in value):
            raise Refused("content", "a map with integer keys")
        if not all(-(2**63) <= key < 2**63 for key in value):
            raise Refused("content", "a key of more than 64 bits with a sign")
        self.rest = dict(value)
        self.strange = False

    def get(self, key, kind, missing=None):
        if key not in self.rest:
            return missing
        value = self.rest.pop(key)
        if type(value) is not kind:
            raise Refused("content", f"field {key}")
        if kind is int and value < 0:
            raise Refused("content", f"field {key} is negative")
        return value

    def need(self, key, kind):
        if key not in self.rest:
            raise Refused("content", f"field {key} is missing")
        return self.get(key, kind)

    def items(self, key, most):
        if key not in self.rest:
            return []
        found = self.get(key, list)
        if not found or len(found) > most:
            raise Refused("content", f"list {key}")
        return found

    def version(self):
        if self.need(0, int) != 1:
            raise Later("version")

    def numbers(self, key, known, *, strict):
        """A set of a registry; `strict`: an unknown number isn't understood."""
        if key not in self.rest:
            return None
        found = number_list(self.get(key, list))
        if not found:
            raise Refused("content", f"empty list {key}")
        if strict and not found <= known:
            self.strange = True
        return found & known

    def scope(self, key):
        n = self.get(key, int, DESKTOP)
        if n > DESKTOP:
            self.strange = True
            return NOTHING
        return n

    def end(self):
        """True where everything was understood."""
        if any(key < 0 for key in self.rest):
            raise Later("critical field")
        return not self.strange and not any(key < REMARKS for key in self.rest)


def number_list(found):
    ascending = all(type(n) is int and 0 <= n < 1 << 16 for n in found) and found == sorted(set(found))
    if not ascending or len(found) > 64:
        raise Refused("content", "numbers")
    return set(found)


def ascending(found):
    if any(a >= b for a, b in zip(found, found[1:])):
        raise Refused("content", "order")


def name(text):
    import unicodedata

    good = text and len(text) <= 64 and text == text.strip() and unicodedata.is_normalized("NFC", text)
    if not good or any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") for c in text):
        raise Refused("content", "name")


# --- caps -------------------------------------------------------------------

OPEN = {"view": DESKTOP, "control": DESKTOP, "rights": RIGHTS, "demands": set()}
OFF = {"view": NOTHING, "control": NOTHING, "rights": set(), "demands": set()}


def demanding(duties):
    return {**OPEN, "demands": duties}


def read_cap(value):
    m = Map(value)
    cap = {"view": m.scope(0), "control": m.scope(1)}
    rights = m.numbers(2, RIGHTS, strict=False)
    cap["rights"] = RIGHTS if rights is None else rights
    cap["demands"] = m.numbers(3, DUTIES, strict=True) or set()
    if m.end():
        return cap, True
    return OFF, False


# --- documents --------------------------------------------------------------


def read_party(value):
    """The kind and what it names, or None for a kind that isn't known."""
    if not isinstance(value, list) or not value or type(value[0]) is not int:
        raise Refused("content", "a party")
    kind, args = value[0], value[1:]
    wanted = {0: None, 1: int, 2: bytes, 3: bytes, 4: int, 5: None, 6: int, 7: bytes}
    if kind not in wanted:
        return None
    if wanted[kind] is None:
        return (kind, None) if not args else None
    if len(args) != 1:
        return None
    if type(args[0]) is not wanted[kind] or (wanted[kind] is bytes and len(args[0]) != 32):
        raise Refused("content", "a party")
    if kind == 4 and args[0] not in ROLES:
        return None
    return kind, args[0]


def text(value):
    good = isinstance(value, str) and 0 < len(value.encode()) <= 128
    if not good or any(c in value for c in map(chr, [*range(32), *range(127, 160)])):
        raise Refused("content", "the name of an application")
    if any("A" <= c <= "Z" for c in value):
        raise Refused("content", "upper case")
    return value


def read_rule(value):
    m = Map(value)
    rule = {"number": m.need(0, int)}
    subject = read_party(m.need(1, list))
    other = read_party(m.get(3, list)) if 3 in m.rest else (0, None)
    capacities = m.numbers(2, {1, 2, 3}, strict=True)
    technologies = m.numbers(4, {1, 2, 3, 4, 5}, strict=False)
    directions = m.numbers(5, {1, 2}, strict=True)
    rule["applications"] = [text(p) for p in m.items(6, 8)]
    cap, understood = read_cap(m.need(7, dict))
    m.strange |= subject is None or other is None or not understood
    whole = m.end()
    rule["subject"] = subject or (0, None)
    rule["other"] = other or (0, None)
    rule["technologies"] = {1, 2, 3, 4, 5} if technologies is None else technologies
    rule["capacities"] = capacities if whole and capacities is not None else {1, 2, 3}
    rule["directions"] = directions if whole and directions is not None else {1, 2}
    rule["cap"] = cap if whole else OFF
    rule["code"] = "rule" if whole else "rule-not-understood"
    return rule


def groups_named(rule):
    return [p[1] for p in (rule["subject"], rule["other"]) if p[0] in (1, 6)]


def read_network(value):
    m = Map(value)
    where = m.need(0, list)
    if len(where) != 2 or not isinstance(where[0], bytes) or type(where[1]) is not int:
        raise Refused("content", "a prefix")
    if len(where[0]) not in (4, 16):
        raise Refused("content", "an address")
    try:
        net = ipaddress.ip_network((where[0], where[1]))
    except ValueError as error:
        raise Refused("content", str(error)) from error
    least = 8 if net.version == 4 else 32
    if net.prefixlen < least or not may_host(net.network_address):
        raise Refused("content", "a network that may not be listed")
    technologies = m.numbers(1, {1, 2, 3, 4, 5}, strict=False)
    ports = m.items(2, 8)
    if technologies is None or not ports:
        raise Refused("content", "technologies or ports are missing")
    for pair in ports:
        if len(pair) != 2 or not 0 < pair[0] <= pair[1] < 1 << 16:
            raise Refused("content", "ports")
    return {"net": net, "technologies": technologies, "ports": ports, "whole": m.end()}


def may_host(addr):
    if addr.is_loopback or addr.is_link_local or addr.is_multicast or addr.is_unspecified:
        return False
    if addr.version == 4:
        return str(addr) != "255.255.255.255"
    hides = (
        int(addr) >> 32 == 0
        or addr.ipv4_mapped
        or addr in ipaddress.ip_network("64:ff9b::/32")
        or addr in ipaddress.ip_network("2002::/16")
    )
    return not hides


def read_body(data):
    m = Map(cbor.decode(data, max_size=MAX_BODY))
    m.version()
    body = {"members": {}, "groups": {}, "roles": {}}
    people = []
    named = []
    for value in m.items(1, 2000):
        f = Map(value)
        person = f.need(0, bytes)
        if len(person) != 32:
            raise Refused("content", "a person")
        name(f.need(1, str))
        role = f.need(2, int)
        f.strange |= role not in ROLES
        groups = f.items(3, 32)
        ascending(groups)
        named += groups
        people.append(person)
        body["members"][person] = {
            "role": role if role in ROLES else 1,
            "groups": set(groups),
            "whole": f.end(),
        }
    ascending(people)
    numbers = []
    for value in m.items(2, 256):
        f = Map(value)
        numbers.append(f.need(0, int))
        name(f.need(1, str))
        body["groups"][numbers[-1]] = f.end()
    ascending(numbers)
    body["rules"] = [read_rule(value) for value in m.items(3, 2000)]
    ascending([rule["number"] for rule in body["rules"]])
    body["hosted"] = [read_network(value) for value in m.items(4, 64)]
    body["demands"] = m.numbers(5, DUTIES, strict=True) or set()
    listed = m.items(6, 64)
    known = []
    for role, powers in listed:
        powers = number_list(powers)
        if role in ROLES:
            known.append(role)
            body["roles"][role] = powers
    ascending(known)
    body["outsiders"] = read_cap(m.get(7, dict))[0] if 7 in m.rest else OFF
    body["whole"] = m.end()
    for rule in body["rules"]:
        named += groups_named(rule)
    if not set(named) <= set(numbers):
        raise Refused("content", "a group that doesn't exist")
    for member in body["members"].values():
        member["whole"] &= all(body["groups"][g] for g in member["groups"])
    return body


def key_set(keys, needed):
    for key in keys:
        good = isinstance(key, bytes) and len(key) == 32 and ed25519.is_small_order(key) is False
        if not good:
            raise Refused("content", "a key")
    ascending(keys)
    if not 1 <= needed <= len(keys) <= 32:
        raise Refused("content", "how many must sign")
    return {"keys": set(keys), "needed": needed}


def read_header(payload):
    m = Map(cbor.decode(payload))
    m.version()
    h = {"org": m.get(1, bytes), "seq": m.need(2, int), "previous": m.get(3, bytes)}
    first = h["seq"] == 0
    for part in (h["org"], h["previous"]):
        if (part is None) != first or (part is not None and len(part) != 32):
            raise Refused("content", "its place in the chain")
    h["name"] = m.need(4, str)
    name(h["name"])
    h["issued"], h["expires"] = m.need(5, int), m.need(6, int)
    if not 0 < h["expires"] - h["issued"] <= MAX_LIFE or h["expires"] > 1 << 48:
        raise Refused("content", "its time")
    h["max_age"], h["grace"] = m.need(7, int), m.need(8, int)
    if not 1 <= h["max_age"] <= MAX_LIFE or h["grace"] > MAX_LIFE:
        raise Refused("content", "its age")
    h["admins"] = key_set(m.items(9, 32), m.need(10, int))
    offline, needed = m.items(11, 32), m.get(12, int)
    if bool(offline) != (needed is not None):
        raise Refused("content", "recovery keys")
    h["recovery"] = key_set(offline, needed) if offline else None
    h["body"] = m.need(13, bytes)
    if len(h["body"]) != 32:
        raise Refused("content", "the body's digest")
    m.end()
    h["usable_until"] = min(h["issued"] + h["max_age"] + h["grace"], h["expires"])
    return h


def read_cosigned(data):
    """The payload, and the keys that signed it; each signature checked."""
    try:
        signers, payload = cose.read_cosigned(data, name="policy", version=1)
    except (cose.CoseError, cbor.CborError) as error:
        raise Refused("record", str(error)) from error
    return payload, set(signers)


# --- the chain --------------------------------------------------------------


def enough(keys, signers):
    return keys is not None and len(keys["keys"] & signers) >= keys["needed"]


def recovers(before, h):
    # What recovery keys changed in a later version's header can't be judged.
    same = "later" in h or all(before[k] == h[k] for k in ("name", "body", "recovery"))
    return same and enough(before["recovery"], h["signers"])


def strangers(before, h):
    """Whether anybody signed who signs nothing behind `before`."""
    recovery = before["recovery"]["keys"] if before["recovery"] else set()
    return not h["signers"] <= before["admins"]["keys"] | recovery


def healed(headers, seq):
    keys = headers[seq - 1]["recovery"] if 0 < seq <= len(headers) else None
    return any(enough(keys, h["signers"]) for h in headers[seq + 1 :])


ADMINS, RECOVERY = "administrators", "recovery keys"


def author(before, h):
    """Whose word a header is."""
    return RECOVERY if enough(before["recovery"], h["signers"]) else ADMINS


def words(way):
    """The digest and the author of each header of `way` but the first, by number."""
    return {h["seq"]: (h["digest"], author(before, h)) for before, h in zip(way, way[1:])}


def settled(headers, fork):
    """Whether the recovery keys have spoken: behind the fork, or once and alone in its place."""
    seq = fork["seq"]
    if healed(headers, seq):
        return True
    if not 0 < seq < len(headers) or author(headers[seq - 1], headers[seq]) != RECOVERY:
        return False
    return all(by == ADMINS for digest, by in fork["docs"] if digest != headers[seq]["digest"])


class Seen:
    """The latest time that is believed under one document."""

    def __init__(self, issued):
        self.latest = self.steady = issued  # steady: without any leap
        self.leap = None  # where it led to, and where the clock was last

    def observe(self, now):
        if now <= self.latest:
            return
        if now - self.latest <= LEAP:
            if self.steady == self.latest:
                self.steady = now
            self.latest, self.leap = now, None
            return
        if self.leap is None or now < self.leap[0] or now - self.leap[1] > LEAP:
            self.leap = now, now
        elif now - self.leap[0] >= CONFIRM:
            self.latest, self.leap = now, None
        else:
            self.leap = self.leap[0], now


class Chain:
    def __init__(self, org):
        self.org = org
        self.seen = None
        self.ended = False  # a look has shown the end
        self.headers = []
        self.fork = None  # its number, and both documents with their authors
        self.beyond = None  # number, code, and digest and author of those on the way by number

    def read(self, headers):
        out = []
        for data in headers:
            payload, signers = read_cosigned(data)
            try:
                h = read_header(payload)
            except Later:
                m = Map(cbor.decode(payload))
                h = {"org": m.get(1, bytes), "seq": m.need(2, int), "previous": m.get(3, bytes), "later": True}
                if (h["org"] is None) != (h["seq"] == 0) or (h["previous"] is None) != (h["seq"] == 0):
                    raise Refused("record", "its place in the chain") from None
            except Refused as error:
                raise Refused("record", str(error)) from error
            h["signers"], h["digest"] = signers, cose.digest(HEADER_DOMAIN, payload)
            if out and h["seq"] != out[-1]["seq"] + 1:
                raise Refused("gap")
            if out and h["previous"] != out[-1]["digest"]:
                raise Refused("not-linked")
            out.append(h)
        return out

    def competes(self, h):
        """A header beside one of ours that those entitled have signed."""
        if h["seq"] == 0 or h["org"] != self.org:
            return None
        head = self.headers[-1]
        if h["seq"] == head["seq"] + 1:
            other = h["previous"] != head["digest"] and enough(head["admins"], h["signers"])
            if not other or strangers(head, h) or head["seq"] == 0 or self.author(head["seq"]) == RECOVERY:
                return None
            return self.rival(head["seq"], (h["previous"], ADMINS))
        if h["seq"] > head["seq"] or self.headers[h["seq"]]["digest"] == h["digest"]:
            return None
        parent = self.headers[h["seq"] - 1]
        if h["previous"] != parent["digest"] or healed(self.headers, h["seq"]) or strangers(parent, h):
            return None
        newest = h["seq"] == head["seq"]
        admins = newest or parent["admins"] == head["admins"]
        recovery = newest or parent["recovery"] == head["recovery"]
        signed = enough(parent["admins"], h["signers"])
        if (admins or recovery) and (signed or (recovery and recovers(parent, h))):
            by = author(parent, h)
            return self.rival(h["seq"], (h["digest"], by), outdone=by == ADMINS and not admins)
        return None

    def author(self, seq):
        return author(self.headers[seq - 1], self.headers[seq]) if seq else ADMINS

    def rival(self, seq, theirs, outdone=False, ours=None):
        ours = ours or (self.headers[seq]["digest"], self.author(seq))
        outdone = outdone or (ours[1], theirs[1]) == (RECOVERY, ADMINS)
        return {"seq": seq, "docs": (ours, theirs), "outdone": outdone}

    def walk(self, base, received):
        found = list(base)
        for h in received:
            if h["seq"] == 0 and "later" not in h:
                if h["digest"] != self.org:
                    raise Refused("wrong-organisation")
                if not found:
                    if not enough(h["admins"], h["signers"]):
                        raise Refused("too-few-signers")
                    if strangers(h, h):
                        raise Refused("extra-signature")
                    found.append(h)
                continue
            if not found:
                return found, None, "gap"
            why = self.refusal(found, h)
            if why == "known":
                continue
            if why or "later" in h:
                return found, None if why else h, why
            found.append(h)
        return found, None, None

    def refusal(self, found, h):
        """Why a header doesn't follow those found."""
        if h["org"] != self.org:
            return "wrong-organisation"
        tip = found[-1]
        if h["seq"] <= tip["seq"]:
            return "known" if found[h["seq"]]["digest"] == h["digest"] else "rollback"
        if h["seq"] > tip["seq"] + 1:
            return "gap"
        if h["previous"] != tip["digest"]:
            return "not-linked"
        if not recovers(tip, h) and not enough(tip["admins"], h["signers"]):
            return "too-few-signers"
        return "extra-signature" if strangers(tip, h) else None

    def note(self, way, code):
        """The last header of `way` can't be used: the document before it ends."""
        seq = way[-1]["seq"]
        newest = self.beyond[0] if self.beyond else self.headers[-1]["seq"]
        if seq > newest:
            self.beyond = seq, code, words(way)
        raise Refused(code)

    def leaves(self, way):
        """A header in the place of one on the way to a document of no use."""
        known = self.beyond[2] if self.beyond else {}
        for seq, theirs in words(way).items():
            ours = known.get(seq, theirs)
            if ours[0] != theirs[0]:
                return self.rival(seq, theirs, ours=ours)
        return None

    def apply(self, headers, body, now):
        received = self.read(headers)
        if not received:
            raise Refused("empty")
        base = self.headers
        if self.headers:
            self.look(now)
            rivals = list(filter(None, map(self.competes, received)))
            rivals.sort(key=lambda r: r["outdone"])
            rival = self.fork or (rivals[0] if rivals else None)
            if rival and any(h["seq"] == rival["seq"] for h in received):
                base = self.headers[: rival["seq"]]
        else:
            rival = None
        found, later, why = self.walk(base, received)
        way = found[max(len(base) - 1, 0) :] + ([later] if later else [])
        if self.headers and rival is None:
            rival = self.leaves(way)
        if rival:
            if not rival["outdone"]:
                self.fork = rival
            if why or not settled(found, rival):
                raise Refused("rollback" if rival["outdone"] else "policy-forked")
        if why:
            raise Refused(why)
        if later:
            self.note(way, "policy-needs-update") if self.headers else self.refuse("policy-needs-update")
        head = found[-1]
        if self.headers and len(found) == len(base):
            return "known"
        before = self.headers[-1] if self.headers else None
        judged = max(now, before["issued"]) if before else now
        if before:
            judged = max(judged, self.seen.steady)
            known = self.beyond and self.beyond[1] == "policy-expired" and self.beyond[2][self.beyond[0]]
            if self.ended and known and known[0] == head["digest"]:
                raise Refused("policy-expired")
        if head["issued"] > judged + SKEW:
            raise Refused("from-the-future")
        if head["usable_until"] <= judged:
            self.ended = True
            self.note(way, "policy-expired") if before else self.refuse("policy-expired")
        if before is None or head["body"] != before["body"]:
            if cose.digest(BODY_DOMAIN, body) != head["body"]:
                raise Refused("other-body")
            try:
                self.body = read_body(body)
            except Later:
                self.note(way, "policy-needs-update") if before else self.refuse("policy-needs-update")
            except (Refused, cbor.CborError):
                self.note(way, "policy-broken") if before else self.refuse("policy-broken")
        self.headers, self.fork = found, None
        self.seen, self.ended = Seen(head["issued"]), False
        self.look(now)
        if self.beyond:
            seq, _, known = self.beyond
            leads = known.get(head["seq"], (None,))[0] == head["digest"]
            if seq <= head["seq"] or (rival and not leads):
                self.beyond = None
        if self.beyond and self.beyond[1] == "policy-expired":
            self.ended = True
        return "advanced"

    def look(self, now):
        self.seen.observe(now)
        if self.headers[-1]["usable_until"] <= max(now, self.seen.latest):
            self.ended = True

    def clock_was_wrong(self, now):
        head = self.headers[-1]
        late = self.beyond and self.beyond[1] == "policy-expired"
        if head["usable_until"] <= now and not late:
            raise Refused("policy-expired")
        self.ended, self.seen = False, Seen(max(now, head["issued"]))
        return "counts-again"

    @staticmethod
    def refuse(code):
        raise Refused(code)

    def state(self, now):
        head = self.headers[-1]
        judged = max(now, self.seen.latest)
        if self.fork:
            return "policy-forked"
        if self.beyond:
            return self.beyond[1]
        if self.ended or head["usable_until"] <= judged:
            return "policy-expired"
        return "grace" if head["issued"] + head["max_age"] <= judged else "in-force"


def check_chains(t):
    for story in vectors("policy")["chains"]:
        chain = Chain(bytes.fromhex(story["org"]))
        for at, u in enumerate(story["updates"]):
            with t.case(f"{story['name']}, update {at}"):
                try:
                    if u.get("clock_was_wrong"):
                        result = chain.clock_was_wrong(u["now"])
                    else:
                        headers = [bytes.fromhex(h) for h in u["headers"]]
                        result = chain.apply(headers, bytes.fromhex(u["body"]), u["now"])
                except Refused as error:
                    result = error.code
                assert result == u["result"], result
                assert chain.headers[-1]["seq"] == u["seq"]
                assert chain.state(u["now"]) == u["state"], chain.state(u["now"])


def check_headers_refused(t):
    for vector in vectors("policy")["headers_invalid"]:
        with t.case(vector["why"]):
            payload, _ = read_cosigned(bytes.fromhex(vector["bytes"]))
            try:
                read_header(payload)
            except (Refused, cbor.CborError):
                continue
            raise AssertionError("accepted")


def check_bodies_refused(t):
    for vector in vectors("policy")["bodies_invalid"]:
        with t.case(vector["why"]):
            try:
                read_body(bytes.fromhex(vector["bytes"]))
            except Refused:
                continue
            raise AssertionError("accepted")


# --- the decision -----------------------------------------------------------


def read_profile(data):
    m = Map(cbor.decode(data))
    m.version()
    profile = {"person": m.need(1, bytes), "groups": {}}
    m.need(2, int)
    for value in m.items(3, 64):
        f = Map(value)
        number = f.need(0, int)
        name(f.need(1, str))
        profile["groups"][number] = set(f.items(2, 500))
    profile["rules"] = [read_rule(value) for value in m.items(4, 256)]
    profile["demands"] = m.numbers(5, DUTIES, strict=True) or set()
    assert m.end()
    return profile


def read_terms(data):
    m = Map(cbor.decode(data))
    m.version()
    terms = {"person": m.need(1, bytes), "to": m.need(2, bytes)}
    terms["issued"] = m.need(3, int)
    terms["expires"] = m.need(4, int)
    keys = {(SHARER, 1): 5, (SHARER, 2): 6, (VIEWER, 1): 7, (VIEWER, 2): 8}
    terms["caps"] = {slot: read_cap(m.need(key, dict))[0] for slot, key in keys.items()}
    assert m.end()
    if terms["issued"] >= terms["expires"]:
        raise Refused("out-of-range")
    return terms


def read_meeting(data):
    m = Map(cbor.decode(data))
    m.version()
    meeting = {"room": m.need(1, bytes), "organiser": m.need(2, bytes)}
    meeting["number"], meeting["issued"] = m.need(3, int), m.need(4, int)
    meeting["cap"] = read_cap(m.need(5, dict))[0]
    people = m.items(6, 500)
    meeting["people"] = {person: read_cap(cap)[0] for person, cap in people}
    if [person for person, _ in people] != sorted(meeting["people"]):
        raise Refused("out-of-range", "people")
    assert m.end()
    return meeting


def read_consent(data):
    m = Map(cbor.decode(data))
    m.version()
    consent = {"sharer": m.need(1, bytes), "viewer": m.need(2, bytes), "application": text(m.need(3, str))}
    consent["allows"] = read_cap(m.need(4, dict))[0]
    consent["issued"], consent["expires"] = m.need(5, int), m.need(6, int)
    consent["waives"] = number_list(m.need(7, list))
    assert m.end()
    lasts = consent["expires"] - consent["issued"]
    if consent["allows"]["view"] > 2 or not 0 < lasts <= 366 * 86_400_000:
        raise Refused("out-of-range")
    return consent


# --- records of people ------------------------------------------------------


def read_end(data):
    m = Map(cbor.decode(data))
    m.version()
    end = {"consent": m.need(1, bytes), "issued": m.need(2, int)}
    assert m.end()
    if len(end["consent"]) != 32:
        raise Refused("out-of-range", "a digest")
    return end


# How each kind is read, who speaks in it, and what its device is trusted for.
SAID = {
    "terms": (read_terms, "person", "talk"),
    "meeting": (read_meeting, "organiser", "share"),
    "consent": (read_consent, "sharer", "share"),
    "consent-end": (read_end, None, "talk"),
}


def believe(kind, data, log, now):
    """What was said, or the code of why it isn't believed."""
    reader, speaker, purpose = SAID[kind]
    try:
        signer, payload = cose.read(data, name=kind, version=1)
    except cose.CoseError as error:
        raise Refused("record") from error
    if log.permit(signer, purpose, now) not in ("certified", "lapsed", "contested"):
        raise Refused("signer")
    said = reader(payload)
    if speaker and said[speaker] != log.person:
        raise Refused("other-person")
    if said["issued"] > now + SKEW:
        raise Refused("from-the-future")
    return said


def check_said(t):
    for vector in vectors("policy")["said"]:
        with t.case(vector["why"]):
            first, *more = [person.Entry(bytes.fromhex(e)) for e in vector["log"]]
            log = person.Log(first, vector["now"])
            for entry in more:
                log.take(entry, vector["now"])
            try:
                believe(vector["kind"], bytes.fromhex(vector["bytes"]), log, vector["now"])
                result = "believed"
            except Refused as error:
                result = error.code
            assert result == vector["result"], result


def check_meetings(t):
    for story in vectors("policy")["meetings"]:
        mine = bytes.fromhex(story["room"]), bytes.fromhex(story["organiser"])
        known = []  # payloads with the highest number
        for at, step in enumerate(story["settings"]):
            with t.case(f"{story['name']}, {at}"):
                _, payload = cose.read(bytes.fromhex(step["bytes"]), name="meeting", version=1)
                said = read_meeting(payload)
                number = read_meeting(known[0])["number"] if known else -1
                if (said["room"], said["organiser"]) != mine:
                    result = "other-meeting"
                elif said["number"] > number:
                    known, result = [payload], "set"
                elif said["number"] < number:
                    result = "older"
                elif payload == known[0]:
                    result = "known"
                else:
                    known, result = [known[0], payload], "meeting-contested"
                assert result == step["result"], result
                in_force = read_meeting(known[0])["number"] if len(known) == 1 else None
                assert in_force == step["in_force"], in_force


def fits(pattern, text):
    """`*` stands for any characters."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(fits(pattern[1:], text[k:]) for k in range(len(text) + 1))
    return bool(text) and text[0] == pattern[0] and fits(pattern[1:], text[1:])


def concerns(rule, apps):
    """`apps`: None where nothing is chosen, "any", or a list of names."""
    if not rule["applications"]:
        return True
    if apps is None:
        return False
    return apps == "any" or any(fits(p, a) for p in rule["applications"] for a in apps)


def applies(rule, q, who):
    """`who(person)` gives role (or None), groups, and whether it is listed."""

    def is_(party, person):
        kind, arg = party
        role, groups, listed = who(person)
        if kind == 2:
            return False
        return {
            0: lambda: True,
            1: lambda: arg in groups,
            3: lambda: arg == person,
            4: lambda: arg == role,
            5: lambda: not listed,
            6: lambda: arg not in groups,
            7: lambda: arg != person,
        }[kind]()

    def other(person):
        if rule["other"][0] == 2:
            return q["room"] == rule["other"][1]
        return is_(rule["other"], person)

    if q["technology"] not in rule["technologies"] or q["direction"] not in rule["directions"]:
        return False
    if not concerns(rule, q["apps"]):
        return False
    s, v, o = q["sharer"], q["viewer"], q["organiser"]
    if rule["subject"][0] == 2:
        return q["room"] == rule["subject"][1] and (other(s) or other(v))
    subject = rule["subject"]
    return (
        (SHARER in rule["capacities"] and is_(subject, s) and other(v))
        or (VIEWER in rule["capacities"] and is_(subject, v) and other(s))
        or (ORGANISER in rule["capacities"] and o is not None and is_(subject, o) and (other(s) or other(v)))
    )


def organisation_caps(body, q, target):
    if not body["whole"]:
        yield "policy-not-understood", OFF

    def who(person):
        member = body["members"].get(person)
        return (member["role"], member["groups"], True) if member else (None, set(), False)

    no_control = {**OPEN, "control": NOTHING}
    needs = {
        SHARER: [(P_SHARE, OFF), (P_GRANT, no_control)],
        VIEWER: [(P_VIEW, OFF), (P_RECEIVE, no_control)],
        ORGANISER: [(P_MEETING, OFF)],
    }
    for capacity, person in ((SHARER, q["sharer"]), (VIEWER, q["viewer"]), (ORGANISER, q["organiser"])):
        if person is None:
            continue
        member = body["members"].get(person)
        role, code = (1, "outsider") if member is None else (member["role"], "role")
        if member is None:
            yield "outsider", body["outsiders"]
        elif not member["whole"]:
            yield "member-not-understood", OFF
        powers = ROLES[role] & body["roles"].get(role, set(range(64)))
        for power, cap in needs[capacity]:
            if power not in powers:
                yield code, cap
    if target is not None:
        addr, port = ipaddress.ip_address(target[0]), target[1]
        listed = any(
            n["whole"]
            and q["technology"] in n["technologies"]
            and may_host(addr)
            and addr.version == n["net"].version
            and addr in n["net"]
            and any(a <= port <= b for a, b in n["ports"])
            for n in body["hosted"]
        )
        if q["technology"] == 1 or not listed:
            yield "host-not-listed", OFF
    yield "policy-demands", demanding(body["demands"])
    for rule in body["rules"]:
        if applies(rule, q, who):
            yield rule["code"], rule["cap"]


def profile_caps(profile, q):
    def who(person):
        return None, {n for n, people in profile["groups"].items() if person in people}, True

    yield "profile-demands", demanding(profile["demands"])
    for rule in profile["rules"]:
        if applies(rule, q, who):
            yield "profile-" + rule["code"], rule["cap"]


def outcome(caps, starters, in_meeting=True):
    """What a collection of caps leaves: view, control, rights, demands."""
    view = min(c["view"] for c in caps)
    rights = set.intersection(RIGHTS, *(c["rights"] for c in caps))
    demands = set().union(*(c["demands"] for c in caps))
    if view == NOTHING or 1 not in rights or (IN_MEETING in demands and not in_meeting):
        return None
    control = min(view, *(c["control"] for c in caps))
    if NO_STARTERS in demands:
        control = min(control, NOTHING if starters else APPLICATIONS)
    if not rights & {2, 3}:
        control = NOTHING
    if control == NOTHING:
        rights -= CONTROL_RIGHTS
    return view, control, rights, demands


def covers(consent, ask, verified, now):
    wish = outcome([{**ask, "demands": set()}], False)
    what = ask["what"]
    return (
        verified
        and ask["technology"] == 1
        and ask["target"] is None
        and isinstance(what, list)
        and len(what) == 1
        and what[0]["name"] == consent["application"]
        and (ask["sharer"], ask["viewer"]) == (consent["sharer"], consent["viewer"])
        and wish[0] <= consent["allows"]["view"]
        and wish[1] <= consent["allows"]["control"]
        and wish[2] <= consent["allows"]["rights"]
        and consent["issued"] <= now < consent["expires"]
    )


def decide(case, now):
    ask = dict(case["ask"])
    for key in ("sharer", "viewer", "room"):
        ask[key] = bytes.fromhex(ask[key]) if ask[key] else None
    ask["rights"] = set(ask["rights"])
    what = ask["what"]
    starters = True
    if what == "not-chosen":
        apps, starters = None, False
    elif what == "anything" or ask["view"] == DESKTOP or not 0 < len(what) <= 64:
        apps = "any"
    else:
        apps = [a["name"] for a in what]
        starters = any(a["starts_others"] for a in what)

    meeting = read_meeting(bytes.fromhex(case["meeting"])) if case["meeting"] else None
    local = read_profile(bytes.fromhex(case["local"])) if case["local"] else None
    remote = read_terms(bytes.fromhex(case["remote"])) if case["remote"] else None
    me, theirs = ("sharer", VIEWER) if case["side"] == "sharer" else ("viewer", SHARER)
    assert local is None or local["person"] == ask[me]
    assert meeting is None or meeting["room"] == ask["room"]
    q = {k: ask[k] for k in ("sharer", "viewer", "room", "technology", "direction")}
    moderated = case["organiser"] is not None
    q["apps"], q["organiser"] = apps, bytes.fromhex(case["organiser"]) if moderated else None
    assert meeting is None or meeting["organiser"] == q["organiser"]

    stages = {"request": [("nothing-asked", {**ask, "demands": set()})]}
    stage = stages["organisation"] = []
    if moderated and not meeting:
        stage.append(("meeting-not-set", OFF))
    if meeting:
        stage.append(("meeting", meeting["cap"]))
        stage += [("meeting-person", meeting["people"].get(ask[p], OPEN)) for p in ("sharer", "viewer")]
    for data in case["bodies"]:
        stage += organisation_caps(read_body(bytes.fromhex(data)), q, ask["target"])
    if ask["target"] and not case["bodies"]:
        stage.append(("host-not-listed", OFF))
    stages["local-profile"] = list(profile_caps(local, q)) if local else []
    stages["remote-profile"] = []
    if remote and not (remote["issued"] <= now + SKEW and now < remote["expires"]):
        stages["remote-profile"].append(("terms-over", OFF))
    elif remote:
        stages["remote-profile"].append(("terms", remote["caps"][theirs, ask["direction"]]))

    caps = []
    for stage, found in stages.items():
        caps += [cap for _, cap in found]
        if outcome(caps, starters, moderated) is None:
            # Which of a stage's caps is named first is no matter of the
            # protocol; that it is one of them is.
            codes = {code for code, cap in found if cap != OPEN}
            if not moderated and any(IN_MEETING in cap["demands"] for _, cap in found):
                codes.add("outside-meetings")
            return {"denied": stage, "codes": codes}
    view, control, rights, demands = outcome(caps, starters, moderated)
    consents = [read_consent(bytes.fromhex(c)) for c in case["consents"]]
    used = next((c for c in consents if covers(c, ask, case["verified"], now)), None)
    duties = {NOTIFY, ACCEPT} - (used["waives"] if used else set()) | demands
    return {
        "view": view,
        "control": control,
        "rights": sorted(rights),
        "duties": sorted(duties),
        "standing_consent_allowed": ACCEPT not in demands,
        "preliminary": apps is None,
    }


def check_decisions(t):
    file = vectors("policy")
    for at, case in enumerate(file["decisions"]):
        with t.case(f"{at}: {case['why']}"):
            ours = decide(case, file["now"])
            theirs = dict(case["decision"])
            if "denied" in theirs:
                assert ours.get("denied") == theirs["denied"], ours
                assert theirs["code"] in ours["codes"], ours
            else:
                assert ours == theirs, f"{ours} but {theirs}"
