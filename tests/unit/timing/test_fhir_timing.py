"""Every field of FHIR's ``Timing`` by the tables of docs/reference/time.md."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from pathways.decide.calendar import CalendarContext, add_to_instant, day_start, occurrences
from pathways.timing.fhir_instants import Occurrence, instants
from pathways.timing.fhir_phrases import phrase_of_timing, timing_of
from pathways.timing.fhir_timing import EVENTS, TimingRefusedError, read_timing
from tests.unit.tables import instant, rows_of
from tests.unit.timing.test_relations import compiled

ZONE = "Asia/Shanghai"
START = instant("2026-03-02 08:00", ZONE)
CTX = CalendarContext(zone=ZONE, start=START)


def _ids(row: dict[str, str]) -> str:
    return (row.get("timing") or row["phrase"])[:90]


def _said(one: Occurrence) -> str:
    """An occurrence as the table writes it."""
    local = START.tzinfo
    opens, due = one.opens.astimezone(local), one.due.astimezone(local)
    dated = (due.hour, due.minute) == (23, 59)
    text = f"{due:%Y-%m-%d} all day" if dated else f"{due:%Y-%m-%d %H:%M}"
    if opens != due and not dated:
        text += f" from {opens:%H:%M}"
    if one.until is not None:
        text += " to " + " or ".join(f"{end.astimezone(local):%H:%M}" for end in one.until)
    return text + ("" if one.required else " may")


@pytest.mark.parametrize("row", rows_of("time.md", "fhir"), ids=_ids)
def test_a_timing_is_due_as_the_table_says(row: dict[str, str]) -> None:
    end = add_to_instant(CTX.start, int(row["days"]), "day", ZONE)
    found = list(instants(read_timing(json.loads(row["timing"])), CTX, CTX.start, end))
    assert ", ".join(map(_said, found)) == row["due"]
    assert [one.number for one in found] == list(range(1, len(found) + 1))


@pytest.mark.parametrize("row", rows_of("time.md", "fhir"), ids=_ids)
def test_the_phrase_of_a_timing_plans_the_same(row: dict[str, str]) -> None:
    repeat = read_timing(json.loads(row["timing"]))
    said = phrase_of_timing(repeat)
    assert (said.phrase or "", ", ".join(said.lost)) == (row["phrase"], row["lost"])
    if said.phrase is None or said.lost:
        return
    end = add_to_instant(CTX.start, int(row["days"]), "day", ZONE)
    planned = [slot.due for slot in occurrences(compiled(said.phrase), CTX, CTX.start, end)]
    assert planned == [one.due for one in instants(repeat, CTX, CTX.start, end)]


@pytest.mark.parametrize("row", rows_of("time.md", "events"), ids=lambda row: f"{row['code']} {row['offset']}")
def test_a_code_of_the_day_stands_for_a_customary_time(row: dict[str, str]) -> None:
    given: dict[str, Any] = {"when": [row["code"]], **({"offset": int(row["offset"])} if row["offset"] else {})}
    repeat = read_timing(given)
    ctx = CalendarContext(zone=ZONE, start=day_start(datetime(2026, 3, 2).date(), ZONE))  # noqa: DTZ001
    end = ctx.start + timedelta(days=1)
    found = [one.due for one in instants(repeat, ctx, ctx.start, end)]
    assert found == [instant(f"2026-03-02 {text}", ZONE) for text in row["due"].split(", ")]
    said = phrase_of_timing(repeat)
    assert said.phrase == row["phrase"]
    assert bool(said.lost) == (row["code"][:2] in {"AC", "PC"} and not row["offset"])
    assert [slot.due for slot in occurrences(compiled(row["phrase"]), ctx, ctx.start, end)] == found


def test_the_patients_own_times_are_taken() -> None:
    ctx = CalendarContext(zone=ZONE, start=START, customary={"breakfast": (9, 15)})
    (one,) = instants(read_timing({"when": ["ACM"], "offset": 15}), ctx, START, START + timedelta(hours=20))
    assert one.due == instant("2026-03-02 09:00", ZONE)


def test_every_code_stands_in_the_table() -> None:
    assert {row["code"] for row in rows_of("time.md", "events")} == set(EVENTS)
    assert len(EVENTS) == 26


@pytest.mark.parametrize("row", rows_of("time.md", "back"), ids=_ids)
def test_a_when_is_written_as_a_timing(row: dict[str, str]) -> None:
    written = timing_of(compiled(row["phrase"]))
    assert written.timing == (json.loads(row["timing"]) if row["timing"] else None)
    assert ", ".join(written.lost) == row["lost"]
    if written.timing is None or written.lost:
        return
    end = add_to_instant(CTX.start, 60, "day", ZONE)
    planned = [slot.due for slot in occurrences(compiled(row["phrase"]), CTX, CTX.start, end)]
    assert planned == [one.due for one in instants(read_timing(written.timing), CTX, CTX.start, end)]


REFUSED = [
    ({"duration": 3}, "tim-1"),
    ({"period": 3}, "tim-2"),
    ({"duration": -1, "durationUnit": "h"}, "tim-4"),
    ({"period": -1, "periodUnit": "h"}, "tim-5"),
    ({"period": 0, "periodUnit": "h"}, "no time passes"),
    ({"periodMax": 3, "periodUnit": "h"}, "tim-6"),
    ({"durationMax": 3, "durationUnit": "h"}, "tim-7"),
    ({"countMax": 3}, "tim-8"),
    ({"offset": 3}, "tim-9"),
    ({"offset": 3, "when": ["CM"]}, "tim-9"),
    ({"timeOfDay": ["08:00:00"], "when": ["CM"]}, "tim-10"),
    ({"frequencyMax": 2}, "frequencyMax needs frequency"),
    ({"frequency": 3, "frequencyMax": 2}, "frequencyMax: 2"),
    ({"boundsDuration": {}, "boundsPeriod": {}}, "only one of"),
    ({"boundsDuration": {"value": 3, "code": "fortnight"}}, "boundsDuration.code: 'fortnight'"),
    ({"boundsPeriod": {"end": "soon"}}, "boundsPeriod.end"),
    ({"boundsPeriod": {"end": "2026-02-30"}}, "not in the calendar"),
    ({"dayOfWeek": ["monday"]}, "dayOfWeek[0]: 'monday'"),
    ({"dayOfWeek": "mon"}, "dayOfWeek: a list"),
    ({"timeOfDay": ["8:00"]}, "timeOfDay[0]"),
    ({"timeOfDay": ["25:00:00"]}, "a day has no time"),
    ({"when": ["TEATIME"]}, "when[0]: 'TEATIME'"),
    ({"count": True}, "count: a whole number"),
    ({"event": ["x"]}, "Timing.event[0]"),
    ([], "an object"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_breaks_a_rule_is_refused(given: Any, message: str) -> None:
    with pytest.raises(TimingRefusedError) as refused:
        read_timing(given)
    assert message in str(refused.value)


def test_what_is_not_read_is_named() -> None:
    repeat = read_timing({"repeat": {"count": 1, "extension": []}, "code": {"text": "as told"}, "_event": []})
    assert repeat.unread == ("_event", "repeat.extension")
    assert read_timing({"code": {"text": "as told"}}).unread == ("code",)


def test_half_a_month_has_no_meaning() -> None:
    repeat = read_timing({"period": 0.5, "periodUnit": "mo"})
    with pytest.raises(TimingRefusedError, match=r"0\.5 mo"):
        next(instants(repeat, CTX, START, START + timedelta(days=90)))


def test_a_timing_without_end_is_worked_out_as_far_as_it_is_asked() -> None:
    repeat = read_timing({"frequency": 1, "period": 1, "periodUnit": "d"})
    far = START + timedelta(days=36_500)
    assert len(list(islice(instants(repeat, CTX, START, far), 10))) == 10
    (late, *_) = instants(repeat, CTX, START + timedelta(days=3650), far)
    assert late.number == 3651


def test_a_clock_change_moves_what_does_not_exist() -> None:
    zone = "Europe/Berlin"
    ctx = CalendarContext(zone=zone, start=instant("2026-03-28 00:00", zone))
    found = instants(read_timing({"timeOfDay": ["02:30:00"]}), ctx, ctx.start, ctx.start + timedelta(days=2))
    assert [one.due for one in found] == [instant("2026-03-28 02:30", zone), instant("2026-03-29 03:30+02:00", zone)]
