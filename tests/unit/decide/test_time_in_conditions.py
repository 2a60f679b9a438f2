"""Conditions that hold for a while, windows that close, and values that change only when they should."""

from tests.unit.decide.world import World, check, pathway, reading

BODY = """
phases:
  one:
    title: {en: One, zh: 一}
    until: day 60 of the phase
    steps:
      measure_bp:
        measure: bp
        when: every day at morning and evening for 3 days every 2 weeks
        window: {opens_before: 1 h, late_after: 2 h, missed_after: 5 h}
      call: {task: {en: Call, zh: 致电}, role: nurse, when: as soon as measure_bp missed 9 times in a row, due: 1 day}
    leave:
      - {if: mean_bp.systolic >= goal, go: two}
    at_end: [{else: true, end: over}]
  two:
    title: {en: Two, zh: 二}
    until: day 90 of the phase
    steps:
      hello: {task: {en: Hello, zh: 你好}, role: nurse, when: at phase start, due: 1 day}
    at_end: [{else: true, end: over}]
ends:
  over: {}
derived:
  mean_bp: {of: bp, as: mean, over: 3 days, needs_at_least: 4 readings on 2 days, judge: block end, since: phase start}
"""


def test_a_condition_that_holds_for_days_fires_when_they_are_over() -> None:
    rule = """rules:
  long_high:
    if: bp.systolic >= goal for 3 days
    level: amber
    do: [{task: {en: Long, zh: 持续}, role: nurse, due: 4 h}]
    unknown: {not_met: single}
"""
    w = World(pathway(BODY + rule))
    w.enrol()
    w.bp(140, 80, w.day(1, "09:00"))
    assert w.next_due == w.day(4, "09:00")
    w.bp(141, 80, w.day(3, "09:00"))
    w.run(w.day(4, "08:59"))
    assert w.opened("long_high") == []
    w.run(w.day(4, "09:00"))
    assert w.opened("long_high") == ["4 09:00"]


def test_a_condition_that_breaks_begins_again() -> None:
    rule = """rules:
  long_high:
    if: bp.systolic >= goal for 3 days
    level: amber
    do: [{task: {en: Long, zh: 持续}, role: nurse, due: 4 h}]
    unknown: {not_met: single}
"""
    w = World(pathway(BODY + rule))
    w.enrol()
    w.bp(140, 80, w.day(1, "09:00"))
    w.bp(120, 80, w.day(2, "09:00"))
    w.bp(140, 80, w.day(3, "09:00"))
    w.run(w.day(5))
    assert w.opened("long_high") == []
    w.run(w.day(6, "09:00"))
    assert w.opened("long_high") == ["6 09:00"]


def measured(w: World, level: int, days: range) -> None:
    for number in days:
        for clock in ("07:00", "20:00"):
            w.bp(level, 80, w.day(number, clock))


def test_a_block_value_is_unknown_until_the_block_has_closed() -> None:
    w = World(pathway(BODY))
    w.enrol()
    measured(w, 150, range(14, 17))  # the first block begins one cycle after entry
    assert w.phase == "one"  # the last measurement is done, the block runs to its end
    w.run(w.day(17, "00:00"))
    assert w.phases()[-1] == ("17 00:00", "two")
    assert w.words("window") == [("17 00:00", "derived.mean_bp")]


def test_a_block_closes_when_the_last_that_is_open_then_has_ended() -> None:
    w = World(pathway(BODY))
    w.enrol()
    measured(w, 150, range(14, 16))
    w.bp(150, 80, w.day(16, "07:00"))
    w.run(w.day(17, "00:30"))
    assert w.phase == "one"
    w.run(w.day(17, "01:00"))
    assert w.phases()[-1] == ("17 01:00", "two")
    check(w)


def test_too_few_readings_leave_a_block_unknown() -> None:
    w = World(pathway(BODY))
    w.enrol()
    w.bp(150, 80, w.day(14, "07:00"))
    w.run(w.day(18))
    assert w.phase == "one"
    assert [data["why"] for data in _windows(w)] == ["too_few"]


def test_readings_outside_the_block_do_not_change_a_closed_value() -> None:
    w = World(pathway(BODY))
    w.enrol()
    measured(w, 120, range(14, 17))
    w.run(w.day(17, "01:00"))
    before = w.state.to_json()["derived"]
    w.bp(170, 80, w.day(18, "09:00"))
    assert w.state.to_json()["derived"] == before
    assert w.phase == "one"


def _windows(w: World) -> list[dict[str, object]]:
    from pathways.decide.effects import Timeline

    return [e.data for e in w.of(Timeline) if e.word == "window"]


def test_streaks_speak_of_takes_by_their_mean() -> None:
    rule = """rules:
  twice:
    if: bp.systolic >= goal 2 times in a row
    level: amber
    do: [{task: {en: Twice, zh: 两次}, role: nurse, due: 4 h}]
    unknown: {not_met: single}
"""
    w = World(pathway(BODY + rule))
    w.enrol()
    w.bp(140, 80, w.day(1, "09:00"))
    w.bp(140, 80, w.day(1, "09:08"))  # within ten minutes and without an occurrence: one take
    assert w.opened("twice") == []
    w.bp(160, 80, w.day(1, "12:00"))
    assert w.opened("twice") == ["1 12:00"]
    other = World(pathway(BODY + rule))
    other.enrol()
    other.bp(140, 80, other.day(1, "09:00"))
    other.bp(120, 80, other.day(1, "09:08"))  # their mean is 130
    other.bp(160, 80, other.day(1, "12:00"))
    assert other.opened("twice") == []


def test_late_readings_belong_to_the_window_of_their_own_time() -> None:
    w = World(pathway(BODY))
    w.enrol()
    w.run(w.day(16, "12:30"))
    late = [
        w.event(reading(150, 80), w.day(d, c), w.day(16, "22:00")) for d in (14, 15, 16) for c in ("07:00", "20:00")
    ]
    w.run(w.day(17, "02:00"), late)
    assert w.outcomes("one.measure_bp")[:5] == ["missed"] * 5
    assert w.phase == "two"
