"""`as: adherence` and `as: missed`: how much was done of what was asked for."""

import pytest

from pathways.decide.explain import explain
from pathways.decide.journey import why
from pathways.lang.load import load_pathway
from tests.unit.decide.world import World, check, pathway, prescription, written

BODY = """
parameters:
  enough: {value: 80 %, cite: local}
  often: {value: 2, cite: local}
derived:
  taken: {of: tablets, as: adherence, over: 7 days, needs_at_least: 4 doses on 2 days}
  heart_taken: {of: tablets, as: adherence, over: 7 days, where: class is antihypertensive}
  skipped_days: {of: measure_bp, as: missed, over: 3 days, since: phase start}
throughout:
  tablets:
    dose: medicines
    when: at each slot of the medicine
    window: {late_after: 1 h, missed_after: 3 h}
    catch_up: skip
phases:
  one:
    title: {en: One, zh: 一}
    until: day 40 of the phase
    steps:
      measure_bp: {measure: bp, when: every day at 07:00, window: {missed_after: 2 h}}
    leave: [{if: frail is yes, go: two}]
    at_end: [{else: true, end: over}]
  two:
    title: {en: Two, zh: 二}
    until: day 40 of the phase
    steps:
      measure_bp: {measure: bp, when: every day at 07:00, window: {missed_after: 2 h}}
    at_end: [{else: true, end: over}]
ends: {over: {}}
rules:
  gone: {if: measure_bp missed 30 times in a row, level: no_data, do: {escalate: urgent}}
  careless:
    if: taken < enough
    level: amber
    do: {task: {en: Talk about the tablets, zh: 谈用药}, role: nurse, due: 2 days}
    unknown: {not_met: too few doses yet}
  heart:
    if: heart_taken < enough
    level: info
    do: {task: {en: Heart, zh: 心}, role: nurse, due: 2 days}
    unknown: {not_met: too few doses yet}
  silent:
    if: skipped_days >= often
    level: no_data
    do: {task: {en: Silent, zh: 无数据}, role: nurse, due: 2 days}
    unknown: {not_met: nothing was due yet}
"""


def world(*rows: dict[str, object]) -> World:
    w = World(pathway(BODY), round_trip=True)
    known = list(rows) or [prescription(slots=["08:00", "20:00"])]
    w.enrol(at=w.day(0, "21:00"), facts={"medicines": known, "frail": "no"})
    return w


def take(w: World, day: int, *clocks: str, outcome: str = "taken", **more: object) -> None:
    for clock in clocks:
        w.answer("throughout.tablets", w.day(day, clock), outcome=outcome, **more)


def value(w: World, name: str) -> str:
    rows = w.state.derived.get(f"en1|{name}")
    assert rows is not None
    asked, done, missed = (sum(row[i] for row in rows.by_day.values()) for i in range(3))
    return f"{done}/{asked} missed {missed}"


def test_what_was_taken_of_what_was_asked_for() -> None:
    w = world()
    take(w, 1, "08:10", "20:10")
    take(w, 2, "08:10")
    w.run(w.day(2, "22:59"))
    assert not w.opened("careless")  # 3 of 3, one still open: too few to say
    w.run(w.day(2, "23:00"))  # missed: 3 of 4
    assert value(w, "taken") == "3/4 missed 1"
    assert w.opened("careless") == ["2 23:00"]
    check(w)


def test_late_counts_as_done_and_a_refusal_does_not() -> None:
    w = world()
    take(w, 1, "09:30")
    take(w, 1, "20:10", outcome="not_taken", why="felt ill")
    take(w, 2, "08:10", "20:10")
    assert value(w, "taken") == "3/4 missed 0"


def test_medicines_count_each_by_itself_and_by_class() -> None:
    other = prescription("rx2", slots=["08:00"], **{"class": ["anticoagulant"]})
    w = world(prescription(slots=["08:00"]), other)
    take(w, 1, "08:10", outcome="taken", medicine="rx1")
    take(w, 1, "08:20", outcome="not_taken", medicine="rx2", why="forgot")
    assert value(w, "taken") == "1/2 missed 0"
    assert value(w, "heart_taken") == "1/1 missed 0"


def test_what_was_paused_or_stopped_was_not_asked_for() -> None:
    w = world()
    take(w, 1, "08:10")
    w.verb("pause", w.day(1, "12:00"))
    w.verb("resume", w.day(3, "12:00"))
    assert value(w, "taken") == "1/1 missed 0"
    w.verb("set_fact", w.day(3, "13:00"), fact="medicines", value=[])
    w.run(w.day(6))
    assert value(w, "taken") == "1/1 missed 0"


def test_the_window_is_the_day_of_the_newest_and_those_before_it() -> None:
    w = world()
    for day in range(1, 11):
        take(w, day, "08:10", "20:10")
    assert value(w, "taken") == "14/14 missed 0"
    assert len(w.state.derived["en1|taken"].by_day) == 7  # no more is kept than is looked at


def test_missed_is_counted_and_a_new_phase_begins_at_nothing() -> None:
    w = world()
    w.run(w.day(1, "09:00"))
    assert value(w, "skipped_days") == "0/1 missed 1"
    assert not w.opened("silent")
    w.run(w.day(2, "09:00"))
    assert w.opened("silent") == ["2 09:00"]
    w.verb("set_fact", w.day(2, "10:00"), fact="frail", value="yes")
    w.run(w.day(3, "09:00"))
    assert value(w, "skipped_days") == "0/1 missed 1"


def test_why_says_how_many_there_were() -> None:
    w = world()
    take(w, 1, "08:10")
    found = why(w.plans, w.site, w.state, "careless")
    assert found is not None
    assert "1 of 4" in explain(found, "en")
    assert "1/4" in explain(found, "zh")


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ("over: 7 days, needs", "over: 7 h, needs", "bad_value"),
        ("over: 7 days, needs", "over: 7 days, judge: block end, needs", "text_not_allowed"),
        ("of: measure_bp, as: missed,", "of: measure_bp, as: missed, where: class is heart,", "text_not_allowed"),
        ("where: class is antihypertensive", "where: class is herbal", "unknown_word"),
        ("of: tablets, as: adherence, over: 7 days, n", "of: bp, as: adherence, over: 7 days, n", "not_a_step"),
        ("if: taken < enough", "if: taken < often", "bare_number"),
        ("if: taken < enough", "if: taken < 80", "bare_number"),
        ("if: taken < enough", "if: taken.value < enough", "unknown_component"),
    ],
)
def test_what_cannot_be_counted_is_refused(right: str, wrong: str, code: str) -> None:
    assert right in BODY
    text = BODY.replace(right, wrong)
    found = load_pathway(written(text), "test.yaml")
    assert found.plan is None
    assert code in {d.code for d in found.diagnostics}
