"""Seals everything that Temporal keeps for us with the key of the patient it is about. Fails closed.

Whose key: a workflow id is the opaque patient key, or begins with it and a dot (``<key>.h.<n>``); what belongs to no
patient (couriers, the sweeper) is sealed for the system. Sealed payloads name their owner in the metadata, because
the Temporal UI's request for decoding carries no workflow id; the seal binds the owner, so the name cannot be
swapped. Clear text that somebody slips in is refused, never passed on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from google.protobuf.message import DecodeError
from pydantic_core import SchemaSerializer, core_schema
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    ActivitySerializationContext,
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from activities.keys.keyring import SYSTEM
from activities.keys.sealing import BrokenSealError, KeyUnknownError, OwnerKeys, SealError, sealed_version
from activities.records.store import StoreUnavailableError

ENCODING: Final = b"binary/encrypted"
OWNER: Final = "carepath-key"
PURPOSE: Final = "temporal.payload"

# All that Temporal itself sends in clear: "nothing", and the server's word that a cancelled activity had not begun.
_OF_TEMPORAL: Final = frozenset(((b"binary/null", b""), (b"json/plain", b'"ACTIVITY_ID_NOT_STARTED"')))
_OWNERS_KEPT: Final = 4096
_ANSWERS_WITHIN: Final = 0.5
_SYSTEM_IDS: Final = ("courier-", "sweeper")


class KeySource(Protocol):
    """What the codec needs of a keyring."""

    def of(self, owner: str) -> OwnerKeys:
        """All keys of ``owner``; raises `KeyUnknownError`."""
        ...

    def forget(self, owner: str) -> None:
        """Look at the store again for ``owner``."""
        ...


class ClearTextError(SealError):
    """A payload that is not sealed where only sealed ones may be."""


class StrangerError(SealError):
    """A payload sealed for somebody else than the workflow it was found in."""


def owner_of(workflow_id: str) -> str:
    """Whose key seals the payloads of this workflow."""
    if workflow_id.startswith(_SYSTEM_IDS):
        return SYSTEM
    return workflow_id.partition(".")[0]


class KeyCache:
    """Unwrapped keys at hand for the event loop; the keyring is asked in a thread, since it may ask the database.

    ``keep``: seconds after which the keyring is asked again. ``patience``: seconds for which, beyond that, keys are
    used while the keyring does not answer: a database that is away for a minute must not stop queries and commands.
    """

    def __init__(
        self,
        source: KeySource,
        *,
        keep: float = 15.0,
        patience: float = 600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._keep = keep
        self._patience = patience
        self._clock = clock
        self._kept: dict[str, tuple[float, OwnerKeys]] = {}
        self._asking: dict[str, asyncio.Task[OwnerKeys]] = {}

    async def of(self, owner: str) -> OwnerKeys:
        """All keys of ``owner``. Raises `KeyUnknownError`; `StoreUnavailableError` where none are at hand."""
        kept = self._kept.get(owner)
        if kept is None:
            return await asyncio.shield(self._ask(owner))
        until, keys = kept
        if until > self._clock():
            return keys
        asking = self._ask(owner)
        if until + self._patience <= self._clock():
            return await asyncio.shield(asking)
        await asyncio.wait((asking,), timeout=_ANSWERS_WITHIN)
        if not asking.done() or isinstance(asking.exception(), StoreUnavailableError):
            return keys
        return asking.result()

    async def with_version(self, owner: str, version: int) -> OwnerKeys:
        """Keys of ``owner`` that should hold ``version``: another process may have rotated since we looked."""
        keys = await self.of(owner)
        if version in keys.ciphers:
            return keys
        self._source.forget(owner)
        return await asyncio.shield(self._ask(owner))

    def _ask(self, owner: str) -> asyncio.Task[OwnerKeys]:
        asking = self._asking.get(owner)
        if asking is None:
            asking = self._asking[owner] = asyncio.create_task(self._read(owner))
            asking.add_done_callback(lambda done: self._answered(owner, done))
        return asking

    def _answered(self, owner: str, done: asyncio.Task[OwnerKeys]) -> None:
        self._asking.pop(owner, None)
        if not done.cancelled() and isinstance(done.exception(), KeyUnknownError):
            self._kept.pop(owner, None)

    async def _read(self, owner: str) -> OwnerKeys:
        keys = await asyncio.to_thread(self._source.of, owner)
        now = self._clock()
        if len(self._kept) > _OWNERS_KEPT:
            self._kept = {who: kept for who, kept in self._kept.items() if kept[0] > now}
        self._kept[owner] = (now + self._keep, keys)
        return keys


class SealingCodec(PayloadCodec, WithSerializationContext):
    """Seals with the owner's newest key, opens with any of the owner's. Without a context it only opens."""

    def __init__(self, keys: KeyCache, owner: str | None = None) -> None:
        self._keys = keys
        self._owner = owner

    def with_context(self, context: SerializationContext) -> SealingCodec:
        """The codec for one workflow's payloads."""
        workflow_id: str | None = None
        if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            workflow_id = context.workflow_id
        return SealingCodec(self._keys, owner_of(workflow_id) if workflow_id else None)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Seal.

        Raises:
            ClearTextError: no workflow is known, so no key is.
            KeyUnknownError: the patient has no key (any more).
        """
        if self._owner is None:
            raise ClearTextError("a payload outside any workflow has no key to be sealed with")
        keys = await self._keys.of(self._owner)
        # The key's version stands in the sealed bytes themselves. Payloads of before 1.0 name it here as well.
        metadata = {"encoding": ENCODING, OWNER: self._owner.encode()}
        return [
            Payload(metadata=metadata, data=keys.seal(PURPOSE, payload.SerializeToString())) for payload in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Open.

        Raises:
            ClearTextError: not sealed.
            StrangerError: sealed for another owner than this workflow's.
            KeyUnknownError: shredded, or a key this process does not have.
            BrokenSealError: changed since it was sealed.
        """
        return [await self._open(payload) for payload in payloads]

    async def _open(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            if (payload.metadata.get("encoding"), payload.data) in _OF_TEMPORAL:
                return payload
            raise ClearTextError("a payload came in clear text: only sealed ones are taken")
        owner = payload.metadata.get(OWNER, b"").decode("ascii", "replace")
        if self._owner is not None and owner != self._owner:
            raise StrangerError("a payload is sealed for another owner than its workflow's")
        keys = await self._keys.with_version(owner, sealed_version(payload.data))
        opened = Payload()
        try:
            opened.ParseFromString(keys.open(PURPOSE, payload.data))
        except DecodeError as error:
            raise BrokenSealError("what was sealed is not a payload") from error
        return opened


def is_sealed(payload: Payload) -> bool:
    """Whether a payload is one of ours; the codec endpoint gives others back as they are."""
    return payload.metadata.get("encoding") == ENCODING


class _LeanJson(PydanticJSONPlainPayloadConverter):
    """JSON without what a reader fills in by itself: fields that hold their default."""

    _lean: Final = SchemaSerializer(core_schema.any_schema())

    def to_payload(self, value: Any) -> Payload:
        """Write; reading is Pydantic's."""
        data = self._lean.to_json(value, exclude_defaults=True)
        return Payload(metadata={"encoding": self.encoding.encode()}, data=data)


class LeanConverter(CompositePayloadConverter):
    """Pydantic models to and from JSON. A default is part of the contract with histories: what holds it is not
    written, so it may never change (``tests/replay/defaults.json``)."""

    def __init__(self) -> None:
        lean = _LeanJson()
        super().__init__(
            *(
                lean if isinstance(one, JSONPlainPayloadConverter) else one
                for one in DefaultPayloadConverter.default_encoding_payload_converters
            )
        )


def data_converter(keys: KeySource) -> DataConverter:
    """Pydantic models in, sealed payloads out; failures' messages and traces are sealed too."""
    return DataConverter(
        payload_converter_class=LeanConverter,
        payload_codec=SealingCodec(KeyCache(keys)),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
