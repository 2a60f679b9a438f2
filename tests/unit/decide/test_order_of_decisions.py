"""docs/reference/order.md, part "Decisions of people": a test for each row, of its name."""

from tests.unit.decide.test_decisions import decided

BOTH = "spironolactone.choice: {0}, metoprolol.choice: increase"


def _done(at: str, form: str) -> str:
    return f"  - {{at: day 14 {at}, done: dose_step, form: {{{form}}}}}\n"


def _came(at: str, word: str) -> str:
    return f"  - {{at: day 14 {at}, verb: complete, is: {word}}}\n"


def test_a_proposal_stays_as_it_was_when_its_task_opened() -> None:
    later = "  - {at: day 14 10:10, reading: {potassium: 4.2 mmol/L}}\n"
    result = decided(later + _done("10:20", BOTH.format("increase")), _came("10:20", "refused"))
    assert result.passed, [(f.text, f.near) for f in result.failures]
    before = "  - {at: day 14 09:50, reading: {potassium: 4.2 mmol/L}}\n"
    result = decided(before + _done("10:20", BOTH.format("increase")), _came("10:20", "done"))
    assert result.passed, [(f.text, f.near) for f in result.failures]


def test_without_the_reason_that_is_needed_the_task_stays_open() -> None:
    given = _done("10:20", BOTH.format("stop")) + _done(
        "10:30", BOTH.format("stop") + ", spironolactone.reason: gynaecomastia"
    )
    never = "  - {never: {step: dose_step, is: done}, before: day 14 10:29}\n"
    result = decided(given, _came("10:20", "refused") + never + "  - {at: day 14 10:30, step: dose_step, is: done}\n")
    assert result.passed, [(f.text, f.near) for f in result.failures]
