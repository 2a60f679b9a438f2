"""How a stand-in partner calls back: signed, tried again with growing pauses, and wrong in the ways it is told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx

from activities.handoffs.signatures import sign
from carepath.partners.ledger import Ledger, Telling

PAUSES: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Seconds between tries, the last for ever."""


@dataclass(frozen=True, slots=True)
class CallbackAddress:
    """Where callbacks go and with what secret they are signed."""

    url: str
    secret: str


def _body(telling: Telling) -> bytes:
    entry = telling.entry
    content = {"identifier": telling.identifier, "version": entry.version, "state": entry.state, "kept": entry.kept}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


class Teller:
    """Sends the callbacks that are due."""

    def __init__(self, ledger: Ledger, address: CallbackAddress, http: httpx.AsyncClient) -> None:
        self._ledger = ledger
        self._address = address
        self._http = http

    async def tell_due(self, now: float) -> int:
        """Send what is due at ``now`` (seconds since 1970); how many were accepted."""
        behaviour = self._ledger.behaviour()
        accepted = 0
        for telling in self._ledger.due_callbacks(now, reversed_=behaviour.callbacks_reversed):
            success = await self._tell(telling, now)
            if success and behaviour.callbacks_twice:
                await self._tell(telling, now)
            pause = PAUSES[min(telling.tries, len(PAUSES) - 1)]
            self._ledger.told(telling, success=success, again=now + pause)
            accepted += success
        return accepted

    async def _tell(self, telling: Telling, now: float) -> bool:
        body = _body(telling)
        at = datetime.fromtimestamp(now, UTC)
        if self._ledger.strike("next_callback_stale"):
            at -= timedelta(minutes=10)
        headers = sign(self._address.secret, f"{telling.identifier}/{telling.entry.version}", at, body)
        if self._ledger.strike("next_callback_unsigned"):
            headers["webhook-signature"] = "v1,bm90IGEgc2lnbmF0dXJl"
        headers["content-type"] = "application/json"
        if self._ledger.strike("next_callback_lost"):
            return True
        try:
            answer = await self._http.post(self._address.url, content=body, headers=headers)
        except httpx.HTTPError:
            return False
        return answer.is_success
