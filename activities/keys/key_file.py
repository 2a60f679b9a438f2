"""The file of key-encrypting keys: ``{"carepath_keys": 1, "active": "<id>", "keys": {"<id>": "<base64>"}}``.

The active key wraps new data keys; the others only unwrap. The file belongs to one operating-system user
(mode 0600) and is made on first use, whole or not at all.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from activities.keys.sealing import KEY_BYTES, NONCE_BYTES, BrokenSealError, KeyUnknownError, SealError

_VERSION: Final = 1


class KeyFileError(SealError):
    """The key file cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class WrappingKeys:
    """Key-encrypting keys by id, one of them active."""

    active: str
    keys: Mapping[str, bytes] = field(repr=False)

    def wrap(self, owner: str, version: int, data_key: bytes) -> tuple[str, bytes]:
        """The id of the wrapping key used and the wrapped data key."""
        nonce = os.urandom(NONCE_BYTES)
        return self.active, nonce + AESGCM(self.keys[self.active]).encrypt(nonce, data_key, _bound(owner, version))

    def unwrap(self, owner: str, version: int, key_id: str, wrapped: bytes) -> bytes:
        """The data key.

        Raises:
            KeyUnknownError: this process does not have the wrapping key.
            BrokenSealError: the wrapped key was changed, or belongs to another owner or version.
        """
        key = self.keys.get(key_id)
        if key is None:
            raise KeyUnknownError(f"the wrapping key {key_id} is not in the key file")
        try:
            return AESGCM(key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _bound(owner, version))
        except InvalidTag as error:
            raise BrokenSealError("a wrapped key was changed or belongs to another owner") from error

    def rotated(self) -> WrappingKeys:
        """These keys with a new active one."""
        new = _new_id()
        return WrappingKeys(new, {**self.keys, new: secrets.token_bytes(KEY_BYTES)})


def new_wrapping_keys() -> WrappingKeys:
    """One fresh key, active."""
    key_id = _new_id()
    return WrappingKeys(key_id, {key_id: secrets.token_bytes(KEY_BYTES)})


def read_key_file(path: Path) -> WrappingKeys:
    """The keys in ``path``.

    Raises:
        KeyFileError: the file is not there, readable by others, or no key file.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise KeyFileError(f"the key file cannot be read: {error.strerror}") from error
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise KeyFileError("the key file can be read by other users: set its mode to 0600")
    try:
        data = json.loads(text)
        keys = {str(k): base64.b64decode(v, validate=True) for k, v in data["keys"].items()}
        active = str(data["active"])
        version = data["carepath_keys"]
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise KeyFileError("the key file is damaged: restore it from its backup") from error
    if version != _VERSION or active not in keys or any(len(k) != KEY_BYTES for k in keys.values()):
        raise KeyFileError("the key file is damaged: restore it from its backup")
    return WrappingKeys(active, keys)


def write_key_file(path: Path, keys: WrappingKeys, *, replace: bool) -> bool:
    """Write ``keys`` whole or not at all. Without ``replace`` an existing file stays and False comes back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {
        "carepath_keys": _VERSION,
        "active": keys.active,
        "keys": {k: base64.b64encode(v).decode() for k, v in keys.keys.items()},
    }
    part = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(data, stream, indent=1)
            stream.flush()
            os.fsync(stream.fileno())
        if replace:
            part.replace(path)
            return True
        try:
            os.link(part, path)
        except FileExistsError:
            return False
        return True
    finally:
        part.unlink(missing_ok=True)


def read_or_make_key_file(path: Path, *, may_make: bool) -> WrappingKeys:
    """The keys in ``path``; made first when there is no file and ``may_make``. Safe between processes.

    Raises:
        KeyFileError: as `read_key_file`, or missing although data sealed with its keys exists.
    """
    if not path.exists():
        if not may_make:
            raise KeyFileError("the key file is missing although sealed data exists: restore it from its backup")
        write_key_file(path, new_wrapping_keys(), replace=False)
    return read_key_file(path)


def _bound(owner: str, version: int) -> bytes:
    return f"wrap|{owner}|{version}".encode()


def _new_id() -> str:
    return "kek_" + secrets.token_hex(6)
