"""The keyring: every patient's data keys, wrapped in the records, unwrapped by the key file.

One owner (a patient key, or `SYSTEM` for what belongs to no patient) has one random 256-bit data key
with versions: the newest seals, all open. Without the owner's key nothing opens: shredding the wrapped keys makes
everything sealed with them unreadable, in the records, in Temporal histories and in backups.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from activities.keys.key_file import WrappingKeys, read_key_file, read_or_make_key_file
from activities.keys.sealing import KEY_BYTES, KeyUnknownError, OwnerKeys, SealError, owner_keys, sealed_version
from activities.records.schema import key_tombstone, owner_key
from activities.records.store import Store

SYSTEM: Final = "_system"
"""Owner of what belongs to no patient: courier, sweeper, plans."""


class Keyring:
    """Seals and opens bytes for an owner. Threads may share one; processes each have their own.

    ``capacity``: owners kept unwrapped in memory; ``keep``: seconds after which one is read again, so that a
    shredded key is forgotten everywhere within that time. ``reread``: gives the wrapping keys as they are now, for
    a process that runs on while they are rotated.
    """

    def __init__(
        self,
        store: Store,
        wrapping: WrappingKeys,
        *,
        capacity: int = 2048,
        keep: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        reread: Callable[[], WrappingKeys] | None = None,
    ) -> None:
        self._reread = reread
        self._store = store
        self._wrapping = wrapping
        self._capacity = capacity
        self._keep = keep
        self._clock = clock
        self._lock = threading.Lock()
        self._cache: OrderedDict[str, tuple[float, OwnerKeys]] = OrderedDict()

    def ensure(self, owner: str) -> None:
        """Make the owner's first key unless there is one. In a transaction of its own: an unused key harms nobody.

        Raises:
            KeyUnknownError: the owner's keys were shredded.
        """
        self._store.transact(lambda connection: self._ensure(connection, owner))

    def of(self, owner: str) -> OwnerKeys:
        """All keys of ``owner``; take it before a transaction so that sealing inside needs no second connection.

        Raises:
            KeyUnknownError: the owner has no key.
        """
        now = self._clock()
        with self._lock:
            kept = self._cache.get(owner)
            if kept is not None and kept[0] > now:
                self._cache.move_to_end(owner)
                return kept[1]
        keys = self._store.read(lambda connection: self._load(connection, owner))
        with self._lock:
            self._cache[owner] = (now + self._keep, keys)
            self._cache.move_to_end(owner)
            while len(self._cache) > self._capacity:
                self._cache.popitem(last=False)
        return keys

    def seal(self, owner: str, purpose: str, data: bytes) -> bytes:
        """Compressed and encrypted with the owner's newest key, bound to owner and purpose.

        Raises:
            KeyUnknownError: the owner has no key.
        """
        return self.of(owner).seal(purpose, data)

    def open(self, owner: str, purpose: str, sealed: bytes) -> bytes:
        """The bytes that were sealed for this owner and purpose.

        Raises:
            KeyUnknownError: the owner has no such key (any more).
            BrokenSealError: sealed for somebody or something else, or changed.
        """
        keys = self.of(owner)
        if sealed_version(sealed) not in keys.ciphers:
            # Another process may have rotated since this one looked.
            self.forget(owner)
            keys = self.of(owner)
        return keys.open(purpose, sealed)

    def forget(self, owner: str) -> None:
        """Drop the owner's unwrapped keys from memory."""
        with self._lock:
            self._cache.pop(owner, None)

    def rotate(self, owner: str) -> int:
        """Give the owner a new data key that seals from now on; older ones still open. Returns its version."""

        def work(connection: Connection) -> int:
            last = connection.scalar(select(func.max(owner_key.c.version)).where(owner_key.c.owner == owner))
            if last is None:
                raise KeyUnknownError("this owner has no key to rotate")
            self._add(connection, owner, last + 1)
            return int(last) + 1

        version = self._store.transact(work)
        self.forget(owner)
        return version

    def shred(self, owner: str, by: str) -> None:
        """Delete every wrapped key of ``owner`` and leave a tombstone. Nothing sealed with them opens again."""

        def work(connection: Connection) -> None:
            connection.execute(delete(owner_key).where(owner_key.c.owner == owner))
            known = connection.scalar(select(key_tombstone.c.owner).where(key_tombstone.c.owner == owner))
            if known is None:
                connection.execute(insert(key_tombstone).values(owner=owner, at=self._store.now(), by=by))

        self._store.transact(work)
        self.forget(owner)

    def rewrap(self, wrapping: WrappingKeys) -> int:
        """Wrap every data key with the active key of ``wrapping`` (which must hold the older ones too)."""

        def work(connection: Connection) -> int:
            rows = connection.execute(select(owner_key).where(owner_key.c.kek != wrapping.active)).all()
            for row in rows:
                data_key = self._wrapping.unwrap(row.owner, row.version, row.kek, row.wrapped)
                kek, wrapped = wrapping.wrap(row.owner, row.version, data_key)
                connection.execute(
                    update(owner_key)
                    .where(owner_key.c.owner == row.owner, owner_key.c.version == row.version)
                    .values(kek=kek, wrapped=wrapped)
                )
            return len(rows)

        count = self._store.transact(work)
        self._wrapping = wrapping
        return count

    def _ensure(self, connection: Connection, owner: str) -> None:
        if connection.scalar(select(owner_key.c.version).where(owner_key.c.owner == owner).limit(1)) is not None:
            return
        if connection.scalar(select(key_tombstone.c.owner).where(key_tombstone.c.owner == owner)) is not None:
            raise KeyUnknownError("the keys of this owner were shredded")
        try:
            with connection.begin_nested():
                self._add(connection, owner, 1)
        except IntegrityError:
            return  # another process made it at this moment: its key is as good as ours

    def _add(self, connection: Connection, owner: str, version: int) -> None:
        kek, wrapped = self._wrapping.wrap(owner, version, secrets.token_bytes(KEY_BYTES))
        connection.execute(
            insert(owner_key).values(owner=owner, version=version, kek=kek, wrapped=wrapped, created=self._store.now())
        )

    def _load(self, connection: Connection, owner: str) -> OwnerKeys:
        rows = connection.execute(select(owner_key).where(owner_key.c.owner == owner)).all()
        if not rows:
            raise KeyUnknownError("this owner has no key")
        if self._reread is not None and any(row.kek not in self._wrapping.keys for row in rows):
            self._wrapping = self._reread()
        return owner_keys(owner, {r.version: self._wrapping.unwrap(owner, r.version, r.kek, r.wrapped) for r in rows})


def open_keyring(store: Store, source: str) -> Keyring:
    """The keyring of this process: ``source`` is the path of the key file, made on first use.

    Also makes the `SYSTEM` key. The schema must exist.

    Raises:
        KeyFileError: the key file cannot be used, or is missing although sealed data exists.
        SealError: ``source`` names a key service this build does not speak.
    """
    if "://" in source:
        raise SealError("only a key file is supported as CAREPATH_KEYS; give the path of a file")
    empty = store.read(lambda c: c.scalar(select(owner_key.c.owner).limit(1))) is None
    path = Path(source)
    keyring = Keyring(store, read_or_make_key_file(path, may_make=empty), reread=lambda: read_key_file(path))
    keyring.ensure(SYSTEM)
    return keyring
