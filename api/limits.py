"""A bound on every body, before anything reads it, and JSON only where JSON is meant."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Refusal, respond

LARGEST_BODY: Final = 1024 * 1024
"""Bytes one request may carry. A day of a glucose sensor as documents is about 200 KB."""


_ATTACHMENTS: Final = re.compile(r"/api/v1/patients/[^/]+/attachments")


def allowed(request: Request, largest: int) -> int:
    """How many bytes this request may carry: more where a file is sent by somebody whom we know."""
    if request.method != "POST" or not _ATTACHMENTS.fullmatch(request.url.path):
        return largest
    try:
        request.app.state.gate(request)
    except Refusal:
        return largest
    known: int = request.app.state.service.largest_file
    return max(largest, known)


class BodyLimit:
    """ASGI middleware: answers 413 as soon as a body is, or says it is, larger than ``largest`` bytes."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST_BODY) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        largest = allowed(request, self._largest)
        refusal = respond(request, Refusal("too_large", {"limit": largest}))
        announced = request.headers.get("content-length", "0")
        if not announced.isdigit() or int(announced) > largest:
            await refusal(scope, receive, send)
            return
        # Read here, whole: it is small, and what the application makes of a reader that fails midway is its own affair.
        chunks: list[Message] = []
        count = 0
        while True:
            message = await receive()
            chunks.append(message)
            count += len(message.get("body", b""))
            if count > largest:
                await refusal(scope, receive, send)
                return
            if message["type"] != "http.request" or not message.get("more_body", False):
                break
        kept = iter(chunks)

        async def again() -> Message:
            found = next(kept, None)
            return await receive() if found is None else found

        await self._app(scope, again, send)
