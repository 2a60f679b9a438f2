"""Callbacks of partners, health and metrics."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from temporalio.service import RPCError

from activities.records.store import StoreUnavailableError
from api.problems import CODES, Refusal, entry
from api.routes_patients import Svc

Json = Any
callbacks = APIRouter()
system = APIRouter()


@callbacks.post("/callbacks/{partner}")
async def callback(partner: str, request: Request, response: Response) -> Json:
    """A signed callback of a partner (Standard Webhooks): stored once, then its conversation is told."""
    return await request.app.state.callbacks.take(partner, request.headers, await request.body(), response)


@system.get("/health/live")
async def live() -> Json:
    """The process answers."""
    return {"status": "up"}


@system.get("/health/ready")
async def ready(service: Svc, response: Response) -> Json:
    """Records and Temporal can be reached; 503 with what cannot."""
    parts = {"records": await _records(service), "temporal": await _temporal(service)}
    good = all(parts.values())
    response.status_code = 200 if good else 503
    return {"status": "ready" if good else "not ready", "parts": {k: "up" if v else "away" for k, v in parts.items()}}


async def _records(service: Svc) -> bool:
    try:
        await asyncio.to_thread(service.ledger.store.read, lambda c: c.execute(text("SELECT 1")).scalar())
    except StoreUnavailableError:
        return False
    return True


async def _temporal(service: Svc) -> bool:
    if service.journeys is None:
        return False
    try:
        async with asyncio.timeout(3):
            return await service.journeys.client.service_client.check_health()
    except (TimeoutError, RuntimeError, RPCError):
        return False


@system.get("/problems/{code}")
async def problem(code: str) -> Json:
    """What a problem's `type` points at: its status and its texts."""
    if code not in CODES:
        raise Refusal("not_found")
    status, en, zh = entry(code)
    return {"code": code, "status": status, "en": en, "zh": zh}


@system.get("/metrics")
async def metrics() -> Response:
    """Prometheus metrics of this process: counts by route and code, never by patient."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
