"""A timing of FHIR and the phrase that says it plan the same, over zones, clock changes and starts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pathways.decide.calendar import CalendarContext, occurrences
from pathways.lang.phrases import parse_when, to_when
from pathways.lang.plan_when import When
from pathways.timing.fhir_instants import instants
from pathways.timing.fhir_phrases import phrase_of_timing, timing_of
from pathways.timing.fhir_timing import DAYS_OF_WEEK, EVENTS, read_timing
from tests.unit.tables import World

SLOW = (HealthCheck.too_slow,)  # the machine is shared
ZONES = st.sampled_from(("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"))
STARTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001
    lambda d: d.replace(second=0, microsecond=0, tzinfo=UTC)
)
UNITS = ("min", "h", "d", "wk", "mo", "a")


@st.composite
def timings(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        found |= {"frequency": draw(st.integers(1, 4))}
    if draw(st.booleans()):
        found |= {"period": draw(st.integers(1, 5)), "periodUnit": draw(st.sampled_from(UNITS))}
    if draw(st.booleans()):
        found["dayOfWeek"] = draw(st.lists(st.sampled_from(DAYS_OF_WEEK), min_size=1, max_size=3, unique=True))
    match draw(st.sampled_from(("none", "times", "when"))):
        case "times":
            found["timeOfDay"] = draw(
                st.lists(st.sampled_from(("06:00:00", "09:30:00", "21:00:00")), min_size=1, max_size=2)
            )
        case "when":
            found["when"] = draw(st.lists(st.sampled_from(sorted(EVENTS)), min_size=1, max_size=2, unique=True))
        case _:
            pass
    if draw(st.booleans()):
        found["count"] = draw(st.integers(1, 9))
    match draw(st.sampled_from(("none", "duration", "period"))):
        case "duration":
            found["boundsDuration"] = {
                "value": draw(st.integers(1, 40)),
                "code": draw(st.sampled_from(("h", "d", "wk"))),
            }
        case "period":
            found["boundsPeriod"] = {"end": draw(st.dates(date(2024, 1, 1), date(2027, 6, 1))).isoformat()}
        case _:
            pass
    return found


def compiled(phrase: str) -> When:
    parsed = parse_when(phrase)
    assert parsed.tree is not None, (phrase, parsed.error)
    resolved = to_when(parsed.tree, World())
    assert resolved.value is not None, (phrase, resolved.problems)
    return resolved.value


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW)
@given(timing=timings(), zone=ZONES, start=STARTS, days=st.integers(1, 60))
def test_a_phrase_plans_what_its_timing_says(timing: dict[str, Any], zone: str, start: datetime, days: int) -> None:
    repeat = read_timing(timing)
    said = phrase_of_timing(repeat)
    ctx = CalendarContext(zone=zone, start=start)
    end = start + timedelta(days=days)
    found = [one.due for one in instants(repeat, ctx, start, end)]
    assert found == sorted(set(found))
    assert all(due >= start for due in found)
    assume(said.phrase is not None)
    assert said.phrase is not None
    when = compiled(said.phrase)
    if all(name.startswith("repeat.when") for name in said.lost):
        assert [slot.due for slot in occurrences(when, ctx, start, end)] == found


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW)
@given(timing=timings(), zone=ZONES, start=STARTS)
def test_a_phrase_written_back_is_the_same_timing(timing: dict[str, Any], zone: str, start: datetime) -> None:
    said = phrase_of_timing(read_timing(timing))
    assume(said.phrase is not None)
    assert said.phrase is not None
    written = timing_of(compiled(said.phrase))
    assume(written.timing is not None and not written.lost and not said.lost)
    ctx = CalendarContext(zone=zone, start=start)
    end = start + timedelta(days=40)
    again = instants(read_timing(written.timing), ctx, start, end)
    assert [one.due for one in again] == [one.due for one in instants(read_timing(timing), ctx, start, end)]
