"""The codec: whose key, what is refused, rotation and shredding."""

from __future__ import annotations

import asyncio
import json
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import ActivitySerializationContext, WorkflowSerializationContext

from activities.contracts import TickResult
from activities.keys.keyring import SYSTEM
from activities.keys.sealing import BrokenSealError, KeyUnknownError, OwnerKeys, owner_keys, sealed_version
from activities.records.store import StoreUnavailableError
from worker.codec import (
    OWNER,
    ClearTextError,
    KeyCache,
    LeanConverter,
    SealingCodec,
    StrangerError,
    data_converter,
    is_sealed,
    owner_of,
)


class Keys:
    """Real keys in memory; counts how often it is asked."""

    def __init__(self, *owners: str) -> None:
        self.owned: dict[str, dict[int, bytes]] = {owner: {1: os.urandom(32)} for owner in owners}
        self.asked = 0
        self.away = False
        self.hold = threading.Event()
        self.hold.set()

    def of(self, owner: str) -> OwnerKeys:
        self.asked += 1
        self.hold.wait()
        if self.away:
            raise StoreUnavailableError("away")
        if owner not in self.owned:
            raise KeyUnknownError("this owner has no key")
        return owner_keys(owner, self.owned[owner])

    def forget(self, owner: str) -> None:
        pass

    def rotate(self, owner: str) -> None:
        self.owned[owner][max(self.owned[owner]) + 1] = os.urandom(32)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def for_workflow(codec: SealingCodec, workflow_id: str) -> SealingCodec:
    return codec.with_context(WorkflowSerializationContext("default", workflow_id))


def payload(text: bytes = b'{"systolic": 184}') -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=text)


@pytest.fixture
def keys() -> Keys:
    return Keys("alice1", "bruno2", SYSTEM)


@pytest.fixture
def codec(keys: Keys) -> SealingCodec:
    return SealingCodec(KeyCache(keys))


async def test_what_is_sealed_opens_in_the_same_patients_workflows_only(codec: SealingCodec) -> None:
    sealed = await for_workflow(codec, "alice1").encode([payload(), payload(b"2")])
    assert all(is_sealed(one) and b"systolic" not in one.SerializeToString() for one in sealed)
    for workflow_id in ("alice1", "alice1.h.3", "alice1.d.12"):
        assert await for_workflow(codec, workflow_id).decode(sealed) == [payload(), payload(b"2")]
    with pytest.raises(StrangerError):
        await for_workflow(codec, "bruno2").decode(sealed)


async def test_an_activity_uses_its_workflows_key(codec: SealingCodec) -> None:
    context = ActivitySerializationContext("default", None, "tick", "q", "alice1.h.1", "Handoff", is_local=True)
    (sealed,) = await codec.with_context(context).encode([payload()])
    assert await for_workflow(codec, "alice1").decode([sealed]) == [payload()]


@pytest.mark.parametrize("owner", ["bruno2", SYSTEM])
async def test_a_renamed_owner_does_not_open(codec: SealingCodec, owner: str) -> None:
    (sealed,) = await for_workflow(codec, "alice1").encode([payload()])
    sealed.metadata[OWNER] = owner.encode()
    with pytest.raises(BrokenSealError):
        await codec.decode([sealed])


@given(st.data())
async def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    codec = SealingCodec(KeyCache(Keys("alice1")))
    (sealed,) = await for_workflow(codec, "alice1").encode([payload()])
    place = data.draw(st.integers(0, len(sealed.data) - 1))
    changed = bytearray(sealed.data)
    changed[place] ^= data.draw(st.integers(1, 255))
    sealed.data = bytes(changed)
    with pytest.raises((BrokenSealError, KeyUnknownError)):
        await codec.decode([sealed])


async def test_without_a_workflow_it_opens_by_the_named_owner_and_seals_nothing(codec: SealingCodec) -> None:
    (sealed,) = await for_workflow(codec, "alice1").encode([payload()])
    assert await codec.decode([sealed]) == [payload()]
    with pytest.raises(ClearTextError):
        await codec.encode([payload()])


async def test_an_unknown_owner_is_refused_both_ways(codec: SealingCodec, keys: Keys) -> None:
    with pytest.raises(KeyUnknownError):
        await for_workflow(codec, "carla3").encode([payload()])
    (sealed,) = await for_workflow(codec, "alice1").encode([payload()])
    del keys.owned["alice1"]
    with pytest.raises(KeyUnknownError):
        await SealingCodec(KeyCache(keys)).decode([sealed])


@pytest.mark.parametrize(
    "clear",
    [
        payload(),
        payload(b'"ACTIVITY_ID_NOT_STARTED" '),
        payload(b"null"),
        Payload(metadata={"encoding": b"binary/null"}, data=b"x"),
        Payload(metadata={"encoding": b"binary/plain"}, data=b""),
        Payload(data=b"{}"),
        Payload(metadata={"encoding": b"binary/zlib"}, data=b"{}"),
    ],
)
async def test_clear_text_is_refused(codec: SealingCodec, clear: Payload) -> None:
    for one in (codec, for_workflow(codec, "alice1")):
        with pytest.raises(ClearTextError):
            await one.decode([clear])


