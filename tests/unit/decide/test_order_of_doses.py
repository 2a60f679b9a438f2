"""docs/reference/order.md, part "Doses": a test for each row, of its name."""

from pathways.decide.effects import PlanMessage, Timeline
from tests.unit.decide.world import World, check, pathway, prescription

BODY = """
throughout:
  tablets:
    dose: medicines
    when: at each slot of the medicine
    window: {late_after: 1 h, missed_after: 3 h}
    catch_up: skip
    bundle: same slot
  refill:
    handoff: pharmacy
    for: medicines
    when: 7 days before supply of the medicine ends
    deadlines: {accepted: 1 day, handed_over: 5 days}
    outcomes:
      handed_over: {}
      declined: {task: {en: Sort out, zh: 处理}, role: nurse, due: 1 working day}
      silent: {as: declined}
    if_stopped: cancel
phases:
  one:
    title: {en: One, zh: 一}
    until: day 90 of the phase
    steps:
      hello: {task: {en: Hello, zh: 你好}, role: nurse, when: at phase start, due: 1 day}
      measure_bp: {measure: bp, when: every day at 07:00, window: {missed_after: 2 h}}
    at_end: [{else: true, end: over}]
ends:
  over: {}
rules:
  gone: {if: measure_bp missed 60 times in a row, level: no_data, do: {escalate: urgent}}
  ill:
    if: frail is yes
    level: info
    do: [{stop: tablets}, {hold: measure_bp}]
    unknown: {not_met: asked at the visit}
  well:
    if: frail is no
    level: info
    do: [{start: tablets}, {start: measure_bp}]
    unknown: {not_met: asked at the visit}
"""
MORNING = prescription("rx1", slots=["08:00"], name="amlodipine", supply=None)
BOTH = prescription("rx2", slots=["08:00", "20:00"], name="metformin", supply=None)


def world(*rows: dict[str, object]) -> World:
    w = World(pathway(BODY), round_trip=True)
    w.enrol(at=w.day(0, "21:00"), facts={"medicines": list(rows or (MORNING, BOTH))})
    return w


def change(w: World, day: int, clock: str, *rows: dict[str, object] | None) -> None:
    value = None if rows == (None,) else list(rows)
    w.verb("set_fact", w.day(day, clock), fact="medicines", value=value)


def asked(w: World, day: int) -> list[str]:
    """The texts of the reminders of a day, with their times."""
    rows = [r for r in w.rows() if r.template == "remind_dose" and w.local(r.due).startswith(f"{day} ")]
    said = "Time for your medicine: "
    return [f"{w.local(r.due)[2:]} {r.text.en.removeprefix(said)}" for r in sorted(rows, key=lambda r: r.due)]


def slots(w: World) -> list[tuple[str, dict[str, str]]]:
    """How slots ended that were not cancelled: when, and each medicine's outcome."""
    found = [e for e in w.of(Timeline) if e.path == "throughout.tablets" and e.outcome not in {None, "cancelled"}]
    return [(w.local(e.at), dict(e.data["items"])) for e in found]


def test_each_slot_asks_once_for_all_its_medicines() -> None:
    w = world()
    assert asked(w, 1) == ["08:00 amlodipine, metformin.", "20:00 metformin."]
    check(w)


def test_a_stopped_medicine_is_not_asked_for_any_more_and_its_past_stays() -> None:
    w = world()
    w.answer("throughout.tablets", w.day(1, "08:05"), outcome="taken")
    change(w, 1, "12:00", MORNING)
    assert asked(w, 1) == ["08:00 amlodipine, metformin."]
    assert asked(w, 2) == ["08:00 amlodipine."]
    w.run(w.day(2, "12:00"))
    assert slots(w) == [("1 08:05", {"rx1": "taken", "rx2": "taken"}), ("2 11:00", {"rx1": "missed"})]
    assert w.state.steps["en1|throughout.tablets"].totals["rx2:taken"] == 1
    check(w)


def test_a_medicine_stopped_while_its_slot_is_open_is_not_missed() -> None:
    w = world()
    w.answer("throughout.tablets", w.day(1, "08:05"), outcome="taken", medicine="rx1")
    change(w, 1, "08:30", MORNING)
    assert slots(w) == [("1 08:30", {"rx1": "taken"})]  # what was left to be told is told
    alone = world(BOTH)
    alone.run(alone.day(1, "08:10"))
    change(alone, 1, "08:30")
    alone.run(alone.day(1, "12:00"))
    assert slots(alone) == []
    assert ("1 08:30", "cancelled: not needed") in alone.ended("throughout.tablets")
    check(alone)


def test_a_changed_dose_keeps_its_slots_and_its_history() -> None:
    w = world()
    w.answer("throughout.tablets", w.day(1, "08:05"), outcome="taken")
    before = len(w.ended("throughout.tablets"))
    change(w, 1, "09:00", {**MORNING, "dose": "2 tablets"}, BOTH)
    assert len(w.ended("throughout.tablets")) == before  # nothing was cancelled
    w.answer("throughout.tablets", w.day(2, "08:05"), outcome="taken")
    assert w.state.steps["en1|throughout.tablets"].totals["rx1:taken"] == 2


def test_changed_times_hold_from_now_on() -> None:
    w = world(MORNING)
    w.answer("throughout.tablets", w.day(1, "08:05"), outcome="taken")
    change(w, 1, "12:00", {**MORNING, "slots": ["07:00", "18:00"]})
    assert asked(w, 1)[-1] == "18:00 amlodipine."
    assert asked(w, 2) == ["07:00 amlodipine.", "18:00 amlodipine."]
    w.run(w.day(2, "00:00"))
    assert [when for when, _ in slots(w)] == ["1 08:05", "1 21:00"]  # 08:00 was not asked for twice
    check(w)


