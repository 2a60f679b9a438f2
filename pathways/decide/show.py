"""What people see: codes for the searches, a sentence each for decided and next, and the case sheet.

The first four lines of the sheet say: phase and day, what is wrong, what is due next, open tasks.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from pathways.decide.agenda import Ahead
from pathways.decide.calendar import local_date, local_time
from pathways.decide.calendar_zone import day_start
from pathways.decide.effects import Show, Timeline
from pathways.decide.readings import numbers
from pathways.decide.records import Kept, Task
from pathways.decide.rule_title import title
from pathways.decide.texts import TEXTS, made, plain, text
from pathways.lang.plan_base import Text
from pathways.lang.plan_say import role_words, unit_word

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.run import Run

BREAK = "  \n"
"""A new line in Markdown. No paragraphs: the Temporal UI has room for a few lines."""
TIERS = {None: 0, "mild": 1, "moderate": 2, "severe": 3}


NOTHING = Text.model_construct(en="", zh="")


def show(run: Run, coming: Ahead | None, *, words: bool = True) -> Show:
    """How the journey stands; without ``words`` only its codes."""
    cases = list(run.cases.values())
    running = [c for c in cases if c.en.status in {"active", "paused", "invited"}]
    tiers = [c.phase.phase.tier for c in running if c.phase is not None]
    tier = max(tiers, key=lambda t: TIERS[t], default=None) or ""
    flags = _flags(run, running)
    upcoming = _next(run, coming) if words else NOTHING
    return Show(
        pathways=tuple(dict.fromkeys(c.plan.id for c in running)),
        phases=tuple(f"{c.plan.id}.{c.en.phase}" for c in running if c.en.phase),
        tier=tier,
        status=journey_status(run),
        flags=flags,
        open_tasks=sum(not t.with_ for t in run.state.tasks.values()),
        decided=_decided(run) if words else NOTHING,
        next=upcoming,
        next_at=coming.at if coming is not None else None,
        sheet=_sheet(run, cases, flags, upcoming) if words else NOTHING,
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
    # A partner's last word is told as its report and as the end of the step: once is enough.
    found = list({words.en: (weight, words) for weight, words in run.decided}.values())
    ranked = sorted(range(len(found)), key=lambda i: (-found[i][0], i))[:3]
    parts = [found[i][1] for i in sorted(ranked)] or _taken_in(run)
    en, zh = " ".join(p.en for p in parts), "".join(p.zh for p in parts)
    # A title that is a question ends with its own sign.
    return made(en.replace("?.", "?"), zh.replace("？。", "？"))


def _taken_in(run: Run) -> list[Text]:
    """What a call that decided nothing took in: its last two entries of the timeline, what came from the patient first;
    none where nothing happened."""
    told = [e for e in run.effects if isinstance(e, Timeline) and e.word != "message_not_sent"]
    heard = [e for e in told if e.word in {"reading", "occurrence"}]
    return list({e.text.en: e.text for e in heard or told}.values())[-2:]


Pair = tuple[str, str]
"""Words in English and Chinese: a text is made of them once, at the end."""


def _next(run: Run, coming: Ahead | None) -> Text:
    """The next thing for people: a planned occurrence or message may come before the next decision."""
    first = run.live.first_due(run.state, run.at)
    if first is not None and first.due is not None and not _sooner(coming, first.due):
        step = run.cases[first.enrolment].index.steps[first.step]
        # A visit has a day, and an hour once it is booked.
        return _upcoming(run, step.title, first.due, hour=step.body.kind != "visit" or first.booked is not None)
    return text("sheet_nothing_next") if coming is None else _upcoming(run, coming.text, coming.at)


def _sooner(coming: Ahead | None, due: datetime) -> bool:
    return coming is not None and coming.what not in {"plan", "silence"} and coming.at < due


def _upcoming(run: Run, what: Text, at: datetime, *, hour: bool = True) -> Text:
    when = _clock(run, at)
    when = when.removesuffix(" 00:00" if hour else when[5:])
    return made(f"Next: {what.en} {when}", f"下一步：{what.zh} {when}")


def _today(run: Run) -> date:
    zone = run.state.patient.zone
    found: tuple[datetime, datetime, date] | None = run.live.cache.get(("day", zone))
    if found is None or not found[0] <= run.at < found[1]:
        day = local_date(run.at, zone)
        found = day_start(day, zone), day_start(day + timedelta(days=1), zone), day
        run.live.remember(("day", zone), found)
    return found[2]


def _clock(run: Run, at: datetime) -> str:
    """Wall time, with the date when it is another day."""
    key = ("clock", at, run.state.patient.zone)
    found: tuple[date, str, str] | None = run.live.cache.get(key)
    if found is None:
        wall = local_time(at, run.state.patient.zone)
        clock = f"{wall.hour:02d}:{wall.minute:02d}"
        found = run.live.remember(key, (wall.date(), clock, f"{wall.month:02d}-{wall.day:02d} {clock}"))
    return found[1] if found[0] == _today(run) else found[2]


def _said(key: str, en: dict[str, object], zh: dict[str, object]) -> Pair:
    words = TEXTS[key]
    return words[0].format(**en), words[1].format(**zh)


def _sheet(run: Run, cases: list[Case], flags: tuple[str, ...], upcoming: Text) -> Text:
    running = [c for c in cases if c.en.status != "ended"]
    if running:
        first = [_where(run, c) for c in running]
    elif cases:
        first = [_ended(c) for c in cases]
    else:
        first = [TEXTS["sheet_none"]]
    people_see = [t for t in run.state.tasks.values() if not t.with_]
    tasks = sorted(people_see, key=lambda t: (t.level != "red", t.opened, t.key))[:8]
    troubles = _troubles(run) if run.state.episodes else {}
    latest = _latest(run)
    tails = ["".join(BREAK + said[i] for said in latest) for i in (0, 1)]
    return made(
        _lines([f[0] for f in first], flags, troubles, upcoming.en, tasks, 0) + tails[0],
        _lines([f[1] for f in first], flags, troubles, upcoming.zh, tasks, 1) + tails[1],
    )


Troubles = dict[str, list[Text]]
"""Per level, what the open episodes are called."""


def _troubles(run: Run) -> Troubles:
    found: Troubles = {}
    for episode in sorted(run.state.episodes.values(), key=lambda e: e.key):
        rule = run.cases[episode.enrolment].index.rules[episode.rule].rule
        titles = found.setdefault(rule.level, [])
        if (name := title(rule)) not in titles:
            titles.append(name)
    return found


def _wrong(flag: str, troubles: Troubles, language: int) -> str:
    """``red flag (Very high blood pressure)``: a flag with what raised it."""
    names = [t.zh if language else t.en for t in troubles.get(flag, ())]
    said = TEXTS[f"flag_{flag}"][language]
    if not names:
        return said
    return f"{said}（{'、'.join(names)}）" if language else f"{said} ({', '.join(names)})"


def _lines(
    first: list[str], flags: tuple[str, ...], troubles: Troubles, upcoming: str, tasks: list[Task], language: int
) -> str:
    join, comma = ("；", "、") if language else ("; ", ", ")
    wrong = join.join(_wrong(flag, troubles, language) for flag in flags)
    names = comma.join(_task(t, language) for t in tasks)
    lines = (
        f"**{join.join(first)}**",
        TEXTS["sheet_wrong"][language].format(what=wrong) if wrong else TEXTS["sheet_fine"][language],
        upcoming,
        TEXTS["sheet_tasks"][language].format(what=names) if names else TEXTS["sheet_no_tasks"][language],
    )
    return BREAK.join(lines)


def _task(task: Task, language: int) -> str:
    role = role_words(task.role)
    return f"{task.title[1]}（{role.zh}）" if language else f"{task.title[0]} ({role.en})"


def _where(run: Run, case: Case) -> Pair:
    key = ("where", case.id, case.en.visit, case.en.status, _today(run), case.zone)
    found: Pair | None = run.live.cache.get(key)
    if found is None:
        found = run.live.remember(key, _phase_and_day(run, case))
    return found


def _phase_and_day(run: Run, case: Case) -> Pair:
    title = case.plan.title
    if case.phase is None or case.en.entered is None:
        return _said("sheet_invited", {"pathway": title.en}, {"pathway": title.zh})
    day = (_today(run) - local_date(case.en.entered, case.zone)).days
    phase = case.phase.phase.title
    words = _said(
        "sheet_phase",
        {"pathway": title.en, "phase": phase.en, "day": day},
        {"pathway": title.zh, "phase": phase.zh, "day": day},
    )
    if case.en.status == "paused":
        extra = TEXTS["sheet_paused"]
        return f"{words[0]} ({extra[0]})", f"{words[1]}（{extra[1]}）"
    return words


def _ended(case: Case) -> Pair:
    spec = case.plan.ends.get(case.en.end)
    words = spec.title if spec is not None and spec.title is not None else plain(case.en.end.replace("_", " "))
    return _said("sheet_ended", {"what": words.en}, {"what": words.zh})


def _latest(run: Run) -> list[Pair]:
    """The newest reading of each measure: what people call it, its numbers with their unit, when."""
    out = []
    for measure in sorted(run.live.readings):
        rows = run.live.readings[measure]
        if rows:
            at, _, kept = rows[-1]
            said, when = _reading(run, measure, kept), _clock(run, at)
            out.append((f"{said[0]} ({when})", f"{said[1]}（{when}）"))
    return out


def _reading(run: Run, measure: str, kept: Kept) -> Pair:
    key = ("reading", kept.key, len(run.cases))
    found: Pair | None = run.live.cache.get(key)
    if found is None:
        name, units = _measure(run, measure)
        values = numbers(run, kept, " / ")  # spaces: the Temporal UI makes a fraction sign of "2/3"
        said = [f"{values} {unit}".rstrip() for unit in units]
        found = run.live.remember(key, (f"{name[0]}: {said[0]}", f"{name[1]}：{said[1]}"))
    return found


def _measure(run: Run, catalogue: str) -> tuple[Pair, Pair]:
    """What the pathways call a measure, and its unit; its id once none of them is running that has it."""
    for case in run.cases.values():
        for measure in case.index.measures_of.get(catalogue, ()):
            named = case.plan.measures[measure]
            units = {c.unit for c in named.components[:2]}
            unit = units.pop() if len(units) == 1 else ""
            return (named.title.en, named.title.zh), (unit_word(unit), unit_word(unit, "zh"))
    words = catalogue.replace("_", " ")
    return (words, words), ("", "")
