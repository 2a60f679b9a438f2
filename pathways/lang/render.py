"""Findings as text for people and as JSON for programs, in English and Chinese."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from pathways.lang.diagnostics import Diagnostic, Language
from pathways.lang.source import Source

CONTEXT = 2
MAX_WIDTH = 160
_WORDS: Mapping[str, Mapping[Language, str]] = {
    "error": {"en": "error", "zh": "错误"},
    "warning": {"en": "warning", "zh": "警告"},
    "hint": {"en": "hint", "zh": "提示"},
    "docs": {"en": "more", "zh": "说明"},
}


def as_json(found: Iterable[Diagnostic], language: Language = "en") -> dict[str, list[dict[str, Any]]]:
    """``{"diagnostics": [{code, severity, file, line, column, end_line, end_column, message, hint, docs}]}``."""
    return {
        "diagnostics": [
            {
                "code": d.code,
                "severity": d.severity,
                "file": d.file,
                "line": d.span.line,
                "column": d.span.column,
                "end_line": d.span.end_line,
                "end_column": d.span.end_column,
                "message": d.message(language),
                "hint": d.hint(language),
                "docs": d.docs,
            }
            for d in found
        ]
    }


def as_text(found: Iterable[Diagnostic], sources: Mapping[str, Source], language: Language = "en") -> str:
    """Findings one below the other, each with the lines around it and a caret.

    Args:
        found: findings, in order.
        sources: the files they are about, by the name that the findings carry.
        language: "en" or "zh".
    """
    return "\n".join(_one(d, sources.get(d.file), language) for d in found)


def _one(d: Diagnostic, source: Source | None, language: Language) -> str:
    head = f"{d.file}:{d.span.line}:{d.span.column}: {_WORDS[d.severity][language]}[{d.code}]: {d.message(language)}"
    parts = [head]
    if source is not None and source.text:
        parts.append(_excerpt(d, source))
    parts.append(f"  {_WORDS['hint'][language]}: {d.hint(language)}")
    parts.append(f"  {_WORDS['docs'][language]}: {d.docs}")
    return "\n".join(parts) + "\n"


def _excerpt(d: Diagnostic, source: Source) -> str:
    lines = source.lines
    first = max(1, d.span.line - CONTEXT)
    last = min(len(lines), d.span.line + CONTEXT)
    width = len(str(last))
    shift = max(0, d.span.column - 1 - MAX_WIDTH // 2) if len(lines[d.span.line - 1]) > MAX_WIDTH else 0
    shown: list[str] = []
    for number in range(first, last + 1):
        line = _safe(lines[number - 1])[shift : shift + MAX_WIDTH]
        shown.append(f"  {number:>{width}} | {line}".rstrip())
        if number == d.span.line:
            shown.append(f"  {'':>{width}} | {_caret(d, line, shift)}")
    return "\n".join(shown)


def _caret(d: Diagnostic, line: str, shift: int) -> str:
    start = min(d.span.column - 1 - shift, len(line))
    end = d.span.end_column - 1 - shift if d.span.end_line == d.span.line else len(line)
    end = max(min(end, len(line)), start + 1)
    return " " * _cells(line[:start]) + "^" * max(1, _cells(line[start:end]))


def _cells(text: str) -> int:
    """How many cells of a terminal a text takes: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _safe(line: str) -> str:
    """A line that cannot move the cursor, turn the reading direction or hide something."""
    return "".join("\ufffd" if unicodedata.category(c)[0] == "C" else c for c in line.replace("\t", " "))
