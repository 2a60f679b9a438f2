"""A bound on every body, before anything reads it, and JSON only where JSON is meant."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Refusal, respond

LARGEST_BODY: Final = 1024 * 1024
"""Bytes one request may carry. A day of a glucose sensor as documents is about 200 KB."""


class _TooLarge(Exception):
    """More bytes came than were announced or allowed."""


class BodyLimit:
    """ASGI middleware: answers 413 as soon as a body is, or says it is, larger than ``largest`` bytes."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST_BODY) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = respond(request, Refusal("too_large", {"limit": self._largest}))
        announced = request.headers.get("content-length", "0")
        if not announced.isdigit() or int(announced) > self._largest:
            await refusal(scope, receive, send)
            return
        count = 0
        started = False

        async def counted() -> Message:
            nonlocal count
            message = await receive()
            count += len(message.get("body", b""))
            if count > self._largest:
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, counted, noted)
        except _TooLarge:
            if not started:
                await refusal(scope, receive, send)
