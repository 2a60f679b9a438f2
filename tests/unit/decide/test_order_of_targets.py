"""One number in several pathways of a patient, with a stated answer: the rows of docs/reference/order.md."""

from pathways.decide.effects import SetWatches, Timeline
from pathways.decide.events import StaffVerb
from pathways.lang.plan import Plan
from tests.unit.decide.world import World, check, pathway

BODY = """
phases:
  one:
    title: {{en: One, zh: 一}}
    until: day 60 of the phase
    steps: {{look: {{say: well, when: at phase start}}}}
    at_end: [{{else: true, end: over}}]
ends:
  over: {{}}
measures:
  bp: {{use: blood_pressure}}
parameters:
  goal: {{value: {goal} mmHg, cite: local{adjustable}}}
{merge}
rules:
  above:
    if: bp.systolic >= goal
    level: amber
    do: [{{task: {{en: Above, zh: 偏高}}, role: nurse, due: 1 day}}]
    unknown: {{not_met: single}}
messages:
  well: {{to: patient, class: care, en: Well?, zh: 好吗？}}
"""
BOUNDS = ", adjustable: {range: 110 to 150 mmHg, by: [gp]}"


def plan(name: str, goal: int, how: str = "", adjustable: str = BOUNDS) -> Plan:
    merge = f"merge: {{goal: {how}}}" if how else ""
    return pathway(BODY.format(goal=goal, adjustable=adjustable, merge=merge), name)


def world(*plans: Plan) -> World:
    w = World(*plans, round_trip=True)
    for number, one in enumerate(plans, 1):
        w.enrol(one, name=f"en{number}")
    return w


def goals(w: World) -> list[str]:
    """The goal of each pathway now, as the screens of the ingest have it."""
    rows = w.of(SetWatches)[-1].rows
    found = {row["enrolment"]: row["cond"]["right"]["quantity"]["value"] for row in rows if row["rule"] == "above"}
    return [found[key] for key in sorted(found)]


def told(w: World) -> list[tuple[str, str]]:
    return [(e.enrolment or "", e.text.en) for e in w.of(Timeline) if e.word == "target"]


def test_a_stated_answer_for_a_number_holds_in_both_pathways() -> None:
    for first, second, value in (
        ((135, "lowest"), (130, ""), "130"),
        ((135, ""), (130, "lowest"), "130"),
        ((135, "highest"), (130, ""), "135"),
        ((135, "highest"), (130, "highest"), "135"),
        ((135, "mine"), (130, ""), "135"),
        ((135, ""), (130, "mine"), "130"),
    ):
        w = world(plan("a", *first), plan("b", *second))
        assert goals(w) == [value, value]
        assert not [i for i in w.open_ids() if i.startswith("conflict")]
        w.bp(int(value), 80, w.day(1, "10:00"))
        assert w.open_ids() == ["above", "above"]  # both pathways judge by the one number
        check(w)
    w = world(plan("a", 135, "lowest"), plan("b", 130))
    assert told(w) == [
        ("en1", "goal is 130 mmHg, as Test has it: of several pathways the lowest number holds."),
        ("en2", "goal is 130 mmHg, as Test has it: of several pathways the lowest number holds."),
    ]


def test_a_stated_answer_holds_only_while_both_pathways_run() -> None:
    w = world(plan("a", 135, "lowest"), plan("b", 130))
    w.send(StaffVerb("pause", "s1", "gp", "en2"), w.day(1))
    assert goals(w) == ["130", "130"]
    w.send(StaffVerb("transfer", "s1", "gp", "en2", {"to": "site_b"}), w.day(2))
    assert goals(w) == ["135"]
    assert told(w)[-1] == ("en1", "goal is 135 mmHg again, this pathway's own number.")
    check(w)


def test_what_a_person_set_stands_above_what_nobody_set() -> None:
    def chosen(enrolment: str, number: int) -> StaffVerb:
        return StaffVerb(
            "set_parameter", "s1", "gp", enrolment, {"parameter": "goal", "value": {"value": number, "unit": "mm[Hg]"}}
        )

    w = world(plan("a", 135, "lowest"), plan("b", 130))
    w.send(chosen("en1", 145), w.day(1))
    assert goals(w) == ["145", "145"]  # for this patient: not undone by a default of another pathway
    w.send(chosen("en2", 140), w.day(2))
    assert goals(w) == ["140", "140"]  # of two that people chose the stated answer
    check(w)


def test_a_number_that_a_pathway_fixes_gives_way_to_none() -> None:
    w = world(plan("a", 135, "highest"), plan("b", 130, adjustable=""))
    assert goals(w) == ["135", "130"]
    assert w.open_ids() == []
    check(w)


def test_answers_that_contradict_each_other_are_a_persons_task() -> None:
    for first, second in (("lowest", "highest"), ("mine", "mine")):
        w = world(plan("a", 135, first), plan("b", 130, second))
        assert goals(w) == ["135", "130"]  # meanwhile each has its own
        assert w.open_ids() == ["conflict.goal"]
        w.task(w.key("conflict.goal"), "complete", w.day(1))
        w.run(w.day(9))
        assert w.open_ids() == []  # asked once
        check(w)


def test_an_answer_outside_the_bounds_of_the_other_is_a_persons_task() -> None:
    tight = ", adjustable: {range: 110 to 132 mmHg, by: [gp]}"
    w = world(plan("a", 135, "mine"), plan("b", 130, adjustable=tight))
    assert goals(w) == ["135", "130"]
    assert w.open_ids() == ["conflict.goal"]
    check(w)


def test_without_a_stated_answer_different_numbers_are_one_task() -> None:
    w = world(plan("a", 135), plan("b", 130))
    assert goals(w) == ["135", "130"]
    assert w.open_ids() == ["conflict.goal"]
    check(w)
