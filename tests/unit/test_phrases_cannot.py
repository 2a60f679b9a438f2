"""What a phrase cannot say is told with other words, and those can be read."""

import re

import pytest

from pathways.lang import phrases
from pathways.lang.phrases_cannot import _CANNOT, cannot_be_said

TIMES = {
    "block": "at phase start for 7 days every 4 weeks",
    "block_units": "every day for 8 h every 2 days",
    "block_repeat": "every month for 7 days every 3 months",
    "weekdays_in_block": "every week on mon for 7 days every 10 days",
    "weekdays_of_months": "every month on mon",
    "every_working_h": "every 2 working h",
    "at_start_and": "at phase start and on 1 of the month",
}


@pytest.mark.parametrize("what", sorted(TIMES))
def test_a_time_that_cannot_be_said_is_refused(what: str) -> None:
    error = phrases.parse_when(TIMES[what]).error
    assert error is not None
    assert (error.code, error.params["what"]) == ("cannot_be_said", what)


def test_every_reason_has_its_texts_and_its_case() -> None:
    assert set(_CANNOT) == {*TIMES, "where", "held_working", "streak"}
    for what in _CANNOT:
        code, params = cannot_be_said(what)
        assert code == "phrase_cannot_say"
        assert set(params) == {"why", "instead"}


@pytest.mark.parametrize("what", sorted(TIMES))
def test_what_is_written_instead_can_be_read(what: str) -> None:
    for said in (_CANNOT[what].instead.en, _CANNOT[what].instead.zh):
        examples = [text.removeprefix("when: ") for text in re.findall(r"`([^`]*)`", said)]
        assert examples
        for example in examples:
            assert phrases.parse_when(example).error is None, example
