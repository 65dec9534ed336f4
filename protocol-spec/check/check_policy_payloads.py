"""vectors/policy-payloads.json: what people say about policy, whole and not."""

from kithspec.harness import vectors

import check_policy
from check_policy import Refused

READERS = {
    "consent": check_policy.read_consent,
    "consent-end": check_policy.read_end,
    "terms": check_policy.read_terms,
    "sharing-profile": check_policy.read_profile,
    "meeting": check_policy.read_meeting,
}


def check_payloads(t):
    for kind in vectors("policy-payloads")["payloads"]:
        read = READERS[kind["kind"]]
        with t.case(kind["kind"]):
            read(bytes.fromhex(kind["bytes"]))
        for vector in kind["invalid"]:
            with t.case(f"{kind['kind']}: {vector['why']}"):
                try:
                    read(bytes.fromhex(vector["bytes"]))
                except (Refused, AssertionError):
                    continue
                raise ValueError("accepted")
