"""A stand-in partner as an HTTP service: takes orders, answers late, calls back.

The routes of the published protocol, and ``/admin`` ones that switch its faults, for tests and for the curious.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

import httpx
from fastapi import FastAPI, Header, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from activities.handoffs.wire import Order, Request
from carepath.partners.behaviour import Behaviour, Move
from carepath.partners.ledger import Ledger, OtherContent
from carepath.partners.telling import CallbackAddress, Teller

Json = Any


class ScriptedMove(BaseModel):
    """One status to come, for the admin route."""

    state: str
    days: float = 0.0
    kept: dict[str, Json] = {}


def _answer(order: Order, status: int) -> JSONResponse:
    return JSONResponse(order.model_dump(), status_code=status)


def make_app(ledger: Ledger, callback: CallbackAddress | None, clock: Callable[[], float] = time.time) -> FastAPI:
    """The service. ``clock`` gives seconds since 1970; ``callback`` None: it never calls back, it can only be asked."""
    stirred = asyncio.Event()

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        running = asyncio.create_task(_live(ledger, callback, clock, stirred))
        yield
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    app = FastAPI(title=f"Stand-in partner: {ledger.kind}", lifespan=life)
    _orders(app, ledger, clock, stirred)
    _admin(app, ledger, clock, stirred)
    return app


async def _live(
    ledger: Ledger, callback: CallbackAddress | None, clock: Callable[[], float], stirred: asyncio.Event
) -> None:
    """Make the moves that are due and tell of them, until cancelled."""
    async with httpx.AsyncClient(timeout=5.0, trust_env=False) as http:
        teller = None if callback is None else Teller(ledger, callback, http)
        while True:
            stirred.clear()
            ledger.advance(clock())
            if teller is not None:
                await teller.tell_due(clock())
            due = ledger.next_due()
            pause = 1.0 if due is None else min(1.0, max(0.02, due - clock()))
            with suppress(TimeoutError):
                await asyncio.wait_for(stirred.wait(), pause)


class _Faults:
    """The faults that may strike a call."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def before(self) -> Response | None:
        """An answer in place of doing anything, or None."""
        if self._ledger.strike("next_500"):
            return JSONResponse({"detail": "out of order"}, status_code=500)
        if self._ledger.strike("next_malformed"):
            return Response("<html>gateway</html>", media_type="text/html")
        if self._ledger.strike("next_timeout"):
            await asyncio.sleep(self._ledger.behaviour().hang)
        return None

    async def after(self) -> None:
        """Hold the answer back though all is done."""
        if self._ledger.strike("next_timeout_after_done"):
            await asyncio.sleep(self._ledger.behaviour().hang)


def _orders(app: FastAPI, ledger: Ledger, clock: Callable[[], float], stirred: asyncio.Event) -> None:
    faults = _Faults(ledger)

    @app.post("/orders")
    async def take(request: Request, idempotency_key: Annotated[str, Header()]) -> Response:
        if (fault := await faults.before()) is not None:
            return fault
        if idempotency_key != request.identifier or request.machine != ledger.kind:
            return JSONResponse({"detail": "key, identifier and machine must agree"}, status_code=422)
        try:
            order, new = ledger.take(request, clock())
        except OtherContent:
            return JSONResponse({"detail": "this identifier stands for another order"}, status_code=409)
        stirred.set()
        await faults.after()
        return _answer(order, 201 if new else 200)

    @app.get("/orders/{identifier:path}")
    async def find(identifier: str) -> Response:
        if (fault := await faults.before()) is not None:
            return fault
        order = ledger.find(identifier)
        return JSONResponse({"detail": "unknown"}, status_code=404) if order is None else _answer(order, 200)

    @app.post("/orders/{identifier:path}/cancel")
    async def cancel(identifier: str) -> Response:
        if (fault := await faults.before()) is not None:
            return fault
        found = ledger.cancel(identifier, clock())
        if found is None:
            return JSONResponse({"detail": "unknown"}, status_code=404)
        order, in_time = found
        stirred.set()
        await faults.after()
        return _answer(order, 202 if in_time else 409)


def _admin(app: FastAPI, ledger: Ledger, clock: Callable[[], float], stirred: asyncio.Event) -> None:
    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok", "kind": ledger.kind}

    @app.get("/admin/ledger")
    async def book() -> list[dict[str, Json]]:
        return ledger.summary()

    @app.get("/admin/behaviour")
    async def behaviour() -> Behaviour:
        return ledger.behaviour()

    @app.put("/admin/behaviour")
    async def behave(behaviour: Behaviour) -> Behaviour:
        ledger.behave(behaviour)
        return behaviour

    @app.post("/admin/script/{identifier:path}")
    async def script(identifier: str, moves: list[ScriptedMove]) -> dict[str, int]:
        ledger.script(identifier, [Move(m.days, m.state, m.kept) for m in moves], clock())
        stirred.set()
        return {"moves": len(moves)}

    @app.post("/admin/advance/{identifier:path}")
    async def advance(identifier: str) -> dict[str, int]:
        made = ledger.advance(clock(), identifier)
        stirred.set()
        return {"made": made}
