"""vectors/invites.json: names, texts, invites, pair secret, verifying."""

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from kithspec import cbor, cose, invites
from kithspec.harness import refused, vectors

VECTORS = vectors("invites")
EXCHANGE = VECTORS["exchange"]
REFUSALS = (invites.InviteError, cose.CoseError, cbor.CborError)


def _hex(vector, field):
    return bytes.fromhex(vector[field])


def check_names(t):
    for v in VECTORS["names"]["typed"]:
        with t.case(repr(v["typed"])):
            assert invites.name_from_typed(v["typed"]) == v["name"]
            assert invites.name_from_wire(v["name"]) == v["name"]
    for v in VECTORS["names"]["wire_invalid"]:
        with t.case(repr(v["text"])), refused(invites.InviteError, v["error"]):
            invites.name_from_wire(v["text"])


def check_texts(t):
    for v in VECTORS["texts"]["valid"]:
        with t.case(v["kind"]):
            assert invites.to_text(v["kind"], _hex(v, "bytes")) == v["text"]
            assert v["qr"] == v["text"].upper()
            assert invites.from_text(v["qr"]) == (v["kind"], _hex(v, "bytes"))
    for text in VECTORS["texts"]["tolerated"]:
        with t.case(repr(text)):
            assert invites.from_text(text) == ("invite", b"hello")
    for v in VECTORS["texts"]["invalid"]:
        with t.case(repr(v["text"])), refused(invites.InviteError, v["error"]):
            invites.from_text(v["text"])


def check_tickets(t):
    v = EXCHANGE["ticket"]
    device, fields, digest = invites.read_ticket(_hex(v, "bytes"))
    secret, private = invites.ticket_keys(_hex(v, "seed"))
    with t.case("what the ticket says"):
        assert (fields[1], fields[2]) == (_hex(v, "person"), v["name"])
        assert (fields[5], fields[6]) == (v["issued"], v["expires"])
        assert fields[3] == secret == _hex(v, "secret")
        assert fields[4] == private.public_key().public_bytes_raw()
        assert digest == _hex(v, "digest")
    with t.case("its texts"):
        assert invites.from_text(v["text"]) == ("invite", _hex(v, "bytes"))
        assert invites.to_text("invite", _hex(v, "bytes")) == v["text"]
        assert v["qr"] == v["text"].upper()
    with t.case("made again"):
        again = cose.sign(cbor.encode(fields), seed=_hex(v, "device_seed"), name="ticket", version=1)
        assert again == _hex(v, "bytes")
    with t.case("an unknown field that may be ignored"):
        more = cbor.encode({**fields, 40: "later"})
        more = cose.sign(more, seed=_hex(v, "device_seed"), name="ticket", version=1)
        assert invites.read_ticket(more)[0] == device
    for v in VECTORS["tickets_invalid"]:
        with t.case(v["why"]), refused(REFUSALS):
            invites.read_ticket(_hex(v, "bytes"))


def _answer(data):
    ticket, v = EXCHANGE["ticket"], _hex(EXCHANGE["ticket"], "bytes")
    device, fields, digest = invites.read_ticket(v)
    secret, private = invites.ticket_keys(_hex(ticket, "seed"))
    return invites.open_answer(
        data, ticket=digest, secret=secret, private=private, own_person=fields[1], own_device=device
    )


def check_answer(t):
    v = EXCHANGE["answer"]
    with t.case("opened"):
        fields, _, half, evidence, digest = _answer(_hex(v, "bytes"))
        assert (fields[2], fields[3]) == (_hex(v, "person"), v["name"])
        assert half == _hex(v, "half")
        assert [part.hex() for part in evidence] == v["evidence"]
        assert digest == _hex(v, "digest")
    data = _hex(v, "bytes")
    for at in range(0, len(data), 7):
        with t.case(f"byte {at} altered"), refused(REFUSALS):
            _answer(data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])
    with t.case("cut short"), refused(REFUSALS):
        _answer(data[:-1])


def _reply(data):
    device, _, digest = invites.read_ticket(_hex(EXCHANGE["ticket"], "bytes"))
    answer = EXCHANGE["answer"]
    return invites.open_reply(
        data, ticket=digest, answer=_hex(answer, "digest"), half=_hex(answer, "half"), inviter=device
    )


