"""The records, opened for one command and closed again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from activities.records import store
from activities.records.ledger import Ledger
from worker import records
from worker.problems import Problem
from worker.settings import Settings


@contextmanager
def open_records(settings: Settings) -> Iterator[Ledger]:
    """The ledger of the settings. Raises Problem when the records cannot be opened, or go away meanwhile."""
    try:
        ledger = records.open_records(settings)
        try:
            yield ledger
        finally:
            ledger.close()
    except store.StoreUnavailableError as error:
        raise Problem("E-RECORDS-AWAY", reason=str(error)) from error
