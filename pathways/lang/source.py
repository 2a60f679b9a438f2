"""YAML text in; plain values and a parallel tree of positions out.

Strict on purpose. YAML's own guesses (base-60 numbers, `yes` as true, dates, octal, last duplicate wins,
shared anchors) change times and doses without a word, so none of them is made here: only `true`, `false`,
`null`, plain integers and plain decimals are anything but text. Integers become `int`, decimals `Decimal`
(which keeps `1.10` as written), everything else `str`. Whatever is refused becomes a diagnostic, never an
exception, and is refused before anything is built that a hostile text could make large.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import yaml

from pathways.lang.diagnostics import Diagnostic, Said, Span

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_PROBLEMS = 250
"""More faults of a text than are told: it is not read on."""
MAX_NODES = 20_000
MAX_SCALAR_BYTES = 4096
MAX_DIGITS = 15
MAX_INVISIBLE_REPORTED = 20

Path = tuple[str | int, ...]
"""Where a value stands in the document: keys and list indexes from the root."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
# Control characters, Unicode's format characters (bidirectional marks, zero-width joiners, soft hyphen …),
# blanks that look like a space or like nothing, line breaks other than CR and LF, surrogates, noncharacters.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3164\ud800-\udfff\ufe00-\ufe0d"
    "\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


@dataclass(slots=True)
class Place:
    """Positions of one value: of its key (if it has one), of itself, and of what it holds."""

    value: Span
    key: Span | None = None
    children: dict[str | int, Place] = field(default_factory=dict)
    exact: bool = False
    """True for a scalar written on one line without escapes: an offset in it is a column in the text."""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A file as read: its text, its value (None when it could not be read) and its positions."""

    file: str
    text: str
    value: Any
    place: Place

    @property
    def lines(self) -> list[str]:
        """The lines of the text, without their line breaks."""
        return _LINE_BREAK.split(self.text)

    def find(self, path: Path) -> tuple[Place, bool]:
        """The place of ``path``, or of its nearest ancestor that has one, and whether it is exact."""
        place = self.place
        for step in path:
            inner = place.children.get(step)
            if inner is None and isinstance(step, int) and not any(isinstance(k, int) for k in place.children):
                continue  # a single thing stands where a list may
            if inner is None:
                return place, False
            place = inner
        return place, True

    def span(self, path: Path, *, key: bool = False) -> Span:
        """The span of the value at ``path`` (of its key with ``key``, or when the value is not there)."""
        place, found = self.find(path)
        if (key or not found or place.children) and place.key is not None:
            return place.key
        return place.value

    def span_within(self, path: Path, start: int, end: int) -> Span:
        """The span of characters ``start`` to ``end`` of the text at ``path``."""
        place, found = self.find(path)
        if not found or not place.exact:
            return self.span(path)
        column = place.value.column + place.quoted + start
        last = max(place.value.column + place.quoted + end, column + 1)
        return Span(place.value.line, column, place.value.line, last)


def read_source(data: bytes | str, file: str) -> tuple[Source, list[Diagnostic]]:
    """Read a document strictly.

    Args:
        data: the text, or its UTF-8 bytes.
        file: the name that diagnostics carry.

    Returns:
        The source and what is wrong with it, in order of position. With any error ``value`` is None.
    """
    text, problems = _decode(data, file)
    if not problems:
        problems = _invisible(text, file)
    source = Source(file, text, None, Place(_START))
    if problems:
        return source, problems
    reader = _Reader(text, file)
    value, place = reader.read()
    problems = sorted(reader.problems, key=lambda d: (d.span.line, d.span.column))
    return Source(file, text, None if problems else value, place or source.place), problems


_START = Span(1, 1, 1, 1)


def _decode(data: bytes | str, file: str) -> tuple[str, list[Diagnostic]]:
    too_large = [Diagnostic("file_too_large", _START, {"limit": MAX_BYTES // 1024}, file)]
    if len(data) > MAX_BYTES:
        return "", too_large
    # A text handed in may hold lone surrogates: they are refused as invisible characters.
    raw = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    if len(raw) > MAX_BYTES:
        return "", too_large
    if isinstance(data, str):
        return data.removeprefix("\ufeff"), []
    try:
        return raw.decode("utf-8").removeprefix("\ufeff"), []
    except UnicodeDecodeError as bad:
        before = _LINE_BREAK.split(raw[: bad.start].decode("utf-8"))
        column = len(before[-1]) + 1
        span = Span(len(before), column, len(before), column + 1)
        return raw.decode("utf-8", "replace"), [Diagnostic("not_utf8", span, {"byte": f"0x{raw[bad.start]:02X}"}, file)]


def _invisible(text: str, file: str) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for match in INVISIBLE.finditer(text):
        # Only LF ends a line here: a lone CR is itself rare enough not to shift what people look at.
        line = text.count("\n", 0, match.start()) + 1
        column = match.start() - (text.rfind("\n", 0, match.start()) + 1) + 1
        name = f"U+{ord(match.group()):04X}"
        found.append(Diagnostic("invisible_character", Span(line, column, line, column + 1), {"name": name}, file))
        if len(found) == MAX_INVISIBLE_REPORTED:
            break
    return found


class _Refused(Exception):
    """Reading cannot go on; the reason is already among the problems."""


_BAD = object()
"""Stands for a key or value that was refused: what belongs to it is read and thrown away."""


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not been read."""

    place: Place
    into: dict[str, Any] | list[Any]
    flow: bool
    key: Any = None  # the key whose value comes next; None: a key comes next
    key_place: Span | None = None


