"""Bad input: a clear problem document each, in both languages, and nothing half-written."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from activities.records.schema import metadata
from activities.records.store import StoreUnavailableError
from api.limits import LARGEST_BODY
from api.security import Caller, TokensWrong, open_to, read_tokens
from tests.integration.api.conftest import World, callers
from tests.integration.api.test_routes import NOON, observation
from tests.openmhealth import pressure

JSON = {"content-type": "application/json"}
OLD = datetime(2019, 1, 1, tzinfo=UTC)


def counts(world: World) -> dict[str, int]:
    def work(c: Any) -> dict[str, int]:
        return {name: c.scalar(select(func.count()).select_from(t)) for name, t in metadata.tables.items()}

    return world.house.ledger.store.read(work)


BODIES: list[tuple[str, str, bytes | dict[str, Any] | list[Any], int, str]] = [
    ("broken", "patients", b"{", 400, "bad_json"),
    ("a list", "patients", [], 422, "bad_request"),
    ("an unknown field", "patients", {"nmae": "x"}, 422, "bad_request"),
    ("a wrong type", "patients", {"zone": 5}, 422, "bad_request"),
    ("no such zone", "patients", {"zone": "Mars/Base"}, 422, "bad_request"),
    ("a key with a name in it", "patients", {"key": "Zhang San"}, 422, "patient_key_invalid"),
    ("an unknown pathway", "enrolments", {"patient": "patient00001", "pathway": "nothing"}, 404, "pathway_unknown"),
    (
        "an unknown patient",
        "enrolments",
        {"patient": "patient00099", "pathway": "hypertension_home"},
        404,
        "patient_unknown",
    ),
    ("not JSON", "patients/patient00001/readings", b"systolic=1", 400, "bad_json"),
    ("a doubled key", "patients/patient00001/readings", b'{"header": 1, "header": 2}', 400, "bad_json"),
    ("NaN", "patients/patient00001/readings", b'{"value": NaN}', 400, "bad_json"),
    ("deep nesting", "patients/patient00001/readings", b"[" * 50_000 + b"]" * 50_000, 400, "bad_json"),
    (
        "from the future",
        "patients/patient00001/readings",
        pressure("f", NOON + timedelta(days=3), 120),
        422,
        "bad_request",
    ),
    ("ancient", "patients/patient00001/readings", pressure("o", OLD, 120), 422, "bad_request"),
    ("impossible", "patients/patient00001/readings", pressure("i", NOON, 12_000), 422, "bad_request"),
    (
        "another unit",
        "patients/patient00001/readings",
        {**observation("u", NOON, 120, 80), "component": []},
        422,
        "bad_request",
    ),
    ("for nobody", "patients/patient00099/readings", pressure("n", NOON, 120), 404, "patient_unknown"),
    ("no such verb", "patients/patient00001/commands", {"verb": "dance"}, 409, "refused"),
    ("no such task", "tasks/nothing/claim", {}, 404, "task_unknown"),
]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES]
)
async def test_bad_input_is_refused_whole(world: World, path: str, body: Any, status: int, code: str) -> None:
    await world.enrolled()
    world.house.now = NOON + timedelta(minutes=5)
    before = counts(world)
    for language in ("en", "zh"):
        headers = {**JSON, "accept-language": language}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = await world.http.post(f"/api/v1/{path}", headers=headers, content=raw)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (status, code), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail"} <= problem.keys()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in problem["detail"]) is (language == "zh")
    after = counts(world)
    kept = {"inbox", "audit", "tick", "verdict", "journey", "timeline"} if code == "refused" else set[str]()
    assert {k: v for k, v in after.items() if k not in kept} == {k: v for k, v in before.items() if k not in kept}


async def test_a_body_that_is_too_large_is_refused_announced_or_not(world: World) -> None:
    large = b'{"a": "' + b"x" * LARGEST_BODY + b'"}'
    announced = await world.http.post("/api/v1/patients", content=large, headers=JSON)

    async def chunks() -> AsyncIterator[bytes]:
        yield large[: LARGEST_BODY // 2]
        yield large[LARGEST_BODY // 2 :]

    streamed = await world.http.post("/api/v1/patients", content=chunks(), headers=JSON)
    for answer in (announced, streamed):
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_other_content_types_other_methods_and_other_addresses(world: World) -> None:
    key = await world.enrolled()
    text = await world.http.post(
        f"/api/v1/patients/{key}/readings", content=b"{}", headers={"content-type": "text/plain"}
    )
    assert (text.status_code, text.json()["code"]) == (415, "unsupported")
    assert (await world.http.delete("/api/v1/patients")).json()["code"] == "method"
    assert (await world.get("nothing")).json()["code"] == "not_found"
    for view in ("timeline", "why", "record", "messages", "readings", "clock"):
        assert (await world.get(f"patients/patient00099/{view}")).json()["code"] == "patient_unknown"


async def test_more_commands_than_can_wait_are_told_to_come_again(world: World) -> None:
    key = await world.enrolled()
    world.service._queues[key].waiting = 100
    answer = await world.post(f"patients/{key}/commands", {"verb": "pause"})
    assert (answer.status_code, answer.json()["code"]) == (429, "busy")
    assert answer.headers["retry-after"]


async def test_while_the_records_are_away_nothing_is_lost_and_the_same_key_works_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await world.enrolled()
    world.house.now = NOON + timedelta(minutes=5)

    def away(*_: Any) -> Any:
        raise StoreUnavailableError("locked")

    with monkeypatch.context() as patch:
        patch.setattr(world.house.ledger.store, "transact", away)
        gone = await world.post(f"patients/{key}/readings", pressure("r1", NOON, 120), idempotency_key="k9")
        assert (gone.status_code, gone.json()["code"]) == (503, "store_away")
        assert gone.headers["retry-after"]
    back = await world.post(f"patients/{key}/readings", pressure("r1", NOON, 120), idempotency_key="k9")
    assert back.status_code == 200


class TestTokens:
    @pytest.fixture
    def tokens(self) -> dict[str, Caller]:
        return callers(
            **{
                "n" * 24: {"role": "nurse", "staff": "s1"},
                "d" * 24: {"role": "device", "staff": "d1", "patients": ["patient00001"]},
                "p" * 24: {"role": "patient", "staff": "p2", "patients": ["patient00002"]},
                "a" * 24: {"role": "auditor", "staff": "a1"},
            }
        )

    async def test_nobody_gets_in_without_one(self, world: World) -> None:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic " + "n" * 24}):
            answer = await world.http.get("/api/v1/tasks", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")
        assert (await world.http.get("/health/live")).status_code == 200

    @pytest.mark.parametrize(
        ("token", "method", "path", "status"),
        [
            ("n", "GET", "patients/patient00001/record", 404),
            ("p", "GET", "patients/patient00001/record", 403),
            ("p", "GET", "patients/patient00002/record", 404),
            ("p", "GET", "tasks", 403),
            ("p", "POST", "patients/patient00002/commands", 403),
            ("d", "GET", "patients/patient00001/record", 403),
            ("d", "POST", "patients/patient00002/readings", 403),
            ("d", "POST", "patients/patient00001/readings", 404),
            ("a", "POST", "patients/patient00001/commands", 403),
            ("a", "GET", "patients/patient00001/record", 404),
        ],
    )
    async def test_a_token_reaches_what_its_role_and_its_patients_allow(
        self, world: World, token: str, method: str, path: str, status: int
    ) -> None:
        body = pressure("r", NOON, 120) if path.endswith("readings") else {"verb": "pause"}
        headers = {"authorization": f"Bearer {token * 24}"}
        answer = await world.http.request(
            method, f"/api/v1/{path}", headers=headers, json=body if method == "POST" else None
        )
        assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"short": {"role": "nurse", "staff": "s"}}',
        '{"' + "p" * 24 + '": {"role": "patient", "staff": "p"}}',
        "@nowhere.json",
    ],
)
def test_tokens_that_cannot_be_used_are_said_without_showing_them(text: str) -> None:
    with pytest.raises(TokensWrong) as caught:
        read_tokens(text)
    assert "short" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "tokens", "open_"),
    [("127.0.0.1", 0, True), ("::1", 0, True), ("localhost", 0, True), ("0.0.0.0", 0, False), ("0.0.0.0", 1, True)],
)
def test_without_tokens_only_this_machine_may_call(host: str, tokens: int, open_: bool) -> None:
    assert open_to(host, {"t" * 24: Caller("s", "nurse")} if tokens else {}) is open_
