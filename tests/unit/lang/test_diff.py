"""What `carepath diff` says: every change for people, in words; nothing where nobody notices anything."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carepath.main import run
from pathways.lang.load import load_pathway
from pathways.lang.plan import Plan
from pathways.lang.plan_base import Part
from pathways.lang.render_diff import ASPECTS, SECTIONS, differences
from pathways.lang.render_diff_parts import entries

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "pathways/library/hypertension_home/pathway.yaml"
TEXT = FILE.read_text("utf-8")
PHS = "国家基本公共卫生服务规范（第三版）"


def plan_of(text: str) -> Plan:
    loaded = load_pathway(text, "pathway.yaml")
    assert loaded.plan is not None, [d.message("en") for d in loaded.diagnostics if d.severity == "error"]
    return loaded.plan


def edited(*edits: tuple[str, str]) -> str:
    text = TEXT
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text


SAID = [
    (
        [("crisis_systolic: {value: 180", "crisis_systolic: {value: 175")],
        f"crisis systolic: value: 180 mmHg ({PHS}) → 175 mmHg ({PHS})",
        f"crisis systolic：数值：180 mmHg（{PHS}） → 175 mmHg（{PHS}）",
    ),
    (
        [("when: 2 weeks after review", "when: 3 weeks after review")],
        "Visit with GP (“Adjusting treatment”): when: 2 weeks after “Review treatment” ended; opens 3 days before; "
        "missed 7 days after → 3 weeks after “Review treatment” ended; opens 3 days before; missed 7 days after",
        "全科医生就诊（“调整治疗”）：何时：“审核治疗方案” 结束后 2 周；提前 3 天开放；7 天后为漏做 → "
        "“审核治疗方案” 结束后 3 周；提前 3 天开放；7 天后为漏做",
    ),
    (
        [("      welcome: {teach: how_to_measure, when: at phase start, first_time_only: yes}\n", "")],
        "removed: How to measure your blood pressure (“First week”)",
        "删除：如何正确测量血压（“第一周”）",
    ),
    (
        [("go: baseline, up_to: 1 time", "go: baseline, up_to: 2 times")],
        "First week: at the end: what stands above cannot be judged: to “First week”, up to 1 time; every further time "
        "end: “not measuring” → what stands above cannot be judged: to “First week”, up to 2 times; every further time "
        "end: “not measuring”",
        "第一周：到期时：以上无法判断：进入“第一周”，至多 1 次；此后每次结束：“not measuring” → "
        "以上无法判断：进入“第一周”，至多 2 次；此后每次结束：“not measuring”",
    ),
    (
        [("not_again_within: 24 h", "not_again_within: 12 h")],
        "Low blood pressure: acts: once until it is over, not again within 24 hours → once until it is over, not again "
        "within 12 hours",
        "血压偏低：触发：每次发作一次，24 小时内不重复 → 每次发作一次，12 小时内不重复",
    ),
    (
        [("A year of good care. Well done.", "Well done!")],
        "well done: text: A year of good care. Well done. → Well done!",
        None,
    ),
    (
        [("{tell: gp, by: [app], answer_within: 1 working day, then: incident}",
          "{tell: gp, by: [app], answer_within: 2 working days, then: incident}")],
        "overdue: who is told when: after 1 working day: GP, app, answers within 1 working day → after 1 working day: "
        "GP, app, answers within 2 working days; after 2 working days: an incident is raised → after 3 working days: "
        "an incident is raised",
        "逾期：通知顺序：1 个工作日后：全科医生，应用，1 个工作日内答复 → "
        "1 个工作日后：全科医生，应用，2 个工作日内答复；2 个工作日后：上报事件 → 3 个工作日后：上报事件",
    ),
    (
        [("consent: [care, device_data]", "consent: [care]")],
        "the pathway: consent: no longer: data of devices",
        "路径：同意：不再：设备数据",
    ),
    (
        [("withdrawn: {open_red: finish with a person}", "withdrawn: {open_red: close}")],
        "the pathway: after a withdrawal: nothing more is sent, nothing more is asked; an open red is finished by a "
        "person → nothing more is sent, nothing more is asked; open red tasks are closed",
        None,
    ),
    (
        [("  cn_2024: {cite: 中国高血压防治指南 2024, year: 2024, checked: no}",
          "  cn_2024: {cite: 中国高血压防治指南 2024, year: 2024}")],
        "中国高血压防治指南 2024: compared with the source: not checked → checked",
        "中国高血压防治指南 2024：核对：未核对 → 已核对",
    ),
    (
        [("over: 7 days", "over: 6 days")],
        None,
        "6 天血压平均值：计算方式：7 天血压平均值；至少需 3 天内 12 个读数，否则视为未知；仅计居家读数；首日不计；"
        "仅计本阶段开始后的读数；计划测量期结束后判定 → "
        "6 天血压平均值；至少需 3 天内 12 个读数，否则视为未知；仅计居家读数；首日不计；"
        "仅计本阶段开始后的读数；计划测量期结束后判定",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("edits", "english", "chinese"), SAID, ids=lambda value: None)
def test_a_change_is_said_once(edits: list[tuple[str, str]], english: str | None, chinese: str | None) -> None:
    before, after = plan_of(TEXT), plan_of(edited(*edits))
    for language, said in (("en", english), ("zh", chinese)):
        if said is not None:
            assert [c.said for c in differences(before, after, "zh" if language == "zh" else "en")] == [said]
    assert len(differences(after, before)) == len(differences(before, after))


UNNOTICED = {
    "comments": [("roles: [nurse, gp, duty]", "# who\nroles: [nurse, gp, duty]  # works")],
    "layout": [("consent: [care, device_data]", "consent:\n- care\n- device_data")],
    "version": [("version: 1.0.0", "version: 2.0.0")],
    "derived": [("week_mean", "mean_of_the_week")],
    "parameter": [("crisis_systolic", "far_too_high"), ("goal_diastolic", "lower_goal")],
    "step": [("gp_view", "view_of_gp"), ("recheck", "second_look")],
    "phase": [("baseline", "first_days"), ("titrate", "adjusting")],
    "message": [("are_you_well", "how_are_you")],
    "measure": [(" bp", " pressure")],
    "order": [
        ("  low_systolic: {value: 90 mmHg, cite: local}\n", ""),
        ("parameters:\n", "parameters:\n  low_systolic: {value: 90 mmHg, cite: local}\n"),
    ],
}


@pytest.mark.parametrize("edits", UNNOTICED.values(), ids=UNNOTICED)
def test_what_nobody_notices_is_no_change(edits: list[tuple[str, str]]) -> None:
    assert differences(plan_of(TEXT), plan_of(edited(*edits))) == ()


def test_a_step_in_another_phase_has_moved() -> None:
    line = "      welcome: {teach: how_to_measure, when: at phase start, first_time_only: yes}\n"
    text = edited((line, ""), ("    steps:\n      specialist:\n", "    steps:\n" + line + "      specialist:\n"))
    said = differences(plan_of(TEXT), plan_of(text))
    assert [(c.what, c.said) for c in said] == [
        ("moved", "moved: How to measure your blood pressure: from “First week” to “With the specialist”")
    ]


def test_another_order_of_rules_is_a_change() -> None:
    plan = plan_of(TEXT)
    turned = plan.model_copy(update={"rules": plan.rules[::-1]})
    assert [c.aspect for c in differences(plan, turned)] == ["order"]


def test_one_profile_hides_the_others() -> None:
    text = edited(("{us_acc_aha: {value: 130 mmHg", "{us_acc_aha: {value: 128 mmHg"))
    before, after = plan_of(TEXT), plan_of(text)
    assert len(differences(before, after)) == 1
    assert differences(before, after, "en", "esc") == ()
    (only,) = differences(before, after, "en", "us_acc_aha")
    assert only.said == "goal systolic: value: 130 mmHg (ACC/AHA hypertension guideline) → 128 mmHg (ACC/AHA " \
        "hypertension guideline)"  # fmt: skip


# --------------------------------------------------------------------------- never silent

NAMES = {
    "id", "path", "text", "until_text", "sha256", "version", "param", "derived", "step", "phase", "measure", "go",
    "end", "ladder", "fact", "message", "cite", "rule", "inputs", "event", "kind", "plan_schema", "watches",
    "catalogue",
}  # fmt: skip
"""What only names things (a changed name leads nowhere, or is no change), or follows from the rest."""


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in NAMES or (isinstance(inner, dict) and place):
                yield from leaves(inner, (*place, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*place, number))
    elif value is not None:
        yield place


def bent(value: Any) -> Any:
    """Another value of the same kind, or None where no other is known."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str) and value.replace(".", "").isdigit():
        return str(float(value) + 1)
    other = {
        "min": "h", "h": "min", "day": "week", "week": "day", "mm[Hg]": "kPa", "red": "amber", "amber": "red",
        "<": "<=", ">=": ">", ">": ">=", "<=": "<", "close": "keep", "keep": "close", "cancel": "keep",
    }  # fmt: skip
    return other.get(value)


