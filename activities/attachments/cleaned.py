"""What is taken as a photo, a voice note or a signature: told by its bytes, whatever the sender calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from activities.attachments.blocks import NotThisError
from activities.attachments.pictures import jpeg, png, webp
from activities.attachments.sounds import mp4, ogg, wav
from activities.intake.refusals import Refusal, refuse

MEGABYTE: Final = 1024 * 1024
LARGEST: Final = 10 * MEGABYTE
"""Bytes of one attachment where nothing else is set."""
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "photo": ("image/jpeg", "image/png", "image/webp"),
    "voice": ("audio/ogg", "audio/mp4", "audio/wav"),
    "signature": ("image/png", "image/jpeg", "image/webp"),
}
"""Kind of a field -> media types that are taken for it."""
SUFFIXES: Final[Mapping[str, str]] = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp",
    "audio/ogg": "ogg", "audio/mp4": "m4a", "audio/wav": "wav",
}  # fmt: skip
_CLEANERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "image/jpeg": jpeg, "image/png": png, "image/webp": webp, "audio/ogg": ogg, "audio/mp4": mp4, "audio/wav": wav,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clean:
    """Bytes that are safe to keep, and what they are."""

    media: str
    data: bytes


def media_of(data: bytes) -> str:
    """The media type by the first bytes, "" for none that is known here."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"RIFF") and data[8:12] in {b"WEBP", b"WAVE"}:
        return "image/webp" if data[8:12] == b"WEBP" else "audio/wav"
    if data.startswith(b"OggS"):
        return "audio/ogg"
    return "audio/mp4" if data[4:8] == b"ftyp" else ""


def cleaned(kind: str, data: bytes, largest: int = LARGEST) -> Clean | Refusal:
    """What is kept of an upload for a field of ``kind``, or why nothing is."""
    taken = KINDS.get(kind)
    if taken is None:
        return refuse("attachment_kind", field="kind")
    if not data:
        return refuse("attachment_empty")
    if len(data) > largest:
        return refuse("attachment_too_large", limit=largest // MEGABYTE)
    media = media_of(data)
    if media not in taken:
        return refuse("attachment_type", value=", ".join(SUFFIXES[one].upper() for one in taken))
    try:
        return Clean(media, _CLEANERS[media](data))
    except NotThisError:
        return refuse("attachment_broken")
