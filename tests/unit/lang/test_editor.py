"""What an editor is told about the text of a pathway."""

from __future__ import annotations

from pathlib import Path

import pytest

from pathways.lang.editor import Refused, complete, define, diagnose, hover, rename, replaced
from pathways.lang.load import load_pathway, pathways_near
from pathways.lang.render_diff import differences

FILE = Path(__file__).resolve().parents[3] / "pathways/library/hypertension_home/pathway.yaml"
TEXT = FILE.read_text("utf-8")
LINES = TEXT.split("\n")


def place(marked: str, text: str = TEXT) -> tuple[int, int]:
    """Line and column of the `|` in a stretch of the text that occurs once (or of its first occurrence)."""
    plain = marked.replace("|", "")
    assert plain in text, plain
    offset = text.index(plain) + marked.index("|")
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def typed(after: str, written: str) -> list[str]:
    """What is offered behind `written`, typed in a new line below the first line that contains `after`."""
    number = next(n for n, line in enumerate(LINES) if after in line)
    lines = [*LINES[: number + 1], written, *LINES[number + 1 :]]
    return [offer.text for offer in complete("\n".join(lines), number + 2, len(written) + 1)]


KEYS = [
    ("carepath: 1", "", {"title", "phases", "rules", "messages"}),
    ("      measure_bp:", "        ", {"measure", "when", "window", "remind"}),
    ("  baseline:", "    ", {"title", "until", "steps", "leave", "at_end"}),
    ("  crisis:", "    ", {"if", "level", "do", "unknown"}),
    ("    at_end:", "      - {", {"if", "go", "end", "else"}),
    ("    at_end:", "      - {if: unknown, ", {"go", "up_to", "afterwards"}),
    ("parameters:", "  new: {", {"value", "cite", "by_profile"}),
]


@pytest.mark.parametrize(("after", "written", "wanted"), KEYS)
def test_keys_that_belong_there_are_offered(after: str, written: str, wanted: set[str]) -> None:
    offered = set(typed(after, written))
    assert wanted <= offered
    assert "quotas" not in offered or written == ""


VALUES = [
    ("    at_end:", "      - {else: true, go: ", {"baseline", "titrate", "refer", "maintain"}),
    ("    at_end:", "      - {else: true, end: ", {"finished", "not_measuring", "with_staff"}),
    ("parameters:", "  new: {value: 1 mmHg, cite: ", {"phs_2017", "cn_2024", "local"}),
    ("parameters:", "  new: {value: 135 ", {"mmHg", "°C"}),
    ("  finished: {", "  more: {say: ", {"well_done", "are_you_well"}),
    ("      measure_bp:", "        when: ", {"every day at morning and evening", "recheck"}),
    ("  crisis:", "    if: ", {"bp", "crisis_systolic", "week_mean", "pregnant"}),
    ("  crisis:", "    level: ", {"red", "amber", "no_data"}),
    ("      review:", "        role: ", {"nurse", "gp", "duty"}),
    ("    steps:", "      more: {teach: ", {"how_to_measure", "salt_and_weight"}),
    ("measures:", "  hr: {use: ", {"heart_rate", "blood_pressure"}),
    ("      review:", "        escalate: ", {"urgent", "overdue"}),
]


@pytest.mark.parametrize(("after", "written", "wanted"), VALUES)
def test_values_that_fit_are_offered(after: str, written: str, wanted: set[str]) -> None:
    assert wanted <= set(typed(after, written))


def test_a_role_is_no_phase() -> None:
    assert not {"nurse", "week_mean"} & set(typed("    at_end:", "      - {else: true, go: "))


HOVERS = [
    ("when: every day at |morning and evening\n        window", "every day at morning and evening", "每天的早晨和晚上"),
    ("when: 2 weeks |after review", "2 weeks after “Review treatment” ended", "“审核治疗方案” 结束后 2 周"),
    ("bp.systolic >= crisis_|systolic", "180 mmHg (国家基本公共卫生服务规范（第三版）)", "180 mmHg"),
    ("week_|mean.systolic >= goal", "needs at least 12 readings on 3 days", "至少需 3 天内 12 个读数"),
    ("{say: |well_done}", "A year of good care", "坚持一年"),
    ("cite: |cn_2024\n    by_profile", "not checked yet", "尚未核对"),
]


