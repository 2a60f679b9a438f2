"""Reading the numbers that files are made of; what is cut off is told as such."""

from __future__ import annotations

import struct


class NotThisError(ValueError):
    """The bytes are not what they begin like, or are cut off. The text says why and holds none of them."""


def byte_at(data: bytes, at: int) -> int:
    """The byte there. Raises NotThisError."""
    if at >= len(data):
        raise NotThisError("cut off")
    return data[at]


def number_at(data: bytes, at: int, form: str) -> int:
    """The number there, written as ``struct`` calls ``form``. Raises NotThisError."""
    if at + struct.calcsize(form) > len(data):
        raise NotThisError("cut off")
    return int(struct.unpack_from(form, data, at)[0])
