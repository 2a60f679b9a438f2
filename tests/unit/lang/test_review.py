"""The page for review says everything of a plan, in both languages, and no text of an author becomes markup."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from carepath.main import run
from pathways.lang.diagnostics import Language
from pathways.lang.load import load_pathway
from pathways.lang.plan import Plan
from pathways.lang.plan_base import Text
from pathways.lang.plan_say import say_quantity
from pathways.lang.render_markdown import Sheet, safe
from pathways.lang.render_review import PARTS, review_page
from pathways.lang.render_words import Names
from tests.golden.called import callable_from
from tests.unit.lang.test_diff import neighbours

ROOT = Path(__file__).resolve().parents[3]
HYPERTENSION = ROOT / "pathways/library/hypertension_home/pathway.yaml"
ALL = [
    *sorted((ROOT / "pathways/library").glob("*/pathway.yaml")),
    *(ROOT / "tests/golden/base" / name for name in ("small.yaml", "wide.yaml")),
]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def plan_of(file: Path) -> Plan:
    loaded = load_pathway(file.read_bytes(), file.name, library=callable_from(file))
    assert loaded.plan is not None, loaded.diagnostics
    return loaded.plan


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("file", ALL, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_everything_of_a_plan_is_on_its_page(file: Path, language: Language) -> None:
    plan = plan_of(file)
    names = Names(plan, language)
    page = review_page(plan, language)
    texts = [phase.title for phase in plan.phases.values()] + [step.title for step in names.steps]
    texts += [task.title for _, task in names.tasks]
    for text in texts:
        assert safe(names.text(text)) in page, text
    for message in plan.messages:
        assert safe(names.message(message)) in page
    for parameter in plan.parameters.values():
        values = [value for value in (parameter.value, *parameter.by_profile.values()) if value is not None]
        for value in values:
            assert f"| {say_quantity(value.value.value, value.value.unit, language)}" in page
            assert safe(plan.evidence[value.cite].cite) in page
    for evidence in plan.evidence.values():
        assert safe(evidence.cite) in page
    for branch in (("true", "成立"), ("false", "不成立"), ("not known", "未知")):
        assert page.count(f"**{names.say(*branch)}**") == len(plan.rules)
    assert plan.sha256 in page
    assert page == review_page(plan, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_conditions_are_said_without_ids(language: Language) -> None:
    plan = plan_of(HYPERTENSION)
    page = review_page(plan, language)
    ids = [*plan.derived, *plan.parameters, *(step.id for step in Names(plan).steps), *plan.messages, *plan.measures]
    prose = re.sub(r"`[^`]*`", "", page).replace("\\_", "_")
    assert [name for name in ids if "_" in name and name in prose] == []
    assert "⚠" in prose and "None" not in prose


def test_numbers_nobody_checked_are_marked_wherever_they_stand() -> None:
    page = review_page(plan_of(HYPERTENSION), "en")
    assert "systolic blood pressure at least 180 mmHg ⚠ or" in page
    assert "systolic blood pressure below 160 mmHg and" in page  # signed by the owner: no mark
    assert "| `settled_systolic` | 160 mmHg | everybody |" in page


def test_one_profile_has_its_numbers_only() -> None:
    page = review_page(plan_of(HYPERTENSION), "en", "us_acc_aha")
    assert "130 mmHg" in page and "135 mmHg" not in page


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("nothing more is asked; open red tasks are closed", "不再发送任何消息，不再询问；未完成的红色任务关闭"),
        ("an open red is finished by a person", "未完成的红色任务由人工完成"),
        ("accepted within 2 days; seen within 14 days; returned within 30 days", "2 天内专科已接收；14 天内已就诊"),
        ("| after 45 minutes | doctor on duty, telephone call", "| 45 分钟后 | 值班医生，电话"),
        ("every further time end: “not measuring”", "此后每次结束：“not measuring”"),
        ("call 911 now", "请立即拨打120"),
    ],
)  # fmt: skip
def test_what_a_clinician_asks_for(english: str, chinese: str) -> None:
    plan = plan_of(HYPERTENSION)
    assert english in review_page(plan, "en")
    assert chinese in review_page(plan, "zh")


FOLLOW = {"left", "right", "low", "high", "after"}
UNSAID = {"answers", "settled_by_task", "settled_within", "active_days_only", "nth", "sure"}
"""What clinicians need not read (other ways to write an answer), or what means nothing where it stands (a day of
settling without its condition, days of pause of a phase without an end, a decision's word for what it
cannot tell, which stands with its table)."""


def said_by(part: Callable[[Sheet], None], plan: Plan, language: Language, names: Names | None = None) -> str:
    """What one part of the page says."""
    sheet = Sheet(names or Names(plan, language, mark=True))
    part(sheet)
    return sheet.page()


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_differs_is_left_off_the_page(language: Language) -> None:
    plan = plan_of(ROOT / "tests/golden/base/wide.yaml")
    before = [said_by(part, plan, language) for part in PARTS]
    likely = list(range(len(PARTS)))  # the part that spoke of the last difference may speak of the next one too
    tried, silent = 0, []
    for place, value, after in neighbours(plan):
        # Units of the parts of a condition, a parameter and a component follow from the numbers that are on the page;
        # that of a named length from its parameter; a task step has its `on_leave` itself.
        known = {*place[-2:-1]} & FOLLOW or place[0] in {"parameters", "measures"} or "form" in place
        # What the task of a show-back asks follows from its pass mark, and it goes with its lesson.
        if "show_back" in place and {"form", "on_leave"} & {*place}:
            continue
        follows = (bool(known) and place[-1] == "unit") or place[-3:] == ("body", "task", "on_leave")
        if {one for one in place if isinstance(one, str)} & UNSAID or follows:
            continue
        if place[0] == "called":
            continue  # a called pathway has its own page; this one names its hash
        tried += 1
        names = Names(after, language, mark=True)
        said = next((n for n in likely if said_by(PARTS[n], after, language, names) != before[n]), None)
        if said is None and review_page(after, language) == review_page(plan, language):
            silent.append((place, value))
        elif said is not None:
            likely = [said, *(n for n in likely if n != said)]
    assert tried > 150
    assert silent == []


def test_titles_cannot_become_markup() -> None:
    plan = plan_of(HYPERTENSION)
    bad = Text(en="a|b <img src=x> [x](http://x) `c` *d*\n# e", zh="<script>")
    phases = {name: phase.model_copy(update={"title": bad}) for name, phase in plan.phases.items()}
    page = review_page(plan.model_copy(update={"phases": phases}), "en")
    assert "<img" not in page and "\n# e" not in page and "[x](" not in page
    for line in page.splitlines():
        if line.startswith("| "):
            assert len(re.findall(r"(?<!\\)\|", line)) in {3, 4, 5, 6}


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", str(HYPERTENSION), "--review", "--lang", "zh"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("# 高血压居家随访")
    assert run(["plan", str(HYPERTENSION), "--review", "--lang", "zh", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"review": page}
    assert run(["plan", str(HYPERTENSION), "--review", "--diagram", "svg"]) == 2


def test_a_length_that_is_a_parameter_is_said_by_its_value() -> None:
    page = review_page(plan_of(ROOT / "tests/golden/base/wide.yaml"), "en")
    assert "Severe; at most 3 days" in page and "At the latest 3 days" in page