@pytest.mark.parametrize(("marked", "english", "chinese"), HOVERS)
def test_hover_says_what_it_means(marked: str, english: str, chinese: str) -> None:
    assert english in hover(TEXT, *place(marked), "en")
    assert chinese in hover(TEXT, *place(marked), "zh")


def test_hover_over_what_people_read_says_nothing() -> None:
    assert hover(TEXT, *place("en: Home blood-|pressure")) == ""
    assert hover("carepath: 1\n  x: [", 1, 1) == ""


DEFINITIONS = [
    ("bp.systolic >= |crisis_systolic", "  crisis_systolic: {value"),
    ("|week_mean.systolic >= goal", "  week_mean:"),
    ("go: |titrate}", "  titrate:"),
    ("afterwards: {end: not_|measuring}", "  not_measuring: {task"),
    ("{say: |crisis_advice}", "  crisis_advice: {to"),
    ("as soon as |measure_bp missed 3", "      measure_bp:"),
    ("if: |gp_view is done and gp_view.controlled is yes", "[{id: gp_view"),
    ("escalate: |urgent", "  urgent:"),
]


@pytest.mark.parametrize(("marked", "line"), DEFINITIONS)
def test_a_name_leads_to_its_definition(marked: str, line: str) -> None:
    (span,) = define(TEXT, *place(marked))
    assert line in LINES[span.line - 1]


def test_a_step_is_the_one_of_its_own_phase() -> None:
    (span,) = define(TEXT, *place("during the 7 days before |recheck"))
    assert LINES[span.line - 1].strip() == "recheck:"


RENAMES = [
    ("  crisis_|systolic: {value", "far_too_high", 2),
    ("bp.systolic >= |crisis_systolic", "far_too_high", 2),
    ("  week_|mean:", "mean_of_week", 7),
    ("      |recheck:", "second_look", 6),
    ("  |titrate:", "adjusting", 7),
    ("{say: |are_you_well}", "how_are_you", 2),
    ("[{id: |gp_view", "view_of_gp", 5),
]


@pytest.mark.parametrize(("marked", "new", "at_least"), RENAMES)
def test_a_new_name_changes_every_use_and_no_meaning(marked: str, new: str, at_least: int) -> None:
    spans = rename(TEXT, *place(marked), new)
    assert not isinstance(spans, Refused), spans
    assert len(spans) >= at_least
    before, after = load_pathway(TEXT, "").plan, load_pathway(replaced(TEXT, spans, new), "").plan
    assert before is not None and after is not None
    assert differences(before, after) == ()


@pytest.mark.parametrize(
    ("marked", "new", "why"),
    [
        ("  week_|mean:", "Week Mean", "cannot be a name"),
        ("  week_|mean:", "morning", "cannot be a name"),
        ("  week_|mean:", "crisis_systolic", "is a name already"),
        ("roles: [|nurse", "sister", "would not mean the same"),
        ("en: Home blood-|pressure", "xx", "no name here"),
    ],
)
def test_a_name_that_cannot_be_is_refused(marked: str, new: str, why: str) -> None:
    refused = rename(TEXT, *place(marked), new)
    assert isinstance(refused, Refused) and why in refused.en and refused.zh


CALLING = Path(__file__).resolve().parents[3] / "docs/reference/steps/examples/pathway.yaml"


def test_a_pathway_that_calls_another_is_read_with_those_beside_it() -> None:
    text = CALLING.read_text("utf-8")
    beside, here = pathways_near(CALLING), place("  joint_|high: {value", text)
    assert "call_unknown" in {one.code for one in diagnose(text, CALLING.name)}
    assert not [one for one in diagnose(text, CALLING.name, beside) if one.severity == "error"]
    assert "150 mmHg" in hover(text, *here, "en", beside)
    spans = rename(text, *here, "far_too_high", beside)
    assert not isinstance(spans, Refused), spans
    assert len(spans) == 2
