"""docs/reference/order.md, part "Rules and ladders": a test for each row, of its name."""

from pathways.decide.effects import Incident, PlanMessage, PutTask, SetWatches
from pathways.decide.events import Reading
from pathways.decide.explain import explain
from pathways.decide.journey import why
from pathways.lang.plan_base import ClockTime
from pathways.lang.site_plan import Role, Shift, Site
from tests.unit.decide.world import World, check, pathway

BASE = """
phases:
  one:
    title: {en: One, zh: 一}
    until: day 60 of the phase
    steps:
      measure_bp:
        measure: bp
        when: every day at morning and evening
        window: {opens_before: 1 h, late_after: 2 h, missed_after: 5 h}
    at_end: [{else: true, end: over}]
ends:
  over: {}
"""
SILENCE = "  silent: {if: measure_bp missed 20 times in a row, level: no_data, do: [{say: well}]}\n"
TEXTS = """messages:
  again: {to: patient, class: red, en: Again., zh: 再测。}
  advice: {to: patient, class: red, en: Call., zh: 请致电。}
  well: {to: patient, class: care, en: Well?, zh: 好吗？}
"""
CRISIS = """
  crisis:
    if: bp.systolic >= high
    level: red
    repeat_measurement:
      within: 5 to 30 min
      say: again
      no_repeat: counts as confirmed
      normal_repeat: [{task: {en: One high, zh: 一次高}, role: nurse, due: 4 h}]
    do: [{say: advice}, {escalate: urgent, task: {en: Very high, zh: 极高}}]
    settled_when: bp.systolic < goal 2 times in a row
    settled_by: the task
    unknown: {not_met: single}
"""
PLAIN = """
  high_bp:
    if: bp.systolic >= goal
    level: amber
    do: [{task: {en: High, zh: 高}, role: nurse, due: 4 h}]
    unknown: {not_met: single}
"""


def world(*rules: str, texts: str = "again advice well", site: Site | None = None, **more: object) -> World:
    body = BASE + "rules:\n" + SILENCE + "".join(rules)
    lines = [line for line in TEXTS.splitlines() if line.split(":")[0].strip() in {"messages", *texts.split()}]
    w = World(pathway(body + "\n".join(lines) + "\n"), **({"site": site} if site else {}), **more)  # type: ignore[arg-type]
    w.enrol()
    return w


def crisis(**more: object) -> World:
    return world(CRISIS, **more)  # type: ignore[arg-type]


def test_an_episode_runs_until_its_task_is_completed() -> None:
    w = world(PLAIN, texts="well")
    w.bp(140, 80, w.day(1, "07:00"))
    w.bp(120, 80, w.day(1, "07:30"))  # normal again: the task still stands
    w.bp(141, 80, w.day(1, "08:00"))
    assert w.opened("high_bp") == ["1 07:00"]
    w.task(w.key("high_bp"), "complete", w.day(1, "09:00"))
    assert not w.state.episodes
    assert w.words("rule_closed") == [("1 09:00", "rules.high_bp")]


def test_without_a_task_an_episode_runs_until_the_condition_is_false() -> None:
    rule = "  high_bp: {if: bp.systolic >= goal, level: amber, do: [{say: well}], unknown: {not_met: single}}\n"
    w = world(rule, texts="well")
    w.bp(140, 80, w.day(1, "07:00"))
    w.bp(141, 80, w.day(1, "08:00"))
    assert len(w.words("rule_fired")) == 1
    w.bp(120, 80, w.day(1, "09:00"))
    assert not w.state.episodes
    w.bp(140, 80, w.day(1, "12:30"))
    assert len(w.words("rule_fired")) == 2


def test_a_firing_reading_after_completion_is_a_new_episode() -> None:
    w = world(PLAIN, texts="well")
    w.bp(140, 80, w.day(1, "07:00"))
    w.task(w.key("high_bp"), "complete", w.day(1, "07:30"))
    w.bp(140, 80, w.day(1, "20:00"))
    assert w.opened("high_bp") == ["1 07:00", "1 20:00"]
    check(w)


