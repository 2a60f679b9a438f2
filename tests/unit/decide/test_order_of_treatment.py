"""docs/reference/order.md, part "Treat and repeat": a test for each row, of its name."""

from datetime import datetime, timedelta
from decimal import Decimal

from pathways.decide.effects import SetWatches
from pathways.decide.events import Event, Reading
from tests.unit.decide.world import World, check, pathway

BODY = """
parameters:
  low: {value: 3.9 mmol/L, cite: local}
  safe: {value: 4.5 mmol/L, cite: local}
measures:
  sugar: {use: blood_glucose}
phases:
  one:
    title: {en: One, zh: 一}
    until: day 60 of the phase
    steps:
      look: {measure: sugar, when: every day at 12:00}
      ill: {task: {en: Ill, zh: 病}, role: nurse, when: as soon as look missed 59 times in a row, due: 1 day}
    leave: [{if: ill is done, go: two}]
    at_end: [{else: true, end: over}]
  two:
    title: {en: Two, zh: 二}
    until: day 60 of the phase
    steps:
      hello: {say: eat, when: day 1}
    at_end: [{else: true, end: over}]
ends: {over: {}}
messages:
  treat: {to: patient, class: red, en: Eat sugar., zh: 吃糖。}
  eat: {to: patient, class: red, en: Eat a meal., zh: 吃饭。}
rules:
"""
LOW = """
  low_sugar:
    if: sugar < low
    level: amber
    episode:
      - {say: treat}
      - {measure: sugar, within: 15 to 25 min}
      - {if: sugar >= safe, settled: yes, do: {say: eat}}
      - {if: unknown, do: [{id: no_answer, escalate: urgent, task: {en: No answer, zh: 无应答}}]}
      - {else: true, repeat: 2 times, afterwards: [{id: still_low, escalate: urgent, task: {en: Still low, zh: 仍低}}]}
    unknown: {not_met: single}
"""


def world(*rules: str, body: str = BODY, **more: object) -> World:
    if any("sugar < deep" in rule for rule in rules):
        body = body.replace("measures:", "  deep: {value: 3.0 mmol/L, cite: local}\nmeasures:", 1)
    w = World(pathway(body + "".join(rules or (LOW,))), **more)  # type: ignore[arg-type]
    w.enrol()
    return w


def sugar(
    w: World, value: str, at: datetime, seen: datetime | None = None, name: str | None = None, quality: str = "ok"
) -> Event:
    context = {"setting": "home", "source": "device"}
    body = Reading("blood_glucose", {"value": Decimal(value)}, context, quality=quality)
    return w.send(body, at, seen, name)


def later(w: World, minutes: float, clock: str = "02:10") -> datetime:
    """So many minutes after the first reading, which is at 02:10 of day 1."""
    return w.day(1, clock) + timedelta(minutes=minutes)


def low(*rules: str, body: str = BODY, **more: object) -> World:
    """A low blood sugar at 02:10 at night."""
    w = world(*rules, body=body, **more)
    sugar(w, "3.4", later(w, 0))
    return w


def test_the_patient_is_told_at_once_and_asked_again_when_the_wait_opens() -> None:
    w = low(round_trip=True)
    assert w.messages("treat") == ["1 02:10"]  # at night: a reading is awaited from now on
    assert w.messages("remind_measure")[-1] == "1 02:25"
    assert not w.open_ids()  # nobody else is needed yet
    assert w.next_due == later(w, 25)
    check(w)


def test_a_reading_that_is_well_settles_it() -> None:
    w = low(round_trip=True)
    sugar(w, "5.1", later(w, 17))
    assert w.messages("eat") == ["1 02:27"]
    assert not w.state.episodes
    w.run(w.day(1, "08:00"))
    assert not w.open_ids()
    check(w)


def test_no_reading_in_time_is_unknown_and_reaches_a_person() -> None:
    w = low(round_trip=True)
    w.run(later(w, 24))
    assert not w.open_ids()
    w.run(later(w, 25))
    assert w.opened("no_answer") == ["1 02:35"]
    assert w.messages("treat") == ["1 02:10"]  # not treated again without knowing
    check(w)


def test_still_low_repeats_and_then_a_person_has_it() -> None:
    w = low(round_trip=True)
    sugar(w, "3.5", later(w, 16))
    sugar(w, "3.6", later(w, 33))
    assert w.messages("treat") == ["1 02:10", "1 02:26", "1 02:43"]  # the first and two more
    assert not w.open_ids()
    sugar(w, "3.7", later(w, 50))
    assert w.opened("still_low") == ["1 03:00"]
    w.run(w.day(1, "08:00"))
    assert w.messages("treat") == ["1 02:10", "1 02:26", "1 02:43"]
    assert not w.opened("no_answer")
    check(w)


def test_no_reading_in_a_later_round_is_unknown_too() -> None:
    w = low(round_trip=True)
    sugar(w, "3.5", later(w, 16))
    w.run(w.day(1, "08:00"))
    assert w.opened("no_answer") == ["1 02:51"]
    assert not w.opened("still_low")


