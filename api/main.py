"""The API process: settings in, one uvicorn server out."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import uvicorn

from activities.addresses import AddressesError, load_addresses
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


async def serve(settings: Settings, *, patience: float | None = None) -> None:
    """Serve until stopped (SIGTERM and SIGINT end it cleanly).

    Args:
        settings: of this process.
        patience: seconds to go on trying while Temporal is away; None: for ever.

    Raises:
        Problem: tokens that cannot be read, an address only tokens may open, Temporal unreachable.
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
        client = await connect(settings, ledger.keyring, patience=patience)
        journeys = Journeys(client, settings.task_queue)
        waker = Waker(ledger.store, journeys)
        service = Service(ledger, Plans(ledger.store), journeys, waker, site_sha, site.id if site is not None else "")
        app = create_app(
            service,
            SealingCodec(KeyCache(ledger.keyring)),
            tokens=tokens,
            callbacks=Callbacks(service, addresses),
            ui_origins=_ui_origins(settings),
        )
        config = uvicorn.Config(
            app, host=settings.api_host, port=settings.api_port, log_config=None, access_log=False, lifespan="off"
        )
        await uvicorn.Server(config).serve()
    finally:
        await asyncio.to_thread(ledger.close)


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
