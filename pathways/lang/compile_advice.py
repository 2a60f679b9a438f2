"""Proposals of advice: from the document to the plan."""

from __future__ import annotations

from typing import Final

from pathways.lang.catalogue import text_of
from pathways.lang.compile_handoffs import compile_sends
from pathways.lang.compile_reader import Reader
from pathways.lang.plan_advice import AdviceRow, AdviseBody
from pathways.lang.plan_base import Duration
from pathways.lang.resolve import Scope
from pathways.lang.source import Path
from pathways.lang.spec_advice import AdviceRowSpec
from pathways.lang.spec_steps import AdviseStep

_JUDGED: Final = " later"
_RESTS: Final = ("for ", " if it did nothing")
_CLASSES: Final = ("care", "info")


def compile_advice(r: Reader, path: Path, spec: AdviseStep, scope: Scope) -> AdviseBody:
    """A proposal from rows. It is a message to the patient, and a role approves it."""
    r.role(spec.role, (*path, "role"))
    if spec.escalate is not None:
        r.ladder(spec.escalate, (*path, "escalate"))
    effects = [row for row in spec.advise if row.effect is not None]
    if (spec.judged is None) != (not effects) or (spec.not_again is not None and spec.judged is None):
        r.say("advice_never_judged", path, key=True)
    last = len(spec.advise) - 1
    for index, row in enumerate(spec.advise):
        if row.otherwise and index != last:
            r.say("row_after_else", (*path, "advise", index + 1))
    return AdviseBody(
        rows=tuple(_row(r, (*path, "advise", i), row, scope) for i, row in enumerate(spec.advise)),
        role=spec.role,
        due=r.duration(spec.due, (*path, "due")),
        expires=r.duration(spec.expires, (*path, "expires")),
        ladder=spec.escalate,
        show=compile_sends(r, (*path, "show"), spec.show, scope),
        judged=_phrase(r, (*path, "judged"), "judged", spec.judged, "", _JUDGED),
        rests=_phrase(r, (*path, "not_again"), "not_again", spec.not_again, *_RESTS),
    )


def _row(r: Reader, path: Path, row: AdviceRowSpec, scope: Scope) -> AdviceRow:
    if r.message(row.message, (*path, "is")):
        message = r.spec.messages[row.message]
        if list(message.to) != ["patient"] or message.kind not in _CLASSES:
            r.say("advice_not_for_patient", (*path, "is"), name=row.message)
    if row.test is None and row.otherwise is None:
        r.say("row_without_test", path)
    if row.test is None:
        test: object = "else"
    elif row.test == "unknown":
        test = "unknown"
    else:
        test = r.condition(row.test, (*path, "if"), scope)
    return AdviceRow(
        path=r.dotted(path),
        test=test,  # type: ignore[arg-type]
        advice=row.message,
        because=text_of(row.because),
        effect=None if row.effect is None else r.condition(row.effect, (*path, "effect"), scope),
    )


def _phrase(r: Reader, path: Path, key: str, written: str | None, before: str, after: str) -> Duration | None:
    """The length of time inside a phrase of fixed words."""
    if written is None:
        return None
    said = " ".join(written.split())
    if not said.startswith(before) or not said.endswith(after):
        r.say("not_one_of", path, key_=key, value=written, known=f"`{before}<duration>{after}`")
        return None
    return r.duration(said[len(before) : len(said) - len(after)], path, offset=len(before))