def test_better_but_not_well_is_not_settled() -> None:
    w = low()
    sugar(w, "4.2", later(w, 16))  # the condition is false; the row asks for more
    assert w.messages("treat") == ["1 02:10", "1 02:26"]


def test_a_reading_before_the_wait_is_judged_but_does_not_decide() -> None:
    w = low()
    sugar(w, "5.5", later(w, 14))
    assert [e.state for e in w.state.episodes.values()] == ["guiding"]
    w.run(later(w, 25))
    assert w.opened("no_answer") == ["1 02:35"]


def test_both_ends_of_the_wait_belong_to_it() -> None:
    for minutes in (15, 25):
        w = low()
        sugar(w, "5.5", later(w, minutes))
        w.run(w.day(1, "08:00"))
        assert not w.state.episodes and not w.opened("no_answer"), minutes


def test_an_implausible_reading_leaves_the_wait_as_it_is() -> None:
    w = low()
    sugar(w, "5.5", later(w, 16), quality="implausible")
    assert [e.state for e in w.state.episodes.values()] == ["guiding"]
    sugar(w, "5.5", later(w, 18))
    assert not w.state.episodes


UNSURE = LOW.replace(
    "- {if: unknown", "- {if: frail is yes, do: {id: frail_one, escalate: urgent}}\n      - {if: unknown"
)


def test_a_row_that_is_unknown_goes_to_if_unknown() -> None:
    w = low(UNSURE)
    sugar(w, "3.5", later(w, 16))
    assert w.opened("no_answer") == ["1 02:26"]
    assert w.words("rule_guide_unknown") == [("1 02:26", "rules.low_sugar")]


def test_a_row_without_settled_hands_over() -> None:
    w = low(UNSURE)
    w.verb("set_fact", later(w, 1), fact="frail", value="yes")
    sugar(w, "3.5", later(w, 16))
    assert w.opened("frail_one") == ["1 02:26"]
    assert w.messages("treat") == ["1 02:10"]


def test_a_reading_in_the_wait_wakes_the_journey_whatever_it_says() -> None:
    w = low()
    rows = w.of(SetWatches)[-1].rows
    assert [r["cond"] for r in rows if r["measure"] == "blood_glucose" and r["level"] == "wake"][-1] == {
        "kind": "always"
    }
    sugar(w, "5.5", later(w, 16))
    assert {"kind": "always"} not in [r["cond"] for r in w.of(SetWatches)[-1].rows]


def test_with_a_second_reading_first_the_treatment_waits_for_it() -> None:
    confirm = "    repeat_measurement: {within: 2 to 5 min, say: eat, no_repeat: counts as confirmed}\n"
    w = low(LOW.replace("    episode:", confirm + "    episode:").replace("do: {say: eat}", ""))
    assert not w.messages("treat")
    sugar(w, "3.3", later(w, 3))
    assert w.messages("treat") == ["1 02:13"]
    sugar(w, "5.3", later(w, 19))
    assert not w.state.episodes
    missing = low(LOW.replace("    episode:", confirm + "    episode:"))
    missing.run(later(missing, 5))
    assert missing.messages("treat") == ["1 02:15"]  # none in time counts as confirmed


def test_each_reading_acts_anew_and_the_guidance_goes_on() -> None:
    fires = "    fires: each reading\n    do: [{id: told, task: {en: Low, zh: 低}, role: nurse, due: 4 h}]\n"
    w = low(LOW.replace("    episode:", fires + "    episode:"))
    sugar(w, "3.2", later(w, 5))
    assert w.opened("told") == ["1 02:10", "1 02:15"]
    assert w.messages("treat") == ["1 02:10"]
    sugar(w, "5.2", later(w, 16))
    assert w.messages("eat") == ["1 02:26"]


def test_a_task_of_the_rule_stands_when_the_guidance_is_over() -> None:
    do = "    do: [{id: told, task: {en: Low, zh: 低}, role: nurse, due: 4 h}]\n"
    w = low(LOW.replace("    episode:", do + "    episode:"))
    sugar(w, "5.2", later(w, 16))
    assert [e.state for e in w.state.episodes.values()] == ["open"]
    w.run(later(w, 40))
    assert not w.opened("no_answer")
    w.task(w.key("told"), "complete", w.day(1, "04:00"))
    assert not w.state.episodes


def test_who_completes_the_task_ends_the_guidance() -> None:
    do = "    do: [{id: told, task: {en: Low, zh: 低}, role: nurse, due: 4 h}]\n"
    w = low(LOW.replace("    episode:", do + "    episode:"))
    w.task(w.key("told"), "complete", later(w, 10))
    assert not w.state.episodes
    assert "1 02:25" not in w.messages("remind_measure")  # it is not asked for any more
    w.run(w.day(1, "08:00"))
    assert not w.opened("no_answer")


