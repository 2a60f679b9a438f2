"""Who gets in, asked of every route the application has, so that a new one cannot be forgotten."""

from __future__ import annotations

import base64
import json
import re
from typing import Any, Final, cast

import pytest
from starlette.routing import Route
from temporalio.api.common.v1 import Payload

from activities.records.schema import inbox
from api.security import Caller
from tests.integration.api.conftest import World, callers
from worker.codec import KeyCache, SealingCodec

NURSE: Final = "n" * 24
AUDITOR: Final = "a" * 24
ONE: Final = "o" * 24
DEVICE: Final = "d" * 24
PARTNER: Final = "p" * 24
MINE: Final = "patient00001"
THEIRS: Final = "patient00002"
OPEN: Final = {
    "/health/live", "/health/ready", "/metrics", "/problems/{code}", "/openapi.json", "/docs", "/docs/oauth2-redirect",
}  # fmt: skip
"""For operators and for whoever reads the interface: nothing about a person is there."""
SIGNED: Final = {"/callbacks/{partner}"}
READS_BY_POST: Final = {"/codec/decode"}


@pytest.fixture
def tokens() -> dict[str, Caller]:
    return callers(
        **{
            NURSE: {"role": "nurse", "staff": "s1"},
            AUDITOR: {"role": "auditor", "staff": "a1"},
            ONE: {"role": "nurse", "staff": "s2", "patients": [MINE]},
            DEVICE: {"role": "device", "staff": "d1", "patients": [MINE]},
            PARTNER: {"role": "partner", "staff": "p1"},
        }
    )


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def routes(world: World) -> list[tuple[str, str, str]]:
    """Method, address with its places filled, and name of every route the application answers."""
    flat: list[Any] = []
    for one in world.app.routes:
        flat += [one] if isinstance(one, Route) else list(cast("Any", one).effective_route_contexts())
    rows = []
    for route in flat:
        path = route.path.replace(":path}", "}")
        address = re.sub(r"\{\w+\}", MINE, path.replace("{verb}", "claim"))
        rows += [(method, address, path.removeprefix("/api/v1")) for method in route.methods - {"HEAD"}]
    return sorted(rows)


async def test_every_route_without_a_token_is_401(world: World) -> None:
    asked = set()
    for method, address, name in routes(world):
        for headers in ({}, {"authorization": "Bearer nonsense"}, {"authorization": f"Basic {NURSE}"}):
            for content, kind in ((b"{", "text/plain"), (b"{}", "application/json")):
                body = content if method == "POST" else None
                sent = {"content-type": kind, **headers}
                answer = await world.http.request(method, address, content=body, headers=sent)
                if name in SIGNED:
                    assert answer.status_code == 404, (method, address)
                elif name in OPEN:
                    assert answer.status_code != 401, (method, address)
                else:
                    assert (answer.status_code, answer.json().get("code")) == (401, "unauthorised"), (method, address)
                    assert answer.headers["www-authenticate"] == "Bearer"
        asked.add(name)
    assert OPEN - {"/docs/oauth2-redirect"} <= asked
    assert asked > SIGNED | READS_BY_POST
    assert len(asked - OPEN) >= 17


async def test_a_callback_to_a_known_partner_is_401_without_a_signature(world: World) -> None:
    answer = await world.http.post("/api/v1/callbacks/pharmacy", content=b"{}", headers=bearer(NURSE))
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_missing")


async def test_a_token_that_may_only_read_writes_nothing(world: World) -> None:
    writes = [(m, a, n) for m, a, n in routes(world) if m == "POST" and n not in SIGNED | READS_BY_POST]
    assert len(writes) >= 8
    for method, address, name in writes:
        for token in (AUDITOR, PARTNER):
            answer = await world.http.request(method, address, json=_SMALLEST[name], headers=bearer(token))
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), address
    assert world.house.count(inbox) == 0


