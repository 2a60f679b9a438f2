"""Run stand-in partners in this process until it is told to stop."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import uvicorn

from activities.addresses import load_addresses
from carepath.partners.behaviour import Behaviour
from carepath.partners.double import make_app
from carepath.partners.ledger import Ledger
from carepath.partners.mailbox import MailLedger, serve_mail
from carepath.partners.telling import CallbackAddress

MAIL: Final = "mail"
KINDS: Final = {
    "pharmacy": "pharmacy",
    "clinic": "referral",
    "insurer": "insurance",
    "rehab": "rehab",
    "elder_care": "elder_care",
    "home_nursing": "home_nursing",
    "laboratory": "laboratory",
}
"""Stand-in partners by their id, with the machine each speaks."""

PORTS: Final = {
    "pharmacy": 8801,
    "clinic": 8802,
    "insurer": 8803,
    "rehab": 8804,
    "elder_care": 8805,
    "home_nursing": 8806,
    "laboratory": 8807,
    MAIL: 8825,
}
PROTOCOL_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Options:
    """How to run.

    ``day``: seconds of wall time a patient-day takes. ``callback``: address with ``{partner}`` in it; None: only
    asked, never calling back. ``any_port``: take free ports instead of the usual ones.
    """

    file: Path
    data: Path
    host: str = "127.0.0.1"
    seed: int = 1
    day: float = PROTOCOL_DAY
    callback: str | None = None
    any_port: bool = False
    behaviour: Behaviour | None = None


def _bound(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    return sock


def _fresh_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def prepare(names: Sequence[str], options: Options) -> dict[str, socket.socket]:
    """Bind a socket for every HTTP partner, and see that the addresses file names it with its port and a secret.

    A file that is there is used as it is (its ports are bound); else it is made, readable by its owner only.

    Raises:
        AddressesError: the file cannot be used. OSError: a port is taken. KeyError: the file lacks a partner.
    """
    wanted = [name for name in names if name != MAIL]
    if options.file.exists():
        known = load_addresses(options.file)
        sockets = {}
        for name in wanted:
            partner = known.partner(name)
            if partner is None:
                raise KeyError(name)
            sockets[name] = _bound(options.host, urlsplit(partner.base_url).port or 80)
        return sockets
    sockets = {name: _bound(options.host, 0 if options.any_port else PORTS[name]) for name in wanted}
    partners = [
        {
            "id": name,
            "kind": KINDS[name],
            "base_url": f"http://{options.host}:{sock.getsockname()[1]}",
            "secrets": [_fresh_secret()],
        }
        for name, sock in sockets.items()
    ]
    options.file.parent.mkdir(parents=True, exist_ok=True)
    draft = options.file.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"partners": partners}, indent=2), encoding="utf-8")
    draft.replace(options.file)
    return sockets


class _Quiet(uvicorn.Server):
    """A server that leaves signals to us: several run in one process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing to capture."""
        yield


def _http(name: str, options: Options) -> tuple[_Quiet, Ledger]:
    partner = load_addresses(options.file).partner(name)
    if partner is None:
        raise KeyError(name)
    ledger = Ledger(options.data / f"{name}.db", partner.kind, options.seed, options.day)
    if options.behaviour is not None:
        ledger.behave(options.behaviour)
    callback = None
    if options.callback is not None:
        url = options.callback.replace("{partner}", name)
        callback = CallbackAddress(url, partner.secrets[0].get_secret_value())
    config = uvicorn.Config(make_app(ledger, callback), log_level="warning", access_log=False, lifespan="on")
    return _Quiet(config), ledger


async def serve(names: Sequence[str], options: Options, ready: Callable[[dict[str, Any]], None]) -> None:
    """Serve until SIGINT or SIGTERM. ``ready`` is called once, with address and ledger of each.

    Raises:
        AddressesError, OSError, KeyError: as :func:`prepare`. ModuleNotFoundError: no aiosmtpd for the mailbox.
    """
    options.data.mkdir(parents=True, exist_ok=True)
    sockets = prepare(names, options)
    told: dict[str, Any] = {"file": str(options.file)}
    servers = {name: _http(name, options) for name in sockets}
    for name, sock in sockets.items():
        told[name] = {"url": "http://{}:{}".format(*sock.getsockname()), "ledger": str(options.data / f"{name}.db")}
    mail: asyncio.Server | None = None
    if MAIL in names:
        mail = await serve_mail(
            MailLedger(options.data / "mail.db"), options.host, 0 if options.any_port else PORTS[MAIL]
        )
        port = mail.sockets[0].getsockname()[1]
        told[MAIL] = {"url": f"smtp://{options.host}:{port}", "ledger": str(options.data / "mail.db")}

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    running = [asyncio.create_task(server.serve(sockets=[sockets[name]])) for name, (server, _) in servers.items()]
    while not all(server.started for server, _ in servers.values()):
        if any(task.done() for task in running):
            break
        await asyncio.sleep(0.01)
    ready(told)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([stopped, *running], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    for server, _ in servers.values():
        server.should_exit = True
    await asyncio.gather(*running)
    if mail is not None:
        mail.close()
    for _, ledger in servers.values():
        ledger.close()