def test_what_goes_on_without_a_reading_does_not_fire_again() -> None:
    rule = """
  gone:
    if: measure_bp missed 2 times in a row
    level: no_data
    do: [{task: {en: Gone, zh: 失联}, role: nurse, due: 1 day}]
"""
    w = world(rule, texts="well")
    w.run(w.day(1, "13:00"))
    assert w.opened("gone") == ["1 12:00"]
    w.task(w.key("gone"), "complete", w.day(1, "14:00"))
    w.run(w.day(3, "13:00"))
    assert w.opened("gone") == ["1 12:00"]  # still missed: it must have been otherwise in between
    w.bp(120, 80, w.day(3, "20:00"))
    w.run(w.day(5, "00:00"))
    assert w.opened("gone") == ["1 12:00", "4 12:00"] or len(w.opened("gone")) == 1
    w.run(w.day(5, "02:00"))
    assert len(w.opened("gone")) == 2


def test_not_again_within() -> None:
    rule = PLAIN.replace("level: amber", "level: amber\n    not_again_within: 24 h")
    w = world(rule, texts="well")
    w.bp(140, 80, w.day(1, "07:00"))
    w.task(w.key("high_bp"), "complete", w.day(1, "07:30"))
    w.bp(140, 80, w.day(1, "20:00"))
    assert w.opened("high_bp") == ["1 07:00"]
    w.bp(140, 80, w.day(2, "07:30"))
    assert w.opened("high_bp") == ["1 07:00", "2 07:30"]


def test_a_worse_level_always_passes() -> None:
    very = """
  very:
    if: bp.systolic >= high
    level: red
    instead_of: [high_bp]
    do: [{escalate: urgent, task: {en: Very, zh: 极}}]
    unknown: {not_met: single}
"""
    w = world(PLAIN + very, texts="well")
    w.bp(140, 80, w.day(1, "07:00"))
    w.bp(190, 80, w.day(1, "08:00"))
    assert w.open_ids() == ["very"]  # one task per problem: the worse one stands
    w.bp(140, 80, w.day(1, "08:30"))
    assert w.open_ids() == ["very"]
    check(w)


def test_of_two_at_one_instant_the_one_that_acts_instead_is_first() -> None:
    very = """
  very:
    if: bp.systolic >= high
    level: amber
    instead_of: [high_bp]
    do: [{task: {en: Very, zh: 极}, role: gp, due: 4 h}]
    unknown: {not_met: single}
"""
    w = world(PLAIN + very, texts="well")
    w.bp(190, 80, w.day(1, "08:00"))
    assert (w.opened("high_bp"), w.opened("very")) == ([], ["1 08:00"])
    check(w)


def test_the_first_reading_asks_and_the_second_confirms() -> None:
    w = crisis()
    w.bp(190, 80, w.day(1, "07:00"))
    assert w.messages("again") == ["1 07:00"]
    assert w.open_ids() == []
    assert w.last is not None and w.last.urgent_until == w.day(1, "07:30")
    w.bp(188, 80, w.day(1, "07:10"))
    assert w.opened("crisis") == ["1 07:10"]
    assert w.messages("advice") == ["1 07:10"]


def test_a_normal_second_reading_closes_the_episode() -> None:
    w = crisis()
    w.bp(190, 80, w.day(1, "07:00"))
    w.bp(130, 80, w.day(1, "07:10"))
    assert w.messages("advice") == []
    assert not w.state.episodes
    assert [t.level for t in w.state.tasks.values()] == ["amber"]


def test_no_second_reading_counts_as_confirmed() -> None:
    w = crisis()
    w.bp(190, 80, w.day(1, "07:00"))
    assert w.next_due == w.day(1, "07:30")
    w.run(w.day(1, "07:30"))
    assert w.opened("crisis") == ["1 07:30"]


def test_a_reading_before_the_window_is_judged_but_is_not_the_repeat() -> None:
    w = crisis()
    w.bp(190, 80, w.day(1, "07:00"))
    w.bp(130, 80, w.day(1, "07:03"))
    assert [e.state for e in w.state.episodes.values()] == ["awaiting"]
    w.run(w.day(1, "07:30"))
    assert w.opened("crisis") == ["1 07:30"]


