"""docs/reference/order.md and its tests name the same cases."""

import re

from tests.unit.decide.world import ROOT


def test_every_row_has_its_test_and_every_test_its_row() -> None:
    page = (ROOT / "docs" / "reference" / "order.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z0-9_]+)` \|", page, re.MULTILINE)
    assert len(rows) == len(set(rows))
    tests: list[str] = []
    for path in sorted((ROOT / "tests" / "unit" / "decide").glob("test_order_of_*.py")):
        tests += re.findall(r"^def test_([a-z0-9_]+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(tests)
