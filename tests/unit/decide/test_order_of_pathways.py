"""The order of things with several pathways of one patient: the rows of docs/reference/order.md."""

from pathways.decide.effects import PlanMessage
from pathways.decide.events import StaffVerb
from pathways.lang.plan import Plan
from tests.unit.decide.world import World, check, pathway

BODY = """
phases:
  one:
    title: {{en: One, zh: 一}}
    until: day 60 of the phase
    steps:
      measure_bp:
        measure: bp
        when: every day at {when}
        window: {{opens_before: 1 h, late_after: 2 h, missed_after: 5 h}}
        remind: [{remind}]
    at_end: [{{else: true, end: over}}]
ends:
  over: {{}}
measures:
  bp: {{use: blood_pressure, take: {take}}}
parameters:
  high: {{value: {high} mmHg, cite: local}}
rules:
  silent: {{if: measure_bp missed 20 times in a row, level: no_data, do: [{{say: well}}]}}
  {rule}:
    if: bp.systolic >= high
    level: red
    do: [{{say: advice}}, {{escalate: urgent, task: {{en: Very high, zh: 极高}}}}]
    unknown: {{not_met: single}}
messages:
  advice: {{to: patient, class: red, en: "{words}", zh: 请致电。}}
  well: {{to: patient, class: care, en: Well?, zh: 好吗？}}
"""
GIVEN = {
    "when": "morning and evening",
    "remind": "at due",
    "take": "1 reading",
    "high": "180",
    "rule": "crisis",
    "words": "Call.",
}


def plan(name: str, **given: str) -> Plan:
    return pathway(BODY.format(**{**GIVEN, **given}), name)


def two(first: Plan, second: Plan) -> World:
    w = World(first, second)
    w.enrol(first)
    w.enrol(second, name="en2", at=w.day(0, "08:05"))
    return w


def asked(w: World, day: int) -> list[str]:
    return [due for due in w.messages("remind_measure") if due.startswith(f"{day} ")]


def row(w: World, day: int, clock: str) -> PlanMessage:
    return next(r for r in w.rows() if r.template == "remind_measure" and r.due == w.day(day, clock))


def red(w: World) -> list[str]:
    return sorted(r.template for r in w.rows() if r.message_class == "red")


def test_two_pathways_ask_once_at_the_strictest_cadence() -> None:
    w = two(plan("a", when="morning"), plan("b", remind="at due, 2 h later"))
    w.run(w.day(2))
    assert asked(w, 3) == ["3 07:00", "3 09:00", "3 20:00", "3 22:00"]
    w.bp(120, 80, w.day(3, "07:05"))
    assert w.outcomes("one.measure_bp")[-2:] == ["done", "done"]  # one reading serves both
    assert asked(w, 3) == ["3 07:00", "3 20:00", "3 22:00"]
    check(w)


def test_of_two_pathways_the_one_that_wants_more_readings_asks() -> None:
    more, less = plan("a", take="2 readings 1 min apart"), plan("b")
    for w in (two(more, less), two(less, more)):
        w.run(w.day(1))
        found = row(w, 2, "07:00").unless
        assert found is not None and found.readings == 2
        assert asked(w, 2) == ["2 07:00", "2 20:00"]
        w.bp(120, 80, w.day(2, "07:01"))
        assert row(w, 2, "07:00").unless == found  # one reading is not enough for both
        check(w)


def test_when_one_pathway_stops_the_other_asks_for_itself() -> None:
    w = two(plan("a"), plan("b"))
    w.run(w.day(1))
    keeps = {r.enrolment for r in w.rows() if r.template == "remind_measure" and r.due > w.day(1)}
    assert keeps == {"en1"}
    w.send(StaffVerb("transfer", "s1", "gp", "en1", {"to": "site_b"}), w.day(1, "12:00"))
    assert asked(w, 3) == ["3 07:00", "3 20:00"]
    assert row(w, 3, "07:00").enrolment == "en2"
    check(w)


def test_of_two_pathways_the_more_cautious_emergency_threshold_holds() -> None:
    for first, second in (("160", "180"), ("180", "160")):
        w = two(plan("a", high=first), plan("b", high=second, rule="alarm", words="Call now."))
        w.bp(170, 90, w.day(1, "10:00"))
        assert len(red(w)) == 1 and len(w.open_ids()) == 1
        check(w)


def test_two_pathways_say_the_same_red_words_once() -> None:
    same = two(plan("a"), plan("b", rule="alarm", high="160"))
    same.bp(190, 90, same.day(1, "10:00"))
    assert red(same) == ["advice"]
    assert len(same.open_ids()) == 2  # each pathway's episode ends with a person
    other = two(plan("a"), plan("b", rule="alarm", words="Lie down."))
    other.bp(190, 90, other.day(1, "10:00"))
    assert red(other) == ["advice", "advice"]  # other words are not held back
    check(same)
    check(other)
