"""The rules of docs/reference/time.md, row by row."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pathways.decide.calendar import CalendarContext, MedicineSlots, add_to_instant, day_start, occurrences, to_utc
from pathways.decide.worktime import add_working, next_allowed
from pathways.lang.phrases import parse_duration, parse_when, to_when
from pathways.lang.plan_base import ClockTime, Customary
from pathways.lang.plan_when import StepMoment, When
from pathways.lang.site_plan import NO_SITE, QuietHours, Role, Shift, Site, SiteCalendar
from tests.unit.tables import World, instant, moment_of, rows_of


def _id(row: dict[str, str]) -> str:
    return " · ".join(value for value in row.values() if value)[:90]


def compiled(phrase: str) -> When:
    parsed = parse_when(phrase)
    assert parsed.tree is not None, parsed.error
    resolved = to_when(parsed.tree, World())
    assert resolved.value is not None, resolved.problems
    return resolved.value


def known(text: str, zone: str) -> dict[str, Any]:
    """What a table says is known: ``surgery=2026-03-05 vte_days=14``."""
    return dict(re.findall(r"(\w+)=(.*?)(?= \w+=|$)", text)) if text else {}


def context(row: dict[str, str]) -> CalendarContext:
    zone, given = row["zone"], known(row["known"], row["zone"])
    anchors = {k: moment_of(v, zone) for k, v in given.items() if k in {"surgery", "discharge", "enrolment"}}
    steps = {k: moment_of(v, zone) for k, v in given.items() if k in {"review", "recheck", "visit", "routine"}}

    def step_moment(wanted: StepMoment) -> Any:
        return steps.get(wanted.step)

    def time(text: str) -> ClockTime | Customary:
        hour, _, minute = text.partition(":")
        return ClockTime(hour=int(hour), minute=int(minute)) if minute else Customary(name=text)

    seasons = {"flu": tuple(given["flu"].split(".."))} if "flu" in given else {}
    supply = moment_of(given["supply_end"], zone) if "supply_end" in given else None
    return CalendarContext(
        zone=zone,
        start=instant(row["start"], zone),
        anchors=anchors,
        step_moment=step_moment,
        booked=moment_of(given["booked"], zone) if "booked" in given else None,
        supply_end=supply,
        medicine=MedicineSlots(tuple(map(time, given["slots"].split()))) if "slots" in given else None,
        site=SITE if "role" in given else NO_SITE.model_copy(update={"seasons": seasons}),
        role=given.get("role"),
        param=lambda name: Decimal(given[name]) if name in given else None,
    )


@pytest.mark.parametrize("row", rows_of("time.md", "occurrences"), ids=_id)
def test_occurrences_are_due_as_the_table_says(row: dict[str, str]) -> None:
    zone, ctx = row["zone"], context(row)
    end = add_to_instant(ctx.start, int(row["days"]), "day", zone)
    slots = list(occurrences(compiled(row["phrase"]), ctx, ctx.start, end))
    wanted: list[datetime] = []
    for text in filter(None, row["due"].split(", ")):
        day, _, rest = text.partition(" ")
        wanted.append(instant(f"{day} 23:59" if rest == "all day" else text, zone))
    assert [slot.due for slot in slots] == wanted
    for slot, text in zip(slots, filter(None, row["due"].split(", ")), strict=True):
        whole = text.endswith("all day")
        if whole and not row["phrase"].startswith("once per"):
            assert slot.opens == day_start(datetime.fromisoformat(text[:10]).date(), zone)
        lasts = (
            row["phrase"].startswith("between") or " review for " in row["phrase"] or " surgery for " in row["phrase"]
        )
        assert (slot.opens is not None) == (whole or lasts)
    first = [slot.number for slot in slots][:1]
    assert first in ([], [1]), "numbers count from 1"


@pytest.mark.parametrize("row", rows_of("time.md", "random"), ids=_id)
def test_random_times_lie_where_the_table_says(row: dict[str, str]) -> None:
    zone = row["zone"]
    when = compiled(row["phrase"])
    drawn: list[list[datetime]] = []
    for patient in ("a", "b"):
        ctx = CalendarContext(zone=zone, start=instant(row["start"], zone), seed=patient)
        end = add_to_instant(ctx.start, int(row["days"]), "day", zone)
        slots = list(occurrences(when, ctx, ctx.start, end))
        assert slots == list(occurrences(when, ctx, ctx.start, end)), "the same however often it is asked"
        assert [slot.number for slot in slots] == list(range(1, len(slots) + 1))
        assert len({slot.key for slot in slots}) == len(slots)
        drawn.append([slot.due for slot in slots])
    assert drawn[0] != drawn[1], "another patient has other times"
    stretches = [part.split(" to ") for part in row["within"].split(", ")]
    assert len(stretches) == int(row["a day"])
    seen: list[set[str]] = [set() for _ in stretches]
    for index, due in enumerate(drawn[0]):
        wall = due.astimezone(ZoneInfo(zone)).strftime("%H:%M")
        low, high = stretches[index % len(stretches)]
        assert (low <= wall <= high) if low < high else (wall >= low or wall <= high)
        seen[index % len(stretches)].add(wall)
    assert all(len(found) > min(100, len(drawn[0]) // 3) // 2 for found in seen), "times differ from day to day"


SHIFT = {"weekdays": (0, 1, 2, 3, 4)}
SITE = Site(
    zone="Asia/Shanghai",
    any_role_always=False,
    roles={
        "nurse": Role(
            id="nurse",
            shifts=(
                Shift(weekdays=(0, 1, 2, 3, 4), start=ClockTime(hour=8, minute=0), end=ClockTime(hour=12, minute=0)),
                Shift(weekdays=(0, 1, 2, 3, 4), start=ClockTime(hour=14, minute=0), end=ClockTime(hour=18, minute=0)),
            ),
        ),
        "duty": Role(id="duty", always=True),
    },
    calendar=SiteCalendar(holidays=("2026-04-06",), make_up_days=("2026-04-11",)),
)


@pytest.mark.parametrize("row", rows_of("time.md", "working"), ids=_id)
def test_working_time_follows_the_roster(row: dict[str, str]) -> None:
    site = NO_SITE.model_copy(update={"zone": SITE.zone}) if row["role"] == "no site" else SITE
    length = parse_duration(row["amount"]).tree
    assert length is not None and isinstance(length.amount, int)
    role = None if row["role"] == "no site" else row["role"]
    found = add_working(instant(row["from"], SITE.zone), length.amount, length.unit, site, role)
    assert found == instant(row["result"], SITE.zone)


@pytest.mark.parametrize("row", rows_of("time.md", "quiet"), ids=_id)
def test_what_may_wait_waits_for_the_end_of_quiet_hours(row: dict[str, str]) -> None:
    quiet = QuietHours(start=ClockTime(hour=22, minute=0), end=ClockTime(hour=8, minute=0), holidays=True)
    sent = next_allowed(instant(row["wanted"], row["zone"]), quiet, row["zone"], SITE.calendar)
    assert sent == instant(row["sent"], row["zone"])


@pytest.mark.parametrize("row", rows_of("time.md", "refused"), ids=_id)
def test_a_wrong_phrase_is_refused_where_it_is_wrong(row: dict[str, str]) -> None:
    parsed = parse_when(row["phrase"])
    reason = row["expected or reason"]
    if parsed.error is not None:
        error = parsed.error
        assert (error.code, error.offset) == (row["error"], int(row["at"]))
        words = {*error.expected, error.params.get("why", ""), error.params.get("what", "")}
    else:
        assert parsed.tree is not None
        problem = to_when(parsed.tree, World()).problems[0]
        assert (problem.kind, problem.offset) == (row["error"], int(row["at"]))
        words = set(problem.candidates)
    assert not reason or reason in words


def test_midnight_as_an_end_is_the_next_date() -> None:
    day = datetime(2026, 3, 2).date()  # noqa: DTZ001
    assert to_utc(day, 24, 0, "Asia/Shanghai") == day_start(day + timedelta(days=1), "Asia/Shanghai")
