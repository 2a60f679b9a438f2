"""Runs the grammars and turns what lark says into one ``PhraseError`` that an author can act on."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from itertools import islice
from typing import Any, Generic, Literal, TypeVar, cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput
from lark.parsers.lalr_interactive_parser import InteractiveParser

from pathways.lang.units import DURATION_WORDS, WORDS, ucum_of

T = TypeVar("T")
_REMEMBERED = 80
"""So long may a phrase be whose tree is kept: what hostile texts can fill stays small."""

ErrorCode = Literal[
    "empty",
    "unexpected",  # found, expected
    "ended",  # expected
    "unknown_unit",  # found
    "bracket",  # found: phrases have no brackets
    "comma",
    "bad_value",  # found, why
    "cannot_be_said",  # what: it has no meaning in the language, and is said otherwise
]


@dataclass(frozen=True, slots=True)
class PhraseError:
    """Why a phrase was refused. ``offset`` and ``length`` in code points; ``expected`` are the words or kinds
    of words (``<number>``, ``<name>``) that could have stood there, in a stable order."""

    code: ErrorCode
    offset: int
    length: int
    expected: tuple[str, ...] = ()
    params: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """A syntax tree, or the error; never both."""

    tree: T | None
    error: PhraseError | None = None


class PhraseRefusedError(Exception):
    """Raised inside the phrase modules by a value that the grammar lets through; never leaves them."""

    def __init__(self, error: PhraseError) -> None:
        super().__init__(error.code)
        self.error = error


def refuse(code: ErrorCode, start: int, end: int, **params: str) -> PhraseRefusedError:
    """The exception for a stretch of the phrase."""
    return PhraseRefusedError(PhraseError(code, start, max(1, end - start), (), params))


# --------------------------------------------------------------------------- grammars

_DEEPEST = 40  # nobody can read deeper, and a reader that recurses must end

_STARTS: dict[str, list[str]] = {
    "cond": ["condition"],
    "time": ["schedule", "moment_phrase"],
    "small": [
        "quantity", "quantity_range", "duration", "duration_range", "take", "enough", "count", "up_to", "remind",
        "clock_time", "date_time", "counted",
    ],
}  # fmt: skip


def _alternatives(words: dict[str, Any]) -> str:
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace("\\ ", "[ \\t]+").replace("/", "\\/") for word in ordered)


class _ListAnd:
    """Tells the ``and`` of a list (``in a and b``) from the ``and`` of conditions: a list goes on while the word
    after ``and`` is not followed by an operator."""

    always_accept = ()
    _operators = frozenset({"OP", "IS", "HAS", "IN", "BETWEEN", "MISSED", "DONE", "KNOWN", "ADD", "MULTIPLY", "MINUS"})
    _openers = frozenset({"IN", "ANY_OF"})
    _words = frozenset({"NAME", "NUMBER", "DONE", "MISSED", "TRUE"})

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        inside = False
        ahead: deque[Token] = deque()
        while True:
            token = ahead.popleft() if ahead else next(stream, None)
            if token is None:
                return
            kind = token.type
            if kind in self._openers:
                inside = True
            elif inside and kind == "AND":
                ahead.extend(islice(stream, 2 - len(ahead)))
                word, after = ([other.type for other in ahead] + ["$END", "$END"])[:2]
                inside = word in self._words and after not in self._operators
                if inside:
                    token = Token.new_borrow_pos("LIST_AND", token.value, token)
            elif inside and kind not in self._words:
                inside = False
            yield token


@cache
def parser_of(grammar: str) -> Lark:
    """The parser of one grammar file, built at first use."""
    package = files("pathways.lang")
    common = package.joinpath("grammar_common.lark").read_text(encoding="utf-8")
    common = common.replace("{DURATIONS}", _alternatives(dict(DURATION_WORDS)))
    common = common.replace("{UNITS}", _alternatives(dict(WORDS)))
    own = package.joinpath(f"grammar_{grammar}.lark").read_text(encoding="utf-8")
    return Lark(
        common + own,
        start=_STARTS[grammar],
        parser="lalr",
        lexer="basic" if grammar == "cond" else "contextual",
        postlex=_ListAnd() if grammar == "cond" else None,
        propagate_positions=True,
        maybe_placeholders=True,
    )


def parse_tree(grammar: str, start: str, text: str, extra: tuple[str, ...] = ()) -> Tree[Token]:
    """The raw tree of a phrase. ``extra`` words are expected too wherever the phrase could end.

    Raises:
        PhraseRefusedError: With the error and the words expected there.
    """
    if len(text) <= _REMEMBERED:
        return _short_tree(grammar, start, text, extra)
    return _tree(grammar, start, text, extra)


@lru_cache(maxsize=2048)
def _short_tree(grammar: str, start: str, text: str, extra: tuple[str, ...]) -> Tree[Token]:
    """Pathways say ``1 working day`` a hundred times: a short phrase is read once. Readers change no tree."""
    return _tree(grammar, start, text, extra)


def _tree(grammar: str, start: str, text: str, extra: tuple[str, ...]) -> Tree[Token]:
    if not text.strip():
        raise refuse("empty", 0, len(text))
    lark = parser_of(grammar)
    interactive = lark.parse_interactive(text, start)
    try:
        for _ in interactive.iter_parse():
            pass
        tree = cast(Tree[Token], interactive.feed_eof())  # type: ignore[no-untyped-call]
    except UnexpectedInput as error:
        raise PhraseRefusedError(_error_of(error, interactive, text, extra)) from None
    if _too_deep(tree):
        raise refuse("bad_value", 0, len(text), found=text[:40], why="too_deep")
    return tree


def _too_deep(tree: Tree[Token]) -> bool:
    level: list[Tree[Token]] = [tree]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in node.children if isinstance(child, Tree)]
        if not level:
            return False
    return True


def attempt(build: Callable[[], T]) -> Parsed[T]:
    """Runs a parse; a refusal becomes data."""
    try:
        return Parsed(build())
    except PhraseRefusedError as refused:
        return Parsed(None, refused.error)


# --------------------------------------------------------------------------- errors in words

_SHOWN: dict[str, tuple[str, ...]] = {
    "NAME": ("<name>",),
    "NUMBER": ("<number>",),
    "QUANTITY": ("<number with unit>",),
    "DURATION": ("<duration>",),
    "OP": ("<", "<=", "=", "!=", ">=", ">"),
    "ADD": ("+",),
    "MULTIPLY": ("*", "/"),
    "MINUS": ("-",),
    "CLOCK": ("<time as 20:00>",),
    "DATE": ("<date as 2026-03-02>",),
    "WEEKDAY": ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    "CUSTOMARY": ("morning", "breakfast", "noon", "lunch", "afternoon", "dinner", "evening", "bedtime"),
    "UNIT_WORD": ("day", "week", "month", "year", "h", "working day"),
    "KNOWN": ("known", "unknown"),
    "TIMES_IN_A_ROW": ("times in a row",),
    "SUPPLY_ENDS": ("supply of the medicine ends",),
    "EACH_SLOT": ("each slot of the medicine",),
    "BOOKED": ("the date booked",),
    "TIMES_A_DAY": ("times a day",),
    "DURING": ("during the",),
    "ORDINAL": ("first", "second", "third", "fourth", "last"),
    "READINGS": ("readings",),
    "COUNTABLE": ("readings", "doses", "times"),
    "TIMES": ("times",),
    "DAYS": ("day", "days"),
    "LIST_AND": ("and",),
    "$END": (),
}


def expected_words(terminals: set[str]) -> tuple[str, ...]:
    """Words for what a parser accepts, in a stable order: fixed words first, then kinds."""
    words: set[str] = set()
    for name in terminals:
        words.update(_SHOWN.get(name, (name.lower().replace("_", " "),)))
    return tuple(sorted(words, key=lambda word: (word.startswith("<") and len(word) > 2, word)))


def _error_of(error: UnexpectedInput, interactive: InteractiveParser, text: str, extra: tuple[str, ...]) -> PhraseError:
    accepted = set(interactive.accepts())  # type: ignore[no-untyped-call]
    expected = expected_words(accepted)
    if "$END" in accepted:
        expected += tuple(word for word in extra if word not in expected)
    offset = error.pos_in_stream
    token = getattr(error, "token", None)
    if not isinstance(error, UnexpectedCharacters) and (token is None or token.type == "$END"):
        return PhraseError("ended", len(text.rstrip()), 1, expected)
    if offset is None:
        offset = 0
    found = _word_at(text, offset)
    params = {"found": found}
    if text[offset] in "()[]{}":
        return PhraseError("bracket", offset, 1, expected, {"found": text[offset]})
    if text[offset] in ",;，、；":
        return PhraseError("comma", offset, 1, expected, {"found": text[offset]})
    number = re.search(r"[0-9][0-9.]*[ \t]*$", text[:offset])
    if number is not None and re.match(r"[^\W\d_]|[%/°]", found) and not _is_keyword(found):
        return PhraseError("unknown_unit", offset, len(found), (), params)
    attached = re.match(r"([0-9][0-9.]*)([^\s\d.:][^\s]*)", found)
    if attached is not None:
        start = offset + len(attached[1])
        return PhraseError("unknown_unit", start, len(attached[2]), (), {"found": attached[2]})
    if accepted & {"DURATION", "QUANTITY"} and "NUMBER" not in accepted:
        number = re.compile(r"([0-9][0-9.]*[ \t]+)([^\W\d_]\S*)").match(text, offset)
        if number is not None and ucum_of(number[2]) is None:
            return PhraseError("unknown_unit", number.start(2), len(number[2]), (), {"found": number[2]})
    return PhraseError("unexpected", offset, len(found), expected, params)


def _word_at(text: str, offset: int) -> str:
    match = re.compile(r"\w[\w.:/*\[\]%°-]*|[<>=!]+|\S").match(text, offset)
    return match[0] if match is not None else text[offset : offset + 1]


def _is_keyword(word: str) -> bool:
    return word in reserved_words()


@cache
def reserved_words() -> frozenset[str]:
    """Words of time phrases and conditions: none of them may be an id."""
    words: set[str] = set()
    for grammar in _STARTS:
        for terminal in parser_of(grammar).terminals:
            pattern = terminal.pattern
            if terminal.name in {"NAME", "NUMBER", "QUANTITY", "DURATION", "END_OF", "ORDINAL"}:
                continue  # words of END_OF and ORDINAL mean something only before another word
            raw = pattern.value if pattern.type == "str" else re.sub(r"\(\?!.*?\)", "", pattern.value)
            spaced = raw.replace("[ \\t]+", " ").replace("s?", "s").replace("\\w", "")
            words.update(re.findall(r"[a-z]{2,}", spaced))
    words.update(word for word in DURATION_WORDS if " " not in word)
    words.update(
        {"working", "until", "while", "soon", "as", "true", "false", "null", "else", "unknown", "known", "where"}
    )
    return frozenset(words | {"h"})
