"""The pathways that the documents of these tests may call."""

from functools import cache
from pathlib import Path

from pathways.lang.library import Library
from pathways.lang.load import library_of, pathways_near

_HERE = Path(__file__).parent


@cache
def called_library() -> Library:
    return library_of(lambda: [(file.name, file.read_bytes()) for file in sorted(_HERE.glob("*.yaml"))])


def callable_from(file: Path) -> Library:
    """What a pathway may call: the shipped ones each other, those of the tests the ones beside this file."""
    return pathways_near(file) if "library" in file.parts else called_library()
