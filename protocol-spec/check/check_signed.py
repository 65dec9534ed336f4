"""vectors/signed.json: signed records, cosigned documents, digests, ids."""

import cwt

from kithspec import bech32m, cbor, cose, ids
from kithspec.harness import refused, vectors

VECTORS = vectors("signed")
NAME = VECTORS["kind"]["name"]
VERSION = 1


def check_kind(t):
    with t.case("domain and content type follow from name and version"):
        assert cose.domain(NAME, VERSION) == VECTORS["kind"]["domain"]
        assert cose.content_type(NAME) == VECTORS["kind"]["content_type"]


def _payload(vector):
    # The example kind: version under key 0, a text under key 1.
    return cbor.encode({0: 1, 1: vector["text"]})


def check_signed(t):
    for vector in VECTORS["signed"]:
        data = bytes.fromhex(vector["bytes"])
        with t.case(f"read {vector['text']!r}"):
            signer, payload = cose.read(data, name=NAME, version=VERSION)
            assert signer.hex() == vector["signer"]
            assert payload == _payload(vector)
            assert cose.digest(cose.domain(NAME, VERSION), payload).hex() == vector["digest"]
        with t.case(f"make {vector['text']!r}"):
            seed = bytes.fromhex(vector["seed"])
            made = cose.sign(_payload(vector), seed=seed, name=NAME, version=VERSION)
            assert made == data
        with t.case(f"another library reads {vector['text']!r}"):
            key = cwt.COSEKey.new({1: 1, 3: -8, -1: 6, -2: bytes.fromhex(vector["signer"]), 2: bytes.fromhex(vector["signer"])})
            external = cose.domain(NAME, VERSION).encode()
            assert cwt.COSE.new().decode(data, key, external_aad=external) == _payload(vector)
        with t.case("another version's domain"), refused(cose.CoseError, "signature"):
            cose.read(data, name=NAME, version=VERSION + 1)
        with t.case("another kind"), refused(cose.CoseError, "other-kind"):
            cose.read(data, name="other", version=VERSION)
        with t.case("another signer than expected"), refused(cose.CoseError, "other-signer"):
            cose.read(data, name=NAME, version=VERSION, signer=bytes(32))


def check_signed_invalid(t):
    for vector in VECTORS["signed_invalid"]:
        with t.case(vector["why"]), refused((cose.CoseError, cbor.CborError)):
            cose.read(bytes.fromhex(vector["bytes"]), name=NAME, version=VERSION)


def check_cosigned(t):
    for vector in VECTORS["cosigned"]:
        data = bytes.fromhex(vector["bytes"])
        with t.case("read"):
            signers, payload = cose.read_cosigned(data, name=NAME, version=VERSION)
            assert len(signers) == len(vector["seeds"])
            assert cose.digest(cose.domain(NAME, VERSION), payload).hex() == vector["digest"]
        with t.case("make"):
            seeds = [bytes.fromhex(seed) for seed in vector["seeds"]]
            assert cose.cosign(payload, seeds=seeds, name=NAME, version=VERSION) == data
        with t.case("two signatures by one key"), refused(cose.CoseError, "signer-order"):
            twice = cose.cosign(payload, seeds=[seeds[0], seeds[0]], name=NAME, version=VERSION)
            cose.read_cosigned(twice, name=NAME, version=VERSION)


def check_cosigned_invalid(t):
    for vector in VECTORS["cosigned_invalid"]:
        with t.case(vector["why"]), refused((cose.CoseError, cbor.CborError)):
            cose.read_cosigned(bytes.fromhex(vector["bytes"]), name=NAME, version=VERSION)


def check_digests(t):
    for vector in VECTORS["digest"]:
        with t.case(vector["domain"]):
            assert cose.digest(vector["domain"], bytes.fromhex(vector["content"])).hex() == vector["digest"]


def check_ids(t):
    for vector in VECTORS["ids"]:
        kind, text, data = vector["kind"], vector["text"], bytes.fromhex(vector["bytes"])
        with t.case(f"{kind} to text"):
            assert ids.to_text(kind, data) == text
        with t.case(f"{kind} from text"):
            assert ids.from_text(kind, text) == data
            assert ids.from_text(kind, text.upper()) == data
        other = "room" if kind != "room" else "person"
        with t.case(f"{kind} is not a {other}"), refused(bech32m.Bech32Error, "other-kind"):
            ids.from_text(other, text)
        with t.case(f"{kind} mistyped"), refused(bech32m.Bech32Error, "checksum"):
            ids.from_text(kind, text[:-1] + ("q" if text[-1] != "q" else "p"))


def check_texts_that_are_no_ids(t):
    for vector in vectors("ids")["invalid"]:
        with t.case(vector["why"]), refused(bech32m.Bech32Error):
            ids.from_text(vector["kind"], vector["text"])
