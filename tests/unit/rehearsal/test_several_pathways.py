"""One patient on two pathways: names find their pathway, one reading serves both."""

from pathways.lang.load import load_pathway
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site
from tests.stories import run_story
from tests.unit.rehearsal.conftest import FILE

TEXT = """\
pathways: [hypertension_home, second]
scenario: two pathways measure the same
patient: {age: 67 years, sex: male, zone: Asia/Shanghai, conditions: [hypertension]}
start: 2026-03-02 08:00
given:
  - stream: {reading: {bp: 128/78 mmHg}, times: 2, at: [06:50, 19:50]}
expect:
  - {by: day 8 00:01, phase: maintain, count: 2}
  - {at: day 3 07:00, message: remind_measure, count: 0}
  - {by: day 7, step: baseline.measure_bp, is: done, count: 30}
"""


def test_two_pathways(plan: Plan, site: Site) -> None:
    other = load_pathway(FILE.read_text("utf-8").replace("id: hypertension_home", "id: second", 1), "second").plan
    assert other is not None
    result = run_story(TEXT, plan, other, site=site)
    assert result.passed, [(f.line, f.text, f.near) for f in result.failures]
    assert {name for name, used in result.seen.used.items() if "maintain" in used.phases} == {plan.id, other.id}
