"""``parse_*``: one function for each kind of phrase, from text to syntax tree."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from lark import Token

from pathways.lang.phrases_engine import Parsed, PhraseError, PhraseRefusedError, attempt, parse_tree, refuse
from pathways.lang.phrases_read import (
    clock_of,
    count_of,
    duration_of,
    length_of,
    name_of,
    read_condition,
    read_moment,
    signed_of,
    span_of,
)
from pathways.lang.phrases_schedule import read_schedule
from pathways.lang.phrases_tree import (
    Name,
    Span,
    SynAsSoonAs,
    SynCond,
    SynCounted,
    SynDate,
    SynDuration,
    SynDurationRange,
    SynEnough,
    SynMoment,
    SynQuantity,
    SynRange,
    SynSelection,
    SynTake,
    SynUntil,
    SynUpTo,
    SynWhen,
    SynWord,
)
from pathways.lang.plan_base import ClockTime

T = TypeVar("T")

_CONDITION_WORDS = re.compile(
    r"[<>=]|(?<![\w.])(is|has|in|between|missed|known|unknown|not|done|true)(?![\w.])|times?\s+in\s+a\s+row"
)
_AT_MOST = re.compile(
    r"[ \t]*(\d{1,9}|[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)[ \t]+times?"
    r"(?:[ \t]+counting[ \t]+([a-z_]+(?:[ \t]+(?:and|or)[ \t]+[a-z_]+)*))?[ \t]*"
)
_CUTS = re.compile(r"(?<![\w.])(while|until|at[ \t]+most)(?![\w.])")
_AS_SOON_AS = re.compile(r"[ \t]*as[ \t]+soon[ \t]+as(?!\w)")


def _small(start: str, text: str) -> list[Any]:
    return parse_tree("small", start, text).children


# --------------------------------------------------------------------------- conditions and time


def parse_condition(text: str) -> Parsed[SynCond]:
    """A condition of section 5. ``unknown`` and ``else`` rows are the front's."""
    return attempt(lambda: _condition(text))


def _condition(text: str) -> SynCond:
    return read_condition(parse_tree("cond", "condition", text), 0)


def parse_moment(text: str) -> Parsed[SynMoment]:
    """``the date booked``, ``day 8 of the phase``, ``12 months after enrolment``, ``2026-03-02 08:00``."""

    def build() -> SynMoment:
        parsed, active = read_moment(parse_tree("time", "moment_phrase", text), 0)
        if active:
            raise refuse("bad_value", 0, len(text), found="in active days", why="only_in_until")
        return parsed

    return attempt(build)


def parse_until(text: str) -> Parsed[SynUntil]:
    """The ``until`` of a phase: a moment, with ``in active days`` if days of pause do not count."""
    return attempt(lambda: SynUntil(*read_moment(parse_tree("time", "moment_phrase", text), 0)))


def parse_when(text: str) -> Parsed[SynWhen]:
    """A whole ``when``. ``while`` and ``until`` parts are conditions or moments by their own words."""
    return attempt(lambda: _when(text))


def _when(text: str) -> SynWhen:
    head, cuts = _cut(text)
    soon = _AS_SOON_AS.match(head)
    if soon is not None:
        when = SynWhen(text, SynAsSoonAs(_shifted(head, soon.end(), _condition)))
    else:
        extra = ("at most", "until", "while")
        when = read_schedule(text, parse_tree("time", "schedule", head, extra), 0)
    for word, start, end in cuts:
        when = _bounded(when, word, text, start, end)
    return when


def _cut(text: str) -> tuple[str, list[tuple[str, int, int]]]:
    """The phrase before the first bound, and each bound as (word, start, end of its own text)."""
    found = list(_CUTS.finditer(text))
    head = text[: found[0].start()] if found else text
    cuts: list[tuple[str, int, int]] = []
    for index, match in enumerate(found):
        end = found[index + 1].start() if index + 1 < len(found) else len(text)
        cuts.append((" ".join(match[1].split()), match.end(), end))
    return head, cuts


