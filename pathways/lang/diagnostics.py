"""What is wrong with a document: code, place, and what to do about it.

A diagnostic holds no finished sentence: it names a code of ``codes.CODES`` and the values that belong into its
texts, so the same finding reads in English and Chinese, on a terminal and in JSON.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple

from pathways.lang.codes import CODES

Severity = Literal["error", "warning"]
MAX_WORD = 64
"""A longer word is no misspelling of anything."""
DOCS_PAGE = "docs/reference/diagnostics.md"


class Said(NamedTuple):
    """Words in both languages, for use inside a message."""

    en: str
    zh: str


class Span(NamedTuple):
    """A stretch of text. Lines and columns count from 1, columns in code points; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


Param = str | int | Said
Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    Attributes:
        code: stable name; what it means, and its texts, are in ``codes.CODES``.
        span: where in the file.
        params: values for the texts. ``suggestion``, when not empty, is the right word and becomes the hint.
        file: the file as it was given.
    """

    code: str
    span: Span
    params: Mapping[str, Param] = field(default_factory=dict)
    file: str = ""

    @property
    def severity(self) -> Severity:
        """Only errors stop a compilation."""
        return CODES[self.code].severity

    @property
    def docs(self) -> str:
        """Where this code is explained, relative to the project."""
        return f"{DOCS_PAGE}#{self.code}"

    def message(self, language: Language = "en") -> str:
        """What is wrong, in one sentence."""
        return self._fill(CODES[self.code].message(language), language)

    def hint(self, language: Language = "en") -> str:
        """What to do, in one sentence."""
        if self.params.get("suggestion"):
            return self._fill(_DID_YOU_MEAN[language], language)
        return self._fill(CODES[self.code].hint(language), language)

    def _fill(self, template: str, language: Language) -> str:
        values = {
            name: (value.zh if language == "zh" else value.en) if isinstance(value, Said) else value
            for name, value in self.params.items()
        }
        return template.format_map(values)


_DID_YOU_MEAN: dict[Language, str] = {"en": "Did you mean `{suggestion}`?", "zh": "是否想写 `{suggestion}`？"}


def in_order(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Findings in order of position, without exact repetitions."""
    unique = {(d.span, d.code, tuple(sorted((k, str(v)) for k, v in d.params.items()))): d for d in found}
    return sorted(unique.values(), key=lambda d: (d.span.line, d.span.column, d.severity, d.code))


def has_errors(found: Iterable[Diagnostic]) -> bool:
    """Whether any finding is an error."""
    return any(d.severity == "error" for d in found)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The known word that ``word`` most likely stands for, or "" when none is near.

    Swapped, missing, doubled and wrong letters, wrong case and ``-`` for ``_`` are found. Of words equally near the
    one made of the same letters is meant, then the one that begins alike (`mmg` is `mmHg`, not `mcg`).
    """
    plain = word.strip().lower().replace("-", "_").replace(" ", "_")
    return _nearest(plain, tuple(sorted(set(known)))) if 1 <= len(plain) <= MAX_WORD else ""


@lru_cache(maxsize=256)
def _nearest(plain: str, known: tuple[str, ...]) -> str:
    letters = set(plain)
    best, best_distance, best_likeness = "", 99, (99, 9, 0)
    for candidate in known:
        other = candidate.lower().replace(" ", "_")
        if other == plain:
            return candidate
        # Longer words may differ in more letters and still be meant.
        allowed = min(1 if len(candidate) <= 4 else 2 if len(candidate) <= 8 else 3, best_distance)
        if allowed < 1 or abs(len(candidate) - len(plain)) > allowed:
            continue
        if len(letters.difference(other)) > allowed or len(set(other).difference(letters)) > allowed:
            continue  # one edit brings or takes one letter at most
        distance = _distance(plain, other, allowed)
        if distance > allowed or distance >= len(candidate):
            continue
        likeness = _unlike(plain, other)
        if (distance, likeness) < (best_distance, best_likeness):
            best, best_distance, best_likeness = candidate, distance, likeness
    return best


def _unlike(a: str, b: str) -> tuple[int, int, int]:
    """How many letters of one the other does not have, whether they begin differently; the longer word first."""
    mine, theirs = Counter(a), Counter(b)
    return sum(((mine - theirs) + (theirs - mine)).values()), int(a[0] != b[0]), -len(b)


def _distance(a: str, b: str, enough: int) -> int:
    """Number of single-letter edits and swaps of neighbours between two words; beyond ``enough`` it may stop."""
    before, last, row = [0] * (len(b) + 1), list(range(len(b) + 1)), [0] * (len(b) + 1)
    for i, x in enumerate(a, 1):
        row = [i] + [0] * len(b)
        for j, y in enumerate(b, 1):
            row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[j] = min(row[j], before[j - 2] + 1)
        if min(row) > enough:
            return enough + 1
        before, last = last, row
    return last[-1]
