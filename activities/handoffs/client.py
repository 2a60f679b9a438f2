"""The HTTP side of a handoff: one client per partner, to its configured address only.

Never follows a redirect, never reads more than a cap, never waits longer than its timeouts. It does not try
again: whoever calls it does (Temporal), and every call may be made twice.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from activities.addresses import Addresses, Partner
from activities.handoffs.wire import Order, Request

Json = Any
MAX_ANSWER: Final = 256 * 1024
TIMEOUT: Final = httpx.Timeout(10.0, connect=3.0, pool=3.0)
TOTAL: Final = 20.0
"""Seconds for a whole call: a peer that drips bytes cannot hold us longer."""
_PASSING: Final = frozenset({401, 403, 404, 405, 408, 425, 429})
"""Statuses that time or an operator puts right (a wrong token, a wrong address); never a verdict on the request."""


class PartnerUnavailable(Exception):
    """Nobody knows whether the call took effect, or the partner asks to come later. Try again, same key.

    ``code`` is stable: timeout, unreachable, http-<status>, too-large, malformed.
    """

    def __init__(self, partner: str, code: str) -> None:
        super().__init__(f"partner {partner}: {code}")
        self.partner = partner
        self.code = code


class PartnerRefused(Exception):
    """The partner understood and will not: trying the same again changes nothing. ``status`` is HTTP's."""

    def __init__(self, partner: str, status: int) -> None:
        super().__init__(f"partner {partner}: refused with {status}")
        self.partner = partner
        self.status = status


class PartnerClient:
    """Speaks the protocol of ``wire`` with one partner."""

    def __init__(self, partner: Partner, http: httpx.AsyncClient, total: float = TOTAL) -> None:
        self.partner = partner
        self._http = http
        self._total = total

    async def submit(self, request: Request) -> Order:
        """Hand over a request under its identifier; the same content once more is the same order.

        Raises:
            PartnerUnavailable: come again. PartnerRefused: never (409: another content under this identifier).
        """
        return self._order(await self._call("POST", "/orders", request.identifier, request.model_dump(mode="json")))

    async def find(self, identifier: str) -> Order | None:
        """The order as the partner holds it, or None when it knows none.

        Raises:
            PartnerUnavailable, PartnerRefused
        """
        status, body = await self._send("GET", f"/orders/{quote(identifier, safe='')}", None, None)
        if status == 404:
            return None
        return self._order(self._judged(status, body))

    async def cancel(self, identifier: str) -> Order:
        """Ask for cancellation. The answer's history says whether the wish was noted or came too late.

        Raises:
            PartnerUnavailable, PartnerRefused
        """
        path = f"/orders/{quote(identifier, safe='')}/cancel"
        status, body = await self._send("POST", path, f"{identifier}:cancel", {})
        return self._order(body if status == 409 else self._judged(status, body))

    async def _call(self, method: str, path: str, key: str, content: Mapping[str, Json]) -> bytes:
        status, body = await self._send(method, path, key, content)
        return self._judged(status, body)

    def _judged(self, status: int, body: bytes) -> bytes:
        if 200 <= status < 300:
            return body
        if status >= 500 or status < 400 or status in _PASSING:
            raise PartnerUnavailable(self.partner.id, f"http-{status}")
        raise PartnerRefused(self.partner.id, status)

    def _order(self, body: bytes) -> Order:
        try:
            return Order.model_validate_json(body)
        except ValidationError:
            raise PartnerUnavailable(self.partner.id, "malformed") from None

    async def _send(self, method: str, path: str, key: str | None, content: Json) -> tuple[int, bytes]:
        headers = {"Accept": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        token = self.partner.token.get_secret_value()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None
        if content is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            async with (
                asyncio.timeout(self._total),
                self._http.stream(
                    method, self.partner.base_url + path, headers=headers, content=data, follow_redirects=False
                ) as answer,
            ):
                return answer.status_code, await self._capped(answer)
        except (httpx.TimeoutException, TimeoutError):
            raise PartnerUnavailable(self.partner.id, "timeout") from None
        except httpx.HTTPError:
            raise PartnerUnavailable(self.partner.id, "unreachable") from None

    async def _capped(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > MAX_ANSWER:
                raise PartnerUnavailable(self.partner.id, "too-large")
        return bytes(body)


class PartnerClients:
    """The clients of all configured partners; an id that is not configured has none.

    ``transport``: another way over the wire than httpx's own, such as a proxy.
    """

    def __init__(
        self, addresses: Addresses, timeout: httpx.Timeout = TIMEOUT, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._addresses = addresses
        self._timeout = timeout
        self._transport = transport
        self._made: dict[str, tuple[PartnerClient, httpx.AsyncClient]] = {}

    def of(self, partner_id: str) -> PartnerClient | None:
        """The client of a partner, made at first use."""
        if partner_id not in self._made:
            partner = self._addresses.partner(partner_id)
            if partner is None:
                return None
            http = httpx.AsyncClient(
                timeout=self._timeout, follow_redirects=False, trust_env=False, transport=self._transport
            )
            self._made[partner_id] = (PartnerClient(partner, http), http)
        return self._made[partner_id][0]

    async def close(self) -> None:
        """Close every connection."""
        for _, http in self._made.values():
            await http.aclose()
        self._made.clear()
