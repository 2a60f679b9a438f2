"""What a diagnostic code is."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Code(NamedTuple):
    """A kind of finding: its stable name and its texts (English, Chinese) with ``{placeholders}``."""

    id: str
    severity: Literal["error", "warning"]
    says: tuple[str, str]
    advises: tuple[str, str]

    def message(self, language: str) -> str:
        """Template of what is wrong."""
        return self.says[language == "zh"]

    def hint(self, language: str) -> str:
        """Template of what to do."""
        return self.advises[language == "zh"]


def error(id: str, says: tuple[str, str], advises: tuple[str, str]) -> Code:
    """A code that stops compilation."""
    return Code(id, "error", says, advises)


def warning(id: str, says: tuple[str, str], advises: tuple[str, str]) -> Code:
    """A code that is told and does not stop compilation."""
    return Code(id, "warning", says, advises)
