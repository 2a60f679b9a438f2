"""Attachments over HTTP: kept once and sealed, whole or not at all, shown to who may, gone with the patient's key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import select

from activities.attachments.cleaned import LARGEST, MEGABYTE
from activities.attachments.kept import A_DAY, UNUSED_FOR
from activities.records.audit import verify
from activities.records.schema import attachment, audit, inbox
from api.security import Caller
from tests.attachments import HONEST, SCRIPT, SECRET, jpeg, m4a, png
from tests.integration.api.conftest import World, callers, on_both

KEY: Final = "patient00001"
OTHER: Final = "patient00002"
PHOTOS: Final = f"patients/{KEY}/attachments"
GONE: Final = "photo-" + "0" * 32


async def sent(world: World, data: bytes = jpeg(), kind: str = "photo", key: str = KEY) -> dict[str, Any]:
    answer = await world.post(f"patients/{key}/attachments?kind={kind}", data)
    assert answer.status_code in {200, 201}, answer.text
    found: dict[str, Any] = answer.json()
    return found


def stored(world: World) -> list[Any]:
    return list(world.house.ledger.store.read(lambda c: c.execute(select(attachment)).all()))


@on_both
async def test_a_file_is_kept_sealed_and_comes_back_cleaned(world: World) -> None:
    await world.enrolled(KEY)
    for media, (kind, data) in HONEST.items():
        row = await sent(world, data, kind)
        assert (row["kind"], row["type"], row["by"]) == (kind, media, "local")
        got = await world.get(f"{PHOTOS}/{row['id']}")
        assert (got.status_code, got.headers["content-type"]) == (200, media)
        assert len(got.content) == row["size"]
        assert SECRET not in got.content
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["content-disposition"].startswith(f'attachment; filename="{row["id"]}.')
        assert "sandbox" in got.headers["content-security-policy"]
        assert all(got.content[:8] not in one.content_sealed for one in stored(world))
    shown = (await world.get(PHOTOS)).json()["attachments"]
    assert {one["type"] for one in shown} == set(HONEST)


async def test_the_same_file_is_kept_once_and_of_two_patients_twice(world: World) -> None:
    for key in (KEY, OTHER):
        await world.enrolled(key)
    first, again, other = await sent(world), await sent(world), await sent(world, key=OTHER)
    assert first == again
    assert first["id"] != other["id"]
    assert len(stored(world)) == 2


@pytest.mark.parametrize(
    ("kind", "data", "status", "code"),
    [
        ("photo", b"", 422, "attachment_empty"),
        ("photo", SCRIPT, 422, "attachment_type"),
        ("photo", m4a(), 422, "attachment_type"),
        ("photo", b"\xff\xd8\xff" + SCRIPT, 422, "attachment_broken"),
        ("../../etc/passwd", jpeg(), 422, "attachment_kind"),
        ("photo", jpeg() + bytes(LARGEST - 10), 413, "too_large"),
    ],
)
async def test_a_wrong_file_is_refused_whole(world: World, kind: str, data: bytes, status: int, code: str) -> None:
    await world.enrolled(KEY)
    before = world.house.count(audit)
    answer = await world.http.post(f"/api/v1/{PHOTOS}", params={"kind": kind}, content=data)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert stored(world) == []
    assert world.house.count(audit) == before


async def test_a_declared_type_changes_nothing(world: World) -> None:
    await world.enrolled(KEY)
    for claimed in ("text/html", "image/svg+xml", "application/x-www-form-urlencoded", ""):
        answer = await world.post(f"{PHOTOS}?kind=photo", png(), content_type=claimed)
        assert answer.json()["type"] == "image/png"


@pytest.mark.parametrize(
    "name", ["%2e%2e", "photo", "photo-xyz", GONE, "..%2f..%2fkeys.json", GONE + "%00.png", "voice-" + "g" * 32]
)
async def test_a_name_that_is_no_reference_reaches_nothing(world: World, name: str) -> None:
    await world.enrolled(KEY)
    answer = await world.http.get(f"/api/v1/{PHOTOS}/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_somebody_elses_reference_is_unknown_here(world: World) -> None:
    for key in (KEY, OTHER):
        await world.enrolled(key)
    theirs = await sent(world, key=OTHER)
    answer = await world.get(f"{PHOTOS}/{theirs['id']}")
    assert (answer.status_code, answer.json()["code"]) == (404, "attachment_unknown")


async def test_an_answer_may_name_only_what_is_there(world: World) -> None:
    for key in (KEY, OTHER):
        await world.enrolled(key)
    theirs, before = await sent(world, key=OTHER), world.house.count(inbox)
    for reference in (GONE, theirs["id"]):
        form = {"form": {"wound": reference}, "step": "baseline.welcome", "outcome": "read"}
        answer = await world.post(f"patients/{KEY}/answers", form)
        assert (answer.status_code, answer.json()["code"]) == (404, "attachment_unknown")
    assert world.house.count(inbox) == before


async def test_what_no_answer_names_is_deleted_after_a_week(world: World) -> None:
    await world.enrolled(KEY)
    used, unused = await sent(world), await sent(world, png())
    body = {"form": {"wound": used["id"]}, "step": "baseline.welcome", "outcome": "read"}
    await world.post(f"patients/{KEY}/answers", body)
    world.house.now += UNUSED_FOR + timedelta(minutes=1)
    await sent(world, m4a(), "voice")
    left = {row.key for row in stored(world)}
    assert used["id"] in left
    assert unused["id"] not in left


async def test_a_day_takes_so_many_and_no_more(world: World) -> None:
    await world.enrolled(KEY)
    for number in range(A_DAY):
        await sent(world, jpeg(width=number + 1))
    answer = await world.post(f"{PHOTOS}?kind=photo", png())
    assert (answer.status_code, answer.json()["code"]) == (409, "attachment_too_many")
    world.house.now += timedelta(days=1, minutes=1)
    await sent(world, png())


async def test_who_sent_and_who_looked_stands_in_the_audit(world: World) -> None:
    await world.enrolled(KEY)
    row = await sent(world)
    await world.get(f"{PHOTOS}/{row['id']}")
    query = select(audit.c.action).where(audit.c.chain == KEY, audit.c.subject == row["id"]).order_by(audit.c.number)
    actions = world.house.ledger.store.read(lambda c: list(c.scalars(query)))
    assert actions == ["attachment_kept", "attachment_read"]
    assert verify(world.house.ledger, KEY) is None


@on_both
async def test_without_the_patients_key_it_is_gone(world: World) -> None:
    await world.enrolled(KEY)
    row = await sent(world)
    world.house.ledger.keyring.shred(KEY, "s1")
    assert (await world.get(f"{PHOTOS}/{row['id']}")).status_code == 404
    answer = await world.post(f"{PHOTOS}?kind=photo", png())
    assert answer.status_code in {403, 404}


MINE: Final = "m" * 24
THEIRS: Final = "t" * 24
NURSE: Final = "n" * 24
DEVICE: Final = "d" * 24
AUDITOR: Final = "a" * 24


class TestAccess:
    @pytest.fixture
    def tokens(self) -> dict[str, Caller]:
        return callers(
            **{
                MINE: {"role": "patient", "staff": "p1", "patients": [KEY]},
                THEIRS: {"role": "patient", "staff": "p2", "patients": [OTHER]},
                NURSE: {"role": "nurse", "staff": "s1"},
                DEVICE: {"role": "device", "staff": "d1", "patients": [KEY]},
                AUDITOR: {"role": "auditor", "staff": "a1"},
            }
        )

    async def test_who_may_send_and_who_may_look(self, world: World) -> None:
        for key in (KEY, OTHER):
            world.house.register(key)
        may = {}
        known = {"mine": MINE, "theirs": THEIRS, "nurse": NURSE, "device": DEVICE, "auditor": AUDITOR}
        for name, token in known.items():
            headers = {"authorization": f"Bearer {token}"}
            put = await world.http.post(f"/api/v1/{PHOTOS}", params={"kind": "photo"}, content=jpeg(), headers=headers)
            look = await world.http.get(f"/api/v1/{PHOTOS}/{GONE}", headers=headers)
            listed = await world.http.get(f"/api/v1/{PHOTOS}", headers=headers)
            may[name] = (put.status_code, look.status_code, listed.status_code)
        assert may == {
            "mine": (201, 404, 200),
            "theirs": (403, 403, 403),
            "nurse": (200, 404, 200),
            "device": (403, 403, 403),
            "auditor": (403, 404, 200),
        }

    async def test_a_stranger_may_not_send_much(self, world: World) -> None:
        for headers in ({}, {"authorization": "Bearer nonsense"}):
            large = await world.http.post(f"/api/v1/{PHOTOS}?kind=photo", content=bytes(2_000_000), headers=headers)
            assert large.status_code == 413
            small = await world.http.post(f"/api/v1/{PHOTOS}?kind=photo", content=jpeg(), headers=headers)
            assert small.status_code == 401


async def test_how_large_a_file_may_be_is_set(world: World) -> None:
    await world.enrolled(KEY)
    world.service.largest_file = 3 * MEGABYTE
    answer = await world.post(f"{PHOTOS}?kind=photo", jpeg() + bytes(3 * MEGABYTE))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert (await world.post(f"{PHOTOS}?kind=photo", jpeg() + bytes(2 * MEGABYTE))).status_code == 201