def neighbours(plan: Plan) -> Iterator[tuple[tuple[Any, ...], Any, Plan]]:
    """Every plan that differs from this one in a single value: where, the other value, the plan."""
    data = plan.model_dump(mode="json")
    for place in leaves(data):
        value = bent(_at(data, place))
        after = None if value is None else changed(plan, data, place, value)
        if after is not None:
            yield place, value, after


def _at(data: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        data = data[key]
    return data


def changed(plan: Plan, data: Any, place: tuple[Any, ...], value: Any) -> Plan | None:
    """The plan with another value at one place, all beside the way to it shared; None where that is no plan."""
    way: list[Any] = [plan]
    for key in place[:-1]:
        way.append(getattr(way[-1], key) if isinstance(way[-1], Part) else way[-1][key])
    depth = max(number for number, one in enumerate(way) if isinstance(one, Part))
    innermost = copy.deepcopy(_at(data, place[:depth]))
    _at(innermost, place[depth:-1])[place[-1]] = value
    try:
        new = type(way[depth]).model_validate(innermost)
    except ValueError:
        return None
    for one, key in reversed([*zip(way[:depth], place[:depth], strict=True)]):
        if isinstance(one, Part):
            new = one.model_copy(update={key: new})
        else:
            new = {**one, key: new} if isinstance(one, dict) else (*one[:key], new, *one[key + 1 :])
    assert isinstance(new, Plan)
    return new


def test_no_difference_of_a_plan_is_passed_over() -> None:
    plan = plan_of(TEXT)
    tried, silent = 0, []
    for place, value, after in neighbours(plan):
        tried += 1
        if not differences(plan, after):
            silent.append((place, value))
    assert tried > 250
    assert silent == []


def test_every_section_and_aspect_has_a_word() -> None:
    for entry in entries(plan_of(TEXT)):
        assert entry.section in SECTIONS
        assert set(entry.aspects) <= set(ASPECTS)


# --------------------------------------------------------------------------- the command


@pytest.fixture
def other(tmp_path: Path) -> Path:
    file = tmp_path / "pathway.yaml"
    file.write_text(edited(("when: 2 weeks after review", "when: 3 weeks after review"), ("1.0.0", "1.1.0")), "utf-8")
    return file


def test_the_command_says_it(other: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", str(FILE), str(other)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:3] == ["hypertension_home 1.0.0 → hypertension_home 1.1.0", "", "Steps"]
    assert run(["diff", str(FILE), str(other), "--exit-code"]) == 1
    assert run(["diff", str(FILE.parent), str(FILE), "--exit-code", "--lang", "zh"]) == 0
    assert "没有变化" in capsys.readouterr().out


def test_json_holds_the_same(other: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", str(FILE), str(other), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["same"], said["from"]["version"], said["to"]["version"]) == (False, "1.0.0", "1.1.0")
    (change,) = said["changes"]
    assert set(change) == {"section", "what", "name", "aspect", "before", "after", "said"}
    named = {key: change[key] for key in ("section", "what", "name", "aspect")}
    assert named == {"section": "step", "what": "moved", "name": "titrate.recheck", "aspect": "when"}


def test_a_pathway_that_does_not_compile_is_wrong_input(other: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other.write_text(TEXT.replace("role: gp", "role: gpp"), "utf-8")
    assert run(["diff", str(FILE), str(other)]) == 1
    assert "gpp" in capsys.readouterr().out
    assert run(["diff", str(FILE), str(other), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["diagnostics"]
    assert run(["diff", str(FILE), str(FILE), "--profile", "esk"]) == 2
