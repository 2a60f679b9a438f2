"""What reviewers read where a condition speaks of an answer, an item of a questionnaire, or a share of a number."""

from pathlib import Path

import pytest

from pathways.lang.load import load_pathway
from pathways.lang.render_review import review_page

LIBRARY = Path(__file__).parents[3] / "pathways" / "library"


@pytest.mark.parametrize(
    ("pathway", "language", "said"),
    [
        ("depression_care", "en", "PHQ-9 item 9 at least 1 point"),
        ("depression_care", "zh", "PHQ-9 抑郁筛查第9题 不低于 1 分"),
        ("depression_care", "zh", "为 心理治疗或两者结合"),
        ("depression_care", "zh", "个案管理师任务"),
        ("depression_care", "en", "PHQ-9 total from 0 points to 27 points is plausible"),
        ("depression_care", "en", r"above phq9 at start \* 50% |"),
        ("postop_texting", "en", "is Has a problem with the wound"),
        ("postop_texting", "en", "needed if found is"),
    ],
)
def test_answers_items_and_shares_are_said_as_people_say_them(pathway: str, language: str, said: str) -> None:
    plan = load_pathway((LIBRARY / pathway / "pathway.yaml").read_bytes(), "pathway.yaml").plan
    assert plan is not None
    page = review_page(plan, "zh" if language == "zh" else "en", picture="x")
    assert said in page
    assert "0.01" not in page