async def test_what_temporal_itself_says_in_clear_passes(codec: SealingCodec) -> None:
    own = [
        Payload(metadata={"encoding": b"binary/null"}),
        payload(b'"ACTIVITY_ID_NOT_STARTED"'),
    ]
    assert await for_workflow(codec, "alice1").decode(own) == own


async def test_rotation_seals_anew_and_opens_the_old(codec: SealingCodec, keys: Keys) -> None:
    (before,) = await for_workflow(codec, "alice1").encode([payload()])
    keys.rotate("alice1")
    elsewhere = SealingCodec(KeyCache(keys))
    (after,) = await for_workflow(elsewhere, "alice1").encode([payload(b"3")])
    assert sealed_version(before.data) == 1
    assert sealed_version(after.data) == 2
    # This process last looked before the rotation: it looks again instead of failing.
    assert await for_workflow(codec, "alice1").decode([before, after]) == [payload(), payload(b"3")]


async def test_keys_are_kept_for_a_while_and_a_shredded_one_is_forgotten(keys: Keys) -> None:
    clock = Clock()
    codec = for_workflow(SealingCodec(KeyCache(keys, keep=15, clock=clock)), "alice1")
    (sealed,) = await codec.encode([payload()])
    for _ in range(100):
        await codec.decode(await codec.encode([payload()]))
    assert keys.asked == 1
    del keys.owned["alice1"]
    clock.now = 15.1
    with pytest.raises(KeyUnknownError):
        await codec.decode([sealed])


async def test_while_the_records_are_away_kept_keys_serve_for_a_while(keys: Keys) -> None:
    clock = Clock()
    cache = KeyCache(keys, keep=15, patience=600, clock=clock)
    known = await cache.of("alice1")
    keys.away = True
    for now in (16.0, 300.0, 614.0):
        clock.now = now
        assert await cache.of("alice1") == known
    with pytest.raises(StoreUnavailableError):
        await cache.of("bruno2")
    clock.now = 616.0
    with pytest.raises(StoreUnavailableError):
        await cache.of("alice1")
    keys.away = False
    assert (await cache.of("alice1")).owner == "alice1"


async def test_records_that_do_not_answer_do_not_hold_up_who_has_kept_keys(keys: Keys) -> None:
    clock = Clock()
    cache = KeyCache(keys, clock=clock)
    known = await cache.of("alice1")
    clock.now = 20.0
    keys.hold.clear()
    try:
        assert await cache.of("alice1") == known
        assert await cache.of("alice1") == known
        assert keys.asked == 2
    finally:
        keys.hold.set()


async def test_many_at_once_ask_once(keys: Keys) -> None:
    cache = KeyCache(keys)
    await asyncio.gather(*(cache.of("alice1") for _ in range(50)))
    assert keys.asked == 1


@pytest.mark.parametrize(
    ("workflow_id", "owner"),
    [
        ("p1f", "p1f"),
        ("p1f.h.4", "p1f"),
        ("p1f.d.1", "p1f"),
        ("courier-0-of-2", SYSTEM),
        ("courier-red", SYSTEM),
        ("sweeper", SYSTEM),
        ("sweeper-2026-11-24T08:00:00Z", SYSTEM),
    ],
)
def test_whose_key(workflow_id: str, owner: str) -> None:
    assert owner_of(workflow_id) == owner


async def test_failures_hold_neither_text_nor_trace(keys: Keys) -> None:
    from temporalio.api.failure.v1 import Failure

    converter = data_converter(keys).with_context(WorkflowSerializationContext("default", "alice1"))
    failure = Failure()
    try:
        raise ValueError("Zhang San, 13800000000")
    except ValueError as error:
        await converter.encode_failure(error, failure)
    raw = failure.SerializeToString()
    assert b"Zhang" not in raw
    assert b"test_codec" not in raw
    assert "Zhang San" in str(await converter.decode_failure(failure))


def test_what_holds_its_default_is_not_written_and_reads_the_same() -> None:
    result = TickResult(delta={"clock": {"at": 0, "none": None}}, chain="c", cursor=0)
    (lean,) = LeanConverter().to_payloads([result])
    (full,) = PydanticPayloadConverter().to_payloads([result])
    assert json.loads(lean.data) == {"delta": {"clock": {"at": 0, "none": None}}, "chain": "c", "cursor": 0}
    assert LeanConverter().from_payloads([lean, full], [TickResult, TickResult]) == [result, result]
    assert PydanticPayloadConverter().from_payloads([lean], [TickResult]) == [result]
