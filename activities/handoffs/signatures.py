"""Standard Webhooks signatures over the raw body, with the clock given.

The library's own ``verify`` reads the clock and lets malformed headers escape as other exceptions; here its
signing is used and the comparison is ours: constant time, every secret tried, every fault a coded refusal.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from standardwebhooks import Webhook

TOLERANCE: Final = timedelta(minutes=5)
MAX_ID: Final = 200
_MAX_SIGNATURES: Final = 10

SignatureFault = Literal["signature-missing", "signature-malformed", "signature-too-old", "signature-too-new",
                         "signature-wrong"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signed:
    """A good signature: the message's own id (the same on every try) and when it was signed."""

    id: str
    at: datetime


def sign(secret: str, id_: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers for ``body``. ``at`` is aware UTC."""
    signature = Webhook(secret).sign(id_, at.astimezone(UTC), body.decode())
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(math.floor(at.timestamp())),
        "webhook-signature": signature,
    }


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> Signed | SignatureFault:
    """Check the signature of ``body`` (the raw bytes) at ``now``; any of ``secrets`` may have signed."""
    lower = {name.lower(): value for name, value in headers.items()}
    id_, stamp, given = (lower.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (id_ and stamp and given):
        return "signature-missing"
    if len(id_) > MAX_ID or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 11:
        return "signature-malformed"
    at = datetime.fromtimestamp(int(stamp), UTC)
    if at < now - TOLERANCE:
        return "signature-too-old"
    if at > now + TOLERANCE:
        return "signature-too-new"
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return "signature-malformed"
    offered = [part.encode() for part in given.split(" ")[:_MAX_SIGNATURES] if part.startswith("v1,")]
    good = False
    for secret in secrets:
        expected = Webhook(secret).sign(id_, at, text).encode()
        for signature in offered:
            good |= hmac.compare_digest(expected, signature)
    return Signed(id_, at) if good else "signature-wrong"
