"""`carepath watchdog`: looks from outside Temporal whether anything is late, and shouts."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from activities.messaging.channels import Channels
    from activities.records.ledger import Ledger
    from activities.watchdog import Limits

app = typer.Typer(add_completion=False)

HEALTHY, LATE = 0, 1


@app.command()
def watchdog(
    sweeper_silent: Annotated[float, typer.Option(help="Seconds the sweeper may be silent.", min=1)] = 60.0,
    overdue: Annotated[float, typer.Option(help="Seconds anything may be late.", min=1)] = 120.0,
    every: Annotated[float, typer.Option(help="Look again after so many seconds; 0: look once.", min=0)] = 0.0,
    quiet: Annotated[bool, typer.Option("--no-alarm", help="Only look: no incident, no word to staff.")] = False,
    prometheus: Annotated[Path | None, typer.Option(help="Write gauges to this file (textfile collector).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say what was seen as JSON on standard output.")] = False,
) -> None:
    """Exit code 0: nothing is late; 1: something is; 3: the records are away."""
    from activities.addresses import AddressesError, load_addresses
    from activities.messaging.channels import open_channels
    from activities.records.store import StoreUnavailableError
    from activities.watchdog import Limits
    from worker.problems import Problem
    from worker.records import open_records
    from worker.settings import load_settings

    settings = load_settings()
    limits = Limits(sweeper=sweeper_silent, overdue=overdue)
    try:
        addresses = load_addresses(settings.partners)
    except AddressesError as error:
        raise Problem("E-SETTING-VALUE", name="CAREPATH_PARTNERS", reason=str(error)) from error

    def channels() -> "Channels":
        return open_channels(addresses, settings.smtp_url.get_secret_value())

    while True:
        try:
            ledger = open_records(settings)
            try:
                code = _look(ledger, channels, limits, quiet=quiet, prometheus=prometheus, as_json=as_json)
            finally:
                ledger.close()
        except StoreUnavailableError as error:
            away = Problem("E-RECORDS-AWAY", reason=str(error))
            if every <= 0:
                raise away from error
            sys.stderr.write(away.render() + "\n")
        else:
            if every <= 0:
                raise typer.Exit(code)
        time.sleep(every)


def _look(
    ledger: "Ledger",
    channels: "Callable[[], Channels]",
    limits: "Limits",
    *,
    quiet: bool,
    prometheus: Path | None,
    as_json: bool,
) -> int:
    from activities.watchdog import alarm, examine, summary
    from worker.problems import language_of

    report = examine(ledger, limits)

    async def shout() -> None:
        ways = channels()
        try:
            await alarm(ledger, ways, report)
        finally:
            await ways.close()

    if not report.healthy and not quiet:
        asyncio.run(shout())
    if prometheus is not None:
        draft = prometheus.with_suffix(".new")
        draft.write_bytes(report.prometheus())
        draft.replace(prometheus)
    if as_json:
        sys.stdout.write(json.dumps(report.to_json(), sort_keys=True) + "\n")
        sys.stdout.flush()
    elif report.findings:
        sys.stderr.write(summary(report.findings, language_of(os.environ)) + "\n")
    return HEALTHY if report.healthy else LATE
