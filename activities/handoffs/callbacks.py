"""What a partner says of its own accord: judged by its signature over the raw body, stored once, applied later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError

from activities.addresses import Addresses
from activities.handoffs.signatures import SignatureFault, Signed, verify
from activities.handoffs.wire import Callback
from activities.intake.commands import store_callback
from activities.intake.refusals import Refusal
from activities.keys.sealing import KeyUnknownError
from activities.records.ledger import Ledger

MAX_BODY: Final = 64 * 1024

Fault = SignatureFault | Literal["partner-unknown", "callback-too-large", "callback-malformed", "callback-unmatched"]

_STATUS: Final[Mapping[str, int]] = {
    "partner-unknown": 404,
    "callback-too-large": 413,
    "callback-malformed": 422,
    "callback-unmatched": 404,
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """Stored. ``fresh`` is False when it was stored before; the caller wakes the handoff's run either way."""

    journey: str
    number: int
    fresh: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Not taken. ``code`` is stable; ``status`` is the HTTP status to answer with."""

    code: Fault
    status: int


Said = TypeVar("Said", bound=BaseModel)


def judge(
    secrets: Sequence[SecretStr], headers: Mapping[str, str], raw_body: bytes, now: datetime, kind: type[Said]
) -> tuple[Signed, Said] | Refused:
    """What somebody outside says by a signed request: not too large, well signed over the raw body, well formed."""
    if len(raw_body) > MAX_BODY:
        return refuse("callback-too-large")
    signed = verify([secret.get_secret_value() for secret in secrets], headers, raw_body, now)
    if isinstance(signed, str):
        return refuse(signed)
    try:
        return signed, kind.model_validate_json(raw_body)
    except ValidationError:
        return refuse("callback-malformed")


def accept_callback(
    ledger: Ledger, addresses: Addresses, partner_id: str, headers: Mapping[str, str], raw_body: bytes
) -> Accepted | Refused:
    """Judge and store one callback. ``raw_body`` is as received, before any parsing.

    Raises:
        StoreUnavailableError: the records are away; answer 503, the partner will come again.
    """
    partner = addresses.partner(partner_id)
    if partner is None:
        return refuse("partner-unknown")
    judged = judge(partner.secrets, headers, raw_body, ledger.store.now(), Callback)
    if isinstance(judged, Refused):
        return judged
    signed, said = judged
    try:
        stored = store_callback(ledger, partner_id, signed.id, said.identifier, said.model_dump())
    except KeyUnknownError:
        return refuse("callback-unmatched")
    if isinstance(stored, Refusal):
        return refuse("callback-unmatched")
    return Accepted(stored.journey, stored.number, stored.fresh)


def refuse(code: Fault) -> Refused:
    """The refusal of a code with the HTTP status to answer with."""
    return Refused(code, _STATUS.get(code, 401))
