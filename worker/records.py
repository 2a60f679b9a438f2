"""The records of the settings, opened; what a person must put right is a problem, what passes by itself is not."""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from activities.keys.sealing import SealError
from activities.records.ledger import Ledger, open_ledger
from worker.problems import Problem
from worker.settings import Settings

_OWN: Final = 0o700
"""What lies in `home` is one person's: keys and records."""


def open_records(settings: Settings) -> Ledger:
    """The ledger of the settings. Without an address of a database the folder of the embedded one is made.

    Raises:
        Problem: an address or a key file that cannot be used.
        StoreUnavailableError: the records are away; they may come back.
    """
    if not settings.database_url:
        try:
            settings.home.mkdir(mode=_OWN, parents=True, exist_ok=True)
        except OSError as error:
            raise Problem(
                "E-SETTING-VALUE", name="CAREPATH_HOME", reason=error.strerror or type(error).__name__
            ) from error
    try:
        return open_ledger(settings.records_url, settings.key_source)
    except SealError as error:
        raise Problem("E-SETTING-VALUE", name="CAREPATH_KEYS", reason=str(error)) from error
    except (NoSuchModuleError, ArgumentError) as error:
        # The address may hold a password: it is not repeated.
        reason = "this is no sqlite:/// or postgresql:// address"
        raise Problem("E-SETTING-VALUE", name="CAREPATH_DATABASE_URL", reason=reason) from error
    except ValueError as error:
        raise Problem("E-SETTING-VALUE", name="CAREPATH_DATABASE_URL", reason=str(error)) from error
