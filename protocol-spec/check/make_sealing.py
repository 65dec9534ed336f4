"""Makes vectors/sealing_python.json: seals from this implementation, for the
Rust tests to open. The randomness is the library's, so each run writes other
bytes; the published file stays (chapter 00, "Growth").

    python -B make_sealing.py        with requirements.txt installed
"""

import json
from pathlib import Path

from kithspec import ed25519, sealing
from kithspec.harness import VECTORS

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def public(seed):
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw().hex()


def case(name, kems, context, parameters):
    made = {
        "name": name,
        "sender_seed": "21" * 32,
        "accept_ikm": "55" * 32,
        "made": 77_000,
        "now": 1_800_000_000_000,
        "expires": 1_800_000_090_000,
        "context": {
            "session": "31" * 16,
            "sender": public(b"\x21" * 32),
            "recipient": public(b"\x22" * 32),
            "sender_kems": [sealing.X25519, sealing.X_WING],
            "recipient_kems": kems,
            **context,
            "challenge": "32" * 32,
        },
        "parameters": parameters,
    }
    kem, _, key = sealing.accept(made)
    sender = bytes.fromhex(made["context"]["sender"])
    bound = sealing.info(
        made["context"], sealing.signer_thumbprint(sender), sealing.kem_thumbprint(kem, key), made["expires"]
    )
    made["accept_public"] = key.hex()
    made["info"] = bound.hex()
    made["message"] = sealing.seal(made).hex()
    return made


def main():
    assert ed25519.is_small_order(bytes.fromhex(public(b"\x21" * 32))) is False
    out = {
        "spec": "05-sealing.md",
        "made_by": "check/make_sealing.py",
        "valid": [
            case(
                "Python: a VNC server with a password, X-Wing",
                [sealing.X25519, sealing.X_WING],
                {
                    "policies": [{"org": "40" * 32, "sequence": 3, "digest": "41" * 32}],
                    "technology": 3,
                    "hosted": 2,
                    "view": 4,
                    "control": 4,
                    "applications": [],
                    "rights": [1, 2, 3],
                },
                {
                    "endpoints": [{"technology": 3, "address": "2001:db8::7", "port": 5900}],
                    "password": "gr\u00fc\u00df Gott",
                    "screen": [2560, 1440, 32],
                },
            ),
            case(
                "Python: a native share of an application, X25519",
                [sealing.X25519],
                {
                    "policies": [],
                    "technology": 1,
                    "hosted": None,
                    "view": 2,
                    "control": 2,
                    "applications": ["org.gimp.gimp", "\u4e2d\u6587"],
                    "rights": [1, 2, 3, 6],
                },
                {"one_time_key": "5c" * 32},
            ),
        ],
    }
    path = Path(VECTORS) / "sealing_python.json"
    path.write_text(json.dumps(out, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
