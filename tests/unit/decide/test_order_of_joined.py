"""Several pathways of one patient whose red rules fire on one reading: the rows of docs/reference/order.md."""

import json

from pathways.decide.effects import Explanation, PlanMessage, PutTask
from pathways.decide.events import StaffVerb
from pathways.decide.journey import standing
from pathways.decide.state import JourneyState
from pathways.lang.plan import Plan
from pathways.lang.site_plan import NO_SITE, Role, Site
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
  high: {{value: {high} mmHg, cite: local}}
  calm: {{value: 150 mmHg, cite: local}}
escalations:
  urgent:
    - {{tell: {who}, by: [app], answer_within: {within}}}
    - {{tell: duty, by: [app], answer_within: 10 min, repeat: 1 times, then: incident}}
rules:
  {rule}:
    if: bp.systolic >= high
    level: red
    {repeat}
    do: [{{say: advice}}, {{escalate: urgent, task: {{en: {title}, zh: 血压极高}}{form}}}]
    settled_when: bp.systolic < calm
    settled_by: the task
    unknown: {{not_met: single}}
  {more}
lifecycle:
  withdrawn: {{open_red: {red}}}
messages:
  advice: {{to: patient, class: red, en: Call., zh: 请致电。}}
  again: {{to: patient, class: red, en: Measure again., zh: 请再测。}}
  well: {{to: patient, class: care, en: Well?, zh: 好吗？}}
