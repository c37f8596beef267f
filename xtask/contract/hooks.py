"""What Schemathesis loads: most calls are made good ones before they are sent, and every answer is counted.

Knows no call. Which service it is comes by the environment: OPENRED_CONTRACT_SERVICE, _URL and _COUNTS.
"""

import atexit
import itertools
import json
import os
from collections import Counter

import schemathesis
from schemathesis.core.parameters import ParameterLocation

from directory import Directory
from relay import Relay

SERVICES = {"directory": Directory, "relay": Relay}
# One call in so many goes as it was generated, without any proof.
AS_GENERATED_EACH = 8

service = SERVICES[os.environ["OPENRED_CONTRACT_SERVICE"]](os.environ["OPENRED_CONTRACT_URL"])
calls = itertools.count()
answers = Counter()


@schemathesis.hook
def before_load_schema(context, raw_schema):
    service.link(raw_schema)


@schemathesis.hook
def before_call(context, case, kwargs):
    if next(calls) % AS_GENERATED_EACH and not headers_are_wrong(case):
        service.prepare(case, kwargs)


def headers_are_wrong(case):
    """Whether the call is there to show what a wrong header does: a proof in its place would hide that."""
    return case.meta is not None and case.meta.is_negative_at(ParameterLocation.HEADER)


@schemathesis.hook
def after_call(context, case, response):
    service.answered(case, response)
    answers[f"{case.method.upper()} {case.path}", response.status_code, code_of(response)] += 1


@schemathesis.check
def proof_is_needed(ctx, response, case):
    """Where a proof is asked for, nothing is done without one that the hooks have made."""
    needed = case.operation.definition.raw.get("security")
    if needed and response.status_code < 300:
        sent = response.request.headers
        shown = {sent.get("Authorization"), sent.get("X-API-Key")}
        assert shown & service.proofs, f"{response.status_code} without a good proof"


def code_of(response):
    """The stable code of a refusal; of OAuth's refusals their `error`."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return None
    return (body.get("code") or body.get("error")) if isinstance(body, dict) else None


@atexit.register
def write_counts():
    rows = [[*answer, count] for answer, count in sorted(answers.items(), key=str)]
    with open(os.environ["OPENRED_CONTRACT_COUNTS"], "w", encoding="utf-8") as file:
        json.dump(rows, file)

