"""A small writer of SVG: text that is measured and wrapped, boxes, lines; the same input gives the same bytes.

Text is measured with a table of widths on the wide side of what browsers draw, so that boxes drawn from it hold their
text. Colours are classes: the style at the head gives them for light and for dark.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape, quoteattr

FONT: Final = "system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"
LINE: Final = 1.35
_NARROW: Final = frozenset("ijlI.,;:'|!()[]{} ftr/-\u201c\u201d·")
_WIDE: Final = frozenset("mwMW@%—→≥≤")
STYLE: Final = """
text { font-family: FONT; fill: #1c2733; }
.page { fill: #ffffff; }
.quiet { fill: #52616f; }
.strong { font-weight: 600; }
.card { fill: #f4f7fa; stroke: #8497a8; }
.head { fill: #dfe9f2; stroke: #8497a8; }
.end { fill: #ffffff; stroke: #52616f; }
.mild { fill: #dcefe2; }
.moderate { fill: #fbeccb; }
.severe { fill: #f8d9d5; }
.wire { fill: none; stroke: #4a6b8a; stroke-width: 1.6; }
.knot { fill: #4a6b8a; }
.grid { stroke: #d5dde4; stroke-width: 1; }
.axis { stroke: #8497a8; stroke-width: 1; }
.window { fill: #bcd7ee; }
.late { fill: #f2cf96; }
.mark { fill: #1f5f99; }
.stair { fill: #e6eef6; stroke: #8497a8; }
.loud { fill: #f8d9d5; stroke: #b4453a; }
@media (prefers-color-scheme: dark) {
text { fill: #e4eaf0; }
.page { fill: #14191e; }
.quiet { fill: #a3b1bd; }
.card { fill: #1d252c; stroke: #5c6f80; }
.head { fill: #2a3742; stroke: #5c6f80; }
.end { fill: #14191e; stroke: #a3b1bd; }
.mild { fill: #1f4029; }
.moderate { fill: #4d3d14; }
.severe { fill: #55261f; }
.wire { stroke: #8fb6da; }
.knot { fill: #8fb6da; }
.grid { stroke: #2c363f; }
.axis { stroke: #5c6f80; }
.window { fill: #2f5877; }
.late { fill: #7a5a1e; }
.mark { fill: #8cc4f5; }
.stair { fill: #222d37; stroke: #5c6f80; }
.loud { fill: #55261f; stroke: #e08a80; }
}
""".replace("FONT", FONT)


def width_of(text: str, size: float, *, strong: bool = False) -> float:
    """How wide a text is at most, in pixels."""
    units = 0.0
    for char in text:
        if unicodedata.east_asian_width(char) in "WF":
            units += 1.0
        elif char in _NARROW:
            units += 0.38
        elif char in _WIDE or char.isupper():
            units += 0.78
        else:
            units += 0.6
    return units * size * (1.06 if strong else 1.0)


def wrapped(text: str, size: float, width: float, *, strong: bool = False) -> list[str]:
    """A text in lines no wider than ``width``; Chinese breaks between characters, anything longer than a line too."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and width_of((line + piece).rstrip(), size, strong=strong) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
        while width_of(line.rstrip(), size, strong=strong) > width and len(line) > 1:
            cut = len(line) - 1
            while cut > 1 and width_of(line[:cut], size, strong=strong) > width:
                cut -= 1
            lines.append(line[:cut])
            line = line[cut:]
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return lines


_NOT_FIRST: Final = frozenset("，。；：、）》！？”’)")


def _pieces(text: str) -> Iterable[str]:
    """Where a line may break: after blanks, and around Chinese characters, never before closing punctuation."""
    piece = ""
    for char in text:
        chinese = unicodedata.east_asian_width(char) in "WF"
        if piece and char not in _NOT_FIRST and (chinese or piece[-1] == " " or _is_wide(piece[-1])):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF" and char not in "（《“‘"


class Canvas:
    """A drawing. Coordinates in pixels from the top left corner; it grows as far as what is drawn."""

    def __init__(self, width: float) -> None:
        self.width = width
        self.height = 0.0
        self._parts: list[str] = []

    def rect(self, x: float, y: float, width: float, height: float, *, look: str, round_: float = 6) -> None:
        """A box."""
        self._grow(y + height)
        at = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
        self._parts.append(f'<rect class="{look}" {at} rx="{_n(round_)}"/>')

    def text(self, x: float, y: float, text: str, *, size: float = 13, look: str = "", end: str = "start") -> None:
        """One line of text with its baseline at ``y``."""
        self._grow(y + size * 0.4)
        named = f' class="{look}"' if look else ""
        anchor = f' text-anchor="{end}"' if end != "start" else ""
        self._parts.append(f'<text{named} x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}"{anchor}>{_plain(text)}</text>')

    def block(self, x: float, y: float, text: str, *, width: float, size: float = 13, look: str = "") -> float:
        """Text wrapped to a width, from the top ``y``; gives where the next thing may begin."""
        for line in wrapped(text, size, width, strong="strong" in look):
            self.text(x, y + size, line, size=size, look=look)
            y += size * LINE
        return y

    def path(self, points: Iterable[tuple[float, float]], *, look: str = "wire", arrow: bool = False) -> None:
        """A line through points."""
        steps = " ".join(f"{'L' if n else 'M'}{_n(x)} {_n(y)}" for n, (x, y) in enumerate(points))
        head = ' marker-end="url(#arrow)"' if arrow else ""
        self._parts.append(f'<path class="{look}" d="{steps}"{head}/>')

    def dot(self, x: float, y: float, *, look: str = "knot", radius: float = 3) -> None:
        """A round mark."""
        self._parts.append(f'<circle class="{look}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>')

    def group(self, name: str) -> None:
        """What follows, up to ``close``, belongs together under an id."""
        self._parts.append(f"<g id={quoteattr(name)}>")

    def close(self) -> None:
        """Ends a group."""
        self._parts.append("</g>")

    def svg(self, title: str, language: str, margin: float = 24) -> str:
        """The document."""
        width, height = _n(self.width), _n(self.height + margin)
        lang = "zh-Hans" if language == "zh" else "en"
        arrow = (
            '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
            'orient="auto"><path class="knot" d="M0 0L10 5L0 10Z"/></marker></defs>'
        )
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xml:lang="{lang}" role="img" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}">'
        )
        page = f'<rect class="page" x="0" y="0" width="{width}" height="{height}"/>'
        named = f"<title>{_plain(title)}</title>"
        return "\n".join([head, named, f"<style>{STYLE}</style>", arrow, page, *self._parts, "</svg>"]) + "\n"

    def _grow(self, y: float) -> None:
        self.height = max(self.height, y)


def _plain(text: str) -> str:
    """Text that XML can hold."""
    return escape("".join(" " if unicodedata.category(char) == "Cc" else char for char in text))


def _n(number: float) -> str:
    """A coordinate with one digit at most."""
    return f"{number:.1f}".removesuffix(".0")
