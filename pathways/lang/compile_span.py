"""`during` of a rule: the days it watches in."""

from __future__ import annotations

import re

from pathways.lang.compile_reader import Reader
from pathways.lang.diagnostics import Said
from pathways.lang.plan_span import DaySpan
from pathways.lang.plan_when import OffsetMoment
from pathways.lang.resolve import Scope
from pathways.lang.source import Path

_DAYS = re.compile(r"\s*days\s+(\d{1,5})\s+to\s+(\d{1,5})\s+after\s+")
_THE = re.compile(r"\s*the\s+(?=\S)")
_DAY = {"day": 1, "week": 7}
_WANTED = Said("`days 7 to 13 after …`, `the 7 days before …` or `the 7 days after …`",
               "`days 7 to 13 after …`、`the 7 days before …` 或 `the 7 days after …`")  # fmt: skip


def compile_span(r: Reader, text: str, path: Path, scope: Scope) -> DaySpan | None:
    """``days 7 to 13 after surgery``, ``the 7 days before recheck``; None after a finding."""
    if (days := _DAYS.match(text)) is not None:
        first, last = int(days[1]), int(days[2])
        if last < first:
            r.say("window_inverted", path, first=str(first), second=str(last))
            return None
        of = r.moment(text[days.end() :], path, scope, offset=days.end())
        return DaySpan(first=first, last=last, of=of)
    if (the := _THE.match(text)) is None:
        r.say("bad_time_phrase", path, at=text.split(maxsplit=1)[0], expected=_WANTED, suggestion="")
        return None
    told = len(r.found)
    of = r.moment(text[the.end() :], path, scope, offset=the.end())
    if len(r.found) > told:
        return None
    length = of.offset if isinstance(of, OffsetMoment) else None
    if not isinstance(of, OffsetMoment) or length is None or length.amount is None or length.unit not in _DAY:
        r.say("bad_time_phrase", path, at=text.split()[1], expected=_WANTED, suggestion="")
        return None
    days_ = length.amount * _DAY[length.unit]
    return DaySpan(first=-days_, last=-1, of=of.base) if of.before else DaySpan(first=1, last=days_, of=of.base)
