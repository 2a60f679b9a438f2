"""Sealing: bound to owner and purpose, rotated without loss, gone when shredded, closed when in doubt."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from activities.keys.key_file import KeyFileError, read_key_file, write_key_file
from activities.keys.keyring import SYSTEM, Keyring, open_keyring
from activities.keys.sealing import BrokenSealError, KeyUnknownError, SealError, owner_keys, sealed_version
from activities.records.ensure import ensure_schema
from activities.records.schema import key_tombstone, owner_key
from activities.records.store import Store, open_store

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
A, B = "patient00001", "patient00002"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(f"sqlite:///{tmp_path / 'records.db'}?synchronous=normal", lambda: NOON)
    ensure_schema(made)
    yield made
    made.close()


@pytest.fixture
def ring(store: Store, tmp_path: Path) -> Keyring:
    made = open_keyring(store, str(tmp_path / "keys.json"))
    made.ensure(A)
    made.ensure(B)
    return made


@given(data=st.binary(max_size=2000), purpose=st.text(max_size=20))
def test_what_is_sealed_opens(data: bytes, purpose: str) -> None:
    keys = owner_keys(A, {1: bytes(range(32))})
    sealed = keys.seal(purpose, data)
    assert keys.open(purpose, sealed) == data
    assert len(data) < 8 or data not in sealed


@given(place=st.integers(0, 60), bit=st.integers(0, 7))
def test_every_changed_bit_shows(place: int, bit: int) -> None:
    keys = owner_keys(A, {1: bytes(range(32))})
    sealed = bytearray(keys.seal("inbox.body", b"systolic 150 over 92 at home, sitting"))
    place %= len(sealed)
    sealed[place] ^= 1 << bit
    with pytest.raises(SealError):
        keys.open("inbox.body", bytes(sealed))


def test_nothing_opens_for_another_owner_or_purpose(ring: Keyring) -> None:
    sealed = ring.seal(A, "inbox.body", b"x")
    with pytest.raises(BrokenSealError):
        ring.open(B, "inbox.body", sealed)
    with pytest.raises(BrokenSealError):
        ring.open(A, "task.body", sealed)
    # The same key under another name would still not do: the owner is part of what is sealed.
    same_key = owner_keys(B, {1: bytes(32)})
    with pytest.raises(BrokenSealError):
        same_key.open("inbox.body", owner_keys(A, {1: bytes(32)}).seal("inbox.body", b"x"))


@pytest.mark.parametrize("clear", [b"", b"{}", b"clear text that somebody slipped in here", b"\x01" * 20])
def test_clear_text_is_refused(ring: Keyring, clear: bytes) -> None:
    with pytest.raises(SealError):
        ring.open(A, "inbox.body", clear)


def test_equal_contents_are_sealed_differently_and_printed_alike(ring: Keyring) -> None:
    assert ring.seal(A, "inbox.body", b"x") != ring.seal(A, "inbox.body", b"x")
    assert ring.of(A).fingerprint("x") == ring.of(A).fingerprint("x") != ring.of(B).fingerprint("x")


def test_rotation_of_a_data_key(ring: Keyring, store: Store, tmp_path: Path) -> None:
    old, printed = ring.seal(A, "inbox.body", b"old"), ring.of(A).fingerprint("x")
    other = open_keyring(store, str(tmp_path / "keys.json"))
    assert other.open(A, "inbox.body", old) == b"old"
    assert ring.rotate(A) == 2
    new = ring.seal(A, "inbox.body", b"new")
    assert (sealed_version(old), sealed_version(new)) == (1, 2)
    assert (ring.open(A, "inbox.body", old), ring.open(A, "inbox.body", new)) == (b"old", b"new")
    assert other.open(A, "inbox.body", new) == b"new"  # it looks again when it meets a newer version
    assert ring.of(A).fingerprint("x") == printed


def test_rotation_of_the_wrapping_key(ring: Keyring, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    sealed = ring.seal(A, "inbox.body", b"x")
    running = open_keyring(store, str(path))  # another process, which runs on
    rotated = read_key_file(path).rotated()
    write_key_file(path, rotated, replace=True)
    assert ring.rewrap(rotated) == 3
    assert {row.kek for row in store.read(lambda c: c.execute(select(owner_key)).all())} == {rotated.active}
    assert open_keyring(store, str(path)).open(A, "inbox.body", sealed) == b"x"
    assert running.open(B, "inbox.body", running.seal(B, "inbox.body", b"y")) == b"y"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_shredding(ring: Keyring, store: Store, tmp_path: Path) -> None:
    now = [0.0]
    other = Keyring(store, read_key_file(tmp_path / "keys.json"), keep=60.0, clock=lambda: now[0])
    sealed = ring.seal(A, "inbox.body", b"x")
    assert other.open(A, "inbox.body", sealed) == b"x"
    ring.shred(A, "officer")
    with pytest.raises(KeyUnknownError):
        ring.open(A, "inbox.body", sealed)
    now[0] = 61.0
    with pytest.raises(KeyUnknownError):
        other.open(A, "inbox.body", sealed)
    with pytest.raises(KeyUnknownError):
        ring.ensure(A)
    assert [r.by for r in store.read(lambda c: c.execute(select(key_tombstone)).all())] == ["officer"]
    assert ring.open(B, "inbox.body", ring.seal(B, "inbox.body", b"y")) == b"y"


def test_few_owners_are_kept_in_memory(store: Store, tmp_path: Path, ring: Keyring) -> None:
    small = Keyring(store, read_key_file(tmp_path / "keys.json"), capacity=1)
    sealed = {owner: small.seal(owner, "p", b"x") for owner in (A, B, SYSTEM)}
    assert all(small.open(owner, "p", one) == b"x" for owner, one in sealed.items())


def test_a_wrapped_key_of_one_owner_is_none_of_anothers(ring: Keyring, store: Store, tmp_path: Path) -> None:
    stolen = store.read(lambda c: c.execute(select(owner_key).where(owner_key.c.owner == A)).one())
    change = owner_key.update().where(owner_key.c.owner == B).values(wrapped=stolen.wrapped)
    store.transact(lambda c: c.execute(change))
    with pytest.raises(BrokenSealError):
        Keyring(store, read_key_file(tmp_path / "keys.json")).of(B)


def test_a_lost_key_file_is_not_made_again(ring: Keyring, store: Store, tmp_path: Path) -> None:
    (tmp_path / "keys.json").unlink()
    with pytest.raises(KeyFileError, match="backup"):
        open_keyring(store, str(tmp_path / "keys.json"))
    assert not (tmp_path / "keys.json").exists()


def test_a_key_file_of_another_house(ring: Keyring, store: Store, tmp_path: Path) -> None:
    elsewhere = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    ensure_schema(elsewhere)
    open_keyring(elsewhere, str(tmp_path / "other.json"))
    with pytest.raises(KeyUnknownError):
        open_keyring(store, str(tmp_path / "other.json")).of(A)
    elsewhere.close()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"carepath_keys": 2, "active": "a", "keys": {}}', '{"carepath_keys": 1, "active": "a"}', "\x00"],
)
def test_damaged_key_files(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="damaged"):
        read_key_file(path)


def test_key_files_that_others_can_read(ring: Keyring, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    assert set(json.loads(path.read_text())) == {"carepath_keys", "active", "keys"}
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="0600"):
        read_key_file(path)


def test_key_services_are_not_pretended(store: Store) -> None:
    with pytest.raises(SealError, match="key file"):
        open_keyring(store, "awskms://key/1")