def test_settled_when_is_looked_at_after_a_person_not_in_the_guidance() -> None:
    more = "    settled_when: sugar >= safe 2 times in a row\n    settled_within: 4 h\n"
    w = low(LOW + more)
    w.run(later(w, 25))
    w.task(w.key("no_answer"), "complete", w.day(1, "03:00"))
    w.run(w.day(1, "07:00"))
    assert w.opened("low_sugar.follow_up") == ["1 07:00"]
    well = low(LOW + more)
    sugar(well, "5.2", later(well, 16))
    well.run(well.day(1, "20:00"))
    assert not well.open_ids()


def test_not_again_within_counts_from_the_first_treatment() -> None:
    w = low(LOW.replace("level: amber", "level: amber\n    not_again_within: 1 h"))
    sugar(w, "5.0", later(w, 20))
    sugar(w, "3.4", later(w, 59))
    assert not w.state.episodes  # held back, as the pathway says
    sugar(w, "3.4", later(w, 61))
    assert w.messages("treat") == ["1 02:10", "1 03:11"]


DEEP = """
  deep_sugar:
    if: sugar < deep
    level: red
    instead_of: low_sugar
    do: [{say: treat}, {escalate: urgent, task: {en: Very low, zh: 极低}}]
    unknown: {not_met: single}
"""


def test_a_worse_rule_takes_over_from_the_guidance() -> None:
    for minutes in (8, 16):
        w = low(LOW, DEEP)
        sugar(w, "2.4", later(w, minutes))
        assert w.open_ids() == ["deep_sugar"]
        w.run(w.day(1, "08:00"))
        assert not w.opened("no_answer")
        assert len(w.messages("treat")) == 2
        check(w)


def test_without_instead_of_both_go_on() -> None:
    w = low(LOW, DEEP.replace("    instead_of: low_sugar\n", "").replace("{say: treat}, ", ""))
    sugar(w, "2.4", later(w, 8))
    assert w.open_ids() == ["deep_sugar"]
    w.run(w.day(1, "02:35"))
    assert "no_answer" in w.open_ids()


def test_a_low_reading_after_it_was_settled_is_a_new_episode() -> None:
    w = low()
    sugar(w, "5.0", later(w, 20))
    sugar(w, "3.5", later(w, 90))
    assert w.messages("treat") == ["1 02:10", "1 03:40"]
    w.run(w.day(1, "08:00"))
    assert w.opened("no_answer") == ["1 04:05"]


RED = LOW.replace("level: amber", "level: red")


def test_the_first_words_of_a_red_guidance_have_the_key_of_the_ingest() -> None:
    w = world(RED)
    sugar(w, "3.4", later(w, 0), name="ev1")
    keys = [r.key for r in w.rows() if r.template == "treat"]
    watch = next(r for r in w.of(SetWatches)[0].rows if r["level"] == "red")
    assert watch["message"]["template"] == "treat"
    assert keys == [next(k for k in keys if ":red:" in k)]
    sugar(w, "3.4", later(w, 16))
    assert len({r.key for r in w.rows() if r.template == "treat"}) == 2


def test_it_goes_on_over_a_pause_and_a_change_of_phase() -> None:
    w = low(LOW.replace("level: amber", "level: amber\n    in: [one]"))
    w.verb("pause", later(w, 2))
    sugar(w, "3.5", later(w, 16))
    assert w.messages("treat") == ["1 02:10", "1 02:26"]
    w.run(later(w, 41))
    assert w.opened("no_answer") == ["1 02:51"]


def test_who_leaves_in_the_middle_is_called_by_a_person() -> None:
    w = low()
    w.verb("withdraw", later(w, 5), reason="moved")
    w.run(later(w, 26))
    assert w.opened("no_answer") == ["1 02:35"]
    assert "1 02:25" not in w.messages("remind_measure")
    dead = low()
    dead.verb("died", later(dead, 5))
    dead.run(dead.day(2, "00:00"))
    assert not dead.open_ids() and not dead.state.episodes


def test_a_first_reading_entered_in_error_ends_the_guidance() -> None:
    w = world()
    sugar(w, "3.4", later(w, 0), name="wrong")
    w.verb("entered_in_error", later(w, 3), event="wrong", reason="other patient")
    assert not w.state.episodes
    assert "1 02:25" not in w.messages("remind_measure")
    w.run(w.day(1, "08:00"))
    assert not w.opened("no_answer")


def test_a_reading_after_treatment_entered_in_error_begins_anew() -> None:
    w = low()
    sugar(w, "5.5", later(w, 16), name="wrong")
    assert not w.state.episodes
    w.verb("entered_in_error", later(w, 20), event="wrong", reason="other patient")
    assert [e.state for e in w.state.episodes.values()] == ["guiding"]
    w.run(w.day(1, "08:00"))
    assert w.opened("no_answer") == ["1 02:55"]


def test_after_an_outage_the_wait_counts_from_when_the_patient_was_told() -> None:
    w = world()
    sugar(w, "3.4", later(w, 0), seen=later(w, 40))
    assert w.messages("treat") == ["1 02:50"]
    w.run(later(w, 64))
    assert not w.open_ids()
    w.run(later(w, 65))
    assert w.opened("no_answer") == ["1 03:15"]
