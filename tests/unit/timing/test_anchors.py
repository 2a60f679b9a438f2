"""Moments that come late, change or go, by the table of docs/reference/time.md."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pathways.decide.effects import Timeline
from pathways.decide.events import Event, Preference, StaffVerb
from pathways.lang.load import load_pathway
from tests.unit.decide.world import World, compiled
from tests.unit.tables import rows_of

BODY = """
carepath: 1
id: anchors
version: 1.0.0
title: {{en: Anchors, zh: 锚点}}
owner: tests
counts_from: enrolment
facts:
  discharge: {{type: moment}}
phases:
  only:
    title: {{en: Only, zh: 唯一}}
    until: 15 days after enrolment
    steps:
      mine: {{say: hello, when: {phrase}}}
      far: {{say: there, when: 400 days after discharge}}
    at_end: [{{else: true, end: over}}]
  other:
    title: {{en: Other, zh: 其他}}
    until: day 90 of the phase
    steps:
      final: {{say: hello, when: at phase start}}
    at_end: [{{else: true, end: gone}}]
ends: {{over: {{}}, gone: {{}}}}
anchors: {{discharge: {{{row}}}}}
lifecycle:
  discharged_again: {{set: discharge}}
  readmitted: {{go: other}}
messages:
  hello: {{to: patient, class: care, en: Hello., zh: 您好。}}
  there: {{to: patient, class: care, en: There., zh: 在吗。}}
"""


def _ids(row: dict[str, str]) -> str:
    return f"{row['anchors']} {row['phrase']} {row['what happens']}".strip()


def _event(world: World, text: str) -> Event:
    day, clock, what, *value = text.split()
    at = world.day(int(day), clock)
    if what == "zone":
        return world.event(Preference(zone=value[0]), at)
    if what == "+":
        return world.event(StaffVerb("discharged_again", "s1", "gp", None, {}), at)
    moment = world.day(int(value[0]), value[1]).isoformat() if value else None
    return world.event(StaffVerb("set_fact", "s1", "gp", None, {"fact": "discharge", "value": moment}), at)


@pytest.mark.parametrize("row", rows_of("time.md", "anchors"), ids=_ids)
def test_what_follows_when_a_moment_changes(row: dict[str, str]) -> None:
    row_text = row["anchors"] or "corrected: re_plan, new: redo"
    plan = compiled(BODY.format(phrase=row["phrase"], row=row_text), "anchors")
    world = World(plan)
    world.enrol(plan, at=world.start)
    events = [_event(world, text) for text in filter(None, row["what happens"].split(", "))]
    world.run(world.start + timedelta(days=14, hours=23), events)
    found = [f"{when} {outcome}" for when, outcome in world.ended("only.mine")]
    if world.status == "ended":
        found.append(f"ended: {_ending(world)}")
    elif world.phase != "only":
        found.append(f"phase: {world.phase}")
    assert ", ".join(found) == row["how it ends"]


def _ending(world: World) -> str:
    ends = [e for e in world.of(Timeline) if e.word == "ended"]
    return str(ends[-1].data.get("end") or ends[-1].data.get("reason"))


def test_only_a_fact_that_is_a_moment_has_a_row() -> None:
    text = BODY.format(phrase="at phase start", row="new: redo").replace(
        "anchors: {discharge:", "anchors: {discharged:"
    )
    loaded = load_pathway(text, "anchors.yaml")
    (wrong,) = [d for d in loaded.diagnostics if d.code == "unknown_anchor"]
    assert wrong.params["suggestion"] == "discharge"


def test_what_a_removal_does_may_be_any_action() -> None:
    text = BODY.format(phrase="at phase start", row="removed: [{say: there}, {go: nowhere}]")
    assert "unknown_phase" in {d.code for d in load_pathway(text, "anchors.yaml").diagnostics}
