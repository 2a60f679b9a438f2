"""`newest` of a derived value: which readings count, judged over a record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from carepath.evaluation.cards import evaluate
from pathways.lang.diagnostics import has_errors
from pathways.lang.load import load_pathway
from pathways.lang.site_plan import NO_SITE
from tests.unit.fhir.test_record import HOME, mm_hg, panel, record

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PATHWAY = """\
carepath: 1
id: judged
version: 1.0.0
title: {{en: Judged, zh: 评估}}
owner: cardiology
evidence: {{guide: {{cite: A guideline, year: 2024}}}}
parameters:
  edge: {{value: {edge} mmHg, cite: guide}}
  full: {{value: 4, cite: guide}}
  home_weight: {{value: 0.5, cite: guide}}
counts_from: enrolment
measures: {{bp: {{use: blood_pressure}}}}
derived:
  those: {{of: bp, as: mean, over: 24 months, newest: {newest}}}
roles: [nurse]
phases:
  watched:
    title: {{en: Watched, zh: 观察}}
    until: 4 weeks after enrolment
    steps:
      measure_bp: {{measure: bp, when: every day}}
    at_end: [{{else: true, end: finished}}]
ends: {{finished: {{}}}}
rules:
  silent:
    if: measure_bp missed 2 times in a row
    level: no_data
    do: {{task: {{en: Call, zh: 电话}}, role: nurse, due: 1 day}}
  above:
    if: those.systolic > edge
    level: info
    do: {{task: {{en: Above, zh: 高}}, role: nurse, due: 4 h}}
    unknown: {{task: {{en: Too few, zh: 太少}}, role: nurse, due: 4 h}}
"""
WEIGHED = "{at_most: 12, until: full, weights: {home: home_weight}}"


def judged(values: str, newest: str, edge: int) -> str:
    """The summary of the one card. ``values``: systolic readings oldest first, ``h`` after one measured at home."""
    readings: list[dict[str, Any]] = []
    words = values.split()
    for number, word in enumerate(words):
        at = NOW - timedelta(days=len(words) - number)
        pair = [mm_hg(word.rstrip("h"), "8480-6"), mm_hg("70", "8462-4")]
        more: dict[str, Any] = {"extension": [HOME]} if word.endswith("h") else {}
        readings.append(panel(id=f"o{number}", effectiveDateTime=at.isoformat(), component=pair, **more))
    used = "" if "full" in newest else "full"
    text = PATHWAY.format(edge=edge, newest=newest)
    if used:
        text = text.replace("  full: {value: 4, cite: guide}\n  home_weight: {value: 0.5, cite: guide}\n", "")
    found = load_pathway(text, "judged.yaml")
    assert not has_errors(found.diagnostics), [d.message("en") for d in found.diagnostics]
    assert found.plan is not None
    cards = evaluate(found.plan, NO_SITE, record(*readings), "UTC", NOW).cards
    return " ".join(card.summary.en for card in cards)


@pytest.mark.parametrize(
    ("values", "newest", "edge", "said"),
    [
        # The two newest: 140 and 150.
        ("100 140 150", "{at_most: 2}", 144, "Above"),
        ("100 140 150", "{at_most: 2}", 145, ""),
        ("150", "{at_most: 2}", 149, "Above"),
        # Four in the clinic are enough; the fifth from the end does not count.
        ("200 140 140 140 140", WEIGHED, 140, ""),
        ("200 140 140 140 140", WEIGHED, 139, "Above"),
        # At home each weighs half: eight are wanted.
        ("150h 150h 150h 150h 150h 150h 150h", WEIGHED, 100, "Too few"),
        ("150h 150h 150h 150h 150h 150h 150h 150h", WEIGHED, 100, "Above"),
        # Two at home and three in the clinic come to four; the one before them does not count.
        ("200 140 140 140 140h 140h", WEIGHED, 140, ""),
        ("140 140 140", WEIGHED, 100, "Too few"),
        ("", WEIGHED, 100, "Too few"),
    ],
)
def test_which_readings_count(values: str, newest: str, edge: int, said: str) -> None:
    assert judged(values, newest, edge) == said


@pytest.mark.parametrize(
    ("newest", "code"),
    [
        ("{}", "missing_key"),
        ("{at_most: 12, weights: {home: home_weight}}", "missing_key"),
        ("{until: edge}", "unit_mismatch"),
        ("{until: ful}", "unknown_name"),
        ("{until: full, weights: {homes: home_weight}}", "unknown_name"),
        ("{at_most: 0}", "out_of_range"),
    ],
)
def test_what_is_no_newest(newest: str, code: str) -> None:
    found = load_pathway(PATHWAY.format(edge=140, newest=newest), "judged.yaml")
    assert code in {d.code for d in found.diagnostics if d.severity == "error"}
