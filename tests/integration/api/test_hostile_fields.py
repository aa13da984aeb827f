"""Whatever stands in one field of a body that else makes sense, the answer is no fault of ours."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode

from domain.roles import Role
from tests.integration.api.conftest import Caller, token_of
from tests.integration.api.effort import EFFORT, at_most
from tests.integration.api.existing import Existing
from tests.integration.api.test_documents import OPERATIONS
from tests.integration.api.test_fuzz import document  # noqa: F401 - a fixture
from tests.integration.studio import Studio

# Schemathesis draws from `random` when it looks through the code for constants, which it does once.
pytestmark = [
    pytest.mark.timeout(120 * EFFORT),
    pytest.mark.filterwarnings("ignore:Do not use the .random. module:hypothesis.errors.HypothesisDeprecationWarning"),
]

HOSTILE = [
    *("null", "true", "[]", "{}", '""', '" "', '[["x"]]', '{"": {}}', "[" * 400 + "]" * 400),
    *('{"a":' * 300 + "1" + "}" * 300, "[" + "null," * 9_000 + "null]"),
    *("-0", "0.1", "1e-999", "1e999", "-1e999", "1e308", "1" + "0" * 400, "2147483648", "9223372036854775808"),
    *('"NaN"', '"Infinity"', '"-1"', '"1_000"', '"\\u0661"', '"0x10"'),
    *('"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"a\\u0000b"', '"\\uffff"', '"\\ufeffx"', '"\\r\\nBcc: x"'),
    *('"\\u202e\\u2066\\u200f"', '"\\u200b"', '"\\u00ad"', '"a' + "\\u0301" * 3_000 + '"', '"' + "😀" * 400 + '"'),
    *('"' + "x" * 60_000 + '"', '"' + "ﷺ" * 1_000 + '"', '"\\u0130\\u0131\\u00df\\ufb03"', '"%s%(x)s{0}{{ 7*7 }}"'),
    *('"0001-01-01"', '"9999-12-31"', '"2027-02-30"', '"0001-01-01T00:00:00+23:59"', '"9999-12-31T23:59:59-23:59"'),
    *('"0001-01-01T00:00"', '"9999-12-31T23:59"', '"9999-12-31T23:59Z"'),
    *('"24:00"', '"23:59:60"', '"12:00+01:00"', '"=HYPERLINK(1)"', '"https://[::1"', '"https://x:99999/"'),
    *('"a@b"', '"\\"a\\"@xn--.com"', '"name,email\\n\\"x"', '"name;email\\rx;y\\u0000@z.example"'),
]
"""Values as they stand in JSON: what the standard library reads, and other languages write."""

WITH_A_BODY = sorted(name for name in OPERATIONS if name.split()[0] in {"POST", "PATCH"} and "unsubscribe" not in name)


@pytest.mark.usefixtures("serving")
@pytest.mark.parametrize("name", WITH_A_BODY)
def test_a_hostile_value_is_no_fault(document: Any, me: Caller, studio: Studio, name: str) -> None:  # noqa: F811
    method, path = name.split()
    operation = document[path][method]
    if not operation.body:
        pytest.skip("takes no body")
    existing = Existing(me, studio)
    existing.become(Role.OWNER)
    assert me.member is not None
    headers = {"Authorization": token_of(me.settings, me.member.id)}

    @at_most(3)
    @given(
        case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        field=st.integers(0, 40),
        hostile=st.sampled_from(HOSTILE),
        twice=st.booleans(),
    )
    def check(case: Any, field: int, hostile: str, *, twice: bool) -> None:
        body = existing.fill(case.body) if isinstance(case.body, dict) else {}
        names = list(operation.body[0].definition["schema"].get("properties", {})) or list(body) or ["x"]
        attacked = names[field % len(names)]
        fields = [f"{json.dumps(one)}: {json.dumps(value)}" for one, value in body.items() if one != attacked]
        fields += [f"{json.dumps(attacked)}: {hostile}"] * (1 + twice)
        where = path.format(**existing.fill(case.path_parameters or {}))
        text = "{" + ", ".join(fields) + "}"
        answer = me.http.open(
            where, method=method, data=text.encode(), content_type="application/json", headers=headers
        )
        assert answer.status_code < 500, (text[:500], answer.text)
        assert not twice or answer.status_code in {400, 413}, answer.text

    check()
