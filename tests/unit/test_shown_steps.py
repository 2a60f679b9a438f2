"""What a page learns of a step that a patient does: in both languages, and never which answer is right."""

from __future__ import annotations

import json
from typing import Any

from activities.records.views_steps import shown_row
from tests.unit.decide import test_exercise, test_files_in_forms, test_teach
from tests.unit.decide.world import World


def shown(world: World, path: str, language: str) -> dict[str, Any]:
    plan = next(iter(world.plans.values()))
    step = next(step for phase in plan.phases.values() for step in phase.steps if step.path == path)
    occurrence = next(o for o in world.state.occurrences.values() if o.step == path)
    return shown_row(step, world.state, occurrence, language)


def test_an_exercise_shows_the_level_of_the_patient() -> None:
    world = test_exercise.started()
    before = shown(world, "one.knee", "en")
    assert (before["level_title"], before["instructions"]) == ("On a chair", "Stretch the knee.")
    for day in (1, 2):
        world.session(day, test_exercise.EASY)
    after = shown(world, "one.knee", "zh")
    assert (after["level"], after["level_title"], after["instructions"]) == ("standing", "站立", "微屈膝。")
    assert [field["id"] for field in after["form"]] == ["pain", "effort", "dizzy", "minutes", "why"]
    assert after["form"][-1]["options"]["chest_pain"] == "胸痛"


def test_a_lesson_shows_its_text_and_questions_but_no_right_answers() -> None:
    world = test_teach.started(test_teach.TRIES)
    row = shown(world, test_teach.LESSON, "zh")
    assert row["item_text"].startswith("安静坐五分钟")
    assert row["quiz"] == {"pass": 2, "tries": 2, "tried": 0}
    assert row["form"][0]["options"] == {"shake": "摇匀", "still": "不摇"}
    assert "药会沉淀" not in json.dumps(row, ensure_ascii=False)
    test_teach.tries(world, 1, test_teach.WRONG)
    assert shown(world, test_teach.LESSON, "zh")["quiz"]["tried"] == 1


def test_a_lesson_says_when_a_person_has_been_asked_to_watch() -> None:
    world = test_teach.started(test_teach.BACK % "")
    assert shown(world, test_teach.LESSON, "en")["show_back"] == {"role": "nurse", "asked": False}
    test_teach.tries(world, 1, {})
    assert shown(world, test_teach.LESSON, "en")["show_back"] == {"role": "nurse", "asked": True}


def test_a_form_says_which_files_are_taken() -> None:
    row = shown(test_files_in_forms.asked(), test_files_in_forms.STEP, "en")
    accepted = {field["id"]: field.get("accept") for field in row["form"]}
    assert accepted == {
        "photo": ["image/jpeg", "image/png", "image/webp"],
        "cough": ["audio/ogg", "audio/mp4", "audio/wav"],
        "agreed": ["image/png", "image/jpeg", "image/webp"],
    }