def check_reply(t):
    data = _hex(EXCHANGE["reply"], "bytes")
    with t.case("accepted, and the pair secret from both halves"):
        decision, theirs, evidence = _reply(data)
        assert decision == 1
        assert [part.hex() for part in evidence] == EXCHANGE["reply"]["evidence"]
        sides = [
            (_hex(EXCHANGE["answer"], "person"), _hex(EXCHANGE["answer"], "half")),
            (_hex(EXCHANGE["ticket"], "person"), theirs),
        ]
        ticket = _hex(EXCHANGE["ticket"], "digest")
        assert invites.pair_secret(ticket, sides) == _hex(EXCHANGE, "pair_secret")
    with t.case("declined"):
        decision, theirs, evidence = _reply(_hex(EXCHANGE["declined"], "bytes"))
        assert (decision, theirs, evidence) == (2, bytes(32), [])
    for at in range(0, len(data), 7):
        with t.case(f"byte {at} altered"), refused(REFUSALS):
            _reply(data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])


def check_hpke_psk(t):
    # RFC 9180, appendix A.2.2, sequence number 0.
    with t.case("RFC 9180, A.2.2"):
        key, nonce = invites._schedule(
            bytes.fromhex("4be079c5e77779d0215b3f689595d59e3e9b0455d55662d1f3666ec606e50ea7"),
            bytes.fromhex("4f6465206f6e2061204772656369616e2055726e"),
            bytes.fromhex("0247fd33b913760fa1fa51e1892d9f307fbe65eb171e8132c2af18555a738b82"),
            bytes.fromhex("456e6e796e20447572696e206172616e204d6f726961"),
        )
        sealed = bytes.fromhex(
            "4a177f9c0d6f15cfdf533fb65bf84aecdc6ab16b8b85b4cf65a370e07fc1d78d"
            "28fb073214525276f4a89608ff"
        )
        opened = ChaCha20Poly1305(key).decrypt(nonce, sealed, bytes.fromhex("436f756e742d30"))
        assert opened == b"Beauty is truth, truth beauty"


def check_pair(t):
    v = VECTORS["pair"]
    sides = [(_hex(v[side], "person"), _hex(v[side], "half")) for side in ("high", "low")]
    secret = _hex(v, "secret")
    with t.case("secret"):
        assert invites.pair_secret(_hex(v, "ticket"), sides) == secret
        assert invites.half_digest(_hex(v["low"], "half")) == _hex(v, "half_digest")
    for p in v["periods"]:
        with t.case(f"period at {p['at']}"):
            assert invites.period(secret, p["at"]) == (p["period"], p["ends"])
    _records(t, secret, v["records"])


def check_records_of_an_invite(t):
    secret, _ = invites.ticket_keys(_hex(EXCHANGE["ticket"], "seed"))
    device, _, _ = invites.read_ticket(_hex(EXCHANGE["ticket"], "bytes"))
    for r in EXCHANGE["records"]:
        assert (r["direction"], _hex(r, "device")) == (2, device)
    _records(t, invites.ticket_rendezvous(secret), EXCHANGE["records"])


def _records(t, secret, records):
    for r in records:
        where = (secret, r["period"], r["direction"], _hex(r, "device"))
        with t.case(f"record of period {r['period']}, direction {r['direction']}"):
            assert invites.record_key(*where) == _hex(r, "key")
            assert invites.open_record(*where, _hex(r, "value")) == _hex(r, "content")
        with t.case("in the next period"), refused(invites.InviteError, "sealed"):
            invites.open_record(secret, r["period"] + 1, r["direction"], _hex(r, "device"), _hex(r, "value"))
        with t.case("cut short"), refused(invites.InviteError, "length"):
            invites.open_record(*where, _hex(r, "value")[:-1])


def check_safety(t):
    v = VECTORS["safety"]
    for card in v["cards"]:
        person = _hex(card, "person")
        with t.case(card["digits"]):
            assert invites.digits(person) == card["digits"]
            assert invites.words(invites.fingerprint(person)[:14]) == card["words"]
            assert invites.from_text(card["qr"]) == ("safety", cbor.encode({0: 1, 1: person}))
    for number in v["numbers"]:
        with t.case(number["number"]):
            assert invites.safety_number(*map(bytes.fromhex, number["persons"])) == number["number"]
    with t.case("a code on a screen"):
        shown = cbor.encode({0: 1, 1: _hex(v["shown"], "by"), 2: _hex(v["shown"], "to")})
        assert invites.from_text(v["shown"]["qr"]) == ("safety", shown)


def check_sas(t):
    v = VECTORS["sas"]
    binding = invites.sas_binding(v)
    for run in v["runs"]:
        with t.case(run["code"]):
            messages = [invites.sas_message(_hex(run, name)) for name in ("commit", "nonce", "reveal")]
            assert [kind for kind, _ in messages] == [1, 2, 3]
            commit, responder, initiator = (value for _, value in messages)
            assert commit == invites.sas_commitment(binding, initiator)
            assert run["code"] == invites.sas_code(binding, initiator, responder)
    for data in v["invalid"]:
        with t.case(data), refused(REFUSALS):
            invites.sas_message(bytes.fromhex(data))
