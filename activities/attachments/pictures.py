"""Pictures: taken apart and put together again, so that nothing is kept but what is seen.

JPEG, PNG and WebP are walked block by block. What tells of the place, the device or the person (EXIF but for the
turning, XMP, IPTC, comments, texts, times) is left out, and so is everything behind the end of the picture, where
another file may hide. What does not hold together as the format says is no picture. Pixels are not touched or decoded.
"""

from __future__ import annotations

import struct
from typing import Final

from activities.attachments.blocks import NotThisError, byte_at, number_at

MOST_PIXELS: Final = 100_000_000
"""Width times height: the largest telephone cameras stay below; what a small file blows up to stays bounded."""


def jpeg(data: bytes) -> bytes:
    """A JPEG without its metadata. Raises NotThisError."""
    out = bytearray(b"\xff\xd8")
    at, turned, seen = 2, 0, False
    while True:
        if data[at : at + 1] != b"\xff":
            raise NotThisError("no marker where one has to be")
        while data[at : at + 2] == b"\xff\xff":
            at += 1
        marker = byte_at(data, at + 1)
        if marker == 0xD9:
            if not seen:
                raise NotThisError("no picture before the end")
            return bytes(out + b"\xff\xd9")
        size = number_at(data, at + 2, ">H")
        part = data[at : at + 2 + size]
        if size < 2 or len(part) != 2 + size:
            raise NotThisError("cut off")
        at += 2 + size
        if marker in _JPEG_FRAMES:
            _bounded(number_at(part, 7, ">H"), number_at(part, 5, ">H"))
        if marker == 0xE1 and part[4:10] == b"Exif\0\0":
            turned = turned or _turned(part[10:])
            if turned:
                out += _exif(turned)
        elif part[4:].startswith(_JPEG_KEPT.get(marker, b"")) and marker != 0xE1:
            out += part
        if marker == 0xDA:
            end = _scan(data, at)
            out += data[at:end]
            at, seen = end, True


_JPEG_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_NEVER: Final = b"\0nothing begins like this"
_JPEG_KEPT: Final = {
    **dict.fromkeys((*range(0xE0, 0xF0), 0xFE), _NEVER),
    0xE0: b"JFIF\0",
    0xE2: b"ICC_PROFILE\0",
    0xEE: b"Adobe",
}
"""Blocks that do not draw, and how those begin that are kept: density, profile and model of the colours."""
_ORIENTATION: Final = 0x0112


def _scan(data: bytes, at: int) -> int:
    """Where the drawing of a scan ends: at the first marker that is neither stuffing nor a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise NotThisError("cut off")
        following = data[at + 1]
        if following == 0 or 0xD0 <= following <= 0xD7:
            at += 2
        elif following == 0xFF:
            at += 1
        else:
            return at


def _turned(tiff: bytes) -> int:
    """How the picture is turned (2 to 8), 0 where it is not or cannot be told."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return 0
    first = int(struct.unpack_from(order + "I", tiff, 4)[0])
    if first + 2 > len(tiff):
        return 0
    for number in range(struct.unpack_from(order + "H", tiff, first)[0]):
        entry = first + 2 + 12 * number
        if entry + 12 > len(tiff):
            return 0
        if struct.unpack_from(order + "H", tiff, entry)[0] == _ORIENTATION:
            value = int(struct.unpack_from(order + "H", tiff, entry + 8)[0])
            return value if 2 <= value <= 8 else 0
    return 0


def _exif(turned: int) -> bytes:
    """EXIF that says how the picture is turned, and nothing else."""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, turned, 0)
    body = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"bKGD", b"pHYs"}
)


def png(data: bytes) -> bytes:
    """A PNG without its texts, times and EXIF. Raises NotThisError."""
    out, at, drawn = bytearray(_PNG), len(_PNG), False
    while True:
        size, kind = number_at(data, at, ">I"), data[at + 4 : at + 8]
        part = data[at : at + 12 + size]
        if len(part) != 12 + size:
            raise NotThisError("cut off")
        if at == len(_PNG):
            if kind != b"IHDR" or size != 13:
                raise NotThisError("no header")
            _bounded(number_at(part, 8, ">I"), number_at(part, 12, ">I"))
        drawn = drawn or kind == b"IDAT"
        if kind in _PNG_KEPT:
            out += part
        at += len(part)
        if kind == b"IEND":
            if not drawn:
                raise NotThisError("no picture before the end")
            return bytes(out)


_WEBP_KEPT: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"})
_WEBP_DRAWN: Final = frozenset({b"VP8 ", b"VP8L"})


def webp(data: bytes) -> bytes:
    """A still WebP without EXIF and XMP. Raises NotThisError."""
    end = 8 + number_at(data, 4, "<I")
    if end > len(data):
        raise NotThisError("cut off")
    out, at, drawn = bytearray(), 12, False
    while at < end:
        kind, size = data[at : at + 4], number_at(data, at + 4, "<I")
        whole = 8 + size + size % 2
        part = data[at : at + whole]
        if at + 8 + size > end:
            raise NotThisError("cut off")
        if kind == b"VP8X":
            width, height = (1 + int.from_bytes(part[start : start + 3], "little") for start in (12, 15))
            _bounded(width, height)
            part = part[:8] + bytes([part[8] & 0b00110000]) + part[9:]  # says of no EXIF, XMP or movement
        drawn = drawn or kind in _WEBP_DRAWN
        if kind in _WEBP_KEPT:
            out += part + b"\0" * (whole - len(part))
        at += whole
    if not drawn:
        raise NotThisError("no still picture")
    return b"RIFF" + struct.pack("<I", 4 + len(out)) + b"WEBP" + bytes(out)


def _bounded(width: int, height: int) -> None:
    if not 0 < width * height <= MOST_PIXELS:
        raise NotThisError("no picture of this size is taken")
