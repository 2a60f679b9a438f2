"""The API process: settings in, one uvicorn server out."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Final
from urllib.parse import urlsplit

import structlog
import uvicorn

from activities.addresses import AddressesError, load_addresses
from activities.attachments.cleaned import MEGABYTE
from activities.records.registry import Plans, put_site
from activities.records.store import StoreUnavailableError
from api.app import create_app
from api.callbacks import Callbacks
from api.security import TokensWrong, open_to, read_tokens
from api.service import Service
from worker.client import Journeys, connect
from worker.codec import KeyCache, SealingCodec
from worker.logs import configure_logs
from worker.problems import Problem
from worker.records import open_records
from worker.settings import Settings
from worker.site import load_site_setting
from worker.waker import Waker

log = structlog.get_logger("carepath.api")

KEEP_ALIVE: Final = 30
"""Seconds an idle connection stays open: well over any `Retry-After`, or who comes again as told finds it closing."""


async def serve(settings: Settings) -> None:
    """Serve until stopped (SIGTERM and SIGINT end it cleanly).

    While Temporal is away everything is taken and stored all the same, and answered with "pending".

    Raises:
        Problem: tokens that cannot be read, an address only tokens may open or that is taken, records that are away.
    """
    configure_logs()
    try:
        tokens = read_tokens(settings.api_tokens.get_secret_value())
    except TokensWrong as error:
        raise Problem("E-API-TOKENS", reason=str(error)) from error
    if not open_to(settings.api_host, tokens):
        raise Problem("E-API-OPEN", address=settings.api_host)
    try:
        addresses = load_addresses(settings.partners)
    except AddressesError as error:
        raise Problem("E-SETTING-VALUE", name="CAREPATH_PARTNERS", reason=str(error)) from error
    try:
        ledger = await asyncio.to_thread(open_records, settings)
    except StoreUnavailableError as error:
        raise Problem("E-RECORDS-AWAY", reason=str(error)) from error
    try:
        site = load_site_setting(settings)
        site_sha = await asyncio.to_thread(put_site, ledger.store, site) if site is not None else None
        service = Service(
            ledger, Plans(ledger.store), None, None, site_sha, site.id if site is not None else "",
            settings.attachment_mb * MEGABYTE,
        )  # fmt: skip
        app = create_app(
            service,
            SealingCodec(KeyCache(ledger.keyring)),
            tokens=tokens,
            callbacks=Callbacks(service, addresses),
            ui_origins=_ui_origins(settings),
        )
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", timeout_keep_alive=KEEP_ALIVE
        )
        with _listening(settings.api_host, settings.api_port) as listener:
            connecting = asyncio.create_task(_find_temporal(settings, service))
            try:
                await _Server(config, settings.public_api_url).serve([listener])
            finally:
                connecting.cancel()
    finally:
        await asyncio.to_thread(ledger.close)


async def _find_temporal(settings: Settings, service: Service) -> None:
    """Give the service its way to the runs as soon as Temporal answers."""
    client = await connect(settings, service.ledger.keyring)
    service.journeys = Journeys(client, settings.task_queue)
    service.waker = Waker(service.ledger.store, service.journeys)


class _Server(uvicorn.Server):
    """Says where it is once it takes requests."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Take requests."""
        await super().startup(sockets)
        log.info("api takes requests", url=f"{self._url}/api/v1", pid=os.getpid())


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises Problem where that cannot be."""
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(where[:2], family=family, backlog=2048)
    except OSError as error:
        raise Problem("E-API-PORT", host=host, port=port, reason=error.strerror or type(error).__name__) from error


def _ui_origins(settings: Settings) -> tuple[str, ...]:
    """Where the Temporal UI is opened: as the setting says, under each name of this machine when it is here."""
    host, _, port = settings.temporal_address.rpartition(":")
    given = settings.temporal_ui or (f"http://{host}:{int(port) + 1000}" if port.isdigit() else "")
    parts = urlsplit(given)
    if not parts.hostname:
        return ()
    here = {"localhost", "127.0.0.1"}
    names = here if parts.hostname in here else {parts.hostname}
    tail = f":{parts.port}" if parts.port else ""
    return tuple(sorted(f"{parts.scheme}://{name}{tail}" for name in names))