"""
TWICE = (
    "repeat_measurement: {within: 5 to 30 min, say: again, "
    "no_repeat: counts as confirmed, normal_repeat: [{say: well}]}"
)
GIVEN = {
    "high": "180",
    "who": "nurse",
    "within": "15 min",
    "rule": "crisis",
    "repeat": "",
    "title": "Very high",
    "form": "",
    "more": "",
    "red": "finish with a person",
}
OFFICE = Site(
    id="s",
    zone="Asia/Shanghai",
    any_role_always=False,
    roles={
        "nurse": Role(id="nurse"),  # never on duty
        "gp": Role(id="gp", always=True),
        "duty": Role(id="duty", always=True),
    },
)


def plan(name: str, **given: str) -> Plan:
    body = BODY.format(**{**GIVEN, **given})
    if not given.get("repeat"):
        body = "\n".join(line for line in body.splitlines() if "again:" not in line) + "\n"
    return pathway(body, name)


def world(*plans: Plan, site: Site | None = None) -> World:
    w = World(*plans, site=site or NO_SITE)
    for number, one in enumerate(plans, 1):
        w.enrol(one, name=f"en{number}")
    return w


def two(site: Site | None = None, **second: str) -> World:
    """Two pathways, of which the second is stricter, and a reading that both call red, on day 1 at 10:00."""
    w = world(plan("a"), plan("b", **{"rule": "alarm", "high": "160", "title": "High", **second}), site=site)
    w.bp(190, 90, w.day(1, "10:00"))
    return w


def told(w: World) -> list[tuple[str, str]]:
    found = [e for e in w.of(PlanMessage) if e.to.startswith("role:")]
    return [(w.local(e.due), e.to.removeprefix("role:")) for e in found]


def test_two_red_rules_on_one_reading_are_one_task() -> None:
    w = two()
    (seen,) = w.shown()
    assert seen.title.en == "Very high (Test); High (Test)"
    assert seen.title.zh == "血压极高（测试）；血压极高（测试）"
    assert (seen.level, seen.joined) == ("red", ("alarm",))
    assert told(w) == [("1 10:00", "nurse")]
    assert "Very high (Test); High (Test)" in next(e for e in w.of(PlanMessage) if e.to == "role:nurse").text.en
    assert sorted(w.state.episodes) == ["en1|crisis", "en2|alarm"]
    shown = standing(w.plans, w.site, w.state)
    assert (shown.open_tasks, shown.flags) == (1, ("red",))
    assert {e.path for e in w.of(Explanation)} >= {"rules.crisis", "rules.alarm"}
    check(w)


def test_of_joined_tasks_the_ladder_that_reaches_somebody_first_runs() -> None:
    for site, second, role in (
        (None, {"within": "5 min", "who": "gp"}, "gp"),  # asks the next person sooner
        (None, {"within": "15 min", "who": "gp"}, "nurse"),  # as fast: the pathway that was first
        (OFFICE, {"within": "40 min", "who": "gp"}, "duty"),  # no nurse on duty: the first ladder is at its last rung
    ):
        w = two(site, **second)
        assert told(w) == [("1 10:00", role)]
        w.run(w.day(1, "12:00"))
        assert len({e.key.partition(":rung")[0] for e in w.of(PlanMessage) if e.to.startswith("role:")}) == 1
        assert told(w)[-1][1] == "duty"
        check(w)


def test_who_completes_a_joined_task_settles_every_episode_by_its_own_rules() -> None:
    w = two()
    w.task(w.key("alarm"), "claim", w.day(1, "10:05"))  # either name means the one task
    assert [t.claimed_by for t in w.shown()] == ["n1"]
    w.task(w.shown()[0].key, "complete", w.day(1, "10:20"))
    assert w.state.episodes == {} and w.shown() == [] and w.open_ids() == []
    assert {key: done.outcome for key, done in w.state.results.items()} == {"en1|crisis": "done", "en2|alarm": "done"}
    last = [e for e in w.of(PutTask) if e.status == "done"]
    assert [e.title.en for e in last] == ["Very high (Test); High (Test)"]
    w.run(w.day(3))  # neither is well again: each follows up by itself
    assert w.open_ids() == ["alarm.follow_up", "crisis.follow_up"]
    check(w)


def test_a_joined_task_given_up_with_a_reason_ends_for_all() -> None:
    w = two()
    w.task(w.shown()[0].key, "cancel", w.day(1, "10:20"), reason="called from the ward")
    assert w.state.episodes == {} and w.shown() == []
    check(w)


def test_a_pathway_that_takes_its_red_back_leaves_that_of_the_others() -> None:
    for gone, left, name in (("en1", "en2|alarm", "High"), ("en2", "en1|crisis", "Very high")):
        w = world(plan("a", red="close"), plan("b", rule="alarm", high="160", title="High", red="close"))
        w.bp(190, 90, w.day(1, "10:00"))
        w.send(StaffVerb("withdraw", "s1", "gp", gone, {"reason": "moved"}), w.day(1, "10:05"))
        assert list(w.state.episodes) == [left]
        assert [t.title.en for t in w.shown()] == [name]
        w.run(w.day(1, "12:00"))
        assert told(w)[-1] in {("1 10:30", "duty"), ("1 10:25", "duty")}  # and its ladder runs to the end
        check(w)


def test_who_had_claimed_it_keeps_what_is_left() -> None:
    w = world(plan("a", red="close"), plan("b", rule="alarm", high="160", title="High"))
    w.bp(190, 90, w.day(1, "10:00"))
    w.task(w.shown()[0].key, "claim", w.day(1, "10:02"))
    w.send(StaffVerb("withdraw", "s1", "gp", "en1", {"reason": "moved"}), w.day(1, "10:05"))
    assert [(t.title.en, t.claimed_by) for t in w.shown()] == [("High", "n1")]
    w.run(w.day(1, "11:00"))
    assert told(w) == [("1 10:00", "nurse")]  # nobody else is called
    w.task(w.shown()[0].key, "release", w.day(1, "11:00"))
    assert told(w)[-1] == ("1 11:00", "nurse")  # given back: its own ladder begins
    check(w)


def test_a_reading_entered_in_error_ends_a_joined_task_for_all() -> None:
    w = world(plan("a"), plan("b", rule="alarm", high="160"))
    event = w.bp(190, 90, w.day(1, "10:00"))
    w.send(StaffVerb("entered_in_error", "s1", "gp", None, {"event": event.id}), w.day(1, "10:05"))
    assert w.state.episodes == {} and w.shown() == []
    w.run(w.day(1, "12:00"))
    assert told(w) == [("1 10:00", "nurse")]
    check(w)


def test_red_rules_that_no_second_reading_answered_are_one_task_too() -> None:
    w = world(plan("a", repeat=TWICE), plan("b", rule="alarm", high="160", repeat=TWICE))
    w.bp(190, 90, w.day(1, "10:00"))
    assert w.shown() == []
    w.run(w.day(1, "10:31"))
    assert [t.joined for t in w.shown()] == [("alarm",)]
    check(w)


def test_red_rules_of_two_readings_are_two_tasks() -> None:
    w = world(plan("a"), plan("b", rule="alarm", high="160"))
    w.bp(170, 90, w.day(1, "10:00"))
    w.bp(190, 90, w.day(1, "10:05"))
    assert [t.joined for t in w.shown()] == [(), ()]
    check(w)


def test_the_forms_of_joined_tasks_are_filled_in_together() -> None:
    fine, unlike, other = (
        f", form: {{{name}: {{yes_no: {{en: {words}, zh: 好}}}}}}"
        for name, words in (("fine", "Fine"), ("fine", "Quite fine"), ("other", "Other"))
    )

    def both(first: str, second: str) -> World:
        w = world(plan("a", form=first), plan("b", rule="alarm", high="160", form=second))
        w.bp(190, 90, w.day(1, "10:00"))
        return w

    w = both(fine, other)
    (seen,) = w.shown()
    assert [field["id"] for field in seen.form] == ["fine", "other"]
    refused = w.task(seen.key, "complete", w.day(1, "10:10"), form={"fine": True})
    assert w.answered(refused).code == "form_missing" and len(w.state.episodes) == 2
    w.task(seen.key, "complete", w.day(1, "10:11"), form={"fine": True, "other": False})
    assert w.state.results["en2|alarm"].form == {"other": False}
    assert w.state.episodes == {}
    check(w)
    assert len(both(fine, fine).shown()) == 1
    assert len(both(fine, unlike).shown()) == 2  # one name, two questions: nobody's answer stands for the other


def test_a_joined_task_goes_through_its_record() -> None:
    w = two()
    data = json.loads(json.dumps(w.state.to_json()))
    w.state = JourneyState.from_json(data)
    assert w.state.to_json() == data
    assert [(t.id, bool(t.with_)) for t in w.state.tasks.values()] == [("crisis", False), ("alarm", True)]
    for record in data["tasks"].values():  # as an earlier release wrote it: nobody stands for anybody
        record.pop("with_", None)
        record.pop("alone", None)
    old = JourneyState.from_json(data)
    assert [t.with_ for t in old.tasks.values()] == ["", ""]