def test_a_new_medicine_begins_with_its_next_slot() -> None:
    w = world(MORNING)
    change(w, 1, "08:30", MORNING, BOTH)
    assert asked(w, 1)[-1] == "20:00 metformin."
    assert asked(w, 2) == ["08:00 amlodipine, metformin.", "20:00 metformin."]
    later = world(MORNING)
    change(later, 1, "12:00", MORNING, {**BOTH, "start": "2026-03-05"})
    assert asked(later, 2) == ["08:00 amlodipine."]
    assert asked(later, 3) == ["08:00 amlodipine, metformin.", "20:00 metformin."]


def test_what_was_told_early_stays_told_when_the_list_changes() -> None:
    w = world(MORNING, BOTH)
    w.answer("throughout.tablets", w.day(1, "07:40"), outcome="taken", medicine="rx1")
    change(w, 1, "07:50", MORNING, BOTH, prescription("rx3", slots=["08:00"], name="aspirin", supply=None))
    w.run(w.day(1, "12:00"))
    assert slots(w)[-1] == ("1 11:00", {"rx1": "taken", "rx2": "missed", "rx3": "missed"})


NEEDED = prescription("rx9", slots=[], as_needed=True, name="paracetamol", supply=None)


def test_as_needed_is_never_asked_for_and_never_missed_and_can_be_told() -> None:
    w = world(MORNING, NEEDED)
    w.run(w.day(1, "12:00"))
    assert asked(w, 1) == ["08:00 amlodipine."]
    assert not [t for t in w.open_ids() if t == "tablets.times"]
    said = w.answered(w.answer("throughout.tablets", w.day(1, "15:00"), outcome="taken", medicine="rx9"))
    assert said.done
    assert w.words("dose_as_needed") == [("1 15:00", "throughout.tablets")]
    totals = w.state.steps["en1|throughout.tablets"].totals
    assert totals["rx9:as_needed"] == 1
    assert "rx9:missed" not in totals
    check(w)


def test_a_medicine_without_times_is_a_task_once() -> None:
    bare = prescription("rx5", slots=[], name="warfarin", supply=None)
    w = world(MORNING, bare)
    assert w.opened("tablets.times") == ["0 21:00"]
    w.run(w.day(9))
    assert w.opened("tablets.times") == ["0 21:00"]  # not asked again with each planning
    change(w, 9, "09:00", MORNING, {**bare, "slots": ["18:00"]})
    assert "tablets.times" not in w.open_ids()
    assert asked(w, 9)[-1] == "18:00 warfarin."
    change(w, 10, "09:00", MORNING, bare)
    assert w.opened("tablets.times") == ["0 21:00", "10 09:00"]
    check(w)


def test_a_list_that_became_unknown_is_not_an_empty_one() -> None:
    w = world()
    change(w, 1, "12:00", None)
    assert asked(w, 2) == ["08:00 amlodipine, metformin.", "20:00 metformin."]  # what was planned stays
    assert w.opened("tablets.times") == ["1 12:00"]
    change(w, 2, "12:00", MORNING)
    assert "tablets.times" not in w.open_ids()
    assert asked(w, 3) == ["08:00 amlodipine."]
    empty = world()
    change(empty, 1, "12:00")
    assert asked(empty, 2) == []
    assert not empty.opened("tablets.times")


def test_stop_and_start_of_a_dose_step() -> None:
    w = world()
    w.run(w.day(1, "08:10"))
    w.verb("set_fact", w.day(1, "08:20"), fact="frail", value="yes")
    w.run(w.day(2, "12:00"))
    assert slots(w) == []  # the open slot too: nothing is asked and nothing missed
    assert asked(w, 2) == []
    w.verb("set_fact", w.day(2, "13:00"), fact="frail", value="no")
    assert asked(w, 2) == ["20:00 metformin."]
    assert asked(w, 3) == ["08:00 amlodipine, metformin.", "20:00 metformin."]
    w.run(w.day(3, "10:00"))
    assert w.outcomes("one.measure_bp")[-1] == "missed"  # what was held goes on as well
    check(w)


def test_a_refill_follows_the_supply() -> None:
    w = world(prescription("rx1", slots=["08:00"], supply={"from": "2026-03-02", "days": 28}))
    w.run(w.day(20))
    assert not w.state.handoffs
    w.run(w.day(22))
    assert len(w.state.handoffs) == 1
    longer = world(prescription("rx1", slots=["08:00"], supply={"from": "2026-03-02", "days": 28}))
    change(longer, 10, "09:00", prescription("rx1", slots=["08:00"], supply={"from": "2026-03-12", "days": 28}))
    longer.run(longer.day(25))
    assert not longer.state.handoffs
    stopped = world(prescription("rx1", slots=["08:00"], supply={"from": "2026-03-02", "days": 28}))
    change(stopped, 10, "09:00")
    stopped.run(stopped.day(30))
    assert not stopped.state.handoffs


def test_after_an_outage_no_old_dose_is_asked_for() -> None:
    w = world()
    w.tick(w.day(3, "09:30"))
    late = [e for e in w.of(PlanMessage) if e.template == "remind_dose" and e.expires < e.due]
    assert late == []
    assert [when for when, _ in slots(w)][:4] == ["1 11:00", "1 23:00", "2 11:00", "2 23:00"]
    check(w)
