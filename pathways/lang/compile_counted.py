"""`derived` values over how a step ended."""

from __future__ import annotations

from typing import Literal, cast

from pathways.lang import phrases
from pathways.lang.compile_reader import Reader
from pathways.lang.diagnostics import Said
from pathways.lang.plan_counted import Counted
from pathways.lang.resolve import Scope
from pathways.lang.source import Path
from pathways.lang.spec import COUNTING, DerivedSpec
from pathways.lang.spec_steps import DoseStep

_ONLY_READINGS = ("leave_out", "judge", "inside", "newest")
_DAYS = {"day": 1, "week": 7, "month": 31}


def compile_counted(r: Reader) -> dict[str, Counted]:
    """The values counted over endings, in the order of the document."""
    rows = [(name, spec) for name, spec in r.spec.derived.items() if spec.function in COUNTING]
    return {name: _counted(r, ("derived", name), name, spec) for name, spec in rows}


def _counted(r: Reader, path: Path, name: str, spec: DerivedSpec) -> Counted:
    step = r.step(spec.of, (*path, "of"), Scope(r.symbols))
    first, _, rest = step.partition(".")
    needs = r.enough(spec.needs_at_least, (*path, "needs_at_least")) if spec.needs_at_least is not None else (1, 1)
    for key in _ONLY_READINGS:
        if getattr(spec, key) is not None:
            r.say("text_not_allowed", (*path, key), key=True, key_=key, needs="of: <a measure>")
    if spec.freeze:
        r.say("text_not_allowed", (*path, "freeze"), key=True, key_="freeze", needs="of: <a measure>")
    return Counted(
        id=name,
        path=f"derived.{name}",
        step=rest or first,
        phase=first if rest else None,
        function=cast("Literal['adherence', 'missed']", spec.function),
        classes=_classes(r, path, spec, rest or first),
        days=_days(r, spec.over, (*path, "over")),
        min_count=needs[0],
        min_days=needs[1],
        since_phase_start=spec.since is not None and r.word(spec.since, (*path, "since"), "since") == "phase_start",
    )


def _days(r: Reader, text: str, path: Path) -> int:
    """Whole days: endings count by the date on which they were due."""
    over = r.duration(text, path)
    if over.amount is None or over.unit not in _DAYS:
        r.say("bad_value", path, found=text, why=Said("whole days or weeks are wanted here", "此处应为整天数或整周数"))
        return 1
    return over.amount * _DAYS[over.unit]


def _classes(r: Reader, path: Path, spec: DerivedSpec, step: str) -> tuple[str, ...]:
    """``where: class is anticoagulant``; only doses have a class."""
    if spec.where is None:
        return ()
    bodies = [body for _, name, body in r.symbols.all_steps() if name == step]
    if not all(isinstance(body, DoseStep) for body in bodies):
        r.say("text_not_allowed", (*path, "where"), key=True, key_="where", needs="dose")
        return ()
    attributes = {"class": tuple(r.catalogue.medicines)}
    at = (*path, "where")
    tree = r.parse(phrases.parse_condition, spec.where, at, Said("a condition", "条件"), code="bad_condition")
    scope = Scope(r.symbols, attributes=attributes)
    words = r.build(phrases.to_selection(tree, attributes), at, scope) if tree is not None else None
    return (words or {}).get("class", ())
