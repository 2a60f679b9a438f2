"""The ledger: the store and the keyring together, and plain values sealed and opened by purpose."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from activities.keys.keyring import Keyring, open_keyring
from activities.keys.sealing import KeyUnknownError, OwnerKeys
from activities.records.ensure import ensure_schema
from activities.records.schema import PURPOSES
from activities.records.store import Store, open_store, utc_now
from activities.records.types import canonical

Json = Any


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything a part needs to read or write records."""

    store: Store
    keyring: Keyring

    def keys(self, owner: str) -> Sealer:
        """Sealing for one owner, keys in hand: take it before a transaction.

        Raises:
            KeyUnknownError: the owner has no key.
        """
        return Sealer(self.keyring.of(owner))

    def keys_if_any(self, owner: str) -> Sealer | None:
        """As ``keys``; None where there is no key, so that nothing of the owner can be read any more."""
        try:
            return self.keys(owner)
        except KeyUnknownError:
            return None

    def close(self) -> None:
        """Close the store."""
        self.store.close()


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals plain JSON values of one owner for the purposes of `activities.records.schema.PURPOSES`."""

    keys: OwnerKeys

    def seal(self, purpose: str, value: Json) -> bytes:
        """A JSON value, sealed."""
        _known(purpose)
        return self.keys.seal(purpose, canonical(value).encode())

    def open(self, purpose: str, sealed: bytes) -> Json:
        """The value given to `seal`; numbers that were Decimal text are text.

        Raises:
            SealError: not sealed by this owner for this purpose.
        """
        _known(purpose)
        return json.loads(self.keys.open(purpose, sealed))

    def fingerprint(self, value: Json) -> str:
        """A keyed hash of a JSON value: the same for the same content, telling nothing without the key."""
        return self.keys.fingerprint(canonical(value))


def open_ledger(url: str, key_source: str, clock: Callable[[], datetime] = utc_now) -> Ledger:
    """Open (and bring up to date) the records at a SQLAlchemy URL with the key file ``key_source``.

    Raises:
        StoreUnavailableError: the store is away.
        SealError: the key file cannot be used.
    """
    store = open_store(url, clock)
    ensure_schema(store)
    return Ledger(store, open_keyring(store, key_source))


def _known(purpose: str) -> None:
    if purpose not in PURPOSES:
        raise KeyError(f"unknown purpose {purpose!r}: see PURPOSES")
