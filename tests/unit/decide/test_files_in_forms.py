"""Photos, voice notes and signatures in forms: a reference of the right kind, never bytes; who signed, and when."""

from __future__ import annotations

from typing import Any

import pytest

from pathways.decide.effects import Timeline
from tests.stories import run_story
from tests.unit.decide.world import World, pathway

BODY = """
phases:
  one:
    title: {en: One, zh: 一}
    until: day 30 of the phase
    steps:
      wound:
        ask: {photo: {photo: optional}, cough: {voice: optional}, agreed: {signature: required}}
        when: every day at 09:00
        window: {missed_after: 12 h}
      look:
        task: {en: Look at the wound, zh: 查看伤口}
        role: nurse
        due: 1 day
        form: {seen: {signature: required}}
        when: as soon as wound.photo is known
    at_end: [{else: true, end: over}]
ends: {over: {}}
"""
NUMBER = "0123456789abcdef" * 2
PHOTO, VOICE, DRAWN = f"photo-{NUMBER}", f"voice-{NUMBER}", f"signature-{NUMBER}"
STEP = "one.wound"


def asked() -> World:
    world = World(pathway(BODY))
    world.enrol()
    world.run(world.day(1, "09:00"))
    return world


def kept(world: World) -> dict[str, Any]:
    found = next(e for e in world.of(Timeline) if e.path == STEP and e.outcome == "done")
    form: dict[str, Any] = found.data["form"]
    return form


@pytest.mark.parametrize("signed", [DRAWN, "Zhang San", "  张三 "])
def test_a_reference_or_a_typed_name_is_kept_with_moment_and_who(signed: str) -> None:
    world = asked()
    form = {"photo": PHOTO, "cough": VOICE, "agreed": signed}
    assert world.answered(world.answer(STEP, world.day(1, "10:00"), form=form)).done
    at = world.day(1, "10:00").isoformat()
    signature = {"signed": signed.strip(), "at": at, "by": "patient"}
    assert kept(world) == {"photo": PHOTO, "cough": VOICE, "agreed": signature}
    assert world.opened("look") == ["1 10:00"]


def test_staff_sign_under_their_own_id() -> None:
    world = asked()
    world.answer(STEP, world.day(1, "10:00"), form={"photo": PHOTO, "agreed": "Zhang San"})
    done = world.task(world.key("look"), "complete", world.day(1, "11:00"), by="n7", form={"seen": DRAWN})
    assert world.answered(done).done
    found = next(e for e in world.of(Timeline) if e.path == "one.look" and e.outcome == "done")
    assert found.data["form"]["seen"] == {"signed": DRAWN, "at": world.day(1, "11:00").isoformat(), "by": "n7"}


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"photo": PHOTO},
        {"agreed": ""},
        {"agreed": "   "},
        {"agreed": "x" * 201},
        {"agreed": PHOTO},
        {"agreed": {"signed": "x", "by": "somebody else"}},
        {"agreed": "x", "photo": VOICE},
        {"agreed": "x", "photo": "wound.jpg"},
        {"agreed": "x", "photo": "../../etc/passwd"},
        {"agreed": "x", "photo": PHOTO + "\n"},
        {"agreed": "x", "photo": PHOTO.upper()},
        {"agreed": "x", "photo": [PHOTO]},
        {"agreed": "x", "cough": "data:audio/ogg;base64,T2dnUw=="},
    ],
)
def test_anything_else_is_refused_whole(form: dict[str, Any]) -> None:
    world = asked()
    assert not world.answered(world.answer(STEP, world.day(1, "10:00"), form=form)).done
    assert [e for e in world.of(Timeline) if e.path == STEP and e.outcome == "done"] == []


SCENARIO = """
pathway: {id}
scenario: a photo and a signature are named as files
site: none
patient: {{zone: Europe/Berlin}}
start: 2026-03-02 08:00
given:
  - {{at: day 0 09:30, answer: wound, form: {{photo: wound.jpg, cough: cough.m4a, agreed: {signed}}}}}
  - {{at: day 0 10:00, done: look, form: {{seen: Nurse Li}}}}
expect:
  - {{by: day 0 09:31, step: wound, is: done}}
  - {{by: day 0 09:31, task: look}}
  - {{by: day 0 10:01, step: look, is: done}}
"""


@pytest.mark.parametrize("signed", ["Zhang San", "mark.png"])
def test_a_scenario_names_files(signed: str) -> None:
    plan = pathway(BODY)
    result = run_story(SCENARIO.format(id=plan.id, signed=signed), plan)
    assert [failure.text for failure in result.failures] == []