def test_the_key_of_the_first_red_message_is_known_before_the_tick() -> None:
    w = crisis()
    w.bp(190, 80, w.day(1, "07:00"), name="r1")
    w.bp(191, 80, w.day(1, "07:10"), name="r2")
    keys = [e.key for e in w.of(PlanMessage) if e.message_class == "red"]
    assert keys == ["j1:red:crisis:r1", "j1:red:crisis:r2"]


def test_an_inner_if_is_looked_at_through_the_whole_episode_once() -> None:
    rule = """  gone:
    if: measure_bp missed 2 times in a row
    level: no_data
    do:
      - {say: well}
      - {task: {en: Gone, zh: 失联}, role: nurse, due: 1 day, if: measure_bp missed 4 times in a row}
"""
    w = world(rule, texts="well")
    w.run(w.day(1, "13:00"))
    assert len(w.messages("well")) == 1
    assert w.opened("gone") == []
    w.run(w.day(4))
    assert w.opened("gone") == ["2 12:00"]
    assert len(w.messages("well")) == 1


def test_settled_when_not_met_in_time_opens_a_follow_up() -> None:
    w = crisis()
    w.bp(190, 80, w.day(1, "07:00"))
    w.bp(190, 80, w.day(1, "07:10"))
    w.task(w.key("crisis"), "complete", w.day(1, "08:00"))
    assert not w.state.episodes
    w.run(w.day(2, "08:00"))
    assert w.opened("crisis.follow_up") == ["2 08:00"]
    follow = next(task for task in w.state.tasks.values() if task.source == "crisis.follow_up")
    assert (follow.level, follow.ladder) == ("amber", "")  # the red ladder is not for a flag that was answered
    check(w)


def test_settled_in_time_needs_no_follow_up() -> None:
    w = crisis()
    w.bp(190, 80, w.day(1, "07:00"))
    w.bp(190, 80, w.day(1, "07:10"))
    w.task(w.key("crisis"), "complete", w.day(1, "08:00"))
    w.bp(130, 80, w.day(1, "20:00"))
    w.bp(130, 80, w.day(2, "07:00"))
    w.run(w.day(3))
    assert w.opened("crisis.follow_up") == []


LASTING = PLAIN.replace("{not_met: single}", "{lasts: 3 days, task: {en: Unknown, zh: 未知}, role: nurse, due: 1 day}")
SALT = """
  salt:
    if: potassium > high_potassium
    level: amber
    do: [{task: {en: High, zh: 高}, role: nurse, due: 4 h}]
    unknown: {task: {en: Unknown, zh: 未知}, role: nurse, due: 1 day}
"""


def test_unknown_acts_when_it_has_lasted_and_never_before_the_first_was_due() -> None:
    w = world(LASTING, texts="well")
    w.run(w.day(3, "19:59"))
    assert all("unknown" not in key and "high_bp" not in key for key in w.state.tasks)
    w.run(w.day(3, "20:00"))  # the first was due on day 0 at 20:00
    assert [t.title[0] for t in w.state.tasks.values()] == ["Unknown"]


def test_unknown_ends_with_the_first_value() -> None:
    w = world(LASTING, texts="well")
    w.bp(120, 80, w.day(2, "07:00"))
    w.run(w.day(9))
    assert not [t for t in w.state.tasks.values() if t.title[0] == "Unknown"]


def test_unknown_of_what_no_step_brings_acts_from_the_start() -> None:
    """A result from elsewhere, a reading that nobody asks for: nothing is due, so there is nothing to wait for."""
    w = potassium(SALT.replace("unknown: {", "unknown: {lasts: 3 days, "), "")
    w.run(w.day(3, "07:59"))
    assert w.state.tasks == {}
    w.run(w.day(3, "08:00"))
    assert [t.title[0] for t in w.state.tasks.values()] == ["Unknown"]


def test_unknown_of_what_a_form_brings_waits_for_its_step() -> None:
    step = "blood: {ask: {k: {measure: potassium}}, when: day 5 at 09:00, window: {missed_after: 2 days}}"
    w = potassium(SALT, step)
    w.run(w.day(5, "08:59"))
    assert w.state.tasks == {}
    w.run(w.day(5, "09:00"))
    assert [t.title[0] for t in w.state.tasks.values()] == ["Unknown"]


