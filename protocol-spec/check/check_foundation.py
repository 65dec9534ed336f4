"""The ground that the other checks stand on, against published vectors."""

from kithspec import bech32m, cbor, ed25519, hashes
from kithspec.harness import refused

# RFC 8949, appendix A: those that a record may contain.
RFC8949 = {
    "00": 0,
    "17": 23,
    "1818": 24,
    "1903e8": 1000,
    "1a000f4240": 1000000,
    "1bffffffffffffffff": 2**64 - 1,
    "20": -1,
    "3863": -100,
    "3bffffffffffffffff": -(2**64),
    "f4": False,
    "f5": True,
    "f6": None,
    "40": b"",
    "4401020304": b"\1\2\3\4",
    "6161": "a",
    "62c3bc": "\u00fc",
    "64f0908591": "\U00010151",
    "80": [],
    "8301820203820405": [1, [2, 3], [4, 5]],
    "a201020304": {1: 2, 3: 4},
    "a26161016162820203": {"a": 1, "b": [2, 3]},
}

REFUSED = {
    "empty": ("", "truncated"),
    "24 in the head of 23": ("1817", "not-shortest"),
    "length of a string too wide": ("5800", "not-shortest"),
    "half float": ("f90000", "float"),
    "double": ("fb3ff199999999999a", "float"),
    "undefined": ("f7", "simple"),
    "simple in two bytes": ("f820", "simple"),
    "reserved head": ("1c", "reserved"),
    "indefinite array": ("9fff", "indefinite"),
    "indefinite string": ("5f4101ff", "indefinite"),
    "break alone": ("ff", "indefinite"),
    "tag": ("c100", "tag"),
    "bad text": ("61ff", "not-utf8"),
    "surrogate in text": ("63eda080", "not-utf8"),
    "keys out of order": ("a203000100", "key-order"),
    "the same key twice": ("a201000100", "key-order"),
    "short string": ("44010203", "truncated"),
    "array of 2^32 items": ("9b0000000100000000", "truncated"),
    "something after it": ("0000", "trailing"),
    "17 levels": ("81" * 17 + "00", "too-deep"),
}


def check_cbor_examples(t):
    for text, value in RFC8949.items():
        with t.case(text):
            assert cbor.decode(bytes.fromhex(text)) == value
            assert cbor.encode(value).hex() == text


def check_cbor_refusals(t):
    for name, (text, code) in REFUSED.items():
        with t.case(name), refused(cbor.CborError, code):
            cbor.decode(bytes.fromhex(text))
    with t.case("16 levels are allowed"):
        cbor.decode(b"\x81" * 16 + b"\x00")
    with t.case("one byte over the size"), refused(cbor.CborError, "too-long"):
        cbor.decode(cbor.encode(bytes(cbor.MAX_SIZE - 2)))


def check_cbor_agrees_with_cbor2(t):
    import cbor2

    for text, value in RFC8949.items():
        with t.case(text):
            assert cbor2.dumps(value, canonical=True).hex() == text


def check_bech32m(t):
    # BIP 350, test vectors.
    for text in (
        "A1LQFN3A",
        "a1lqfn3a",
        "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
        "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
        "?1v759aa",
    ):
        with t.case(text):
            split = text.lower().rfind("1")
            values = [bech32m.CHARSET.index(c) for c in text.lower()[split + 1 :]]
            assert bech32m._polymod(bech32m._expand(text.lower()[:split]) + values) == bech32m.BECH32M
    for text, code in (
        ("1xj0phk", "no-separator"),
        ("y1b0jsk6g", "character"),
        ("lt1igcx5c0", "character"),
        ("in1muywd", "no-separator"),
        ("M1VUXWEZ", "checksum"),
        ("a1lqfn3A", "mixed-case"),
        # a Bech32 checksum is not a Bech32m checksum
        ("a12uel5l", "checksum"),
    ):
        with t.case(text), refused(bech32m.Bech32Error, code):
            bech32m.decode(text)
    with t.case("there and back"):
        assert bech32m.decode(bech32m.encode("kithp", bytes(range(32)))) == ("kithp", bytes(range(32)))


def check_hkdf(t):
    with t.case("RFC 5869, test case 1"):
        out = hashes.hkdf_sha256(
            bytes.fromhex("000102030405060708090a0b0c"),
            b"\x0b" * 22,
            bytes.fromhex("f0f1f2f3f4f5f6f7f8f9"),
            42,
        )
        assert out.hex() == (
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        )


# RFC 8032, section 7.1, test 2.
KEY = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
ORDER = 2**252 + 27742317777372353535851937790883648493


def check_ed25519_is_strict(t):
    with t.case("RFC 8032, test 2"):
        assert ed25519.verify(KEY, SIGNATURE, b"\x72")
    with t.case("another message"):
        assert not ed25519.verify(KEY, SIGNATURE, b"\x73")
    with t.case("S plus the group order"):
        s = int.from_bytes(SIGNATURE[32:], "little") + ORDER
        assert not ed25519.verify(KEY, SIGNATURE[:32] + s.to_bytes(32, "little"), b"\x72")
    identity = (1).to_bytes(32, "little")
    with t.case("a key of small order signs anything"):
        # With A and R the identity and S = 0 the equation holds for every message.
        assert ed25519.is_small_order(identity) is True
        assert not ed25519.verify(identity, identity + bytes(32), b"anything")
    with t.case("order 8"):
        point = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
        assert ed25519.is_small_order(point) is True
    with t.case("y not reduced"):
        assert ed25519.is_small_order((2**255 - 19 + 1).to_bytes(32, "little")) is None
    with t.case("an ordinary key"):
        assert ed25519.is_small_order(KEY) is False
