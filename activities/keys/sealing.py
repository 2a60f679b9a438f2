"""Sealing of bytes with one person's keys: deflate, then AES-256-GCM bound to a purpose and an owner.

Sealed bytes are ``format (1) | key version (4, big endian) | nonce (12) | ciphertext and tag``. The associated
data is ``purpose|owner`` together with format and version: bytes sealed for one patient, or for one
purpose, never open as another's. There is no clear-text fallback anywhere.

Format 1 is zlib. Format 2 is bare deflate that begins with the dictionary ``words_2``: most of what is sealed is a few
hundred bytes of JSON whose names are always the same. A dictionary is never changed; a better one gets a format of its
own, and every format opens for ever.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from activities.keys.words_2 import WORDS

FORMAT: Final = 2
"""The format that seals."""
NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
_ZLIB: Final = 1
_HEADER: Final = 5
_SHORTEST: Final = _HEADER + NONCE_BYTES + 16


class SealError(Exception):
    """Something cannot be sealed or opened. The text never holds data or key material."""


class KeyUnknownError(SealError):
    """There is no such key (never made, shredded, or wrapped by a key this process does not have)."""


class BrokenSealError(SealError):
    """The bytes were not sealed by this key for this owner and purpose, or were changed since."""


@dataclass(frozen=True, slots=True)
class OwnerKeys:
    """All data keys of one owner: ``ciphers`` by version; the highest version seals, every one opens.

    ``print_key`` makes fingerprints; it belongs to the first version, so that they stay the same over rotation.
    """

    owner: str
    ciphers: Mapping[int, AESGCM]
    print_key: bytes = field(repr=False)

    @property
    def version(self) -> int:
        """The version that seals."""
        return max(self.ciphers)

    def seal(self, purpose: str, data: bytes) -> bytes:
        """Compress and encrypt ``data`` for ``purpose`` (a coded word such as ``inbox.body``)."""
        version = self.version
        head = bytes([FORMAT]) + version.to_bytes(4, "big")
        nonce = os.urandom(NONCE_BYTES)
        body = self.ciphers[version].encrypt(nonce, _pack(data), _associated(head, purpose, self.owner))
        return head + nonce + body

    def fingerprint(self, text: str) -> str:
        """A hash that tells whether two texts are equal and, without the key, nothing else about them."""
        return hmac.new(self.print_key, text.encode(), hashlib.sha256).hexdigest()

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """The bytes given to `seal` with the same purpose.

        Raises:
            KeyUnknownError: sealed with a version that is not among these keys.
            BrokenSealError: another owner, another purpose, or changed bytes.
        """
        version = sealed_version(sealed)
        cipher = self.ciphers.get(version)
        if cipher is None:
            raise KeyUnknownError(f"no key of version {version}")
        nonce = sealed[_HEADER : _HEADER + NONCE_BYTES]
        try:
            packed = cipher.decrypt(
                nonce, sealed[_HEADER + NONCE_BYTES :], _associated(sealed[:_HEADER], purpose, self.owner)
            )
            return _unpack(sealed[0], packed)
        except (InvalidTag, zlib.error) as error:
            raise BrokenSealError("the seal does not fit owner, purpose or content") from error


def owner_keys(owner: str, data_keys: Mapping[int, bytes]) -> OwnerKeys:
    """The keys of one owner from unwrapped data keys by version (at least one)."""
    first = data_keys[min(data_keys)]
    print_key = hmac.new(first, b"carepath fingerprint", hashlib.sha256).digest()
    return OwnerKeys(owner, MappingProxyType({v: AESGCM(k) for v, k in data_keys.items()}), print_key)


def sealed_version(sealed: bytes) -> int:
    """The key version in the header of sealed bytes.

    Raises:
        BrokenSealError: these are no sealed bytes.
    """
    if len(sealed) < _SHORTEST or sealed[0] not in (_ZLIB, FORMAT):
        raise BrokenSealError("these bytes are not sealed")
    return int.from_bytes(sealed[1:_HEADER], "big")


def _pack(data: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS, zdict=WORDS)
    return deflate.compress(data) + deflate.flush()


def _unpack(format_: int, packed: bytes) -> bytes:
    """Raises zlib.error for anything but one whole stream."""
    if format_ == _ZLIB:
        return zlib.decompress(packed)
    inflate = zlib.decompressobj(wbits=-zlib.MAX_WBITS, zdict=WORDS)
    data = inflate.decompress(packed)
    if not inflate.eof or inflate.unused_data:
        raise zlib.error("not one whole stream")
    return data


def _associated(head: bytes, purpose: str, owner: str) -> bytes:
    return head + f"{purpose}|{owner}".encode()