_SMALLEST: Final[dict[str, Any]] = {
    "/patients": {},
    "/enrolments": {"patient": MINE, "pathway": "hypertension_home"},
    "/patients/{patient}/readings": {},
    "/patients/{patient}/answers": {"step": "a.b"},
    "/patients/{patient}/attachments": {},
    "/patients/{patient}/visits": {"step": "a.b", "verb": "book"},
    "/patients/{patient}/commands": {"verb": "pause"},
    "/patients/{patient}/preferences": {},
    "/tasks/{task}/{verb}": {},
    "/incidents/{incident}/take": {},
}
"""A body for every write, so that only the token can be what is wrong. A new write needs a row here."""


class TestCodec:
    async def sealed(self, world: World, owner: str, said: str) -> dict[str, Any]:
        """A payload as Temporal holds it, and as its UI sends it."""
        codec = SealingCodec(KeyCache(world.house.ledger.keyring), owner)
        (payload,) = await codec.encode([Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(said).encode())])
        return {
            "metadata": {name: base64.b64encode(value).decode() for name, value in payload.metadata.items()},
            "data": base64.b64encode(payload.data).decode(),
        }

    async def decode(self, world: World, token: str, payloads: list[dict[str, Any]]) -> list[dict[str, Any]]:
        answer = await world.http.post("/codec/decode", json={"payloads": payloads}, headers=bearer(token))
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["payloads"]
        return found

    async def test_a_token_for_some_patients_gets_others_back_sealed(self, world: World) -> None:
        for key in (MINE, THEIRS):
            world.house.register(key)
        sent = [await self.sealed(world, MINE, "mine"), await self.sealed(world, THEIRS, "theirs")]
        sent.append({"metadata": {"encoding": base64.b64encode(b"json/plain").decode()}, "data": "IngiCg=="})
        mine, theirs, plain = await self.decode(world, ONE, sent)
        assert json.loads(base64.b64decode(mine["data"])) == "mine"
        assert theirs == sent[1]
        assert plain == sent[2]
        both = await self.decode(world, NURSE, sent)
        assert [json.loads(base64.b64decode(row["data"])) for row in both[:2]] == ["mine", "theirs"]
        again = await world.http.post("/api/v1/codec/decode", json={"payloads": sent}, headers=bearer(NURSE))
        assert again.json()["payloads"] == both

    async def test_what_cannot_be_opened_comes_back_as_it_is(self, world: World) -> None:
        world.house.register(MINE)
        sent = await self.sealed(world, MINE, "mine")
        broken = {**sent, "data": base64.b64encode(base64.b64decode(sent["data"])[:-1] + b"x").decode()}
        nobody = base64.b64encode(b"nobody000000").decode()
        stranger = {**sent, "metadata": {**sent["metadata"], "carepath-key": nobody}}
        assert await self.decode(world, NURSE, [broken, stranger]) == [broken, stranger]

    @pytest.mark.parametrize("token", [DEVICE, PARTNER])
    async def test_whoever_may_not_read_may_not_decode(self, world: World, token: str) -> None:
        answer = await world.http.post("/codec/decode", json={"payloads": []}, headers=bearer(token))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")

    @pytest.mark.parametrize("body", [b"{", b'{"payloads": 1}', b'{"other": []}', b"\xff"])
    async def test_what_is_no_list_of_payloads_is_refused(self, world: World, body: bytes) -> None:
        answer = await world.http.post("/codec/decode", content=body, headers=bearer(NURSE))
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_json")

    async def test_the_ui_may_ask_from_its_own_address_only(self, world: World) -> None:
        asked = {
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type,x-namespace,authorization",
        }
        fine = await world.http.options("/codec/decode", headers={"origin": "http://ui", **asked})
        assert (fine.status_code, fine.headers["access-control-allow-origin"]) == (200, "http://ui")
        other = await world.http.options("/codec/decode", headers={"origin": "http://elsewhere", **asked})
        assert "access-control-allow-origin" not in other.headers
