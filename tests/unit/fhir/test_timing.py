"""FHIR timing as phrases, and phrases as FHIR timing: a table each way."""

from __future__ import annotations

from typing import Any

import pytest

from pathways.fhir.timing import duration_phrase, length, phrase_of, timing_of
from pathways.lang.diagnostics import has_errors
from pathways.lang.load import load_pathway
from pathways.lang.plan_when import When

SMALL = """\
carepath: 1
id: timed
version: 1.0.0
title: {{en: Timed, zh: 定时}}
owner: cardiology
counts_from: enrolment
roles: [nurse]
phases:
  one:
    title: {{en: One, zh: 一}}
    until: 12 months after enrolment
    steps:
      it: {{task: {{en: It, zh: 它}}, role: nurse, due: 1 day, when: {phrase}}}
    at_end: [{{else: true, end: over}}]
ends: {{over: {{}}}}
"""


def compiled(phrase: str) -> When:
    loaded = load_pathway(SMALL.format(phrase=phrase), "timed.yaml")
    assert not has_errors(loaded.diagnostics), [d.message("en") for d in loaded.diagnostics]
    assert loaded.plan is not None
    return loaded.plan.phases["one"].steps[0].when


TABLE: list[tuple[dict[str, Any], str]] = [
    ({"frequency": 1, "period": 1, "periodUnit": "d"}, "every day"),
    ({"frequency": 3, "period": 1, "periodUnit": "d"}, "3 times a day"),
    ({"frequency": 1, "period": 8, "periodUnit": "h"}, "every 8 h"),
    ({"period": 2, "periodUnit": "wk"}, "at phase start and every 2 weeks"),
    ({"period": 3, "periodUnit": "mo"}, "at phase start and every 3 months"),
    (
        {"frequency": 2, "period": 1, "periodUnit": "d", "timeOfDay": ["08:00:00", "20:00:00"]},
        "every day at 08:00 and 20:00",
    ),
    ({"timeOfDay": ["08:00:00"]}, "every day at 08:00"),
    ({"frequency": 2, "period": 1, "periodUnit": "d", "when": ["MORN", "EVE"]}, "every day at morning and evening"),
    ({"when": ["ACM"], "offset": 30}, "every day at 30 min before breakfast"),
    ({"when": ["PCV"], "offset": 90}, "every day at 90 min after dinner"),
    ({"when": ["C"]}, "every day at breakfast and lunch and dinner"),
    ({"dayOfWeek": ["mon", "thu"], "timeOfDay": ["09:00"]}, "every week on mon and thu at 09:00"),
    ({"period": 2, "periodUnit": "wk", "dayOfWeek": ["fri"]}, "every 2 weeks on fri"),
    ({"period": 1, "periodUnit": "d", "boundsDuration": {"value": 2, "code": "wk"}}, "every day for 2 weeks"),
    ({"period": 1, "periodUnit": "d", "count": 5}, "every day at most 5 times"),
    ({"period": 1, "periodUnit": "d", "boundsPeriod": {"end": "2026-04-01"}}, "every day until 2026-04-02"),
    ({"period": 1.5, "periodUnit": "h"}, "every 90 min"),
    ({"period": 0.5, "periodUnit": "d"}, "every 12 h"),
]


@pytest.mark.parametrize(("repeat", "phrase"), TABLE, ids=[row[1] for row in TABLE])
def test_a_repeat_is_a_phrase_that_compiles(repeat: dict[str, Any], phrase: str) -> None:
    assert phrase_of({"repeat": repeat}) == (phrase, [])
    assert compiled(phrase).text == phrase


LOSSES: list[tuple[dict[str, Any], str | None, int]] = [
    ({"frequency": 1, "frequencyMax": 2, "period": 1, "periodUnit": "d"}, "every day", 1),
    ({"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"}, "every 4 h", 1),
    ({"duration": 20, "durationUnit": "min", "period": 1, "periodUnit": "d"}, "every day", 1),
    ({"count": 2, "countMax": 3, "frequency": 2, "period": 1, "periodUnit": "wk"}, "2 times a week at most 2 times", 1),
    ({"when": ["TEA"]}, None, 1),
    ({"period": 1, "periodUnit": "h", "timeOfDay": ["08:00"]}, None, 1),
]


@pytest.mark.parametrize(("repeat", "phrase", "count"), LOSSES)
def test_what_a_phrase_does_not_say_is_told(repeat: dict[str, Any], phrase: str | None, count: int) -> None:
    found, lost = phrase_of({"repeat": repeat})
    assert found == phrase
    assert len(lost) == count


@pytest.mark.parametrize(
    ("timing", "phrase"),
    [({"event": ["2026-03-02T09:30:00+08:00"]}, "2026-03-02 09:30"), ({"event": ["2026-03-02"]}, "2026-03-02")],
)
def test_an_event_is_a_date(timing: dict[str, Any], phrase: str) -> None:
    assert phrase_of(timing) == (phrase, [])
    compiled(f'"{phrase}"')


SAYABLE = [
    "every day", "3 times a day", "every 8 h", "every 2 weeks on mon and thu at 09:00",
    "every day at morning and evening", "every day at 08:00 and 20:00", "every day at 30 min before breakfast",
    "at phase start and every 3 months", "every day for 2 weeks", "every week on mon at most 3 times",
]  # fmt: skip


@pytest.mark.parametrize("phrase", SAYABLE)
def test_there_and_back_means_the_same(phrase: str) -> None:
    when = compiled(phrase)
    timing = timing_of(when)
    assert timing is not None
    back, lost = phrase_of(timing)
    assert lost == []
    assert compiled(str(back)).model_copy(update={"text": ""}) == when.model_copy(update={"text": ""})


@pytest.mark.parametrize(
    "phrase",
    [
        "every 2 weeks", "every day at morning and 20:00", "for 7 days every 4 weeks",
        "next working day", "every working day at 09:00",
        "on 1 and 15 of the month",
    ],
)  # fmt: skip
def test_fhir_has_no_words_for_it(phrase: str) -> None:
    assert timing_of(compiled(phrase)) is None


@pytest.mark.parametrize(
    ("value", "unit", "phrase"),
    [
        (1, "d", "1 day"),
        (2, "wk", "2 weeks"),
        (0.5, "h", "30 min"),
        (0.3, "mo", None),
        (0, "d", None),
        (1, "fortnight", None),
    ],
)
def test_lengths(value: float, unit: str, phrase: str | None) -> None:
    assert length(value, unit) == phrase


def test_a_duration_that_is_none() -> None:
    assert duration_phrase("2 weeks") is None
