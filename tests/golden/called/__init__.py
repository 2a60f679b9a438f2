"""The pathways that the documents of these tests may call."""

from functools import cache
from pathlib import Path

from pathways.lang.library import Library
from pathways.lang.load import library_of

_HERE = Path(__file__).parent


@cache
def called_library() -> Library:
    return library_of(lambda: [(file.name, file.read_bytes()) for file in sorted(_HERE.glob("*.yaml"))])
