"""One courier in a process of its own; arguments: records URL, key file, SMTP URL, seconds, and `red` if so."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from contextlib import suppress

import structlog

from activities.addresses import Addresses
from activities.contracts import CourierInput
from activities.courier import Pump
from activities.messaging.channels import open_channels
from activities.records.ledger import open_ledger


async def main(url: str, keys: str, smtp: str, seconds: str, red: str = "") -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    ledger = open_ledger(url, keys)
    channels = open_channels(Addresses(), smtp)
    given = CourierInput(shard=0, shards=1, red=bool(red), seconds=float(seconds))
    pumping = asyncio.create_task(Pump(ledger, channels, None, given, lambda: None).run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, pumping.cancel)
    with suppress(asyncio.CancelledError):
        sys.stdout.write(json.dumps({"sent": await pumping}) + "\n")
    await channels.close()
    ledger.close()


asyncio.run(main(*sys.argv[1:]))
