"""What people see: codes for the searches, a sentence each for decided and next, and the case sheet.

The first four lines of the sheet say: phase and day, what is wrong, what is due next, open tasks.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pathways.decide.agenda import Ahead
from pathways.decide.calendar import local_date, local_time
from pathways.decide.effects import Show
from pathways.decide.records import Task
from pathways.decide.texts import TEXTS, plain, text, word
from pathways.lang.plan_base import Text

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.run import Run

TIERS = {None: 0, "mild": 1, "moderate": 2, "severe": 3}


def show(run: Run, coming: Ahead | None) -> Show:
    """How the journey stands."""
    cases = list(run.cases.values())
    running = [c for c in cases if c.en.status in {"active", "paused", "invited"}]
    tiers = [c.phase.phase.tier for c in running if c.phase is not None]
    tier = max(tiers, key=lambda t: TIERS[t], default=None) or ""
    flags = _flags(run, running)
    upcoming = _next(run, coming)
    return Show(
        pathways=tuple(dict.fromkeys(c.plan.id for c in running)),
        phases=tuple(f"{c.plan.id}.{c.en.phase}" for c in running if c.en.phase),
        tier=tier,
        status=journey_status(run),
        flags=flags,
        open_tasks=len(run.state.tasks),
        decided=_decided(run),
        next=upcoming,
        next_at=coming.at if coming is not None else None,
        sheet=_sheet(run, cases, flags, upcoming),
    )


def journey_status(run: Run) -> str:
    """invited, active, paused or ended, over all enrolments."""
    found = {c.en.status for c in run.cases.values()}
    for status in ("active", "paused", "invited"):
        if status in found:
            return status
    return "ended" if found else "invited"


def _flags(run: Run, running: list[Case]) -> tuple[str, ...]:
    levels = {t.level for t in run.state.tasks.values()}
    for episode in run.state.episodes.values():
        levels.add(run.cases[episode.enrolment].index.rules[episode.rule].rule.level)
    out: list[str] = [level for level in ("red", "amber", "no_data") if level in levels]
    if any(c.en.status == "paused" or c.en.stopped for c in running):
        out.append("paused")
    if any(t.is_late for t in run.state.tasks.values()):
        out.append("overdue")
    return tuple(out)


def _decided(run: Run) -> Text:
    """The weightiest things of this call, three at most, in the order in which they happened."""
    if not run.decided:
        return text("quiet_day")
    ranked = sorted(range(len(run.decided)), key=lambda i: (-run.decided[i][0], i))[:3]
    parts = [run.decided[i][1] for i in sorted(ranked)]
    return Text.model_construct(en=" ".join(p.en for p in parts), zh="".join(p.zh for p in parts))


def _next(run: Run, coming: Ahead | None) -> Text:
    """The next thing for people: a planned occurrence or message may come before the next decision."""
    soonest: tuple[datetime, Text] | None = None
    for o in run.state.occurrences.values():
        if o.due is not None and o.due > run.at and (soonest is None or o.due < soonest[0]):
            soonest = (o.due, run.cases[o.enrolment].index.steps[o.step].title)
    if coming is not None and coming.what not in {"plan", "silence"} and (soonest is None or coming.at < soonest[0]):
        soonest = (coming.at, coming.text)
    if soonest is None and coming is not None:
        soonest = (coming.at, coming.text)
    if soonest is None:
        return text("sheet_nothing_next")
    when = _clock(run, soonest[0])
    return Text.model_construct(en=f"Next: {soonest[1].en} {when}", zh=f"下一步：{soonest[1].zh} {when}")


def _clock(run: Run, at: datetime) -> str:
    zone = run.state.patient.zone
    wall = local_time(at, zone)
    clock = f"{wall.hour:02d}:{wall.minute:02d}"
    if wall.date() == local_date(run.at, zone):
        return clock
    return f"{wall.month:02d}-{wall.day:02d} {clock}"


def _sheet(run: Run, cases: list[Case], flags: tuple[str, ...], upcoming: Text) -> Text:
    running = [c for c in cases if c.en.status != "ended"]
    if running:
        first = [_where(run, c) for c in running]
    elif cases:
        first = [text("sheet_ended", what=_end(c)) for c in cases]
    else:
        first = [text("sheet_none")]
    tasks = sorted(run.state.tasks.values(), key=lambda t: (t.level != "red", t.opened, t.key))[:8]
    latest = "".join(f"\n- {name}: {value}" for name, value in _latest(run))
    tail = f"\n{latest}" if latest else ""
    return _made(
        _lines(first, flags, upcoming, tasks, 0) + tail,
        _lines(first, flags, upcoming, tasks, 1) + tail,
    )


def _lines(first: list[Text], flags: tuple[str, ...], upcoming: Text, tasks: list[Task], language: int) -> str:
    def said(words: Text) -> str:
        return words.zh if language else words.en

    def fixed(key: str, **values: str) -> str:
        return TEXTS[key][language].format(**values)

    join, comma = ("；", "、") if language else ("; ", ", ")
    wrong = comma.join(said(word("flag", flag)) for flag in flags)
    names = comma.join(f"{t.title[language]} ({t.role})" for t in tasks)
    lines = (
        f"**{join.join(said(words) for words in first)}**",
        fixed("sheet_wrong", what=wrong) if wrong else fixed("sheet_fine"),
        said(upcoming),
        fixed("sheet_tasks", what=names) if names else fixed("sheet_no_tasks"),
    )
    return "\n\n".join(lines)


def _made(en: str, zh: str) -> Text:
    return Text.model_construct(en=en, zh=zh)


def _where(run: Run, case: Case) -> Text:
    if case.phase is None or case.en.entered is None:
        return text("sheet_invited", pathway=case.plan.title)
    day = (local_date(run.at, case.zone) - local_date(case.en.entered, case.zone)).days
    words = text("sheet_phase", pathway=case.plan.title, phase=case.phase.phase.title, day=day)
    if case.en.status == "paused":
        extra = text("sheet_paused")
        return Text.model_construct(en=f"{words.en} ({extra.en})", zh=f"{words.zh}（{extra.zh}）")
    return words


def _end(case: Case) -> Text:
    spec = case.plan.ends.get(case.en.end)
    return spec.title if spec is not None and spec.title is not None else plain(case.en.end.replace("_", " "))


def _latest(run: Run) -> list[tuple[str, str]]:
    """The newest reading of each measure."""
    out = []
    for measure in sorted(run.live.readings):
        rows = run.live.readings[measure]
        if rows:
            kept = rows[-1][2]
            values = "/".join(f"{v:f}" for v in list(kept.values.values())[:2])
            out.append((measure.replace("_", " "), f"{values} ({_clock(run, rows[-1][0])})"))
    return out
