"""Every example of `docs/reference/http.md` is sent, in the order of the page, and answered as it says there."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

import pytest
from starlette.routing import Route, compile_path

from activities.handoffs.signatures import sign
from tests.integration.api.conftest import SECRET, World
from tests.integration.api.test_callbacks import ask

PAGE: Final = Path(__file__).resolve().parents[3] / "docs" / "reference" / "http.md"
PART: Final = re.compile(
    r"^<!-- at (?P<at>\S+) -->$"
    r"|^```http\n(?P<sent>.*?)^```\n\n```(?P<kind>json|problem|text) (?P<status>\d+)\n(?P<answer>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
ANY: Final = "…"
MEDIA: Final = {"json": "application/json", "problem": "application/problem+json", "text": "text/plain"}


@dataclass(frozen=True)
class Example:
    """One request and the answer to it; ``at`` moves the clock first."""

    at: datetime | None
    method: str
    address: str
    headers: dict[str, str]
    body: str
    kind: str
    status: int
    answer: str


def examples() -> list[Example]:
    found, at = [], None
    for part in PART.finditer(PAGE.read_text("utf-8")):
        if part["at"]:
            at = datetime.fromisoformat(part["at"])
            continue
        head, _, body = part["sent"].partition("\n\n")
        first, *rest = head.strip().splitlines()
        method, address = first.split(" ")
        headers = dict(line.split(": ", 1) for line in rest)
        found.append(
            Example(at, method, address, headers, body, part["kind"], int(part["status"]), part["answer"].strip())
        )
        at = None
    return found


def fits(pattern: Any, given: Any) -> bool:
    """Whether an answer is as the page says: `…` is anything, as a key "and more", at the end of a list "and so on"."""
    if pattern == ANY:
        return True
    if isinstance(pattern, dict):
        if not isinstance(given, dict):
            return False
        wanted = {name: inner for name, inner in pattern.items() if name != ANY}
        complete = ANY in pattern or set(wanted) == set(given)
        return complete and all(name in given and fits(inner, given[name]) for name, inner in wanted.items())
    if isinstance(pattern, list):
        if not isinstance(given, list):
            return False
        more = bool(pattern) and pattern[-1] == ANY
        wanted_rows = pattern[:-1] if more else pattern
        return (len(given) >= len(wanted_rows) if more else len(given) == len(wanted_rows)) and all(
            fits(inner, row) for inner, row in zip(wanted_rows, given, strict=False)
        )
    return bool(pattern == given) and type(pattern) is type(given)


@pytest.mark.parametrize(
    ("pattern", "given", "expected"),
    [
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1, ANY: ANY}, {"a": 1, "b": 2}, True),
        ({"a": 1, ANY: ANY}, {"b": 2}, False),
        ([1], [1, 2], False),
        ([1, ANY], [1, 2], True),
        ([1, ANY], [], False),
        ([], [1], False),
        ({"a": {}}, {"a": []}, False),
        ([True], [1], False),
        (ANY, None, True),
    ],
)
def test_what_the_page_means(pattern: Any, given: Any, expected: bool) -> None:
    assert fits(pattern, given) is expected


async def test_every_example_is_answered_as_the_page_says(world: World) -> None:
    world.house.publish()
    for example in examples():
        if example.at is not None:
            world.house.now = example.at
        body, headers = example.body.strip().encode(), dict(example.headers)
        if "webhook-id" in headers:
            ask(world)
            headers |= sign(SECRET, headers["webhook-id"], world.house.now, body)
        answer = await world.http.request(example.method, example.address, content=body or None, headers=headers)
        said = f"{example.method} {example.address}: {answer.status_code} {answer.text[:1500]}"
        assert answer.status_code == example.status, said
        assert answer.headers["content-type"].startswith(MEDIA[example.kind]), said
        if example.kind == "text":
            assert answer.text.startswith(example.answer.rstrip(ANY)), said
        else:
            assert fits(json.loads(example.answer), answer.json()), said
            for key in world.runs.runs:
                await world.runs.wake(key)


async def test_every_route_has_an_example(world: World) -> None:
    shown = {(example.method, example.address.partition("?")[0]) for example in examples()}
    missing = []
    for one in world.app.routes:
        for route in [one] if isinstance(one, Route) else list(cast("Any", one).effective_route_contexts()):
            pattern = compile_path(route.path.removeprefix("/api/v1"))[0]
            told = any(m in (route.methods or ()) and pattern.match(a.removeprefix("/api/v1")) for m, a in shown)
            if not told and "docs" not in route.path:
                missing.append(route.path)
    assert not missing