def potassium(rule: str, step: str) -> World:
    body = f"""
parameters: {{high_potassium: {{value: 5.5 mmol/L, cite: local}}}}
measures: {{potassium: {{use: potassium}}}}
phases:
  one:
    title: {{en: One, zh: 一}}
    until: day 60 of the phase
    steps:
      lesson: {{teach: how_to_measure, when: day 50}}
      {step}
    at_end: [{{else: true, end: over}}]
ends: {{over: {{}}}}
rules:{rule}"""
    w = World(pathway(body))
    w.enrol()
    return w


def test_a_second_bad_reading_of_a_form_after_the_task_is_a_new_episode() -> None:
    rule = """
  salt:
    if: potassium > high_potassium
    level: red
    do: [{escalate: urgent, task: {en: High, zh: 高}}]
    unknown: {not_met: each reading is judged by itself}
"""
    step = "blood: {ask: {k: {measure: potassium}}, when: every day at 09:00, window: {missed_after: 8 h}}"
    w = potassium(rule, step)
    w.answer("one.blood", w.day(1, "09:30"), form={"k": "6.2"})
    (task,) = w.state.tasks.values()
    w.task(task.key, "complete", w.day(1, "10:00"))
    w.answer("one.blood", w.day(2, "09:30"), form={"k": "6.3"})
    assert len(w.opened("salt")) == 2


# --------------------------------------------------------------------------- ladders

OFFICE = Site(
    id="office",
    zone="Asia/Shanghai",
    any_role_always=False,
    roles={
        "nurse": Role(
            id="nurse",
            shifts=(
                Shift(weekdays=(0, 1, 2, 3, 4), start=ClockTime(hour=8, minute=0), end=ClockTime(hour=17, minute=0)),
            ),
        ),
        "gp": Role(
            id="gp",
            shifts=(
                Shift(weekdays=(0, 1, 2, 3, 4), start=ClockTime(hour=8, minute=0), end=ClockTime(hour=17, minute=0)),
            ),
        ),
        "duty": Role(id="duty", always=True),
    },
)


def told(w: World) -> list[tuple[str, str]]:
    return [(w.local(e.due), e.to) for e in w.of(PlanMessage) if e.template == "told"]


def confirmed(w: World, day: int, clock: str, then: str) -> None:
    w.bp(190, 80, w.day(day, clock))
    w.bp(190, 80, w.day(day, then))


def test_a_task_that_nobody_of_its_role_could_see_in_time_goes_to_who_covers() -> None:
    covered = OFFICE.model_copy(
        update={"roles": {**OFFICE.roles, "nurse": OFFICE.roles["nurse"].model_copy(update={"cover": "duty"})}}
    )
    for site, clock, role in (
        (covered, "17:30", "duty"),  # late at 21:30: no nurse before 08:00
        (covered, "05:00", "nurse"),  # late at 09:00: one comes at 08:00
        (covered, "10:00", "nurse"),
        (OFFICE, "17:30", "nurse"),  # nobody covers
    ):
        w = world(PLAIN, texts="well", site=site)
        w.bp(140, 80, w.day(1, clock))
        assert [t.role for t in w.of(PutTask)] == [role]
        check(w)


def test_a_rung_off_duty_is_passed_at_once() -> None:
    w = crisis(site=OFFICE)
    confirmed(w, 1, "02:00", "02:10")
    assert told(w) == [("1 02:10", "role:duty")]
    assert w.state.tasks[w.key("crisis")].role == "duty"


def test_rungs_of_a_red_ladder_are_clock_time_and_end_loud() -> None:
    w = crisis(site=OFFICE)
    confirmed(w, 1, "10:00", "10:10")
    w.run(w.day(1, "12:00"))
    assert told(w) == [("1 10:10", "role:nurse"), ("1 10:25", "role:duty"), ("1 10:35", "role:duty")]
    assert [w.local(i.at) for i in w.of(Incident)] == ["1 10:45"]
    check(w)


