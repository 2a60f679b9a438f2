"""Small files of every kind, honest and hostile."""

from __future__ import annotations

import struct
import zlib
from typing import Final

SECRET: Final = b"52.5200N13.4050E Zhang San"
"""What must not be kept: a place and a name."""
SCRIPT: Final = b"<script>alert(1)</script>"


def segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def exif(turned: int = 1) -> bytes:
    """EXIF with the turning and, behind it, a place."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, turned, 0)
    return b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0) + SECRET


def jpeg(*more: bytes, turned: int = 1, width: int = 8) -> bytes:
    """A JPEG in shape, with metadata of every kind."""
    frame = struct.pack(">BHHB", 8, 8, width, 1) + b"\x01\x11\0"
    parts = [
        segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
        segment(0xE1, exif(turned)),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET),
        segment(0xED, b"Photoshop 3.0\0" + SECRET),
        segment(0xE2, b"MPF\0" + SECRET),
        segment(0xFE, SECRET),
        *more,
        segment(0xDB, bytes(65)),
        segment(0xC0, frame),
        segment(0xDA, b"\x01\x01\0\0\x3f\0"),
    ]
    return b"\xff\xd8" + b"".join(parts) + b"\x12\xff\0\x34\xff\xd0\x56\xff\xd9"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int = 1, height: int = 1) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"tEXt", b"Comment\0" + SECRET)
        + chunk(b"eXIf", SECRET)
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )


def riff(form: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(k + struct.pack("<I", len(v)) + v + b"\0" * (len(v) % 2) for k, v in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + form + body


def webp() -> bytes:
    size = (7).to_bytes(3, "little")
    head = (b"VP8X", b"\x0c\0\0\0" + size + size)
    return riff(b"WEBP", head, (b"VP8 ", bytes(11)), (b"EXIF", SECRET), (b"XMP ", SECRET))


def wav() -> bytes:
    return riff(b"WAVE", (b"fmt ", bytes(16)), (b"LIST", b"INFO" + SECRET), (b"data", b"\x01\x02\x03"))


def ogg() -> bytes:
    body = b"OpusHead" + bytes(11)
    page = b"OggS\0\x02" + bytes(20) + b"\x01" + bytes([len(body)]) + body
    return page + b"OggS\0\x04" + bytes(20) + b"\x01\x04data"


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def m4a(handler: bytes = b"soun", told: bytes = b"udta") -> bytes:
    track = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + handler + bytes(12))) + box(b"udta", SECRET))
    return (
        box(b"ftyp", b"M4A \0\0\0\0M4A mp42")
        + box(b"moov", box(b"mvhd", bytes(8)) + track + box(told, SECRET))
        + box(b"free", SECRET)
        + box(b"mdat", b"sound")
    )


HONEST: Final = {
    "image/jpeg": ("photo", jpeg()),
    "image/png": ("photo", png()),
    "image/webp": ("photo", webp()),
    "audio/wav": ("voice", wav()),
    "audio/ogg": ("voice", ogg()),
    "audio/mp4": ("voice", m4a()),
}
