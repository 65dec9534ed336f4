"""vectors/sealing.json and sealing_python.json: sealed parameters.

The first is made by the Rust code and opened here with `cryptography`; the
second was made here (make_sealing.py) and is opened by the Rust tests too.
"""

import copy

from kithspec import cbor, cose, sealing
from kithspec.harness import refused, vectors

VECTORS = vectors("sealing")
PYTHON = vectors("sealing_python")


def _code(attempt):
    """The chapter's code of a refusal."""
    try:
        attempt()
    except (sealing.SealError, cose.CoseError) as error:
        return {"signature": "bad-signature"}.get(error.code, error.code)
    return None


def check_best_common(t):
    for v in VECTORS["best_common"]:
        with t.case(f"{v['a']} and {v['b']}"):
            assert sealing.best_common(v["a"], v["b"]) == v["best"]
            assert sealing.best_common(v["b"], v["a"]) == v["best"]


def check_valid(t):
    for case in VECTORS["valid"] + PYTHON["valid"]:
        with t.case(case["name"]):
            kem, _, public = sealing.accept(case)
            assert public.hex() == case["accept_public"]
            bound = sealing.info(
                case["context"],
                sealing.signer_thumbprint(bytes.fromhex(case["context"]["sender"])),
                sealing.kem_thumbprint(kem, public),
                case["expires"],
            )
            assert bound.hex() == case["info"]
            out = sealing.open_message(
                case, bytes.fromhex(case["message"]), case["context"], case["now"], case["made"]
            )
            assert out == case["parameters"]
        with t.case(f"sealed again: {case['name']}"):
            again = sealing.seal(case)
            # With nothing unknown in it a message has one length a mechanism.
            assert len(again) <= len(bytes.fromhex(case["message"]))
            out = sealing.open_message(case, again, case["context"], case["now"], case["made"])
            assert out == case["parameters"]


def check_invalid_messages(t):
    case = VECTORS["valid"][VECTORS["invalid_messages"]["case"]]
    for v in VECTORS["invalid_messages"]["messages"]:
        with t.case(v["why"]):
            data = bytes.fromhex(v["message"])
            code = _code(lambda: sealing.open_message(case, data, case["context"], case["now"], case["made"]))
            assert code == v["error"], code


def check_invalid_contexts(t):
    case = VECTORS["valid"][VECTORS["invalid_contexts"]["case"]]
    data = bytes.fromhex(case["message"])
    changed = VECTORS["invalid_contexts"]["changes"]
    with t.case("every field of the context is replaced"):
        assert {v["field"] for v in changed} == set(case["context"])
    for v in changed:
        with t.case(f"{v['field']} = {v['value']}"):
            context = copy.deepcopy(case["context"])
            context[v["field"]] = v["value"]
            code = _code(lambda: sealing.open_message(case, data, context, case["now"], case["made"]))
            assert code == v["error"], code


def check_every_field_of_info(t):
    """Whatever is replaced in `info`, the library itself doesn't open."""
    for case in VECTORS["valid"][:2]:
        kem, private, _ = sealing.accept(case)
        *_, enc, ciphertext = sealing.read(bytes.fromhex(case["message"]), bytes.fromhex(case["context"]["sender"]))
        fields = cbor.decode(bytes.fromhex(case["info"]))
        opened = sealing.suite(kem).decrypt(enc + ciphertext, private, info=cbor.encode(fields))
        with t.case(f"the true one: {case['name']}"):
            assert sealing.decode_parameters(opened) == case["parameters"]
        for key in fields:
            with t.case(f"field {key}: {case['name']}"):
                other = cbor.encode({**fields, key: None})
                try:
                    sealing.suite(kem).decrypt(enc + ciphertext, private, info=other)
                except Exception as error:
                    assert type(error).__name__ == "InvalidTag"
                else:
                    raise AssertionError("it opens")


def check_times(t):
    case = VECTORS["valid"][VECTORS["times"]["case"]]
    data = bytes.fromhex(case["message"])
    for v in VECTORS["times"]["at"]:
        with t.case(f"wall {v['now']}, monotonic {v['clock']}"):
            code = _code(lambda: sealing.open_message(case, data, case["context"], v["now"], v["clock"]))
            assert code == v["error"], code


def check_invalid_parameters(t):
    for v in VECTORS["invalid_parameters"]:
        if "plaintext" in v:
            plain = bytes.fromhex(v["plaintext"])
        else:
            content = bytes.fromhex(v["content"])
            plain = (len(content).to_bytes(2, "big") + content).ljust(v["class"], b"\0")
        with t.case(v["why"]), refused(sealing.SealError, "content"):
            sealing.decode_parameters(plain)
