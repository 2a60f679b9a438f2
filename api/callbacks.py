"""Callbacks of partners, and receipts of message gateways: judged by the signature over the raw body, stored once,
then the conversation or the journey is told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import Response
from temporalio.service import RPCError

from activities.addresses import Addresses
from activities.handoffs.callbacks import Accepted, accept_callback
from activities.messaging.receipts import Taken, accept_receipt
from activities.records.store import StoreUnavailableError
from api.problems import Refusal
from api.service import Service

Json = Any
log = structlog.get_logger("carepath.callbacks")


class Callbacks:
    """Takes callbacks for the partners and message gateways of the address file."""

    def __init__(self, service: Service, addresses: Addresses) -> None:
        self._service = service
        self._addresses = addresses

    async def take(self, partner: str, headers: Mapping[str, str], raw: bytes, response: Response) -> Json:
        """Store one callback; one that was stored before gets the same answer. Raises Refusal."""
        if partner in self._addresses.channels:
            return await self._receipt(partner, headers, raw, response)
        ledger = self._service.ledger
        try:
            found = await asyncio.to_thread(accept_callback, ledger, self._addresses, partner, dict(headers), raw)
        except StoreUnavailableError as error:
            raise Refusal("store_away", headers={"Retry-After": "5"}) from error
        if not isinstance(found, Accepted):
            raise Refusal(found.code.replace("-", "_"), status=found.status)
        if self._service.waker is not None:
            try:
                await self._service.waker.wake_handoff(found.journey, found.number)
            except RPCError:
                log.warning("handoff not told, its next look finds the callback", journey=found.journey)
        response.status_code = 200
        return {"stored": True}

    async def _receipt(self, channel: str, headers: Mapping[str, str], raw: bytes, response: Response) -> Json:
        ledger = self._service.ledger
        try:
            found = await asyncio.to_thread(accept_receipt, ledger, self._addresses, channel, dict(headers), raw)
        except StoreUnavailableError as error:
            raise Refusal("store_away", headers={"Retry-After": "5"}) from error
        if not isinstance(found, Taken):
            raise Refusal(found.code.replace("-", "_"), status=found.status)
        if self._service.waker is not None:
            for journey in found.wake:
                try:
                    await self._service.waker.wake(journey)
                except RPCError:
                    log.warning("journey not woken, left to the sweep", journey=journey)
        response.status_code = 200
        return {"stored": True}
