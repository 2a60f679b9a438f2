"""A scenario's page while it is read: its values, its positions and what was found wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from carepath.rehearsal.findings import Finding
from carepath.rehearsal.names import ANY, Names
from carepath.rehearsal.times import POINT_EXAMPLE, Clockwork, Point, duration, point
from pathways.lang.diagnostics import Diagnostic, Param, Said, Span, did_you_mean
from pathways.lang.source import Path, Source

Json = Any
MANY = 12


def listed(words: Iterable[str]) -> str:
    """Some names in one line; long lists are cut."""
    found = sorted(words)
    return ", ".join(found[:MANY]) + (" …" if len(found) > MANY else "")


_WHAT = {
    "step": Said("step", "步骤"), "task": Said("task", "任务"), "message": Said("message", "消息"),
    "role": Said("role", "角色"), "phase": Said("phase", "阶段"), "end": Said("end", "结局"),
    "handoff": Said("handoff", "转接"), "flag": Said("rule or level", "规则或级别"), "fact": Said("fact", "事实"),
    "parameter": Said("parameter", "参数"), "measure": Said("measure", "测量"), "visit": Said("visit", "就诊"),
    "verdict": Said("rule or derived value", "规则或导出值"), "ladder": Said("ladder", "升级阶梯"),
    "word": Said("word", "用词"), "component": Said("part of the measure", "测量分项"),
    "medicine": Said("medicine", "药物"), "row": Said("line with the id", "带编号的行"),
}  # fmt: skip


@dataclass(slots=True)
class Page:
    """Reading state of one scenario. ``works`` and ``names`` are set as soon as they are known."""

    source: Source
    works: Clockwork
    names: Names
    found: list[Diagnostic] = field(default_factory=list)

    def wrong(self, code: str, path: Path, *, key: bool = False, **params: Param) -> None:
        """Note what is wrong at ``path`` (at its key with ``key``)."""
        self.found.append(Finding(code, self.source.span(path, key=key), params, self.source.file))

    def wrong_at(self, code: str, span: Span, **params: Param) -> None:
        """Note what is wrong at a span."""
        self.found.append(Finding(code, span, params, self.source.file))

    def keys(self, value: Mapping[str, Json], path: Path, known: Iterable[str]) -> bool:
        """Whether every key is known; each that is not is noted."""
        allowed = set(known)
        good = True
        for key in value:
            if key not in allowed:
                good = False
                suggestion = did_you_mean(key, allowed)
                self.wrong("scenario_unknown_key", (*path, key), key=True, known=listed(allowed),
                           suggestion=suggestion, key_name=key)
        return good

    def need(self, value: Mapping[str, Json], path: Path, key: str) -> bool:
        """Whether ``key`` is there; if not, noted."""
        if key in value:
            return True
        self.wrong("scenario_missing_key", path, key=True, key_name=key)
        return False

    def bad(self, path: Path, value: object, wanted: Said, example: str) -> None:
        """Note that a value has the wrong shape."""
        shown = "{…}" if isinstance(value, dict) else "[…]" if isinstance(value, list) else str(value)
        self.wrong("scenario_wrong_value", path, value=shown, wanted=wanted, example=example)

    def text(self, value: Json, path: Path, wanted: Said, example: str) -> str | None:
        """A text as written; anything else is noted."""
        if isinstance(value, str) and value.strip():
            return value
        self.bad(path, value, wanted, example)
        return None

    def name(
        self, value: Json, path: Path, what: str, *, known: Iterable[str] | None = None, any_ok: bool = False
    ) -> str:
        """A known name of the kind ``what``; "" when it is not one (noted)."""
        names = self.names.of_kind(what) if known is None else sorted(known)
        if isinstance(value, str) and (value in names or (any_ok and value == ANY)):
            return value
        where = ", ".join(self.names.plans) or "?"
        self.wrong("scenario_unknown_name", path, what=_WHAT[what], name=str(value), where=where,
                   known=listed(n for n in names if "." not in n), suggestion=did_you_mean(str(value), names))
        return ""

    def moment(self, value: Json, path: Path) -> Point | None:
        """A written moment; anything else is noted."""
        found = point(value, self.works.day_0) if isinstance(value, str) else None
        if found is None:
            self.bad(path, value, Said("a moment", "时刻"), POINT_EXAMPLE)
        return found

    def instant(self, value: Json, path: Path) -> datetime | None:
        """A written moment with a time of day, as an instant; anything else is noted."""
        found = self.moment(value, path)
        if found is not None and found.clock is None:
            self.bad(path, value, Said("a moment with a time of day", "带时间的时刻"), POINT_EXAMPLE)
            return None
        return None if found is None else found.begin(self.works)

    def length(self, value: Json, path: Path) -> timedelta | None:
        """A written length of time; anything else is noted."""
        found = duration(value) if isinstance(value, str) else None
        if found is None:
            self.bad(path, value, Said("a length of time", "时长"), "10 min")
        return found

    def whether(self, value: Json, path: Path) -> bool:
        """``yes`` or ``no``; anything else is noted and taken as no."""
        if value in ("yes", True):
            return True
        if value not in ("no", False):
            self.bad(path, value, Said("yes or no", "yes 或 no"), "yes")
        return False
