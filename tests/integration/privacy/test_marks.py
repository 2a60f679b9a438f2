"""The finder finds: a search that cannot fail shows nothing."""

from __future__ import annotations

import base64
import gzip
import json
import os
import zlib
from collections.abc import Callable

import pytest

from tests.integration.privacy.marks import hits

MARKS = ("Zqmarkname", "张标记三丰", "13911122233")
NOISE = os.urandom(5000)


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(
    "hidden",
    [
        lambda m: m.encode(),
        lambda m: m.upper().encode(),
        lambda m: m.encode("utf-16-le"),
        lambda m: json.dumps({"a": m}).encode(),
        lambda m: base64.b64encode(f"x{m}y".encode()),
        lambda m: base64.b64encode(f"xy{m}z".encode()),
        lambda m: base64.b64encode(f"xyz{m}".encode()),
        lambda m: zlib.compress(f"some text before {m}".encode()),
        lambda m: gzip.compress(f"some text before {m}".encode()),
        lambda m: m.encode().hex().encode(),
    ],
)
def test_every_way_of_writing_is_found(mark: str, hidden: Callable[[str], bytes]) -> None:
    assert hits(NOISE + hidden(mark) + NOISE, MARKS) == {mark}


def test_noise_is_no_hit() -> None:
    assert hits(NOISE * 20, MARKS) == set()
