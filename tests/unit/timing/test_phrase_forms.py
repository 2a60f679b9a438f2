"""Every form of a time phrase, from the text of a pathway to what happens: checked, said, expanded, and run.

The step of a form is a message, which is done when it opens; so what ``carepath expand`` lists must be what the decider
does for a patient with whom all goes to plan.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from carepath.expansion.facts import read_facts
from carepath.expansion.walk import Expansion
from pathways.lang.plan import Plan
from pathways.lang.plan_say_when import say_when
from pathways.lang.site_plan import NO_SITE, Site
from tests.unit.decide.world import World, compiled

DAYS = 70
ZONE = "Asia/Shanghai"
START = "2026-03-02 08:00"
SITE = NO_SITE.model_copy(update={"zone": ZONE, "seasons": {"flu": ("10-01", "03-31")}})
FACTS: dict[str, Any] = {"surgery": "2026-03-20", "discharge": "2026-03-05T15:00:00+08:00", "frail": "no"}

BODY = """
carepath: 1
id: forms
version: 1.0.0
title: {{en: Forms, zh: 形式}}
owner: tests
counts_from: enrolment
evidence: {{local: {{cite: tests}}}}
facts:
  surgery: {{type: date}}
  discharge: {{type: moment}}
  frail: {{type: yes_no}}
parameters:
  some_days: {{value: 3 days, cite: local}}
  some_times: {{value: 2, cite: local}}
phases:
  only:
    title: {{en: Only, zh: 唯一}}
    until: 400 days after enrolment
    steps:
      review: {{say: to_review, when: day 2 at 10:00}}
      call: {{say: to_call, when: every 2 weeks on wed at 09:00}}
      given: {{say: to_given, when: at phase start and 1 week after end of looked}}
      looked: {{say: to_looked, when: 2 weeks after given}}
      mine: {{say: to_mine, when: {phrase}}}
      often: {{say: to_often, when: every 3 days at 09:00}}
      uses: {{say: to_uses, when: day 399, only_if: frail is yes and not looked is sent}}
      until_done: {{say: to_until_done, when: some_days after surgery at most some_times times}}
      more: {{say: to_more, when: 1 h after discharge}}
    at_end: [{{else: true, end: over}}]
