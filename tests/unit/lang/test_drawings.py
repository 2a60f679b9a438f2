"""Drawings of a plan: what stands in them, where, and that nothing lies on anything else."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import pytest

from carepath.main import run
from pathways.lang import plan_cond, plan_steps, plan_when
from pathways.lang.diagnostics import Language
from pathways.lang.load import load_pathway
from pathways.lang.plan import Derived, Part, Plan
from pathways.lang.plan_base import Text
from pathways.lang.render_diagram import mermaid
from pathways.lang.render_map import cards
from pathways.lang.render_picture import MARGIN, WIDTH, picture
from pathways.lang.render_svg import width_of, wrapped
from pathways.lang.render_times import PHASE, place
from pathways.lang.render_vocabulary import FUNCTIONS, KINDS
from pathways.lang.render_words import NAMED, PLAIN, Names
from tests.golden.called import callable_from

ROOT = Path(__file__).resolve().parents[3]
LIBRARY = sorted((ROOT / "pathways" / "library").glob("*/pathway.yaml"))
ALL = [*LIBRARY, ROOT / "tests/golden/base/small.yaml", ROOT / "tests/golden/base/wide.yaml"]
SVG = "{http://www.w3.org/2000/svg}"
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def plan_of(file: Path) -> Plan:
    loaded = load_pathway(file.read_bytes(), file.name, library=callable_from(file))
    assert loaded.plan is not None, loaded.diagnostics
    return loaded.plan


@pytest.fixture(scope="module")
def hypertension() -> Plan:
    return plan_of(ROOT / "pathways/library/hypertension_home/pathway.yaml")


def boxes(document: str) -> list[tuple[str, float, float, float, float]]:
    """Every text with the corners of its box."""
    found = []
    for one in ElementTree.fromstring(document).iter(f"{SVG}text"):
        size, x, y = (float(one.attrib[name]) for name in ("font-size", "x", "y"))
        text = one.text or ""
        wide = width_of(text, size, strong="strong" in one.attrib.get("class", ""))
        found.append((text, x, y - size * 0.85, x + wide, y + size * 0.2))
    return found


def assert_apart(document: str) -> None:
    found = boxes(document)
    for a, b in itertools.combinations(found, 2):
        apart = a[3] <= b[1] or b[3] <= a[1] or a[4] <= b[2] or b[4] <= a[2]
        assert apart, (a, b)
    height = float(ElementTree.fromstring(document).attrib["height"])
    for text, left, top, right, bottom in found:
        assert left >= MARGIN - 1 and right <= WIDTH - MARGIN + 1 and 0 <= top < bottom <= height, text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("file", ALL, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_no_label_lies_on_another_or_outside(file: Path, language: Language) -> None:
    plan = plan_of(file)
    document = picture(plan, language)
    assert_apart(document)
    assert document == picture(plan, language)
    for profile in plan.profiles:
        assert_apart(picture(plan, language, profile))


@pytest.mark.parametrize("language", LANGUAGES)
def test_long_names_and_many_rungs_wrap(hypertension: Plan, language: Language) -> None:
    long = Text(en="An endlessly " + "long " * 40 + "title<&>\"'", zh="很长的标题" * 30 + "<&>")
    phases = {name: phase.model_copy(update={"title": long}) for name, phase in hypertension.phases.items()}
    urgent = hypertension.ladders["urgent"]
    ladder = urgent.model_copy(update={"rungs": urgent.rungs[:2] * 5 + urgent.rungs[2:]})
    assert_apart(picture(hypertension.model_copy(update={"phases": phases, "ladders": {"urgent": ladder}}), language))


def test_the_structure_of_the_picture(hypertension: Plan) -> None:
    root = ElementTree.fromstring(picture(hypertension))
    groups = {one.attrib["id"]: [text.text or "" for text in one.iter(f"{SVG}text")] for one in root.iter(f"{SVG}g")}
    assert list(groups) == [
        "phase:baseline", "phase:titrate", "phase:refer", "phase:maintain", "anywhere", "end:finished",
        "end:not_measuring", "end:with_staff", "time:throughout", "time:baseline", "time:titrate", "time:refer",
        "time:maintain", "ladder:urgent", "ladder:overdue",
    ]  # fmt: skip
    said = " ".join(groups["phase:baseline"])
    assert "mean systolic blood pressure of 7 days at least 135 mmHg (us_acc_aha: 130 mmHg)" in said
    assert said.endswith("At the end: in every other case → Steady")
    assert "Told 3 times more After 85 minutes An incident is raised" in " ".join(groups["ladder:urgent"])
    assert " ".join(groups["ladder:overdue"]).endswith("After 2 working days An incident is raised")
    arrows = [one for one in root.iter(f"{SVG}path") if "marker-end" in one.attrib]
    ways = [way for card in cards(Names(hypertension)) for way in card.ways if way.target is not None]
    assert len(arrows) == len(ways) == 18
    assert len({one.attrib["d"] for one in arrows}) == 18
    assert "week 4" in groups["time:titrate"] and "day 3" in groups["time:baseline"]


def test_a_profile_has_its_own_numbers(hypertension: Plan) -> None:
    american = picture(hypertension, "en", "us_acc_aha")
    assert "130 mmHg" in american and "135 mmHg" not in american


def test_text_cannot_become_markup(hypertension: Plan) -> None:
    title = Text(en='</text><script>alert(1)</script>"]\n end', zh="<b>")
    hostile = hypertension.model_copy(update={"title": title, "phases": {
        name: phase.model_copy(update={"title": title}) for name, phase in hypertension.phases.items()
    }})  # fmt: skip
    assert {one.tag for one in ElementTree.fromstring(picture(hostile)).iter()} == {
        SVG + tag for tag in ("svg", "title", "style", "defs", "marker", "path", "rect", "text", "g", "circle")
    }
    drawn = mermaid(hostile)
    assert "<script" not in drawn and all(line.count('"') % 2 == 0 for line in drawn.splitlines())


def members(union: Any) -> set[Any]:
    return set(get_args(get_args(union)[0]))


def is_part(one: object) -> bool:
    return isinstance(one, type) and issubclass(one, Part)


def test_every_kind_of_condition_time_and_step_is_known() -> None:
    unions = (plan_cond.Cond, plan_cond.Value, plan_when.Moment, plan_when.ScheduleBase)
    kinds = set().union(*(members(union) for union in unions))
    for module in (plan_cond, plan_when):
        kinds |= {one for one in vars(module).values() if is_part(one) and one.__module__ == module.__name__}
    assert kinds <= {*NAMED, *PLAIN}
    functions = get_args(Derived.model_fields["function"].annotation)
    assert set(functions) == set(FUNCTIONS)
    assert not {*NAMED} & {*PLAIN}
    bodies = {body.model_fields["kind"].default for body in members(plan_steps.StepBody)}
    assert bodies | {"decide", "conference"} == set(KINDS)  # a step `decide` is a task with a proposal


def test_steps_stand_where_their_phrases_say(hypertension: Plan) -> None:
    phase = hypertension.phases["titrate"]
    placed = {one.step.id: one for one in place(hypertension, phase, phase.steps)}
    assert {one.axis for one in placed.values()} == {PHASE}
    recheck = placed["recheck"].bars[0]
    assert (recheck.opens, recheck.due, recheck.missed) == (11, 14, 21)
    taken = [bar.due for bar in placed["measure_bp"].bars]
    assert len(taken) == 14 and min(taken) >= 7 and max(taken) < 14
    steady = hypertension.phases["maintain"]
    again = {one.step.id: one for one in place(hypertension, steady, steady.steps)}
    assert [bar.due for bar in again["routine"].bars] == [84, 168, 252, 336]
    assert [int(bar.due) for bar in again["measure_bp"].bars[::2]][:8] == [28, 29, 30, 31, 32, 33, 34, 56]
    everywhere = {one.step.id: one for one in place(hypertension, None, hypertension.throughout)}
    assert everywhere["tablets"].everywhere
    assert (everywhere["refill"].axis, everywhere["refill"].bars[0].marks) == ("supply_end", (-6, -2))


WHENS = [
    ("day 14 at 10:00", PHASE, [14 + 10 / 24]),
    ("days 1 and 8 of 21", PHASE, [0, 7, 21, 28]),
    ("between 48 h and 72 h after discharge", "discharge", [3]),
    ("2 days before each stay", "step:stay", [-2]),
    ("every 2 weeks on mon and thu at 09:00", PHASE, [0.375, 3.375, 14.375, 17.375, 28.375, 31.375]),
    ("3 times a day for 2 days", PHASE, [7 / 24, 14 / 24, 21 / 24, 1 + 7 / 24, 1 + 14 / 24, 1 + 21 / 24]),
    ("every 8 h for 1 day", PHASE, [0, 1 / 3, 2 / 3]),
    ("on 1 and 15 of the month", PHASE, [0, 14, 30]),
    ("next working day", PHASE, [1]),
    ("every day at noon at most 2 times", PHASE, [0.5, 1.5]),
    ("once per calendar year", None, []),
    ("the date booked", None, []),
]


@pytest.mark.parametrize(("phrase", "axis", "due"), WHENS)
def test_every_form_of_time_has_its_place(phrase: str, axis: str | None, due: list[float]) -> None:
    text = f"""