def test_a_claim_stops_the_ladder_and_a_release_begins_it_again() -> None:
    w = crisis(site=OFFICE)
    confirmed(w, 1, "10:00", "10:10")
    key = w.key("crisis")
    assert w.answered(w.task(key, "claim", w.day(1, "10:20"))).done
    w.run(w.day(1, "11:00"))
    assert len(told(w)) == 1
    assert w.answered(w.task(key, "claim", w.day(1, "11:01"), by="n2")).code == "claimed_by_other"
    assert w.answered(w.task(key, "release", w.day(1, "11:02"))).done
    assert told(w)[-1] == ("1 11:02", "role:nurse")
    check(w)


def test_a_late_task_runs_its_ladder_in_working_time() -> None:
    rule = PLAIN.replace("due: 4 h", "due: 4 h, escalate: overdue")
    w = world(rule, texts="well", site=OFFICE)
    w.bp(140, 80, w.day(1, "16:00"))  # Tuesday: late at 20:00, when nobody is on duty
    w.run(w.day(1, "23:00"))
    assert w.words("task_late") == [("1 20:00", "high_bp")]
    assert [e for e in w.of(PlanMessage) if e.template == "told"] == []
    w.run(w.day(2, "09:00"))
    assert told(w) == [("2 08:00", "role:nurse")]


def test_a_red_task_cannot_be_put_off_and_a_cancel_needs_a_reason() -> None:
    w = crisis(site=OFFICE)
    confirmed(w, 1, "10:00", "10:10")
    key = w.key("crisis")
    snooze = w.answered(w.task(key, "snooze", w.day(1, "10:11"), until=w.day(1, "12:00")))
    assert (snooze.done, snooze.code) == (False, "red_no_snooze")
    assert snooze.text.zh and snooze.text.en
    assert w.answered(w.task(key, "cancel", w.day(1, "10:12"))).code == "needs_reason"
    assert w.answered(w.task(key, "cancel", w.day(1, "10:13"), reason="false alarm")).done
    assert w.answered(w.task(key, "complete", w.day(1, "10:14"))).code == "no_task"
    assert not w.state.episodes


def test_a_follow_up_runs_no_red_ladder() -> None:
    w = crisis()
    w.bp(190, 100, w.day(1, "07:00"))
    w.bp(190, 100, w.day(1, "07:10"))
    w.task(w.key("crisis"), "complete", w.day(1, "07:20"))
    w.run(w.day(2, "07:20"))
    follow = next(t for t in w.state.tasks.values() if t.id == "crisis.follow_up")
    assert (follow.level, follow.role, follow.ladder) == ("amber", "nurse", "")
    told = len(w.messages(to="role:nurse")) + len(w.messages(to="role:duty"))
    w.run(w.day(6, "00:00"))
    assert len(w.messages(to="role:nurse")) + len(w.messages(to="role:duty")) == told
    assert not w.of(Incident)


STEP_BY_STEP = """
  dark:
    if: measure_bp missed 2 times in a row
    level: no_data
    do:
      - {say: well}
      - {task: {en: Gone, zh: 失联}, role: nurse, due: 1 day, if: measure_bp missed 4 times in a row}
    settled_when: bp.systolic < goal
"""


def test_settled_by_the_task_an_episode_ends_only_with_it() -> None:
    for own, left in (("", 0), ("    settled_by: the task\n", 1)):
        w = world(STEP_BY_STEP + own, texts="well")
        w.run(w.day(1, "13:00"))
        assert len(w.state.episodes) == 1
        w.bp(120, 80, w.day(1, "20:00"))  # measured again: the condition is false, its task never opened
        assert len(w.state.episodes) == left
        w.run(w.day(4, "07:00"))
        ids = [t.id for t in w.state.tasks.values()]
        assert len(ids) == 1
        w.task(w.key(ids[0]), "complete", w.day(4, "08:00"))
        assert not w.state.episodes


TOO_OLD = """
  high_bp: {if: bp.systolic >= goal, level: amber, do: [{say: well}], unknown: {not_met: the reading stands alone}}
"""


