"""A sheet of Markdown: lines, lists and tables in which no text of an author can become markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pathways.lang.render_words import Names

_MARKUP: Final[dict[str, str]] = {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "\\|", "*": "\\*", "_": "\\_", "[": "\\[", "]": "\\]", "`": "\\`",
    "\\": "\\\\", "#": "\\#", "~": "\\~", "\n": " ", "\r": " ",
}  # fmt: skip


def safe(text: str) -> str:
    """Text of an author as plain text of Markdown."""
    return "".join(_MARKUP.get(char, char) for char in text)


class Sheet:
    """The lines of a page that is being written, with the names of its plan."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._lines: list[str] = []

    @staticmethod
    def safe(text: str) -> str:
        """Text of an author as plain text."""
        return safe(text)

    def head(self, title: str, depth: int = 2) -> None:
        """A heading."""
        self._lines += [f"{'#' * depth} {safe(title)}", ""]

    def line(self, text: str) -> None:
        """A paragraph that is Markdown already."""
        self._lines += [text, ""]

    def item(self, lead: str, text: str) -> None:
        """A row of a list: a lead that is Markdown already, and text of the pathway."""
        self._lines.append(f"- {lead}{safe(text)}")

    def inner(self, text: str) -> None:
        """A row of a list inside a row."""
        self._lines.append(f"  - {safe(text)}")

    def gap(self) -> None:
        """The end of a list."""
        self._lines.append("")

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]], *, raw: bool = False) -> None:
        """A table. Cells are text unless ``raw``; a cell in backticks stays code."""
        self._lines.append(f"| {' | '.join(head)} |")
        self._lines.append("|" + "---|" * len(head))
        for row in rows:
            self._lines.append(f"| {' | '.join(cell if raw else _cell(cell) for cell in row)} |")
        self._lines.append("")

    def page(self) -> str:
        """What was written."""
        return "\n".join(self._lines).rstrip("\n") + "\n"


def _cell(text: str) -> str:
    if len(text) > 2 and text[0] == text[-1] == "`" and "`" not in text[1:-1] and "|" not in text:
        return text
    return safe(text)