carepath: 1
id: tiny
version: 1.0.0
title: {{en: T, zh: 题}}
owner: us
{"facts: {discharge: {type: moment}}" if "discharge" in phrase else ""}
roles: [nurse]
counts_from: enrolment
phases:
  only:
    title: {{en: Only, zh: 唯一}}
    until: day 35 of the phase
    steps:
      stay: {{visit: {{with: nurse, mode: [clinic]}}, when: every 2 weeks}}
      one: {{say: hello, when: {phrase}}}
    at_end: [{{else: true, end: over}}]
ends: {{over: {{say: hello}}}}
messages: {{hello: {{to: patient, class: care, en: Hello, zh: 您好}}}}
"""
    loaded = load_pathway(text, "tiny.yaml")
    assert loaded.plan is not None, [d.message("en") for d in loaded.diagnostics]
    phase = loaded.plan.phases["only"]
    one = place(loaded.plan, phase, phase.steps)[1]
    assert one.axis == axis
    assert [bar.due for bar in one.bars] == pytest.approx(due)
    assert_apart(picture(loaded.plan))


TEXTS = ["", "a", "word " * 30, "没有空格的一段很长的文字，带标点。" * 5, "x" * 200, "（括号）和word混排" * 9]


@pytest.mark.parametrize("text", TEXTS)
def test_wrapped_lines_fit_and_lose_nothing(text: str) -> None:
    lines = wrapped(text, 13, 120)
    assert all(width_of(line, 13) <= 120 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("kind", ["svg", "mermaid"])
def test_the_command_prints_the_drawing(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(LIBRARY[0])
    assert run(["plan", file, "--diagram", kind, "--language", "zh"]) == 0
    plain = capsys.readouterr().out
    assert "路径" in plain or "升级阶梯" in plain
    assert run(["plan", file, "--diagram", kind, "--language", "zh", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {kind: plain}