def _bounded(when: SynWhen, word: str, text: str, start: int, end: int) -> SynWhen:
    part = text[start:end]
    if word == "at most":
        match = _AT_MOST.fullmatch(part)
        if match is None:
            raise _expected(text, start, end, "<number> times")
        _once(when.at_most is None, "at most", start, end)
        begin = start + match.start(1)
        if match[2] is not None:
            words = re.finditer(r"[a-z_]+", match[2])
            spans = [(w[0], start + match.start(2) + w.start()) for w in words if w[0] not in ("and", "or")]
            when = _with(when, counting=tuple(Name(word, Span(at, at + len(word))) for word, at in spans))
        if not match[1][0].isdigit():
            return _with(when, at_most=Name(match[1], Span(begin, begin + len(match[1]))))
        return _with(when, at_most=count_of(match[1], begin))
    _once((when.while_cond if word == "while" else when.until or when.until_cond) is None, word, start, end)
    if word == "while":
        return _with(when, while_cond=_shifted(text[:end], start, _condition))
    if _CONDITION_WORDS.search(part) is not None:
        return _with(when, until_cond=_shifted(text[:end], start, _condition))

    def build(own: str) -> SynMoment:
        parsed, active = read_moment(parse_tree("time", "moment_phrase", own, ("at most", "while")), 0)
        if active:
            raise refuse("bad_value", start, end, found="in active days", why="only_in_until")
        return parsed

    return _with(when, until=_shifted(text[:end], start, build))


def _with(when: SynWhen, **changes: object) -> SynWhen:
    return replace(when, **changes)  # type: ignore[arg-type]


def _once(fresh: bool, word: str, start: int, end: int) -> None:
    if not fresh:
        raise refuse("bad_value", start, end, found=word, why="twice")


def _expected(text: str, start: int, end: int, *words: str) -> PhraseRefusedError:
    part = text[start:end]
    offset = start + len(part) - len(part.lstrip())
    if not part.strip():
        return PhraseRefusedError(PhraseError("ended", len(text[:end].rstrip()), 1, words))
    found = part.split()[0]
    return PhraseRefusedError(PhraseError("unexpected", offset, len(found), words, {"found": found}))


def _shifted(text: str, start: int, build: Callable[[str], T]) -> T:
    """Parses the rest of ``text`` from ``start``. What stands before is blank, so that every place in the result and
    in an error is one of the whole phrase."""
    try:
        return build(" " * start + text[start:])
    except PhraseRefusedError as refused:
        if refused.error.code == "empty":
            raise _expected(text, start, len(text), "<condition>") from None
        raise


# --------------------------------------------------------------------------- small phrases


def parse_quantity(text: str) -> Parsed[SynQuantity]:
    """``135 mmHg``, ``-2 kg``, ``18 years``, ``3`` (unit "1")."""
    return attempt(lambda: signed_of(_small("quantity", text)[0]))


def parse_quantity_range(text: str) -> Parsed[SynRange]:
    """``110 to 150 mmHg``; the first number takes the unit of the second where it has none."""

    def build() -> SynRange:
        low, high = (signed_of(child) for child in _small("quantity_range", text))
        if low.unit == "1":
            low = SynQuantity(low.value, high.unit, high.written, low.span)
        if low.unit == high.unit and low.value >= high.value:
            raise refuse("bad_value", low.span.start, high.span.end, found=text.strip(), why="inverted")
        return SynRange(low, high)

    return attempt(build)


def parse_duration(text: str) -> Parsed[SynDuration]:
    """``7 days``, ``2 working days``, ``24 h``, or the name of a parameter."""
    return attempt(lambda: length_of(_small("duration", text)[0], 0))


def parse_duration_range(text: str) -> Parsed[SynDurationRange]:
    """``5 to 30 min``; ``50 min to 2 h``."""

    def build() -> SynDurationRange:
        first, second = _small("duration_range", text)
        high = duration_of(second, 0)
        if isinstance(first, Token) and first.type == "NUMBER":
            low = SynDuration(count_of(first, first.start_pos or 0, least=0), high.unit, span_of(first, 0))
        else:
            low = duration_of(first, 0)
        if low.unit == high.unit and _amount(low) >= _amount(high):
            raise refuse("bad_value", low.span.start, high.span.end, found=text.strip(), why="inverted")
        return SynDurationRange(low, high)

    return attempt(build)


def _amount(length: SynDuration) -> int:
    return length.amount if isinstance(length.amount, int) else 0


def parse_take(text: str) -> Parsed[SynTake]:
    """``2 readings 1 min apart``, ``1 reading``."""

    def build() -> SynTake:
        number, _, apart = _small("take", text)
        readings = count_of(number, number.start_pos)
        return SynTake(readings, None if apart is None else duration_of(apart, 0))

    return attempt(build)


