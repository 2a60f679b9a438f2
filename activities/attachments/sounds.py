"""Sounds: walked block by block; what tells of place or device is blanked where the format has a place for it."""

from __future__ import annotations

import struct
from typing import Final

from activities.attachments.blocks import NotThisError, byte_at, number_at

_WAV_KEPT: Final = frozenset({b"fmt ", b"fact", b"data"})


def wav(data: bytes) -> bytes:
    """A WAV with its sound and nothing else. Raises NotThisError."""
    end, at = 8 + number_at(data, 4, "<I"), 12
    if end > len(data):
        raise NotThisError("cut off")
    out, kinds = bytearray(), set[bytes]()
    while at < end:
        kind, size = data[at : at + 4], number_at(data, at + 4, "<I")
        if at + 8 + size > end:
            raise NotThisError("cut off")
        whole = 8 + size + size % 2
        part = data[at : at + 8 + size]
        if kind in _WAV_KEPT:
            kinds.add(kind)
            out += part + b"\0" * (whole - len(part))
        at += whole
    if not {b"fmt ", b"data"} <= kinds:
        raise NotThisError("no sound")
    return b"RIFF" + struct.pack("<I", 4 + len(out)) + b"WAVE" + bytes(out)


_PAGE: Final = 27


def ogg(data: bytes) -> bytes:
    """Ogg pages one after the other up to the last whole one. Raises NotThisError.

    Comments of a recording stay: to take them out would need new checksums of the pages. Recorders of telephones write
    the name of their software there.
    """
    at = 0
    while data[at : at + 4] == b"OggS":
        lengths = data[at + _PAGE : at + _PAGE + byte_at(data, at + 26)]
        size = _PAGE + len(lengths) + sum(lengths)
        if at + size > len(data) or data[at + 4] != 0:
            raise NotThisError("cut off")
        at += size
    if at < 2 * _PAGE or not any(name in data[:128] for name in (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ")):
        raise NotThisError("no sound")
    return data[:at]


_BRANDS: Final = frozenset(
    {b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"3gp4", b"3gp5"}
)
_KEPT: Final = frozenset({b"ftyp", b"moov", b"mdat", b"moof", b"styp", b"sidx", b"mfra"})
_TOLD: Final = frozenset({b"udta", b"meta", b"uuid"})
"""Boxes that may hold the place, the device or the person."""


def mp4(data: bytes) -> bytes:
    """An MP4 whose descriptions are blanked in place, so that no offset in it moves. Raises NotThisError."""
    out = bytearray(data)
    kinds: set[bytes] = set()
    end = 0
    for at, size, kind in _boxes(data, 0, len(data), whole=False):
        if at == 0 and (kind != b"ftyp" or data[8:12] not in _BRANDS):
            raise NotThisError("no brand that is taken")
        kinds.add(kind)
        end = at + size
        if kind not in _KEPT:
            _blank(out, at, size)
        elif kind == b"moov":
            _movie(data, out, at, size)
    if not {b"ftyp", b"moov", b"mdat"} <= kinds:
        raise NotThisError("no sound")
    return bytes(out[:end])


def _movie(data: bytes, out: bytearray, start: int, length: int) -> None:
    for at, size, kind in _boxes(data, start + 8, start + length, whole=True):
        if kind in _TOLD:
            _blank(out, at, size)
        elif kind == b"trak":
            _movie(data, out, at, size)
        elif kind == b"mdia":
            _sound_only(data, at, size)


def _sound_only(data: bytes, start: int, length: int) -> None:
    """A voice note that shows pictures is none."""
    for at, _, kind in _boxes(data, start + 8, start + length, whole=True):
        if kind == b"hdlr" and data[at + 16 : at + 20] == b"vide":
            raise NotThisError("a film, not a sound")


def _boxes(data: bytes, at: int, end: int, *, whole: bool) -> list[tuple[int, int, bytes]]:
    """(place, size, kind) of each box; behind the last whole one of a file may stand what belongs to no sound."""
    found: list[tuple[int, int, bytes]] = []
    while at + 8 <= end:
        size, kind = number_at(data, at, ">I"), data[at + 4 : at + 8]
        if size == 1:
            size = number_at(data, at + 8, ">Q")
        elif size == 0:
            size = end - at
        if size < 8 or at + size > end:
            if whole or not found or not all(32 <= letter < 127 for letter in kind):
                break
            raise NotThisError("cut off")
        found.append((at, size, kind))
        at += size
    if whole and at != end:
        raise NotThisError("cut off")
    return found


def _blank(out: bytearray, at: int, size: int) -> None:
    out[at + 4 : at + 8] = b"free"
    out[at + 8 : at + size] = bytes(size - 8)
