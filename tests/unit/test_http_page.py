"""The page of the HTTP interface names every code a caller may meet and every route there is."""

from __future__ import annotations

import re
from pathlib import Path

from activities.intake import refusals
from api import problems, routes_patients, routes_tasks, routes_views

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "http.md").read_text(encoding="utf-8")


def test_every_code_has_a_row() -> None:
    told = set(re.findall(r"^\| `([a-z_]+)` \| \d{3} \|", PAGE, re.MULTILINE))
    assert told == set(problems._TEXTS) | set(refusals._TEXTS)


def test_every_route_is_named() -> None:
    for router in (routes_patients.router, routes_tasks.router, routes_views.router):
        for route in router.routes:
            words = [part for part in str(getattr(route, "path", "")).split("/") if part and "{" not in part]
            assert all(word in PAGE for word in words), route
