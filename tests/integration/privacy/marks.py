"""Finding a mark in bytes, however it is written there: the forms in which clear text could hide in a file."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable, Iterator
from urllib.parse import quote

_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08")
_LONGEST = 1 << 20
_SHORTEST = 5
"""A mark of fewer bytes would be found by chance in encrypted ones."""


def written(mark: str) -> Iterator[bytes]:
    """The byte strings that give a mark away."""
    assert len(mark.encode()) >= _SHORTEST
    for text in {mark, mark.lower(), mark.upper()}:
        raw = text.encode()
        yield raw
        yield text.encode("utf-16-le")
        yield text.encode("utf-16-be")
        yield text.encode("unicode_escape")
        yield quote(text).encode()
        yield raw.hex().encode()
        for offset in range(3):  # base64 depends on where in a group of three the mark begins
            coded = base64.b64encode(b"\0" * offset + raw)
            yield coded[(0, 2, 3)[offset] : len(coded) - (0, 4, 4)[(offset + len(raw)) % 3]]


def unpacked(content: bytes) -> Iterator[bytes]:
    """What is compressed in the content (zlib, gzip), from every place where it could begin."""
    for place in _ZLIB.finditer(content):
        machine = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        try:
            found = machine.decompress(content[place.start() : place.start() + _LONGEST], _LONGEST)
        except zlib.error:
            continue
        if found:
            yield found


def hits(content: bytes, marks: Iterable[str]) -> set[str]:
    """The marks that stand in the content in any form, compressed too."""
    forms = {mark: set(written(mark)) for mark in marks}
    found = set()
    for layer in (content, *unpacked(content)):
        found |= {mark for mark, ways in forms.items() if any(way in layer for way in ways)}
    return found
