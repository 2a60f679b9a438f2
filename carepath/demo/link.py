"""How the made-up people of the demo reach carepath: over HTTP only, like anybody else, and on the patient's clock."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

Json = Any
_CLOCK_KEPT: Final = 1.0
_TRIES: Final = 40


@dataclass
class Clock:
    """A patient's clock as last read: patient time ``now`` at wall second ``wall``, running at ``rate``."""

    now: datetime
    rate: float
    wall: float

    def read(self) -> datetime:
        """Patient time at this moment."""
        return self.now + timedelta(seconds=(time.monotonic() - self.wall) * self.rate)

    def seconds_until(self, moment: datetime) -> float:
        """Wall seconds until a patient time at the present rate."""
        return (moment - self.read()).total_seconds() / max(self.rate, 1e-6)


class Link:
    """Calls to the API that survive its restarts: every write can be known again, and is tried again."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=20.0)
        self._clocks: dict[str, Clock] = {}
        self.refused = 0

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def get(self, path: str, **params: object) -> Json:
        """A GET; tried again while the API is away. None when it is refused."""
        answer = await self._send("GET", path, params=params)
        return None if answer.status_code >= 400 else answer.json()

    async def post(self, path: str, body: Json, key: str | None = None) -> tuple[int, Json]:
        """A POST: status and JSON. What carries no id of its own has an Idempotency-Key. A refusal is counted."""
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = await self._send("POST", path, json=body, headers=headers)
        if answer.status_code >= 400:
            self.refused += 1
        return answer.status_code, answer.json()

    async def clock(self, patient: str) -> Clock | None:
        """The patient's clock, at most a second old."""
        kept = self._clocks.get(patient)
        if kept is not None and time.monotonic() - kept.wall < _CLOCK_KEPT:
            return kept
        wall = time.monotonic()
        found = await self.get(f"patients/{patient}/clock")
        if found is None:
            return None
        fresh = Clock(datetime.fromisoformat(found["now"]).astimezone(UTC), float(found["rate"]), wall)
        self._clocks[patient] = fresh
        return fresh

    async def wait(self, patient: str, moment: datetime) -> None:
        """Wait until the patient's clock shows ``moment``."""
        while True:
            clock = await self.clock(patient)
            if clock is None:
                return
            left = clock.seconds_until(moment)
            if left <= 0:
                return
            await asyncio.sleep(min(max(left, 0.01), _CLOCK_KEPT))

    async def _send(self, method: str, path: str, **given: Any) -> httpx.Response:
        for attempt in range(_TRIES):
            try:
                answer = await self._http.request(method, path, **given)
            except httpx.TransportError:
                if attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(0.25)
                continue
            if answer.status_code in {429, 502, 503} and attempt < _TRIES - 1:
                await asyncio.sleep(0.25)
                continue
            return answer
        raise AssertionError("unreachable")
