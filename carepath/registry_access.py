"""The records, opened for one command and closed again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from activities.records.ledger import Ledger, open_ledger
from activities.records.store import StoreUnavailableError
from worker.problems import Problem
from worker.settings import Settings


@contextmanager
def open_records(settings: Settings) -> Iterator[Ledger]:
    """The ledger of the settings. Raises Problem when the records are away."""
    try:
        ledger = open_ledger(settings.records_url, settings.key_source)
    except StoreUnavailableError as error:
        raise Problem("E-RECORDS-AWAY", reason=str(error)) from error
    try:
        yield ledger
    finally:
        ledger.close()