def test_unknown_that_counts_as_not_met_opens_nothing_and_says_why() -> None:
    w = world(TOO_OLD, texts="well")
    w.bp(140, 80, w.day(1, "07:00"), name="first")
    assert len(w.state.episodes) == 1
    w.send(Reading("blood_pressure", {}, {}, status="entered_in_error", replaces="first"), w.day(1, "07:30"))
    assert not w.state.episodes
    assert not w.state.tasks
    found = why(w.plans, w.site, w.state, "high_bp")
    assert found is not None
    assert "the reading stands alone" in explain(found, "en")


DATED = """
  early:
    if: bp.systolic >= goal
    level: amber
    during: days 2 to 4 after discharge
    do: [{task: {en: High, zh: 高}, role: nurse, due: 4 h}]
    unknown: {not_met: single}
"""


def dated(rule: str = DATED, discharge: str | None = "2026-03-02T00:00:00+08:00") -> World:
    w = world(rule, texts="well", round_trip=True)
    if discharge is not None:
        w.verb("set_fact", w.day(0, "08:05"), fact="discharge", value=discharge)
    return w


def test_during_watches_only_on_its_days() -> None:
    for day, clock, opens in ((1, "23:59", 0), (2, "00:00", 1), (4, "23:59", 1), (5, "00:00", 0)):
        w = dated()
        w.bp(140, 80, w.day(day, clock))
        w.run(w.day(day, clock))
        assert len(w.opened("early")) == opens, (day, clock)
        check(w)


def test_what_is_true_when_the_days_begin_fires_then() -> None:
    w = dated()
    w.bp(140, 80, w.day(1, "20:00"))
    assert not w.opened("early")
    w.run(w.day(2, "00:00"))
    assert w.opened("early") == ["2 00:00"]


def test_without_its_moment_during_does_not_watch() -> None:
    w = dated(discharge=None)
    w.bp(140, 80, w.day(3, "07:00"))
    assert not w.opened("early")


def test_a_moved_moment_moves_the_days() -> None:
    w = dated()
    w.verb("set_fact", w.day(1, "09:00"), fact="discharge", value="2026-03-06T00:00:00+08:00")
    w.bp(140, 80, w.day(3, "07:00"))
    assert not w.opened("early")
    w.bp(140, 80, w.day(6, "07:00"))  # day 2 after the fourth
    assert w.opened("early") == ["6 00:00"]


def test_an_episode_goes_on_when_the_days_are_over() -> None:
    w = dated()
    w.bp(140, 80, w.day(4, "20:00"))
    w.run(w.day(6, "00:00"))
    assert w.open_ids() == ["early"]
    w.task(w.key("early"), "complete", w.day(6, "09:00"))
    w.bp(140, 80, w.day(6, "20:00"))
    assert w.opened("early") == ["4 20:00"]


def test_the_screens_of_the_ingest_follow_the_days() -> None:
    red = DATED.replace("level: amber", "level: red").replace(", role: nurse, due: 4 h", "")
    w = dated(red.replace("{task: {en: High", "{escalate: urgent, task: {en: High"))
    w.run(w.day(1, "00:00"))
    mine = [len([r for r in e.rows if r["rule"] == "early"]) for e in w.of(SetWatches)]
    assert mine == [] or mine[-1] == 0
    w.run(w.day(2, "00:00"))
    assert [r["level"] for r in w.of(SetWatches)[-1].rows if r["rule"] == "early"] == ["red"]
    w.run(w.day(5, "00:00"))
    assert not [r for r in w.of(SetWatches)[-1].rows if r["rule"] == "early"]


def test_watch_says_in_which_states_of_the_enrolment() -> None:
    body = "  tail:\n    if: bp.systolic >= goal\n    level: amber\n    watch: [active, ended for 30 days]\n"
    body += "    do: [{task: {en: High, zh: 高}, role: nurse, due: 4 h}]\n    unknown: {not_met: single}\n"
    for days, opens in ((29, 1), (31, 0)):
        w = world(body, texts="well")
        w.verb("withdraw", w.day(1, "09:00"), reason="moved")
        w.bp(140, 80, w.day(1 + days, "08:00"))
        assert len(w.opened("tail")) == opens, days
