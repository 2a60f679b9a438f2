"""`carepath new`: what is made from answers passes the check and its scenario, whatever the answers are."""

from __future__ import annotations

import io
import itertools
import sys
from pathlib import Path

import pytest

from carepath.main import run
from carepath.rehearsal.session import rehearse
from carepath.scaffold import defaults, pathway_text
from pathways.lang.catalogue import catalogue
from pathways.lang.load import load_pathway

ANSWERS = """\
id: after_surgery
title_en: "After surgery: \\"the first\\" weeks, #1"
title_zh: 术后头几周
owner: orthopaedics
measure: heart_rate
when: every day at 08:00
days: 10
role: nurse
alarm: above 130 /min
source: "Guideline of the ward, 2024: page 3"
"""


def test_answers_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text(ANSWERS, "utf-8")
    folder = tmp_path / "made"
    assert run(["new", str(folder), "--answers", str(answers)]) == 0
    assert "written:" in capsys.readouterr().out
    assert run(["check", str(folder)]) == 0
    assert run(["test", str(folder)]) == 0
    plan = load_pathway((folder / "pathway.yaml").read_bytes(), "pathway.yaml").plan
    assert plan is not None
    assert plan.title.en == 'After surgery: "the first" weeks, #1'
    assert plan.evidence["guideline"].cite == "Guideline of the ward, 2024: page 3"
    assert not plan.evidence["guideline"].checked
    assert plan.rules[0].level == "red"
    capsys.readouterr()
    assert run(["new", str(folder), "--answers", str(answers)]) == 2  # nothing is written over


def test_answers_at_a_prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = ["My Way", "my_way", "", "", "", "blood_presure", "blood_pressure", "every fortnite", "", "0", "7", "",
             "above 180", "above 180 mmHg", "", "Our guideline"]  # fmt: skip
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(typed) + "\n"))
    folder = tmp_path / "my_way"
    assert run(["new", str(folder)]) == 0
    said = capsys.readouterr().out
    for why in ("small letters", "there is blood_pressure", "a whole number from 1 to 3650", "a number needs a source"):
        assert why in said
    assert said.count("When it is measured") == 2 and said.count("What needs somebody") == 2
    assert rehearse([folder]).passed
    plan = load_pathway((folder / "pathway.yaml").read_bytes(), "pathway.yaml").plan
    assert plan is not None and plan.id == "my_way" and len(plan.rules) == 1


def test_chinese_questions_and_an_end_in_the_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("a_way\n"))
    assert run(["new", str(tmp_path / "x"), "--lang", "zh"]) == 2
    assert "英文名称" in capsys.readouterr().out
    assert not (tmp_path / "x").exists()


def test_everything_wrong_with_a_file_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text("id: My Way\nmesure: x\nwhen: every fortnite\ndays: none\nalarm: above 180 kg\n", "utf-8")
    assert run(["new", str(tmp_path / "x"), "--answers", str(answers)]) == 1
    said = capsys.readouterr().out
    assert [line.partition(":")[0] for line in said.splitlines()] == ["mesure", "id", "when", "days", "alarm", "source"]
    assert "did you mean measure?" in said
    assert not (tmp_path / "x").exists()


WHENS = (
    "every day at noon", "every 2 weeks on mon and thu at 09:00", "3 times a day", "at phase start", "day 3 at 10:00",
)  # fmt: skip


@pytest.mark.parametrize(("measure", "when"), list(itertools.product(sorted(catalogue().measures), WHENS[:2])))
def test_every_measure_of_the_catalogue_makes_a_pathway(measure: str, when: str) -> None:
    loaded = load_pathway(pathway_text({**defaults(), "measure": measure, "when": when}), "pathway.yaml")
    assert loaded.plan is not None, [d.message() for d in loaded.diagnostics]


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("alarm", ["", "above 180 mmHg", "below 90 mmHg"])
def test_every_form_of_answers_passes(when: str, alarm: str) -> None:
    loaded = load_pathway(pathway_text({**defaults(), "when": when, "alarm": alarm, "source": "x"}), "pathway.yaml")
    assert loaded.plan is not None, [d.message() for d in loaded.diagnostics]