ends: {{over: {{}}}}
messages:
"""
BODY += "".join(
    f"  to_{name}: {{{{to: patient, class: care, en: {name}., zh: {name}。}}}}\n"
    for name in ("review", "call", "given", "looked", "mine", "often", "uses", "until_done", "more")
)

FORMS = [
    # form, first instants (days after the start and local time at which it opens), how many in 70 days
    ("at phase start", ["0 08:00"], 1),
    ("day 14 at 10:00", ["14 10:00"], 1),
    ("days 1 and 8 and 15 of 21", ["0 08:00", "7 00:00", "14 00:00", "21 00:00"], 11),
    ("days 14 and 21 and 42 after discharge", ["17 00:00", "24 00:00", "45 00:00"], 3),
    ("day 14 at 10:00 after discharge", ["17 10:00"], 1),
    ("between 48 h and 72 h after discharge", ["5 15:00"], 1),
    ("between 48 h and 72 h before surgery", ["15 00:00"], 1),
    ("2 days before each call", ["0 09:00", "14 09:00"], 5),
    ("4 days before each often", ["2 09:00", "5 09:00", "8 09:00"], 23),
    ("7 days before surgery", ["11 00:00"], 1),
    ("1 day before surgery at 18:00", ["17 18:00"], 1),
    ("2 weeks after review", ["16 10:00"], 1),
    ("2 weeks after start of review", ["16 10:00"], 1),
    ("2 weeks after end of review for 3 days", ["16 10:00"], 1),
    ("12 weeks after last review", [], 0),
    ("5 weeks after last review", ["37 10:00"], 1),
    ("with each call", ["2 09:00", "16 09:00"], 5),
    ("30 min before breakfast", ["1 07:00", "2 07:00"], 70),
    ("every day at morning and evening", ["0 20:00", "1 07:00"], 140),
    ("every 2 weeks on mon and thu at 09:00", ["0 09:00", "3 09:00", "14 09:00"], 10),
    ("3 times a day", ["0 12:00", "0 20:00", "1 07:00"], 210),
    ("every 8 h", ["0 08:00", "0 16:00", "1 00:00"], 210),
    ("3 times a week", ["0 08:00", "2 00:00", "4 00:00", "7 00:00"], 31),
    ("for 7 days every 4 weeks", ["28 08:00", "29 08:00"], 14),
    ("every day at morning for 7 days every 4 weeks", ["28 07:00", "29 07:00"], 14),
    ("every 8 h for 2 days every 4 weeks", ["28 08:00", "28 16:00", "29 00:00"], 10),
    ("for some_days every 4 weeks", ["28 08:00", "29 08:00"], 6),
    ("on 1 and 15 of the month", ["13 00:00", "30 00:00"], 4),
    ("on first mon of the month at 09:00", ["0 09:00", "35 09:00"], 3),
    ("next working day", ["1 00:00"], 1),
    ("next working day after surgery at 09:00", ["21 09:00"], 1),
    ("once per season flu", ["0 08:00"], 1),
    ("every 4 weeks", ["28 08:00", "56 08:00"], 2),
    ("at phase start and every 4 weeks", ["0 08:00", "28 08:00"], 3),
    ("at phase start and days 2 and 4", ["0 08:00", "2 00:00", "4 00:00"], 3),
    ("1 month after enrolment", ["31 08:00"], 1),
    ("every day at evening during the 7 days before surgery", ["11 20:00"], 7),
    ("during the 7 days before surgery", ["11 08:00", "12 08:00"], 7),
    ("every day at evening during the some_days before surgery", ["15 20:00"], 3),
    ("every day at morning until surgery", ["1 07:00"], 17),
    ("every day at morning until frail is yes", ["1 07:00"], 70),
    ("every day at morning while frail is yes", [], 0),
    ("every day at morning while frail is no at most 4 times", ["1 07:00"], 4),
    ("every day at morning for some_days", ["1 07:00", "2 07:00"], 2),
    ("some_days after surgery", ["21 00:00"], 1),
    ("every some_days", ["0 08:00", "3 08:00"], 24),
    ("every working day at 09:00", ["0 09:00", "1 09:00"], 50),
    ("2 working days after discharge", ["7 15:00"], 1),
    ("2026-03-20 at 09:00", ["18 09:00"], 1),
    ("between 2026-03-20 and 2026-03-25", ["18 00:00"], 1),
    ("day 8 of the phase", ["8 00:00"], 1),
    ("every day at morning at most some_times times", ["1 07:00", "2 07:00"], 2),
    ("2 days before each call at most 3 times", ["0 09:00", "14 09:00", "28 09:00"], 3),
    ("1 h before each call until surgery", ["2 08:00", "16 08:00"], 2),
    ("2 weeks after review for some_days", ["16 10:00"], 1),
    ("1 day before surgery at 18:00 for 2 days", ["17 18:00"], 1),
    ("at phase start and 1 week after given at most 3 times", ["0 08:00", "7 08:00", "28 08:00"], 3),
    ("days 1 and 8 of 21 at most 3 times", ["0 08:00", "7 00:00", "21 00:00"], 3),
    ("days 1 and 8 of 21 at 09:00 for 3 weeks", ["0 09:00", "7 09:00"], 2),
    ("on 1 of the month at 09:00 while frail is no", ["30 09:00", "60 09:00"], 2),
    ("next working day while frail is yes", [], 0),
    ("once per season flu at most 1 time", ["0 08:00"], 1),
    ("3 times a day until 2026-03-04", ["0 12:00", "0 20:00", "1 07:00"], 5),
    ("every 8 h for 1 day", ["0 08:00", "0 16:00", "1 00:00"], 3),
    ("as soon as review is sent at most 1 time", ["2 10:00"], 1),
    ("as soon as review is sent while frail is no", ["2 10:00"], 1),
    ("as soon as call is sent or review is sent", ["2 09:00"], 1),
    ("as soon as review is sent", ["2 10:00"], 1),
    ("at random between 09:00 and 09:00", ["0 09:00", "1 09:00"], 70),
]


def plan_of(phrase: str) -> Plan:
    return compiled(BODY.format(phrase=phrase), "forms")


def _local(at: datetime, start: datetime) -> str:
    zone = start.tzinfo
    wall = at.astimezone(zone)
    return f"{(wall.date() - start.date()).days} {wall:%H:%M}"


def expanded(plan: Plan, step: str, days: int = DAYS, site: Site = SITE) -> list[str]:
    """When a step opens, as ``carepath expand`` lists it."""
    world = World(plan, site=site, zone=ZONE, start=START)
    start = world.start.astimezone(world.zone)
    given = read_facts(plan, FACTS)
    end = world.start + timedelta(days=days)
    walk = Expansion(plan, site, given, ZONE, world.start, end + timedelta(days=5), None)
    opens = [max(one.opens, world.start) for one in walk.run() if one.step == f"only.{step}"]
    return [_local(at, start) for at in opens if at < end]


def happened(plan: Plan, step: str, days: int = DAYS, site: Site = SITE) -> list[str]:
    """When a step was done, by the decider."""
    world = World(plan, site=site, zone=ZONE, start=START)
    world.enrol(plan, facts=FACTS, at=world.start)
    world.run(world.start + timedelta(days=days) - timedelta(seconds=1))
    return [when for when, outcome in world.ended(f"only.{step}") if outcome == "sent"]


@pytest.mark.parametrize(("phrase", "first", "number"), FORMS, ids=[form for form, _, _ in FORMS])
def test_a_form_is_said_expanded_and_run(phrase: str, first: list[str], number: int) -> None:
    plan = plan_of(phrase)
    when = next(step for step in plan.phases["only"].steps if step.id == "mine").when
    assert when.text == phrase
    english, chinese = say_when(when), say_when(when, "zh")
    assert english and chinese and english != chinese
    opens = expanded(plan, "mine")
    assert (opens[: len(first)], len(opens)) == (first, number)
    assert happened(plan, "mine") == opens


def test_a_circle_of_steps_goes_on() -> None:
    plan = plan_of("at phase start")
    wanted = ["0 08:00", "21 08:00", "42 08:00", "63 08:00"]
    assert expanded(plan, "given") == happened(plan, "given") == wanted
    assert expanded(plan, "looked") == happened(plan, "looked") == ["14 08:00", "35 08:00", "56 08:00"]


def test_random_times_differ_between_steps_and_not_between_runs() -> None:
    plan = plan_of("3 times a day at random between 09:00 and 20:59")
    assert expanded(plan, "mine", 10) == expanded(plan, "mine", 10)
    found = happened(plan, "mine", 10)
    assert found == happened(plan, "mine", 10)
    assert len(found) == 30
    assert all("09:00" <= when.split()[1] <= "20:59" for when in found)
