"""vectors/policy-proposal.json: documents on their way between administrators."""

from kithspec import cbor, cose
from kithspec.harness import vectors

import check_policy
from check_policy import Map, Refused

MAGIC = "kith-policy-proposal"


def read_update(data):
    """Header and payload digest of the newest document that came before."""
    update = cbor.decode(data)
    whole = isinstance(update, list) and len(update) == 2 and update[0] and isinstance(update[1], bytes)
    if not whole:
        raise Refused("content", "an update")
    payload, signers = check_policy.read_cosigned(update[0][-1])
    header = check_policy.read_header(payload)
    if cose.digest(check_policy.BODY_DOMAIN, update[1]) != header["body"]:
        raise Refused("content", "the body before")
    return header, cose.digest(check_policy.HEADER_DOMAIN, payload), signers


def read_labels(found):
    keys = []
    for entry in found:
        named = isinstance(entry, list) and len(entry) in (1, 2) and isinstance(entry[0], bytes)
        if not named or len(entry[0]) != 32:
            raise Refused("content", "a key")
        if len(entry) == 2:
            check_policy.name(entry[1])
        keys.append(entry[0].hex())
    return keys


def read_proposal(data):
    m = Map(cbor.decode(data))
    m.version()
    if m.need(1, str) != MAGIC:
        raise Refused("content", "another kind of file")
    base = m.get(2, bytes)
    payload, signers = check_policy.read_cosigned(m.need(3, bytes))
    body = m.need(4, bytes)
    labels = read_labels(m.items(5, 64))
    m.end()
    header = check_policy.read_header(payload)
    if cose.digest(check_policy.BODY_DOMAIN, body) != header["body"]:
        raise Refused("content", "the body")
    check_policy.read_body(body)
    if (base is None) != (header["previous"] is None):
        raise Refused("content", "what is before it")
    if base is not None:
        before, digest, _ = read_update(base)
        if header["previous"] != digest or header["seq"] != before["seq"] + 1:
            raise Refused("content", "it follows another document")
    return header, base, signers, labels


def check_whole(t):
    for vector in vectors("policy-proposal")["valid"]:
        with t.case(vector["name"]):
            header, base, signers, labels = read_proposal(bytes.fromhex(vector["bytes"]))
            assert header["body"].hex() == vector["body"]
            assert (base is not None) == vector["builds_on"]
            assert {s.hex() for s in signers} == set(vector["signed_by"])
            assert labels == vector["labels"]


def check_refused(t):
    for vector in vectors("policy-proposal")["invalid"]:
        with t.case(vector["why"]):
            try:
                read_proposal(bytes.fromhex(vector["bytes"]))
            except (Refused, cbor.CborError):
                continue
            raise AssertionError("accepted")