def parse_enough(text: str) -> Parsed[SynEnough]:
    """``12 readings on 3 days``, ``3 readings``."""

    def build() -> SynEnough:
        number, _, on = _small("enough", text)
        days = None if on is None else duration_of(on, 0)
        if days is not None and days.unit != "day":
            raise refuse("bad_value", days.span.start, days.span.end, found=str(on), why="days_wanted")
        return SynEnough(count_of(number, number.start_pos), 1 if days is None else _amount(days))

    return attempt(build)


def parse_count(text: str) -> Parsed[int]:
    """``1 time``, ``3 times``; a count is 1 to 10,000."""

    def build() -> int:
        number = _small("count", text)[0]
        return count_of(number, number.start_pos)

    return attempt(build)


def parse_up_to(text: str) -> Parsed[SynUpTo]:
    """``1 time``, ``1 time since maintain``."""

    def build() -> SynUpTo:
        number, _, since = _small("up_to", text)
        return SynUpTo(count_of(number, number.start_pos), None if since is None else name_of(since, 0))

    return attempt(build)


def parse_remind(text: str) -> Parsed[SynDuration]:
    """``at due`` (0 min after due), ``2 h later``."""

    def build() -> SynDuration:
        token = _small("remind", text)[0]
        if token.type == "AT_DUE":
            return SynDuration(0, "min", span_of(token, 0))
        return duration_of(token, 0)

    return attempt(build)


def parse_clock_time(text: str) -> Parsed[ClockTime]:
    """``20:00``; ``24:00`` only as an end."""
    return attempt(lambda: clock_of(_small("clock_time", text)[0], 0, last=24))


def parse_date_time(text: str) -> Parsed[SynDate]:
    """``2026-03-02`` or ``2026-03-02 08:00``."""

    def build() -> SynDate:
        day, clock = _small("date_time", text)
        return SynDate(_date(day), None if clock is None else clock_of(clock, 0))

    return attempt(build)


def _date(token: Token) -> str:
    try:
        return date.fromisoformat(str(token)).isoformat()
    except ValueError:
        start = token.start_pos or 0
        raise refuse("bad_value", start, start + len(token), found=str(token), why="no_such_date") from None


def parse_selection(text: str) -> Parsed[SynSelection]:
    """``medicines where class is antihypertensive``; without ``where`` all of them."""

    def build() -> SynSelection:
        match = re.search(r"(?<![\w.])where(?![\w.])", text)
        head = text if match is None else text[: match.start()]
        named = re.fullmatch(r"[ \t]*([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)[ \t]*", head)
        if named is None:
            raise _expected(text, 0, len(head), "<name>")
        name = name_of(Token("NAME", named[1], start_pos=named.start(1), end_pos=named.end(1)), 0)
        if match is None:
            return SynSelection(name, None)
        return SynSelection(name, _shifted(text, match.end(), _condition))

    return attempt(build)


def parse_counted(text: str) -> Parsed[SynCounted]:
    """``routine or recheck done face to face``: the steps a quota counts."""

    def build() -> SynCounted:
        *names, _, face = _small("counted", text)
        return SynCounted(tuple(name_of(name, 0) for name in names), face is not None)

    return attempt(build)


def _closed(text: str, words: dict[str, str]) -> Parsed[SynWord]:
    def build() -> SynWord:
        found = words.get(" ".join(text.split()))
        if found is None:
            if not text.strip():
                raise refuse("empty", 0, len(text))
            raise _expected_whole(text, words)
        return SynWord(found)

    return attempt(build)


def _expected_whole(text: str, words: dict[str, str]) -> PhraseRefusedError:
    start = len(text) - len(text.lstrip())
    found = text.strip()
    return PhraseRefusedError(PhraseError("unexpected", start, len(found), tuple(sorted(words)), {"found": found}))


def parse_judge(text: str) -> Parsed[SynWord]:
    """``block end`` or ``each reading``."""
    return _closed(text, {"block end": "block_end", "each reading": "reading"})


def parse_since(text: str) -> Parsed[SynWord]:
    """``phase start``."""
    return _closed(text, {"phase start": "phase_start"})


def parse_leave_out(text: str) -> Parsed[SynWord]:
    """``first day``."""
    return _closed(text, {"first day": "first_day"})
