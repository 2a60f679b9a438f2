"""What the command line sends to the API."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.devices.documents import read_json
from carepath.calling import exact_json

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
