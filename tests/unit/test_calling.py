"""What the command line sends to the API."""

from __future__ import annotations

import json
from decimal import Decimal
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.devices.documents import read_json
from carepath.calling import address, exact_json, refused

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.text()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False, places=3)
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@pytest.mark.parametrize("number", ["7.10", "140", "0.000", "1E-9", "-3.50"])
def test_a_number_is_sent_as_it_was_written(number: str) -> None:
    assert exact_json({"value": Decimal(number)}) == f'{{"value":{number}}}'


@given(VALUES)
def test_what_is_sent_is_read_back_the_same(value: object) -> None:
    text = exact_json(value)
    json.loads(text)
    assert read_json(text) == value


@pytest.mark.parametrize(
    ("status", "code", "exit_code"),
    [
        (400, "E-REFUSED", 1),
        (401, "E-API-TOKEN", 2),
        (403, "E-REFUSED", 1),
        (404, "E-REFUSED", 1),
        (409, "E-REFUSED", 1),
        (413, "E-REFUSED", 1),
        (422, "E-REFUSED", 1),
        (429, "E-API-TROUBLE", 3),
        (500, "E-API-TROUBLE", 3),
        (503, "E-API-TROUBLE", 3),
    ],
)
def test_whose_fault_it_is_decides_the_exit_code(status: int, code: str, exit_code: int) -> None:
    problem = refused(status, {"code": "some_code", "detail": "Some reason."}, "http://api")
    assert (problem.code, problem.exit_code) == (code, exit_code)
    assert code == "E-API-TOKEN" or "some_code" in problem.render("en")


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_every_part_of_an_address_stays_one_part(parts: list[str]) -> None:
    said = address(*parts)
    assert said.isascii()
    assert not set(said) & set("?# ")
    assert [unquote(part, errors="surrogateescape") for part in said.split("/")] == parts