class _Reader:
    """Builds values and places from the events of the C parser, with bounds checked on the way."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.problems: list[Diagnostic] = []
        self.open: list[_Open] = []
        self.documents = 0
        self.root: tuple[Any, Place] | None = None

    def read(self) -> tuple[Any, Place | None]:
        try:
            self._refuse_too_many()
            for event in self._events():
                self._take(event)
                if len(self.problems) > MAX_PROBLEMS:
                    raise _Refused
        except _Refused:
            return None, None
        if self.root is None:
            self._problem("empty_file", _START)
            return None, None
        if not isinstance(self.root[0], dict):
            self._problem("not_a_mapping", self.root[1].value)
            return None, None
        return self.root

    def _refuse_too_many(self) -> None:
        """Count before building anything: a text that could hold too many nodes is refused in a moment."""
        if sum(self.text.count(sign) for sign in ",:-\n[{") < MAX_NODES // 2:
            return
        nodes = depth = 0
        for event in self._events():
            nodes += isinstance(event, yaml.NodeEvent)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                return  # refused in a moment by the reading itself
            if nodes > MAX_NODES:
                self._problem("too_many_nodes", _span(event), limit=MAX_NODES)
                raise _Refused

    def _events(self) -> Iterator[Any]:
        try:
            yield from yaml.parse(self.text, Loader=_LOADER)
        except yaml.MarkedYAMLError as bad:
            self._syntax(bad)
            raise _Refused from bad
        except yaml.YAMLError as bad:
            self._problem("yaml_syntax", _START, problem=Said(str(bad), str(bad)))
            raise _Refused from bad

    def _problem(self, code: str, span: Span, **params: str | int | Said) -> None:
        self.problems.append(Diagnostic(code, span, params, self.file))

    def _syntax(self, bad: yaml.MarkedYAMLError) -> None:
        mark = bad.problem_mark or bad.context_mark
        span = Span(mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2) if mark else _START
        problem = bad.problem or "not well formed"
        in_flow = "flow" in (bad.context or "") or any(one.flow for one in self.open)
        lines = _LINE_BREAK.split(self.text)
        at = lines[span.line - 1][span.column - 1 :][:1] if span.line <= len(lines) else ""
        if at == "\t":
            self._problem("tab_indentation", span)
        elif in_flow and "expected ',' or" in problem:
            self._problem("flow_not_closed", span)
        else:
            self._problem("yaml_syntax", span, problem=_SYNTAX.get(problem, Said(problem, problem)))

    def _take(self, event: Any) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self._problem("several_documents", _span(event))
                    raise _Refused
                if event.version or event.tags:
                    self._problem("yaml_directive", _span(event))
            case yaml.AliasEvent():
                self._problem("yaml_alias", _span(event), name=str(event.anchor))
                self._put(_BAD, Place(_span(event)))
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._start(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end(event)

    def _marks(self, event: Any) -> None:
        """Refuse an anchor or a tag on a node."""
        if event.anchor is not None:
            self._problem("yaml_anchor", _span(event), name=event.anchor)
        if event.tag is not None:
            self._problem("yaml_tag", _span(event), tag=event.tag)

    def _start(self, event: Any) -> None:
        self._marks(event)
        span = _span(event)
        if len(self.open) >= MAX_DEPTH:
            self._problem("too_deep", span, limit=MAX_DEPTH)
            raise _Refused
        into: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.open.append(_Open(Place(span), into, bool(event.flow_style)))

    def _end(self, event: Any) -> None:
        done = self.open.pop()
        place = done.place
        end = _span(event)
        if not done.flow and place.children:
            # The parser ends a block at the next token, lines below: end it at its last value instead.
            last = next(reversed(place.children.values())).value
            end = Span(last.line, last.column, last.end_line, last.end_column)
        place.value = Span(place.value.line, place.value.column, end.end_line, end.end_column)
        self._put(done.into, place)

    def _scalar(self, event: Any) -> None:
        self._marks(event)
        span = _span(event)
        text: str = event.value
        if len(text.encode("utf-8", "surrogatepass")) > MAX_SCALAR_BYTES:
            self._problem("text_too_long", span, limit=MAX_SCALAR_BYTES)
        if self._key_is_next():
            self._put_key(text, span, plain=event.style in (None, ""))
            return
        plain = event.style in (None, "")
        if plain and not text:
            self._no_value(span)
            self._put(_BAD, Place(span))
            return
        quoted = event.style in ("'", '"')
        exact = span.line == span.end_line and span.end_column - span.column == len(text) + 2 * quoted
        self._put(self._plain(text, span) if plain else text, Place(span, exact=exact, quoted=quoted))

    def _plain(self, text: str, span: Span) -> Any:
        """The value of an unquoted scalar."""
        if text in _WORDS:
            return _WORDS[text]
        whole = _INTEGER.match(text) is not None
        if whole or _DECIMAL.match(text):
            if len(text.lstrip("-").replace(".", "")) > MAX_DIGITS:
                self._problem("number_too_long", span, limit=MAX_DIGITS)
                return _BAD
            if text == "-0":
                return text
            return int(text) if whole else Decimal(text)
        if _NOT_FINITE.match(text):
            self._problem("not_a_finite_number", span, text=text)
            return _BAD
        return text

    def _key_is_next(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1].into, dict) and self.open[-1].key is None

    def _put_key(self, text: str, span: Span, *, plain: bool) -> None:
        top = self.open[-1]
        top.key_place = span
        top.key = _BAD
        if text == "":
            self._problem("empty_key", span)
        elif plain and text == "<<":
            self._problem("yaml_merge", span)
        elif plain and (text in _WORDS or _INTEGER.match(text) or _DECIMAL.match(text) or _NOT_FINITE.match(text)):
            self._problem("key_not_text", span, key_=text)
        elif text in top.place.children:
            first = top.place.children[text].key or _START
            self._problem("duplicate_key", span, key_=text, first_line=first.line, first_column=first.column)
        else:
            top.key = text

    def _no_value(self, span: Span) -> None:
        """An empty plain scalar: a key (or list item) that nothing was written for."""
        top = self.open[-1] if self.open else None
        if top is None or top.key_place is None:
            self._problem("no_value", span, key_=Said("this item", "这一项"))
            return
        where = top.key_place
        key = str(top.key) if top.key is not _BAD else ""
        colon = self.text_after(where).startswith(":")
        if top.flow and not colon and (glued := _GLUED.match(key)) is not None:
            self._problem("yaml_syntax", where, problem=_NARROW if glued[2] == ":" else _WIDE)
            return
        code = "comma_cut_phrase" if top.flow and not colon else "no_value"
        self._problem(code, where, key_=key)

    def text_after(self, span: Span) -> str:
        """What follows ``span`` on its last line, without leading blanks."""
        return _LINE_BREAK.split(self.text)[span.end_line - 1][span.end_column - 1 :].lstrip(" ")

    def _put(self, value: Any, place: Place) -> None:
        if not self.open:
            self.root = (value, place)
            return
        top = self.open[-1]
        if isinstance(top.into, list):
            place_key: str | int = len(top.into)
            top.into.append(value)
            top.place.children[place_key] = place
            return
        if top.key is None:  # a mapping, list or alias where a key belongs
            if value is not _BAD:
                self._problem("key_not_text", place.value, key_="…")
            top.key, top.key_place = _BAD, place.value
            return
        if top.key is not _BAD:
            place.key = top.key_place
            top.place.children[top.key] = place
            top.into[top.key] = value
        top.key = top.key_place = None


_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


_GLUED = re.compile(r"([A-Za-z_]\w*)\s*([:：])")
_NARROW = Said("after the colon a space is missing", "冒号后缺少空格")
_WIDE = Said("this colon is full-width: write `:` and a space", "这里是全角冒号：请改用半角冒号加空格")
_SYNTAX: dict[str, Said] = {
    "mapping values are not allowed in this context": Said(
        "a second colon with a space after it stands on this line", "这一行里又出现了冒号加空格"
    ),
    "did not find expected key": Said("a key was expected here", "此处应当是一个键"),
    "could not find expected ':'": Said("a key has no colon after it", "键后面缺少冒号"),
    "found unexpected end of stream": Said("a quotation mark is not closed", "引号没有闭合"),
    "did not find expected '-' indicator": Said(
        "a list item was expected here: look at the indentation", "此处应当是列表项：请检查缩进"
    ),
    "block sequence entries are not allowed in this context": Said(
        "a list item cannot start here: put it on its own line", "列表项不能从这里开始：请另起一行"
    ),
    "found character that cannot start any token": Said(
        "a text cannot start with this character: put it in quotation marks", "文本不能以该字符开头：请加引号"
    ),
    "found unknown escape character": Said(
        "a backslash in double quotation marks starts an escape that does not exist", "双引号内的反斜杠不是有效转义"
    ),
    "did not find expected node content": Said("a value was expected here", "此处应当是一个值"),
    "did not find expected <document start>": Said(
        "something stands after the end of the document: look at the indentation", "文档结束后还有内容：请检查缩进"
    ),
}
