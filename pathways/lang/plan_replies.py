"""What somebody writes back, made comparable: 1, １ and "1." are the same reply."""

from __future__ import annotations

import unicodedata

_AROUND = " \t\r\n.,;:!?\"'()[]。，、；：！？“”‘’（）【】"


def plain(text: str) -> str:
    """A reply in small letters and narrow characters, without what stands around it."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(_AROUND)
