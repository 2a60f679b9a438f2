"""The HTTP application: `/api/v1`, the codec endpoint of the Temporal UI, health and metrics."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from api import (
    routes_attachments,
    routes_codec,
    routes_incidents,
    routes_patients,
    routes_system,
    routes_tasks,
    routes_views,
)
from api.limits import BodyLimit
from api.meter import Meter
from api.problems import CODES, MEDIA_TYPE, install
from api.security import Caller, Gate
from api.service import Service
from worker.codec import SealingCodec

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A problem document (RFC 9457)",
        "content": {
            MEDIA_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail", "code"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                        "code": {"type": "string", "enum": sorted(CODES)},
                        "errors": {"type": "array", "items": {"type": "object"}},
                    },
                }
            }
        },
    }
}
"""What every route may answer instead."""
log = structlog.get_logger("carepath.api")


def create_app(
    service: Service,
    codec: SealingCodec,
    *,
    tokens: Mapping[str, Caller],
    callbacks: Any = None,
    ui_origins: tuple[str, ...] = (),
) -> FastAPI:
    """The application over a service.

    Args:
        service: records, intake and runs.
        codec: opens payloads for the Temporal UI.
        tokens: callers by bearer token; empty: only this machine may call (see `api.security.open_to`).
        callbacks: takes signed callbacks of partners (`api.callbacks.Callbacks`).
        ui_origins: where the Temporal UI is served from, for its calls to the codec.
    """
    app = FastAPI(
        title="carepath",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url="/api/v1/docs",
        redoc_url=None,
        description="Care pathways: enrolment, readings, tasks, callbacks. Errors are RFC 9457 problem documents.",
    )
    app.state.service = service
    app.state.codec = codec
    app.state.gate = Gate(tokens)
    app.state.callbacks = callbacks
    install(app, _report)
    app.add_middleware(BodyLimit)
    app.add_middleware(Meter)
    if ui_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(ui_origins),
            allow_methods=["POST"],
            allow_headers=["content-type", "x-namespace", "authorization"],
        )
    for router in (
        routes_patients.router,
        routes_attachments.router,
        routes_tasks.router,
        routes_incidents.router,
        routes_views.router,
        routes_system.callbacks,
    ):
        app.include_router(router, prefix="/api/v1", responses=PROBLEMS)
    app.include_router(routes_codec.router)
    app.include_router(routes_codec.router, prefix="/api/v1", include_in_schema=False)
    app.include_router(routes_system.system)
    app.include_router(routes_system.system, prefix="/api/v1", include_in_schema=False)
    return app


def _report(error: BaseException) -> str:
    incident = uuid.uuid4().hex[:12]
    log.error("request failed", code=incident, exc_info=error)
    return incident
