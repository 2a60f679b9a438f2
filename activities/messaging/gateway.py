"""An HTTP message gateway: the plain port behind which text messages, calls or a local messenger stand.

``POST url`` with an ``Idempotency-Key`` and ``{key, to, class, language, text}``; any 2xx is taken, with the
provider's ``id`` from the answer. A gateway that knows keys delivers once however often it is asked.
"""

from __future__ import annotations

import json
from typing import Final

import httpx

from activities.addresses import Gateway
from activities.messaging.ports import Letter, Never, NotNow, Outcome, Sent, Unsure, opaque

MAX_ANSWER: Final = 64 * 1024
_LATER: Final = frozenset({401, 403, 408, 425, 429, 503})


class GatewayChannel:
    """One configured gateway."""

    def __init__(self, gateway: Gateway, http: httpx.AsyncClient | None = None) -> None:
        self._gateway = gateway
        self._http = http or httpx.AsyncClient(
            timeout=httpx.Timeout(10.0, connect=3.0), follow_redirects=False, trust_env=False
        )

    async def send(self, letter: Letter) -> Outcome:
        """Hand one letter to the gateway."""
        key = opaque(letter.key)
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        token = self._gateway.token.get_secret_value()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        content = json.dumps(
            {
                "key": key,
                "to": letter.address,
                "class": letter.message_class,
                "language": letter.language,
                "text": letter.text,
            },
            ensure_ascii=False,
        ).encode()
        try:
            async with self._http.stream("POST", self._gateway.url, content=content, headers=headers) as answer:
                body = await _capped(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return NotNow("gateway-unreachable")
        except httpx.HTTPError:
            return Unsure("gateway-answer-lost")
        return _judged(answer.status_code, body, key)

    async def close(self) -> None:
        """Close connections."""
        await self._http.aclose()


async def _capped(answer: httpx.Response) -> bytes:
    """The body, or what fits of it."""
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > MAX_ANSWER:
            break
    return bytes(body[:MAX_ANSWER])


def _judged(status: int, body: bytes, key: str) -> Outcome:
    if 200 <= status < 300:
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        given = found.get("id") if isinstance(found, dict) else None
        return Sent(str(given)[:200] if given else key)
    if status in _LATER:
        return NotNow(f"gateway-{status}")
    if status >= 500:
        return Unsure(f"gateway-{status}")
    return Never(f"gateway-{status}")
